"""
The arithmetic of attendance: pure functions of times and rules, no input, no output, no clock. `intervals` says what
presence is, `people` adds it up for many at once, `dates` puts it on the dates of a session, `policy` is what an author
asks for, `rules` decides and rounds, and `counting` is all of it for one person. Specified in docs/attendance.md.
"""

from zoom_xblock.attendance.counting import Counted, Presence, Row, Rule, count, spans
from zoom_xblock.attendance.dates import PlannedDate, date_of
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
from zoom_xblock.attendance.policy import Policy, counted_window, requirement, window_minutes
from zoom_xblock.attendance.rules import (
    Outcome,
    Requirement,
    WindowKind,
    decide,
    decide_us,
    minutes,
    minutes_shown,
    percent_shown,
    percentage,
    window,
)

__all__ = [
    "MICROSECONDS",
    "Counted",
    "Interval",
    "Outcome",
    "PlannedDate",
    "Policy",
    "Presence",
    "Requirement",
    "Row",
    "Rule",
    "WindowKind",
    "attended_seconds_by_person",
    "attended_us_by_person",
    "clip",
    "close_open",
    "count",
    "counted_window",
    "date_of",
    "decide",
    "decide_us",
    "from_us",
    "minutes",
    "minutes_shown",
    "percent_shown",
    "percentage",
    "requirement",
    "spans",
    "to_us",
    "total_seconds",
    "total_us",
    "union",
    "union_us",
    "window",
    "window_minutes",
]
