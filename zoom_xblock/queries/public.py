"""What other plugins read (`zoom_xblock.api`): a course's sessions and one person's attendance, in one query each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from opaque_keys.edx.keys import LearningContextKey, UsageKey
from opaque_keys.edx.locator import CourseLocator

from zoom_xblock.models import Meeting, Occurrence, Placement, Result
from zoom_xblock.models.meeting import usage_digest


@dataclass(frozen=True)
class Session:
    """
    A session in a published unit of a course.

    `kind`: "meeting" or "webinar". `starts_at`: aware UTC; of a series its next date, after the last one that; None
    where Zoom knows no time. `time_zone`: the IANA name that the author chose. `state`: "scheduled" (to come, or never
    opened), "live", "ended", or "gone" (deleted at Zoom).
    """

    usage_key: UsageKey
    topic: str
    kind: str
    starts_at: datetime | None
    duration_minutes: int
    time_zone: str
    state: str


@dataclass(frozen=True)
class Attendance:
    """
    What stands for one learner at one session.

    `attended_seconds`, `required_seconds`: whole seconds, rounded down. `state`: "waiting" (nothing was reported),
    "provisional" (from events; Zoom's record is to come), "final", or "corrected" (a person decided). `is_complete`:
    whether she has what the rule asks for, or was given it. `score`: 0 to 1; None where the session is not graded, or
    the learner is excused.
    """

    attended_seconds: int
    required_seconds: int
    state: str
    is_complete: bool
    score: float | None


#: Columns of a result that make an `Attendance`.
COLUMNS = ("user_id", "attended_seconds", "required_seconds", "state", "verdict", "is_complete", "score", "joined_at")


def sessions_of_course(course_key: LearningContextKey) -> list[Session]:
    """The sessions of a course's published blocks, by start; those without one last."""
    dates = Occurrence.objects.filter(meeting=OuterRef("meeting_id"), status=Occurrence.Status.AVAILABLE)
    upcoming = dates.filter(starts_at__gt=timezone.now()).order_by("starts_at")
    rows = (
        Placement.objects.filter(course_key=_plain_course(course_key), unpublished_since=None)
        .exclude(meeting=None)
        .select_related("meeting")
        .annotate(
            next_at=Subquery(upcoming.values("starts_at")[:1]),
            last_at=Subquery(dates.order_by("-starts_at").values("starts_at")[:1]),
        )
    )
    found = [_session(row) for row in rows]
    return sorted(found, key=lambda one: (one.starts_at is None, one.starts_at and one.starts_at.timestamp()))


def attendance_of(usage_key: UsageKey, user_id: int) -> Attendance | None:
    """
    What stands for this person here; None where the block has no session. Somebody of whom nothing is known waits:
    whether she learns in the course is not asked.
    """
    row = (
        Placement.objects.filter(usage_digest=usage_digest(usage_key))
        .exclude(meeting=None)
        .annotate(
            **{
                f"its_{name}": Subquery(
                    Result.objects.filter(placement=OuterRef("pk"), user_id=user_id).values(name)[:1]
                )
                for name in COLUMNS
            }
        )
        .values("required_seconds", *(f"its_{name}" for name in COLUMNS))
        .first()
    )
    if row is None:
        return None
    if row["its_user_id"] is None:
        return Attendance(0, row["required_seconds"] or 0, "waiting", False, None)
    return _attendance({name: row[f"its_{name}"] for name in COLUMNS})


def attendances(placement_id: int, user_ids: Iterable[int]) -> dict[int, Attendance]:
    """The same by user id, of those who have a result, in one query."""
    rows = Result.objects.filter(placement_id=placement_id, user_id__in=list(user_ids)).values(*COLUMNS)
    return {row["user_id"]: _attendance(row) for row in rows}


# -- inside ---------------------------------------------------------------------------------------------------------


def _session(placement: Any) -> Session:
    meeting: Meeting = placement.meeting
    state = str(meeting.state)
    if state == Meeting.State.ENDED and placement.next_at is not None:
        state = str(Meeting.State.SCHEDULED)  # a date of a series is over, not the series
    return Session(
        usage_key=placement.usage_key,
        topic=meeting.topic,
        kind=str(meeting.kind),
        starts_at=placement.next_at or placement.last_at or meeting.starts_at,
        duration_minutes=meeting.duration_minutes or 0,
        time_zone=meeting.time_zone,
        state=state,
    )


def _attendance(row: dict[str, Any]) -> Attendance:
    if row["verdict"] is not None:
        state = "corrected"
    elif row["state"] == Result.State.PROVISIONAL and row["joined_at"] is None and not row["attended_seconds"]:
        state = "waiting"
    else:
        state = str(row["state"])
    return Attendance(
        attended_seconds=row["attended_seconds"],
        required_seconds=row["required_seconds"],
        state=state,
        is_complete=row["is_complete"],
        score=row["score"],
    )


def _plain_course(course_key: LearningContextKey) -> LearningContextKey:
    """Without the branch and version that Studio's keys carry."""
    key: Any = course_key
    plain: LearningContextKey = (
        key.for_branch(None).version_agnostic() if isinstance(course_key, CourseLocator) else course_key
    )
    return plain
