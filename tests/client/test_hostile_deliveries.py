"""Deliveries that a stranger may send: each is refused as what it is, or a field of it reads as absent."""

import json
from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.client.test_webhooks import delivery
from zoom_xblock.client import BadDelivery, errors, webhooks
from zoom_xblock.client.results import Event

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**62, max_value=2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None), max_size=20)
    | st.sampled_from(["2026-01-05T09:00:00Z", "84512345678", 1767603600123, "a\x00b", "\ud800", "😀"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def any_of(names):
    """An object with some of these fields, each of any type."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names.split(), JSON))


PARTICIPANT = any_of(
    "user_id id participant_user_id participant_uuid registrant_id customer_key user_name email join_time leave_time "
    "date_time leave_reason phone_number"
)
REGISTRANT = any_of("id email status join_url first_name last_name")
OBJECT = st.builds(
    dict,
    any_of("id uuid host_id start_time end_time practice_session occurrences type breakout_room_uuid"),
    participant=JSON | PARTICIPANT,
    registrant=JSON | REGISTRANT,
)
PAYLOAD = st.builds(
    dict,
    any_of("account_id event_ts plainToken client_id user_id operation scope old_object user_data_retention"),
    object=JSON | OBJECT,
)
NAMES = [
    "meeting.started",
    "meeting.participant_joined",
    "meeting.participant_left",
    "webinar.ended",
    "user.deleted",
    "recording.completed",
    "app_deauthorized",
    "endpoint.url_validation",
    "meeting.registration_created",
]
BODY = st.builds(dict, any_of("event_ts download_token"), event=st.sampled_from(NAMES) | JSON, payload=JSON | PAYLOAD)


class TestHostile:
    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            pytest.param(b"", errors.NotJson, id="nothing"),
            pytest.param(b"{", errors.NotJson, id="cut"),
            pytest.param(b"\xff\xfe{}", errors.NotJson, id="no UTF-8"),
            pytest.param(b'{"event":"meeting.\xed\xa0\x80"}', errors.NotJson, id="a surrogate in UTF-8"),
            pytest.param(b'\xef\xbb\xbf{"event":"a.b"}', errors.NotJson, id="a byte order mark"),
            pytest.param(b'{"event":"a.b","x":NaN}', errors.NotJson, id="NaN"),
            pytest.param(b'{"event":"a.b","x":-Infinity}', errors.NotJson, id="infinity"),
            pytest.param(b'{"event":"a.b","x":' + b"9" * 5000 + b"}", errors.NotJson, id="a number of 5000 digits"),
            pytest.param(b"[" * 500_000, errors.NotJson, id="deep and cut"),
            pytest.param(b'{"event":"a.b","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", errors.NotJson, id="deep"),
            pytest.param(b'{"event":"a.b","x":' + b"[" * 40 + b"]" * 40 + b"}", errors.Malformed, id="deeper than any"),
            pytest.param(
                b'{"event":"a.b","x":' + b'{"x":' * 200 + b"1" + b"}" * 201, errors.Malformed, id="deep objects"
            ),
            pytest.param(b"null", errors.Malformed, id="null"),
            pytest.param(b"[]", errors.Malformed, id="a list"),
            pytest.param(b'"event"', errors.Malformed, id="a text"),
            pytest.param(b"{}", errors.Malformed, id="no event"),
            pytest.param(b'{"event":null}', errors.Malformed, id="null for an event"),
            pytest.param(b'{"event":["meeting.started"]}', errors.Malformed, id="a list for an event"),
            pytest.param(b'{"event":""}', errors.Malformed, id="blank"),
            pytest.param(b'{"event":"a b"}', errors.Malformed, id="a space"),
            pytest.param(b'{"event":"a\\u0000"}', errors.Malformed, id="NUL"),
            pytest.param(b'{"event":"a\\n"}', errors.Malformed, id="a line's end"),
            pytest.param(b'{"event":"a\\ud800"}', errors.Malformed, id="half a surrogate pair"),
            pytest.param('{"event":"événement"}'.encode(), errors.Malformed, id="letters of others"),
            pytest.param(b'{"event":"' + b"a" * 129 + b'"}', errors.Malformed, id="a long name"),
            pytest.param(b" " * (1024 * 1024 + 1), errors.TooLarge, id="a megabyte and a byte"),
        ],
    )
    def test_what_can_be_no_delivery(self, raw, expected):
        with pytest.raises(expected):
            webhooks.parse(raw)

    @pytest.mark.parametrize("payload", [None, [], "x", 7, {}, {"object": None}, {"object": []}, {"object": "x"}])
    def test_a_payload_that_is_none(self, payload):
        event = webhooks.parse(json.dumps({"event": "meeting.started", "payload": payload}).encode())
        assert (event.zoom_id, event.participant, event.object, event.account_id) == (None, None, {}, "")

    @pytest.mark.parametrize(
        "value", [None, True, -1, 0, 1.5, 2**63, 2**200, 1e300, "", "x", "-5", "9" * 100, [], {}, "٣"]
    )
    def test_an_id_that_is_none(self, value):
        assert webhooks.parse(delivery(id=value)).zoom_id is None

    @pytest.mark.parametrize("value", [None, True, [], {}, 1.5, "a\x00b", "a\ud800", "x" * 256, 2**70])
    def test_opaque_ids_that_nobody_can_keep(self, value):
        event = webhooks.parse(
            delivery(uuid=value, participant={"registrant_id": value, "user_id": value, "customer_key": value})
        )
        who = event.participant
        assert (event.uuid, who.registrant_id, who.connection, who.customer_key) == ("", "", "", "")

    @pytest.mark.parametrize("value", [None, True, 0, -1, 10**14, 2**80, 1.5, "x", [], {}, "2026-01-05T09:00:00Z"])
    def test_a_moment_that_is_none(self, value):
        raw = json.dumps({"event": "a.b", "event_ts": value, "payload": {"event_ts": value}}).encode()
        assert webhooks.parse(raw).occurred_at is None

    @pytest.mark.parametrize(
        "value", [None, 7, [], {}, "x", "2026-01-05T09:00:00", "9999-99-99T99:99:99Z", "0000-01-01T00:00:00Z"]
    )
    def test_times_that_are_none(self, value):
        event = webhooks.parse(
            delivery(start_time=value, end_time=value, participant={"join_time": value, "leave_time": value})
        )
        assert (event.started_at, event.ended_at, event.participant.joined_at, event.participant.left_at) == (None,) * 4

    def test_names_are_kept_as_far_as_a_database_takes_them(self):
        event = webhooks.parse(
            delivery(participant={"user_name": "Ana\x00 \ud83d 😀", "email": "a\x00@x"}, topic="\x00")
        )
        assert event.participant.name == "Ana� � 😀"
        assert "\x00" not in json.dumps(event.object, ensure_ascii=False)
        json.dumps(event.object, ensure_ascii=False).encode()

    def test_numbers_too_large_for_a_float_do_not_become_infinite(self):
        event = webhooks.parse(b'{"event":"a.b","payload":{"object":{"x":1e999,"y":[-1e999]}}}')
        assert event.object == {"x": None, "y": [None]}

    @settings(max_examples=500)
    @given(st.binary(max_size=400))
    @example(b'{"event":"\\ud800"}')
    def test_any_bytes(self, raw):
        assert read(raw) is None or isinstance(read(raw), Event)

    @settings(max_examples=250)
    @given(BODY)
    def test_any_type_in_every_field_that_is_read(self, body):
        event = read(json.dumps(body).encode())
        if event is None:
            return
        assert event.name == body["event"]
        assert event.zoom_id is None or 0 < event.zoom_id < 2**63
        for moment in (event.occurred_at, event.started_at, event.ended_at):
            assert moment is None or moment.utcoffset() == timedelta(0)
        for holder in filter(None, (event, event.participant, event.registrant)):
            for field in fields(holder):
                value = getattr(holder, field.name)
                if isinstance(value, str):
                    assert "\x00" not in value
                    value.encode()
        json.dumps([event.object, event.old_object], ensure_ascii=False, allow_nan=False).encode()
        assert repr(event)
        assert event.presence is None or event.presence[0] in ("joined", "left")


def read(raw):
    """The event, or None where it is refused as it should be."""
    try:
        return webhooks.parse(raw)
    except BadDelivery:
        return None
