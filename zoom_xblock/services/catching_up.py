"""
What Zoom knows and nobody told us: runs whose end was never reported, and runs of which no event came at all.

So a site that was down for a day, or whose deliveries got lost, learns from Zoom's lists who was there. Asked after a
date that passed, and more and more rarely while Zoom says that nothing was held.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock.models import Meeting, Occurrence, Sitting
from zoom_xblock.services import connections, sittings
from zoom_xblock.services.errors import NotConnected, trouble_of
from zoom_xblock.services.leases import keep

log = logging.getLogger("zoom_xblock.catching_up")

#: A sitting may run over; so long after its planned end it is asked after, and then not by every sweep.
OVERDUE_AFTER = timedelta(hours=1)
OVERDUE_AGAIN = timedelta(minutes=10)
#: Where its job was lost, or Zoom could say nothing, it is asked after again sooner.
CLAIM_SECONDS = 60
NOTHING_LEARNT = (
    NotConnected,
    zoom.errors.Disconnected,
    zoom.errors.Unreachable,
    zoom.errors.RateLimited,
    zoom.errors.ZoomDown,
)
#: So long after the planned end of a date of which no event came Zoom is asked what was held, and then again when as
#: much time has passed once more; for so long at most.
LOOK_AFTER = timedelta(minutes=15)
LOOK_BACK = timedelta(days=14)
#: A session may begin so much earlier than planned.
EARLY = timedelta(hours=1)
DEFAULT_MINUTES = 60


def overdue(most: int) -> list[int]:
    """Sittings that should be over long ago; each is claimed for a while (for the sweep)."""
    now = timezone.now()
    free = Q(next_try_at__isnull=True) | Q(next_try_at__lte=now)
    running = (
        Sitting.objects.filter(free, ended_at__isnull=True, started_at__lt=now - OVERDUE_AFTER)
        .order_by("started_at")
        .values_list("pk", "started_at", "meeting__duration_minutes")
    )
    found: list[int] = []
    for sitting_id, started_at, minutes in running[: most * 2]:
        assert started_at is not None  # compared in the query
        if started_at + timedelta(minutes=minutes or DEFAULT_MINUTES) + OVERDUE_AFTER < now and len(found) < most:
            found.append(sitting_id)
    Sitting.objects.filter(pk__in=found, ended_at__isnull=True).update(
        next_try_at=now + timedelta(seconds=CLAIM_SECONDS)
    )
    return found


def ask_whether_over(sitting_id: int) -> None:
    """Ask Zoom whether a sitting whose `ended` never came is over (job)."""
    sitting = Sitting.objects.select_related("meeting").filter(pk=sitting_id, ended_at__isnull=True).first()
    if sitting is None:
        return
    try:
        started_at, ended_at = _bounds(connections.client(patient=True), sitting.meeting, sitting.uuid)
    except (zoom.ZoomError, NotConnected) as error:
        # Still running, or nobody to ask: a later sweep asks again.
        log.info("sitting not known to be over sitting_id=%s reason=%s", sitting_id, trouble_of(error))
        if not isinstance(error, NOTHING_LEARNT):
            _runs(sitting)
        return
    if ended_at is None:
        _runs(sitting)
        return
    sittings.over(sitting, ended_at, started_at=started_at)
    sittings.show_state(sitting.meeting)


def unheard(most: int) -> list[int]:
    """
    Meetings with a date that passed and of which no sitting is on record that ended since it began; each is claimed
    until Zoom is to be asked again (for the sweep).
    """
    if not connections.the_connection().is_connected:
        return []
    now = timezone.now()
    due = [
        meeting_id
        for meeting_id, (ended_at, looked_at) in _passed(now, most * 4).items()
        if looked_at is None or looked_at < ended_at + LOOK_AFTER or now - looked_at > looked_at - ended_at
    ][:most]
    Meeting.objects.filter(pk__in=due).update(looked_at=now)
    return due


def look_for_sittings(meeting_id: int) -> None:
    """Ask Zoom which runs a meeting had, and make a sitting of each that ended and that we do not know (job)."""
    meeting = Meeting.objects.filter(pk=meeting_id).first()
    if meeting is None:
        return
    try:
        client = connections.client(patient=True)
        listed = client.past_sittings(meeting.kind, meeting.zoom_id)
        known = dict(meeting.sittings.values_list("uuid", "ended_at"))
        for past in listed:
            if known.get(past.uuid) is None:
                keep()
                _missed(client, meeting, past)
    except (zoom.errors.Gone, zoom.errors.NotReady):
        return  # nothing was held; the claim stands, so it is asked more rarely
    except (zoom.ZoomError, NotConnected) as error:
        log.warning("past sittings not listed meeting_id=%s reason=%s", meeting_id, trouble_of(error))
        if getattr(error, "retry", False) or isinstance(error, NotConnected):
            Meeting.objects.filter(pk=meeting_id).update(looked_at=None)  # nothing was learnt
        return
    sittings.show_state(meeting)


# -- inside ---------------------------------------------------------------------------------------------------------


def _runs(sitting: Sitting) -> None:
    """It is not over, as far as Zoom says."""
    again_at = timezone.now() + OVERDUE_AGAIN
    Sitting.objects.filter(pk=sitting.pk, ended_at__isnull=True).update(next_try_at=again_at)


def _missed(client: zoom.ZoomClient, meeting: Meeting, past: zoom.PastSitting) -> None:
    started_at, ended_at = _bounds(client, meeting, past.uuid, past.started_at)
    if ended_at is None:
        return  # it runs
    sitting = sittings.sitting_of(meeting, past.uuid, started_at=started_at)
    log.info("sitting found at Zoom, no event told of its end sitting_id=%s meeting_id=%s", sitting.pk, meeting.pk)
    sittings.over(sitting, ended_at, started_at=started_at)


def _bounds(
    client: zoom.ZoomClient, meeting: Meeting, uuid: str, started_at: datetime | None = None
) -> tuple[datetime | None, datetime | None]:
    """
    When a run began and ended, (None, None) for one that Zoom does not call over; `started_at`: as its list says.

    Of a webinar that is over Zoom lists the start and who was there, and has no call for the end: that is when the last
    one left, or when it was to be over, where nobody is listed.
    """
    if meeting.kind == "meeting":
        whole = client.past_meeting(uuid)
        return whole.started_at or started_at, whole.ended_at
    if started_at is None:
        listed = client.past_sittings(meeting.kind, meeting.zoom_id)
        started_at = next((past.started_at for past in listed if past.uuid == uuid), None)
        if started_at is None:
            return None, None
    last = started_at
    for page in client.past_participants(meeting.kind, uuid):
        keep()
        last = max([last, *(row.left_at for row in page if row.left_at is not None)])
    if last > started_at:
        return started_at, last
    planned = started_at + timedelta(minutes=meeting.duration_minutes or DEFAULT_MINUTES)
    return started_at, min(planned, timezone.now())


def _passed(now: datetime, most: int) -> dict[int, tuple[datetime, datetime | None]]:
    """By meeting: when its last date of which nothing was heard was to be over, and when Zoom was last asked."""
    window = {"starts_at__gt": now - LOOK_BACK, "starts_at__lt": now - LOOK_AFTER}
    quiet = Q(looked_at__isnull=True) | Q(looked_at__lt=now - LOOK_AFTER)
    first = F("looked_at").asc(nulls_first=True)
    single = (
        Meeting.objects.filter(quiet, ~Exists(_held("pk")), occurrences__isnull=True, **window)
        .exclude(state=Meeting.State.GONE)
        .order_by(first)
        .values_list("pk", "starts_at", "duration_minutes", "looked_at")
    )
    quiet_meeting = Q(meeting__looked_at__isnull=True) | Q(meeting__looked_at__lt=now - LOOK_AFTER)
    dates = (
        Occurrence.objects.filter(
            quiet_meeting, ~Exists(_held("meeting_id")), status=Occurrence.Status.AVAILABLE, **window
        )
        .exclude(meeting__state=Meeting.State.GONE)
        .order_by(F("meeting__looked_at").asc(nulls_first=True))
        .values_list("meeting_id", "starts_at", "duration_minutes", "meeting__looked_at")
    )
    found: dict[int, tuple[datetime, datetime | None]] = {}
    for meeting_id, starts_at, minutes, looked_at in [*single[:most], *dates[:most]]:
        assert starts_at is not None  # compared in the query
        ended_at = starts_at + timedelta(minutes=minutes or DEFAULT_MINUTES)
        before = found.get(meeting_id)
        if ended_at + LOOK_AFTER < now and (before is None or ended_at > before[0]):
            found[meeting_id] = (ended_at, looked_at)
    return found


def _held(meeting: str) -> QuerySet[Sitting]:
    """
    Sittings of the meeting that ended since this date began, or that run: the end of those is asked for by itself.
    """
    ended = Q(ended_at__gte=OuterRef("starts_at") - EARLY) | Q(ended_at__isnull=True, started_at__isnull=False)
    return Sitting.objects.filter(ended, meeting_id=OuterRef(meeting))
