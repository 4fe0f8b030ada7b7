"""From reported presence to results and completions."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import attendance, conf, platform, queries
from zoom_xblock import client as zoom
from zoom_xblock.models import Meeting, Placement, Registration, Result, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.platform import CompletionOff, PlatformError
from zoom_xblock.services import connections, placements, sittings
from zoom_xblock.services.errors import NotConnected, trouble_of
from zoom_xblock.services.leases import lease
from zoom_xblock.services.retry import LONGEST_COUNTDOWN_SECONDS

log = logging.getLogger("zoom_xblock.settlement")

LEASE_SECONDS = 600
BATCH = 500
#: What a decision writes.
DECIDED = ["attended_seconds", "required_seconds", "state", "is_complete", "score", "decided_at"]
#: Scopes under which Zoom's report may be read; else the list of past participants is (Zoom, "OAuth scopes").
REPORT_SCOPES = {
    Meeting.Kind.MEETING: {"report:read:list_meeting_participants:admin", "report:read:admin"},
    Meeting.Kind.WEBINAR: {"report:read:list_webinar_participants:admin", "report:read:admin"},
}


def settle_sitting(sitting_id: int) -> None:
    """Fetch Zoom's record of a sitting that is over, and decide (job). Settled already: nothing happens."""
    sitting = Sitting.objects.select_related("meeting").filter(pk=sitting_id).first()
    if sitting is None or sitting.ended_at is None or sitting.is_settled:
        return
    with lease(sitting, seconds=LEASE_SECONDS) as mine:
        if not mine:
            return
        sitting.refresh_from_db()
        if sitting.is_settled:
            return
        sitting.attempts += 1
        try:
            client = connections.client(patient=True)
            _find_other_sittings(client, sitting.meeting)
            rows = [row for page in _record_pages(client, sitting) for row in page]
        except (zoom.ZoomError, NotConnected) as error:
            _not_yet(sitting, trouble_of(error), error)
        else:
            if rows:
                _keep_record(sitting, rows)
            elif _nobody_else_came(sitting):
                _close(sitting, Sitting.Record.LIVE_FINAL)
            else:
                _not_yet(sitting, "empty_record", None)
    decide_meeting(sitting.meeting_id)


def decide_meeting(meeting_id: int) -> None:
    """Count everybody anew at every placement of a meeting, write what changed, complete who is owed it (job)."""
    meeting = Meeting.objects.get(pk=meeting_id)
    with lease(meeting, seconds=LEASE_SECONDS) as mine:
        if not mine:
            platform.current().later("decide_meeting", meeting_id, countdown_seconds=5)
            return
        counted_at = timezone.now()
        counted = _count(meeting)
        for placement in meeting.placements.all():
            _decide(placement, counted)
        # What is settled from here on is later than this; a worker killed before this line leaves the meeting
        # undecided.
        Meeting.objects.filter(pk=meeting_id).update(decided_at=counted_at)
        for placement in meeting.placements.all():
            pay_owed(placement.pk)


def pay_owed(placement_id: int) -> None:
    """
    Tell the platform of completions and scores it has not been told of (job). What fails stays owed, and the sweep
    comes back to it. In the LMS only: what listens to completions and grades lives there.
    """
    door = platform.current()
    placement = Placement.objects.get(pk=placement_id)
    if door.service != "lms":
        log.info("owed outcomes are left to the LMS placement_id=%s", placement.pk)
        return
    _pay_scores(door, placement)
    _pay_completions(door, placement)


def _pay_scores(door: platform.Platform, placement: Placement) -> None:
    owed = queries.scores_owed(placement.pk)
    for batch in _batches(list(owed.values_list("pk", "user_id"))):
        enrolled = door.enrolled_among([user_id for _pk, user_id in batch], placement.course_key)
        rows = Result.objects.filter(pk__in=[pk for pk, user_id in batch if user_id in enrolled])
        scores = {row.user_id: row.score for row in rows if row.score is not None}
        try:
            told = door.grade(placement.usage_key, {user_id: (score, 1.0) for user_id, score in scores.items()})
        except PlatformError:
            log.exception("scores not told placement_id=%s", placement.pk)
            return
        for row in rows:
            if row.user_id in told:
                # Only what was told: the score may have risen meanwhile, and is then owed again.
                Result.objects.filter(pk=row.pk).update(score_told=scores[row.user_id])


def _pay_completions(door: platform.Platform, placement: Placement) -> None:
    owed = Result.objects.filter(placement=placement, is_complete=True, completed_at__isnull=True)
    for batch in _batches(list(owed.values_list("pk", "user_id"))):
        users = [user_id for _pk, user_id in batch]
        enrolled = door.enrolled_among(users, placement.course_key)
        present = door.completions(placement.usage_key, users)
        for result_id, user_id in batch:
            if user_id not in enrolled:
                continue  # kept, not paid: whoever enrols again gets it
            if present.get(user_id, 0.0) < 1.0:
                try:
                    door.complete(user_id, placement.usage_key)
                except CompletionOff:
                    log.error("completion is switched off on this site placement_id=%s", placement.pk)
                    return
                except PlatformError:
                    log.exception("completion not written placement_id=%s user_id=%s", placement.pk, user_id)
                    continue
            Result.objects.filter(pk=result_id).update(completed_at=timezone.now())


def reset_score(*, usage_key: UsageKey, anonymous_user_id: str) -> None:
    """Staff deleted a learner's state: the score is gone there, and the next count must not bring it back."""
    door = platform.current()
    user_id = door.user_id_of(anonymous_user_id)
    placement = Placement.objects.for_usage_key(usage_key)
    if user_id is not None and placement is not None:
        Result.objects.filter(placement=placement, user_id=user_id).update(
            score=None, score_told=None, score_reset_at=timezone.now()
        )
    if user_id is not None:
        try:
            door.score_deleted(user_id, usage_key)
        except PlatformError:  # staff's deletion goes on; the next change of a score counts anew
            log.exception("gradebook not told of a deleted score user_id=%s usage_key=%s", user_id, usage_key)


# -- Zoom's record ---------------------------------------------------------------------------------------------------


def _record_pages(client: zoom.ZoomClient, sitting: Sitting) -> Iterable[list[zoom.Participant]]:
    kind = sitting.meeting.kind
    if connections.the_connection().granted_scopes & REPORT_SCOPES[Meeting.Kind(kind)]:
        return client.report_participants(kind, sitting.uuid)
    return client.past_participants(kind, sitting.uuid)


def _find_other_sittings(client: zoom.ZoomClient, meeting: Meeting) -> None:
    """Runs whose events never came. What cannot be listed is no reason to stop: this sitting is known."""
    try:
        listed = client.past_sittings(meeting.kind, meeting.zoom_id)
    except zoom.ZoomError as error:
        log.info("past sittings not listed meeting_id=%s zoom_code=%s", meeting.pk, error.code)
        return
    known = set(meeting.sittings.values_list("uuid", flat=True))
    for past in listed:
        if past.uuid not in known:
            missed = sittings.sitting_of(meeting, past.uuid, started_at=past.started_at)
            sittings.over(
                missed, _end_of(client, missed) or past.started_at or timezone.now(), started_at=past.started_at
            )


def _end_of(client: zoom.ZoomClient, sitting: Sitting) -> datetime | None:
    """
    When a past run ended, where Zoom tells. It only closes connections left open by lost events: too early invents
    nothing.
    """
    try:
        return client.past_meeting(sitting.uuid).ended_at
    except zoom.ZoomError:
        return None


def _keep_record(sitting: Sitting, rows: list[zoom.Participant]) -> None:
    """Replace what an earlier record said, all at once. Events stay beside it, for the eye; they no longer count."""
    proofs = dict(
        sitting.segments.filter(source=Segment.Source.LIVE).exclude(registrant_id="").exclude(connection="")
        .values_list("connection", "registrant_id")
    )  # fmt: skip
    segments = {}
    for row in rows:
        segment = Segment(
            sitting=sitting,
            source=Segment.Source.RECORD,
            room=row.room,
            connection=(row.connection or "")[:64],
            # Zoom's own number of a connection ties a row without registrant to the event that named it.
            registrant_id=(row.registrant_id or proofs.get(row.connection or "", ""))[:128],
            zoom_user_id=(row.zoom_user_id or "")[:64],
            name=(row.name or "")[:255],
            email=(row.email or "")[:254],
            joined_at=row.joined_at,
            left_at=row.left_at,
        )
        segment.fact_digest = digest(
            "record", segment.room, segment.connection, segment.registrant_id, segment.name, row.joined_at, row.left_at
        )
        segments[segment.fact_digest] = segment
    with transaction.atomic():
        sitting.segments.filter(source=Segment.Source.RECORD).delete()
        Segment.objects.bulk_create(segments.values(), batch_size=BATCH)
        _close(sitting, Sitting.Record.FINAL)


def _nobody_else_came(sitting: Sitting) -> bool:
    """Zoom gives no record of a sitting with one person in it; asked twice, an empty answer is then the answer."""
    connections_seen = sitting.segments.filter(source=Segment.Source.LIVE).exclude(room=Segment.Room.WAITING).count()
    return connections_seen <= 1 and sitting.attempts >= 2


def _close(sitting: Sitting, record: str) -> None:
    sitting.record, sitting.next_try_at, sitting.error, sitting.settled_at = record, None, "", timezone.now()
    sitting.save(update_fields=["record", "next_try_at", "error", "settled_at", "attempts"])


def _not_yet(sitting: Sitting, reason: str, error: Exception | None) -> None:
    """
    Ask again at the next of the stated times after the end; after the last one the events are the final record.

    A site that is not connected, or a Zoom that is down, uses up no try: nothing was learnt.
    """
    assert sitting.ended_at is not None
    delays = conf.report_delays_seconds()
    now = timezone.now()
    unheard = isinstance(
        error,
        NotConnected
        | zoom.errors.Unreachable
        | zoom.errors.ZoomDown
        | zoom.errors.RateLimited
        | zoom.errors.Disconnected,
    )
    later_times = [sitting.ended_at + timedelta(seconds=delay) for delay in delays]
    upcoming = [at for at in later_times if at > now]
    if unheard:
        sitting.attempts -= 1
        wait = max(30.0, float(getattr(error, "retry_after_seconds", None) or 0))
        next_try = min(upcoming, default=now + timedelta(seconds=300))
        next_try = max(now + timedelta(seconds=wait), min(next_try, now + timedelta(seconds=300)))
    elif upcoming:
        next_try = upcoming[0]
    elif sitting.attempts < 2:  # heard of it late: one answer is not enough to give up on
        next_try = now + timedelta(seconds=delays[0])
    else:
        log.warning("no record from Zoom: events are final sitting_id=%s reason=%s", sitting.pk, reason)
        _close(sitting, Sitting.Record.LIVE_FINAL)
        return
    sitting.next_try_at, sitting.error = next_try, reason
    sitting.save(update_fields=["next_try_at", "error", "attempts"])
    wait_seconds = (next_try - now).total_seconds()
    if wait_seconds <= LONGEST_COUNTDOWN_SECONDS:
        platform.current().later("settle_sitting", sitting.pk, countdown_seconds=wait_seconds)


# -- counting --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Counted:
    """Seconds by user: those that are sure, and all that were reported."""

    settled: dict[int, float]
    reported: dict[int, float]
    registered: list[int]
    is_final: bool


def _count(meeting: Meeting) -> _Counted:
    """Presence of every registered learner over all sittings of the meeting. The waiting room is not presence."""
    who = dict(
        Registration.objects.filter(meeting=meeting).exclude(registrant_id="").values_list("registrant_id", "user_id")
    )
    rows: dict[bool, list[tuple[int, int, int]]] = {True: [], False: []}
    running = False
    for sitting in meeting.sittings.all():
        running = running or sitting.ended_at is None
        source = Segment.Source.RECORD if sitting.record == Sitting.Record.FINAL else Segment.Source.LIVE
        segments = sitting.segments.filter(source=source).exclude(room=Segment.Room.WAITING).exclude(registrant_id="")
        for registrant_id, joined_at, left_at in segments.values_list(
            "registrant_id", "joined_at", "left_at"
        ).iterator():
            # Looked up in Python: the database may take ids that differ in case only for one.
            user_id, span = who.get(registrant_id), queries.presence_us(joined_at, left_at, sitting.ended_at)
            if user_id is not None and span is not None:
                rows[sitting.is_settled].append((user_id, *span))
    settled = attendance.attended_seconds_by_person(rows[True])
    reported = attendance.attended_seconds_by_person(rows[True] + rows[False])
    is_final = (
        not running
        and not meeting.sittings.exclude(record__in=[Sitting.Record.FINAL, Sitting.Record.LIVE_FINAL]).exists()
    )
    return _Counted(settled, reported, sorted(set(who.values())), is_final)


def _decide(placement: Placement, counted: _Counted) -> None:
    _read_rule(placement)
    required_seconds = placement.required_seconds
    if required_seconds is None:
        return  # never published: there is no rule, and nobody could have opened it
    requirement = attendance.Requirement(required_seconds=required_seconds)
    now = timezone.now()
    state = Result.State.FINAL if counted.is_final else Result.State.PROVISIONAL
    existing = {result.user_id: result for result in Result.objects.filter(placement=placement)}
    new, changed = [], []
    for user_id in counted.registered:
        sure = attendance.decide(requirement, counted.settled.get(user_id, 0))
        facts = {
            "attended_seconds": int(counted.reported.get(user_id, 0)),
            "required_seconds": required_seconds,
            "state": state,
            "score": round(sure.share, 4) if placement.is_graded and counted.settled else None,
        }
        result = existing.get(user_id)
        if result is None:
            new.append(Result(placement=placement, user_id=user_id, is_complete=sure.complete, decided_at=now, **facts))
            continue
        # What was given is not withdrawn by a machine: later evidence only raises it.
        facts["is_complete"] = result.is_complete or sure.complete
        facts["score"] = max((score for score in (facts["score"], result.score) if score is not None), default=None)
        if result.score_reset_at is not None:
            facts["score"] = None  # a person took it away; what a person decides stands
        if any(getattr(result, name) != value for name, value in facts.items()):
            for name, value in facts.items():
                setattr(result, name, value)
            result.decided_at = now
            changed.append(result)
    with transaction.atomic():
        Result.objects.bulk_create(new, batch_size=BATCH)
        Result.objects.bulk_update(
            changed,
            ["attended_seconds", "required_seconds", "state", "is_complete", "score", "decided_at"],
            batch_size=BATCH,
        )


def _read_rule(placement: Placement) -> None:
    """Keep the published rule; the last one read stands where the block is gone by now."""
    wishes = platform.current().published_wishes(placement.usage_key)
    if wishes is not None:
        placements.keep_rule(placement, wishes)


def _batches(rows: list[tuple[int, int]]) -> Iterable[list[tuple[int, int]]]:
    return (rows[first : first + BATCH] for first in range(0, len(rows), BATCH))
