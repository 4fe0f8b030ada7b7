"""
Presence over time, for one date of a session: when each learner of a page was there, and how many were there at once.

Everybody's presences of the date are read once, bit by bit; what is kept of them are spans.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from opaque_keys.edx.keys import UsageKey

from zoom_xblock import attendance
from zoom_xblock.models import Placement, Sitting
from zoom_xblock.queries.everybody import Everybody, Sources, Wish
from zoom_xblock.queries.presences import counting_segments, seen
from zoom_xblock.queries.roster import page_of
from zoom_xblock.queries.timetable import occurrences_of, planned_dates

#: Steps of the curve at most.
MOST_STEPS = 180

Span = tuple[int, int]


@dataclass(frozen=True)
class Bar:
    """One learner's presence: spans in microseconds since 1970, without overlaps; `counted`: what of it counts."""

    user_id: int
    username: str
    name: str
    spans: list[Span]
    counted: list[Span]


@dataclass(frozen=True)
class Picture:
    """
    `dates`: all dates of the session; `date`: the key of the one shown. Moments are microseconds since 1970. `curve`:
    from which moment on how many were there, the most within each step; `peak` and `peak_us` are exact. `window`:
    where presence counts, None for everywhere. `planned` is None where no time was planned.
    """

    dates: list[attendance.PlannedDate]
    date: str
    time_zone: str
    begins_us: int
    ends_us: int
    planned: Span | None
    window: Span | None
    sittings: list[Span]
    bars: list[Bar]
    curve: list[tuple[int, int]]
    peak: int
    peak_us: int | None
    total: int
    page: int
    pages: int


def picture(usage_key: UsageKey, wish: Wish, date_key: str, sources: Sources, now: datetime) -> Picture | None:
    """
    The page of learners that the table shows for the same wish, on the date with this key: the first one with a sitting
    where there is none of it. None where the block has no session. At most seven queries.
    """
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None:
        return None
    meeting = placement.meeting
    everybody = Everybody(placement, sources)
    dates = planned_dates(meeting, occurrences_of(meeting)) or [attendance.PlannedDate("", None, 0)]
    rule = attendance.Rule(everybody.policy, dates)
    by_date: dict[str, list[Sitting]] = defaultdict(list)
    for sitting in meeting.sittings.order_by("pk"):
        date = attendance.date_of(sitting.started_at or sitting.ended_at, dates)
        if date is not None:
            by_date[date.key].append(sitting)
    date = _chosen(dates, date_key, by_date)
    runs = by_date.get(date.key, [])
    shown, total, page, pages = page_of(everybody, wish)
    spans: dict[int, list[Span]] = defaultdict(list)
    for one in seen(counting_segments(meeting).filter(sitting_id__in=[run.pk for run in runs]), everybody.resolver):
        entry = everybody.entries.get(one.user_id) if one.user_id is not None else None
        if entry is not None and entry.is_learner and (span := one.span_us) is not None:
            spans[entry.person.user_id].append(span)
    united = {user_id: attendance.union_us(hers) for user_id, hers in spans.items()}
    planned = _planned(date)
    window = attendance.counted_window(everybody.policy, date)
    window_us = (attendance.to_us(window[0]), attendance.to_us(window[1])) if window else None
    sittings = _sittings(runs, attendance.to_us(now))
    begins, ends = _axis(planned, sittings, united, attendance.to_us(now))
    curve, peak, peak_us = _curve(united, begins, ends)
    bars = []
    for entry in shown:
        hers = united.get(entry.person.user_id, [])
        counted = [(start, end) for _key, start, end in rule.spans((date.key, *span) for span in hers)]
        bars.append(Bar(entry.person.user_id, entry.person.username, entry.person.name, hers, counted))
    return Picture(
        dates=dates,
        date=date.key,
        time_zone=meeting.time_zone or "UTC",
        begins_us=begins,
        ends_us=ends,
        planned=planned,
        window=window_us,
        sittings=sittings,
        bars=bars,
        curve=curve,
        peak=peak,
        peak_us=peak_us,
        total=total,
        page=page,
        pages=pages,
    )


def _chosen(dates: list[attendance.PlannedDate], key: str, by_date: dict[str, list[Sitting]]) -> attendance.PlannedDate:
    for date in dates:
        if date.key == key:
            return date
    held = [date for date in dates if date.key in by_date]
    return held[-1] if held else dates[0]


def _planned(date: attendance.PlannedDate) -> Span | None:
    if date.starts_at is None:
        return None
    start = attendance.to_us(date.starts_at)
    return start, start + date.duration_minutes * 60 * attendance.MICROSECONDS


def _sittings(runs: list[Sitting], now_us: int) -> list[Span]:
    found = []
    for run in runs:
        if run.started_at is not None:
            start = attendance.to_us(run.started_at)
            found.append((start, max(start, attendance.to_us(run.ended_at) if run.ended_at else now_us)))
    return found


def _axis(planned: Span | None, sittings: list[Span], united: dict[int, list[Span]], now_us: int) -> Span:
    """From the first of everything to the last of everything."""
    spans = [*([planned] if planned else []), *sittings]
    spans += [(hers[0][0], hers[-1][1]) for hers in united.values() if hers]
    if not spans:
        return now_us, now_us + 3600 * attendance.MICROSECONDS
    begins = min(start for start, _end in spans)
    return begins, max(max(end for _start, end in spans), begins + 60 * attendance.MICROSECONDS)


def _curve(united: dict[int, list[Span]], begins: int, ends: int) -> tuple[list[tuple[int, int]], int, int | None]:
    """Steps, and the exact peak with the moment at which it was reached first."""
    changes: dict[int, int] = defaultdict(int)
    for hers in united.values():
        for start, end in hers:
            changes[start] += 1
            changes[end] -= 1
    width = max(1, -(-(ends - begins) // MOST_STEPS))
    steps = [0] * MOST_STEPS
    present, peak, peak_us = 0, 0, None
    moments = sorted(changes)
    for moment, following in zip(moments, [*moments[1:], ends], strict=False):
        present += changes[moment]
        if present > peak:
            peak, peak_us = present, moment
        for step in range((moment - begins) // width, (max(following - 1, moment) - begins) // width + 1):
            if step < MOST_STEPS:
                steps[step] = max(steps[step], present)
    curve: list[tuple[int, int]] = []
    for number, value in enumerate(steps):
        if not curve or curve[-1][1] != value:
            curve.append((begins + number * width, value))
    return curve, peak, peak_us
