"""People coming and going. A sitting begins when somebody is inside an empty room and ends when the last one leaves.

Nothing here asks whether a person may come in: rooms' pages do. Callers hold the world's lock; ``at`` is epoch seconds.
"""

from .clock import iso as _iso
from .records import Presence, Sitting

LEFT, ENDED = "left the meeting", "the host ended the meeting"


class JoinError(ValueError):
    """The join asks for something that does not exist; the text says what."""


def current(world, meeting):
    """The sitting under way, or the one that people wait for, or None."""
    found = world.sittings.get(meeting.uuid)
    return found if found is not None and found.ended_at is None else None


def _sitting(world, meeting, at):
    found = current(world, meeting)
    if found is None:
        if meeting.uuid in world.sittings:  # used up: each sitting has a uuid of its own
            from .meetings import new_uuid

            meeting.uuid = new_uuid(world)
        found = Sitting(
            uuid=meeting.uuid, number=meeting.number, kind=meeting.kind, occurrence_id=_occurrence(meeting, at)
        )
        world.sittings[found.uuid] = found
        meeting.sittings.append(found.uuid)
    return found


def _occurrence(meeting, at):
    living = [one for one in meeting.occurrences if not one["deleted"]]
    return min(living, key=lambda one: abs(one["start_at"] - at))["id"] if living else ""


def join(
    world,
    meeting,
    *,
    at,
    registrant_id="",
    user_id="",
    name="",
    email="",
    waiting=False,
    room="",
    device="",
    phone="",
    customer_key="",
    host=False,
    practice=False,
    failover=False,
    send=True,
):
    """One connection comes in, or into the waiting room; the sitting and its Presence.

    A registrant brings the registered name. ``user_id`` is a signed-in member of the account. Without both: a guest.
    Raises JoinError.
    """
    person = f"guest:{name or phone or customer_key}"
    if registrant_id:
        one = meeting.registrants.get(registrant_id)
        if one is None or one.status != "approved":
            raise JoinError(f"no approved registrant {registrant_id!r} of {meeting.number}")
        person, name, email = f"registrant:{one.id}", one.name, email or one.email
    if user_id:
        user = world.users.get(user_id)
        if user is None or user.account_id != meeting.account_id:
            raise JoinError(f"no user {user_id!r} in the account")
        email = user.email
        name = name or user.display_name
        person = person if registrant_id else f"user:{user.id}"
    if meeting.kind == "webinar" and (waiting or room):
        raise JoinError("webinars have neither a waiting room nor breakout rooms")
    sitting = _sitting(world, meeting, at)
    sitting.practice = sitting.practice or practice
    one = Presence(
        user_id=world.ids.next_connection(),
        connection="",
        person=person,
        name=name or phone,
        joined_at=at,
        waiting=waiting,
        registrant_id=registrant_id,
        zoom_user_id=user_id,
        email=email,
        customer_key=customer_key[:35],
        participant_uuid=world.ids.participant_uuid(),
        device=device,
        phone=phone,
        host=host,
        failover=failover,
    )
    one.connection = one.user_id
    _open(world, meeting, sitting, one, at, send)
    if room:
        enter_room(world, meeting, one.connection, room, at=at, send=send)
    return sitting, one


def _open(world, meeting, sitting, one, at, send):
    sitting.presences.append(one)
    rows = sitting.open.setdefault(one.connection, [])
    rows.append(one)
    if one.waiting:
        if send:
            world.events.participant("participant_joined_waiting_room", meeting, sitting, one, at, date_time=_iso(at))
    else:
        sitting.inside += 1
        if sitting.started_at is None:
            sitting.started_at = at
            meeting.running = sitting.uuid
            if send:
                world.events.sitting("started", meeting, sitting, at)
        if send:
            world.events.participant("participant_joined", meeting, sitting, one, at, join_time=_iso(at))
    world.touch(f"meeting:{meeting.number}")


def _again(world, sitting, one, at, **changes):
    """Another row of the same connection, with a number of its own."""
    values = {name: getattr(one, name) for name in Presence.__slots__}
    values |= {"user_id": world.ids.next_connection(), "joined_at": at, "left_at": None, **changes}
    return Presence(**values)


def main_row(sitting, connection):
    """The open row of a connection outside breakout rooms, or None."""
    return next((row for row in sitting.open.get(connection, ()) if not row.room), None)


def admit(world, meeting, connection, *, at, send=True):
    """From the waiting room into the meeting: a row of its own."""
    sitting = current(world, meeting)
    waiting = main_row(sitting, connection) if sitting else None
    if waiting is None or not waiting.waiting:
        raise JoinError(f"{connection} is not in the waiting room")
    waiting.left_at = at
    sitting.open[connection] = []
    if send:
        world.events.participant("participant_admitted", meeting, sitting, waiting, at, date_time=_iso(at))
        world.events.participant("participant_left_waiting_room", meeting, sitting, waiting, at, date_time=_iso(at))
    one = _again(world, sitting, waiting, at, waiting=False)
    _open(world, meeting, sitting, one, at, send)
    return one


def put_in_waiting_room(world, meeting, connection, *, at, send=True):
    """Back from the meeting into the waiting room."""
    sitting = current(world, meeting)
    row = main_row(sitting, connection) if sitting else None
    if row is None or row.waiting:
        raise JoinError(f"{connection} is not in the meeting")
    _close(sitting, connection, at)
    if send:
        world.events.participant("participant_left", meeting, sitting, row, at, leave_time=_iso(at), leave_reason=LEFT)
        world.events.participant("participant_put_in_waiting_room", meeting, sitting, row, at, date_time=_iso(at))
    one = _again(world, sitting, row, at, waiting=True)
    sitting.presences.append(one)
    sitting.open[connection] = [one]
    world.touch(f"meeting:{meeting.number}")
    return one


def enter_room(world, meeting, connection, room, *, at, send=True):
    """Into a breakout room; the main row goes on beside it unless an option says otherwise."""
    sitting = current(world, meeting)
    row = main_row(sitting, connection) if sitting else None
    if row is None or row.waiting:
        raise JoinError(f"{connection} is not in the meeting")
    leave_room(world, meeting, connection, at=at, send=send, back=False)
    one = _again(world, sitting, row, at, room=room)
    sitting.presences.append(one)
    sitting.open[connection].append(one)
    if world.options.breakout_ends_main and row.left_at is None:
        row.left_at = at
        if send:
            world.events.participant(
                "participant_left",
                meeting,
                sitting,
                row,
                at,
                leave_time=_iso(at),
                leave_reason="joined a breakout room",
            )
    if send:
        world.events.participant(
            "participant_joined_breakout_room",
            meeting,
            sitting,
            one,
            at,
            join_time=_iso(at),
            parent_user_id=row.user_id,
            object_breakout_room_uuid=room,
        )
    world.touch(f"meeting:{meeting.number}")
    return one


def leave_room(world, meeting, connection, *, at, send=True, back=True):
    """Out of the breakout room, back into the main room."""
    sitting = current(world, meeting)
    for one in [row for row in sitting.open.get(connection, ()) if row.room]:
        one.left_at = at
        sitting.open[connection].remove(one)
        if send:
            world.events.participant(
                "participant_left_breakout_room",
                meeting,
                sitting,
                one,
                at,
                leave_time=_iso(at),
                object_breakout_room_uuid=one.room,
            )
        main = main_row(sitting, connection)
        if back and main is not None and main.left_at is not None:
            sitting.open[connection].remove(main)
            fresh = _again(world, sitting, main, at, room="")
            sitting.presences.append(fresh)
            sitting.open[connection].append(fresh)
            if send:
                world.events.participant("participant_joined", meeting, sitting, fresh, at, join_time=_iso(at))


def _close(sitting, connection, at):
    """End every row of a connection; the rows."""
    rows = sitting.open.pop(connection, [])
    for row in rows:
        if row.left_at is None:
            row.left_at = max(at, row.joined_at)
    if rows and not rows[0].waiting:
        sitting.inside -= 1
    return rows


def leave(world, meeting, connection, *, at, reason=LEFT, send=True):
    """A connection goes; the last one inside ends the sitting. Unknown connections are passed over."""
    sitting = current(world, meeting)
    if sitting is None or connection not in sitting.open:
        return
    rows = _close(sitting, connection, at)
    if send:
        _left_event(world, meeting, sitting, rows, at, reason)
    world.touch(f"meeting:{meeting.number}")
    if sitting.inside == 0 and sitting.started_at is not None:
        end(world, meeting, at=at, send=send)


def _left_event(world, meeting, sitting, rows, at, reason):
    for row in rows:
        if row.room:
            world.events.participant(
                "participant_left_breakout_room",
                meeting,
                sitting,
                row,
                at,
                leave_time=_iso(at),
                object_breakout_room_uuid=row.room,
            )
    main = next((row for row in rows if not row.room), None)
    if main is not None and main.waiting:
        world.events.participant("participant_left_waiting_room", meeting, sitting, main, at, date_time=_iso(at))
    elif main is not None:
        world.events.participant(
            "participant_left", meeting, sitting, main, at, leave_time=_iso(at), leave_reason=reason
        )


def end(world, meeting, *, at, send=True):
    """End for all: whoever is inside leaves now. Without a sitting under way nothing happens; the sitting or None."""
    sitting = current(world, meeting)
    if sitting is None or sitting.started_at is None:
        return None
    gone = [_close(sitting, connection, at) for connection in list(sitting.open)]
    sitting.ended_at = max([at, sitting.started_at])
    sitting.inside = 0
    meeting.running, meeting.last_used_at = "", at
    order = world.options.left_on_end
    if send and order == "before":
        for rows in gone:
            _left_event(world, meeting, sitting, rows, at, ENDED)
    if send:
        world.events.sitting("ended", meeting, sitting, at)
    if send and order == "after":
        for rows in gone:
            _left_event(world, meeting, sitting, rows, at, ENDED)
    if meeting.settings["auto_recording"] == "cloud":
        from .recordings import record

        record(world, meeting, sitting, send=send)
    world.touch(f"meeting:{meeting.number}")
    return sitting
