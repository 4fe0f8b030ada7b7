"""
What should have happened and has not: found in the database, queued again. Safe at any time, as often as one likes,
twice at once.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import platform, queries
from zoom_xblock.models import Delivery, Meeting, Registration, Result, Sitting
from zoom_xblock.services import connections, consent, ending, hosts, selftest, sittings
from zoom_xblock.services.errors import NotConnected

#: What one sweep hands out of each kind at most; the next one goes on.
MOST = 500
#: A sitting may run over; so long after its planned end it is asked after.
OVERDUE_AFTER = timedelta(hours=1)


def sweep() -> dict[str, int]:
    """Queue every job that is due; the counts by kind (command `zoom_sweep`)."""
    door, now = platform.current(), timezone.now()
    due = {
        "process_delivery": Delivery.objects.filter(state=Delivery.State.NEW, next_try_at__lte=now),
        "register": Registration.objects.filter(state=Registration.State.PENDING, next_try_at__lte=now),
        "settle_sitting": Sitting.objects.filter(record=Sitting.Record.AWAITED, next_try_at__lte=now),
    }
    counts = {}
    for job, rows in due.items():
        ids = list(rows.order_by("next_try_at").values_list("pk", flat=True)[:MOST])
        for row_id in ids:
            door.later(job, row_id)
        counts[job] = len(ids)
    owed = (
        Result.objects.filter(is_complete=True, completed_at__isnull=True)
        .values_list("placement_id", flat=True)
        .distinct()
    )
    scores = queries.scores_owed().values_list("placement_id", flat=True).distinct()
    placements = sorted({*owed[:MOST], *scores[:MOST]})
    for placement_id in placements:
        door.later("pay_owed", placement_id)
    counts["pay_owed"] = len(placements)
    undecided = Q(decided_at__isnull=True) | Q(decided_at__lt=F("sittings__settled_at"))
    settled = Meeting.objects.filter(undecided, sittings__settled_at__isnull=False)
    counts["decide_meeting"] = 0
    for meeting_id in sorted(set(settled.values_list("pk", flat=True)[:MOST])):
        door.later("decide_meeting", meeting_id)
        counts["decide_meeting"] += 1
    doubted = Meeting.objects.exclude(state=Meeting.State.GONE).filter(missing_since__lt=now - timedelta(minutes=10))
    counts["refresh_meeting"] = 0
    for meeting_id in doubted.values_list("pk", flat=True)[:MOST]:
        door.later("refresh_meeting", meeting_id)
        counts["refresh_meeting"] += 1
    counts["ask_whether_over"] = _overdue(door)
    return counts | _connection_chores(door)


def _connection_chores(door: platform.Platform) -> dict[str, int]:
    """What the connection page has left to do: the daily list of hosts, a letter, what tests left behind."""
    consent.forget_lapsed()
    due: list[tuple[str, tuple[int, ...]]] = [("tell_admins", ())] if ending.letters_owed() else []
    due += [("refresh_hosts", ())] if hosts.is_due() else []
    due += [(job, (test_id,)) for job, test_id in selftest.leftovers()]
    for job, args in due:
        door.later(job, *args)
    return dict(Counter(job for job, _args in due))


def ask_whether_over(sitting_id: int) -> None:
    """Ask Zoom whether a sitting whose `ended` never came is over (job)."""
    sitting = Sitting.objects.select_related("meeting").filter(pk=sitting_id, ended_at__isnull=True).first()
    if sitting is None:
        return
    try:
        past = connections.client(patient=True).past_meeting(sitting.uuid)
    except (zoom.ZoomError, NotConnected):
        return  # still running, or nobody to ask: the next sweep asks again
    if past.ended_at is not None:
        sittings.over(sitting, past.ended_at, started_at=past.started_at)
        sittings.show_state(sitting.meeting)


def _overdue(door: platform.Platform) -> int:
    running = (
        Sitting.objects.filter(ended_at__isnull=True, started_at__isnull=False)
        .annotate(starts=F("started_at"), minutes=F("meeting__duration_minutes"))
        .values_list("pk", "starts", "minutes")
    )
    now, asked = timezone.now(), 0
    for sitting_id, started_at, minutes in running[:MOST]:
        if started_at + timedelta(minutes=minutes or 60) + OVERDUE_AFTER < now:
            door.later("ask_whether_over", sitting_id)
            asked += 1
    return asked
