"""A series as the editor's form has it, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock.screens import page as words
from zoom_xblock.screens.editor_fields import BY_NAME

#: The parts of the form that only a series has, with what a new series begins with.
PARTS = ("every", "interval", "weekdays", "monthly_by", "month_day", "month_week", "month_weekday", "ends_by", "count")
#: So many dates are listed in the form's answer; more cannot be (Zoom takes 60).
MOST_LISTED = 60


def parts_of(recurrence: Any, starts_at: datetime | None, time_zone: str) -> dict[str, Any]:
    """
    The form's values for a stored series; what cannot be meant is left at what a new series begins with: the weekday
    and the day of its first date.
    """
    stored = recurrence if isinstance(recurrence, Mapping) else {}
    first = starts_at.astimezone(words.zone(time_zone)) if starts_at is not None else None
    parts: dict[str, Any] = {name: BY_NAME[name].default for name in (*PARTS, "until")}
    if first is not None:
        parts |= {
            "weekdays": (first.isoweekday(),),
            "month_day": first.day,
            "month_week": str(min((first.day + 6) // 7, 4)),
            "month_weekday": str(first.isoweekday()),
        }
    if stored.get("every") not in ("day", "week", "month"):
        return parts
    parts["every"] = stored["every"]
    for name, least, most in (("interval", 1, 90), ("count", 1, 60), ("month_day", 1, 31)):
        if _is_number(stored.get(name), least, most):
            parts[name] = stored[name]
    days = stored.get("weekdays")
    if isinstance(days, list | tuple) and days and all(_is_number(day, 1, 7) for day in days):
        parts["weekdays"] = tuple(sorted(set(days)))
    if stored.get("month_week") in (1, 2, 3, 4, -1) and _is_number(stored.get("month_weekday"), 1, 7):
        parts |= {
            "monthly_by": "weekday",
            "month_week": str(stored["month_week"]),
            "month_weekday": str(stored["month_weekday"]),
        }
    if _is_day(stored.get("until")):
        parts |= {"ends_by": "until", "until": stored["until"]}
    return parts


def recurrence_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The block's field from the form's checked values (docs/decisions/0006); `{}` is a single date."""
    every = values.get("every", "never")
    if every == "never":
        return {}
    found: dict[str, Any] = {"every": every, "interval": values["interval"]}
    if every == "week":
        found["weekdays"] = list(values["weekdays"])
    elif every == "month" and values["monthly_by"] == "weekday":
        found |= {"month_week": int(values["month_week"]), "month_weekday": int(values["month_weekday"])}
    elif every == "month":
        found["month_day"] = values["month_day"]
    if values["ends_by"] == "until":
        found["until"] = values["until"]
    else:
        found["count"] = values["count"]
    return found


def sentence(recurrence: Any) -> str:
    """ "Every week on Monday and Wednesday, 6 dates", or "One date"; for what cannot be read, too, something true."""
    parts = parts_of(recurrence, None, "UTC")
    every, interval = parts["every"], parts["interval"]
    if every == "never":
        return _("One date")
    if every == "day":
        how = ngettext("Every day", "Every %(count)d days", interval) % {"count": interval}
    elif every == "week":
        how = ngettext("Every week", "Every %(count)d weeks", interval) % {"count": interval}
        if parts["weekdays"]:
            days = ", ".join(str(WEEKDAYS[day - 1]) for day in parts["weekdays"])
            how = _("%(how)s: %(days)s") % {"how": how, "days": days}
    else:
        how = ngettext("Every month", "Every %(count)d months", interval) % {"count": interval}
    if parts["ends_by"] == "until":
        return _("%(how)s, until %(day)s") % {"how": how, "day": day_in_words(parts["until"])}
    return ngettext("%(how)s, %(count)d date", "%(how)s, %(count)d dates", parts["count"]) % {
        "how": how,
        "count": parts["count"],
    }


def day_in_words(iso: str) -> str:
    """A day of the calendar in the reader's language."""
    return date_format(date.fromisoformat(iso), "DATE_FORMAT")


def moment(instant: datetime, time_zone: str) -> str:
    """ "Thursday, June 4, 2026, 2 p.m." on the clock of a zone."""
    local = instant.astimezone(words.zone(time_zone))
    return ", ".join(date_format(local, part) for part in ("l", "DATE_FORMAT", "TIME_FORMAT"))


def listed(dates: list[datetime], time_zone: str) -> list[str]:
    """The dates of a series in words."""
    return [moment(one, time_zone) for one in dates[:MOST_LISTED]]


def title(dates: list[datetime], time_zone: str) -> str:
    """ "6 dates, the last one on …"."""
    return ngettext("%(count)d date: %(last)s", "%(count)d dates, the last one on %(last)s", len(dates)) % {
        "count": len(dates),
        "last": moment(dates[-1], time_zone),
    }


def _is_number(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
