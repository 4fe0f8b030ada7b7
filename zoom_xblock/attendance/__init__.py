"""
The arithmetic of attendance: pure functions of times and rules, no input, no output, no clock. `intervals` says what
presence is, `people` counts it for many at once, `rules` decides and rounds.
"""

from zoom_xblock.attendance.intervals import (
    MICROSECONDS,
    Interval,
    clip,
    close_open,
    from_us,
    to_us,
    total_seconds,
    total_us,
    union,
    union_us,
)
from zoom_xblock.attendance.people import attended_seconds_by_person, attended_us_by_person
from zoom_xblock.attendance.policy import Policy
from zoom_xblock.attendance.rules import (
    Outcome,
    Requirement,
    WindowKind,
    decide,
    minutes,
    minutes_shown,
    percent_shown,
    percentage,
    window,
)

__all__ = [
    "MICROSECONDS",
    "Interval",
    "Outcome",
    "Policy",
    "Requirement",
    "WindowKind",
    "attended_seconds_by_person",
    "attended_us_by_person",
    "clip",
    "close_open",
    "decide",
    "from_us",
    "minutes",
    "minutes_shown",
    "percent_shown",
    "percentage",
    "to_us",
    "total_seconds",
    "total_us",
    "union",
    "union_us",
    "window",
]
