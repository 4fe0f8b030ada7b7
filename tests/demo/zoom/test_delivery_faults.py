"""Deliveries that go wrong on request: doubled, lost, late, out of order, broken, and to nobody."""

import json
import time

import requests

from demo.zoom.seed import CLIENT_ID, SECRET_TOKEN
from demo.zoom.signing import signature

from .test_webhooks import settled


def test_deliveries_can_be_doubled_lost_and_delayed(zoom, api, receiver):
    zoom.control(
        "delivery-faults",
        faults=[
            {"action": "lose", "event": "meeting.started"},
            {"action": "duplicate", "event": "meeting.ended", "copies": 2},
            {"action": "delay", "event": "meeting.participant_left", "seconds": 0.4},
        ],
    )
    number = api.meeting()["id"]
    zoom.control(f"meetings/{number}/play", minutes=20)
    settled(zoom)
    assert "meeting.started" not in receiver.events
    ids = [headers["x-zm-request-id"] for _, headers, raw in receiver.calls if b'"meeting.ended"' in raw]
    assert len(ids) == 3
    assert len(set(ids)) == 1
    assert receiver.events[-1] == "meeting.participant_left"
    assert [fault["hits"] for fault in zoom.control("delivery-faults")["faults"]] == [1, 1, 1]
    zoom.control("delivery-faults", "DELETE")
    assert zoom.control("delivery-faults")["faults"] == []


def test_deliveries_can_be_reordered(zoom, api, receiver):
    zoom.control("delivery-faults", action="reorder", times=None, window=20, seconds=0.01)
    number = api.meeting()["id"]
    zoom.control(
        f"meetings/{number}/play",
        minutes=20,
        people=[{"name": f"G{place}", "join_after": place, "leave_after": 600 + place} for place in range(8)],
    )
    settled(zoom)
    moments = [json.loads(raw)["event_ts"] for _, _, raw in receiver.calls]
    assert len(moments) == 21
    assert moments != sorted(moments)


def test_probability_loses_a_share(zoom, api, receiver):
    zoom.control("delivery-faults", action="lose", times=None, probability=0.5)
    number = api.meeting()["id"]
    zoom.control(f"meetings/{number}/play", minutes=20, people=[{"name": f"G{place}"} for place in range(50)])
    settled(zoom)
    counts = zoom.control("deliveries")["states"]
    assert 30 < counts["lost"] < 75
    assert counts["lost"] + counts["delivered"] == counts["lost"] + len(receiver.calls)


def test_held_deliveries_go_out_in_the_order_asked_for(zoom, api, receiver):
    zoom.control("deliveries/hold", "POST")
    numbers = [api.meeting()["id"] for _ in range(3)]
    time.sleep(0.1)
    assert receiver.calls == []
    assert zoom.control("deliveries")["holding"] is True
    zoom.control("deliveries/flush", order="reverse", one_by_one=True)
    assert [body["payload"]["object"]["id"] for body in receiver.bodies("meeting.created")] == numbers[::-1]
    zoom.control("deliveries/hold", "POST")
    api.meeting()
    assert zoom.control("deliveries/drop", "POST")["dropped"]
    zoom.control("deliveries/flush", "POST")
    assert len(receiver.calls) == 3


def test_a_delivery_can_be_sent_again_whole_or_broken(zoom, api, receiver):
    api.meeting()
    settled(zoom)
    number = zoom.control("deliveries")["deliveries"][0]["number"]
    assert zoom.control(f"deliveries/{number}/again", "POST")["status"] == 200
    assert zoom.control(f"deliveries/{number}/again", same_id=False)["status"] == 200
    for broken in ("signature", "timestamp", "body"):
        zoom.control(f"deliveries/{number}/again", corrupt=broken)
    ids = [headers["x-zm-request-id"] for _, headers, _ in receiver.calls]
    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)
    good = [
        headers["x-zm-signature"] == signature(SECRET_TOKEN, headers["x-zm-request-timestamp"], raw)
        for _, headers, raw in receiver.calls
    ]
    assert good == [True, True, True, False, True, False]
    assert int(receiver.calls[4][1]["x-zm-request-timestamp"]) < time.time() - 80000


def test_unknown_meeting_can_be_in_the_stream(zoom, api, receiver):
    zoom.control("events", event="meeting.ended")
    body = json.loads(receiver.wait(1)[0][2])
    assert body["payload"]["object"]["timezone"] == ""


def test_body_of_your_own_can_be_signed(zoom):
    one = zoom.control("sign", client_id=CLIENT_ID, raw='{"event":"x"}', timestamp=1767603600)
    assert one["headers"]["x-zm-signature"] == signature(SECRET_TOKEN, "1767603600", b'{"event":"x"}')
    assert len(zoom.control("sign", client_id=CLIENT_ID, bodies=[{"a": 1}, {"a": 2}])["signed"]) == 2


def test_endpoint_that_is_not_there_crashes_nothing(zoom):
    one = zoom.control("state")["subscriptions"][0]
    assert one["validated"] is False
    assert requests.get(zoom.url).status_code == 200
