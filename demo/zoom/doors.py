"""Browsers in front of, and inside, a room: who may come in when. No HTTP here; callers hold the world's lock.

A door is a dict, kept under the cookie's value: number, role (host, guest, or r-<tk's digest>), who is there,
``connection`` (of the sitting), ``queued`` (before the host), ``left`` (by own choice).
"""

import hashlib

from . import meetings, sittings
from .clock import iso
from .records import Presence


def role_of(join_key):
    """The part of the room's address that stands for a personal link without giving it away."""
    return "r-" + hashlib.sha256(join_key.encode()).hexdigest()[:12]


def host_of_token(world, meeting, token):
    """The user whom a start link makes host, or None when it is wrong or too old."""
    held = world.host_tokens.get(token)
    if held is None or world.now() >= held["expires_at"] or held["number"] not in (None, meeting.number):
        return None
    user = world.users.get(held["user_id"])
    separator = ";" if meeting.kind == "meeting" else ","
    others = meeting.settings["alternative_hosts"].lower().split(separator)
    if user is None or (user.id != meeting.host_id and user.email.lower() not in others):
        return None
    return user


def too_early(world, meeting):
    """Whether nobody but a host may come in now."""
    if meeting.running:
        return False
    if meeting.kind == "webinar" or not meeting.settings["join_before_host"] or meeting.settings["waiting_room"]:
        return True
    minutes = meeting.settings.get("jbh_time") or 0
    return bool(minutes and meeting.start_at is not None and world.now() < meeting.start_at - minutes * 60)


def open_door(world, meeting, role, *, registrant_id="", user_id="", name="", host=False):
    """A person presses Join or Start; the door's id, for the cookie."""
    door_id = world.ids.secret(32)
    world.doors[door_id] = {
        "number": meeting.number,
        "role": role,
        "registrant_id": registrant_id,
        "user_id": user_id,
        "name": name,
        "host": host,
        "connection": "",
        "uuid": "",
        "queued": False,
        "left": False,
    }
    come_in(world, meeting, world.doors[door_id])
    return door_id


def come_in(world, meeting, door):
    """Go in, into the waiting room, or stand in the queue until a host comes."""
    now = world.now()
    door.update(connection="", uuid="", left=False)
    if not door["host"] and too_early(world, meeting):
        if not door["queued"]:
            door["queued"] = True
            _queue_event(world, meeting, door, "participant_jbh_waiting")
        world.touch("world")
        return
    before_host = not meeting.running and not door["host"]
    waiting = bool(meeting.settings.get("waiting_room")) and not door["host"]
    if door["queued"]:
        door["queued"] = False
        _queue_event(world, meeting, door, "participant_jbh_waiting_left")
    try:
        sitting, row = sittings.join(
            world,
            meeting,
            at=now,
            registrant_id=door["registrant_id"],
            user_id=door["user_id"],
            name=door["name"],
            waiting=waiting,
            host=door["host"],
            device="Web",
        )
    except sittings.JoinError:
        door["left"] = True  # the registration is gone
        return
    door.update(connection=row.connection, uuid=sitting.uuid)
    if before_host and meeting.kind == "meeting":
        world.events.participant("participant_jbh_joined", meeting, sitting, row, now, join_time=iso(now))
    world.touch("world")
    if door["host"]:
        for other in world.doors.values():
            if other["number"] == meeting.number and other["queued"]:
                come_in(world, meeting, other)


def _queue_event(world, meeting, door, event):
    if meeting.kind != "meeting":
        return
    name = door["name"]
    if door["registrant_id"] in meeting.registrants:
        name = meeting.registrants[door["registrant_id"]].name
    ghost = Presence(
        user_id="",
        connection="",
        person="",
        name=name,
        joined_at=world.now(),
        registrant_id=door["registrant_id"],
        zoom_user_id=door["user_id"],
    )
    world.events.participant(event, meeting, None, ghost, world.now(), date_time=iso(world.now()))


def state(world, meeting, door):
    """Where the person is: not_started, waiting, inside, left, ended. Somebody queued may come in by this."""
    if door["queued"] and not too_early(world, meeting):
        come_in(world, meeting, door)
    if door["left"]:
        return "left"
    if door["queued"]:
        return "not_started"
    sitting = world.sittings.get(door["uuid"])
    if sitting is None or sitting.ended_at is not None:
        return "ended"
    row = sittings.main_row(sitting, door["connection"])
    if row is None:
        return "left"
    return "waiting" if row.waiting else "inside"


def go(world, meeting, door):
    """A person presses Leave."""
    where = state(world, meeting, door)
    if where == "not_started":
        _queue_event(world, meeting, door, "participant_jbh_waiting_left")
    elif where in ("waiting", "inside"):
        sittings.leave(world, meeting, door["connection"], at=world.now())
    door.update(queued=False, left=True)
    world.touch("world")


def people(world, meeting):
    """``(inside, waiting)``: rows of those here now, hosts first."""
    sitting = sittings.current(world, meeting)
    rows = [row for held in (sitting.open.values() if sitting else ()) for row in held if not row.room]
    rows.sort(key=lambda row: (not row.host, row.joined_at))
    return [row for row in rows if not row.waiting], [row for row in rows if row.waiting]


def find(world, number):
    """The living meeting or webinar of a number, or None."""
    meeting = world.meetings.get(number)
    if meeting is None or meeting.deleted_at is not None or meetings.lapsed(world, meeting):
        return None
    return meeting
