"""The pages behind links: join, register, start, and the room itself. Server-rendered; a small script asks for news."""

from flask import Blueprint, g, jsonify, make_response, redirect, render_template, request

from . import doors, meeting_bodies, registrants, sittings
from .clock import spoken
from .errors import ZoomError

blueprint = Blueprint("rooms", __name__)
_SHOWN = 200


def _page(template, status=200, **values):
    answer = make_response(render_template(template, **values), status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"  # addresses hold keys
    return answer


def _sorry(title, text, status=404):
    return _page("sorry.html", status, title=title, text=text)


def _meeting(number):
    return doors.find(g.world, number)


def _invalid():
    return _sorry("This link is not valid", "The meeting does not exist, was deleted, or has expired. (3,001)")


def _door(meeting, role):
    held = g.world.doors.get(request.cookies.get(f"zm_{meeting.number}_{role}", ""))
    return held if held and held["number"] == meeting.number and held["role"] == role else None


def _enter(meeting, role, **who):
    """Through the door, unless this browser is in already."""
    room = redirect(f"/room/{meeting.number}/{role}", 303)
    known = _door(meeting, role)
    if known is not None and doors.state(g.world, meeting, known) in ("inside", "waiting", "not_started"):
        return room
    door_id = doors.open_door(g.world, meeting, role, **who)
    room.set_cookie(f"zm_{meeting.number}_{role}", door_id, httponly=True, samesite="Lax", path="/")
    return room


def _facts(meeting):
    host = g.world.users[meeting.host_id]
    return {
        "meeting": meeting,
        "host": host,
        "start": spoken(meeting.start_at),
        "kind": meeting.kind.capitalize(),
        "members": [
            user for user in g.world.users.values() if user.account_id == meeting.account_id and user.status == "active"
        ],
    }


def _passcode_known(meeting):
    return not meeting.password or request.values.get("pwd") == meeting.password_key


@blueprint.route("/j/<int:number>", methods=["GET", "POST"])
def plain(number):
    """The link for everybody: Zoom's form where registration is on, else a name."""
    with g.world.lock:
        meeting = _meeting(number)
        if meeting is None:
            return _invalid()
        if meeting_bodies.has_registration(meeting):
            return _register(meeting)
        problem = ""
        if request.method == "POST":
            name, user_id = request.form.get("name", "").strip(), request.form.get("user", "")
            if not _passcode_known(meeting) and request.form.get("passcode") != meeting.password:
                problem = "The passcode is wrong."
            elif not name and not user_id:
                problem = "Type your name."
            elif meeting.settings["meeting_authentication"] and not user_id:
                problem = "This meeting is for signed-in people only."
            else:
                return _enter(meeting, "guest", name=name, user_id=user_id)
        return _page(
            "join.html",
            400 if problem else 200,
            **_facts(meeting),
            problem=problem,
            ask_passcode=not _passcode_known(meeting),
            pwd=request.values.get("pwd", ""),
        )


@blueprint.route("/<any(meeting, webinar):kind>/register/<key>", methods=["GET", "POST"])
def register(kind, key):
    """The registration address of a meeting."""
    with g.world.lock:
        for meeting in g.world.meetings.values():
            if meeting.registration_key == key and meeting.kind == kind and _meeting(meeting.number):
                return _register(meeting)
        return _invalid()


def _register(meeting):
    world, problem = g.world, ""
    if request.method == "POST":
        wanted = {name: request.form.get(name, "").strip() for name in ("email", "first_name", "last_name")}
        try:
            registrants.must_take(world, meeting)
            one = registrants.add(world, meeting, wanted)
            link = meeting_bodies.personal_url(world, meeting, one) if one.status == "approved" else ""
            return _page("registered.html", **_facts(meeting), registrant=one, link=link)
        except ZoomError as refusal:
            wrong = ", ".join(one["field"].replace("_", " ") for one in refusal.errors or ())
            problem = f"Please check: {wrong}." if wrong else refusal.message
    return _page("register.html", 400 if problem else 200, **_facts(meeting), problem=problem, form=request.form)


@blueprint.route("/w/<int:number>", methods=["GET", "POST"])
def personal(number):
    """The link of one registrant: the registered name is set."""
    with g.world.lock:
        meeting = _meeting(number)
        if meeting is None:
            return _invalid()
        key = request.values.get("tk", "")
        held = g.world.join_keys.get(key)
        one = meeting.registrants.get(held[1]) if held and held[0] == number else None
        if one is None:
            return _sorry("This link is not valid", "The registration does not exist or was removed.", 403)
        if one.status != "approved":
            return _sorry(
                "You cannot join yet" if one.status == "pending" else "You cannot join",
                "The host has not approved your registration."
                if one.status == "pending"
                else "Your registration was cancelled or denied by the host.",
                403,
            )
        role = doors.role_of(key)
        if request.method == "POST":
            return _enter(meeting, role, registrant_id=one.id, user_id=request.form.get("user", ""))
        known = _door(meeting, role)
        if known is not None and doors.state(g.world, meeting, known) in ("inside", "waiting", "not_started"):
            return redirect(f"/room/{number}/{role}", 303)
        return _page("personal.html", **_facts(meeting), registrant=one, tk=key)


@blueprint.route("/s/<int:number>", methods=["GET", "POST"])
def start(number):
    """The host's link: starts the meeting."""
    with g.world.lock:
        meeting = _meeting(number)
        if meeting is None:
            return _invalid()
        zak = request.values.get("zak", "")
        user = doors.host_of_token(g.world, meeting, zak)
        if user is None:
            return _sorry(
                "This start link has expired", "Start links work for a limited time. Ask for a fresh one.", 403
            )
        if request.method == "POST":
            return _enter(meeting, "host", user_id=user.id, host=True)
        known = _door(meeting, "host")
        if known is not None and doors.state(g.world, meeting, known) == "inside":
            return redirect(f"/room/{number}/host", 303)
        return _page("start.html", **_facts(meeting), user=user, zak=zak)


# inside


def _inside(number, role):
    """``(meeting, door)``, or None for strangers. A room stays visible to those in it when its meeting is gone."""
    meeting = g.world.meetings.get(number)
    door = _door(meeting, role) if meeting else None
    return (meeting, door) if door else None


def _view(meeting, door):
    world, where = g.world, doors.state(g.world, meeting, door)
    inside, waiting = doors.people(world, meeting)
    sitting = world.sittings.get(door["uuid"])
    row = sittings.main_row(sitting, door["connection"]) if sitting and where in ("inside", "waiting") else None
    name = row.name if row else _name(meeting, door)
    return {
        **_facts(meeting),
        "where": where,
        "door": door,
        "name": name,
        "inside": inside[:_SHOWN],
        "count": len(inside),
        "waiting": waiting[:_SHOWN] if door["host"] else [],
        "since": spoken(row.joined_at) if row else "",
        "back": _way_back(meeting, door),
    }


def _name(meeting, door):
    one = meeting.registrants.get(door["registrant_id"])
    user = g.world.users.get(door["user_id"])
    return one.name if one else door["name"] or (user.display_name if user else "")


def _way_back(meeting, door):
    return doors.find(g.world, meeting.number) is not None and (
        not door["registrant_id"] or door["registrant_id"] in meeting.registrants
    )


@blueprint.get("/room/<int:number>/<role>")
def room(number, role):
    """The room as the person behind this browser's cookie sees it."""
    with g.world.lock:
        found = _inside(number, role)
        if found is None:
            return _sorry("You are not in this room", "Open your link again to join.", 403)
        return _page("room.html", **_view(*found))


@blueprint.get("/room/<int:number>/<role>/state")
def news(number, role):
    """The changing part of the room, with a stamp that tells whether it changed."""
    with g.world.lock:
        found = _inside(number, role)
        if found is None:
            return jsonify(stamp="gone", html="", title=""), 403
        view = _view(*found)
        html = render_template("room_body.html", **view)
    answer = jsonify(stamp=str(hash(html)), html=html, where=view["where"])
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/room/<int:number>/<role>")
def act(number, role):
    """``do``: leave, rejoin; as host admit, admit_all, put_back, end."""
    world, do = g.world, request.form.get("do", "")
    with world.lock:
        found = _inside(number, role)
        if found is None:
            return _sorry("You are not in this room", "Open your link again to join.", 403)
        meeting, door = found
        connection, now = request.form.get("connection", ""), world.now()
        try:
            if do == "leave":
                doors.go(world, meeting, door)
            elif do == "rejoin" and _way_back(meeting, door):
                if doors.state(world, meeting, door) in ("left", "ended"):
                    doors.come_in(world, meeting, door)
            elif door["host"] and doors.state(world, meeting, door) == "inside":
                if do == "admit":
                    sittings.admit(world, meeting, connection, at=now)
                elif do == "admit_all":
                    for row in doors.people(world, meeting)[1]:
                        sittings.admit(world, meeting, row.connection, at=now)
                elif do == "put_back" and meeting.kind == "meeting":
                    sittings.put_in_waiting_room(world, meeting, connection, at=now)
                elif do == "end":
                    sittings.end(world, meeting, at=now)
        except sittings.JoinError:
            pass  # gone meanwhile
        return redirect(f"/room/{number}/{role}", 303)
