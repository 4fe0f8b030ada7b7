"""Meetings and webinars: create, read, change, delete, list (Zoom: "Meetings" and "Webinars" API).

Both kinds share their ways; ``kind`` is ``meeting`` or ``webinar`` throughout.
"""

import functools

from . import meeting_bodies as bodies
from . import recurrence, schedule, users
from .clock import iso
from .errors import ZoomError, invalid_fields, no_webinar_plan
from .records import Meeting
from .router import route

LAPSES_LATE = (3, 6)


def both(method, path, *, scope, classic, label="Light", status=200, labels=None):
    """Declare a call for meetings and webinars: ``{kind}`` in path and scopes; ``labels`` overrides by kind."""

    def declare(handler):
        for kind in ("meeting", "webinar"):
            route(
                method,
                path.format(kind=kind),
                scope=scope.format(kind=kind),
                classic=classic.format(kind=kind),
                label=(labels or {}).get(kind, label),
                status=status,
            )(_bound(handler, kind))
        return handler

    return declare


def _bound(handler, kind):
    @functools.wraps(handler)
    def bound(call, **values):
        return handler(call, kind, **values)

    return bound


# ages and dates


def last_end(meeting):
    """When the last date on the timetable ends; None where there is none."""
    if meeting.occurrences:
        ends = [one["start_at"] + one["duration"] * 60 for one in meeting.occurrences if not one["deleted"]]
        return max(ends, default=None)
    return None if meeting.start_at is None else meeting.start_at + meeting.duration * 60


def over(world, meeting):
    """Whether the timetable is behind us and nobody is inside."""
    end = last_end(meeting)
    return end is not None and end <= world.now() and not meeting.running


def lapsed(world, meeting):
    """Whether the number is no longer kept."""
    if meeting.running:
        return False
    options = world.options
    days = options.recurring_life_days if meeting.type in LAPSES_LATE else options.meeting_life_days
    latest = max(meeting.created_at, meeting.last_used_at or 0, last_end(meeting) or 0)
    return world.now() >= latest + days * 86400


# what a call may name


def occurrence_of(meeting, occurrence_id):
    """A living occurrence; 400/3000 when there is none."""
    found = next((one for one in meeting.occurrences if one["id"] == occurrence_id and not one["deleted"]), None)
    if found is None:
        raise ZoomError(400, 3000, "Invalid occurrence_id.")
    return found


def need_plan(kind, host, status=400):
    """Refuse webinar calls for a host without the add-on."""
    if kind == "webinar" and not (host.webinar and users.licensed(host)):
        raise no_webinar_plan(host.id, status)


# create


def create(world, kind, host, body, *, app_name="", assistant_id=""):
    """Make a meeting from a validated wish; raises ZoomError."""
    account = world.accounts[host.account_id]
    found = schedule.read(body, kind, host.timezone)
    type_ = found.get("type", 2 if kind == "meeting" else 5)
    rule = None
    if type_ in schedule.SERIES or (type_ in (3, 6) and body.get("recurrence")):
        rule = recurrence.checked(body.get("recurrence"), fixed_time=type_ in schedule.SERIES)
    if type_ in schedule.TIMELESS:
        found.pop("start_at", None)
    elif "start_at" not in found:
        if type_ == 2:
            type_ = 1  # becomes an instant meeting, silently
        else:
            raise invalid_fields("start_time")
    first = 9 if kind == "webinar" else 8
    meeting = Meeting(
        number=world.ids.number(first, world.meetings),
        kind=kind,
        account_id=account.id,
        host_id=host.id,
        uuid=new_uuid(world),
        type=type_,
        topic=found.get("topic") or ("My Webinar" if kind == "webinar" else "Zoom Meeting"),
        created_at=world.now(),
        start_at=found.get("start_at"),
        timezone=found.get("timezone", host.timezone),
        duration=found.get("duration", 60),
        agenda=found.get("agenda", ""),
        password=found.get("password", ""),
        settings={**schedule.default_settings(kind), **found.get("settings", {})},
        recurrence=rule,
        source=app_name,
        tracking_fields=found.get("tracking_fields", []),
        assistant_id=assistant_id,
        registration_key=("WN_" if kind == "webinar" else "tJ") + world.ids.opaque(),
        password_key=world.ids.secret(32),
    )
    if body.get("default_password" if kind == "meeting" else "default_passcode") is True and not meeting.password:
        meeting.password = world.ids.passcode()
    meeting.settings["alternative_hosts"] = schedule.alternative_hosts(
        world, account, kind, meeting.settings["alternative_hosts"], world.options.alternative_hosts
    )
    schedule.settle_rules(world, meeting, account, host)
    schedule.lay_out(meeting)
    world.limits.write(host.id, kind)
    world.meetings[meeting.number] = meeting
    world.touch(f"meeting:{meeting.number}")
    return meeting


def new_uuid(world):
    """A uuid that names no sitting yet."""
    return world.ids.sitting_uuid(awkward=world.options.uuids == "awkward")


def created_event(world, meeting, operator):
    """Tell subscribers of a new meeting."""
    obj = {**world.events.short(meeting), "join_url": bodies.join_url(world, meeting), "password": meeting.password}
    if meeting.occurrences:
        obj["occurrences"] = [bodies.occurrence_row(one) for one in meeting.occurrences]
    world.events.managed("created", meeting, operator, obj, operation="all")


@both(
    "POST",
    "/users/<user_id>/{kind}s",
    scope="{kind}:write:{kind}",
    classic="{kind}:write",
    status=201,
    labels={"meeting": "Medium"},
)
def create_call(call, kind, user_id):
    """Schedule for a user, or for ``schedule_for``."""
    world, host = call.world, call.person(user_id)
    assistant = ""
    if call.body.get("schedule_for"):
        wanted = call.body["schedule_for"]
        wanted = wanted if isinstance(wanted, str) else ""
        other = world.users.get(wanted) or world.user_by_email(wanted)
        if other is None or other.account_id != call.account.id:
            raise invalid_fields("schedule_for")
        if other.id != host.id and other.id not in host.schedules_for:
            raise ZoomError(400, 3000, f"You are not authorized to schedule for this user: {wanted}.")
        assistant, host = (host.id, other) if other.id != host.id else ("", host)
    users.must_be_active(host)
    need_plan(kind, host)
    meeting = create(world, kind, host, call.body, app_name=call.app.name, assistant_id=assistant)
    created_event(world, meeting, call.operator(meeting))
    return bodies.full(world, meeting, reading=False)


# read


@both("GET", "/{kind}s/<number>", scope="{kind}:read:{kind}", classic="{kind}:read")
def read_call(call, kind, number):
    """One meeting, or one occurrence of it."""
    meeting = call.meeting(number, kind)
    need_plan(kind, call.host(meeting))
    occurrence = occurrence_of(meeting, call.query["occurrence_id"]) if call.query.get("occurrence_id") else None
    return bodies.full(
        call.world,
        meeting,
        reading=True,
        occurrence=occurrence,
        past=call.query.get("show_previous_occurrences") == "true",
    )


@both("GET", "/users/<user_id>/{kind}s", scope="{kind}:read:list_{kind}s", classic="{kind}:read", label="Medium")
def list_call(call, kind, user_id):
    """A user's unexpired meetings; ``type`` scheduled, live, upcoming, upcoming_meetings, previous_meetings."""
    world, host = call.world, call.person(user_id)
    wanted = call.query.get("type", "scheduled")
    known = ("scheduled", "live", "upcoming", "upcoming_meetings", "previous_meetings")
    if wanted not in (known if kind == "meeting" else ("scheduled", "upcoming")):
        raise invalid_fields("type")
    need_plan(kind, host)
    rows = []
    for meeting in world.meetings.values():
        if meeting.host_id != host.id or meeting.kind != kind or meeting.deleted_at or meeting.type == 1:
            continue
        if not lapsed(world, meeting):
            rows.extend(_rows(world, meeting, wanted))
    rows = _between(rows, call.query)
    return call.paged(rows, f"{kind}s")


def _rows(world, meeting, wanted):
    now = world.now()
    if wanted == "live":
        return [bodies.short(world, meeting)] if meeting.running else []
    if wanted == "scheduled":
        return [bodies.short(world, meeting)]
    dates = [(one["start_at"] + one["duration"] * 60, one) for one in meeting.occurrences if not one["deleted"]]
    if not meeting.occurrences and meeting.start_at is not None:
        dates = [(last_end(meeting), None)]
    if wanted == "previous_meetings":
        return [bodies.short(world, meeting, one) for end, one in dates if end <= now]
    return [bodies.short(world, meeting, one) for end, one in dates if end > now]


def _between(rows, query):
    low, high = query.get("from", ""), query.get("to", "")
    if not low and not high:
        return rows
    return [
        row
        for row in rows
        if "start_time" in row
        and low <= row["start_time"][: len(low)]
        and (not high or row["start_time"][: len(high)] <= high)
    ]


# delete


@both("DELETE", "/{kind}s/<number>", scope="{kind}:delete:{kind}", classic="{kind}:write", status=204)
def delete_call(call, kind, number):
    """Delete a meeting or one occurrence."""
    try:
        meeting = call.meeting(number, kind)
    except ZoomError as refusal:
        if refusal.code == 3001:
            refusal.message = f"{kind.capitalize()} with this {number} is not found or has expired."
        raise
    need_plan(kind, call.host(meeting))
    delete(call.world, meeting, call.operator(meeting), call.query.get("occurrence_id"))


def delete(world, meeting, operator, occurrence_id=None):
    """Delete, with Zoom's refusals; tells subscribers."""
    if meeting.running:
        raise ZoomError(400, 3002, f"Sorry, you cannot delete this {meeting.kind} since it is in progress.")
    if meeting.type == 4:
        raise ZoomError(400, 3018, "Not allowed to delete PMI.")
    obj = world.events.short(meeting)
    if occurrence_id:
        one = occurrence_of(meeting, occurrence_id)
        one["deleted"] = True
        obj |= {
            "start_time": iso(one["start_at"]),
            "occurrences": [{"occurrence_id": one["id"], "start_time": iso(one["start_at"])}],
        }
    else:
        if (
            meeting.sittings
            and over(world, meeting)
            and world.options.delete_ended == "refuse"
            and meeting.type not in schedule.SERIES
        ):
            raise ZoomError(400, 3007, f"Sorry, you cannot delete this {meeting.kind} since it has ended.")
        meeting.deleted_at = world.now()
    world.touch(f"meeting:{meeting.number}")
    world.events.managed("deleted", meeting, operator, obj, operation="single" if occurrence_id else "all")
