"""
Zoom's own record of a sitting: asked for, kept page by page, and what happens while it is not there.

A record may be of any length, so it is never held whole: each page is written before the next is asked for. Nothing of
it counts until the sitting says that it is final, so that a half-read record is nobody's minutes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import conf, platform
from zoom_xblock.models import Meeting, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import bulk, connections, sittings
from zoom_xblock.services.errors import NotConnected, trouble_of
from zoom_xblock.services.retry import LONGEST_COUNTDOWN_SECONDS

log = logging.getLogger("zoom_xblock.settlement")

#: When Zoom said nothing about a record, it is asked again after so long at the soonest, and at the latest.
UNHEARD_SOONEST_SECONDS = 30.0
UNHEARD_LATEST_SECONDS = 300.0

BATCH = 500
#: Scopes under which Zoom's report may be read; else the list of past participants is (Zoom, "OAuth scopes").
REPORT_SCOPES = {
    Meeting.Kind.MEETING: {"report:read:list_meeting_participants:admin", "report:read:admin"},
    Meeting.Kind.WEBINAR: {"report:read:list_webinar_participants:admin", "report:read:admin"},
}
#: Of a presence as the record has it; the digest, which tells it from all others of its sitting, first.
COLUMNS = (
    "fact_digest",
    "sitting",
    "source",
    "room",
    "connection",
    "registrant_id",
    "zoom_user_id",
    "name",
    "email",
    "is_internal",
    "joined_at",
    "left_at",
)


def fetch(sitting: Sitting) -> None:
    """
    Ask Zoom for the record of a sitting that is over, and keep it; else note when to ask again, or that events are the
    final record. The caller holds the sitting's lease.
    """
    sitting.attempts += 1
    try:
        client = connections.client(patient=True)
        _find_other_sittings(client, sitting.meeting)
        rows = keep(sitting, pages(client, sitting))
    except (zoom.ZoomError, NotConnected) as error:
        _not_yet(sitting, trouble_of(error), error)
        return
    if rows:
        return
    if _nobody_else_came(sitting):
        _close(sitting, Sitting.Record.LIVE_FINAL)
    else:
        _not_yet(sitting, "empty_record", None)


def pages(client: zoom.ZoomClient, sitting: Sitting) -> Iterable[list[zoom.Participant]]:
    """The record from where this grant may read it."""
    kind = sitting.meeting.kind
    if connections.the_connection().granted_scopes & REPORT_SCOPES[Meeting.Kind(kind)]:
        return client.report_participants(kind, sitting.uuid)
    return client.past_participants(kind, sitting.uuid)


def keep(sitting: Sitting, record: Iterable[list[zoom.Participant]]) -> int:
    """
    Write a record page by page, and let it replace the events once it is whole; how many presences it has.

    Written is what is not here yet, so that a second reading after a crash, or by another worker at the same time, ends
    in the same rows. What an earlier reading had and this one has not is taken away at the end. Events stay beside it,
    for the eye; they no longer count.
    """
    written = sitting.segments.filter(source=Segment.Source.RECORD)
    here = {bytes.fromhex(one) for one in written.values_list("fact_digest", flat=True).iterator()}
    seen: set[bytes] = set()
    for page in record:
        new = []
        for segment in _segments(sitting, page):
            fact = bytes.fromhex(segment[0])
            if fact not in seen and fact not in here:
                new.append(segment)
            seen.add(fact)
        bulk.insert_new(Segment, COLUMNS, new)
    if not seen:
        return 0
    with transaction.atomic():
        if here - seen or written.count() != len(seen):
            facts = written.values_list("pk", "fact_digest").iterator()
            stale = [pk for pk, fact in facts if bytes.fromhex(fact) not in seen]
            for first in range(0, len(stale), BATCH):
                Segment.objects.filter(pk__in=stale[first : first + BATCH]).delete()
        _close(sitting, Sitting.Record.FINAL)
    return len(seen)


def is_internal(said: bool | None, zoom_user_id: str) -> bool | None:
    """
    Whether Zoom says that somebody was signed in as a user of the account. Past participants say so outright
    (`internal_user`); events and reports give the Zoom user's id to such people only (Zoom, "Participants").
    """
    return said if said is not None else (True if zoom_user_id else None)


# -- inside ---------------------------------------------------------------------------------------------------------


def _segments(sitting: Sitting, page: list[zoom.Participant]) -> Iterable[tuple[Any, ...]]:
    """Rows of `COLUMNS`."""
    nameless = {row.connection[:64] for row in page if row.connection and not row.registrant_id}
    proofs = (
        dict(
            sitting.segments.filter(source=Segment.Source.LIVE, connection__in=nameless)
            .exclude(registrant_id="").values_list("connection", "registrant_id")
        ) if nameless else {}
    )  # fmt: skip
    for row in page:
        # Zoom's own number of a connection ties a row without registrant to the event that named it.
        registrant_id = (row.registrant_id or proofs.get(row.connection, ""))[:128]
        connection, name = row.connection[:64], row.name[:255]
        yield (
            digest("record", row.room, connection, registrant_id, name, row.joined_at, row.left_at),
            sitting.pk,
            str(Segment.Source.RECORD),
            row.room,
            connection,
            registrant_id,
            row.zoom_user_id[:64],
            name,
            row.email[:254],
            is_internal(row.internal, row.zoom_user_id),
            row.joined_at,
            row.left_at,
        )


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
        wait = max(UNHEARD_SOONEST_SECONDS, float(getattr(error, "retry_after_seconds", None) or 0))
        next_try = min(upcoming, default=now + timedelta(seconds=UNHEARD_LATEST_SECONDS))
        latest = now + timedelta(seconds=UNHEARD_LATEST_SECONDS)
        next_try = max(now + timedelta(seconds=wait), min(next_try, latest))
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
