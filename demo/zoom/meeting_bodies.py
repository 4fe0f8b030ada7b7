"""Meetings and webinars as Zoom's answers and lists carry them, and their links."""

import copy

from . import schedule, users
from .clock import iso


def has_registration(meeting):
    """Whether people must register."""
    return meeting.settings["approval_type"] != 2


def join_url(world, meeting):
    """The link for everybody."""
    return f"{world.base_url}/j/{meeting.number}" + (f"?pwd={meeting.password_key}" if meeting.password else "")


def personal_url(world, meeting, registrant):
    """The link of one registrant."""
    url = f"{world.base_url}/w/{meeting.number}?tk={registrant.join_key}"
    if meeting.password:
        url += f"&pwd={meeting.password_key}"
    return url + (f"&uuid={meeting.registration_key}" if meeting.kind == "webinar" else "")


def start_url(world, meeting):
    """A link that starts as the host, with a fresh token that expires."""
    zak = users.host_token(world, world.users[meeting.host_id], number=meeting.number)
    return f"{world.base_url}/s/{meeting.number}?zak={zak}"


def occurrence_row(one):
    """An occurrence as bodies carry it."""
    return {
        "occurrence_id": one["id"],
        "start_time": iso(one["start_at"]),
        "duration": one["duration"],
        "status": "deleted" if one["deleted"] else "available",
    }


def full(world, meeting, *, reading, occurrence=None, past=False):
    """The whole object. A create answers without ``uuid`` and ``status``; reading has both."""
    host = world.users[meeting.host_id]
    body = {"uuid": meeting.uuid} if reading else {}
    body |= {
        "id": meeting.number,
        "host_id": host.id,
        "host_email": host.email,
        "topic": meeting.topic,
        "type": meeting.type,
    }
    if meeting.assistant_id:
        body["assistant_id"] = meeting.assistant_id
    if reading and meeting.kind == "meeting":
        body["status"] = "started" if meeting.running else "waiting"
    if meeting.start_at is not None:
        body["start_time"] = iso(meeting.start_at)
    body |= {
        "duration": meeting.duration,
        "timezone": meeting.timezone,
        "agenda": meeting.agenda,
        "created_at": iso(meeting.created_at),
        "start_url": start_url(world, meeting),
        "join_url": join_url(world, meeting),
    }
    if has_registration(meeting):
        body["registration_url"] = f"{world.base_url}/{meeting.kind}/register/{meeting.registration_key}"
    if meeting.password:
        names = (
            ("h323_passcode", "pstn_passcode", "encrypted_passcode")
            if meeting.kind == "webinar"
            else ("h323_password", "pstn_password", "encrypted_password")
        )
        digits = str(sum(meeting.password.encode()) * 7919 % 900000 + 100000)
        body |= {"password": meeting.password, names[0]: digits, names[1]: digits, names[2]: meeting.password_key}
    values = copy.deepcopy(meeting.settings)
    if meeting.type not in (*schedule.SERIES, 3, 6):
        values.pop("registration_type", None)
    body["settings"] = values
    body |= {"creation_source": "open_api", "pre_schedule": False}
    if meeting.tracking_fields:
        body["tracking_fields"] = meeting.tracking_fields
    if meeting.recurrence:
        body["recurrence"] = dict(meeting.recurrence)
    if meeting.occurrences:
        now = world.now()
        body["occurrences"] = [
            occurrence_row(one) for one in meeting.occurrences if past or one["start_at"] + one["duration"] * 60 >= now
        ]
    if occurrence:
        body |= {
            "start_time": iso(occurrence["start_at"]),
            "duration": occurrence["duration"],
            "occurrence_id": occurrence["id"],
        }
        body["agenda"] = occurrence["changes"].get("agenda", body["agenda"])
        values.update(occurrence["changes"].get("settings", {}))
    return body


def short(world, meeting, occurrence=None):
    """A row of the lists."""
    row = {
        "uuid": meeting.uuid,
        "id": meeting.number,
        "host_id": meeting.host_id,
        "topic": meeting.topic,
        "type": meeting.type,
    }
    at = occurrence["start_at"] if occurrence else meeting.start_at
    if at is not None:
        row["start_time"] = iso(at)
    row |= {
        "duration": occurrence["duration"] if occurrence else meeting.duration,
        "timezone": meeting.timezone,
        "created_at": iso(meeting.created_at),
        "join_url": join_url(world, meeting),
    }
    if meeting.agenda:
        row["agenda"] = meeting.agenda[:250]
    return row
