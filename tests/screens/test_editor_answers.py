"""What the editor is answered, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.screens.factories import STARTS_AT, wishes
from zoom_xblock.screens import clocks, editor_answers, editor_fields, series


def test_a_refusal_has_a_sentence_for_each_field_even_for_reasons_unknown():
    answer = editor_answers.refusal({"starts_at": "gap", "display_name": "no_such_slug"}, "invalid")
    assert answer["saved"] is False
    assert answer["message"]
    assert "clocks" in answer["errors"]["starts_at"]
    assert answer["errors"]["display_name"]


@pytest.mark.parametrize(("zone", "clock"), [("Europe/Madrid", "2 a.m."), ("", "midnight"), ("Asia/Tokyo", "9 a.m.")])
def test_a_daily_limit_says_when_it_ends_on_the_authors_clock(zone, clock):
    until = datetime(2026, 6, 5, 0, 0, tzinfo=UTC)
    message = editor_answers.refusal({}, "daily_limit", until=until, author_zone=zone)["message"]
    assert f"{clock}, June 5, 2026 ({zone or 'UTC'})" in message


def test_a_success_tells_what_zoom_decided_otherwise_and_skips_what_it_cannot_name():
    answer = editor_answers.success(True, ["other_start", "no_such_slug"])
    assert answer == {"saved": True, "message": "The session was made at Zoom.", "notes": ["Zoom kept another start."]}


def test_differences_are_told_with_both_values():
    mine = wishes(display_name="Mine", entry="open", recurrence={"every": "day", "interval": 1, "count": 2})
    has = {**mine, "display_name": "Theirs", "entry": "waiting_room", "starts_at": STARTS_AT + timedelta(hours=1)}
    notes = editor_answers.success(False, ["other_topic", "other_entry", "other_start"], wished=mine, has=has)["notes"]
    assert "“Theirs”, you asked for “Mine”" in notes[0]
    assert "Letting people in: Zoom has “Waiting room”" in notes[1]
    assert "3 p.m.”, you asked for “Thursday, June 4, 2026, 2 p.m.”" in notes[2]


@pytest.mark.parametrize(
    "slug",
    ["no_registration", "other_start", "other_duration", "other_topic", "other_time_zone", "other_recurrence",
     "other_passcode", "other_alternative_hosts", "unread", *(f"other_{name}" for name in editor_fields.OPTIONS)],
)  # fmt: skip
def test_every_difference_that_a_save_may_report_has_words(slug):
    assert editor_answers.success(False, [slug], wished=wishes(), has=wishes())["notes"][0]


def test_an_adopted_session_is_called_by_its_name():
    assert "found at Zoom" in editor_answers.success(True, [], is_adopted=True)["message"]


def test_a_conflict_carries_what_the_form_goes_on_with():
    answer = editor_answers.changed({"display_name": "Theirs"}, ["display_name"], seen="a", wishes_seen="b")
    assert (answer["saved"], answer["errors"]) == (False, {})
    assert answer["changed"] == {
        "theirs": {"display_name": "Theirs"}, "fields": ["Topic"], "seen": "a", "wishesSeen": "b",
    }  # fmt: skip


@pytest.mark.parametrize("slug", ["malformed", "not_found", "personal_room", "no_fixed_time", "over", "has_session"])
def test_a_session_that_cannot_be_linked_says_why_at_the_field(slug):
    answer = editor_answers.not_linkable(slug)
    assert set(answer["errors"]) == {"reference"}
    assert answer["errors"]["reference"] != editor_answers.not_linkable("no_such_slug")["errors"]["reference"]


def test_what_linking_changes_is_asked_in_words():
    asked = editor_answers.needs_agreement(["registration", "odd"], "Algebra", STARTS_AT, "Asia/Tokyo")["agreement"]
    assert asked["title"] == "Algebra (Thursday, June 4, 2026, 9 p.m., Asia/Tokyo)"
    assert "Registration is switched on" in asked["changes"][0]
    assert asked["changes"][1]


def test_numbers_of_sessions_are_texts_because_scripts_round():
    one = SimpleNamespace(
        zoom_id=2**60, kind="webinar", topic="", starts_at=STARTS_AT, duration_minutes=50, time_zone="Europe/Berlin",
        host_email="a@example.edu", is_series=True, placed_in=2,
    )  # fmt: skip
    (shown,) = editor_answers.linkable([one])
    assert shown["id"] == str(2**60)
    assert shown["topic"] == "(no topic)"
    assert "Webinar · Thursday, June 4, 2026, 2 p.m., Europe/Berlin · 50 minutes · series" in shown["about"]
    assert "in 2 components already" in shown["about"]


@pytest.mark.parametrize(
    ("slug", "facts", "part"),
    [
        ("host_booked", {"topic": "Other", "starts_at": STARTS_AT, "usage_key": None}, "“Other”, Thursday"),
        ("host_booked", {"topic": "", "starts_at": STARTS_AT, "usage_key": None}, "session then: Thursday"),
        ("over_capacity", {"enrolled": 400, "capacity": 300}, "400 people are enrolled"),
        ("not_licensed", {"host_email": "a@example.edu"}, "registration cannot work"),
        ("no_webinar", {"host_email": "a@example.edu"}, "no webinar licence"),
    ],
)
def test_each_warning_has_words(slug, facts, part):
    warned = editor_answers.checked(warnings=[SimpleNamespace(slug=slug, facts=facts)])["warnings"]
    assert part in warned[0]


@pytest.mark.parametrize(
    ("more", "fewer", "counted", "part"),
    [(14, 2, 20, "14 more learners would complete, 2 learners fewer"), (0, 0, 20, "changes nothing"), (0, 0, 0, "")],
)
def test_what_another_rule_would_do_is_told_in_numbers(more, fewer, counted, part):
    found = SimpleNamespace(more=more, fewer=fewer, counted=counted)
    said = editor_answers.checked(recount=found)["recount"]
    assert part in said
    assert bool(said) == bool(part)


def test_an_hour_that_comes_twice_is_offered_with_both_offsets():
    reading = clocks.read(datetime.fromisoformat("2026-10-25T02:30"), ZoneInfo("Europe/Berlin"))
    answer = editor_answers.checked(reading=reading, time_zone="Europe/Berlin", starts_at=reading.first)
    assert answer["choice"] == {"first": "2:30 a.m. (UTC+2)", "second": "2:30 a.m. (UTC+1)"}
    plain = clocks.read(datetime.fromisoformat("2026-06-04T14:00"), ZoneInfo("Europe/Berlin"))
    assert editor_answers.checked(reading=plain, time_zone="Europe/Berlin", starts_at=plain.first)["choice"] is None


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"])


@given(
    st.datetimes(min_value=datetime.fromisoformat("2011-01-01"), max_value=datetime.fromisoformat("2030-01-01")), ZONES
)
def test_every_wall_clock_time_exists_once_twice_or_has_a_next_one(wall, name):
    wall, zone = wall.replace(second=0, microsecond=0), ZoneInfo(name)
    reading = clocks.read(wall, zone)
    for instant in (reading.first, reading.second):
        assert instant is None or instant.astimezone(zone).replace(tzinfo=None) == wall
    if reading.second is not None:
        assert reading.first < reading.second
        assert (clocks.is_second(reading.first, zone), clocks.is_second(reading.second, zone)) == (False, True)
    if reading.next_wall is not None:
        assert reading.first is None
        assert reading.next_wall > wall
        assert clocks.read(reading.next_wall, zone).first is not None
        just_before = clocks.read(reading.next_wall - timedelta(minutes=1), zone)
        assert just_before.next_wall == reading.next_wall


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({}, "One date"),
        ({"every": "day", "interval": 1, "count": 3}, "Every day, 3 dates"),
        ({"every": "week", "interval": 2, "weekdays": [1, 5], "count": 1}, "Every 2 weeks: Monday, Friday, 1 date"),
        ({"every": "month", "interval": 1, "month_day": 3, "until": "2026-09-01"}, "Every month, until Sept. 1, 2026"),
        ({"every": "blue moon"}, "One date"),
    ],
    ids=str,
)
def test_a_series_is_one_line(rule, sentence):
    assert series.sentence(rule) == sentence
