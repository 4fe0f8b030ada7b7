"""Users (Zoom: "Users" API)."""

import requests


def test_user_has_the_documented_fields(api):
    user = api.get("/users/author@example.edu").json()
    assert len(user["id"]) == 22
    assert (user["type"], user["status"], user["role_name"]) == (2, "active", "Member")
    assert isinstance(user["pmi"], int)
    assert isinstance(user["account_number"], int)
    assert {"account_id", "display_name", "timezone", "language", "created_at", "personal_meeting_url"} <= set(user)
    assert api.get(f"/users/{user['id']}").json()["email"] == "author@example.edu"


def test_unknown_user_is_404_1001(api):
    answer = api.get("/users/nobody@example.edu")
    assert (answer.status_code, answer.json()) == (
        404,
        {"code": 1001, "message": "User does not exist: nobody@example.edu."},
    )


def test_user_of_another_account_is_1010(zoom, api):
    other = zoom.control("accounts", name="Elsewhere")
    zoom.control("users", email="else@where.org", account_id=other["id"])
    answer = api.get("/users/else@where.org")
    assert (answer.status_code, answer.json()["code"]) == (400, 1010)


def test_list_pages_with_tokens_and_filters_by_status(zoom, api):
    for place in range(5):
        zoom.control("users", email=f"more{place}@example.edu")
    zoom.control("users/more0@example.edu", "PATCH", status="inactive")
    first = api.get("/users", page_size=3).json()
    assert (len(first["users"]), first["total_records"]) == (3, 8)
    rest, token = list(first["users"]), first["next_page_token"]
    while token:
        page = api.get("/users", page_size=3, next_page_token=token).json()
        rest += page["users"]
        token = page["next_page_token"]
    assert len({user["id"] for user in rest}) == 8
    assert [user["email"] for user in api.get("/users", status="inactive").json()["users"]] == ["more0@example.edu"]


def test_page_token_lapses_after_fifteen_minutes(zoom, api):
    token = api.get("/users", page_size=2).json()["next_page_token"]
    zoom.control("clock", advance=14 * 60)
    assert api.get("/users", page_size=2, next_page_token=token).status_code == 200
    zoom.control("clock", advance=61)
    answer = api.get("/users", page_size=2, next_page_token=token)
    assert (answer.status_code, answer.json()) == (
        400,
        {"code": 300, "message": "The next page token is invalid or expired."},
    )


def test_page_token_belongs_to_its_parameters(api):
    token = api.get("/users", page_size=2).json()["next_page_token"]
    for query in ({"page_size": 3}, {"page_size": 2, "status": "inactive"}):
        assert api.get("/users", next_page_token=token, **query).json()["code"] == 300
    assert api.get("/users", page_size=2, next_page_token=token + "x").json()["code"] == 300


def test_page_size_ends_at_300(api):
    assert api.get("/users", page_size=300).status_code == 200
    assert api.get("/users", page_size=301).json()["code"] == 300


def test_settings_tell_the_webinar_licence(api):
    features = {
        name: api.get(f"/users/{name}@example.edu/settings").json()["feature"] for name in ("author", "colleague")
    }
    assert (features["author"]["webinar"], features["author"]["webinar_capacity"]) == (True, 500)
    assert features["colleague"]["webinar"] is False
    security = api.get("/users/author@example.edu/settings", option="meeting_security").json()
    assert set(security) == {"meeting_security"}


def test_zak_starts_a_meeting(zoom, api):
    number = api.meeting()["id"]
    zak = api.get("/users/author@example.edu/zak").json()["token"]
    assert requests.get(f"{zoom.url}/s/{number}", params={"zak": zak}).status_code == 200
    assert requests.get(f"{zoom.url}/s/{number}", params={"zak": zak + "x"}).status_code == 403


def test_deactivation_and_deletion_are_told_and_end_things(zoom, api, receiver):
    meeting = api.meeting()
    zoom.control("users/author@example.edu", "PATCH", status="inactive")
    refused = api.post("/users/author@example.edu/meetings", {"topic": "x"})
    assert (refused.status_code, refused.json()["code"]) == (400, 1120)
    zoom.control("users/author@example.edu", "DELETE")
    receiver.wait(3)
    assert {"user.deactivated", "user.deleted"} <= set(receiver.events)
    assert api.get("/users/author@example.edu").json()["code"] == 1001
    assert api.get(f"/meetings/{meeting['id']}").json()["code"] == 3001


def test_user_who_cannot_host_is_3161(zoom, api):
    zoom.control("users", email="none@example.edu", type=4)
    answer = api.post("/users/none@example.edu/meetings", {"topic": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, 3161)


def test_every_answer_carries_a_tracking_id(zoom, api):
    assert api.get("/users/me").headers["x-zm-trackingid"]
    assert requests.get(f"{zoom.url}/v2/users/me").headers["x-zm-trackingid"]
    assert requests.get(f"{zoom.url}/oauth/authorize").headers["x-zm-trackingid"]
