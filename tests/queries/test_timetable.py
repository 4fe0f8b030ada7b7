"""When a session is to come, runs and is over: from its rows at a moment, whatever happened in its room before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoom_xblock.models import Meeting, Occurrence
from zoom_xblock.queries.timetable import PATIENCE, timetable

START = datetime(2026, 6, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def meeting(state: str = "scheduled", **values: object) -> Meeting:
    return Meeting(
        **{"kind": "meeting", "zoom_id": 1, "starts_at": START, "duration_minutes": 60, "state": state, **values}
    )


def weekly(*statuses: str) -> list[Occurrence]:
    return [
        Occurrence(occurrence_id=str(week), starts_at=START + timedelta(weeks=week), duration_minutes=60, status=status)
        for week, status in enumerate(statuses)
    ]


def at(minutes: float, *, runs=(), state: str = "scheduled", occurrences=(), **values: object):
    """The timetable so many minutes after the start; runs in minutes after it as well."""
    moved = [tuple(None if end is None else START + end * MINUTE for end in run) for run in runs]
    return timetable(meeting(state, **values), list(occurrences), moved, START + minutes * MINUTE)


def test_before_during_and_after_without_a_word_from_zoom():
    assert [at(minutes).phase for minutes in (-999, 0, 59, 60, 119.9)] == ["scheduled"] * 5
    assert at(120).phase == "ended"
    assert not at(120).took_place


def test_a_rehearsal_before_the_date_does_not_end_the_session():
    """The host opened and closed the room the day before, and once more right before it began."""
    for ended in (-1440, -5):
        shown = at(-3, runs=[(ended - 20, ended)], state="ended")
        assert shown.phase == "scheduled"
        assert shown.current is not None
        assert shown.current.standing == "next"
    assert at(30, runs=[(-25, -5)], state="ended").phase == "scheduled"
    assert at(121, runs=[(-25, -5)], state="ended").phase == "ended"


def test_over_is_what_ended_after_its_planned_start():
    shown = at(41, runs=[(0, 40)], state="ended")
    assert (shown.phase, shown.took_place) == ("ended", True)
    assert shown.resumes_until == START + 60 * MINUTE
    assert at(61, runs=[(0, 40)], state="ended").resumes_until is None


def test_a_running_room_is_live_whatever_the_timetable_says():
    for minutes in (-9999, 30, 500):
        shown = at(minutes, runs=[(minutes - 5, None)], state="live")
        assert shown.phase == "live"
        assert shown.is_open(15, START + minutes * MINUTE)


def test_the_way_in_opens_when_the_author_says():
    for minutes, is_open in ((-15.1, False), (-15, True), (0, True), (100, True), (121, False)):
        assert at(minutes).is_open(15, START + minutes * MINUTE) == is_open, minutes
    assert not at(-1).is_open(0, START - MINUTE)
    assert at(-600).is_open(600, START - 600 * MINUTE)


def test_a_room_that_may_be_opened_again_stays_open_until_the_planned_end():
    shown = at(41, runs=[(0, 40)], state="ended")
    assert shown.is_open(15, START + 41 * MINUTE)
    assert not shown.is_open(15, START + 60 * MINUTE)


def test_after_a_date_of_a_series_the_next_one_is_shown():
    shown = at(90, runs=[(0, 60)], state="ended", occurrences=weekly("available", "available", "available"))
    assert [date.standing for date in shown.dates] == ["over", "next", "later"]
    assert shown.phase == "scheduled"
    assert shown.current == shown.dates[1]
    assert shown.opens_at(15) == START + timedelta(weeks=1) - 15 * MINUTE


def test_a_removed_date_is_listed_and_never_next():
    shown = at(-10, occurrences=weekly("deleted", "available"))
    assert [date.standing for date in shown.dates] == ["removed", "next"]
    assert shown.current == shown.dates[1]


def test_the_date_that_runs_is_the_one_nearest_to_its_run():
    week = 7 * 24 * 60
    shown = at(week + 5, runs=[(0, 60), (week - 2, None)], state="live", occurrences=weekly("available", "available"))
    assert [date.standing for date in shown.dates] == ["over", "now"]
    assert shown.current == shown.dates[1]


def test_after_all_dates_the_last_one_stands_in_the_head():
    week = 7 * 24 * 60
    runs = [(0, 60), (week, week + 60)]
    shown = at(week + 70, runs=runs, state="ended", occurrences=weekly("available", "available"))
    assert shown.phase == "ended"
    assert shown.current == shown.dates[1]


def test_a_session_moved_to_a_later_day_is_to_come_again():
    assert at(41, runs=[(0, 40)], state="ended", starts_at=START + timedelta(days=7)).phase == "scheduled"


def test_a_session_without_a_date_is_to_come_until_it_ran():
    assert at(0, starts_at=None).phase == "scheduled"
    assert at(0, starts_at=None).is_open(15, START)
    assert at(0, starts_at=None, runs=[(-60, -10)], state="ended").phase == "ended"


def test_gone_is_gone():
    assert at(0, state="gone").phase == "gone"
    assert not at(0, state="gone").is_open(15, START)


@pytest.mark.parametrize(
    ("minutes", "runs", "changes"),
    [(-60, (), -15), (-10, (), 120), (41, ((0, 40),), 60), (300, ((0, 40),), None)],
)
def test_it_says_when_the_clock_alone_changes_something(minutes, runs, changes):
    found = at(minutes, runs=runs, state="ended" if runs else "scheduled").changes_at(15, START + minutes * MINUTE)
    assert found == (None if changes is None else START + changes * MINUTE)


MOMENTS = st.integers(-3000, 3000)


@given(now=MOMENTS, runs=st.lists(st.tuples(MOMENTS, st.integers(0, 300)), max_size=4), before=st.integers(0, 90))
def test_nothing_changes_between_now_and_the_moment_it_names(now, runs, before):
    ended = [(start, start + length) for start, length in runs if start + length <= now]
    state = "ended" if ended else "scheduled"

    def seen(minutes: float):
        shown = at(minutes, runs=ended, state=state)
        standings = tuple(date.standing for date in shown.dates)
        return shown.phase, standings, shown.is_open(before, START + minutes * MINUTE), shown.resumes_until

    changes = at(now, runs=ended, state=state).changes_at(before, START + now * MINUTE)
    until = 10_000 if changes is None else (changes - START) / MINUTE
    for minutes in (now, (now + until) / 2, until - 0.001):
        assert seen(minutes) == seen(now)


def test_patience_ends_in_time():
    assert timedelta(minutes=30) <= PATIENCE <= timedelta(hours=2)
