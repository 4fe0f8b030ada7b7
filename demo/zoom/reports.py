"""What is known after a sitting: instances, participants, absentees, reports (Zoom: "Past meetings", "Reports")."""

from datetime import date

from . import meetings, users
from .clock import iso
from .errors import ZoomError, invalid_fields, not_ended
from .meetings import both
from .router import read_uuid, route, whole

_YEAR, _HALF_YEAR = 365 * 86400, 183 * 86400


def ready(world, sitting):
    """Whether the data of a sitting exist by now."""
    if sitting.ended_at is None or sitting.started_at is None:
        return False
    at = sitting.ready_at if sitting.ready_at is not None else sitting.ended_at + world.options.report_delay_seconds
    return world.now() >= at


def named(call, kind, text):
    """``(meeting, sitting)`` of a number (the latest sitting) or a uuid; 404/3001, 400/12702, other hosts refused."""
    world = call.world
    if whole(text) is not None:
        meeting = world.meetings.get(whole(text))
        uuids = [one for one in (meeting.sittings if meeting else []) if world.sittings[one].started_at is not None]
        sitting = world.sittings[uuids[-1]] if uuids else None
    else:
        uuid = read_uuid(text)
        sitting = world.sittings.get(uuid) if uuid else None
        meeting = world.meetings.get(sitting.number) if sitting else None
    if meeting is None or meeting.account_id != call.account.id:
        raise not_ended(kind)
    if meeting.kind != kind:
        raise ZoomError(400, 3000, "Cannot access webinar info.") if kind == "meeting" else not_ended(kind)
    call.own(meeting)
    if sitting is None or sitting.started_at is None or sitting.ended_at is None:
        raise not_ended(kind)
    if world.now() - sitting.ended_at > _YEAR:
        raise ZoomError(400, 12702, "Can not access a meeting a year ago.")
    if not ready(world, sitting) and world.options.report_before_ready == "3001":
        raise not_ended(kind)
    return meeting, sitting


def must_be_paid(call, meeting, *, report=False):
    """Refuse where the plan gives no data."""
    host = call.host(meeting)
    if report and call.account.plan == "free":
        raise ZoomError(200, 200, f"Only available for Paid or ZMP account: {call.account.id}.")
    if not users.licensed(host):
        raise ZoomError(400, 200, f"Only available for Paid user: {host.id}")
    if meeting.kind == "webinar" and not host.webinar:
        raise ZoomError(400, 200, "No permission.")


def inside(sitting):
    """Rows of people in the meeting or a breakout room."""
    return [row for row in sitting.presences if not row.waiting]


def alone(sitting):
    """Whether fewer than two different people came: such sittings have no participants in any list."""
    return len({row.person for row in inside(sitting)}) < 2


def rows(world, meeting, sitting, shape):
    """Participant rows by join time; ``shape``: past, report, or report+registrant. Kept once the sitting is over."""
    options = world.options
    key = (sitting.uuid, shape, options.registrant_email_in_reports, len(sitting.presences), sitting.ended_at)
    cache = world.__dict__.setdefault("_report_rows", {})
    if key not in cache:
        blank = world.accounts[meeting.account_id].blank_names
        show = options.registrant_email_in_reports
        ordered = [] if alone(sitting) else sorted(sitting.presences, key=lambda row: row.joined_at)
        while len(cache) > 50:
            del cache[next(iter(cache))]
        cache[key] = [_row(one, sitting, shape, blank, show) for one in ordered]
    return cache[key]


def _row(one, sitting, shape, blank, show_registered):
    left = one.left_at if one.left_at is not None else sitting.ended_at
    address = one.email if one.zoom_user_id or (one.registrant_id and show_registered) else ""
    joined, left = int(one.joined_at), int(left)
    row = {"id": one.zoom_user_id, "user_id": one.user_id}
    if shape != "past":
        row["participant_user_id"] = one.zoom_user_id
    row |= {
        "name": "" if blank else one.name,
        "user_email": "" if blank else address,
        "join_time": iso(joined),
        "leave_time": iso(left),
        "duration": left - joined,
        "status": "in_waiting_room" if one.waiting else "in_meeting",
        "failover": one.failover,
    }
    if shape == "past":
        row |= {"internal_user": bool(one.zoom_user_id), "registrant_id": one.registrant_id}
    else:
        row |= {"customer_key": one.customer_key, "bo_mtg_id": one.room}
        if shape == "report+registrant":
            row["registrant_id"] = one.registrant_id
    return row


def summary(world, meeting, sitting):
    """The past-meeting object; ``participants_count`` counts joins, ``total_minutes`` sums over them."""
    host = world.users.get(meeting.host_id)
    came = inside(sitting)
    until = sitting.ended_at
    total = sum((one.left_at if one.left_at is not None else until) - one.joined_at for one in came)
    return {
        "uuid": sitting.uuid,
        "id": meeting.number,
        "host_id": meeting.host_id,
        "type": meeting.type,
        "topic": meeting.topic,
        "user_name": host.display_name if host else "",
        "user_email": host.email if host else "",
        "start_time": iso(sitting.started_at),
        "end_time": iso(until),
        "duration": -(-int(until - sitting.started_at) // 60),
        "total_minutes": -(-int(total) // 60),
        "participants_count": len(came),
        "dept": "",
        "source": meeting.source,
    }


@both("GET", "/past_{kind}s/<name>", scope="{kind}:read:past_{kind}", classic="{kind}:read")
def past_call(call, kind, name):
    """One sitting that is over."""
    meeting, sitting = named(call, kind, name)
    must_be_paid(call, meeting)
    return summary(call.world, meeting, sitting)


@both(
    "GET",
    "/past_{kind}s/<name>/instances",
    scope="{kind}:read:list_past_instances",
    classic="{kind}:read",
    labels={"meeting": "Medium"},
)
def instances_call(call, kind, name):
    """All sittings of a number that are over."""
    world = call.world
    meeting = world.meetings.get(whole(name))
    if meeting is None or meeting.account_id != call.account.id or meeting.kind != kind:
        raise not_ended(kind)
    call.own(meeting)
    found = [world.sittings[uuid] for uuid in meeting.sittings]
    found = [one for one in found if ready(world, one) and world.now() - one.ended_at <= _YEAR]
    if not found:
        raise not_ended(kind)
    return {f"{kind}s": [{"uuid": one.uuid, "start_time": iso(one.started_at)} for one in found]}


@both(
    "GET",
    "/past_{kind}s/<name>/participants",
    scope="{kind}:read:list_past_participants",
    classic="{kind}:read",
    label="Medium",
)
def participants_call(call, kind, name):
    """Rows of a sitting; none when only one person came."""
    meeting, sitting = named(call, kind, name)
    must_be_paid(call, meeting)
    found = rows(call.world, meeting, sitting, "past") if ready(call.world, sitting) else []
    return call.paged(found, "participants")


@route(
    "GET", "/past_webinars/<name>/absentees", scope="webinar:read:list_absentees", classic="webinar:read", label="Heavy"
)
def absentees_call(call, name):
    """Approved registrants of a webinar who did not come."""
    from .registrants import row

    world = call.world
    meeting, sitting = named(call, "webinar", name)
    must_be_paid(call, meeting)
    came = {one.registrant_id for one in inside(sitting)}
    away = [one for one in meeting.registrants.values() if one.status == "approved" and one.id not in came]
    answer = call.paged(away, "registrants")
    answer["registrants"] = [row(world, meeting, one) for one in answer["registrants"]]
    return answer


def _report(kind, path, handler, scope):
    route("GET", path, scope=scope, classic="report:read", label="Heavy", admin_only=True)(
        lambda call, **values: handler(call, kind, **values)
    )


def report_participants(call, kind, name):
    """Report rows; ``include_fields=registrant_id`` adds the registrant."""
    meeting, sitting = named(call, kind, name)
    must_be_paid(call, meeting, report=True)
    if kind == "webinar" and call.world.now() - sitting.ended_at > _HALF_YEAR:
        raise ZoomError(400, 12702, "Can not access a webinar that ended more than six months ago.")
    shape = "report+registrant" if "registrant_id" in call.query.get("include_fields", "").split(",") else "report"
    found = rows(call.world, meeting, sitting, shape) if ready(call.world, sitting) else []
    return call.paged(found, "participants")


def report_summary(call, kind, name):
    """The past-meeting object with tracking fields and custom keys."""
    meeting, sitting = named(call, kind, name)
    must_be_paid(call, meeting, report=True)
    return {
        **summary(call.world, meeting, sitting),
        "tracking_fields": meeting.tracking_fields,
        "custom_keys": meeting.settings.get("custom_keys", []),
    }


for _kind in ("meeting", "webinar"):
    _report(
        _kind, f"/report/{_kind}s/<name>/participants", report_participants, f"report:read:list_{_kind}_participants"
    )
    _report(_kind, f"/report/{_kind}s/<name>", report_summary, f"report:read:{_kind}")


@route(
    "GET",
    "/report/users/<user_id>/meetings",
    scope="report:read:user",
    classic="report:read",
    label="Heavy",
    admin_only=True,
)
def report_user(call, user_id):
    """Sittings of a host within ``from`` and ``to`` (dates, a month apart at most), two people or more."""
    world, host = call.world, call.person(user_id)
    try:
        low, high = (date.fromisoformat(call.query.get(name, "")) for name in ("from", "to"))
    except ValueError:
        raise invalid_fields("from", "to") from None
    today = date.fromisoformat(iso(world.now())[:10])
    if high < low or (high - low).days > 31 or (today - low).days > 183:
        raise invalid_fields("from", "to")
    found = []
    for sitting in world.sittings.values():
        meeting = world.meetings.get(sitting.number)
        if meeting is None or meeting.host_id != host.id or not ready(world, sitting) or alone(sitting):
            continue
        if str(low) <= iso(sitting.started_at)[:10] <= str(high):
            found.append(summary(world, meeting, sitting))
    answer = call.paged(found, "meetings")
    return {"from": str(low), "to": str(high), **answer}


__all__ = ["alone", "inside", "meetings", "named", "ready", "report_participants", "rows", "summary"]
