"""
The dates of a session, and which of them a sitting belongs to.

A sitting is one run of the room; a host who restarts makes a second one. Both belong to the date whose planned time is
nearest to the moment the sitting began: inside a planned time the distance is nothing, else it is that to its nearer
end. Of two equally near the earlier one has it. A session with one date has every sitting there, whenever it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from zoom_xblock.attendance.intervals import MICROSECONDS, to_us

_MINUTE = 60 * MICROSECONDS


@dataclass(frozen=True, slots=True)
class PlannedDate:
    """
    One date: `key` tells it from the others of its session ("" where there is but one). `starts_at` is aware, and None
    where no start is known: such a date has a length but no window.
    """

    key: str
    starts_at: datetime | None
    duration_minutes: int


def date_of(started_at: datetime | None, dates: Sequence[PlannedDate]) -> PlannedDate | None:
    """
    The date of a sitting that began at `started_at`. None where there are no dates; the first one where nobody knows
    when it began, or no date has a start.
    """
    if len(dates) < 2 or started_at is None:
        return dates[0] if dates else None
    moment = to_us(started_at)
    return min(dates, key=lambda date: _distance(moment, date))


def _distance(moment: int, date: PlannedDate) -> tuple[int, int]:
    """How far from the date's planned time, then the date's start: the earlier one wins."""
    if date.starts_at is None:
        return 10**30, 0
    start = to_us(date.starts_at)
    end = start + max(date.duration_minutes, 0) * _MINUTE
    return max(start - moment, moment - end, 0), start
