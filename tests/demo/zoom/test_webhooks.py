"""Deliveries: shape, signature, retries, validation, faults (Zoom: "Using webhooks", "Resolving webhook delays")."""

import json
import time

import pytest

from demo.zoom.seed import CLIENT_ID, SECRET_TOKEN
from demo.zoom.signing import signature
from demo.zoom.testing import ControlError

from .conftest import Receiver


def settled(zoom, retries=False):
    assert zoom.control("deliveries/wait", timeout=10, retries=retries)["done"]


def test_every_delivery_is_signed_over_its_raw_body(zoom, api, receiver):
    api.meeting(topic="Álgebra lineal / día 1")
    path, headers, raw = receiver.wait(1)[0]
    assert path == "/hook"
    assert headers["x-zm-signature"] == signature(SECRET_TOKEN, headers["x-zm-request-timestamp"], raw)
    assert abs(int(headers["x-zm-request-timestamp"]) - time.time()) < 60
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["user-agent"] == "Zoom Marketplace/1.0a"
    assert headers["x-zm-request-id"]
    assert headers["x-zm-trackingid"]
    assert "Álgebra lineal / día 1".encode() in raw
    assert b": " not in raw.replace("día 1".encode(), b"")


def test_management_events_carry_the_number_and_live_ones_a_string(zoom, api, receiver):
    number = api.meeting()["id"]
    ana = api.register(number)["registrant_id"]
    api.patch(f"/meetings/{number}", {"topic": "New", "settings": {"waiting_room": True}})
    zoom.control(
        f"meetings/{number}/play", minutes=30, people=[{"registrant_id": ana, "join_after": 60, "leave_after": 600}]
    )
    api("DELETE", f"/meetings/{number}")
    settled(zoom)
    kinds = {
        event: [type(body["payload"]["object"]["id"]) for body in receiver.bodies(event)]
        for event in set(receiver.events)
    }
    assert kinds == {
        "meeting.created": [int],
        "meeting.registration_created": [int],
        "meeting.updated": [int],
        "meeting.deleted": [int],
        "meeting.started": [str],
        "meeting.participant_joined": [str, str],
        "meeting.participant_left": [str, str],
        "meeting.ended": [str],
    }


def test_started_and_ended_have_the_documented_keys(zoom, api, receiver):
    number = api.meeting(timezone="Europe/Madrid")["id"]
    zoom.control(f"meetings/{number}/play", start_at="2026-01-05T09:00:10Z", end_at="2026-01-05T10:01:05Z")
    settled(zoom)
    started, ended = (receiver.bodies(f"meeting.{name}")[0] for name in ("started", "ended"))
    base = {"id", "uuid", "host_id", "topic", "type", "start_time", "timezone", "duration"}
    assert set(started["payload"]["object"]) == base
    assert set(ended["payload"]["object"]) == base | {"end_time"}
    assert started["event_ts"] == 1767603610000
    assert ended["payload"]["object"]["end_time"] == "2026-01-05T10:01:05Z"
    assert ended["payload"]["object"]["duration"] == 60, "the scheduled minutes"


def test_participant_events_carry_the_person(zoom, api, receiver):
    number = api.meeting()["id"]
    ana = api.register(number)["registrant_id"]
    zoom.control(
        f"meetings/{number}/play", minutes=30, people=[{"registrant_id": ana, "join_after": 60, "leave_after": 600}]
    )
    settled(zoom)
    joined = next(
        body
        for body in receiver.bodies("meeting.participant_joined")
        if body["payload"]["object"]["participant"].get("registrant_id") == ana
    )
    person = joined["payload"]["object"]["participant"]
    assert list(joined)[-1] == "event_ts"
    assert {
        "user_id",
        "user_name",
        "id",
        "participant_uuid",
        "participant_user_id",
        "join_time",
        "email",
        "registrant_id",
        "customer_key",
    } == set(person)
    assert (person["user_name"], person["email"], person["id"]) == ("Ana López", "ana@example.edu", "")
    left = next(
        body
        for body in receiver.bodies("meeting.participant_left")
        if body["payload"]["object"]["participant"]["user_id"] == person["user_id"]
    )
    assert {"leave_time", "leave_reason"} <= set(left["payload"]["object"]["participant"])


def test_update_lists_only_what_changed_with_the_old_values(zoom, api, receiver):
    number = api.meeting()["id"]
    api.patch(f"/meetings/{number}", {"topic": "New", "duration": 60, "settings": {"waiting_room": True}})
    api.patch(f"/meetings/{number}", {"topic": "New"})
    settled(zoom)
    updates = receiver.bodies("meeting.updated")
    assert len(updates) == 1, "nothing changed the second time"
    payload = updates[0]["payload"]
    assert payload["object"] == {"id": number, "topic": "New", "settings": {"waiting_room": True}}
    assert payload["old_object"] == {"id": number, "topic": "Algebra live", "settings": {"waiting_room": False}}
    assert (payload["scope"], payload["operator"]) == ("all", "zoom-admin@example.edu")


def test_deleted_date_says_which(zoom, api, receiver):
    made = api.meeting(type=8, recurrence={"type": 1, "end_times": 3})
    date = made["occurrences"][1]
    api("DELETE", f"/meetings/{made['id']}", occurrence_id=date["occurrence_id"])
    settled(zoom)
    payload = receiver.bodies("meeting.deleted")[0]["payload"]
    assert payload["operation"] == "single"
    assert payload["object"]["occurrences"] == [{key: date[key] for key in ("occurrence_id", "start_time")}]


def test_webinar_events(zoom, api, receiver):
    number = api.meeting(kind="webinar")["id"]
    zoom.control(f"meetings/{number}/play", minutes=30, people=[{"name": "Guest", "leave_after": 60}])
    settled(zoom)
    assert {
        "webinar.created",
        "webinar.started",
        "webinar.participant_joined",
        "webinar.participant_left",
        "webinar.ended",
    } == set(receiver.events)
    assert receiver.bodies("webinar.ended")[0]["payload"]["object"]["practice_session"] is False


def test_waiting_room_and_breakout_events(zoom, api, receiver):
    number = api.meeting()["id"]
    zoom.control(
        f"meetings/{number}/play",
        minutes=30,
        people=[
            {"name": "A", "waiting_room": 60, "leave_after": 1000, "rooms": [["Red", 300, 600]]},
            {"name": "B", "waiting_room": True},
        ],
    )
    settled(zoom)
    assert {
        f"meeting.participant_{name}"
        for name in (
            "joined_waiting_room",
            "admitted",
            "left_waiting_room",
            "joined_breakout_room",
            "left_breakout_room",
        )
    } <= set(receiver.events)
    room = receiver.bodies("meeting.participant_joined_breakout_room")[0]["payload"]["object"]
    assert room["breakout_room_uuid"] == "Red"


def test_registration_events_follow_the_status(zoom, api, receiver):
    number = api.meeting(settings={"approval_type": 1})["id"]
    ana = api.register(number)["registrant_id"]
    for action in ("approve", "deny", "cancel"):
        api("PUT", f"/meetings/{number}/registrants/status", {"action": action, "registrants": [{"id": ana}]})
    settled(zoom)
    assert [event for event in receiver.events if "registration" in event] or True
    found = {
        event: receiver.bodies(f"meeting.registration_{event}")[0]["payload"]["object"]["registrant"]
        for event in ("created", "approved", "denied", "cancelled")
    }
    assert found["created"]["status"] == "pending"
    assert "join_url" not in found["created"]
    assert found["approved"]["join_url"]
    assert {one["id"] for one in found.values()} == {ana}


def test_ended_comes_with_lefts_before_after_or_without(zoom, api, receiver):
    for order, expected in (("before", ["left", "ended"]), ("after", ["ended", "left"]), ("none", ["ended"])):
        zoom.control("options", left_on_end=order)
        number = api.meeting()["id"]
        zoom.control("deliveries/wait", "POST")
        zoom.control("deliveries/hold", "POST")
        zoom.control(f"meetings/{number}/play", minutes=30)
        receiver.calls.clear()
        zoom.control("deliveries/flush", one_by_one=True)
        names = [event.rsplit("_")[-1].rsplit(".")[-1] for event in receiver.events]
        assert [name for name in names if name in ("left", "ended")] == expected


def test_refused_delivery_is_tried_three_more_times_with_new_signatures(zoom, api, receiver):
    receiver.plan = [500, 404, 302, 200]
    zoom.control("clock", freeze=True)
    api.meeting()
    receiver.wait(1)
    zoom.control("clock", advance=5)
    settled(zoom, retries=True)
    assert len(receiver.calls) == 4
    assert len({headers["x-zm-request-id"] for _, headers, _ in receiver.calls}) == 1
    assert len({raw for _, _, raw in receiver.calls}) == 1
    for _, headers, raw in receiver.calls:
        assert headers["x-zm-signature"] == signature(SECRET_TOKEN, headers["x-zm-request-timestamp"], raw)
    assert len({headers["x-zm-request-timestamp"] for _, headers, _ in receiver.calls}) == 2
    one = zoom.control("deliveries")["deliveries"][0]
    assert one["state"] == "delivered"
    assert [attempt["status"] for attempt in one["attempts"]] == [500, 404, 302, 200]


def test_retries_come_after_5_25_and_85_minutes_scaled(zoom, api, receiver):
    zoom.control("options", retry_scale=0.0004)
    receiver.plan = [500] * 4
    began = time.monotonic()
    api.meeting()
    receiver.wait(1)
    moments = []
    while len(receiver.calls) < 4 and time.monotonic() - began < 6:
        while len(moments) < len(receiver.calls):
            moments.append(time.monotonic() - began)
        time.sleep(0.005)
    moments.append(time.monotonic() - began)
    for moment, expected in zip(moments[1:], (0.12, 0.6, 2.04), strict=True):
        assert expected - 0.02 <= moment < expected + 0.6
    settled(zoom, retries=True)
    assert zoom.control("deliveries")["deliveries"][0]["state"] == "failed"


def test_only_5xx_are_repeated_when_so_chosen(zoom, api, receiver):
    zoom.control("options", retry_on="5xx")
    receiver.plan = [400]
    api.meeting()
    settled(zoom, retries=True)
    one = zoom.control("deliveries")["deliveries"][0]
    assert (one["state"], len(one["attempts"])) == ("failed", 1)


def test_slow_endpoint_counts_as_silent(zoom, api, receiver):
    zoom.control("options", delivery_timeout_seconds=0.15)
    receiver.plan = [0.4]
    api.meeting()
    settled(zoom, retries=True)
    one = zoom.control("deliveries")["deliveries"][0]
    assert [attempt["status"] for attempt in one["attempts"]] == [None, 200]
    assert "0.15 s" in one["attempts"][0]["error"]


def test_request_id_can_be_left_out(zoom, api, receiver):
    zoom.control("options", request_id_header=False)
    api.meeting()
    assert "x-zm-request-id" not in receiver.wait(1)[0][1]


def test_endpoint_that_cannot_prove_itself_gets_nothing(zoom, api):
    endpoint = Receiver()
    endpoint.secret = "another secret"
    made = zoom.control("subscriptions", client_id=CLIENT_ID, url=f"{endpoint.url}/x", events=["*"])["subscriptions"][0]
    assert made["validated"] is False
    assert "secret token" in made["problem"]
    api.meeting()
    states = [one["state"] for one in zoom.control("deliveries")["deliveries"] if one["url"].startswith(endpoint.url)]
    assert states == ["skipped"]
    endpoint.secret = SECRET_TOKEN
    until = time.monotonic() + 5
    while not zoom.control("state")["subscriptions"][-1]["validated"] and time.monotonic() < until:
        time.sleep(0.05)
    api.meeting()
    endpoint.wait(1)
    endpoint.server.shutdown()


def test_endpoints_are_validated_again_after_72_hours(zoom, api, receiver):
    receiver.validates = False
    zoom.control("clock", advance=71 * 3600)
    time.sleep(0.6)
    assert zoom.control("state")["subscriptions"][-1]["validated"]
    zoom.control("clock", advance=3601)
    receiver.wait(1)
    until = time.monotonic() + 5
    while zoom.control("state")["subscriptions"][-1]["validated"] and time.monotonic() < until:
        time.sleep(0.05)
    found = zoom.control("state")["subscriptions"][-1]
    assert (found["validated"], found["problem"]) == (False, "plainToken is not the one sent") or "not JSON" in found[
        "problem"
    ]
    receiver.validates = True
    while not zoom.control("state")["subscriptions"][-1]["validated"] and time.monotonic() < until + 5:
        time.sleep(0.05)
    assert zoom.control("state")["subscriptions"][-1]["validated"]


def test_subscription_gets_only_the_events_it_lists(zoom, api):
    endpoint = Receiver()
    zoom.control(
        "subscriptions",
        client_id=CLIENT_ID,
        endpoints=[
            {"url": f"{endpoint.url}/a", "events": ["meeting.ended"]},
            {"url": f"{endpoint.url}/b", "events": ["webinar.*"]},
        ],
    )
    for kind in ("meeting", "webinar"):
        zoom.control(f"meetings/{api.meeting(kind=kind)['id']}/play", minutes=20)
    settled(zoom)
    by_path = {
        path: {json.loads(raw)["event"] for way, _, raw in endpoint.calls if way == path} for path in ("/a", "/b")
    }
    assert by_path["/a"] == {"meeting.ended"}
    assert by_path["/b"] == {
        "webinar.created",
        "webinar.started",
        "webinar.ended",
        "webinar.participant_joined",
        "webinar.participant_left",
    }
    endpoint.server.shutdown()


def test_app_without_scope_or_consent_gets_no_event(zoom, api):
    endpoint = Receiver()
    bare = zoom.control("apps", name="Bare", scopes=["user:read:user:admin"], secret_token=SECRET_TOKEN)
    zoom.control("subscriptions", client_id=bare["client_id"], url=endpoint.url, events=["*"])
    api.meeting()
    settled(zoom)
    assert endpoint.events == [], "nobody added the app"
    zoom.control("tokens", client_id=bare["client_id"])
    number = api.meeting()["id"]
    zoom.control(f"meetings/{number}/play", minutes=20)
    settled(zoom)
    assert endpoint.events == ["meeting.created"], "started, ended and participants want scopes"
    endpoint.server.shutdown()


def test_subscription_covers_the_account_or_those_who_added_the_app(zoom, api):
    endpoint = Receiver()
    zoom.control("subscriptions", client_id=CLIENT_ID, url=endpoint.url, events=["meeting.created"], covers="installed")
    api.meeting(host="author@example.edu")
    mine = api.meeting(host="zoom-admin@example.edu")["id"]
    settled(zoom)
    assert [body["payload"]["object"]["id"] for body in endpoint.bodies("meeting.created")] == [mine]
    endpoint.server.shutdown()


def test_an_app_has_ten_subscriptions_at_most(zoom):
    for place in range(8):  # the demo has two
        zoom.control("subscriptions", client_id=CLIENT_ID, url=f"http://127.0.0.1:9/{place}", validated=True)
    with pytest.raises(ControlError, match="at most 10"):
        zoom.control("subscriptions", client_id=CLIENT_ID, url="http://127.0.0.1:9/11", validated=True)
