"""
Presence as intervals: what overlaps is counted once, to the microsecond.

An interval is a pair (start, end) of aware datetimes and half-open: it contains its start and not its end, so that two
which touch are one, and what counts is `end - start` exactly. Inside, times are whole microseconds since 1970 in UTC:
integers cannot lose or invent a part of a minute, and no clock change or time zone can reach them (two datetimes of one
zone are subtracted by their wall clocks in Python, which is wrong twice a year). A naive datetime raises `ValueError`,
always.

- An interval that ends where or before it starts counts nothing.
- A segment without a start counts nothing: nobody knows when it began.
- A segment without an end ends with its sitting (`close_open`).
- Results are in UTC, in order, without overlaps, without empty ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

Interval = tuple[datetime, datetime]

MICROSECONDS = 1_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(moment: datetime) -> int:
    """Whole microseconds since 1970 in UTC. Raises `ValueError` for a naive time."""
    if moment.utcoffset() is None:
        raise ValueError("a time without a zone")
    return (moment - _EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The aware UTC time of `to_us`."""
    return _EPOCH + timedelta(microseconds=microseconds)


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same presence without overlaps, in order; intervals that touch become one."""
    return [(from_us(start), from_us(end)) for start, end in union_us(_both_us(intervals))]


def clip(intervals: Iterable[Interval], window: Interval) -> list[Interval]:
    """The presence inside the window, as a union. An empty or reversed window leaves nothing."""
    opens, closes = to_us(window[0]), to_us(window[1])
    inside = ((max(start, opens), min(end, closes)) for start, end in _both_us(intervals))
    return [(from_us(start), from_us(end)) for start, end in union_us(inside)]


def total_us(intervals: Iterable[Interval]) -> int:
    """How long somebody was present, in whole microseconds: exact. Overlaps count once. Add these, not seconds."""
    return sum(end - start for start, end in union_us(_both_us(intervals)))


def total_seconds(intervals: Iterable[Interval]) -> float:
    """`total_us` in seconds: the float nearest to it, exact to the microsecond for anything shorter than a century."""
    return total_us(intervals) / MICROSECONDS


def close_open(segments: Iterable[tuple[datetime | None, datetime | None]], ended_at: datetime) -> list[Interval]:
    """
    Reported segments as intervals, in the order given. One without an end closes at `ended_at`, the end of its sitting
    (or "now" while it runs); one without a start, and one that does not end after its start, is left out. An end that
    was reported stands, even after `ended_at`.
    """
    to_us(ended_at)
    closed = []
    for joined, left in segments:
        if joined is None:
            continue
        end = ended_at if left is None else left
        if to_us(end) > to_us(joined):
            closed.append((joined, end))
    return closed


def union_us(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """`union` on microseconds."""
    merged: list[tuple[int, int]] = []
    reached = None
    for start, end in sorted(intervals):
        if end <= start:
            continue
        if reached is None or start > reached:
            merged.append((start, end))
            reached = end
        elif end > reached:
            merged[-1] = (merged[-1][0], end)
            reached = end
    return merged


def _both_us(intervals: Iterable[Interval]) -> Iterable[tuple[int, int]]:
    return ((to_us(start), to_us(end)) for start, end in intervals)
