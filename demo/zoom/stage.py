"""Whole audiences at once: many people coming and going at given times, in the order of those times."""

from . import sittings
from .clock import parse
from .registrants import by_email

_JOIN, _MOVE, _LEAVE, _END = range(4)  # at the same second: in this order
_KEYS = {
    "registrant_id",
    "email",
    "user",
    "name",
    "join_at",
    "leave_at",
    "join_after",
    "leave_after",
    "segments",
    "waiting_room",
    "rooms",
    "room",
    "device",
    "phone",
    "customer_key",
    "failover",
    "host",
}


def play(world, meeting, people, *, base_at, end_at=None, host=False, send=True, practice=False):
    """Let people come and go; returns ``{"sittings": [uuid…], "rows": n}``. Raises ValueError naming the wrong entry.

    A person: one of ``registrant_id``, ``email`` (of a registrant), ``user`` (id or address of a member, signed in) or
    ``name`` (a guest); ``join_at``/``leave_at`` (ISO or epoch) or ``join_after``/``leave_after`` (seconds from
    ``base_at``) or ``segments`` (list of such pairs in seconds); ``waiting_room`` true or seconds spent there first;
    ``rooms`` list of ``[name, from, to]`` in seconds from ``base_at``; ``room`` from joining on; ``device``, ``phone``,
    ``customer_key``. Who has no leave stays, until ``end_at`` if given: then the host ends for all.
    """
    actions = []
    everyone = list(people)
    if host:
        everyone.insert(0, {"user": meeting.host_id, "host": True, "join_at": base_at})
    for place, one in enumerate(everyone):
        if not isinstance(one, dict) or set(one) - _KEYS:
            raise ValueError(
                f"person {place}: unknown keys {sorted(set(one) - _KEYS) if isinstance(one, dict) else one!r}"
            )
        who = identity(world, meeting, one, place)
        for start, stop in _times(one, base_at, place):
            if end_at is not None and start >= end_at:
                continue
            _schedule(actions, one, who, start, stop, base_at, end_at)
    actions.sort(key=lambda action: action[:2])
    before, rows = len(meeting.sittings), _rows(world, meeting)
    if before and sittings.current(world, meeting) is not None:
        before -= 1
    for at, _, verb, state in actions:
        _act(world, meeting, verb, state, at, send, practice)
    if end_at is not None:
        sittings.end(world, meeting, at=end_at, send=send)
    return {"sittings": meeting.sittings[before:], "rows": _rows(world, meeting) - rows}


def _rows(world, meeting):
    return sum(len(world.sittings[uuid].presences) for uuid in meeting.sittings)


def identity(world, meeting, one, place):
    values = {"registrant_id": one.get("registrant_id", ""), "name": one.get("name", "")}
    if "email" in one and not values["registrant_id"]:
        found = by_email(meeting, one["email"])
        if found is None:
            raise ValueError(f"person {place}: no registrant {one['email']!r}")
        values["registrant_id"] = found.id
    if values["registrant_id"]:
        known = meeting.registrants.get(values["registrant_id"])
        if known is None or known.status != "approved":
            raise ValueError(f"person {place}: no approved registrant {values['registrant_id']!r}")
    if one.get("user"):
        user = world.users.get(one["user"]) or world.user_by_email(one["user"])
        if user is None or user.account_id != meeting.account_id:
            raise ValueError(f"person {place}: no user {one['user']!r}")
        values["user_id"] = user.id
    if not any(values.values()) and not one.get("phone") and not one.get("customer_key"):
        raise ValueError(f"person {place}: nobody is named")
    for name in ("device", "phone", "customer_key", "failover", "host"):
        if name in one:
            values[name] = one[name]
    return values


def _times(one, base_at, place):
    if "segments" in one:
        return [(base_at + start, None if stop is None else base_at + stop) for start, stop in one["segments"]]
    start = parse(one["join_at"]) if "join_at" in one else base_at + one.get("join_after", 0)
    stop = parse(one["leave_at"]) if one.get("leave_at") is not None else None
    if one.get("leave_after") is not None:
        stop = base_at + one["leave_after"]
    if stop is not None and stop < start:
        raise ValueError(f"person {place}: leaves before joining")
    return [(start, stop)]


def _schedule(actions, one, who, start, stop, base_at, end_at):
    state = {"who": who, "connection": None}
    waits = one.get("waiting_room")
    inside = start
    if waits:
        actions.append((start, _JOIN, "wait", state))
        inside = None if waits is True else start + waits
        if inside is not None and (stop is None or inside < stop) and (end_at is None or inside < end_at):
            actions.append((inside, _JOIN, "admit", state))
        else:
            inside = None
    else:
        actions.append((start, _JOIN, "join", state))
    if inside is not None:
        if one.get("room"):
            actions.append((inside, _MOVE, "enter", {**state, "of": state, "room": one["room"]}))
        for room, begin, finish in one.get("rooms", ()):
            actions.append((base_at + begin, _MOVE, "enter", {"of": state, "room": room}))
            if finish is not None and (stop is None or base_at + finish < stop):
                actions.append((base_at + finish, _MOVE, "back", {"of": state}))
    if stop is not None and (end_at is None or stop < end_at):
        actions.append((stop, _LEAVE, "leave", state))


def _act(world, meeting, verb, state, at, send, practice):
    if verb in ("join", "wait"):
        _, row = sittings.join(
            world, meeting, at=at, waiting=verb == "wait", send=send, practice=practice, **state["who"]
        )
        state["connection"] = row.connection
        return
    connection = state["of"]["connection"] if "of" in state else state["connection"]
    sitting = sittings.current(world, meeting)
    if sitting is None or connection not in sitting.open:
        return  # the sitting ended meanwhile
    if verb == "admit":
        sittings.admit(world, meeting, connection, at=at, send=send)
    elif verb == "enter":
        sittings.enter_room(world, meeting, connection, state["room"], at=at, send=send)
    elif verb == "back":
        sittings.leave_room(world, meeting, connection, at=at, send=send)
    else:
        sittings.leave(world, meeting, connection, at=at, send=send)


def record(world, uuids):
    """Who was where when, straight from what happened: rows of sitting, person, place, from and to (epoch seconds).

    ``to`` is None for those still there. For oracles: none of Zoom's reports' omissions apply.
    """
    found = []
    for uuid in uuids:
        sitting = world.sittings[uuid]
        for row in sitting.presences:
            found.append(
                {
                    "uuid": uuid,
                    "number": sitting.number,
                    "person": row.person,
                    "registrant_id": row.registrant_id,
                    "user_id": row.zoom_user_id,
                    "customer_key": row.customer_key,
                    "name": row.name,
                    "connection": row.connection,
                    "place": "waiting room" if row.waiting else f"room {row.room}" if row.room else "main",
                    "from": row.joined_at,
                    "to": row.left_at,
                    "device": row.device,
                    "phone": row.phone,
                    "host": row.host,
                }
            )
    return found
