"""Rendering, and the ways in which times and durations are written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def render(template: str, context: dict[str, Any]) -> str:
    """One of our templates with its context."""
    return render_to_string(template, context)


def zone(name: str) -> ZoneInfo:
    """The zone of this IANA name, UTC where the name is unknown (an import may carry anything)."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        return ZoneInfo("UTC")


def when(starts_at: datetime | None, duration_minutes: int, time_zone: str) -> dict[str, Any] | None:
    """
    A session's time in its own zone, in the reader's language; `iso` is for the browser, which adds the reader's zone.

    None where there is no time yet.
    """
    if starts_at is None:
        return None
    place = zone(time_zone)
    local = starts_at.astimezone(place)
    ends = (starts_at + timedelta(minutes=duration_minutes)).astimezone(place)
    return {
        "iso": starts_at.isoformat(),
        "ends_iso": ends.isoformat(),
        "date": date_format(local, "DATE_FORMAT"),
        "weekday": date_format(local, "l"),
        "time": date_format(local, "TIME_FORMAT"),
        "ends_time": date_format(ends, "TIME_FORMAT"),
        "ends_date": date_format(ends, "DATE_FORMAT") if ends.date() != local.date() else "",
        "zone": place.key,
        "zone_name": place.key.replace("_", " "),
        "offset": _offset(local),
        "month": date_format(local, "M"),
        "day": date_format(local, "j"),
    }


def _offset(local: datetime) -> str:
    """UTC+2, UTC−3:30, or nothing where the zone's name says it already."""
    minutes_east = int((local.utcoffset() or timedelta()).total_seconds() // 60)
    if not minutes_east:
        return "" if local.tzname() == "UTC" else "UTC"
    hours, rest = divmod(abs(minutes_east), 60)
    return f"UTC{'+' if minutes_east > 0 else '−'}{hours}" + (f":{rest:02d}" if rest else "")


def minutes(seconds: float) -> str:
    """Whole minutes, rounded down: what is shown is never more than what was counted."""
    whole = int(seconds // 60)
    return ngettext("%(count)d minute", "%(count)d minutes", whole) % {"count": whole}


def zoom_number(number: str) -> str:
    """A session's number as Zoom writes it, in groups that can be typed: 812 3456 7890."""
    if len(number) < 9:
        return number
    middle = 4 if len(number) > 10 else 3
    return f"{number[:3]} {number[3 : 3 + middle]} {number[3 + middle :]}"


def kind_name(kind: str) -> str:
    """ "Meeting" or "Webinar", in the reader's language."""
    return _("Webinar") if kind == "webinar" else _("Meeting")
