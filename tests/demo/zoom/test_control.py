"""The control API: the clock, bulk people, secrets, errors, and that its documentation is complete."""

import re
from pathlib import Path

import pytest
import requests

import demo.zoom
from demo.zoom.options import Options
from demo.zoom.seed import CLIENT_ID, CLIENT_SECRET
from demo.zoom.testing import ControlError

README = Path(demo.zoom.__file__).with_name("README.md")


def test_clock_can_be_set_advanced_frozen_and_let_go(zoom):
    assert zoom.control("clock", freeze=True, set="2030-01-07T09:00:00Z")["now"] == "2030-01-07T09:00:00Z"
    assert zoom.control("clock", advance=90.5)["epoch"] == 1_894_006_890.5
    assert zoom.control("clock")["frozen"] is True
    ticking = zoom.control("clock", tick=True)
    assert (ticking["frozen"], ticking["epoch"] >= 1_894_006_890.5) == (False, True)
    assert abs(zoom.control("clock", reset=True)["shift"]) < 1
    with pytest.raises(ControlError):
        zoom.control("clock", jump=1)
    with pytest.raises(ControlError):
        zoom.control("clock", set="soon")


def test_clock_is_used_for_every_time_given_out(zoom):
    zoom.control("clock", freeze=True, set="2031-05-05T05:05:05Z")
    headers = zoom.bearer(client_id=CLIENT_ID)
    made = requests.post(f"{zoom.url}/v2/users/me/meetings", headers=headers, json={"topic": "x"}).json()
    assert made["created_at"] == "2031-05-05T05:05:05Z"
    zoom.control(f"meetings/{made['id']}/start", "POST")
    assert zoom.control(f"sittings?number={made['id']}")["sittings"][0]["started_at"] == "2031-05-05T05:05:05Z"


def test_reset_leaves_nothing(zoom, api):
    api.meeting()
    zoom.control("options", report_delay_seconds=77)
    zoom.control("faults", status=500)
    zoom.control("clock", advance=1000)
    zoom.reset()
    state = zoom.control("state")
    assert [state[name] for name in ("accounts", "users", "apps", "grants", "subscriptions", "meetings", "faults")] == [
        []
    ] * 7
    assert state["options"]["report_delay_seconds"] == 0, "what the process was started with"
    assert abs(state["clock"]["shift"]) < 1
    assert state["deliveries"]["total"] == 0


def test_state_shows_everything(zoom, api):
    number = api.meeting()["id"]
    api.register(number)
    zoom.control(f"meetings/{number}/play", minutes=10, people=[{"email": "ana@example.edu"}])
    state = zoom.control("state")
    assert state["meetings"][0]["registrants"][0]["email"] == "ana@example.edu"
    assert len(state["sittings"][0]["presences"]) == 2
    assert state["grants"][0]["client_id"] == CLIENT_ID


def test_secrets_lists_all_that_was_given_out(zoom, api):
    made = api.meeting(password="pass1234")
    link = api.register(made["id"])["join_url"]
    secrets = set(zoom.control("secrets")["secrets"])
    access = api.session.headers["Authorization"].removeprefix("Bearer ")
    for wanted in (
        access,
        CLIENT_SECRET,
        "pass1234",
        made["start_url"].split("zak=")[1],
        re.search(r"tk=(\w+)", link).group(1),
    ):
        assert wanted in secrets
    zoom.control("revoke", client_id=CLIENT_ID)
    assert access in zoom.control("secrets")["secrets"], "dead ones too"


def test_options_are_checked(zoom):
    for wrong in ({"nonsense": 1}, {"readd": "maybe"}, {"retry_scale": "fast"}, {"breakout_ends_main": 3}):
        with pytest.raises(ControlError):
            zoom.control("options", **wrong)


def test_host_edits_on_zoom_s_own_site_are_told(zoom, api, receiver):
    number = zoom.control(
        "meetings", host="author@example.edu", topic="Made there", type=2, start_time="2030-01-07T09:00:00Z"
    )["number"]
    zoom.control(f"meetings/{number}", "PATCH", topic="Changed there")
    zoom.control(f"meetings/{number}", "DELETE")
    zoom.control(f"meetings/{number}/recover", "POST")
    zoom.control("deliveries/wait", "POST")
    assert sorted(receiver.events) == [f"meeting.{name}" for name in ("created", "deleted", "recovered", "updated")]
    assert receiver.bodies("meeting.updated")[0]["payload"]["operator"] == "author@example.edu"
    zoom.control(f"meetings/{number}?silent=1", "DELETE")
    assert api.get(f"/meetings/{number}").json()["code"] == 3001


def test_people_move_one_by_one(zoom, api):
    number = api.meeting()["id"]
    zoom.control(f"meetings/{number}/start", "POST")
    guest = zoom.control(f"meetings/{number}/join", name="Guest", waiting=True)["connection"]
    zoom.control(f"meetings/{number}/admit", connection=guest)
    zoom.control(f"meetings/{number}/room", connection=guest, room="Blue")
    zoom.control(f"meetings/{number}/room", connection=guest, room="")
    zoom.control(f"meetings/{number}/waiting_room", connection=guest)
    zoom.control(f"meetings/{number}/leave", connection=guest)
    zoom.control(f"meetings/{number}/end", "POST")
    places = [row["place"] for row in zoom.control(f"record?number={number}")["rows"]]
    assert places == ["main", "waiting room", "main", "room Blue", "waiting room"]


def test_play_without_events_sends_none(zoom, api, receiver):
    number = api.meeting()["id"]
    zoom.control("deliveries/wait", "POST")
    receiver.calls.clear()
    zoom.control(f"meetings/{number}/play", minutes=30, people=[{"name": "A"}], send=False)
    zoom.control("deliveries/wait", "POST")
    assert receiver.calls == []


def test_wrong_people_are_named(zoom, api):
    number = api.meeting()["id"]
    for wrong, why in (
        ({"nme": "A"}, "unknown keys"),
        ({}, "nobody"),
        ({"email": "x@y.org"}, "no registrant"),
        ({"name": "A", "join_after": 10, "leave_after": 5}, "leaves before"),
        ({"user": "x"}, "no user"),
    ):
        with pytest.raises(ControlError, match=f"person 0.*{why}|{why}"):
            zoom.control(f"meetings/{number}/people", people=[wrong])
    assert zoom.control(f"meetings/{number}")["sittings"] == []


def test_unknown_things_are_404_with_a_sentence(zoom):
    for path in ("meetings/1", "deliveries/99999", "record?uuid=x"):
        with pytest.raises(ControlError, match="404"):
            zoom.control(path)


def test_tokens_can_be_expired_and_the_app_removed(zoom, api, basic):
    zoom.control("tokens/expire", client_id=CLIENT_ID)
    assert api.get("/users/me").json()["message"] == "Access token is expired."
    given = zoom.control("tokens", client_id=CLIENT_ID)
    zoom.control("tokens/expire", which="refresh")
    answer = requests.post(
        f"{zoom.url}/oauth/token",
        headers=basic,
        data={"grant_type": "refresh_token", "refresh_token": given["refresh_token"]},
    )
    assert answer.json()["error"] == "invalid_grant"
    assert zoom.control("revoke", client_id=CLIENT_ID, silent=True) == {"ended": 1}


def test_every_route_is_documented_with_an_example(zoom):
    text = README.read_text()
    for route in zoom.control("")["routes"]:
        method, path = route.split(" ")
        shown = re.sub(r"<(?:int:)?(\w+)>", r"<\1>", path)
        assert f"`{method} {shown}`" in text, f"{route} is missing in README.md"
        section = text.split(f"`{method} {shown}`", 1)[1].split("\n#### ")[0]
        assert "```" in section, f"{route} has no example in README.md"


def test_every_option_is_documented():
    text = README.read_text()
    for name, default, _, words in Options.described():
        assert f"`{name}`" in text, name
        assert str(default) in text, name
        assert words in text.replace("\\|", "|"), name
