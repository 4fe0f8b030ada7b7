"""
Single values out of JSON that others wrote: each reader returns the value, or says plainly that there is none. None of
them raises.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

LARGEST = 2**63 - 1

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([0-9]{2}):?([0-9]{2}))"
)


def read_time(value: object) -> datetime | None:
    """An ISO 8601 date and time with a zone, as aware UTC; None for anything else."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, ahead_hours, ahead_minutes = found.groups()
    microsecond = int(fraction.ljust(6, "0")[:6]) if fraction else 0
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), microsecond, tzinfo=UTC)
        if sign:
            if int(ahead_hours) > 23 or int(ahead_minutes) > 59:
                return None
            ahead = timedelta(hours=int(ahead_hours), minutes=int(ahead_minutes))
            moment += -ahead if sign == "+" else ahead
    except (ValueError, OverflowError):
        return None
    return moment


def read_int(value: object) -> int | None:
    """A whole number of 64 bits, given as number or as digits; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -LARGEST <= value <= LARGEST else None


def read_text(value: object) -> str:
    """A string; a number as its digits; "" for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST else ""
