"""Registrants (Zoom: "Add a meeting registrant" and its neighbours, the same for webinars)."""

import re
from urllib.parse import unquote

from . import meeting_bodies, meetings, schedule, users
from .clock import iso
from .errors import ZoomError, invalid_fields, no_webinar_plan
from .meetings import both
from .records import Registrant

_MAIL = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}$")
_EXTRA = (
    "address",
    "city",
    "state",
    "zip",
    "country",
    "phone",
    "org",
    "job_title",
    "industry",
    "comments",
    "no_of_employees",
    "purchasing_time_frame",
    "role_in_purchase_process",
    "custom_questions",
    "language",
    "source_id",
)
_LANGUAGES = (
    "en-US",
    "de-DE",
    "es-ES",
    "fr-FR",
    "jp-JP",
    "pt-PT",
    "ru-RU",
    "zh-CN",
    "zh-TW",
    "ko-KO",
    "it-IT",
    "vi-VN",
    "pl-PL",
    "Tr-TR",
)
_BATCH = 30
_SHOWN = {"approved": ("approved",), "pending": ("pending",), "denied": ("denied", "cancelled")}


def read(body):
    """Validated name, address and extras of a registrant; raises 400/300."""
    email, first, last = body.get("email"), body.get("first_name"), body.get("last_name", "")
    wrong = []
    if not isinstance(email, str) or len(email) > 128 or not _MAIL.match(email):
        wrong.append("email")
    if not isinstance(first, str) or not first.strip() or len(first) > 64:
        wrong.append("first_name")
    if last is None or not isinstance(last, str) or len(last) > 64:
        wrong.append("last_name")
    if "language" in body and body["language"] not in _LANGUAGES:
        wrong.append("language")
    if "country" in body and not (isinstance(body["country"], str) and len(body["country"]) in (0, 2)):
        wrong.append("country")
    if not isinstance(body.get("auto_approve", False), bool):
        wrong.append("auto_approve")
    questions = body.get("custom_questions") or []
    for question in questions if isinstance(questions, list) else [None]:
        if not isinstance(question, dict) or len(str(question.get("value", ""))) > 128:
            wrong.append("custom_questions")
    if wrong:
        raise invalid_fields(*wrong)
    return {"email": email, "first_name": first, "last_name": last}, {
        name: body[name] for name in _EXTRA if name in body
    }


def must_take(world, meeting, *, batch=False):
    """Refuse where nobody can register: Basic host, no registration, over, closed."""
    host, number = world.users[meeting.host_id], meeting.number
    if meeting.kind == "webinar" and not (host.webinar and users.licensed(host)):
        raise no_webinar_plan(host.id)
    if not users.licensed(host):
        raise ZoomError(400, 200, f"Only available for Paid user: {host.id}")
    if batch and meeting.type != (5 if meeting.kind == "webinar" else 2):
        raise ZoomError(
            400,
            303,
            "Batch registration is only available for scheduled meetings."
            if meeting.kind == "meeting"
            else "Batch registration is only available for scheduled webinars.",
        )
    if not meeting_bodies.has_registration(meeting):
        if meeting.kind == "webinar":
            raise ZoomError(400, 3000, f"This webinar does not have registration as required: {number}.")
        raise ZoomError(404, 404, f"Registration has not been enabled for this meeting: {number}.")
    started = meeting.start_at is not None and meeting.type not in schedule.SERIES and meeting.start_at <= world.now()
    if meetings.over(world, meeting) or (meeting.settings["close_registration"] and started):
        raise ZoomError(
            400,
            3038,
            f"{meeting.kind.capitalize()} is over, you can not register now. If you have any "
            f"questions, please contact the {meeting.kind} host.",
        )


def by_email(meeting, email):
    """The living registrant with this address, or None; kept as an index on the meeting."""
    index = meeting.__dict__.setdefault("_by_email", {})
    if len(index) != len(meeting.registrants):
        index.clear()
        index.update({one.email.lower(): one.id for one in meeting.registrants.values()})
        if len(index) != len(meeting.registrants):  # an address was cancelled and came again
            found = [one for one in meeting.registrants.values() if one.email.lower() == email.lower()]
            return found[-1] if found else None
    found = index.get(email.lower())
    return meeting.registrants.get(found) if found else None


def put(world, meeting, who, extra, *, approve=None, occurrences=()):
    """``(registrant, is_new)``: keep a registrant without asking limits or telling anybody."""
    known = by_email(meeting, who["email"])
    if known is not None and known.status != "cancelled":
        known.first_name, known.last_name = who["first_name"], who["last_name"]
        known.extra.update(extra)
        return known, False
    approve = meeting.settings["approval_type"] == 0 if approve is None else approve
    one = Registrant(
        id=world.ids.opaque(),
        created_at=world.now(),
        status="approved" if approve else "pending",
        join_key=world.ids.secret(48),
        pin=world.ids.digits(6),
        occurrences=list(occurrences),
        extra=extra,
        **who,
    )
    meeting.registrants[one.id] = one
    meeting.__dict__.setdefault("_by_email", {})[one.email.lower()] = one.id
    world.join_keys[one.join_key] = (meeting.number, one.id)
    world.touch(f"meeting:{meeting.number}")
    return one, True


def add(world, meeting, body, *, occurrence_ids=(), full_status=400, approve=None):
    """Register one person by Zoom's rules; raises ZoomError."""
    who, extra = read(body)
    host = world.users[meeting.host_id]
    for one in occurrence_ids:
        meetings.occurrence_of(meeting, one)
    if who["email"].lower() == host.email.lower() and (
        meeting.kind == "webinar" or world.options.host_registers == "refuse"
    ):
        raise ZoomError(400, 3027, "Host cannot register.")
    known = by_email(meeting, who["email"])
    if known is not None and known.status != "cancelled" and world.options.readd == "error":
        raise ZoomError(400, 3000, f"The registrant has already registered: {who['email']}.")
    if known is None and _full(world, meeting):
        raise ZoomError(full_status, 3043, f"{meeting.kind.capitalize()} has reached maximum attendee capacity.")
    world.limits.add_registrant(meeting, who["email"])
    if meeting.kind == "meeting" and body.get("auto_approve") is True:
        approve = True
    one, new = put(world, meeting, who, extra, approve=approve, occurrences=occurrence_ids)
    if new:
        world.events.registration("created", meeting, one, _link(world, meeting, one))
    return one


def _full(world, meeting):
    taken = (
        sum(one.status in ("approved", "pending") for one in meeting.registrants.values())
        if len(meeting.registrants) >= 100 or meeting.kind == "webinar" or world.options.max_registrants < 100
        else len(meeting.registrants)
    )
    restricted = meeting.settings.get("registrants_restrict_number") or 0
    return taken >= (restricted or world.options.max_registrants)


def _link(world, meeting, registrant):
    return meeting_bodies.personal_url(world, meeting, registrant) if registrant.status == "approved" else ""


def row(world, meeting, one):
    """A registrant as lists give it; without a link while pending or denied."""
    body = {
        "id": one.id,
        "email": one.email,
        "first_name": one.first_name,
        "last_name": one.last_name,
        **{name: one.extra.get(name, [] if name == "custom_questions" else "") for name in _EXTRA[:14]},
        "status": "denied" if one.status == "cancelled" else one.status,
        "create_time": iso(one.created_at),
    }
    link = _link(world, meeting, one)
    if link:
        body |= {"join_url": link, "participant_pin_code": one.pin}
    if meeting.kind == "webinar":
        body["tracking_source_id"] = one.extra.get("source_id", "")
    return body


def _added(world, meeting, one):
    body = {"registrant_id": one.id, "id": meeting.number, "topic": meeting.topic}
    if meeting.start_at is not None:
        body["start_time"] = iso(meeting.start_at)
    link = _link(world, meeting, one)
    if link:
        body |= {"join_url": link, "participant_pin_code": one.pin}
    if meeting.occurrences:
        chosen = [date for date in meeting.occurrences if not one.occurrences or date["id"] in one.occurrences]
        body["occurrences"] = [meeting_bodies.occurrence_row(date) for date in chosen]
    return body


@both("POST", "/{kind}s/<number>/registrants", scope="{kind}:write:registrant", classic="{kind}:write", status=201)
def add_call(call, kind, number):
    """Register one person, for the dates in ``occurrence_ids`` or all."""
    meeting = call.meeting(number, kind)
    must_take(call.world, meeting)
    chosen = [one for one in call.query.get("occurrence_ids", "").split(",") if one]
    one = add(call.world, meeting, call.body, occurrence_ids=chosen)
    return _added(call.world, meeting, one)


@both(
    "GET", "/{kind}s/<number>/registrants", scope="{kind}:read:list_registrants", classic="{kind}:read", label="Medium"
)
def list_call(call, kind, number):
    """Registrants of one status; approved unless asked otherwise."""
    world, meeting = call.world, call.meeting(number, kind)
    meetings.need_plan(kind, call.host(meeting), status=200)
    status = call.query.get("status", "approved")
    if status not in _SHOWN:
        raise invalid_fields("status")
    date = call.query.get("occurrence_id")
    if date:
        meetings.occurrence_of(meeting, date)
    found = [
        one
        for one in meeting.registrants.values()
        if one.status in _SHOWN[status] and (not date or not one.occurrences or date in one.occurrences)
    ]
    answer = call.paged(found, "registrants")
    answer["registrants"] = [row(world, meeting, one) for one in answer["registrants"]]
    return answer


def _one(call, meeting, registrant_id):
    found = meeting.registrants.get(unquote(registrant_id))
    if found is None:
        raise ZoomError(404, 3001, f"Registrant does not exist: {registrant_id}.")
    return found


@both("GET", "/{kind}s/<number>/registrants/<registrant_id>", scope="{kind}:read:registrant", classic="{kind}:read")
def read_call(call, kind, number, registrant_id):
    """One registrant."""
    meeting = call.meeting(number, kind)
    return row(call.world, meeting, _one(call, meeting, registrant_id))


@both(
    "DELETE",
    "/{kind}s/<number>/registrants/<registrant_id>",
    scope="{kind}:delete:registrant",
    classic="{kind}:write",
    status=204,
)
def delete_call(call, kind, number, registrant_id):
    """Remove one; the link is dead."""
    world, meeting = call.world, call.meeting(number, kind)
    one = _one(call, meeting, registrant_id)
    del meeting.registrants[one.id]
    meeting.__dict__.pop("_by_email", None)
    world.join_keys.pop(one.join_key, None)
    world.retired_secrets.append(one.join_key)
    world.touch(f"meeting:{meeting.number}")


@both(
    "PUT",
    "/{kind}s/<number>/registrants/status",
    scope="{kind}:update:registrant_status",
    classic="{kind}:write",
    label="Medium",
    status=204,
)
def status_call(call, kind, number):
    """Approve, cancel or deny up to 30; unknown ones are passed over silently."""
    world, meeting = call.world, call.meeting(number, kind)
    meetings.need_plan(kind, call.host(meeting))
    action, people = call.body.get("action"), call.body.get("registrants", [])
    if action not in ("approve", "cancel", "deny"):
        raise invalid_fields("action")
    if (
        not isinstance(people, list)
        or not 1 <= len(people) <= _BATCH
        or not all(isinstance(one, dict) for one in people)
    ):
        raise invalid_fields("registrants")
    for wanted in people:
        one = meeting.registrants.get(str(wanted.get("id", ""))) or by_email(meeting, str(wanted.get("email", "")))
        if one is not None:
            set_status(world, meeting, one, action)


def set_status(world, meeting, one, action):
    """Change the status of one registrant and tell subscribers of a real change."""
    status, event = {
        "approve": ("approved", "approved"),
        "cancel": ("cancelled", "cancelled"),
        "deny": ("denied", "denied"),
    }[action]
    world.limits.change_status(meeting, one)
    if one.status == status:
        return
    one.status = status
    world.touch(f"meeting:{meeting.number}")
    world.events.registration(event, meeting, one, _link(world, meeting, one))


@both(
    "POST",
    "/{kind}s/<number>/batch_registrants",
    scope="{kind}:write:batch_registrants",
    classic="{kind}:write",
    label="Heavy",
    status=201,
)
def batch_call(call, kind, number):
    """Register up to 30 people; all or none."""
    world, meeting = call.world, call.meeting(number, kind)
    must_take(world, meeting, batch=True)
    people = call.body.get("registrants")
    if (
        not isinstance(people, list)
        or not 1 <= len(people) <= _BATCH
        or not all(isinstance(one, dict) for one in people)
    ):
        raise invalid_fields("registrants")
    for one in people:
        read(one)
    approve = True if call.body.get("auto_approve") is True else None
    found = [add(world, meeting, one, full_status=404, approve=approve) for one in people]
    return {
        "registrants": [
            {
                "email": one.email,
                "registrant_id": one.id,
                **({"join_url": link, "participant_pin_code": one.pin} if link else {}),
            }
            for one in found
            for link in [_link(world, meeting, one)]
        ]
    }


@both(
    "GET",
    "/{kind}s/<number>/registrants/questions",
    scope="{kind}:read:list_registration_questions",
    classic="{kind}:read",
)
def questions_call(call, kind, number):
    """What the registration form asks."""
    return call.meeting(number, kind).questions


@both(
    "PATCH",
    "/{kind}s/<number>/registrants/questions",
    scope="{kind}:update:registration_question",
    classic="{kind}:write",
    status=204,
)
def change_questions_call(call, kind, number):
    """Replace the questions."""
    meeting = call.meeting(number, kind)
    for name in ("questions", "custom_questions"):
        if name in call.body:
            if not isinstance(call.body[name], list):
                raise invalid_fields(name)
            meeting.questions[name] = call.body[name]
    call.world.touch(f"meeting:{meeting.number}")
