"""
What others are told of: tracking events through the door (docs/events.md), signals for other plugins (docs/api.md).

Each fact once: who calls here has just made it true, in a row that says so. Told after the commit, in the process that
works on it; nothing here raises, or holds anything up. What a killed worker had committed and not yet told of stays
untold: an event is a report, the rows are the truth.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.dispatch import Signal
from django.utils import timezone

from zoom_xblock import platform
from zoom_xblock.models import Correction, Meeting, Occurrence, Placement, Result, Sitting
from zoom_xblock.queries import public

log = logging.getLogger("zoom_xblock.announce")

#: A run of a session is over: `usage_key`, `kind`, `started_at`, `ended_at`.
session_ended = Signal()
#: Something changed in what stands for a learner: `usage_key`, `user_id`, `attendance` (`queries.public.Attendance`).
attendance_decided = Signal()

#: Every event and its fields; the door adds `user_id` and `course_id`.
EVENTS: dict[str, tuple[str, ...]] = {
    "joined": ("usage_key", "kind", "joined_at"),
    "attended": ("usage_key", "kind", "attended_seconds", "required_seconds", "state", "is_complete", "verdict"),
    "completed": ("usage_key", "kind", "attended_seconds", "required_seconds", "state", "verdict"),
    "corrected": ("usage_key", "kind", "verdict", "is_complete", "was_complete", "attended_seconds", "state"),
}
BATCH = 500


def joined(meeting: Meeting, first_seen: Mapping[int, datetime]) -> None:
    """These were seen for the first time, by user id; told in each course with this session that they learn in."""
    if not first_seen:
        return
    seen = dict(first_seen)

    def tell() -> None:
        for placement in meeting.placements.all():
            enrolled = platform.current().enrolled_among(sorted(seen), placement.course_key)
            _emit("joined", placement, meeting, [{"user_id": one, "joined_at": seen[one]} for one in sorted(enrolled)])

    _after_commit(tell)


def attended(placement: Placement) -> None:
    """
    Tell of results here that are final by now, of everybody who was there and of whom it was not told yet. A series is
    told of as a whole: when its last date has begun.
    """
    try:
        meeting = placement.meeting
        if meeting is None or _goes_on(meeting):
            return
        owed = Result.objects.filter(
            placement=placement, state=Result.State.FINAL, attended_told_at=None, joined_at__isnull=False
        )
        ids = list(owed.order_by("pk").values_list("pk", flat=True))
        for first in range(0, len(ids), BATCH):
            with transaction.atomic():
                # Held: of two workers with the same job the second finds them told of.
                held = owed.filter(pk__in=ids[first : first + BATCH]).order_by("pk").select_for_update()
                facts = list(held.values("pk", "user_id", *_of_results("attended")))
                Result.objects.filter(pk__in=[one["pk"] for one in facts]).update(attended_told_at=timezone.now())
                _after_commit(_emitting("attended", placement, meeting, facts))
    except DatabaseError:  # the results stand; the next count tells of them
        log.exception("attendance not told of placement_id=%s", placement.pk)


def completed(placement: Placement, result_ids: Collection[int]) -> None:
    """The platform has just been told that these results are complete."""
    ids = sorted(result_ids)

    def tell() -> None:
        meeting = placement.meeting
        if meeting is not None:
            rows = Result.objects.filter(pk__in=ids).order_by("pk").values("user_id", *_of_results("completed"))
            _emit("completed", placement, meeting, rows)

    if ids:
        _after_commit(tell)


def corrected(placement: Placement, corrections: Iterable[Correction]) -> None:
    """A person decided so. The reason she gave is between her and the course team."""
    meeting = placement.meeting
    facts = [
        {
            "user_id": one.user_id,
            "verdict": str(one.verdict),
            "is_complete": bool(one.after["is_complete"]),
            "was_complete": bool(one.before["is_complete"]),
            "attended_seconds": one.after["attended_seconds"],
            "state": str(one.after["state"]),
        }
        for one in corrections
    ]
    if meeting is not None and facts:
        _after_commit(_emitting("corrected", placement, meeting, facts))
        decided(placement, [one["user_id"] for one in facts])


def decided(placement: Placement, user_ids: Collection[int]) -> None:
    """What stands for these learners has changed. Where no plugin listens, that is all."""
    if not user_ids or not attendance_decided.receivers:
        return

    def tell() -> None:
        for user_id, attendance in public.attendances(placement.pk, user_ids).items():
            attendance_decided.send_robust(
                sender=None, usage_key=placement.usage_key, user_id=user_id, attendance=attendance
            )

    _after_commit(tell)


def ended(sitting: Sitting) -> None:
    """A run of a session is over."""
    if not session_ended.receivers:
        return

    def tell() -> None:
        meeting = sitting.meeting
        for placement in meeting.placements.all():
            session_ended.send_robust(
                sender=None,
                usage_key=placement.usage_key,
                kind=str(meeting.kind),
                started_at=sitting.started_at,
                ended_at=sitting.ended_at,
            )

    _after_commit(tell)


# -- inside ---------------------------------------------------------------------------------------------------------


def _after_commit(tell: Callable[[], None]) -> None:
    def safely() -> None:
        try:
            tell()
        except Exception:  # whatever a door or a row brings up, what is told of has happened
            log.exception("not told of")

    transaction.on_commit(safely, robust=True)


def _emitting(
    event: str, placement: Placement, meeting: Meeting, facts: Iterable[Mapping[str, Any]]
) -> Callable[[], None]:
    return lambda: _emit(event, placement, meeting, facts)


def _emit(event: str, placement: Placement, meeting: Meeting, facts: Iterable[Mapping[str, Any]]) -> None:
    door = platform.current()
    common = {"usage_key": str(placement.usage_key), "kind": str(meeting.kind)}
    for one in facts:
        data = {name: _plain(common.get(name, one.get(name))) for name in EVENTS[event]}
        door.emit(event, data, user_id=one["user_id"], course_key=placement.course_key)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _of_results(event: str) -> list[str]:
    return [name for name in EVENTS[event] if name not in ("usage_key", "kind")]


def _goes_on(meeting: Meeting) -> bool:
    """Whether a date of a series is still to come."""
    if not meeting.recurrence:
        return False
    dates = Occurrence.objects.filter(meeting=meeting, status=Occurrence.Status.AVAILABLE)
    return dates.filter(starts_at__gt=timezone.now()).exists()
