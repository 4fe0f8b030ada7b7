"""
What events say about one run of a meeting: begun, over, who came and went. Facts are merged, in any order, any number
of times.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import conf, platform
from zoom_xblock.models import Meeting, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import announce, presences


def record(meeting: Meeting, event: zoom.Event, sitting: Sitting | None = None) -> None:
    """Merge one event into its sitting. The caller has a transaction open."""
    if not event.uuid:
        return  # without a uuid there is no telling which run it was; Zoom's record will
    if event.name.endswith(".ended") and event.practice_session:
        return  # a webinar's rehearsal is over, the session itself has not begun
    sitting = sitting or sitting_of(meeting, event.uuid)
    is_news = True
    if event.name.endswith(".started"):
        _begun(sitting, event)
    elif event.name.endswith(".ended"):
        over(sitting, event.ended_at or event.occurred_at or timezone.now(), started_at=event.started_at)
    elif event.presence is not None:
        is_news = presences.merge(meeting, sitting, [event])
    _show_news(meeting, is_news)


def record_together(meeting: Meeting, events: list[zoom.Event]) -> None:
    """The same for many events of who came and went. The caller has a transaction open."""
    by_uuid: dict[str, list[zoom.Event]] = {}
    for event in events:
        if event.uuid:
            by_uuid.setdefault(event.uuid, []).append(event)
    news = [presences.merge(meeting, sitting_of(meeting, uuid), by_uuid[uuid]) for uuid in sorted(by_uuid)]
    _show_news(meeting, any(news))


def sitting_of(meeting: Meeting, uuid: str, *, started_at: datetime | None = None) -> Sitting:
    """The sitting with this uuid, made where it is new: `ended` may be the first we hear of it."""
    sitting: Sitting = Sitting.objects.get_or_create(
        uuid_digest=digest(uuid), defaults={"meeting": meeting, "uuid": uuid, "started_at": started_at}
    )[0]
    return sitting


def over(sitting: Sitting, ended_at: datetime, *, started_at: datetime | None = None) -> None:
    """Note the end, once, and ask for the settlement: Zoom's record comes later than the event."""
    if sitting.ended_at is not None:
        return
    delay = conf.report_delays_seconds()[0]
    sitting.ended_at = ended_at
    sitting.started_at = sitting.started_at or started_at
    sitting.record = Sitting.Record.AWAITED
    sitting.next_try_at = timezone.now() + timedelta(seconds=delay)
    facts = {name: getattr(sitting, name) for name in ("ended_at", "started_at", "record", "next_try_at")}
    if not Sitting.objects.filter(pk=sitting.pk, ended_at=None).update(**facts):
        sitting.refresh_from_db()  # another worker heard of the end at the same moment
        return
    announce.ended(sitting)
    platform.current().later("settle_sitting", sitting.pk, countdown_seconds=delay)


def show_state(meeting: Meeting) -> None:
    """
    Live while a sitting runs, ended when the last one is over; from the sittings, so that the order of events does not
    matter.
    """
    ends = list(meeting.sittings.values_list("started_at", "ended_at"))
    running = any(started and ended is None for started, ended in ends)
    over_now = bool(ends) and all(ended is not None for _started, ended in ends)
    state = Meeting.State.LIVE if running else Meeting.State.ENDED if over_now else Meeting.State.SCHEDULED
    if meeting.state not in (state, Meeting.State.GONE):
        meeting.state = state
        meeting.save(update_fields=["state"])


def _show_news(meeting: Meeting, is_news: bool) -> None:
    """Who comes and goes changes nothing in a meeting that is under way, or over."""
    if is_news or meeting.state not in (Meeting.State.LIVE, Meeting.State.ENDED):
        show_state(meeting)


def _begun(sitting: Sitting, event: zoom.Event) -> None:
    started_at = event.started_at or event.occurred_at
    if started_at is not None and (sitting.started_at is None or started_at < sitting.started_at):
        sitting.started_at = started_at
        sitting.save(update_fields=["started_at"])


def unfinished_where_joining_completes(most: int) -> list[int]:
    """Meetings under way where somebody may have come whose job was lost, for the sweep."""
    running = Sitting.objects.filter(ended_at__isnull=True, started_at__isnull=False)
    found = running.filter(meeting__placements__rule__completion="joining").values_list("meeting_id", flat=True)
    return sorted(set(found[:most]))
