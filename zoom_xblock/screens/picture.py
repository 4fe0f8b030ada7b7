"""The picture of presence over time, as numbers for the script that draws it and as texts for the table behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock import attendance
from zoom_xblock.screens import page as words

#: Parts of the axis.
WIDTH = 1000
#: Minutes between the marks below the axis, by how many fit.
_STEPS_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)
MOST_MARKS = 7


def page(picture: Any) -> dict[str, Any]:
    """`queries.Picture` as JSON: places on the axis are 0 to `WIDTH`, whole or with one digit; times in the zone."""
    begins, length = picture.begins_us, max(1, picture.ends_us - picture.begins_us)
    zone = words.zone(picture.time_zone)

    def at(moment_us: int) -> float:
        return round(min(max((moment_us - begins) * WIDTH / length, 0), WIDTH), 1)

    def clock(moment_us: int) -> str:
        return date_format(attendance.from_us(moment_us).astimezone(zone), "TIME_FORMAT")

    def places(spans: list[tuple[int, int]]) -> list[list[float]]:
        return [[at(start), at(end)] for start, end in spans if at(end) >= at(start)]

    return {
        "width": WIDTH,
        "zone": _("Times in %(zone)s") % {"zone": zone.key.replace("_", " ")},
        "date": picture.date,
        "dates": [{"key": date.key, "text": _date(date.starts_at, zone)} for date in picture.dates],
        "marks": [
            {"at": at(moment), "text": date_format(attendance.from_us(moment).astimezone(zone), "H:i")}
            for moment in _marks(picture.begins_us, picture.ends_us, zone)
        ],
        "planned": places([picture.planned])[0] if picture.planned else None,
        "window": places([picture.window])[0] if picture.window else None,
        "sittings": places(picture.sittings),
        "curve": [[at(moment), count] for moment, count in picture.curve],
        "peak": picture.peak,
        "peak_text": _peak(picture, clock),
        "steps": [{"from": clock(moment), "count": count} for moment, count in _thinned(picture.curve)],
        "rows": [_bar(bar, places, clock) for bar in picture.bars],
        "page_text": _("Page %(page)d of %(pages)d") % {"page": picture.page, "pages": picture.pages},
        "empty": not picture.peak,
    }


def _bar(bar: Any, places: Any, clock: Any) -> dict[str, Any]:
    seconds = sum(end - start for start, end in bar.counted) / attendance.MICROSECONDS
    return {
        "name": bar.name,
        "username": bar.username,
        "spans": places(bar.spans),
        "counted": places(bar.counted),
        "times": ", ".join(f"{clock(start)}–{clock(end)}" for start, end in bar.spans),
        "minutes": words.minutes(seconds),
    }


def _peak(picture: Any, clock: Any) -> str:
    if picture.peak_us is None:
        return _("Nobody was there.")
    return ngettext(
        "At most %(count)d learner at once (first at %(time)s).",
        "At most %(count)d learners at once (first at %(time)s).",
        picture.peak,
    ) % {"count": picture.peak, "time": clock(picture.peak_us)}


def _thinned(curve: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Few enough to be read as a table."""
    every = -(-len(curve) // 40) if curve else 1
    return curve[::every]


def _date(starts_at: datetime | None, zone: Any) -> str:
    if starts_at is None:
        return _("Date not known")
    local = starts_at.astimezone(zone)
    return f"{date_format(local, 'DATE_FORMAT')}, {date_format(local, 'TIME_FORMAT')}"


def _marks(begins_us: int, ends_us: int, zone: Any) -> list[int]:
    """Round times on the session's clock, few enough to stand side by side."""
    minute = 60 * attendance.MICROSECONDS
    length = (ends_us - begins_us) / minute
    step = next((one for one in _STEPS_MINUTES if length / one <= MOST_MARKS), _STEPS_MINUTES[-1])
    local = attendance.from_us(begins_us).astimezone(zone)
    past = (local.hour * 60 + local.minute) % step * minute + local.second * attendance.MICROSECONDS + local.microsecond
    first = begins_us - past + (step * minute if past else 0)
    return list(range(first, ends_us + 1, step * minute))[: 4 * MOST_MARKS]
