"""
Recordings in Zoom's cloud: what events and Zoom's list say of them, merged in any order, and the way to watch one.

A sitting has one recording with any number of files; it comes late, and once more when Zoom has split or re-encoded it:
the newest telling replaces the files. Links are kept only where they lead to Zoom, are encrypted at rest, and leave as
a redirect alone. Sources: Zoom, "Cloud Recording" (API) and the events `recording.*`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.db import transaction
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import client as zoom
from zoom_xblock import conf, platform
from zoom_xblock.client.shapes import recording_from
from zoom_xblock.models import Meeting, Placement, Recording, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import connections
from zoom_xblock.services.errors import Forbidden, NotConnected, ServiceError, trouble_of

log = logging.getLogger("zoom_xblock.recordings")

#: Zoom needs a while to make a recording: from so long after the end on it is asked for where no event came.
ASK_AFTER = timedelta(minutes=10)
ASK_UNTIL = timedelta(days=2)
#: What one recording may bring along at most; real ones have a dozen files.
MOST_FILES = 50
LONGEST_URL = 2000
#: Events after which Zoom is asked how it stands: they may be about one file of several.
DOUBTFUL = ("recording.trashed", "recording.deleted", "recording.recovered")


class NoSuchRecording(ServiceError):
    """There is none of that number here, it was removed, or the author does not show recordings."""

    slug = "no_recording"


def is_about(event: zoom.Event) -> bool:
    """Whether the event tells of a recording that can (or can no longer) be watched."""
    return event.name in (*DOUBTFUL, "recording.completed", "recording.transcript_completed")


def note(meeting: Meeting, event: zoom.Event) -> bool:
    """
    Merge one event of a recording; in any order, any number of times, with the same end. False: not about one.

    A newer telling replaces what an older one said; an older one fills in what is missing, and nothing else.
    """
    if not is_about(event) or not event.uuid:
        return False
    told_at = event.occurred_at or timezone.now()
    with transaction.atomic():
        row = _row(meeting, event.uuid)
        if row is None:
            return False
        if event.name in DOUBTFUL[:2]:
            if row.told_at is None or told_at >= row.told_at:
                row.removed_at, row.told_at = told_at, told_at
        elif event.name == "recording.recovered":
            if row.told_at is None or told_at >= row.told_at:
                row.removed_at, row.told_at = None, told_at
        elif event.name == "recording.completed":
            _completed(row, event, told_at)
        row.save()
    if event.name != "recording.completed":
        platform.current().later("refresh_recordings", meeting.pk)
    return True


def refresh_recordings(meeting_id: int) -> None:
    """Ask Zoom for the recordings of the meeting's sittings that may have one (job)."""
    meeting = Meeting.objects.filter(pk=meeting_id).first()
    if meeting is None:
        return
    known = {row.uuid: row for row in Recording.objects.filter(meeting=meeting).order_by("pk")}
    recent = meeting.sittings.filter(ended_at__gte=timezone.now() - ASK_UNTIL).values_list("uuid", flat=True)
    try:
        client = connections.client(patient=True)
        for uuid in dict.fromkeys([*recent, *known]):
            _keep(meeting, uuid, client.recordings(uuid))
    except (zoom.ZoomError, NotConnected) as error:
        # Events say as much; where an app may hear of recordings but not list them, that is all there is.
        log.info("recordings not listed meeting_id=%s reason=%s", meeting.pk, trouble_of(error))
        _note_asked(meeting, recent)


def due(limit: int = 500) -> list[int]:
    """
    Meetings whose recording should be there and is not: it was to be recorded, is over, and no event came.

    Asked more and more seldom, until two days after the end.
    """
    now = timezone.now()
    over = Sitting.objects.filter(
        ended_at__gt=now - ASK_UNTIL, ended_at__lt=now - ASK_AFTER, meeting__options__auto_recording="cloud"
    )
    ended = list(over.order_by("ended_at").values_list("meeting_id", "uuid_digest", "ended_at")[: limit * 4])
    rows = Recording.objects.filter(uuid_digest__in=[uuid_digest for _meeting, uuid_digest, _ended in ended])
    asked = {found: (told, read) for found, told, read in rows.values_list("uuid_digest", "told_at", "read_at")}
    meetings: dict[int, None] = {}
    for meeting_id, uuid_digest, ended_at in ended:
        told_at, read_at = asked.get(uuid_digest, (None, None))
        if told_at is not None:
            continue
        assert ended_at is not None  # compared in the query
        if read_at is not None and now - read_at < max(ASK_AFTER, (read_at - ended_at) / 2):
            continue
        meetings[meeting_id] = None
    return list(meetings)[:limit]


def watch_link(*, usage_key: UsageKey, recording_id: int, user_id: int, part: int = 0) -> str:
    """
    Zoom's page of a recording with its passcode, for whoever may watch it now. `part`: one of several files, by number,
    where Zoom gave no page for the whole.

    Raises Forbidden (neither enrolled nor course staff) and NoSuchRecording (none here, removed, or not shown).
    """
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None:
        raise NoSuchRecording
    door = platform.current()
    is_staff = door.is_course_staff(user_id, placement.course_key)
    if not is_staff and not door.is_enrolled(user_id, placement.course_key):
        raise Forbidden
    if not _is_shown(placement, is_staff):
        raise NoSuchRecording
    row = Recording.objects.filter(pk=recording_id, meeting=placement.meeting, removed_at__isnull=True).first()
    address = _address(row, part) if row is not None else ""
    # Asked again although it was asked when it came: rows outlive settings, and nobody is sent to a stranger.
    if row is None or not address or not _leads_to_zoom(address):
        raise NoSuchRecording
    return _with_passcode(address, row.passcode)


# -- inside ---------------------------------------------------------------------------------------------------------


def _row(meeting: Meeting, uuid: str) -> Recording | None:
    """The sitting's row, locked, made where it is new; None where another meeting has it."""
    key = digest(uuid)
    Recording.objects.get_or_create(uuid_digest=key, defaults={"meeting": meeting, "uuid": uuid})
    row = Recording.objects.select_for_update().get(uuid_digest=key)
    return row if row.meeting_id == meeting.pk else None


def _completed(row: Recording, event: zoom.Event, told_at: datetime) -> None:
    try:
        told = recording_from(event.object)
    except zoom.errors.Garbled:
        # Nothing that could be opened: as good as not told, and the list is asked.
        platform.current().later("refresh_recordings", row.meeting_id)
        return
    if told_at.isoformat() >= _files_told_at(row):
        _take(row, told, told_at)
    if row.told_at is None or told_at >= row.told_at:
        row.removed_at, row.told_at = None, told_at


def _files_told_at(row: Recording) -> str:
    """Which telling the files are of: an older one that comes late is no news, although the row may be older still."""
    return max((str(one.get("told_at", "")) for one in _files(row)), default="")


def _files(row: Recording) -> list[dict[str, Any]]:
    try:
        files = json.loads(row.files or "[]")
    except ValueError:
        return []
    return [one for one in files if isinstance(one, dict)] if isinstance(files, list) else []


def _take(row: Recording, told: zoom.Recording, told_at: datetime) -> None:
    files = [
        {
            "file_id": one.file_id[:255],
            "file_type": one.file_type[:40],
            "recording_type": one.recording_type[:80],
            "play_url": one.play_url,
            "started_at": one.started_at.isoformat() if one.started_at else None,
            "ended_at": one.ended_at.isoformat() if one.ended_at else None,
            "status": one.status[:40],
            "told_at": told_at.isoformat(),
        }
        for one in told.files
        if one.status in ("", "completed") and _leads_to_zoom(one.play_url)
    ]
    row.files = json.dumps(files[:MOST_FILES]) if files else ""
    row.share_url = told.share_url if _leads_to_zoom(told.share_url) else ""
    row.passcode = (told.play_passcode or told.passcode)[:255]
    row.started_at = told.started_at or row.started_at
    minutes = told.duration_minutes
    row.duration_minutes = minutes if minutes is not None and 0 <= minutes <= 100_000 else row.duration_minutes


def _keep(meeting: Meeting, uuid: str, told: zoom.Recording | None) -> None:
    """What Zoom's list says now."""
    now = timezone.now()
    with transaction.atomic():
        row = _row(meeting, uuid)
        if row is None:
            return
        row.read_at = now
        if told is None:
            if row.told_at is not None and row.removed_at is None:
                row.removed_at = now
        else:
            # By Zoom's clock, and older than any event of it that may still come.
            ended_at = told.started_at + timedelta(minutes=told.duration_minutes or 0) if told.started_at else now
            row.told_at = row.told_at or ended_at
            _take(row, told, row.told_at)
            row.removed_at = None
        row.save()


def _note_asked(meeting: Meeting, uuids: Iterable[str]) -> None:
    """So that a list which cannot be read is not asked for every minute."""
    now = timezone.now()
    for uuid in uuids:
        Recording.objects.get_or_create(uuid_digest=digest(uuid), defaults={"meeting": meeting, "uuid": uuid})
    Recording.objects.filter(meeting=meeting, uuid_digest__in=[digest(uuid) for uuid in uuids]).update(read_at=now)


def _is_shown(placement: Placement, is_staff: bool) -> bool:
    """
    What the published block says, as last read; asked of it where that is not known. What is hidden from learners is so
    at this address, too.
    """
    shown: Any = placement.shown
    if placement.unpublished_since is not None:
        return False
    if isinstance(shown, dict) and "show_recordings" in shown:
        return shown["show_recordings"] is True and (is_staff or not shown.get("is_hidden"))
    wishes = platform.current().published_wishes(placement.usage_key)
    if wishes is None or (wishes.is_hidden and not is_staff):
        return False
    return wishes.fields.get("show_recordings") is True


def _leads_to_zoom(address: str) -> bool:
    return len(address) <= LONGEST_URL and zoom.allowed_api_url(address, conf.stand_in_bases())


def _address(row: Recording, part: int) -> str:
    if row.share_url and not part:
        return str(row.share_url)
    files = _files(row)
    videos = [one for one in files if one.get("file_type") == "MP4"] or files
    return str(videos[part].get("play_url", "")) if 0 <= part < len(videos) else ""


def _with_passcode(address: str, passcode: str) -> str:
    """Zoom's page with the passcode that skips its form (Zoom: append `?pwd=<recording_play_passcode>`)."""
    if not passcode:
        return address
    parts = urlsplit(address)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "pwd"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("pwd", passcode)])))
