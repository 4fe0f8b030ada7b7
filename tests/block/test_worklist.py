"""The work list's handlers, by everybody who can reach them, with whatever a browser may send."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests.services.test_worklist import meeting, place, was_there  # noqa: F401
from zoom_xblock.models import Assignment, Registration

pytestmark = pytest.mark.django_db

VERBS = ("worklist", "worklist_search", "worklist_assign", "worklist_dismiss", "worklist_undo")


@pytest.fixture
def call(block_row, site):
    """Press something, as the author in the LMS if nobody else is named."""

    def press(handler, data=None, *, who="author", client=None, prefix="courses"):
        if client is None:
            client = Client()
            if who:
                client.force_login(getattr(site, who))
        key = block_row.key
        address = {
            "courses": f"/courses/{key.course_key}/xblock/{key}/handler/{handler}",
            "studio": f"/studio/xblock/{key}/handler/{handler}",
        }[prefix]
        body = data if isinstance(data, str) else json.dumps({} if data is None else data)
        return client.post(address, data=body, content_type="application/json")

    return press


@pytest.fixture
def guest(meeting):  # noqa: F811
    """Somebody unknown."""
    return was_there(meeting, '<img src=x onerror="alert(1)">', zoom_user_id="SecretZoomId", email="guest@example.org")


def test_a_click_and_its_undoing(guest, call, site, jobs):
    [row] = call("worklist").json()["rows"]
    assert row["name"] == '<img src=x onerror="alert(1)">'  # text, which the script puts in as text
    assert row["minutes"] == "60 minutes"
    answer = call("worklist_assign", {"keys": [row["key"]], "user_id": site.learner1.pk}).json()
    assert answer["rows"] == []
    assert answer["said"].startswith("1 person is now known")
    [settled] = answer["settled"]
    assert settled["made_by"] == "author"
    answer = call("worklist_undo", {"keys": [settled["key"]]}).json()
    assert len(answer["rows"]) == 1
    answer = call("worklist_dismiss", {"keys": [row["key"]]}).json()
    assert (answer["total"], answer["settled"][0]["learner"]) == (0, "")


def test_nothing_that_zoom_knows_people_by_reaches_the_browser(guest, meeting, call, site):  # noqa: F811
    Registration.objects.create(meeting=meeting, user=site.learner1, registrant_id="SecretRegistrant")
    was_there(meeting, "Other", registrant_id="SecretForeign", connection="SecretConnection")
    text = call("worklist").content.decode()
    assert "Other" in text
    assert "Secret" not in text


def test_a_search_finds_learners_only(guest, call, site):
    found = call("worklist_search", {"text": "a"}).json()["people"]
    names = {one["username"] for one in found}
    assert names >= {"learner1"}
    assert not names & {"author", "admin"}
    assert call("worklist_search", {"text": "   "}).json() == {"people": []}
    for hostile in ("\x00", "%' OR 1=1", "\ud800", "a" * 255):
        assert call("worklist_search", {"text": hostile}).status_code == 200


@pytest.mark.parametrize("handler", VERBS)
def test_everybody_else_is_refused(guest, call, site, handler):
    data = {"keys": ["a" * 64], "user_id": site.learner1.pk, "text": "a"}
    for who in ("learner1", None):
        assert call(handler, data, who=who).status_code in (403, 404)
    assert call(handler, data, prefix="studio").status_code in (403, 404)
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("handler", VERBS)
@pytest.mark.parametrize("chosen", [{"role": "learner"}, {"username": "learner1"}])
def test_nobody_settles_through_somebody_elses_eyes(guest, call, site, block_row, handler, chosen):
    client = Client()
    client.force_login(site.author)
    session = client.session
    session[f"masquerade {block_row.key.course_key}"] = {
        "role": "learner",
        "username": chosen.get("username"),
    }
    session.save()
    answer = call(handler, {"keys": ["a" * 64], "user_id": site.learner1.pk, "text": "a"}, client=client)
    assert answer.status_code == 403
    assert not Assignment.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        [],
        7,
        None,
        "null",
        {"keys": "a" * 64, "user_id": 1},
        {"keys": [["x"]], "user_id": 1},
        {"keys": {"a": 1}, "user_id": 1},
        {"keys": ["\x00" * 65], "user_id": 1},
        {"keys": ["a" * 64] * 5000, "user_id": 1},
        {"keys": ["a" * 64], "user_id": True},
        {"keys": ["a" * 64], "user_id": "1"},
        {"keys": ["a" * 64], "user_id": -1},
        {"keys": ["a" * 64], "user_id": 2**70},
        {"keys": ["a" * 64], "user_id": 1.5},
        {"keys": ["a" * 64], "user_id": None},
    ],
)
def test_what_is_no_click_of_ours_is_said_so(guest, call, data):
    for handler in ("worklist_assign", "worklist_dismiss", "worklist_undo"):
        answer = call(handler, data)
        if handler == "worklist_undo" and isinstance(data, dict) and data.get("keys") == ["a" * 64]:
            assert answer.status_code == 200  # nothing of that key: nothing to undo
            continue
        assert answer.status_code == 400, (handler, answer.content)
        assert isinstance(answer.json()["error"], str)
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("page", [0, -1, "x", True, 10**9, None, [1], 1e400])
def test_a_page_that_there_is_not_is_the_first(guest, call, page):
    assert call("worklist", {"page": page}).json()["number"] == 1


def test_a_block_without_a_session_says_so(call):
    assert call("worklist").status_code == 409


def test_queries_of_the_list_do_not_grow(meeting, call, site, django_assert_max_num_queries):  # noqa: F811
    from tests.services.test_worklist import many

    many(meeting, 300)
    client = Client()
    client.force_login(site.author)
    with django_assert_max_num_queries(26):  # nine are ours; the rest asks who she is
        assert call("worklist", client=client).json()["total"] == 300
