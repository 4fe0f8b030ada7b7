"""Sessions as authors want them, meetings as Zoom has them."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import client as zoom
from zoom_xblock import platform, series
from zoom_xblock.models import Host, Meeting, Occurrence, Placement
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.queries.author import token_of
from zoom_xblock.services import adoption, connections, hosts, readback
from zoom_xblock.services.errors import Busy, ChangedMeanwhile, Forbidden, InvalidWishes
from zoom_xblock.services.leases import lease
from zoom_xblock.services.outside_transaction import outside_transaction
from zoom_xblock.services.readback import SERIES_TYPES, keep
from zoom_xblock.services.refusals import said
from zoom_xblock.services.wishes import SavedSession, SessionWishes, check_wishes, dates_of
from zoom_xblock.usage_keys import plain_key

__all__ = [
    "SavedSession",
    "SessionWishes",
    "check_wishes",
    "keep",
    "refresh_meeting",
    "save_session",
    "to_refresh",
]

log = logging.getLogger("zoom_xblock.meetings")

#: One save makes a handful of calls to Zoom; a killed one is given up after this.
SAVE_LEASE_SECONDS = 90
#: How long a "not found" must stand before a session counts as gone (Zoom has been seen to say it by mistake).
GONE_CONFIRMED_AFTER_SECONDS = 600
#: A session to come is read again when it was not read for so long: its event, or the job of it, may be lost.
STALE_AFTER = timedelta(hours=6)
#: So many of them in one sweep.
MOST_STALE = 100


def save_session(
    *, usage_key: UsageKey, user_id: int, wishes: SessionWishes, host_email: str | None = None, seen: str | None = None
) -> SavedSession:
    """
    Make the meeting of this block at Zoom, or change it: Zoom first, the block after. `host_email` names another host
    than the default one, among those whom this author may choose; Zoom lets nobody change it later. `seen` is the token
    of the meeting as the form was filled from (`queries.author.token_of`); None asks nothing of the kind.

    Raises Forbidden, InvalidWishes, ChangedMeanwhile, NotConnected, Busy, or ZoomSaid with the fields it concerns; then
    nothing was changed. What Zoom has done is remembered even where the caller's transaction is undone.
    """
    usage_key = plain_key(usage_key)
    if not platform.current().can_author(user_id, usage_key.context_key):
        raise Forbidden()
    check_wishes(wishes)
    if host_email and not hosts.may_host(user_id, host_email):
        raise InvalidWishes({"host_email": "not_allowed"})
    return outside_transaction(lambda: _save(usage_key, user_id, wishes, host_email or "", seen))


def refresh_meeting(meeting_id: int) -> None:
    """
    Read the meeting at Zoom and keep what it says (job).

    One "not found" is not believed: the meeting is asked for again later, and only a second one marks it as gone.
    """
    meeting = Meeting.objects.filter(pk=meeting_id).first()
    if meeting is None:
        return
    asked_at = timezone.now()
    try:
        fresh = connections.client(patient=True).read_meeting(meeting.kind, meeting.zoom_id, past_occurrences=True)
    except zoom.errors.UserGone:
        raise
    except zoom.errors.Gone:
        _not_found(meeting, asked_at)
        return
    except zoom.errors.NotAllowed:
        # Not ours to read any more (a licence, a permission). To be asked again some time, not by every sweep.
        Meeting.objects.filter(pk=meeting.pk).update(read_at=asked_at)
        raise
    keep(meeting, fresh, asked_at=asked_at)


def to_refresh() -> list[int]:
    """Meetings with a date to come that were not read for long: their news may be lost (for the sweep)."""
    if not connections.the_connection().is_connected:
        return []
    now = timezone.now()
    coming = Q(starts_at__gt=now) | Q(
        pk__in=Occurrence.objects.filter(starts_at__gt=now, status=Occurrence.Status.AVAILABLE).values("meeting_id")
    )
    stale = Q(read_at__isnull=True) | Q(read_at__lt=now - STALE_AFTER)
    found = Meeting.objects.filter(coming, stale, missing_since__isnull=True).exclude(state=Meeting.State.GONE)
    return list(found.order_by("read_at", "pk").values_list("pk", flat=True)[:MOST_STALE])


def placement_of(usage_key: UsageKey, user_id: int) -> Placement:
    """The placement of this block, made where there is none."""
    placement: Placement = Placement.objects.get_or_create(
        usage_digest=usage_digest(usage_key),
        defaults={"usage_key": usage_key, "course_key": usage_key.context_key, "made_by_id": user_id},
    )[0]
    return placement


def may_change(placement: Placement, meeting: Meeting, user_id: int) -> bool:
    """
    Whether this author may change the meeting at Zoom through this block. One that somebody made at Zoom, and that was
    linked, only by those who may link its host's sessions.
    """
    return not placement.is_link or hosts.may_link(user_id, meeting.host_email)


def doubt(meeting: Meeting) -> None:
    """Zoom said "not found": note since when, and ask again later."""
    now = timezone.now()
    if Meeting.objects.filter(pk=meeting.pk, missing_since__isnull=True).update(missing_since=now) == 1:
        meeting.missing_since = now
        platform.current().later("refresh_meeting", meeting.pk, countdown_seconds=GONE_CONFIRMED_AFTER_SECONDS + 5)


def create_row(placement: Placement, made: zoom.Meeting, *, made_by_us: bool, is_link: bool = False) -> Meeting:
    """The row of a meeting, made where there is none, and the placement that has it, in one transaction."""
    connection = connections.the_connection()
    with transaction.atomic():
        meeting, _is_new = Meeting.objects.get_or_create(
            zoom_id=made.zoom_id,
            defaults={
                "kind": made.kind,
                "account_id": connection.account_id,
                "made_by_us": made_by_us,
                **readback.facts_of(made),
            },
        )
        placement.meeting, placement.creating, placement.is_link = meeting, None, is_link
        placement.save(update_fields=["meeting", "creating", "is_link"])
    return meeting


# -- inside ---------------------------------------------------------------------------------------------------------


def _save(usage_key: UsageKey, user_id: int, wishes: SessionWishes, host_email: str, seen: str | None) -> SavedSession:
    placement = placement_of(usage_key, user_id)
    with lease(placement, seconds=SAVE_LEASE_SECONDS) as mine:
        if not mine:
            raise Busy()
        placement = Placement.objects.select_related("meeting").get(pk=placement.pk)
        meeting = placement.meeting if placement.meeting and placement.meeting.state != Meeting.State.GONE else None
        if meeting is not None and meeting.kind != wishes.kind:
            raise InvalidWishes({"kind": "fixed"})
        if meeting is not None and host_email and host_email.casefold() != meeting.host_email.casefold():
            raise InvalidWishes({"host_email": "fixed"})
        if meeting is None:
            if seen is not None and seen != token_of(placement.meeting):
                raise ChangedMeanwhile([])  # the session that the form showed is gone
            # A copy, a re-run, an import: its author changed nothing, and yet its start is news to Zoom.
            check_wishes(replace(wishes, has_moved=True))
        wishes = _with_hosts(wishes, meeting, host_email)
        try:
            if meeting is None:
                return _create(placement, wishes, host_email, user_id)
            return _change(placement, meeting, wishes, user_id, seen)
        except zoom.ZoomError as error:
            if (
                isinstance(error, zoom.errors.Gone)
                and meeting is not None
                and not isinstance(error, zoom.errors.UserGone)
            ):
                doubt(meeting)
            raise said(error, wishes.kind) from error


def _with_hosts(wishes: SessionWishes, meeting: Meeting | None, host_email: str) -> SessionWishes:
    """
    The alternative hosts as Zoom takes them: licensed users of the account that we know, each once, the host not among
    them. Whoever the meeting has already may stay, whatever we know. Raises InvalidWishes.
    """
    if wishes.alternative_hosts is None:
        return wishes
    present = {one.casefold() for one in (meeting.alternative_hosts if meeting else "").split(",") if one}
    connection = connections.the_connection()
    default = connections.app_of(connection).host_email or connection.zoom_email
    host = (meeting.host_email if meeting else host_email or default).casefold()
    kept: dict[str, str] = {}
    for address in wishes.alternative_hosts:
        address = address.strip()
        if address.casefold() == host or not address:
            continue
        if address.casefold() not in present:
            known = Host.objects.filter(email__iexact=address, is_active=True).first()
            if known is None:
                raise InvalidWishes({"alternative_hosts": "unknown"})
            if not known.is_licensed:
                raise InvalidWishes({"alternative_hosts": "not_licensed"})
            address = known.email
        kept.setdefault(address.casefold(), address)
    return replace(wishes, alternative_hosts=tuple(kept.values()))


def _body(wishes: SessionWishes, **settings: Any) -> dict[str, Any]:
    starts_at = dates_of(wishes)[0]
    return zoom.meeting_body(
        wishes.kind,
        topic=wishes.topic.strip(),
        agenda=wishes.agenda,
        starts_at=starts_at,
        duration_minutes=wishes.duration_minutes,
        timezone=wishes.time_zone,
        recurrence=series.to_zoom(wishes.recurrence, starts_at, wishes.time_zone),
        alternative_hosts=wishes.alternative_hosts,
        passcode=wishes.passcode,
        **zoom.options.settings_for(wishes.kind, wishes.options),
        **settings,
    )


def _create(placement: Placement, wishes: SessionWishes, host_email: str, user_id: int) -> SavedSession:
    client = connections.client(patient=False)
    host = connections.host_reference(connections.the_connection(), host_email)
    lost = adoption.find(client, placement, wishes, host)
    if lost is not None:
        meeting = create_row(placement, lost, made_by_us=True)
        saved = _change(placement, meeting, wishes, user_id, seen=None)
        return replace(saved, is_new=True, is_adopted=True)
    adoption.remember(placement, wishes, host)
    try:
        made = client.create_meeting(wishes.kind, host, _body(wishes, **adoption.label_of(placement)))
    except zoom.ZoomError as error:
        if not adoption.may_have_acted(error):
            adoption.forget(placement)
        raise
    # Before anything else can fail: from here on the meeting can be found again.
    meeting = create_row(placement, made, made_by_us=True)
    keep(meeting, made)
    fresh = readback.read_back(client, meeting) or made
    differences = readback.differences(wishes, fresh, moved=True)
    if not differences and not readback.is_licensed(client, fresh.host_id):
        differences.append("no_registration")
    return SavedSession(meeting, is_new=True, was_sent=True, differences=differences)


def _change(
    placement: Placement, meeting: Meeting, wishes: SessionWishes, user_id: int, seen: str | None
) -> SavedSession:
    client = connections.client(patient=False)
    form, was = token_of(meeting), readback.snapshot(meeting)
    asked_at = timezone.now()
    before = client.read_meeting(meeting.kind, meeting.zoom_id, past_occurrences=True)
    keep(meeting, before, asked_at=asked_at)
    if seen is not None and seen != token_of(meeting):
        differing = readback.fields_of(readback.differences(wishes, before, moved=True))
        if seen == form:  # it is known what the form showed: what its author changed herself is not in question
            differing = [name for name in differing if name in readback.changed_fields(was, meeting)]
        if differing:
            raise ChangedMeanwhile(differing)
    moved = _is_moved(wishes, before)
    changes = zoom.changes(before, _wanted(wishes, before, moved=moved))
    if not changes:
        found = readback.differences(wishes, before, moved=moved)
        return SavedSession(meeting, is_new=False, was_sent=False, differences=found)
    if not may_change(placement, meeting, user_id):
        raise Forbidden("linked_host")
    single_dates = _single_dates(meeting, before) if "recurrence" in changes else []
    client.change_meeting(meeting.kind, meeting.zoom_id, changes)
    fresh = readback.read_back(client, meeting)
    if fresh is None:
        return SavedSession(meeting, is_new=False, was_sent=True, differences=["unread"])
    lost_dates = False
    if single_dates and not {"start_time", "timezone"} & changes.keys() and readback.has_rule(before, wishes):
        lost_dates = not _restore(client, before, single_dates, fresh)
        fresh = readback.read_back(client, meeting) or fresh
    found = readback.differences(wishes, fresh, moved=moved)
    if lost_dates and "other_recurrence" not in found:
        found.append("other_recurrence")
    return SavedSession(meeting, is_new=False, was_sent=True, differences=found)


def _is_moved(wishes: SessionWishes, before: zoom.Meeting) -> bool:
    """Whether the start is news to Zoom: the author moved it, or another rule begins on another day."""
    starts_at = dates_of(wishes)[0]
    return wishes.has_moved or (not readback.has_rule(before, wishes) and starts_at > timezone.now())


def _wanted(wishes: SessionWishes, before: zoom.Meeting, *, moved: bool) -> dict[str, Any]:
    """The body that the meeting should have, less what must not be said."""
    wanted = _body(wishes)
    if not moved:
        # Zoom ignores a start in the past, and nothing is asked that was not changed. What Zoom has goes along with
        # another time zone (`zoom.changes`).
        wanted.pop("start_time")
        if before.starts_at is not None and before.starts_at > timezone.now():
            wanted["start_time"] = zoom.bodies.zoom_time(before.starts_at)
    if before.meeting_type in SERIES_TYPES and readback.has_rule(before, wishes):
        # As Zoom wrote it: the same end may be another moment of the same day.
        wanted["type"], wanted["recurrence"] = before.meeting_type, before.recurrence
    settings = wanted["settings"]
    if "zoom_emails" not in wishes.options:
        for name in ("registrants_confirmation_email", "registrants_email_notification"):
            settings.pop(name)
    if before.approval_type == zoom.bodies.BY_HAND:
        settings.pop("approval_type")  # the host wants to see who comes
    elif before.approval_type == zoom.bodies.NO_REGISTRATION and _is_known_unlicensed(before.host_id):
        settings.pop("approval_type")  # Zoom refuses it in silence, again and again
    return wanted


def _is_known_unlicensed(host_id: str) -> bool:
    return Host.objects.filter(id_digest=digest(host_id), is_licensed=False).exists()


def _single_dates(meeting: Meeting, before: zoom.Meeting) -> list[Occurrence]:
    """The dates to come that were moved or removed singly: a change of the whole series may lay them out anew."""
    rule = series.from_zoom(before.recurrence, before.timezone)
    if not rule or before.starts_at is None:
        return []
    planned = set(series.expand(rule, before.starts_at, before.timezone or "UTC"))
    rows = Occurrence.objects.filter(meeting=meeting, starts_at__gt=timezone.now()).order_by("starts_at")
    return [
        row
        for row in rows
        if row.status == Occurrence.Status.DELETED
        or row.starts_at not in planned
        or row.duration_minutes != before.duration_minutes
    ]


def _restore(client: zoom.ZoomClient, before: zoom.Meeting, rows: list[Occurrence], fresh: zoom.Meeting) -> bool:
    """
    Move or remove these dates once more where the change of the series undid it; False where some are lost. One that
    was as long as the series before is as long as it is now.
    """
    kind, zoom_id = before.kind, before.zoom_id
    listed = {one.occurrence_id: one for one in fresh.occurrences}
    restored = True
    for row in rows:
        one = listed.get(row.occurrence_id)
        is_removed = one is None or one.status == "deleted"
        try:
            if row.status == Occurrence.Status.DELETED:
                if not is_removed:
                    client.delete_meeting(kind, zoom_id, occurrence_id=row.occurrence_id)
                continue
            if one is None or is_removed:
                restored = False
                continue
            follows = row.duration_minutes == before.duration_minutes
            minutes = fresh.duration_minutes if follows else row.duration_minutes
            if (one.starts_at, one.duration_minutes) != (row.starts_at, minutes):
                body = {"start_time": zoom.bodies.zoom_time(row.starts_at), "duration": minutes}
                client.change_meeting(kind, zoom_id, body, occurrence_id=row.occurrence_id)
        except zoom.ZoomError as error:
            log.warning("single date not restored meeting_id=%s zoom_code=%s", row.meeting_id, error.code)
            restored = False
    return restored


def _not_found(meeting: Meeting, asked_at: datetime) -> None:
    since = meeting.missing_since
    if meeting.state == Meeting.State.GONE:
        return
    if since is None or since >= timezone.now() - timedelta(seconds=GONE_CONFIRMED_AFTER_SECONDS):
        doubt(meeting)
        return
    # Unless somebody has read it meanwhile, or doubts it anew.
    if Meeting.objects.filter(pk=meeting.pk, missing_since=since).update(state=Meeting.State.GONE) == 1:
        log.warning("meeting is gone at Zoom meeting_id=%s", meeting.pk)
