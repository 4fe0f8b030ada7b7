"""
From attended time to a decision, and how numbers are shown. Rounding lives here and nowhere else.

- Compared is time to the microsecond; nothing is rounded before. Reaching the requirement exactly completes.
- A requirement of 0 seconds is "was there at all": any presence longer than nothing completes, no presence does not.
- A requirement of None is "attendance completes nobody": no rule was set, or the duration it is a share of is not known
  (yet). A rule that cannot be worked out gives nothing away.
- A percentage of a duration becomes whole seconds, rounded down: it never asks for more than the exact share, and asks
  for less than a second less.
- What is shown is rounded down, minutes and percent alike, so that nobody incomplete is shown what would complete.
- Presence is counted over the whole sitting, or inside the scheduled window with the leeway the author gives before and
  after.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from zoom_xblock.attendance.intervals import MICROSECONDS, Interval, from_us, to_us

#: Where presence counts: from the sitting's first moment to its last, or while the session was to run.
WindowKind = Literal["sitting", "scheduled"]

_MINUTE = 60 * MICROSECONDS
_ALMOST = math.nextafter(1.0, 0.0)


@dataclass(frozen=True, slots=True)
class Requirement:
    """How long somebody must be present, in whole seconds; 0: at all; None: attendance completes nobody."""

    required_seconds: int | None

    def __post_init__(self) -> None:
        seconds = self.required_seconds
        if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0):
            raise ValueError("required_seconds is a whole number, not negative, or None")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows for one person. `share`: of the requirement, from 0 to 1, and 1 exactly when `complete`."""

    attended_seconds: float
    required_seconds: int | None
    complete: bool
    share: float


def decide(requirement: Requirement, attended_seconds: float) -> Outcome:
    """Compare, to the microsecond. Raises `ValueError` for time that is negative or no number."""
    if not math.isfinite(attended_seconds) or attended_seconds < 0:
        raise ValueError("attended_seconds is a finite number, not negative")
    outcome = decide_us(requirement, round(Fraction(attended_seconds) * MICROSECONDS))
    return replace(outcome, attended_seconds=attended_seconds)


def decide_us(requirement: Requirement, attended_us: int) -> Outcome:
    """`decide` for whole microseconds: nothing is converted, nothing rounded."""
    required = requirement.required_seconds
    if required is None:
        complete, share = False, 0.0
    elif required == 0:
        complete = attended_us > 0
        share = 1.0 if complete else 0.0
    else:
        complete = attended_us >= required * MICROSECONDS
        # The quotient of two close integers may round up to 1.0, which is for the complete only.
        share = 1.0 if complete else min(attended_us / (required * MICROSECONDS), _ALMOST)
    return Outcome(attended_us / MICROSECONDS, required, complete, share)


def minutes(required_minutes: int | None) -> Requirement:
    """A requirement in minutes, as authors write it."""
    return Requirement(None if required_minutes is None else required_minutes * 60)


def percentage(percent: float | Decimal, duration_seconds: float | Fraction | None) -> Requirement:
    """
    A requirement as a share of a duration, scheduled or actual: whole seconds, rounded down. A percentage is read as it
    is written (66.7 is 667/1000). Without a duration, or with none at all, nobody completes. Raises `ValueError`
    outside 0 to 100.
    """
    exact = Fraction(str(percent))
    if not 0 <= exact <= 100:
        raise ValueError("a percentage is between 0 and 100")
    if duration_seconds is None or duration_seconds <= 0:
        return Requirement(None)
    return Requirement(math.floor(exact * Fraction(duration_seconds) / 100))


def window(
    kind: WindowKind, starts_at: datetime, duration_minutes: int, *, early_minutes: int = 0, late_minutes: int = 0
) -> Interval | None:
    """
    Where presence counts: None is everywhere (the whole sitting); for "scheduled", the timetable and the leeway around
    it.
    """
    opens = to_us(starts_at)
    if kind == "sitting":
        return None
    closes = opens + max(duration_minutes, 0) * _MINUTE
    return from_us(opens - early_minutes * _MINUTE), from_us(closes + late_minutes * _MINUTE)


def minutes_shown(seconds: float) -> int:
    """Whole minutes, rounded down."""
    return round(Fraction(seconds) * MICROSECONDS) // _MINUTE


def percent_shown(share: float) -> int:
    """Whole percent, rounded down: 100 is shown to the complete only."""
    return math.floor(Fraction(share) * 100)
