"""
What events say about one run of a meeting: begun, over, who came and went. Facts are merged, in any order, any number
of times.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import conf, platform
from zoom_xblock.models import Meeting, Registration, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import announce, counting, placements


def record(meeting: Meeting, event: zoom.Event) -> None:
    """Merge one event into its sitting."""
    if not event.uuid:
        return  # without a uuid there is no telling which run it was; Zoom's record will
    if event.name.endswith(".ended") and event.practice_session:
        return  # a webinar's rehearsal is over, the session itself has not begun
    sitting = sitting_of(meeting, event.uuid)
    if event.name.endswith(".started"):
        _begun(sitting, event)
    elif event.name.endswith(".ended"):
        over(sitting, event.ended_at or event.occurred_at or timezone.now(), started_at=event.started_at)
    elif event.presence is not None:
        _presence(sitting, event)
    show_state(meeting)


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


def _begun(sitting: Sitting, event: zoom.Event) -> None:
    started_at = event.started_at or event.occurred_at
    if started_at is not None and (sitting.started_at is None or started_at < sitting.started_at):
        sitting.started_at = started_at
        sitting.save(update_fields=["started_at"])


def _presence(sitting: Sitting, event: zoom.Event) -> None:
    person, presence = event.participant, event.presence
    if person is None or presence is None:
        return
    came_or_went, room = presence
    at = (person.joined_at if came_or_went == "joined" else person.left_at) or event.occurred_at
    if at is None:
        return
    who = person.connection or f"{person.participant_uuid or ''}/{person.registrant_id or ''}/{person.name or ''}"
    with transaction.atomic():
        segment = Segment.objects.select_for_update().get_or_create(
            sitting=sitting,
            fact_digest=digest("live", room, who),
            defaults={"source": Segment.Source.LIVE, "room": room, "connection": (person.connection or "")[:64]},
        )[0]
        if came_or_went == "joined":
            # Two reports of one connection that disagree: the narrower presence counts, a minute is not invented.
            segment.joined_at = max(at, segment.joined_at) if segment.joined_at else at
        else:
            segment.left_at = min(at, segment.left_at) if segment.left_at else at
        # `left` may come first and say less: nothing known is overwritten by nothing.
        segment.registrant_id = segment.registrant_id or (person.registrant_id or "")[:128]
        segment.zoom_user_id = segment.zoom_user_id or (person.zoom_user_id or "")[:64]
        segment.name = segment.name or (person.name or "")[:255]
        segment.email = segment.email or (person.email or "")[:254]
        if person.zoom_user_id:
            segment.is_internal = True  # Zoom gives the id of a user to people of the account only
        segment.is_phone = segment.is_phone or person.phone or None
        segment.save()
    if sitting.started_at is None:
        # Somebody is in: it runs, even if `started` is late.
        Sitting.objects.filter(pk=sitting.pk, started_at__isnull=True).update(started_at=event.started_at or at)
    if came_or_went == "joined" and room != Segment.Room.WAITING.value:
        _came(sitting.meeting, segment)


def _came(meeting: Meeting, segment: Segment) -> None:
    """Somebody is in: note it with her place, and where joining completes, count her at once."""
    assert segment.joined_at is not None  # just written
    if segment.registrant_id:
        alike = meeting.registrations.filter(registrant_id=segment.registrant_id)
        for registration in alike.only("pk", "user", "registrant_id", "joined_at"):
            # Compared once more in Python: the database may take ids that differ in case only for one.
            is_hers = registration.registrant_id == segment.registrant_id
            if is_hers and (registration.joined_at is None or segment.joined_at < registration.joined_at):
                its = Registration.objects.filter(pk=registration.pk)
                if its.filter(joined_at=None).update(joined_at=segment.joined_at):
                    announce.joined(meeting, {registration.user_id: segment.joined_at})
                else:
                    its.filter(joined_at__gt=segment.joined_at).update(joined_at=segment.joined_at)
    for placement in meeting.placements.all():
        if placement.rule is None:
            placements.read_rule(placement)
        policy = counting.policy_of(placement)
        if policy is None or policy.completion != "joining":
            continue
        user_id = counting.who_is(meeting, placement, registrants=[segment.registrant_id])(segment)
        if user_id is not None:
            platform.current().later("decide_learners", placement.pk, [user_id])


def unfinished_where_joining_completes(most: int) -> list[int]:
    """Meetings under way where somebody may have come whose job was lost, for the sweep."""
    running = Sitting.objects.filter(ended_at__isnull=True, started_at__isnull=False)
    found = running.filter(meeting__placements__rule__completion="joining").values_list("meeting_id", flat=True)
    return sorted(set(found[:most]))
