"""Wall clocks and instants: which instant is meant by a date and a time in a zone, where clocks are put forward or back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Reading:
    """
    What a wall-clock time means. `first` is the instant (of two, the earlier); `second` the later one where the time
    comes twice; `next_wall` the first time that exists again where the clocks skip it, and then `first` is None.
    """

    first: datetime | None
    second: datetime | None = None
    next_wall: datetime | None = None


def read(wall: datetime, zone: ZoneInfo) -> Reading:
    """
    Read a naive wall-clock time in a zone. Raises OverflowError on the first and the last day of the calendar.

    Python's `fold` says which of two is meant, and inside a gap which offset to reckon with (PEP 495).
    """
    early, late = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    first, second = early.astimezone(UTC), late.astimezone(UTC)
    if first == second:
        return Reading(first)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return Reading(first, second)
    # In a gap the instant reckoned with the offset before it lies as far behind the gap as the wall is inside it.
    offset_before, offset_after = early.utcoffset() or timedelta(), late.utcoffset() or timedelta()
    return Reading(None, None, _end_of_gap(second, first, zone, offset_before, offset_after))


def _end_of_gap(
    before: datetime, after: datetime, zone: ZoneInfo, offset_before: timedelta, offset_after: timedelta
) -> datetime:
    """The wall-clock time at which the clocks go on, found to the minute between an instant before and one after."""
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset_before:
            before = middle
        else:
            after = middle
    wall = (after + offset_after).replace(tzinfo=None)
    return wall.replace(second=0, microsecond=0)


def is_second(instant: datetime, zone: ZoneInfo) -> bool:
    """Whether this instant is the later of the two that its wall clock may mean."""
    return bool(instant.astimezone(zone).fold)
