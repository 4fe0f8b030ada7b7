"""Lists: tokens are followed, lapses survived, no row comes twice."""

import pytest

from tests.client.conftest import Reply
from zoom_xblock.client import errors

USER = {"id": "u", "email": "teacher@example.edu", "type": 2, "status": "active"}


def token_page(token):
    """A list's page that ends with this token, and rows to tell it by."""
    return Reply(json={"users": [{**USER, "id": f"after {token}"}], "next_page_token": token})


def test_tokens_are_followed_to_the_end(client, server):
    server.on("GET", "/v2/users", token_page("a"), token_page("b"), token_page(""))
    assert [[user.id for user in page] for page in client.users()] == [["after a"], ["after b"], ["after "]]
    assert [one.query.get("next_page_token") for one in server.asked] == [None, "a", "b"]
    assert {(one.query["page_size"], one.query["status"]) for one in server.asked} == {("300", "active")}


def test_nothing_is_asked_before_the_first_page_is_taken(client, server):
    pages = client.users()
    assert not server.asked
    server.on("GET", "/v2/users", token_page("a"), token_page(""))
    next(pages)
    assert len(server.asked) == 1


def test_an_empty_list_yields_nothing(client, server):
    server.on("GET", "/v2/users", Reply(json={"users": [], "next_page_token": ""}))
    assert list(client.users()) == []


def test_an_empty_page_is_not_the_end(client, server):
    server.on("GET", "/v2/users", Reply(json={"users": [], "next_page_token": "a"}), token_page(""))
    assert len(list(client.users())) == 1


LAPSED = Reply(400, {"code": 300, "message": "The next page token is invalid or expired."})


def test_a_lapsed_token_starts_again_and_no_row_comes_twice(client, server):
    def page(ids, token):
        return Reply(json={"users": [{**USER, "id": one} for one in ids], "next_page_token": token})

    server.on(
        "GET",
        "/v2/users",
        page(["1", "2"], "a"),
        page(["3", "4"], "b"),
        LAPSED,
        page(["0", "1", "2"], "c"),  # somebody new has come first
        page(["3"], "d"),
        LAPSED,
        page(["0", "1", "2"], "e"),
        page(["3", "5"], ""),
    )
    assert [[user.id for user in rows] for rows in client.users()] == [["1", "2"], ["3", "4"], ["0"], ["5"]]
    assert [one.query.get("next_page_token") for one in server.asked] == [None, "a", "b", None, "c", "d", None, "e"]


def test_two_equal_rows_stay_two(client, server):
    row = {"id": "", "name": "", "join_time": "2026-01-05T09:00:00Z", "leave_time": "2026-01-05T09:10:00Z"}

    def page(count, token):
        return Reply(json={"participants": [row] * count, "next_page_token": token})

    server.on("GET", "/v2/past_meetings/u/participants", page(2, "a"), LAPSED, page(2, "b"), page(1, ""))
    assert [len(rows) for rows in client.past_participants("meeting", "u")] == [2, 1]


def test_after_two_restarts_it_is_for_another_time(client, server):
    server.on("GET", "/v2/users", *[token_page("a"), LAPSED] * 3)
    with pytest.raises(errors.PageLapsed) as caught:
        list(client.users())
    assert caught.value.retry
    assert len(server.asked) == 6


def test_tokens_that_lead_in_a_circle(client, server):
    server.on("GET", "/v2/users", token_page("a"), token_page("b"), token_page("a"))
    with pytest.raises(errors.Garbled):
        list(client.users())


def test_webinars_are_listed_by_number(client, server):
    def page(number):
        return Reply(
            json={"page_count": 3, "page_number": number, "webinars": [{"id": 90000000000 + number, "topic": "x"}]}
        )

    server.on("GET", "/v2/users/me/webinars", page(1), page(2), page(3))
    assert [rows[0].zoom_id for rows in client.meetings_of("me", "webinar")] == [
        90000000001,
        90000000002,
        90000000003,
    ]
    assert [one.query.get("page_number") for one in server.asked] == [None, "2", "3"]


@pytest.mark.parametrize(
    "body", [{"users": None}, {"users": {}}, {"users": [1]}, {"users": [{}]}, {"users": [], "next_page_token": 1}]
)
def test_a_list_that_is_none(client, server, body):
    server.on("GET", "/v2/users", Reply(json=body))
    with pytest.raises(errors.Garbled):
        list(client.users())
