"""Zoom's JSON into values: what is tolerated, what is not."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoom_xblock.client import errors, shapes
from zoom_xblock.client.reading import read_int, read_text, read_time

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05T09:00:00Z", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-20T08:00:00.000Z", datetime(2026, 1, 20, 8, tzinfo=UTC)),
        ("2026-01-05T09:00:00.123456789Z", datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)),
        ("2026-01-05T10:30:00+01:30", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05T00:00:00-0900", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05T09:00:00", None),
        ("2026-01-05", None),
        ("2026-13-05T09:00:00Z", None),
        ("2026-02-29T09:00:00Z", None),
        ("2026-01-05T09:00:00Z ", None),
        ("2026-01-05T09:00:00Z\n", None),
        ("٢٠٢٦-01-05T09:00:00Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("2026-01-05T09:00:00+99:99", None),
        ("", None),
        (None, None),
        (1767603600, None),
        ([], None),
    ],
)
def test_times(text, moment):
    assert read_time(text) == moment


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (84512345678, 84512345678),
        ("84512345678", 84512345678),
        (8.0, 8),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (str(2**63), None),
        ("9" * 5000, None),
        (1.5, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        ("٣", None),
        ("1 ", None),
        ("", None),
        (None, None),
        ({}, None),
    ],
)
def test_numbers(value, number):
    assert read_int(value) == number


@pytest.mark.parametrize(
    ("value", "text"), [("x", "x"), (16779264, "16779264"), (True, ""), (None, ""), (1.5, ""), ([], ""), (2**64, "")]
)
def test_texts(value, text):
    assert read_text(value) == text


@given(JSON)
def test_readers_never_fail(value):
    assert read_time(value) is None or read_time(value).tzinfo is UTC
    assert isinstance(read_text(value), str)
    assert read_int(value) is None or isinstance(read_int(value), int)


READERS = {
    "user": shapes.user_from,
    "settings": shapes.user_settings_from,
    "meeting": lambda body: shapes.meeting_from("meeting", body),
    "row": lambda body: shapes.meeting_row_from("webinar", body),
    "added": lambda body: shapes.added_registrant_from(body, email="e", first_name="f", last_name="l"),
    "registrant": shapes.registrant_from,
    "participant": shapes.participant_from,
    "sitting": shapes.past_sitting_from,
    "past": shapes.past_meeting_from,
    "recording": shapes.recording_from,
}
KEYS = st.sampled_from(
    [
        "id",
        "uuid",
        "email",
        "type",
        "start_time",
        "end_time",
        "duration",
        "settings",
        "occurrences",
        "registrant_id",
        "join_url",
        "join_time",
        "leave_time",
        "status",
        "user_id",
        "feature",
        "recording_files",
        "recurrence",
    ]
)
TIMES = st.sampled_from(["2026-01-05T09:00:00Z", "", "x"])


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@given(body=JSON | st.dictionaries(KEYS, JSON | TIMES))
def test_shapes_give_a_value_or_are_garbled(reader, body):
    try:
        value = reader(body)
    except errors.Garbled:
        return
    assert repr(value)


MEETING = {
    "id": "84512345678",
    "uuid": "aBcD1234EfGh5678IjKl9w==",
    "host_id": "Hst0000AAAAAAAAAAAAAAA",
    "host_email": "teacher@example.edu",
    "topic": "Algebra live",
    "type": 8,
    "start_time": "2026-01-05T09:00:00Z",
    "duration": 60,
    "timezone": "Europe/Madrid",
    "status": "waiting",
    "join_url": "https://us02web.zoom.us/j/84512345678?pwd=x",
    "start_url": "https://us02web.zoom.us/s/84512345678?zak=secret",
    "settings": {"approval_type": 0, "new_thing": {}},
    "recurrence": {"type": 2},
    "occurrences": [
        {"occurrence_id": 1767776400000, "start_time": "2026-01-07T09:00:00Z", "duration": 60, "status": "available"}
    ],
    "field_of_tomorrow": [1],
}


def test_a_meeting():
    meeting = shapes.meeting_from("meeting", MEETING)
    assert (meeting.zoom_id, meeting.starts_at, meeting.duration_minutes) == (
        84512345678,
        datetime(2026, 1, 5, 9, tzinfo=UTC),
        60,
    )
    assert (meeting.approval_type, meeting.has_registration, meeting.recurrence) == (0, True, {"type": 2})
    assert meeting.occurrences[0].occurrence_id == "1767776400000"
    assert not [secret for secret in ("zak", "pwd", "teacher@") if secret in repr(meeting)]


@pytest.mark.parametrize(("approval", "has"), [(0, True), (1, True), (2, False), (None, False)])
def test_registration_is_what_zoom_says_it_is(approval, has):
    assert shapes.meeting_from("meeting", {"id": 1, "settings": {"approval_type": approval}}).has_registration is has


@pytest.mark.parametrize(
    "without", ["start_time", "duration", "timezone", "settings", "occurrences", "recurrence", "uuid", "topic", "type"]
)
def test_a_meeting_without_what_is_optional(without):
    shapes.meeting_from("meeting", {key: value for key, value in MEETING.items() if key != without})
    shapes.meeting_from("meeting", {**MEETING, without: None})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("id", "x"),
        ("id", 0),
        ("id", 2**70),
        ("start_time", "soon"),
        ("start_time", "2026-01-05T09:00:00"),
        ("duration", "long"),
    ],
)
def test_a_meeting_that_cannot_be_read(key, value):
    with pytest.raises(errors.Garbled):
        shapes.meeting_from("meeting", {**MEETING, key: value})


REPORT_ROW = {
    "id": "",
    "user_id": "16779264",
    "participant_user_id": "",
    "registrant_id": "RgStR4nt_QyzAAAAAAAAAA",
    "customer_key": "k",
    "name": "Ana López",
    "user_email": "ana@example.edu",
    "join_time": "2026-01-05T09:02:11Z",
    "leave_time": "2026-01-05T09:58:40Z",
    "duration": 3389,
    "status": "in_meeting",
    "failover": False,
    "bo_mtg_id": "",
}
PAST_ROW = {
    "id": "Zm00000000000000000000",
    "user_id": 16779265,
    "name": "",
    "join_time": "2026-01-05T09:00:00Z",
    "leave_time": "2026-01-05T09:02:11Z",
    "status": "in_waiting_room",
    "internal_user": True,
}


def test_the_two_relatives_of_participants():
    report, past = shapes.participant_from(REPORT_ROW), shapes.participant_from(PAST_ROW)
    assert (report.registrant_id, report.connection, report.room, report.internal) == (
        "RgStR4nt_QyzAAAAAAAAAA",
        "16779264",
        "main",
        None,
    )
    assert (report.left_at - report.joined_at).total_seconds() == 3389
    assert (past.zoom_user_id, past.connection, past.room, past.waiting) == (
        "Zm00000000000000000000",
        "16779265",
        "waiting",
        True,
    )
    assert (past.registrant_id, past.internal) == ("", True)
    assert not [text for text in ("Ana", "ana@") if text in repr(report)]


def test_rooms_and_ends_of_participants():
    assert shapes.participant_from({**REPORT_ROW, "bo_mtg_id": "b="}).room == "breakout"
    assert shapes.participant_from({**REPORT_ROW, "leave_time": ""}).left_at is None
    for key, value in (("join_time", ""), ("join_time", None), ("join_time", "x"), ("leave_time", "x")):
        with pytest.raises(errors.Garbled):
            shapes.participant_from({**REPORT_ROW, key: value})


def test_users():
    user = shapes.user_from({"id": "u", "email": "a@b.example", "type": 2, "first_name": "Ada", "last_name": "Author"})
    assert (user.licensed, user.display_name, user.account_id) == (True, "Ada Author", "")
    assert shapes.user_from({"id": "u", "type": 1, "display_name": "A"}).licensed is False
    settings = shapes.user_settings_from(
        {"feature": {"webinar": True, "webinar_capacity": 500, "meeting_capacity": 300}}
    )
    assert (settings.webinar, settings.webinar_capacity, settings.large_meeting) == (True, 500, False)


def test_recordings_with_files_that_say_little():
    recording = shapes.recording_from(
        {
            "uuid": "u",
            "id": 845,
            "recording_play_passcode": "yNYIS408",
            "share_url": "https://us02web.zoom.us/rec/share/x",
            "recording_files": [
                {"file_type": "TIMELINE"},
                {"id": "f", "file_type": "MP4", "play_url": "https://us02web.zoom.us/p"},
            ],
        }
    )
    assert [one.file_type for one in recording.files] == ["TIMELINE", "MP4"]
    assert "yNYIS408" not in repr(recording)
    assert "/rec/" not in repr(recording)
