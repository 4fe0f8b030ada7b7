"""Scopes: 4711 as HTTP 400 with the list, kinds of apps, classic and granular names."""

import pytest

from demo.zoom.testing import ControlError


def app(zoom, client_of, kind, scopes, style="granular", **who):
    made = zoom.control("apps", name="Some", kind=kind, scopes=scopes, scope_style=style)
    return client_of(client_id=made["client_id"], **who)


def test_missing_scope_is_400_with_the_accepted_scopes(zoom, client_of):
    api = app(zoom, client_of, "user-managed", ["user:read:user"], user="author@example.edu")
    answer = api.post("/users/me/meetings", {"topic": "x"})
    assert answer.status_code == 400
    assert answer.json() == {
        "code": 4711,
        "message": "Invalid access token, does not contain scopes:"
        "[meeting:write:meeting, meeting:write:meeting:admin].",
    }
    zoom.control("options", missing_scope_code=4700)
    assert api.post("/users/me/meetings", {"topic": "x"}).json()["code"] == 4700


def test_write_includes_neither_update_nor_delete(zoom, client_of):
    api = app(zoom, client_of, "user-managed", ["meeting:write:meeting"], user="author@example.edu")
    number = api.post("/users/me/meetings", {"topic": "x", "type": 2, "start_time": "2030-01-01T00:00:00Z"}).json()[
        "id"
    ]
    assert api.patch(f"/meetings/{number}", {"topic": "y"}).json()["code"] == 4711
    assert api("DELETE", f"/meetings/{number}").json()["code"] == 4711


def test_classic_scopes_open_what_they_opened(zoom, client_of):
    api = app(zoom, client_of, "user-managed", ["meeting:write", "meeting:read"], "classic", user="author@example.edu")
    made = api.post("/users/me/meetings", {"topic": "x", "type": 2, "start_time": "2030-01-01T00:00:00Z"})
    assert api.patch(f"/meetings/{made.json()['id']}", {"topic": "y"}).status_code == 204
    refused = api.get("/users/me")
    assert refused.json()["message"] == "Invalid access token, does not contain scopes:[user:read, user:read:admin]."


def test_reports_exist_for_admins_only(own):
    answer = own.get("/report/meetings/81234567890/participants")
    assert (answer.status_code, answer.json()["code"]) == (400, 4711)
    assert "[report:read:list_meeting_participants:admin]" in answer.json()["message"]


def test_user_managed_app_names_nobody_but_me(zoom, own):
    mine = own.get("/users/me").json()
    for name in ("author@example.edu", mine["id"], "colleague@example.edu"):
        assert own.get(f"/users/{name}").json()["code"] == 4711
    zoom.control("options", foreign_user_answer="1001")
    answer = own.get("/users/colleague@example.edu")
    assert (answer.status_code, answer.json()["code"]) == (404, 1001)


def test_user_managed_app_reaches_own_meetings_only(api, own):
    theirs, mine = api.meeting(host="colleague@example.edu"), api.meeting(host="author@example.edu")
    assert own.get(f"/meetings/{mine['id']}").status_code == 200
    for answer in (
        own.get(f"/meetings/{theirs['id']}"),
        own.patch(f"/meetings/{theirs['id']}", {"topic": "mine"}),
        own("DELETE", f"/meetings/{theirs['id']}"),
        own.get(f"/meetings/{theirs['id']}/registrants"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, 3003)


@pytest.mark.parametrize(
    ("kind", "scopes"),
    [
        ("user-managed", ["user:read:user:admin"]),
        ("admin-managed", ["user:read:user"]),
        ("server-to-server", ["user:read"]),
    ],
)
def test_registration_refuses_scopes_of_the_other_kind(zoom, kind, scopes):
    with pytest.raises(ControlError):
        zoom.control("apps", kind=kind, scopes=scopes)


def test_scopes_are_those_at_consent(zoom, client_of):
    made = zoom.control("apps", kind="user-managed", scopes=["user:read:user"])
    api = client_of(client_id=made["client_id"], user="author@example.edu")
    zoom.control(f"apps/{made['client_id']}", "PATCH", scopes=["user:read:user", "user:read:settings"])
    assert api.get("/users/me/settings").json()["code"] == 4711


def test_unknown_endpoint_is_404(api):
    assert api.get("/nothing/here").status_code == 404
