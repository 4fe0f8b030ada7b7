"""Our names for Zoom's settings, both ways."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.zoom import schedule
from zoom_xblock.client import changes, meeting_body, options
from zoom_xblock.client.shapes import meeting_from, meeting_row_from

CHOICES = {
    "entry": ["host_first", "waiting_room", "open"],
    "auto_recording": ["none", "local", "cloud"],
    "signed_in_only": [True, False],
    "host_video": [True, False],
    "participant_video": [True, False],
    "mute_on_entry": [True, False],
    "practice_session": [True, False],
    "question_and_answer": [True, False],
    "zoom_emails": [True, False],
}
wishes = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()})
kinds = st.sampled_from(["meeting", "webinar"])


def as_zoom_has_it(kind, settings, **more):
    """A meeting with these settings over Zoom's defaults, nested ones merged."""
    had = schedule.default_settings(kind)
    for name, value in settings.items():
        had[name] = {**had[name], **value} if isinstance(value, dict) else value
    return meeting_from(kind, {"id": 845, "settings": had, **more})


@given(kind=kinds, wished=wishes)
def test_what_is_asked_for_is_what_is_read(kind, wished):
    told = options.settings_for(kind, wished)
    assert set(told) <= set(schedule.DEFAULT_SETTINGS[kind]), "Zoom knows no others of this kind"
    read = options.options_of(as_zoom_has_it(kind, told))
    assert read.pop("has_passcode") is False
    assert read == {name: wished[name] for name in read}
    absent = {"meeting": {"practice_session", "question_and_answer"}, "webinar": {"entry", "mute_on_entry"}}
    assert set(wished) - set(read) == absent[kind]


@given(kind=kinds, wished=wishes)
def test_what_zoom_has_is_not_sent_again(kind, wished):
    told = options.settings_for(kind, wished)
    assert changes(as_zoom_has_it(kind, told), {"settings": told}) == {}


@given(kind=kinds)
def test_what_is_not_named_is_not_said(kind):
    assert options.settings_for(kind, {}) == {}


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


NAMES = [*schedule.DEFAULT_SETTINGS["webinar"], "waiting_room", "join_before_host", "global_dial_in_numbers"]


@given(kind=kinds, settings=st.dictionaries(st.sampled_from(NAMES), json))
def test_whatever_zoom_says_is_read(kind, settings):
    meeting = meeting_from(kind, {"id": 845, "settings": settings})
    read = options.options_of(meeting)
    assert read["auto_recording"] in CHOICES["auto_recording"]
    assert read.get("entry", "open") in CHOICES["entry"]
    assert all(isinstance(value, bool) for name, value in read.items() if name not in ("entry", "auto_recording"))
    assert isinstance(options.dial_in_of(meeting), list)
    assert all(isinstance(address, str) and address for address in options.alternative_hosts_of(meeting))


def test_numbers_to_dial():
    listed = [
        {"country": "ES", "city": "Madrid", "number": "+34 917873431", "type": "toll", "country_name": "Spain"},
        {"number": ""},
        "x",
        {"number": 5},
    ]
    meeting = meeting_from("meeting", {"id": 845, "settings": {"global_dial_in_numbers": listed}})
    assert options.dial_in_of(meeting) == [
        {"country": "ES", "city": "Madrid", "number": "+34 917873431", "type": "toll"}
    ]


@pytest.mark.parametrize(
    ("body", "has"),
    [({}, False), ({"password": ""}, False), ({"password": "a"}, True), ({"encrypted_password": "x"}, True),
     ({"encrypted_passcode": "x"}, True)],
)  # fmt: skip
def test_a_passcode_is_known_of_and_not_shown(body, has):
    meeting = meeting_from("meeting", {"id": 845, **body})
    assert meeting.has_passcode is has
    assert options.options_of(meeting)["has_passcode"] is has
    assert "'a'" not in repr(meeting)


def test_a_passcode_is_said_only_if_it_is_named():
    starts_at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    usual = {"topic": "x", "starts_at": starts_at, "duration_minutes": 60, "timezone": "UTC"}
    assert "password" not in meeting_body("meeting", **usual)
    assert meeting_body("meeting", **usual, passcode="")["password"] == ""
    before = meeting_from("meeting", {"id": 845, "password": "abc"})
    assert changes(before, {"password": "abc"}) == {}
    assert changes(before, {"password": "abd"}) == {"password": "abd"}


def test_the_start_of_a_series_that_zoom_leaves_out_is_its_first_date():
    dates = [
        {"occurrence_id": "2", "start_time": "2026-01-06T09:00:00Z"},
        {"occurrence_id": "1", "start_time": "2026-01-05T09:00:00Z"},
    ]
    meeting = meeting_from("meeting", {"id": 845, "type": 8, "occurrences": dates})
    assert meeting.starts_at.isoformat() == "2026-01-05T09:00:00+00:00"


def test_a_series_that_becomes_a_single_date_is_not_told_its_rule():
    before = meeting_from("meeting", {"id": 845, "type": 8, "recurrence": {"type": 1, "end_times": 3}})
    assert changes(before, {"type": 2}) == {"type": 2}


def test_rows_of_lists_say_when_they_were_made():
    row = meeting_row_from("meeting", {"id": 845, "created_at": "2026-01-05T09:00:00Z"})
    assert row.made_at.isoformat() == "2026-01-05T09:00:00+00:00"
    assert meeting_row_from("meeting", {"id": 845, "created_at": 5}).made_at is None
