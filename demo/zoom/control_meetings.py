"""Control API, third part: meetings, registrants, people coming and going, recordings, the record of who was where."""

from flask import Blueprint, request

from . import changes, meeting_bodies, meeting_extras, meetings, recordings, registrants, sittings, stage, views
from .clock import parse
from .control import app_of, body, told, user_of
from .errors import no_meeting

blueprint = Blueprint("control_meetings", __name__, url_prefix="/control")


def _meeting(world, number):
    if number not in world.meetings:
        raise KeyError(f"meeting {number}")
    return world.meetings[number]


def _at(world, wanted, name="at"):
    return parse(wanted[name]) if wanted.get(name) is not None else world.now()


@blueprint.post("/meetings")
@told
def add_meeting(world):
    """Make a meeting as its host would on Zoom's site: ``kind``, ``host``, the rest as in the API."""
    wanted = body()
    with world.lock:
        host = user_of(world, wanted.pop("host")) if wanted.get("host") else next(iter(world.users.values()))
        send = wanted.pop("send", True)
        one = meetings.create(world, wanted.pop("kind", "meeting"), host, wanted, app_name="")
        if send:
            meetings.created_event(world, one, host)
        return views.meeting(world, one)


@blueprint.get("/meetings")
@told
def list_meetings(world):
    """All meetings, deleted ones too, without their registrants."""
    with world.lock:
        return {"meetings": [views.meeting(world, one, people=False) for one in world.meetings.values()]}


@blueprint.get("/meetings/<int:number>")
@told
def read_meeting(world, number):
    """One meeting with registrants and sittings."""
    with world.lock:
        one = _meeting(world, number)
        return {
            **views.meeting(world, one),
            "sittings": [views.sitting(world.sittings[uuid], rows=True) for uuid in one.sittings],
        }


@blueprint.patch("/meetings/<int:number>")
@told
def change_meeting(world, number):
    """The host changes a meeting on Zoom's site; fields as in the API."""
    wanted = body()
    with world.lock:
        one = _meeting(world, number)
        changes.change(world, one, wanted, world.users[one.host_id])
        return views.meeting(world, one, people=False)


@blueprint.delete("/meetings/<int:number>")
@told
def delete_meeting(world, number):
    """The host deletes a meeting (``?occurrence_id=``: one date) on Zoom's site; ``?silent=1``: without an event."""
    with world.lock:
        one = _meeting(world, number)
        if one.deleted_at:
            raise no_meeting(number, one.kind)
        if request.args.get("silent"):
            one.deleted_at = world.now()
            world.touch(f"meeting:{number}")
        else:
            meetings.delete(world, one, world.users[one.host_id], request.args.get("occurrence_id"))
        return {"ok": True}


@blueprint.post("/meetings/<int:number>/recover")
@told
def recover_meeting(world, number):
    """The host brings a deleted meeting back."""
    with world.lock:
        one = _meeting(world, number)
        meeting_extras.recover(world, one, world.users[one.host_id])
        return views.meeting(world, one, people=False)


@blueprint.post("/meetings/<int:number>/registrants")
@told
def add_registrants(world, number):
    """Register many at once, beyond all limits: ``people`` (email, first_name, last_name), or ``count`` made-up."""
    wanted = body()
    with world.lock:
        one = _meeting(world, number)
        people = wanted.get("people")
        if people is None:
            prefix = wanted.get("prefix", "learner")
            people = [
                {"email": f"{prefix}{place}@example.edu", "first_name": prefix.capitalize(), "last_name": str(place)}
                for place in range(1, wanted.get("count", 1) + 1)
            ]
        made = []
        for person in people:
            who, extra = registrants.read(person)
            found, new = registrants.put(world, one, who, extra, approve=wanted.get("approve", True))
            made.append(found)
            if new and wanted.get("send", False):
                world.events.registration("created", one, found, meeting_bodies.personal_url(world, one, found))
        return {"registrants": [views.registrant(world, one, person) for person in made]}


@blueprint.patch("/meetings/<int:number>/registrants/<registrant_id>")
@told
def change_registrant(world, number, registrant_id):
    """The host approves, cancels or denies on Zoom's site: ``action``."""
    with world.lock:
        one = _meeting(world, number)
        person = one.registrants[registrant_id]
        registrants.set_status(world, one, person, body()["action"])
        return views.registrant(world, one, person)


@blueprint.post("/meetings/<int:number>/start")
@told
def start(world, number):
    """The host comes in; ``at``, ``send``, ``uuid`` (of this sitting), ``practice`` (webinars)."""
    wanted = body()
    with world.lock:
        one = _meeting(world, number)
        if wanted.get("uuid"):
            if wanted["uuid"] in world.sittings:
                raise ValueError("this uuid is taken")
            one.uuid = wanted["uuid"]
        sitting, row = sittings.join(
            world,
            one,
            at=_at(world, wanted),
            user_id=one.host_id,
            host=True,
            send=wanted.get("send", True),
            practice=wanted.get("practice", False),
        )
        return {"uuid": sitting.uuid, "connection": row.connection}


@blueprint.post("/meetings/<int:number>/end")
@told
def end(world, number):
    """The host ends for all."""
    wanted = body()
    with world.lock:
        sitting = sittings.end(world, _meeting(world, number), at=_at(world, wanted), send=wanted.get("send", True))
        if sitting is None:
            raise ValueError("nobody is inside")
        return views.sitting(sitting)


@blueprint.post("/meetings/<int:number>/join")
@told
def join(world, number):
    """One person comes in: ``registrant_id``, ``email`` of a registrant, ``user`` or ``name``; ``waiting`` or not."""
    wanted = body()
    with world.lock:
        one, at, send = _meeting(world, number), _at(world, wanted), wanted.pop("send", True)
        wanted.pop("at", None)
        waiting, room = wanted.pop("waiting", False), wanted.pop("room", "")
        who = stage.identity(world, one, wanted, 0)
        sitting, row = sittings.join(world, one, at=at, waiting=waiting, room=room, send=send, **who)
        return {"uuid": sitting.uuid, "connection": row.connection, "user_id": row.user_id}


@blueprint.post("/meetings/<int:number>/leave")
@told
def leave(world, number):
    """``connection`` goes."""
    return _move(
        world,
        number,
        lambda one, wanted, at: sittings.leave(
            world,
            one,
            str(wanted["connection"]),
            at=at,
            send=wanted.get("send", True),
            reason=wanted.get("reason", sittings.LEFT),
        ),
    )


@blueprint.post("/meetings/<int:number>/admit")
@told
def admit(world, number):
    """``connection`` comes in from the waiting room."""
    return _move(
        world,
        number,
        lambda one, wanted, at: sittings.admit(
            world, one, str(wanted["connection"]), at=at, send=wanted.get("send", True)
        ),
    )


@blueprint.post("/meetings/<int:number>/waiting_room")
@told
def waiting_room(world, number):
    """``connection`` is put back into the waiting room."""
    return _move(
        world,
        number,
        lambda one, wanted, at: sittings.put_in_waiting_room(
            world, one, str(wanted["connection"]), at=at, send=wanted.get("send", True)
        ),
    )


@blueprint.post("/meetings/<int:number>/room")
@told
def room(world, number):
    """``connection`` enters breakout room ``room``, or comes back when it is empty."""

    def move(one, wanted, at):
        verb = {"at": at, "send": wanted.get("send", True)}
        if wanted.get("room"):
            sittings.enter_room(world, one, str(wanted["connection"]), wanted["room"], **verb)
        else:
            sittings.leave_room(world, one, str(wanted["connection"]), **verb)

    return _move(world, number, move)


def _move(world, number, act):
    wanted = body()
    with world.lock:
        one = _meeting(world, number)
        act(one, wanted, _at(world, wanted))
        return {"running": one.running}


@blueprint.post("/meetings/<int:number>/people")
@told
def people(world, number):
    """Many come and go at given times; see ``stage.play``. ``base_at`` for relative times (now)."""
    wanted = body()
    with world.lock:
        one = _meeting(world, number)
        return stage.play(
            world,
            one,
            wanted["people"],
            base_at=_at(world, wanted, "base_at"),
            end_at=parse(wanted["end_at"]) if wanted.get("end_at") is not None else None,
            host=wanted.get("host", False),
            send=wanted.get("send", True),
        )


@blueprint.post("/meetings/<int:number>/play")
@told
def play(world, number):
    """A whole sitting, the host there throughout: ``start_at``, ``end_at``, ``minutes``; ends now by default."""
    wanted = body()
    with world.lock:
        one = _meeting(world, number)
        seconds = 60 * wanted.get("minutes", one.duration or 60)
        end_at = parse(wanted["end_at"]) if "end_at" in wanted else None
        if "start_at" in wanted:
            start_at = parse(wanted["start_at"])
            end_at = start_at + seconds if end_at is None else end_at
        else:
            end_at = world.now() if end_at is None else end_at
            start_at = end_at - seconds
        done = stage.play(
            world,
            one,
            wanted.get("people", []),
            base_at=start_at,
            end_at=end_at,
            host=wanted.get("host", True),
            send=wanted.get("send", True),
            practice=wanted.get("practice", False),
        )
        if wanted.get("ready_now"):
            for uuid in done["sittings"]:
                world.sittings[uuid].ready_at = 0
        return {**done, "uuid": done["sittings"][-1] if done["sittings"] else ""}


@blueprint.post("/sittings/ready")
@told
def make_ready(world):
    """Data of a sitting (``uuid``) exist from now on, whatever the delay; ``at``: from then on."""
    wanted = body()
    with world.lock:
        world.sittings[wanted["uuid"]].ready_at = _at(world, wanted)
        return {"ok": True}


@blueprint.get("/sittings")
@told
def list_sittings(world):
    """Sittings, of one ``?number=`` or all."""
    wanted = request.args.get("number")
    with world.lock:
        return {
            "sittings": [views.sitting(one) for one in world.sittings.values() if wanted in (None, str(one.number))]
        }


@blueprint.get("/record")
@told
def record(world):
    """Who was where when: ``?number=`` or ``?uuid=``, or everything."""
    number, uuid = request.args.get("number"), request.args.get("uuid")
    with world.lock:
        uuids = [uuid] if uuid else [one.uuid for one in world.sittings.values() if number in (None, str(one.number))]
        ends = {
            one: {
                "started_at": world.sittings[one].started_at,
                "ended_at": world.sittings[one].ended_at,
                "number": world.sittings[one].number,
            }
            for one in uuids
        }
        return {"sittings": ends, "rows": stage.record(world, uuids)}


@blueprint.post("/recordings")
@told
def add_recording(world):
    """Record a sitting (``uuid``, or the last of ``number``), ``types`` of files, ``more`` to one there is."""
    wanted = body()
    with world.lock:
        uuid = wanted.get("uuid") or _meeting(world, wanted["number"]).sittings[-1]
        sitting = world.sittings[uuid]
        found = recordings.record(
            world,
            _meeting(world, sitting.number),
            sitting,
            send=wanted.get("send", True),
            event=wanted.get("event", "completed"),
            types=wanted.get("types", ("MP4", "M4A", "CHAT", "TIMELINE")),
            more=wanted.get("more", False),
        )
        return {"uuid": found.uuid, "passcode": found.passcode, "play_code": found.play_code, "files": found.files}


@blueprint.post("/events")
@told
def send_event(world):
    """Send any event: ``event``, ``object`` (default: an unknown meeting's), to the subscriptions that want it."""
    wanted = body()
    with world.lock:
        account_id = wanted.get("account_id") or next(iter(world.accounts), "")
        obj = wanted.get("object")
        if obj is None:
            obj = {
                "id": "81111111111",
                "uuid": world.ids.sitting_uuid(),
                "host_id": world.ids.opaque(),
                "topic": "Somebody else's",
                "type": 1,
                "start_time": views.iso(world.now()),
                "timezone": "",
                "duration": 0,
            }
        apps = {app_of(world, wanted["client_id"]).client_id} if wanted.get("client_id") else None
        sent = world.events.receivers(wanted["event"], account_id, obj.get("host_id", ""), apps)
        world.events.send(
            wanted["event"],
            account_id,
            obj,
            host_id=obj.get("host_id", ""),
            apps=apps,
            at=_at(world, wanted),
            **wanted.get("payload", {}),
        )
        return {"sent": len(sent)}
