"""
What an author asks for, as one value: which presence counts, how much of it completes, and what it is worth.

A policy travels as plain JSON (`Policy.as_json`, `Policy.from_fields`): from the block's fields, to the row that keeps
the published rule, and into an evidence file. Reading is forgiving, because a stored block may be of any age: what is
missing or cannot be meant becomes the default, and never a crash.

- "sitting" counts presence wherever it was; "scheduled" from a date's start to its end; "custom" from
  `opens_minutes` after the start (negative: before) to `closes_minutes` after the end (negative: before).
- "minutes" and "percent" compare after the session; a percentage is of the window's length ("sitting": of the planned
  duration). "joining" completes at the first presence, while the session runs. "none" completes nobody.
- Of a series, "one": the best single date decides; "all": the dates are added up, and a percentage is of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from zoom_xblock.attendance.dates import PlannedDate
from zoom_xblock.attendance.intervals import Interval
from zoom_xblock.attendance.rules import Requirement, minutes, percentage, window

Completion = Literal["minutes", "percent", "joining", "none"]
Counted = Literal["sitting", "scheduled", "custom"]
Dates = Literal["one", "all"]
Graded = Literal["share", "all_or_nothing"]

COMPLETIONS: tuple[str, ...] = ("minutes", "percent", "joining", "none")
COUNTED: tuple[str, ...] = ("sitting", "scheduled", "custom")
DATES: tuple[str, ...] = ("one", "all")
GRADED: tuple[str, ...] = ("share", "all_or_nothing")

#: Smallest and largest value that can be meant; minutes up to two months, a window up to a week beside its date.
LIMITS: dict[str, tuple[int, int]] = {
    "required_minutes": (0, 86_400),
    "required_percent": (0, 100),
    "opens_minutes": (-10_080, 10_080),
    "closes_minutes": (-10_080, 10_080),
}

_CHOICES = {"completion": COMPLETIONS, "counted": COUNTED, "dates": DATES, "graded_by": GRADED}


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule. The names are those of the block's fields; minutes are whole, percent is 0 to 100."""

    completion: Completion = "minutes"
    required_minutes: int = 45
    required_percent: int = 80
    counted: Counted = "sitting"
    opens_minutes: int = 0
    closes_minutes: int = 0
    dates: Dates = "one"
    has_score: bool = False
    graded_by: Graded = "share"
    counts_email: bool = False

    @classmethod
    def from_fields(cls, values: Mapping[str, Any]) -> Policy:
        """The policy in these values; what is missing or cannot be meant is the default, other names are ignored."""
        default = cls()
        read: dict[str, Any] = {}
        for field in fields(cls):
            standard, value = getattr(default, field.name), values.get(field.name)
            if field.name in _CHOICES:
                fits = isinstance(value, str) and value in _CHOICES[field.name]
            elif isinstance(standard, bool):
                fits = isinstance(value, bool)
            else:
                least, most = LIMITS[field.name]
                fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
            read[field.name] = value if fits else standard
        return cls(**read)

    def as_json(self) -> dict[str, Any]:
        """Plain values, for a JSON column or a file."""
        return asdict(self)


def counted_window(policy: Policy, date: PlannedDate | None) -> Interval | None:
    """Where presence on this date counts; None is everywhere. Without a known start there is no window."""
    if policy.counted == "sitting" or date is None or date.starts_at is None:
        return None
    opens, closes = (policy.opens_minutes, policy.closes_minutes) if policy.counted == "custom" else (0, 0)
    # `window` takes the leeway before the start: minutes after it are a negative one.
    return window("scheduled", date.starts_at, date.duration_minutes, early_minutes=-opens, late_minutes=closes)


def window_minutes(policy: Policy, date: PlannedDate) -> int:
    """How long the window of this date is: what a percentage is of. 0 where nothing is left of it, or known of it."""
    duration = max(date.duration_minutes, 0)
    if policy.counted == "custom":
        duration += policy.closes_minutes - policy.opens_minutes
    return max(duration, 0)


def requirement(policy: Policy, dates: Sequence[PlannedDate]) -> Requirement:
    """What these dates ask for together: one date, or all that are added up."""
    if policy.completion == "none":
        return Requirement(None)
    if policy.completion == "joining":
        return Requirement(0)
    if policy.completion == "minutes":
        return minutes(policy.required_minutes)
    return percentage(policy.required_percent, 60 * sum(window_minutes(policy, date) for date in dates))
