"""What a learner's page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import attendance
from zoom_xblock.models import (
    Meeting,
    Placement,
    Registration,
    Result,
    Segment,
    Sitting,
)


@dataclass(frozen=True)
class Planned:
    """What the block itself says."""

    topic: str
    kind: str
    description: str
    starts_at: datetime | None
    duration_minutes: int
    time_zone: str
    required_seconds: int


@dataclass(frozen=True)
class LearnerFacts:
    """
    All that a learner's page shows. Seconds are exact until shown.

    phase: "unplaced", "gone", "scheduled", "live" or "ended". registration: "none" or a `Registration.State`.
    certainty: "none" (nothing counted), "provisional" or "final".
    """

    planned: Planned
    usage_key: UsageKey
    phase: str
    kind: str
    topic: str
    starts_at: datetime | None
    duration_minutes: int
    time_zone: str
    registration: str = "none"
    registration_error: str = ""
    may_ask_again: bool = False
    attended_seconds: float = 0
    certainty: str = "none"
    is_complete: bool = False
    is_present: bool = False
    has_registration: bool = True


def learner_facts(usage_key: UsageKey, user_id: int | None, planned: Planned) -> LearnerFacts:
    """At most four queries: placement with meeting, registration, result, and the presences of one registrant."""
    placement = Placement.objects.for_usage_key(usage_key)
    meeting = placement.meeting if placement is not None else None
    if placement is None or meeting is None:
        return LearnerFacts(
            planned,
            usage_key,
            "unplaced",
            planned.kind,
            planned.topic,
            planned.starts_at,
            planned.duration_minutes,
            planned.time_zone,
        )
    facts: dict[str, Any] = {
        "phase": str(meeting.state),
        "kind": meeting.kind,
        "topic": planned.topic,
        "starts_at": meeting.starts_at or planned.starts_at,
        "duration_minutes": meeting.duration_minutes or planned.duration_minutes,
        "time_zone": meeting.time_zone or planned.time_zone,
        "has_registration": meeting.has_registration,
    }
    registration = Registration.objects.filter(meeting=meeting, user_id=user_id).first() if user_id else None
    if registration is not None:
        facts |= {"registration": str(registration.state), "registration_error": registration.error}
        facts["may_ask_again"] = registration.may_ask_again
        facts |= _counted(placement, meeting, registration)
    return LearnerFacts(planned, usage_key, **facts)


def _counted(placement: Placement, meeting: Meeting, registration: Registration) -> dict[str, Any]:
    result = Result.objects.filter(placement=placement, user_id=registration.user_id).first()
    complete = bool(result and result.is_complete)
    if result is not None and result.state == Result.State.FINAL:
        return {"attended_seconds": result.attended_seconds, "certainty": "final", "is_complete": complete}
    if not registration.registrant_id:
        return {"is_complete": complete}
    rows, present = [], False
    segments = Segment.objects.filter(sitting__meeting=meeting, registrant_id=registration.registrant_id)
    for segment in segments.exclude(room=Segment.Room.WAITING).select_related("sitting"):
        wanted = Segment.Source.RECORD if segment.sitting.record == Sitting.Record.FINAL else Segment.Source.LIVE
        # Compared once more in Python: the database may take ids that differ in case only for one.
        if segment.source != wanted or segment.registrant_id != registration.registrant_id:
            continue
        is_open = segment.left_at is None and segment.sitting.ended_at is None
        present = present or (is_open and segment.joined_at is not None)
        span = presence_us(segment.joined_at, segment.left_at, segment.sitting.ended_at)
        if span is not None:
            rows.append((registration.user_id, *span))
    seconds = attendance.attended_seconds_by_person(rows).get(registration.user_id, 0)
    certainty = "provisional" if rows or result is not None else "none"
    return {"attended_seconds": seconds, "certainty": certainty, "is_complete": complete, "is_present": present}


def presence_us(
    joined_at: datetime | None, left_at: datetime | None, ended_at: datetime | None
) -> tuple[int, int] | None:
    """
    A reported presence in microseconds. Left open, it ends with its sitting, or now while that runs; without a start
    there is none.
    """
    if joined_at is None:
        return None
    return attendance.to_us(joined_at), attendance.to_us(left_at or ended_at or timezone.now())
