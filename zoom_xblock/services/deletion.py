"""
Sessions whose block is gone: deleted at Zoom, late enough for every undo, and never on an event's word
(docs/decisions/0006).

`Placement.unpublished_since` says since when no published block carries the key. While there still is a draft it is
moved along, so that the time runs from when the block was last seen anywhere: who deletes a draft that was never
published has the same time to take it back.
"""

from __future__ import annotations

import logging
import zlib
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import client as zoom
from zoom_xblock import conf, platform
from zoom_xblock.models import Meeting, Occurrence, Placement, Sitting
from zoom_xblock.services import connections
from zoom_xblock.services.errors import Busy, Forbidden, NotConnected, Unplaced, trouble_of
from zoom_xblock.services.leases import lease
from zoom_xblock.usage_keys import plain_key

log = logging.getLogger("zoom_xblock.deletion")

#: So many blocks are asked after in one sweep.
MOST = 200
LEASE_SECONDS = 60
#: After a refusal of Zoom's the session is tried again, but not by every sweep.
RETRY_AFTER = timedelta(hours=1)
#: Courses take turns in being compared with what is published: all of them within an hour, by slots of five minutes.
SLOTS, SLOT_SECONDS = 12, 300
_SETTLED = (Sitting.Record.FINAL, Sitting.Record.LIVE_FINAL)


def keep(*, usage_key: UsageKey, user_id: int, keeps: bool) -> None:
    """Whether the session stays at Zoom when the block goes. Raises Forbidden, Unplaced, Busy."""
    usage_key = plain_key(usage_key)
    if not platform.current().can_author(user_id, usage_key.context_key):
        raise Forbidden()
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None:
        raise Unplaced()
    with lease(placement, seconds=LEASE_SECONDS) as mine:
        if not mine:  # it may be going just now
            raise Busy()
        Placement.objects.filter(pk=placement.pk).update(keeps_meeting=bool(keeps))


def sweep(now: datetime | None = None) -> dict[str, int]:
    """
    Queue `delete_at_zoom` for sessions whose block is gone for long enough, and `reconcile_course` for the courses
    whose turn it is: a draft that was never published goes without any event. The counts by job.
    """
    now, door = now or timezone.now(), platform.current()
    latest = now - timedelta(seconds=conf.delete_after_seconds())
    gone = 0
    for placement in _ours_to_come(now).filter(unpublished_since__isnull=False).order_by("unpublished_since")[:MOST]:
        if _is_there(placement, door):
            _seen(placement, now)
        elif placement.unpublished_since is not None and placement.unpublished_since <= latest:
            door.later("delete_at_zoom", placement.pk)
            gone += 1
    slot, courses = int(now.timestamp() // SLOT_SECONDS) % SLOTS, 0
    for key in set(_ours_to_come(now).values_list("course_key", flat=True)):
        if zlib.crc32(str(key).encode()) % SLOTS == slot:
            door.later("reconcile_course", str(key))
            courses += 1
    return {"delete_at_zoom": gone, "reconcile_course": courses}


def delete_at_zoom(placement_id: int) -> None:
    """
    Delete the session of a block that is gone, if it still is, and if nobody else has the session (job).

    A refusal is logged and tried again later. Attendance, registrations and the rows themselves stay.
    """
    placement = Placement.objects.select_related("meeting").filter(pk=placement_id).first()
    if placement is None or placement.meeting is None:
        return
    # The same leases as for saving and linking: of a deletion and a link one comes first, and the other one sees it.
    with lease(placement, seconds=LEASE_SECONDS) as mine, lease(placement.meeting, seconds=LEASE_SECONDS) as all_mine:
        if not (mine and all_mine):
            return  # somebody is saving or linking it just now; the sweep comes again
        placement = Placement.objects.select_related("meeting").get(pk=placement_id)
        if placement.meeting is None or not _is_due(placement, platform.current()):
            return
        _delete(placement, placement.meeting)


# -- inside ---------------------------------------------------------------------------------------------------------


def _ours_to_come(now: datetime) -> QuerySet[Placement]:
    """Placements of sessions that we made, that lie ahead, and that nobody wants kept."""
    dates = Occurrence.objects.filter(starts_at__gt=now, status=Occurrence.Status.AVAILABLE)
    ahead = Q(meeting__starts_at__gt=now) | Q(meeting_id__in=dates.values("meeting_id"))
    return (
        Placement.objects.select_related("meeting")
        .filter(ahead, meeting__made_by_us=True)
        .exclude(meeting__state__in=(Meeting.State.GONE, Meeting.State.LIVE))
        .exclude(is_link=True)
        .exclude(keeps_meeting=True)
    )


def _is_there(placement: Placement, door: platform.Platform) -> bool:
    """Whether the block exists, as a draft or published. Where the platform cannot say, it does."""
    try:
        return door.published_wishes(placement.usage_key) is not None or door.has_draft(placement.usage_key)
    except platform.PlatformError as error:
        log.warning("block not looked for placement_id=%s reason=%s", placement.pk, type(error).__name__)
        return True


def _seen(placement: Placement, now: datetime) -> None:
    """Move the time along, not by every sweep; published again, the next comparison of the course says so."""
    since = placement.unpublished_since
    if since is not None and now - since > timedelta(seconds=conf.delete_after_seconds() / 10):
        Placement.objects.filter(pk=placement.pk, unpublished_since=since).update(unpublished_since=now)


def _is_due(placement: Placement, door: platform.Platform) -> bool:
    now = timezone.now()
    latest = now - timedelta(seconds=conf.delete_after_seconds())
    if placement.unpublished_since is None or placement.unpublished_since > latest:
        return False
    if not _ours_to_come(now).filter(pk=placement.pk).exists():
        return False
    assert placement.meeting_id is not None  # what is ours to come has a session
    # A date that was held and is not counted yet: Zoom may still owe us the record of it.
    if Sitting.objects.filter(meeting_id=placement.meeting_id).exclude(record__in=_SETTLED).exists():
        return False
    if _is_there(placement, door):
        return False
    others = Placement.objects.filter(meeting_id=placement.meeting_id).exclude(pk=placement.pk)
    return not any(_uses(other, latest, door) for other in others)


def _uses(other: Placement, latest: datetime, door: platform.Platform) -> bool:
    """Whether another block stands for the session: it is there, or may still come back."""
    since = other.unpublished_since
    return since is None or since > latest or _is_there(other, door)


def _delete(placement: Placement, meeting: Meeting) -> None:
    try:
        connections.client(patient=True).delete_meeting(meeting.kind, meeting.zoom_id)
    except zoom.errors.UserGone as error:
        _refused(placement, error)
    except zoom.errors.Gone:
        _gone(placement, meeting)  # so is the block: no need to doubt it
    except (zoom.ZoomError, NotConnected) as error:
        _refused(placement, error)
    else:
        _gone(placement, meeting)


def _gone(placement: Placement, meeting: Meeting) -> None:
    Meeting.objects.filter(pk=meeting.pk).update(state=Meeting.State.GONE, missing_since=None)
    log.info("session deleted with its block placement_id=%s meeting_id=%s", placement.pk, meeting.pk)


def _refused(placement: Placement, error: Exception) -> None:
    log.warning("session not deleted placement_id=%s reason=%s", placement.pk, trouble_of(error))
    again = timezone.now() - timedelta(seconds=conf.delete_after_seconds()) + RETRY_AFTER
    Placement.objects.filter(pk=placement.pk).update(unpublished_since=again)
