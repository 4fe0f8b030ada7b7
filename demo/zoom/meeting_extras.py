"""The smaller calls on meetings: status, invitation, invite links, panelists."""

from urllib.parse import quote

from . import meeting_bodies, meetings, sittings
from .clock import iso
from .errors import ZoomError, invalid_fields, no_meeting
from .meetings import both
from .router import route, whole


@both("PUT", "/{kind}s/<number>/status", scope="{kind}:update:status", classic="{kind}:write", status=204)
def status_call(call, kind, number):
    """``{"action": "end"}`` ends for all; ``recover`` (meetings) brings a deleted one back."""
    world, action = call.world, call.body.get("action")
    if action not in (("end", "recover") if kind == "meeting" else ("end",)):
        raise invalid_fields("action")
    if action == "recover":
        meeting = world.meetings.get(whole(number))
        if meeting is None or meeting.account_id != call.account.id or meeting.kind != kind or not meeting.deleted_at:
            raise no_meeting(number, kind)
        call.own(meeting)
        recover(world, meeting, call.operator(meeting))
        return
    meeting = call.meeting(number, kind)
    meetings.need_plan(kind, call.host(meeting), status=200)
    if sittings.end(world, meeting, at=world.now()) is None:
        raise ZoomError(400, 3000, f"The {kind} is not in progress.")


def recover(world, meeting, operator):
    """Undo a deletion and tell subscribers."""
    meeting.deleted_at = None
    world.touch(f"meeting:{meeting.number}")
    world.events.managed("recovered", meeting, operator, world.events.short(meeting), operation="all")


@route("GET", "/meetings/<number>/invitation", scope="meeting:read:invitation", classic="meeting:read")
def invitation_call(call, number):
    """The text people paste into mails."""
    meeting = call.meeting(number)
    host = call.host(meeting)
    lines = [f"{host.display_name} is inviting you to a scheduled Zoom meeting.", "", f"Topic: {meeting.topic}"]
    if meeting.start_at is not None:
        lines.append(f"Time: {iso(meeting.start_at)}")
    lines += [
        "",
        "Join Zoom Meeting",
        meeting_bodies.join_url(call.world, meeting),
        "",
        f"Meeting ID: {meeting.number}",
    ]
    if meeting.password:
        lines.append(f"Passcode: {meeting.password}")
    return {"invitation": "\r\n".join(lines)}


@route(
    "POST", "/meetings/<number>/invite_links", scope="meeting:write:invite_links", classic="meeting:write", status=201
)
def invite_links_call(call, number):
    """Up to 500 named links."""
    meeting, people, ttl = call.meeting(number), call.body.get("attendees"), call.body.get("ttl", 7200)
    if (
        not isinstance(people, list)
        or not 1 <= len(people) <= 500
        or not all(
            isinstance(one, dict) and isinstance(one.get("name"), str) and 0 < len(one["name"]) <= 64 for one in people
        )
    ):
        raise invalid_fields("attendees")
    if isinstance(ttl, bool) or not isinstance(ttl, int) or not 0 <= ttl <= 7776000:
        raise invalid_fields("ttl")
    base = f"{call.world.base_url}/j/{meeting.number}?pwd={meeting.password_key}"
    return {"attendees": [{"name": one["name"], "join_url": f"{base}&uname={quote(one['name'])}"} for one in people]}


@route(
    "GET", "/webinars/<number>/panelists", scope="webinar:read:list_panelists", classic="webinar:read", label="Medium"
)
def panelists_call(call, number):
    """Panelists of a webinar."""
    meeting = call.meeting(number, "webinar")
    return {
        "total_records": len(meeting.panelists),
        "panelists": [
            {**one, "join_url": f"{call.world.base_url}/w/{meeting.number}?tk={one['id']}"} for one in meeting.panelists
        ],
    }


@route(
    "POST",
    "/webinars/<number>/panelists",
    scope="webinar:write:panelist",
    classic="webinar:write",
    label="Medium",
    status=201,
)
def add_panelists_call(call, number):
    """Add panelists; the answer does not list them."""
    meeting, people = call.meeting(number, "webinar"), call.body.get("panelists")
    if not isinstance(people, list) or not all(
        isinstance(one, dict) and one.get("name") and one.get("email") for one in people
    ):
        raise invalid_fields("panelists")
    meeting.panelists += [{"id": call.world.ids.opaque(), "name": one["name"], "email": one["email"]} for one in people]
    call.world.touch(f"meeting:{meeting.number}")
    return {"id": str(meeting.number), "updated_at": iso(call.world.now())}


@route(
    "DELETE",
    "/webinars/<number>/panelists/<panelist_id>",
    scope="webinar:delete:panelist",
    classic="webinar:write",
    label="Medium",
    status=204,
)
def delete_panelist_call(call, number, panelist_id):
    """Remove one panelist."""
    meeting = call.meeting(number, "webinar")
    meeting.panelists = [one for one in meeting.panelists if one["id"] != panelist_id]
    call.world.touch(f"meeting:{meeting.number}")


@route(
    "DELETE",
    "/webinars/<number>/panelists",
    scope="webinar:delete:panelist",
    classic="webinar:write",
    label="Medium",
    status=204,
)
def delete_panelists_call(call, number):
    """Remove all panelists."""
    meeting = call.meeting(number, "webinar")
    meeting.panelists = []
    call.world.touch(f"meeting:{meeting.number}")
