"""
From one person's presences to what follows for her: the whole rule of docs/attendance.md in one place.

`Rule` is a policy made ready for the dates of one session, so that counting ten thousand people works nothing out
twice. A presence is (key of its date, start, end); which date a sitting has says `dates.date_of`. Rows come from any
number of devices, rooms and sittings, in any order, and may repeat or overlap: each moment counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from zoom_xblock.attendance.dates import PlannedDate
from zoom_xblock.attendance.intervals import MICROSECONDS, from_us, to_us, union_us
from zoom_xblock.attendance.policy import Policy, counted_window, requirement
from zoom_xblock.attendance.rules import Outcome, decide_us

#: (key of the date, start, end), in whole microseconds since 1970 in UTC.
Row = tuple[str, int, int]
#: The same with aware times.
Presence = tuple[str, datetime, datetime]


@dataclass(frozen=True, slots=True)
class Counted:
    """
    What was counted for one person, and what the rule makes of it.

    Of a series of which one date decides, `attended_us`, `required_seconds`, `complete` and `share` are those of the
    best date, whose key is `date`; else they are of all together. `first_us` is the first moment that counted.
    """

    attended_us: int
    required_seconds: int | None
    complete: bool
    share: float
    first_us: int | None
    date: str

    @property
    def attended_seconds(self) -> float:
        """Exact to the microsecond."""
        return self.attended_us / MICROSECONDS

    @property
    def first_at(self) -> datetime | None:
        """When she was first there, as far as it counts."""
        return None if self.first_us is None else from_us(self.first_us)


class Rule:
    """A policy for the dates of one session. `dates` is never empty: a session without dates has one, unknown."""

    def __init__(self, policy: Policy, dates: Sequence[PlannedDate]) -> None:
        self.policy = policy
        self.dates = list(dates) or [PlannedDate("", None, 0)]
        self._windows: dict[str, tuple[int, int] | None] = {}
        for date in self.dates:
            window = counted_window(policy, date)
            self._windows[date.key] = window and (to_us(window[0]), to_us(window[1]))
        self._each = {date.key: requirement(policy, [date]) for date in self.dates}
        self._together = requirement(policy, self.dates)
        self._adds_up = policy.dates == "all" or len(self.dates) == 1

    @property
    def required_seconds(self) -> int | None:
        """What is asked: of all dates where they add up, else of the first one. None: nothing completes."""
        return (self._together if self._adds_up else self._each[self.dates[0].key]).required_seconds

    def counts(self, key: str, start_us: int, end_us: int) -> tuple[int, int] | None:
        """The part of a presence that lies in its date's window; None where nothing does."""
        window = self._windows[key]
        if window is not None:
            start_us, end_us = max(start_us, window[0]), min(end_us, window[1])
        return (start_us, end_us) if end_us > start_us else None

    def count(self, rows: Iterable[Row]) -> Counted:
        """What follows from these rows. Raises KeyError for the key of no date."""
        by_date = self._by_date(rows)
        parts = [part for its in by_date.values() for part in its]
        first = min(parts)[0] if parts else None
        if self._adds_up:
            return _counted(decide_us(self._together, length := _length(parts)), length, first, "")
        best: tuple[tuple[bool, float, int], str, Outcome] | None = None
        for date in self.dates:
            length = _length(by_date.get(date.key, []))
            outcome = decide_us(self._each[date.key], length)
            rank = (outcome.complete, outcome.share, length)
            if best is None or rank > best[0]:
                best = (rank, date.key, outcome)
        assert best is not None
        return _counted(best[2], best[0][2], first, best[1])

    def spans(self, rows: Iterable[Row]) -> list[Row]:
        """What counted, date by date, in order and without overlaps: for showing from when to when."""
        by_date = self._by_date(rows)
        return [(date.key, *span) for date in self.dates for span in union_us(by_date.get(date.key, []))]

    def _by_date(self, rows: Iterable[Row]) -> dict[str, list[tuple[int, int]]]:
        by_date: dict[str, list[tuple[int, int]]] = {}
        for key, start, end in rows:
            part = self.counts(key, start, end)
            if part is not None:
                by_date.setdefault(key, []).append(part)
        return by_date


def count(policy: Policy, dates: Sequence[PlannedDate], presences: Iterable[Presence]) -> Counted:
    """One person under a policy. Raises ValueError for a time without a zone, KeyError for the key of no date."""
    return Rule(policy, dates).count((key, to_us(start), to_us(end)) for key, start, end in presences)


def spans(policy: Policy, dates: Sequence[PlannedDate], presences: Iterable[Presence]) -> list[Presence]:
    """What of these presences counts, date by date, as a union."""
    found = Rule(policy, dates).spans((key, to_us(start), to_us(end)) for key, start, end in presences)
    return [(key, from_us(start), from_us(end)) for key, start, end in found]


def _counted(outcome: Outcome, attended_us: int, first_us: int | None, date: str) -> Counted:
    return Counted(attended_us, outcome.required_seconds, outcome.complete, outcome.share, first_us, date)


def _length(parts: list[tuple[int, int]]) -> int:
    """How long the union of these is."""
    if len(parts) == 1:
        return parts[0][1] - parts[0][0]
    covered, reached = 0, -(10**30)
    for start, end in sorted(parts):
        if end > reached:
            covered += end - max(start, reached)
            reached = end
    return covered
