"""
Zoom's JSON into the values of `results`: strict about what matters, deaf to the rest.

Unknown fields are ignored, missing optional ones read as `""` or `None`. A mandatory field that is missing, or a field
that is there in a form nobody can read (a time without a zone, an id that is no number), is `Garbled`: a guess would
become somebody's minutes. Ids come as number or string and leave as `int`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from zoom_xblock.client.errors import Garbled
from zoom_xblock.client.reading import read_int, read_text, read_time
from zoom_xblock.client.results import (
    LICENSED,
    Kind,
    Meeting,
    MeetingRow,
    Occurrence,
    Participant,
    PastMeeting,
    PastSitting,
    Recording,
    RecordingFile,
    Registrant,
    Room,
    UserSettings,
    ZoomUser,
)


def user_from(body: object) -> ZoomUser:
    """A user, from `/users/{id}` or from the list (whose rows have no account id)."""
    row = _object(body)
    user_type = _int(row, "type")
    name = (
        read_text(row.get("display_name"))
        or f"{read_text(row.get('first_name'))} {read_text(row.get('last_name'))}".strip()
    )
    return ZoomUser(
        id=_must_text(row, "id"),
        email=read_text(row.get("email")),
        account_id=read_text(row.get("account_id")),
        display_name=name,
        user_type=user_type,
        status=read_text(row.get("status")),
        timezone=read_text(row.get("timezone")),
        licensed=user_type == LICENSED,
    )


def user_settings_from(body: object) -> UserSettings:
    """What `/users/{id}/settings` says of licences; a licence not mentioned is not there."""
    listed = _object(body).get("feature")
    feature = listed if isinstance(listed, dict) else {}
    return UserSettings(
        webinar=feature.get("webinar") is True,
        webinar_capacity=read_int(feature.get("webinar_capacity")),
        meeting_capacity=read_int(feature.get("meeting_capacity")),
        large_meeting=feature.get("large_meeting") is True,
    )


def meeting_from(kind: Kind, body: object) -> Meeting:
    """A meeting or webinar, from the answer to creating or reading it."""
    row = _object(body)
    settings = row.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    approval_type = read_int(settings.get("approval_type"))
    recurrence = row.get("recurrence")
    occurrences = tuple(_occurrence_from(item) for item in _rows(row, "occurrences"))
    starts_at = _time(row, "start_time")
    if starts_at is None:
        starts_at = min((one.starts_at for one in occurrences if one.starts_at is not None), default=None)
    passcode = read_text(row.get("password"))
    return Meeting(
        kind=kind,
        zoom_id=_must_id(row, "id"),
        uuid=read_text(row.get("uuid")),
        host_id=read_text(row.get("host_id")),
        host_email=read_text(row.get("host_email")),
        topic=read_text(row.get("topic")),
        agenda=read_text(row.get("agenda")),
        meeting_type=_int(row, "type"),
        starts_at=starts_at,
        duration_minutes=_int(row, "duration"),
        timezone=read_text(row.get("timezone")),
        approval_type=approval_type,
        has_registration=approval_type in (0, 1),
        status=read_text(row.get("status")),
        settings=settings,
        occurrences=occurrences,
        recurrence=recurrence if isinstance(recurrence, dict) and recurrence else None,
        join_url=read_text(row.get("join_url")),
        passcode=passcode,
        has_passcode=bool(
            passcode or read_text(row.get("encrypted_password")) or read_text(row.get("encrypted_passcode"))
        ),
    )


def meeting_row_from(kind: Kind, body: object) -> MeetingRow:
    """A row of the list of a host's meetings or webinars."""
    row = _object(body)
    return MeetingRow(
        kind=kind,
        zoom_id=_must_id(row, "id"),
        uuid=read_text(row.get("uuid")),
        host_id=read_text(row.get("host_id")),
        topic=read_text(row.get("topic")),
        meeting_type=_int(row, "type"),
        starts_at=_time(row, "start_time"),
        duration_minutes=_int(row, "duration"),
        timezone=read_text(row.get("timezone")),
        made_at=read_time(row.get("created_at")),
    )


def added_registrant_from(body: object, *, email: str, first_name: str, last_name: str) -> Registrant:
    """The answer to adding one, in which `id` is the meeting's number. Without a link she waits for approval."""
    row = _object(body)
    join_url = read_text(row.get("join_url")) or None
    return Registrant(
        registrant_id=_must_text(row, "registrant_id"),
        email=email,
        status="approved" if join_url else "pending",
        join_url=join_url,
        first_name=first_name,
        last_name=last_name,
    )


def registrant_from(body: object) -> Registrant:
    """A row of the list, or the registrant of an event, where `id` is the registrant's own."""
    row = _object(body)
    return Registrant(
        registrant_id=_must_text(row, "id"),
        email=read_text(row.get("email")),
        status=read_text(row.get("status")),
        join_url=read_text(row.get("join_url")) or None,
        first_name=read_text(row.get("first_name")),
        last_name=read_text(row.get("last_name")),
    )


def participant_from(body: object) -> Participant:
    """A row of past participants or of the report: the two relatives differ in what they have, not in what it means."""
    row = _object(body)
    room: Room = "main"
    if read_text(row.get("status")) == "in_waiting_room":
        room = "waiting"
    elif read_text(row.get("bo_mtg_id")):
        room = "breakout"
    internal = row.get("internal_user")
    return Participant(
        registrant_id=read_text(row.get("registrant_id")),
        connection=read_text(row.get("user_id")),
        zoom_user_id=read_text(row.get("id")) or read_text(row.get("participant_user_id")),
        name=read_text(row.get("name")),
        email=read_text(row.get("user_email")),
        joined_at=_must_time(row, "join_time"),
        left_at=_time(row, "leave_time"),
        waiting=room == "waiting",
        customer_key=read_text(row.get("customer_key")),
        internal=internal if isinstance(internal, bool) else None,
        room=room,
    )


def past_sitting_from(body: object) -> PastSitting:
    """A row of past instances."""
    row = _object(body)
    return PastSitting(uuid=_must_text(row, "uuid"), started_at=_must_time(row, "start_time"))


def past_meeting_from(body: object) -> PastMeeting:
    """A sitting that has ended."""
    row = _object(body)
    return PastMeeting(
        uuid=_must_text(row, "uuid"),
        zoom_id=_must_id(row, "id"),
        host_id=read_text(row.get("host_id")),
        topic=read_text(row.get("topic")),
        meeting_type=_int(row, "type"),
        started_at=_must_time(row, "start_time"),
        ended_at=_must_time(row, "end_time"),
        duration_minutes=_int(row, "duration"),
        participants_count=_int(row, "participants_count"),
        total_minutes=_int(row, "total_minutes"),
    )


def recording_from(body: object) -> Recording:
    """The recordings of a sitting, from the API or from an event."""
    row = _object(body)
    return Recording(
        uuid=_must_text(row, "uuid"),
        zoom_id=_must_id(row, "id"),
        host_id=read_text(row.get("host_id")),
        topic=read_text(row.get("topic")),
        started_at=_time(row, "start_time"),
        duration_minutes=_int(row, "duration"),
        files=tuple(_recording_file_from(item) for item in _rows(row, "recording_files")),
        share_url=read_text(row.get("share_url")),
        passcode=read_text(row.get("password")),
        play_passcode=read_text(row.get("recording_play_passcode")),
    )


def _recording_file_from(row: dict[str, Any]) -> RecordingFile:
    return RecordingFile(
        file_id=read_text(row.get("id")),
        file_type=read_text(row.get("file_type")),
        file_extension=read_text(row.get("file_extension")),
        recording_type=read_text(row.get("recording_type")),
        status=read_text(row.get("status")),
        file_size_bytes=read_int(row.get("file_size")),
        started_at=_time(row, "recording_start"),
        ended_at=_time(row, "recording_end"),
        play_url=read_text(row.get("play_url")),
        download_url=read_text(row.get("download_url")),
    )


def _occurrence_from(row: dict[str, Any]) -> Occurrence:
    return Occurrence(
        occurrence_id=_must_text(row, "occurrence_id"),
        starts_at=_time(row, "start_time"),
        duration_minutes=_int(row, "duration"),
        status=read_text(row.get("status")),
    )


def _object(body: object) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Garbled("an object was expected")
    return body


def _rows(row: dict[str, Any], key: str) -> list[dict[str, Any]]:
    listed = row.get(key)
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise Garbled(f"{key} is no list")
    return [_object(item) for item in listed]


def _must_text(row: dict[str, Any], key: str) -> str:
    value = read_text(row.get(key))
    if not value:
        raise Garbled(f"{key} is missing")
    return value


def _must_id(row: dict[str, Any], key: str) -> int:
    value = read_int(row.get(key))
    if value is None or value <= 0:
        raise Garbled(f"{key} is no id")
    return value


def _must_time(row: dict[str, Any], key: str) -> datetime:
    value = _time(row, key)
    if value is None:
        raise Garbled(f"{key} is missing")
    return value


def _time(row: dict[str, Any], key: str) -> datetime | None:
    """None where the field is absent or blank; unreadable is another matter."""
    value = row.get(key)
    if value is None or value == "":
        return None
    moment = read_time(value)
    if moment is None:
        raise Garbled(f"{key} is no time")
    return moment


def _int(row: dict[str, Any], key: str) -> int | None:
    value = row.get(key)
    if value is None or value == "":
        return None
    number = read_int(value)
    if number is None:
        raise Garbled(f"{key} is no number")
    return number
