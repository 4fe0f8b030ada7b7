"""Linking sessions that exist already, of hosts that this author may use, and of nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from django.db.models import Count
from django.utils import timezone
from opaque_keys.edx.keys import CourseKey, UsageKey

from zoom_xblock import client as zoom
from zoom_xblock import conf, platform
from zoom_xblock.attendance import Policy
from zoom_xblock.models import Host, Meeting, Placement
from zoom_xblock.models.fields import digest
from zoom_xblock.services import connections, hosts, meetings, readback
from zoom_xblock.services.errors import Busy, Forbidden, InvalidWishes, NeedsAgreement, NotLinkable
from zoom_xblock.services.leases import lease
from zoom_xblock.services.outside_transaction import outside_transaction
from zoom_xblock.services.readback import SERIES_TYPES
from zoom_xblock.services.refusals import said
from zoom_xblock.services.wishes import SavedSession, check_policy
from zoom_xblock.usage_keys import plain_key

#: A link is no longer than this, passcode included.
_LONGEST_REFERENCE = 2000
#: So many sessions are listed.
MOST_LISTED = 300
_MOST_PAGES = 10
#: Zoom's numbers have 9 to 11 digits today, and 64 bits.
_NUMBER = re.compile(r"[0-9]{9,18}")
#: `/j/<number>`, `/w/…`, `/s/…`, `/wc/join/<number>`, `/wc/<number>/join`; a name below `/my/` has none.
_IN_PATH = re.compile(r"/(?:(?:j|w|s|wc/join)/([0-9]{9,18})|wc/([0-9]{9,18})/(?:join|start))/?")
_SINGLE_TYPES = (2, 5)


@dataclass(frozen=True)
class Linkable:
    """
    A session that may be linked. `placed_in`: how many components have it already. `starts_at`: its start, of a series
    that of the rule.
    """

    zoom_id: int
    kind: str
    topic: str
    starts_at: datetime | None
    duration_minutes: int
    time_zone: str
    host_email: str
    is_series: bool
    placed_in: int


def sessions_to_link(*, course_key: CourseKey, user_id: int, host_email: str = "") -> list[Linkable]:
    """
    The upcoming sessions of one host ("": the default one), by start; two or more calls to Zoom.

    Raises Forbidden for people who may not author the course, InvalidWishes at `host_email` for a host whom this author
    may not use, NotConnected, ZoomSaid ("scope_missing": the app may not list).
    """
    if not platform.current().can_author(user_id, course_key):
        raise Forbidden()
    choice = _host_of(user_id, host_email)
    client, connection = connections.client(patient=False), connections.the_connection()
    found: dict[int, zoom.MeetingRow] = {}
    try:
        for row in _listed(client, connections.host_reference(connection, choice)):
            if row.meeting_type in (*_SINGLE_TYPES, *SERIES_TYPES) and _is_to_come(row):
                found.setdefault(row.zoom_id, row)
    except zoom.ZoomError as error:
        raise said(error) from error
    rows = sorted(found.values(), key=lambda row: (row.starts_at is None, row.starts_at, row.zoom_id))[:MOST_LISTED]
    placed = dict(
        Meeting.objects.filter(zoom_id__in=[row.zoom_id for row in rows])
        .annotate(number=Count("placements"))
        .values_list("zoom_id", "number")
    )
    return [
        Linkable(
            zoom_id=row.zoom_id,
            kind=row.kind,
            topic=row.topic,
            starts_at=row.starts_at,
            duration_minutes=row.duration_minutes or 0,
            time_zone=row.timezone,
            host_email=choice,
            is_series=row.meeting_type in SERIES_TYPES,
            placed_in=placed.get(row.zoom_id, 0),
        )
        for row in rows
    ]


def link_session(
    *, usage_key: UsageKey, user_id: int, reference: str, kind: str | None = None, agreed: bool = False, policy: Policy
) -> SavedSession:
    """
    Let this block stand for a session that exists: its number, with or without spaces, or a join link. No address is
    ever called that the author gave: only the number in it is used.

    Raises Forbidden, InvalidWishes (the policy; `reference` never), NeedsAgreement with what it would change,
    NotLinkable, Busy, NotConnected, ZoomSaid.
    """
    usage_key = plain_key(usage_key)
    if not platform.current().can_author(user_id, usage_key.context_key):
        raise Forbidden()
    number = number_in(reference)
    if kind is not None and kind not in Meeting.Kind.values:
        raise InvalidWishes({"kind": "required"})
    return outside_transaction(lambda: _link(usage_key, user_id, number, kind, agreed, policy))


def unlink(*, usage_key: UsageKey, user_id: int) -> None:
    """
    Let go of a linked session, or of one that is gone; nothing changes at Zoom, and attendance stays. Raises Forbidden,
    NotLinkable ("not_a_link"), Busy.
    """
    usage_key = plain_key(usage_key)
    if not platform.current().can_author(user_id, usage_key.context_key):
        raise Forbidden()

    def work() -> None:
        placement = Placement.objects.for_usage_key(usage_key)
        if placement is None or placement.meeting is None:
            raise NotLinkable("not_a_link")
        with _leased(placement):
            placement = Placement.objects.select_related("meeting").get(pk=placement.pk)
            meeting = placement.meeting
            if meeting is None or not (placement.is_link or meeting.state == Meeting.State.GONE):
                raise NotLinkable("not_a_link")
            placement.meeting, placement.is_link = None, False
            placement.save(update_fields=["meeting", "is_link"])

    outside_transaction(work)


def number_in(reference: object) -> int:
    """The number in what an author pasted. Raises NotLinkable ("malformed", "personal_room")."""
    if not isinstance(reference, str) or len(reference) > _LONGEST_REFERENCE:
        raise NotLinkable("malformed")
    text = reference.strip()
    digits = re.sub(r"[ \u00a0\u202f-]", "", text)
    if _NUMBER.fullmatch(digits):
        return int(digits)
    if not zoom.allowed_api_url(text, conf.stand_in_bases()):
        raise NotLinkable("malformed")
    path = unquote(urlsplit(text).path)
    if path.startswith(("/my/", "/personal")):
        raise NotLinkable("personal_room")
    found = _IN_PATH.fullmatch(path)
    if found is None:
        raise NotLinkable("malformed")
    return int(found.group(1) or found.group(2))


# -- inside ---------------------------------------------------------------------------------------------------------


@contextmanager
def _leased(*rows: Placement | Meeting) -> Iterator[None]:
    """All of them are ours, or Busy."""
    if not rows:
        yield
        return
    with lease(rows[0], seconds=meetings.SAVE_LEASE_SECONDS) as mine:
        if not mine:
            raise Busy()
        with _leased(*rows[1:]):
            yield


def _host_of(user_id: int, host_email: str) -> str:
    choices = hosts.allowed_for(user_id)
    if not host_email:
        default = next((choice.email for choice in choices if choice.is_default), "")
        if default or choices:
            return default or choices[0].email
        raise InvalidWishes({"host_email": "not_allowed"})
    for choice in choices:
        if choice.email.casefold() == host_email.strip().casefold():
            return choice.email
    raise InvalidWishes({"host_email": "not_allowed"})


def _listed(client: zoom.ZoomClient, host: str) -> Iterator[zoom.MeetingRow]:
    """Meetings, and webinars where the host has the licence and the app the permission."""
    for kind in ("meeting", "webinar"):
        try:
            for number, page in enumerate(client.meetings_of(host, kind)):
                yield from page
                if number + 1 == _MOST_PAGES:
                    break
        except (zoom.errors.NotAllowed, zoom.errors.ScopeMissing):
            if kind == "meeting":
                raise


def _is_to_come(row: zoom.MeetingRow) -> bool:
    """Not over yet; Zoom lists a series until its last date is over."""
    if row.meeting_type in SERIES_TYPES or row.starts_at is None:
        return True
    return row.starts_at + timedelta(minutes=row.duration_minutes or 0) > timezone.now()


def _link(
    usage_key: UsageKey, user_id: int, number: int, kind: str | None, agreed: bool, policy: Policy
) -> SavedSession:
    placement = meetings.placement_of(usage_key, user_id)
    known = Meeting.objects.filter(zoom_id=number).first()
    # A job that deletes the meeting because its block is gone holds its lease, too: one of the two comes first.
    with _leased(placement, *([known] if known is not None else [])):
        placement = Placement.objects.select_related("meeting").get(pk=placement.pk)
        present = placement.meeting
        if present is not None and present.state != Meeting.State.GONE and present.zoom_id != number:
            raise NotLinkable("has_session")
        client = connections.client(patient=False)
        asked_at = timezone.now()
        try:
            before = _read(client, number, kind or (known.kind if known is not None else None))
            _check_linkable(before, user_id)
            check_policy(policy, before.duration_minutes or 0, len(before.occurrences) or 1)
            changes = _changes(before)
            if changes and not agreed:
                raise NeedsAgreement(list(changes), before.topic, before.starts_at)
            if changes:
                asked = {"settings": {name: value for part in changes.values() for name, value in part.items()}}
                client.change_meeting(before.kind, number, zoom.changes(before, asked))
        except zoom.ZoomError as error:
            raise said(error, kind or "") from error
        own = present is not None and present.zoom_id == number and not placement.is_link
        meeting = meetings.create_row(placement, before, made_by_us=False, is_link=not own)
        readback.keep(meeting, before, asked_at=asked_at)
        fresh = readback.read_back(client, meeting) if changes else before
        if fresh is None:
            differences = ["unread"]
        else:
            differences = [] if fresh.has_registration else ["no_registration"]
            if not differences and not readback.is_licensed(client, fresh.host_id):
                differences.append("no_registration")
        return SavedSession(meeting, is_new=known is None, was_sent=bool(changes), differences=differences)


def _read(client: zoom.ZoomClient, number: int, kind: str | None) -> zoom.Meeting:
    """The session with this number, of whichever kind. None, and one that Zoom does not show us, are the same."""
    kinds: list[zoom.Kind] = ["meeting", "webinar"]
    for one in [name for name in kinds if kind in (None, name)]:
        try:
            return client.read_meeting(one, number, past_occurrences=True)
        except (zoom.errors.WrongKind, zoom.errors.NotAllowed):
            continue
        except zoom.errors.Gone:
            continue
        except zoom.errors.Invalid:  # "invalid id": a webinar's call on a meeting's number
            continue
    raise NotLinkable("not_found")


def _check_linkable(before: zoom.Meeting, user_id: int) -> None:
    """Whose it is comes first: of another host's session nothing is said, not even that it exists."""
    email = before.host_email
    if not email and before.host_id:
        email = Host.objects.filter(id_digest=digest(before.host_id)).values_list("email", flat=True).first() or ""
    if not hosts.may_link(user_id, email):
        raise NotLinkable("not_found")
    if before.meeting_type == 4:
        raise NotLinkable("personal_room")
    if before.meeting_type not in (*_SINGLE_TYPES, *SERIES_TYPES):
        raise NotLinkable("no_fixed_time")
    starts = [(one.starts_at, one.duration_minutes) for one in before.occurrences if one.status != "deleted"]
    starts = starts or [(before.starts_at, before.duration_minutes)]
    now = timezone.now()
    if not any(start is not None and start + timedelta(minutes=minutes or 0) > now for start, minutes in starts):
        raise NotLinkable("over")


def _changes(before: zoom.Meeting) -> dict[str, dict[str, int]]:
    """What linking has to change, by slug: without registration nobody gets a link of her own."""
    changes: dict[str, dict[str, int]] = {}
    if not before.has_registration:
        changes["registration"] = {"approval_type": zoom.bodies.AUTOMATIC}
    if before.meeting_type in SERIES_TYPES and before.settings.get("registration_type") != zoom.bodies.ONCE_FOR_ALL:
        if before.has_registration:
            changes["registration_all_dates"] = {"registration_type": zoom.bodies.ONCE_FOR_ALL}
        else:
            changes["registration"]["registration_type"] = zoom.bodies.ONCE_FOR_ALL
    return changes
