"""
How a session repeats: the block's field `recurrence`, its dates, and Zoom's form of the same. Pure.

The field is `{}` for one date; else

```
{"every": "day" | "week" | "month", "interval": n,
 "weekdays": [1..7 from Monday],                                        week only
 "month_day": 1..31   or   "month_week": 1..4 or -1, "month_weekday": 1..7,   month only
 "count": n   or   "until": "YYYY-MM-DD"}
```

Zoom (its pages on `recurrence`): at most every 90 days, 12 weeks or 3 months; at most 60 dates; weekdays from Sunday;
the end as a moment. A date is a wall clock's: the session begins at the same hour on both sides of a change of the
clocks.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MOST_DATES = 60
LONGEST_INTERVAL = {"day": 90, "week": 12, "month": 3}
#: Twelve years of the longest interval: whatever has no date by then has none.
_MOST_TURNS = MOST_DATES * 8

_TYPES = {"day": 1, "week": 2, "month": 3}
_EVERY = {number: every for every, number in _TYPES.items()}
_KEYS = {"every", "interval", "weekdays", "month_day", "month_week", "month_weekday", "count", "until"}


def check(recurrence: Any) -> dict[str, Any]:
    """
    The rule, normalised: whole, in the order above, weekdays sorted and each once; `{}` for a single date.

    Raises ValueError with a slug: "malformed" (not of this form), "required" (a part is missing), "out_of_range",
    "too_many_dates".
    """
    if recurrence is None or recurrence == {}:
        return {}
    if not isinstance(recurrence, Mapping) or not set(recurrence) <= _KEYS:
        raise ValueError("malformed")
    every = recurrence.get("every")
    if not isinstance(every, str) or every not in LONGEST_INTERVAL:
        raise ValueError("required" if every in (None, "") else "malformed")
    rule: dict[str, Any] = {"every": every}
    rule["interval"] = _number(recurrence, "interval", 1, LONGEST_INTERVAL[every], default=1)
    foreign = {"week": {"month_day", "month_week", "month_weekday"}, "month": {"weekdays"}}
    if any(recurrence.get(name) for name in foreign.get(every, _KEYS - {"every", "interval", "count", "until"})):
        raise ValueError("malformed")
    if every == "week":
        rule["weekdays"] = _weekdays(recurrence.get("weekdays"))
    elif every == "month":
        rule |= _day_of_month(recurrence)
    return rule | _end(recurrence)


def expand(recurrence: Any, starts_at: datetime, time_zone: str) -> list[datetime]:
    """
    The dates as aware UTC, ascending, at most 60; the first is the first fitting one on or after `starts_at`. A single
    date is itself. None at all where the series ends before it begins.

    Where the clocks skip the hour of a date, it begins that much later; of an hour that comes twice the first is meant.
    Raises as `check` does; "too_many_dates" where an end by date leaves more than 60.
    """
    rule = check(recurrence)
    zone = ZoneInfo(time_zone)
    if not rule:
        return [starts_at.astimezone(UTC)]
    first = starts_at.astimezone(zone).replace(tzinfo=None)
    until = date.fromisoformat(rule["until"]) if "until" in rule else None
    most = rule.get("count", MOST_DATES)
    found: list[datetime] = []
    try:
        for wall in _candidates(rule, first):
            if until is not None and wall.date() > until:
                break
            if len(found) == most:
                if until is not None:
                    raise ValueError("too_many_dates")
                break
            found.append(wall.replace(tzinfo=zone).astimezone(UTC))
    except OverflowError:  # the end of the calendar
        raise ValueError("out_of_range") from None
    return found


def to_zoom(recurrence: Any, starts_at: datetime, time_zone: str) -> dict[str, Any] | None:
    """
    Zoom's `recurrence` for the rule, None for a single date. An end by date is the end of that day in `time_zone`, told
    in UTC. `starts_at` gives the day of a weekly rule that names none. Raises as `check` does.
    """
    rule = check(recurrence)
    if not rule:
        return None
    told: dict[str, Any] = {"type": _TYPES[rule["every"]], "repeat_interval": rule["interval"]}
    if rule["every"] == "week":
        told["weekly_days"] = ",".join(str(day) for day in sorted(_from_sunday(day) for day in rule["weekdays"]))
    if "month_day" in rule:
        told["monthly_day"] = rule["month_day"]
    if "month_week" in rule:
        told |= {"monthly_week": rule["month_week"], "monthly_week_day": _from_sunday(rule["month_weekday"])}
    if "count" in rule:
        told["end_times"] = rule["count"]
    else:
        day = date.fromisoformat(rule["until"])
        last = datetime.combine(day, time(23, 59, 59), ZoneInfo(time_zone)).astimezone(UTC)
        told["end_date_time"] = last.strftime("%Y-%m-%dT%H:%M:%SZ")
    return told


def from_zoom(body: Any, time_zone: str = "UTC") -> dict[str, Any]:
    """
    The rule in Zoom's `recurrence`, in the form of the field; `{}` where there is none or it cannot be meant. Never
    raises: Zoom's web pages know rules that the field does not.
    """
    if not isinstance(body, Mapping):
        return {}
    every = _EVERY.get(_whole(body.get("type")) or 0)
    if every is None:
        return {}
    rule: dict[str, Any] = {"every": every, "interval": _whole(body.get("repeat_interval")) or 1}
    if every == "week":
        days = [_whole(part) for part in str(body.get("weekly_days") or "").replace(" ", "").split(",")]
        rule["weekdays"] = [_from_monday(day) for day in days if day is not None and 1 <= day <= 7]
    week = _whole(body.get("monthly_week"))
    if every == "month" and week:
        rule |= {"month_week": week, "month_weekday": _from_monday(_whole(body.get("monthly_week_day")) or 1)}
    elif every == "month":
        rule["month_day"] = _whole(body.get("monthly_day")) or 1
    ends = body.get("end_date_time")
    if isinstance(ends, str) and ends:
        try:
            moment = datetime.fromisoformat(ends.replace("Z", "+00:00"))
            zone = ZoneInfo(time_zone or "UTC")
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
            rule["until"] = moment.astimezone(zone).date().isoformat()
        except (ValueError, OverflowError, KeyError):  # KeyError: ZoneInfoNotFoundError is one
            return {}
    else:
        rule["count"] = _whole(body.get("end_times")) or 1
    try:
        return check(rule)
    except ValueError:
        return {}


# -- inside ---------------------------------------------------------------------------------------------------------


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().lstrip("-").isascii() and value.strip().lstrip("-").isdigit():
        value = int(value) if len(value) < 12 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(rule: Mapping[str, Any], name: str, low: int, high: int, *, default: int | None = None) -> int:
    value = rule.get(name, default)
    if value is None or value == "":
        raise ValueError("required")
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("malformed")
    if not low <= value <= high:
        raise ValueError("out_of_range")
    return value


def _weekdays(value: Any) -> list[int]:
    if value is None or value == []:
        raise ValueError("required")
    if not isinstance(value, list | tuple) or not all(isinstance(day, int) and day is not True for day in value):
        raise ValueError("malformed")
    if not all(1 <= day <= 7 for day in value):
        raise ValueError("out_of_range")
    return sorted(set(value))


def _day_of_month(rule: Mapping[str, Any]) -> dict[str, int]:
    by_week = rule.get("month_week") is not None or rule.get("month_weekday") is not None
    if by_week and rule.get("month_day") is not None:
        raise ValueError("malformed")
    if not by_week:
        return {"month_day": _number(rule, "month_day", 1, 31)}
    week = _number(rule, "month_week", -1, 4)
    if week == 0:
        raise ValueError("out_of_range")
    return {"month_week": week, "month_weekday": _number(rule, "month_weekday", 1, 7)}


def _end(rule: Mapping[str, Any]) -> dict[str, Any]:
    count, until = rule.get("count"), rule.get("until")
    if count is not None and until is not None:
        raise ValueError("malformed")
    if until is not None:
        try:
            return {"until": date.fromisoformat(until).isoformat()}
        except (TypeError, ValueError):
            raise ValueError("required" if until == "" else "malformed") from None
    number = _number(rule, "count", 1, 10**9)
    if number > MOST_DATES:
        raise ValueError("too_many_dates")
    return {"count": number}


def _from_sunday(day: int) -> int:
    """1 Monday … 7 Sunday as Zoom counts: 1 Sunday … 7 Saturday."""
    return day % 7 + 1


def _from_monday(day: int) -> int:
    """The way back."""
    return (day + 5) % 7 + 1


def _candidates(rule: dict[str, Any], first: datetime) -> Iterator[datetime]:
    """Wall-clock dates from the first on, without end for a rule that has dates."""
    step = rule["interval"]
    for turn in range(_MOST_TURNS):
        if rule["every"] == "day":
            yield first + timedelta(days=turn * step)
        elif rule["every"] == "week":
            # Zoom's weeks begin on Sunday: with an interval of two it matters which days lie in the first one.
            sunday = first - timedelta(days=first.isoweekday() % 7) + timedelta(weeks=turn * step)
            for day in sorted(_from_sunday(day) for day in rule["weekdays"]):
                wall = sunday + timedelta(days=day - 1)
                if wall >= first:
                    yield wall
        else:
            wall_or_none = _in_month(rule, first, turn * step)
            if wall_or_none is not None and wall_or_none >= first:
                yield wall_or_none


def _in_month(rule: dict[str, Any], first: datetime, months_later: int) -> datetime | None:
    months = first.month - 1 + months_later
    year, month = first.year + months // 12, months % 12 + 1
    if year > 9999:
        raise OverflowError
    length = monthrange(year, month)[1]
    if "month_day" in rule:
        day = rule["month_day"]
        return first.replace(year=year, month=month, day=day) if day <= length else None
    offset = (rule["month_weekday"] - date(year, month, 1).isoweekday()) % 7
    days = list(range(1 + offset, length + 1, 7))
    return first.replace(
        year=year, month=month, day=days[-1] if rule["month_week"] == -1 else days[rule["month_week"] - 1]
    )
