"""Sessions as authors want them, meetings as Zoom has them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import client as zoom
from zoom_xblock import platform
from zoom_xblock.keys import plain_key
from zoom_xblock.models import Meeting, Placement
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.services import connections, hosts
from zoom_xblock.services.errors import Busy, Forbidden, InvalidWishes, ZoomSaid
from zoom_xblock.services.leases import lease

log = logging.getLogger("zoom_xblock.meetings")

#: One save makes at most four calls to Zoom.
SAVE_LEASE_SECONDS = 60
#: How long a "not found" must stand before a session counts as gone (Zoom has been seen to say it by mistake).
GONE_CONFIRMED_AFTER_SECONDS = 600
TOPIC_MAX_LENGTH = 200
AGENDA_MAX_LENGTH = 2000
LONGEST_MINUTES = 24 * 60


@dataclass(frozen=True)
class SessionWishes:
    """What the author asks for. `starts_at` is aware; `time_zone` is an IANA name."""

    kind: str
    topic: str
    agenda: str
    starts_at: datetime | None
    duration_minutes: int
    time_zone: str
    required_minutes: int
    has_moved: bool = True


@dataclass(frozen=True)
class SavedSession:
    """What became of it. `differences` are slugs for what Zoom decided otherwise."""

    meeting: Meeting
    is_new: bool
    was_sent: bool
    differences: list[str] = field(default_factory=list)


def check_wishes(wishes: SessionWishes) -> None:
    """Raise InvalidWishes for what Zoom would refuse, or worse, ignore in silence (a start in the past)."""
    wrong: dict[str, str] = {}
    if wishes.kind not in Meeting.Kind.values:
        wrong["kind"] = "required"
    if not wishes.topic.strip():
        wrong["display_name"] = "required"
    elif len(wishes.topic) > TOPIC_MAX_LENGTH:
        wrong["display_name"] = "too_long"
    if len(wishes.agenda) > AGENDA_MAX_LENGTH:
        wrong["description"] = "too_long"
    if wishes.starts_at is None:
        wrong["starts_at"] = "required"
    elif wishes.has_moved and wishes.starts_at < timezone.now() - timedelta(minutes=1):
        wrong["starts_at"] = "past"
    if not 1 <= wishes.duration_minutes <= LONGEST_MINUTES:
        wrong["duration_minutes"] = "out_of_range"
    if wishes.time_zone not in available_timezones():
        wrong["time_zone"] = "unknown"
    if not 0 <= wishes.required_minutes <= LONGEST_MINUTES:
        wrong["required_minutes"] = "out_of_range"
    elif wishes.required_minutes > wishes.duration_minutes and "duration_minutes" not in wrong:
        wrong["required_minutes"] = "longer_than_session"
    if wrong:
        raise InvalidWishes(wrong)


def save_session(
    *, usage_key: UsageKey, user_id: int, wishes: SessionWishes, host_email: str | None = None
) -> SavedSession:
    """
    Make the meeting of this block at Zoom, or change it: Zoom first, the block after. `host_email` names another host
    than the default one, among those whom this author may choose; Zoom lets nobody change it later.

    Raises Forbidden, InvalidWishes, NotConnected, Busy, or ZoomSaid with the fields it concerns; then nothing was
    changed.
    """
    usage_key = plain_key(usage_key)
    if not platform.current().can_author(user_id, usage_key.context_key):
        raise Forbidden()
    check_wishes(wishes)
    if host_email and not hosts.may_host(user_id, host_email):
        raise InvalidWishes({"host_email": "not_allowed"})
    placement = _placement_of(usage_key, user_id)
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
            # A copy, a re-run, an import: its author changed nothing, and yet its start is news to Zoom.
            check_wishes(replace(wishes, has_moved=True))
        try:
            if meeting is None:
                return _create(placement, wishes, host_email or "")
            return _change(meeting, wishes)
        except zoom.ZoomError as error:
            said = ZoomSaid(error)
            said.fields = {
                _FIELD_OF.get(name, "display_name"): "refused" for name, _text in getattr(error, "fields", [])
            }
            if (
                isinstance(error, zoom.errors.Gone)
                and meeting is not None
                and not isinstance(error, zoom.errors.UserGone)
            ):
                _doubt(meeting)
            raise said from error


#: Zoom's field names in validation errors, and ours.
_FIELD_OF = {
    "topic": "display_name",
    "agenda": "description",
    "start_time": "starts_at",
    "duration": "duration_minutes",
    "timezone": "time_zone",
    "type": "kind",
}


def refresh_meeting(meeting_id: int) -> None:
    """
    Read the meeting at Zoom and keep what it says (job).

    One "not found" is not believed: the meeting is asked for again later, and only a second one marks it as gone.
    """
    meeting = Meeting.objects.filter(pk=meeting_id).first()
    if meeting is None:
        return
    try:
        fresh = connections.client(patient=True).read_meeting(meeting.kind, meeting.zoom_id)
    except zoom.errors.UserGone:
        raise
    except zoom.errors.Gone:
        if meeting.missing_since and meeting.missing_since < timezone.now() - timedelta(
            seconds=GONE_CONFIRMED_AFTER_SECONDS
        ):
            meeting.state = Meeting.State.GONE
            meeting.save(update_fields=["state"])
            log.warning("meeting is gone at Zoom meeting_id=%s", meeting.pk)
        else:
            _doubt(meeting)
        return
    keep(meeting, fresh)


def keep(meeting: Meeting, fresh: zoom.Meeting) -> None:
    """Write down what Zoom says about a meeting; its live state is left to the events."""
    for name, value in _facts(fresh).items():
        setattr(meeting, name, value)
    if meeting.state == Meeting.State.GONE:
        meeting.state = Meeting.State.SCHEDULED
    meeting.missing_since = None
    meeting.save(update_fields=[*_facts(fresh), "state", "missing_since"])


def _facts(fresh: zoom.Meeting) -> dict[str, Any]:
    return {
        "host_id": fresh.host_id,
        "host_email": fresh.host_email,
        "alternative_hosts": ",".join(
            part.strip()
            for part in str(fresh.settings.get("alternative_hosts") or "").replace(";", ",").split(",")
            if part.strip()
        ),
        "topic": fresh.topic[:255],
        "starts_at": fresh.starts_at,
        "duration_minutes": fresh.duration_minutes,
        "time_zone": fresh.timezone or "",
        "has_registration": fresh.has_registration,
        "read_at": timezone.now(),
    }


def _placement_of(usage_key: UsageKey, user_id: int) -> Placement:
    placement: Placement = Placement.objects.get_or_create(
        usage_digest=usage_digest(usage_key),
        defaults={"usage_key": usage_key, "course_key": usage_key.context_key, "made_by_id": user_id},
    )[0]
    return placement


def _body(wishes: SessionWishes) -> dict[str, Any]:
    assert wishes.starts_at is not None  # check_wishes refused it else
    return zoom.meeting_body(
        wishes.kind,
        topic=wishes.topic.strip(),
        agenda=wishes.agenda,
        starts_at=wishes.starts_at,
        duration_minutes=wishes.duration_minutes,
        timezone=wishes.time_zone,
    )


def _create(placement: Placement, wishes: SessionWishes, host_email: str) -> SavedSession:
    client = connections.client(patient=False)
    connection = connections.the_connection()
    made = client.create_meeting(wishes.kind, connections.host_reference(connection, host_email), _body(wishes))
    # Remembered before anything else can fail: from here on the meeting can be found again.
    with transaction.atomic():
        meeting = Meeting.objects.create(
            kind=wishes.kind, zoom_id=made.zoom_id, account_id=connection.account_id, **_facts(made)
        )
        placement.meeting = meeting
        placement.save(update_fields=["meeting"])
    fresh = _read_back(client, meeting) or made
    differences = _differences(wishes, fresh)
    if not differences and not _is_licensed(client, fresh.host_id):
        differences.append("no_registration")
    return SavedSession(meeting, is_new=True, was_sent=True, differences=differences)


def _is_licensed(client: zoom.ZoomClient, host_id: str) -> bool:
    """
    Zoom takes the wish for registration from a Basic host and refuses each registrant later; better said at once.
    Unknown is yes.
    """
    try:
        return client.user(host_id).licensed
    except zoom.ZoomError:
        return True


def _change(meeting: Meeting, wishes: SessionWishes) -> SavedSession:
    client = connections.client(patient=False)
    before = client.read_meeting(meeting.kind, meeting.zoom_id)
    wanted = _body(wishes)
    if not wishes.has_moved:
        wanted.pop("start_time", None)  # Zoom ignores a start in the past; nothing is asked that was not changed
    changes = zoom.changes(before, wanted)
    fresh: zoom.Meeting | None = before
    if changes:
        client.change_meeting(meeting.kind, meeting.zoom_id, changes)
        fresh = _read_back(client, meeting)
    else:
        keep(meeting, before)
    return SavedSession(
        meeting, is_new=False, was_sent=bool(changes), differences=_differences(wishes, fresh) if fresh else ["unread"]
    )


def _read_back(client: zoom.ZoomClient, meeting: Meeting) -> zoom.Meeting | None:
    """What Zoom made of it: account locks and silent refusals show only here. A failure to read undoes nothing."""
    try:
        fresh = client.read_meeting(meeting.kind, meeting.zoom_id)
    except zoom.ZoomError as error:
        log.warning("meeting not read back meeting_id=%s zoom_code=%s", meeting.pk, error.code)
        return None
    keep(meeting, fresh)
    return fresh


def _differences(wishes: SessionWishes, fresh: zoom.Meeting) -> list[str]:
    found = []
    if not fresh.has_registration:
        found.append("no_registration")
    if wishes.has_moved and fresh.starts_at != wishes.starts_at:
        found.append("other_start")
    if fresh.duration_minutes != wishes.duration_minutes:
        found.append("other_duration")
    if fresh.topic != wishes.topic.strip():
        found.append("other_topic")
    return found


def _doubt(meeting: Meeting) -> None:
    """Zoom said "not found": note since when, and ask again later."""
    if meeting.missing_since is None:
        meeting.missing_since = timezone.now()
        meeting.save(update_fields=["missing_since"])
        platform.current().later("refresh_meeting", meeting.pk, countdown_seconds=GONE_CONFIRMED_AFTER_SECONDS + 5)
