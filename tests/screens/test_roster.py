"""The course team's table in words, from plain values."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoom_xblock.attendance import PlannedDate
from zoom_xblock.attendance.intervals import MICROSECONDS
from zoom_xblock.screens import picture as picture_screen
from zoom_xblock.screens import roster

MINUTE = 60 * MICROSECONDS
NINE = int(datetime(2026, 3, 2, 8, 0, tzinfo=UTC).timestamp()) * MICROSECONDS


def row(**changes):
    """A learner's row."""
    values = {
        "user_id": 7, "username": "ana", "name": "Ana", "email": "ana@example.edu", "is_learner": True,
        "registration": "registered", "registered_at": None, "joined_at": None, "is_in": False, "attended_seconds": 0,
        "required_seconds": 2700, "state": "final", "is_complete": False, "asks": False, "verdict": None, "score": None,
        "flags": [], "decisions": [],
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


def page(*rows, **changes):
    """The table with these rows."""
    counts = dict.fromkeys(
        ("all", "registered", "unregistered", "in_now", "complete", "incomplete", "ask", "decided"), 0
    )
    values = {
        "phase": "ended", "rows": list(rows), "total": len(rows), "page": 1, "pages": 1, "counts": counts,
        "time_zone": "Asia/Kathmandu", "completion": "minutes", "is_graded": True,
    }  # fmt: skip
    return roster.page(SimpleNamespace(**{**values, **changes}), 10.0)


def first(*rows, **changes):
    """The first row of it."""
    return page(*rows, **changes)["rows"][0]


def test_minutes_are_rounded_down_and_requirements_up():
    assert first(row(attended_seconds=2699))["minutes"] == "44"
    assert first(row(required_seconds=61))["requirement"] == "2 min"


@pytest.mark.parametrize(
    ("completion", "seconds", "said"),
    [("minutes", 2700, "45 min"), ("percent", 2700, "45 min"), ("joining", 0, "To be there"), ("none", 0, "None")],
)
def test_what_is_asked_for(completion, seconds, said):
    assert first(row(required_seconds=seconds), completion=completion)["requirement"] == said


@pytest.mark.parametrize(
    ("score", "is_graded", "said"),
    [(None, True, "–"), (1.0, False, "–"), (1.0, True, "10 of 10"), (0.6667, True, "6.67 of 10"), (0, True, "0 of 10")],
)
def test_grades_are_points(score, is_graded, said):
    assert first(row(score=score), is_graded=is_graded)["grade"] == said


def test_times_are_the_sessions_own():
    assert first(row(joined_at=datetime(2026, 3, 2, 18, 30, tzinfo=UTC)))["joined"] == "03/03/2026 12:15 a.m."


def test_a_decision_is_the_state_and_waiting_has_no_minutes():
    assert first(row(state="corrected", verdict="absent"))["state"] == {"slug": "corrected", "text": "Marked absent"}
    assert first(row(state="waiting"))["minutes"] == "–"


def test_no_address_is_sent_to_the_page():
    assert "ana@example.edu" not in str(page(row()))


def test_whoever_decided_and_has_left_the_site():
    decision = SimpleNamespace(
        verdict="present", reason="x", made_by="", made_at=datetime(2026, 3, 2, tzinfo=UTC),
        before={}, after={"is_complete": True, "attended_seconds": 60},
    )  # fmt: skip
    [said] = first(row(decisions=[decision]))["decisions"]
    assert said["by"].startswith("Somebody who has left, ")
    assert said["change"] == "Before: not complete, 0 minutes. After: complete, 1 minute."


def test_every_flag_state_and_refusal_has_words():
    for slug in ("phone", "devices", "shared", "address", "assignment", "outsider"):
        assert roster.flag(slug) != slug
    for slug in ("present", "excused", "absent", "counted"):
        assert roster.verdict(slug) != slug
    for slug in ("none", "pending", "approval", "registered", "failed"):
        assert roster.registration(slug) != slug
    said = {roster.field_refused("user_ids", slug) for slug in ("required", "too_many", "unknown", "malformed")}
    assert len(said) == 4


def test_it_asks_again_while_the_session_runs_only():
    assert page(row(), phase="live")["poll_after_seconds"]
    assert page(row(), phase="ended")["poll_after_seconds"] is None
    assert "in now" in page(row(), phase="live")["summary"]
    assert "in now" not in page(row(), phase="ended")["summary"]


# -- the picture -----------------------------------------------------------------------------------------------------


def shown(begins, ends, spans=(), curve=(), **changes):
    """A picture in Madrid with one learner."""
    bar = SimpleNamespace(user_id=7, username="ana", name="Ana", spans=list(spans), counted=list(spans))
    values = {
        "dates": [PlannedDate("", datetime(2026, 3, 2, 8, tzinfo=UTC), 60)], "date": "", "time_zone": "Europe/Madrid",
        "begins_us": begins, "ends_us": ends, "planned": None, "window": None, "sittings": [], "bars": [bar],
        "curve": list(curve), "peak": 1, "peak_us": begins, "total": 1, "page": 1, "pages": 1,
    }  # fmt: skip
    return picture_screen.page(SimpleNamespace(**{**values, **changes}))


def test_marks_are_round_times_on_the_sessions_clock():
    marks = shown(NINE + 7 * MINUTE, NINE + 67 * MINUTE)["marks"]
    assert [mark["text"] for mark in marks] == ["09:10", "09:20", "09:30", "09:40", "09:50", "10:00"]
    assert marks[0]["at"] == 50.0


def test_an_odd_zone_has_round_times_as_well():
    marks = shown(NINE, NINE + 60 * MINUTE, time_zone="Asia/Kathmandu")["marks"]
    assert marks[0]["text"] == "13:50"


@given(
    st.integers(0, 10**16),
    st.integers(1, 10**13),
    st.lists(st.tuples(st.integers(0, 10**13), st.integers(0, 10**13)), max_size=5),
)
def test_everything_drawn_lies_on_the_axis(begins, length, spans):
    there = [(begins + min(one), begins + max(one)) for one in spans]
    picture = shown(begins, begins + length, there)
    places = [place for span in picture["rows"][0]["spans"] for place in span]
    places += [mark["at"] for mark in picture["marks"]]
    assert all(0 <= place <= picture["width"] for place in places)
    assert len(picture["marks"]) <= 4 * picture_screen.MOST_MARKS


def test_the_table_behind_the_curve_is_short_enough_to_be_read():
    curve = [(NINE + number * MINUTE, number % 7) for number in range(180)]
    assert len(shown(NINE, NINE + 180 * MINUTE, curve=curve)["steps"]) <= 40


def test_nobody_there_is_said():
    picture = shown(NINE, NINE + MINUTE, peak=0, peak_us=None)
    assert (picture["peak_text"], picture["empty"]) == ("Nobody was there.", True)
