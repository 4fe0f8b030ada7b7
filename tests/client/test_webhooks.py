"""
Deliveries: worked examples as literals (the signatures were accepted by Zoom's own library), and every event we read.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoom_xblock.client import BadDelivery, errors, webhooks

SECRET = "wh_secret_7Qb2LmZk91xTfRcA"
TIMESTAMP = "1767603600"
NOW = datetime.fromtimestamp(1767603600, UTC)
RAW = (
    b'{"event":"meeting.started","event_ts":1767603600123,"payload":{"account_id":"Acc0untAAAAAAAAAAAAAAA","object":'
    b'{"id":"84512345678","uuid":"aBcD1234EfGh5678IjKl9w==","host_id":"Hst0000AAAAAAAAAAAAAAA","topic":"Algebra live",'
    b'"type":2,"start_time":"2026-01-05T09:00:00Z","timezone":"Europe/Madrid","duration":60}}}'
)
SIGNATURE = "v0=ea957714e16bf5e422ae904a6f6c138d68613a2118b8fc028b3d4604f7ac156c"
HEADERS = {"x-zm-signature": SIGNATURE, "x-zm-request-timestamp": TIMESTAMP}
VALIDATION = (
    b'{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1767603600456}'
)


class TestVerify:
    def test_the_worked_example(self):
        assert len(RAW) == 310
        assert webhooks.signature(SECRET, TIMESTAMP, RAW) == SIGNATURE
        assert webhooks.verify(SECRET, HEADERS, RAW, NOW) == SECRET

    def test_the_worked_validation(self):
        headers = {**HEADERS, "x-zm-signature": "v0=df16a47e91895af312dd05b8fbb6d0236f1baea71757b664f43d0bcbb1915c2c"}
        webhooks.verify(SECRET, headers, VALIDATION, NOW)
        assert webhooks.validation_answer(SECRET, webhooks.parse(VALIDATION).plain_token) == {
            "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
            "encryptedToken": "47efdd355e248abaf95ff72b4ccb3577a27513c473ed244d561d389073db04ed",
        }

    def test_headers_in_any_case(self):
        webhooks.verify(SECRET, {name.upper(): value for name, value in HEADERS.items()}, RAW, NOW)

    def test_any_of_several_secrets_and_it_says_which(self):
        assert webhooks.verify(["new", SECRET], HEADERS, RAW, NOW) == SECRET
        assert webhooks.verify(["", SECRET], HEADERS, RAW, NOW) == SECRET

    @pytest.mark.parametrize("secret", ["", [], [""], ["", ""]])
    def test_no_secret_verifies_nothing_not_even_what_it_signed(self, secret):
        headers = {**HEADERS, "x-zm-signature": webhooks.signature("", TIMESTAMP, RAW)}
        with pytest.raises(errors.NotSigned):
            webhooks.verify(secret, headers, RAW, NOW)

    @pytest.mark.parametrize("name", HEADERS)
    @pytest.mark.parametrize("value", [None, "", 5, b"v0="])
    def test_a_header_that_is_missing_or_no_text(self, name, value):
        headers = {key: text for key, text in HEADERS.items() if key != name}
        if value is not None:
            headers[name] = value
        with pytest.raises(errors.NotSigned):
            webhooks.verify(SECRET, headers, RAW, NOW)

    @pytest.mark.parametrize(
        "timestamp", ["x", "-1", "+1767603600", " 1767603600", "1767603600.0", "1e9", "١٧٦٧٦٠٣٦٠٠", "9" * 5000, "\x00"]
    )
    def test_a_timestamp_that_is_none(self, timestamp):
        with pytest.raises(errors.NotSigned):
            webhooks.verify(SECRET, {**HEADERS, "x-zm-request-timestamp": timestamp}, RAW, NOW)

    @pytest.mark.parametrize(
        "given_signature",
        [
            SIGNATURE.upper(),
            SIGNATURE[3:],
            SIGNATURE + "0",
            SIGNATURE[:-1],
            "v0=",
            "é",
            "\ud800",
            "v0=" + "é" * 64,
            "x" * 100_000,
        ],
    )
    def test_another_signature(self, given_signature):
        with pytest.raises(errors.WrongSignature):
            webhooks.verify(SECRET, {**HEADERS, "x-zm-signature": given_signature}, RAW, NOW)

    @pytest.mark.parametrize("raw", [RAW + b" ", RAW.replace(b":", b": ", 1), b"", RAW[:-1], b"\xff"])
    def test_other_bytes(self, raw):
        with pytest.raises(errors.WrongSignature):
            webhooks.verify(SECRET, HEADERS, raw, NOW)

    def test_another_timestamp_or_secret(self):
        with pytest.raises(errors.WrongSignature):
            webhooks.verify(SECRET, {**HEADERS, "x-zm-request-timestamp": "1767603601"}, RAW, NOW)
        with pytest.raises(errors.WrongSignature):
            webhooks.verify(SECRET + "x", HEADERS, RAW, NOW)

    @pytest.mark.parametrize(
        ("skew", "stale"), [(0, False), (300, False), (301, True), (-300, False), (-301, True), (10**9, True)]
    )
    def test_age_in_both_directions(self, skew, stale):
        now = NOW + timedelta(seconds=skew)
        if stale:
            with pytest.raises(errors.Stale):
                webhooks.verify(SECRET, HEADERS, RAW, now)
        else:
            webhooks.verify(SECRET, HEADERS, RAW, now)
        webhooks.verify(SECRET, HEADERS, RAW, now, max_age_seconds=10**10)

    def test_a_timestamp_of_the_far_future_rightly_signed(self):
        late = "999999999999"
        headers = {"x-zm-signature": webhooks.signature(SECRET, late, RAW), "x-zm-request-timestamp": late}
        with pytest.raises(errors.Stale):
            webhooks.verify(SECRET, headers, RAW, NOW)

    def test_bytes_that_are_no_text_may_be_signed(self):
        raw = b"\xff\x00"
        headers = {**HEADERS, "x-zm-signature": webhooks.signature(SECRET, TIMESTAMP, raw)}
        webhooks.verify(SECRET, headers, raw, NOW)

    @settings(max_examples=300)
    @given(
        st.text() | st.lists(st.text(), max_size=3),
        st.dictionaries(
            st.sampled_from(["x-zm-signature", "X-Zm-Request-Timestamp"]) | st.text(),
            st.text() | st.integers() | st.binary(),
        ),
        st.binary(max_size=200),
        st.datetimes(timezones=st.just(UTC)),
    )
    def test_a_stranger_is_refused_and_nothing_breaks(self, secret, headers, raw, now):
        with pytest.raises(BadDelivery):
            webhooks.verify(secret, headers, raw, now)

    @given(st.text(min_size=1), st.binary(max_size=200), st.integers(0, 10**10))
    def test_what_we_sign_we_verify_and_a_flipped_bit_we_do_not(self, secret, raw, seconds):
        timestamp = str(seconds)
        headers = {"x-zm-signature": webhooks.signature(secret, timestamp, raw), "x-zm-request-timestamp": timestamp}
        now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        assert webhooks.verify(secret, headers, raw, now) == secret
        with pytest.raises(errors.WrongSignature):
            webhooks.verify(secret, headers, raw + b"\x00", now)


@pytest.mark.parametrize(("secret", "token"), [("", "x"), ("x", "")])
def test_no_validation_without_a_secret_or_a_token(secret, token):
    with pytest.raises(errors.Malformed):
        webhooks.validation_answer(secret, token)


def delivery(name="meeting.participant_joined", participant=None, **more):
    """The bytes of an event."""
    thing = {"id": "84512345678", "uuid": "aBcD1234EfGh5678IjKl9w==", "host_id": "Hst", **more}
    if participant is not None:
        thing["participant"] = participant
    return json.dumps(
        {"event": name, "event_ts": 1767603731204, "payload": {"account_id": "Acc", "object": thing}}
    ).encode()


class TestParse:
    def test_started(self):
        event = webhooks.parse(RAW)
        assert (event.name, event.kind, event.account_id) == ("meeting.started", "meeting", "Acc0untAAAAAAAAAAAAAAA")
        assert (event.zoom_id, event.uuid, event.host_id) == (
            84512345678,
            "aBcD1234EfGh5678IjKl9w==",
            "Hst0000AAAAAAAAAAAAAAA",
        )
        assert event.occurred_at == datetime(2026, 1, 5, 9, 0, 0, 123000, tzinfo=UTC)
        assert (event.started_at, event.ended_at, event.presence) == (datetime(2026, 1, 5, 9, tzinfo=UTC), None, None)

    def test_joined(self):
        event = webhooks.parse(
            '{"event":"meeting.participant_joined","payload":{"account_id":"Acc0untAAAAAAAAAAAAAAA",'
            '"object":{"uuid":"aBcD1234EfGh5678IjKl9w==",'
            '"participant":{"user_id":"16779264","user_name":"Ana López","id":"",'
            '"participant_uuid":"5C3A9E10-77D2-4B6F-9A41-0E8C2D1F6B35",'
            '"participant_user_id":"","join_time":"2026-01-05T09:02:11Z","email":"ana@example.edu","registrant_id":"RgStR4nt_QyzAAAAAAAAAA",'
            '"customer_key":""},"id":"84512345678","type":2,'
            '"topic":"Algebra live","host_id":"Hst0000AAAAAAAAAAAAAAA","duration":60,'
            '"start_time":"2026-01-05T09:00:00Z","timezone":"Europe/Madrid"}},"event_ts":1767603731204}'.encode()
        )
        who = event.participant
        assert (who.connection, who.registrant_id, who.zoom_user_id, who.name) == (
            "16779264",
            "RgStR4nt_QyzAAAAAAAAAA",
            "",
            "Ana López",
        )
        assert (who.joined_at, who.left_at, who.phone) == (datetime(2026, 1, 5, 9, 2, 11, tzinfo=UTC), None, False)
        assert event.presence == ("joined", "main")
        assert not [text for text in ("Ana", "ana@") if text in repr(event)]

    def test_left(self):
        who = webhooks.parse(
            delivery(
                "webinar.participant_left",
                {"leave_time": "2026-01-12T11:25:01Z", "leave_reason": "left the meeting", "id": "Z"},
            )
        ).participant
        assert (who.left_at, who.joined_at, who.leave_reason, who.zoom_user_id) == (
            datetime(2026, 1, 12, 11, 25, 1, tzinfo=UTC),
            None,
            "left the meeting",
            "Z",
        )

    def test_a_webinars_end(self):
        event = webhooks.parse(delivery("webinar.ended", end_time="2026-01-12T11:31:00Z", practice_session=True))
        assert (event.kind, event.practice_session, event.ended_at) == (
            "webinar",
            True,
            datetime(2026, 1, 12, 11, 31, tzinfo=UTC),
        )

    def test_updated_with_a_number_for_an_id(self):
        event = webhooks.parse(
            b'{"event":"meeting.updated","event_ts":1766221200500,"payload":{"account_id":"A","operator":"t@example.edu","scope":"all",'
            b'"object":{"id":84512345678,"topic":"Algebra live"},"old_object":{"id":84512345678,"topic":"Algebra"}}}'
        )
        assert (event.zoom_id, event.operation, event.object["topic"], event.old_object["topic"]) == (
            84512345678,
            "all",
            "Algebra live",
            "Algebra",
        )

    def test_deleted_of_a_series_a_single_date(self):
        event = webhooks.parse(
            b'{"event":"meeting.deleted","payload":{"operation":"single","object":{"id":1,"occurrences":'
            b'[{"occurrence_id":"1767776400000"},{"occurrence_id":1767776400001},{},7]}}}'
        )
        assert (event.operation, event.occurrence_ids) == ("single", ("1767776400000", "1767776400001"))

    def test_registration(self):
        event = webhooks.parse(
            delivery(
                "meeting.registration_created",
                registrant={"id": "r", "email": "ana@example.edu", "join_url": "https://us02web.zoom.us/w/1?tk=t"},
            )
        )
        assert (event.registrant.registrant_id, event.registrant.join_url) == ("r", "https://us02web.zoom.us/w/1?tk=t")
        assert "tk=t" not in repr(event)

    def test_deauthorized(self):
        event = webhooks.parse(
            b'{"event":"app_deauthorized","payload":{"user_id":"Hst0000AAAAAAAAAAAAAAA","account_id":"Acc0untAAAAAAAAAAAAAAA",'
            b'"client_id":"clientId123","deauthorization_time":"2026-01-20T08:00:00.000Z","signature":"0f1e","event_ts":1768896000000}}'
        )
        assert (event.user_id, event.account_id, event.client_id) == (
            "Hst0000AAAAAAAAAAAAAAA",
            "Acc0untAAAAAAAAAAAAAAA",
            "clientId123",
        )
        assert (event.occurred_at, event.user_data_retention, event.kind) == (
            datetime(2026, 1, 20, 8, tzinfo=UTC),
            None,
            "",
        )

    @pytest.mark.parametrize(
        ("value", "read"),
        [('"false"', False), ("true", True), ('"True"', True), ("7", None), ("null", None), ("[]", None)],
    )
    def test_retention(self, value, read):
        raw = f'{{"event":"app_deauthorized","payload":{{"user_data_retention":{value}}}}}'.encode()
        assert webhooks.parse(raw).user_data_retention is read

    def test_a_user_who_leaves(self):
        event = webhooks.parse(
            b'{"event":"user.deactivated","payload":{"account_id":"A","object":{"id":"84512345678","email":"x"}}}'
        )
        assert (event.user_id, event.zoom_id) == ("84512345678", None)

    def test_a_recording(self):
        event = webhooks.parse(
            b'{"event":"recording.completed","download_token":"eyJ.d.e","payload":{"object":{"uuid":"u","id":84512345678,"type":5}}}'
        )
        assert (event.kind, event.zoom_id, event.download_token) == ("webinar", 84512345678, "eyJ.d.e")
        assert "eyJ" not in repr(event)

    @pytest.mark.parametrize(
        ("rest", "presence"),
        [
            ("participant_joined", ("joined", "main")),
            ("participant_left", ("left", "main")),
            ("participant_joined_waiting_room", ("joined", "waiting")),
            ("participant_put_in_waiting_room", ("joined", "waiting")),
            ("participant_left_waiting_room", ("left", "waiting")),
            ("participant_admitted", ("left", "waiting")),
            ("participant_jbh_waiting", ("joined", "waiting")),
            ("participant_jbh_joined", ("left", "waiting")),
            ("participant_jbh_waiting_left", ("left", "waiting")),
            ("participant_joined_breakout_room", ("joined", "breakout")),
            ("participant_left_breakout_room", ("left", "breakout")),
            ("participant_role_changed", None),
            ("started", None),
        ],
    )
    def test_presence(self, rest, presence):
        event = webhooks.parse(delivery(f"meeting.{rest}", {"user_id": "1", "date_time": "2026-01-05T09:02:11Z"}))
        assert event.presence == presence
        if presence:
            moment = datetime(2026, 1, 5, 9, 2, 11, tzinfo=UTC)
            times = (event.participant.joined_at, event.participant.left_at)
            assert times == ((moment, None) if presence[0] == "joined" else (None, moment))
        assert webhooks.parse(delivery(f"recording.{rest}")).presence is None

    def test_phones(self):
        assert webhooks.parse(delivery(participant={"user_id": "1", "phone_number": "1800000000"})).participant.phone

    def test_a_breakout_room(self):
        event = webhooks.parse(
            delivery("meeting.participant_joined_breakout_room", {"user_id": "1"}, breakout_room_uuid="b=")
        )
        assert (event.breakout_room_uuid, event.uuid) == ("b=", "aBcD1234EfGh5678IjKl9w==")
