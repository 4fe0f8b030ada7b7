"""Changing meetings and webinars (Zoom: "Update a meeting"), whole series or one date, and telling what changed."""

import copy

from . import recurrence, schedule, users
from .clock import iso
from .errors import invalid_fields
from .meeting_bodies import occurrence_row
from .meetings import both, need_plan, occurrence_of

_OCCURRENCE_MAY = ("agenda", "start_at", "duration")
_OCCURRENCE_SETTINGS = (
    "host_video",
    "participant_video",
    "join_before_host",
    "mute_upon_entry",
    "waiting_room",
    "watermark",
    "auto_recording",
)


@both("PATCH", "/{kind}s/<number>", scope="{kind}:update:{kind}", classic="{kind}:write", status=204)
def change_call(call, kind, number):
    """Change some fields; a past start is ignored silently."""
    meeting = call.meeting(number, kind)
    host = call.host(meeting)
    need_plan(kind, host)
    users.must_be_active(host)
    change(call.world, meeting, call.body, call.operator(meeting), call.query.get("occurrence_id"))


def change(world, meeting, body, operator, occurrence_id=None):
    """Apply a body to a meeting or one date of it and tell subscribers what changed; raises ZoomError."""
    host = world.users[meeting.host_id]
    if occurrence_id:
        _change_occurrence(world, meeting, body, operator, occurrence_of(meeting, occurrence_id))
        return
    found = schedule.read(body, meeting.kind, meeting.timezone)
    if "start_at" in found and found["start_at"] < world.now():
        del found["start_at"]
    changed = copy.copy(meeting)
    changed.settings = copy.deepcopy(meeting.settings)
    _apply(world, changed, found, body, host)
    world.limits.write(host.id, meeting.kind)
    before, after = _compared(meeting), _compared(changed)
    meeting.__dict__.update(changed.__dict__)
    world.touch(f"meeting:{meeting.number}")
    _updated_event(world, meeting, operator, before, after)


def _apply(world, meeting, found, body, host):
    type_ = found.get("type", meeting.type)
    timing = {"start_at", "duration", "timezone"} & set(found)
    if type_ in schedule.SERIES:
        if body.get("recurrence"):
            meeting.recurrence = recurrence.checked(body["recurrence"], fixed_time=True)
            if "start_at" not in found and meeting.start_at is None:
                raise invalid_fields("start_time")
        elif meeting.type not in schedule.SERIES:
            raise invalid_fields("recurrence")
        elif timing:
            if world.options.series_patch_without_recurrence == "refuse":
                raise invalid_fields("recurrence")
            for name in timing:
                del found[name]
    elif type_ in (3, 6):
        if body.get("recurrence"):
            meeting.recurrence = recurrence.checked(body["recurrence"], fixed_time=False)
        found.pop("start_at", None)
        meeting.start_at = None
    elif type_ != meeting.type and meeting.start_at is None and "start_at" not in found and type_ in (2, 5):
        raise invalid_fields("start_time")
    again = type_ in schedule.SERIES and (body.get("recurrence") or type_ != meeting.type)
    for name in ("topic", "agenda", "type", "duration", "password", "timezone", "start_at", "tracking_fields"):
        if name in found:
            setattr(meeting, name, found[name])
    asked = found.get("settings", {})
    account = world.accounts[meeting.account_id]
    if "alternative_hosts" in asked:
        asked["alternative_hosts"] = schedule.alternative_hosts(
            world, account, meeting.kind, asked["alternative_hosts"], world.options.alternative_hosts
        )
    meeting.settings.update(asked)
    schedule.settle_rules(world, meeting, account, host)
    if again or type_ not in schedule.SERIES:
        schedule.lay_out(meeting)


def _change_occurrence(world, meeting, body, operator, occurrence):
    found = schedule.read(body, meeting.kind, meeting.timezone)
    if "start_at" in found and found["start_at"] < world.now():
        del found["start_at"]
    world.limits.write(meeting.host_id, meeting.kind)
    before = occurrence_row(occurrence)
    for name in _OCCURRENCE_MAY:
        if name == "agenda" and name in found:
            occurrence["changes"]["agenda"] = found["agenda"]
        elif name in found:
            occurrence[name] = found[name]
    allowed = {name: value for name, value in found.get("settings", {}).items() if name in _OCCURRENCE_SETTINGS}
    occurrence["changes"].setdefault("settings", {}).update(allowed)
    world.touch(f"meeting:{meeting.number}")
    after = occurrence_row(occurrence)
    if after != before:
        head = {"id": meeting.number, "uuid": meeting.uuid}
        world.events.managed(
            "updated",
            meeting,
            operator,
            {**head, "occurrences": [after]},
            scope="single",
            time_stamp=int(world.now() * 1000),
            old_object={**head, "occurrences": [before]},
        )


def _compared(meeting):
    values = {
        "topic": meeting.topic,
        "type": meeting.type,
        "start_time": iso(meeting.start_at),
        "timezone": meeting.timezone,
        "duration": meeting.duration,
        "agenda": meeting.agenda,
        "password": meeting.password,
        "recurrence": meeting.recurrence,
        "settings": copy.deepcopy(meeting.settings),
    }
    if meeting.occurrences:
        values["occurrences"] = [occurrence_row(one) for one in meeting.occurrences]
    return values


def _updated_event(world, meeting, operator, before, after):
    new, old = {}, {}
    for name in {**before, **after}:
        if before.get(name) == after.get(name):
            continue
        if name == "settings":
            names = [one for one in after[name] if before[name].get(one) != after[name][one]]
            new[name] = {one: after[name][one] for one in names}
            old[name] = {one: before[name].get(one) for one in names}
        else:
            new[name], old[name] = after.get(name), before.get(name)
    if new:
        world.events.managed(
            "updated",
            meeting,
            operator,
            {"id": meeting.number, **new},
            scope="all",
            time_stamp=int(world.now() * 1000),
            old_object={"id": meeting.number, **old},
        )
