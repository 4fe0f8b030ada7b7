"""Series: reading a ``recurrence`` object and laying out its dates (types 8 and 9)."""

from calendar import monthrange
from calendar import weekday as weekday_of
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .clock import parse
from .errors import invalid_fields

_MOST = 60
_LONGEST = {1: 90, 2: 12, 3: 3}  # repeat_interval: days, weeks, months


def checked(value, fixed_time):
    """A validated copy; ``fixed_time`` False (types 3, 6) needs no end. Raises 400/300 naming the field."""
    if not isinstance(value, dict):
        raise invalid_fields("recurrence")
    kind = value.get("type")
    if isinstance(kind, bool) or not isinstance(kind, int) or kind not in _LONGEST:
        raise invalid_fields("recurrence.type")
    kept = {"type": kind, "repeat_interval": _within(value, "repeat_interval", 1, _LONGEST[kind], 1)}
    if kind == 2:
        kept["weekly_days"] = _weekdays(value.get("weekly_days", "1"))
    if kind == 3:
        if "monthly_week" in value or "monthly_week_day" in value:
            kept["monthly_week"] = _within(value, "monthly_week", -1, 4, None)
            kept["monthly_week_day"] = _within(value, "monthly_week_day", 1, 7, None)
            if kept["monthly_week"] == 0:
                raise invalid_fields("recurrence.monthly_week")
        else:
            kept["monthly_day"] = _within(value, "monthly_day", 1, 31, 1)
    if "end_times" in value and "end_date_time" in value:
        raise invalid_fields("recurrence.end_times", "recurrence.end_date_time")
    if "end_date_time" in value:
        try:
            parse(value["end_date_time"])
        except ValueError:
            raise invalid_fields("recurrence.end_date_time") from None
        kept["end_date_time"] = value["end_date_time"]
    elif fixed_time or "end_times" in value:
        kept["end_times"] = _within(value, "end_times", 1, _MOST, 1)
    return kept


def _within(value, name, low, high, default):
    number = value.get(name, default)
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise invalid_fields(f"recurrence.{name}")
    return number


def _weekdays(text):
    days = str(text).replace(" ", "").split(",")
    if not all(day in list("1234567") for day in days):
        raise invalid_fields("recurrence.weekly_days")
    return ",".join(sorted(set(days)))


def dates(start_at, timezone, rule):
    """Start times (epoch seconds) of a series, at most 60, with the same wall-clock time on each date."""
    zone = ZoneInfo(timezone)
    first = datetime.fromtimestamp(start_at, zone).replace(tzinfo=None)
    until = parse(rule["end_date_time"]) if "end_date_time" in rule else None
    count = rule.get("end_times", _MOST)
    found = []
    for local in _candidates(first, rule):
        at = local.replace(tzinfo=zone).astimezone(UTC).timestamp()
        if until is not None and at > until:
            break
        found.append(at)
        if len(found) >= count:
            break
    return found


def _candidates(first, rule):
    step = rule["repeat_interval"]
    for turn in range(_MOST * 8):
        if rule["type"] == 1:
            yield first + timedelta(days=turn * step)
        elif rule["type"] == 2:
            sunday = first - timedelta(days=(first.weekday() + 1) % 7) + timedelta(weeks=turn * step)
            for number in rule["weekly_days"].split(","):
                day = sunday + timedelta(days=int(number) - 1)
                if day >= first:
                    yield day
        else:
            months = first.month - 1 + turn * step
            year, month = first.year + months // 12, months % 12 + 1
            day = _day_of_month(year, month, rule)
            if day is not None and (local := first.replace(year=year, month=month, day=day)) >= first:
                yield local


def _day_of_month(year, month, rule):
    length = monthrange(year, month)[1]
    if "monthly_day" in rule:
        return rule["monthly_day"] if rule["monthly_day"] <= length else None
    weekday = (rule["monthly_week_day"] + 5) % 7  # Zoom: 1 = Sunday; Python: 0 = Monday
    days = [day for day in range(1, length + 1) if weekday_of(year, month, day) == weekday]
    return days[-1] if rule["monthly_week"] == -1 else days[rule["monthly_week"] - 1]
