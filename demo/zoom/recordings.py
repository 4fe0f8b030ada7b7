"""Cloud recordings (Zoom: "Cloud recording" API and ``recording.…`` events)."""

from datetime import date, timedelta

from .clock import iso
from .errors import ZoomError, invalid_fields
from .records import Recording
from .router import read_uuid, route, whole

_RATES = {  # file type → extension, recording type, bytes a second
    "MP4": ("MP4", "shared_screen_with_speaker_view", 87_031),
    "M4A": ("M4A", "audio_only", 9_200),
    "CHAT": ("TXT", "chat_file", 40),
    "TRANSCRIPT": ("VTT", "audio_transcript", 60),
}
_USUAL = ("MP4", "M4A", "CHAT", "TIMELINE")


def record(world, meeting, sitting, *, types=_USUAL, send=True, event="completed", more=False):
    """Make the recording of a sitting and say so; ``more`` adds files to the one there is.

    A TIMELINE file lacks id, status, size, type and play address. Raises ValueError for an unknown type.
    """
    unknown = [one for one in types if one not in (*_RATES, "TIMELINE")]
    if unknown:
        raise ValueError(f"file types are {', '.join(_RATES)}, TIMELINE, not {unknown[0]!r}")
    if sitting.started_at is None:
        raise ValueError("nobody was inside")
    end = sitting.ended_at if sitting.ended_at is not None else world.now()
    files = [_new_file(world, one, max(1, int(end - sitting.started_at))) for one in types]
    found = world.recordings.get(sitting.uuid) if more else None
    if found is not None:
        found.files += files
    else:
        found = Recording(
            uuid=sitting.uuid,
            number=meeting.number,
            files=files,
            passcode=str(world.ids.digits(6)),
            play_code=world.ids.secret(16),
            share_key=world.ids.secret(48),
            made_at=world.now(),
            started_at=sitting.started_at,
            ended_at=end,
        )
    world.recordings[sitting.uuid] = found
    world.touch(f"meeting:{meeting.number}")
    if send:
        tell(world, meeting, found, event)
    return found


def _new_file(world, kind, seconds):
    if kind == "TIMELINE":
        return {"file_type": "TIMELINE", "file_extension": "JSON", "key": world.ids.secret(48)}
    extension, recording_type, rate = _RATES[kind]
    return {
        "id": world.ids.file_id(),
        "file_type": kind,
        "file_extension": extension,
        "recording_type": recording_type,
        "file_size": rate * seconds,
        "key": world.ids.secret(48),
    }


def tell(world, meeting, found, event):
    """Send ``recording.<event>`` with a download token of its own."""
    token = world.ids.token(aud="zoom-download", exp=int(world.now()) + world.options.download_token_seconds)
    world.download_tokens[token] = {
        "uuid": found.uuid,
        "expires_at": world.now() + world.options.download_token_seconds,
    }
    obj = {
        **_body(world, meeting, found, webhook=True),
        "timezone": meeting.timezone,
        "on_prem": False,
        "host_email": world.users[meeting.host_id].email,
    }
    world.events.send(f"recording.{event}", meeting.account_id, obj, host_id=meeting.host_id, download_token=token)


def _file(world, meeting, found, one, webhook):
    start, end = iso(found.started_at), iso(found.ended_at)
    base = f"{world.base_url}/rec"
    by_number = world.options.recording_file_meeting_id == "number"
    row = {
        "meeting_id": str(meeting.number) if by_number else found.uuid,
        "recording_start": start,
        "recording_end": end,
        "file_type": one["file_type"],
        "file_extension": one["file_extension"],
        "download_url": f"{base}/{'webhook_download' if webhook else 'download'}/{one['key']}",
    }
    if "id" in one:
        row |= {
            "id": one["id"],
            "file_size": one["file_size"],
            "recording_type": one["recording_type"],
            "play_url": f"{base}/play/{one['key']}",
            "status": "completed",
        }
    return row


def _body(world, meeting, found, *, webhook=False):
    files = [_file(world, meeting, found, one, webhook) for one in found.files]
    return {
        "uuid": found.uuid,
        "id": meeting.number,
        "account_id": meeting.account_id,
        "host_id": meeting.host_id,
        "topic": meeting.topic,
        "type": meeting.type if webhook else str(meeting.type),
        "start_time": iso(found.started_at),
        "duration": -(-int(found.ended_at - found.started_at) // 60),
        "total_size": sum(one.get("file_size", 0) for one in found.files),
        "recording_count": len(files),
        "share_url": f"{world.base_url}/rec/share/{found.share_key}",
        "password": found.passcode,
        "recording_play_passcode": found.play_code,
        "auto_delete": False,
        "auto_delete_date": "",
        "recording_files": files,
    }


def _named(call, text):
    world = call.world
    if whole(text) is not None:
        meeting = world.meetings.get(whole(text))
        living = [uuid for uuid in (meeting.sittings if meeting else []) if uuid in world.recordings]
        found = world.recordings[living[-1]] if living else None
    else:
        found = world.recordings.get(read_uuid(text) or "")
        meeting = world.meetings.get(found.number) if found else None
    if meeting is not None and meeting.account_id == call.account.id:
        call.own(meeting)
        if not permitted(call, call.host(meeting)):
            raise ZoomError(200, 200, "You do not have the right permission.")
    if found is None or meeting.account_id != call.account.id or found.deleted_at or found.trashed_at:
        raise ZoomError(404, 3301, "There is no recording for this meeting.")
    return meeting, found


def permitted(call, host):
    """Whether plan and account let this host record to the cloud."""
    return host.type == 2 and call.account.recordings_permitted and call.account.plan != "free"


@route(
    "GET", "/meetings/<name>/recordings", scope="cloud_recording:read:list_recording_files", classic="recording:read"
)
def read_call(call, name):
    """Recordings of a sitting (uuid) or of the latest one (number); refused with HTTP 200 where not permitted."""
    meeting, found = _named(call, name)
    body = _body(call.world, meeting, found)
    if "download_access_token" in call.query.get("include_fields", "").split(","):
        ttl = whole(call.query.get("ttl", "86400"), 604800)
        if ttl is None:
            raise invalid_fields("ttl")
        token = call.world.ids.token(aud="zoom-download", exp=int(call.world.now()) + ttl)
        call.world.download_tokens[token] = {"uuid": found.uuid, "expires_at": call.world.now() + ttl}
        body["download_access_token"] = token
    return body


@route(
    "GET",
    "/users/<user_id>/recordings",
    scope="cloud_recording:read:list_user_recordings",
    classic="recording:read",
    label="Medium",
)
def list_call(call, user_id):
    """A host's recordings within ``from`` and ``to`` (dates, default today, at most a month)."""
    world, host = call.world, call.person(user_id)
    today = iso(world.now())[:10]
    try:
        low, high = date.fromisoformat(call.query.get("from", today)), date.fromisoformat(call.query.get("to", today))
    except ValueError:
        raise invalid_fields("from", "to") from None
    if high - low > timedelta(days=31):
        raise invalid_fields("from", "to")
    trash = call.query.get("trash") == "true"
    found = []
    for one in world.recordings.values():
        meeting = world.meetings[one.number]
        if meeting.host_id != host.id or one.deleted_at or bool(one.trashed_at) != trash:
            continue
        if call.query.get("meeting_id", str(meeting.number)) == str(meeting.number) and str(low) <= iso(one.started_at)[
            :10
        ] <= str(high):
            found.append((meeting, one))
    answer = call.paged(found, "meetings")
    answer["meetings"] = [_body(world, meeting, one) for meeting, one in answer["meetings"]]
    return {"from": str(low), "to": str(high), **answer}


@route(
    "DELETE",
    "/meetings/<name>/recordings",
    scope="cloud_recording:delete:meeting_recording",
    classic="recording:write",
    status=204,
)
def delete_call(call, name):
    """Into the trash, or for good with ``action=delete``."""
    meeting, found = _named(call, name)
    action = call.query.get("action", "trash")
    if action not in ("trash", "delete"):
        raise invalid_fields("action")
    discard(call.world, meeting, found, action)


def discard(world, meeting, found, action):
    """Trash or delete, and say so."""
    if action == "trash":
        found.trashed_at = world.now()
    else:
        found.deleted_at = world.now()
    world.touch(f"meeting:{meeting.number}")
    tell(world, meeting, found, {"trash": "trashed", "delete": "deleted"}[action])


def may_download(world, key, token):
    """The recording and file behind a download address when ``token`` (Bearer) opens it, else None."""
    for found in world.recordings.values():
        for one in found.files:
            if one["key"] != key or found.deleted_at:
                continue
            held = world.download_tokens.get(token)
            if held and held["uuid"] == found.uuid and world.now() < held["expires_at"]:
                return found, one
            access = world.access_tokens.get(token)
            grant = world.grants.get(access["grant"]) if access else None
            meeting = world.meetings[found.number]
            if (
                grant
                and grant.ended_at is None
                and world.now() < access["expires_at"]
                and grant.account_id == meeting.account_id
            ):
                return found, one
    return None
