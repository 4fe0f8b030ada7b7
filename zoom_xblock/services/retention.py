"""
What names people ends with `ZOOM_XBLOCK_RETENTION_DAYS`: presences, work list, join links and addresses of sessions
long over, recordings' links, and deliveries. Results, corrections, dates and sittings stay with the course.

In batches, so that no table is locked for long; as often as one likes, and twice at once. What was counted from
forgotten presences is never counted again: from nothing, nothing would come.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from zoom_xblock import conf
from zoom_xblock.models import Assignment, Delivery, Meeting, Occurrence, Recording, Registration, Segment, Sitting

log = logging.getLogger("zoom_xblock.retention")

#: Rows in one statement.
BATCH = 500
#: Rows in one run; the next one goes on.
MOST = 20_000
#: A sitting that is still unsettled so long after the term will never be.
PATIENCE = timedelta(days=30)

KINDS = ("segments", "assignments", "registrations", "recordings", "deliveries", "meetings")


def apply(limit: int = MOST, *, is_dry_run: bool = False) -> dict[str, int]:
    """
    Forget what is due, at most `limit` rows; the counts by kind. `is_dry_run`: only count, all that is due. Nothing at
    all where the site has set no term.
    """
    counts = dict.fromkeys(KINDS, 0)
    before = _cutoff()
    if before is None:
        return counts
    if is_dry_run:
        return counts | _due(before)
    budget = _Budget(limit)
    counts["deliveries"] = _delete(_old_deliveries(before), budget)
    counts["recordings"] = _delete(_old_recordings(before), budget)
    while budget.left > 0 and (meeting := _old_meetings(before).order_by("pk").first()) is not None:
        for kind, count in _forget(meeting, budget).items():
            counts[kind] += count
    if any(counts.values()):
        log.info("retention applied %s", " ".join(f"{kind}={count}" for kind, count in counts.items()))
    return counts


def is_due() -> bool:
    """Whether there is anything to forget; for the sweep."""
    before = _cutoff()
    return before is not None and (
        _old_deliveries(before).exists() or _old_recordings(before).exists() or _old_meetings(before).exists()
    )


def is_forgotten(meeting: Meeting) -> bool:
    """Whether the presences of all that the meeting ever was are forgotten, so that its results can only stand."""
    if meeting.forgotten_at is None:
        return False
    later = Q(ended_at__isnull=True) | Q(ended_at__gt=meeting.forgotten_at)
    return not meeting.sittings.filter(later).exists()


# -- inside ---------------------------------------------------------------------------------------------------------


class _Budget:
    """How many rows may still go in this run."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, rows: int) -> None:
        self.left -= rows


def _cutoff() -> datetime | None:
    days = conf.retention_days()
    return timezone.now() - timedelta(days=days) if days > 0 else None


def _old_deliveries(before: datetime) -> QuerySet[Delivery]:
    """Worked on, or given up; one that waits is not yet done with."""
    return Delivery.objects.filter(received_at__lt=before).exclude(state=Delivery.State.NEW)


def _old_recordings(before: datetime) -> QuerySet[Recording]:
    """By themselves: a series may go on for years."""
    when = Q(started_at__lt=before) | Q(started_at__isnull=True, told_at__lt=before)
    return Recording.objects.filter(when | Q(started_at__isnull=True, told_at__isnull=True, read_at__lt=before))


def _old_meetings(before: datetime) -> QuerySet[Meeting]:
    """
    Over as a whole before the term, dates of a series included, since they are counted together; settled, and not
    forgotten since.
    """
    of_meeting = Sitting.objects.filter(meeting=OuterRef("pk"))
    recent = of_meeting.filter(
        Q(ended_at__gte=before)
        | Q(ended_at__isnull=True, started_at__gte=before)
        | Q(ended_at__isnull=True, started_at__isnull=True, meeting__created_at__gte=before)
    )
    unsettled = of_meeting.exclude(record__in=[Sitting.Record.FINAL, Sitting.Record.LIVE_FINAL]).filter(
        Q(ended_at__gte=before - PATIENCE) | Q(ended_at__isnull=True, started_at__gte=before - PATIENCE)
    )
    since = of_meeting.filter(ended_at__gt=OuterRef("forgotten_at"))
    planned = Q(starts_at__lt=before) | Q(starts_at__isnull=True, created_at__lt=before)
    return (
        Meeting.objects.filter(planned)
        .filter(Q(forgotten_at__isnull=True) | Exists(since))
        .exclude(Exists(recent))
        .exclude(Exists(unsettled))
        .exclude(Exists(Occurrence.objects.filter(meeting=OuterRef("pk"), starts_at__gte=before)))
    )


def _forget(meeting: Meeting, budget: _Budget) -> dict[str, int]:
    """One meeting; marked only when nothing is left, so that a run that was cut short goes on."""
    counts = {
        "segments": _delete(Segment.objects.filter(sitting__meeting=meeting), budget),
        "assignments": _delete(Assignment.objects.filter(meeting=meeting), budget),
        "registrations": _blank(Registration.objects.filter(meeting=meeting), budget),
    }
    if budget.left > 0:
        Meeting.objects.filter(pk=meeting.pk).update(forgotten_at=timezone.now())
        counts["meetings"] = 1
    return counts


def _delete(rows: QuerySet[Any], budget: _Budget) -> int:
    gone = 0
    while budget.left > 0:
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[: min(BATCH, budget.left)])
        if not ids:
            break
        model: type[Model] = rows.model
        model._default_manager.filter(pk__in=ids).delete()
        budget.spend(len(ids))
        gone += len(ids)
    return gone


def _blank(registrations: QuerySet[Registration], budget: _Budget) -> int:
    """Address and link go. That she had a place stays, and her number at Zoom: by it she can be erased there."""
    blanked, last = 0, 0
    # To the end, whatever is left of the run: what is blank looks as before, so that another run would begin anew.
    while ids := list(registrations.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        blanked += registrations.filter(pk__in=ids).update(email="", join_url="")
        budget.spend(len(ids))
        last = ids[-1]
    return blanked


def _due(before: datetime) -> dict[str, int]:
    meetings = _old_meetings(before)
    return {
        "segments": Segment.objects.filter(sitting__meeting__in=meetings).count(),
        "assignments": Assignment.objects.filter(meeting__in=meetings).count(),
        "registrations": Registration.objects.filter(meeting__in=meetings).count(),
        "recordings": _old_recordings(before).count(),
        "deliveries": _old_deliveries(before).count(),
        "meetings": meetings.count(),
    }
