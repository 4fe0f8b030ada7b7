"""Users (Zoom: "Users" API): who they are, what they may do, tokens to start as host."""

from .clock import iso
from .errors import ZoomError, invalid_fields
from .router import route, whole

_ROLES = {"owner": ("0", "Owner"), "admin": ("1", "Admin"), "member": ("2", "Member")}
_STATUSES = ("active", "inactive", "pending")


def full(world, user):
    """What reading one user gives."""
    account = world.accounts[user.account_id]
    role_id, role_name = _ROLES[user.role]
    return {
        **row(user),
        "account_id": account.id,
        "account_number": account.number,
        "role_name": role_name,
        "role_id": role_id,
        "personal_meeting_url": f"{world.base_url}/j/{user.pmi}",
        "vanity_url": "",
        "cluster": "us02",
        "login_types": [100],
        "plan_united_type": "",
        "zoom_one_type": 0,
        "license_info_list": [],
    }


def row(user):
    """What the list gives for a user."""
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "display_name": user.display_name,
        "email": user.email,
        "type": user.type,
        "pmi": user.pmi,
        "timezone": user.timezone,
        "verified": 1,
        "created_at": iso(user.created_at),
        "language": user.language,
        "status": user.status,
    }


def host_token(world, user, *, number=None, seconds=None):
    """A token that starts meetings as this user (any, or one number); expires by the clock."""
    life = world.options.start_url_seconds if seconds is None else seconds
    expires = world.now() + life
    token = world.ids.token(aud="clientsm", uid=user.id, iss="web", exp=int(expires), tokenType="zak")
    world.host_tokens[token] = {"user_id": user.id, "number": number, "expires_at": expires}
    return token


@route("GET", "/users", scope="user:read:list_users", classic="user:read", label="Medium", admin_only=True)
def list_users(call):
    """Members of the account, active ones unless ``status`` says otherwise."""
    status = call.query.get("status", "active")
    if status not in _STATUSES:
        raise invalid_fields("status")
    members = [
        user for user in call.world.users.values() if user.account_id == call.account.id and user.status == status
    ]
    answer = call.paged([row(user) for user in members], "users")
    return {**answer, "page_number": call.page_number()}


@route("GET", "/users/<user_id>", scope="user:read:user", classic="user:read")
def read_user(call, user_id):
    """One user by ``me``, id or e-mail address."""
    return full(call.world, call.person(user_id))


@route("GET", "/users/<user_id>/settings", scope="user:read:settings", classic="user:read", label="Medium")
def read_settings(call, user_id):
    """What the user's plan and the account allow."""
    user = call.person(user_id)
    locked = call.account.locked_settings
    security = {
        "waiting_room": bool(locked.get("waiting_room", False)),
        "meeting_password": call.account.require_passcode,
        "meeting_authentication": bool(locked.get("meeting_authentication", False)),
    }
    if call.query.get("option") == "meeting_security":
        return {"meeting_security": security}
    paid = user.type == 2
    return {
        "feature": {
            "meeting_capacity": user.meeting_capacity,
            "large_meeting": False,
            "webinar": user.webinar,
            "webinar_capacity": user.webinar_capacity if user.webinar else 0,
            "zoom_events": False,
            "cn_meeting": False,
            "in_meeting": False,
            "concurrent_meeting": "None",
            "zoom_phone": False,
        },
        "schedule_meeting": {
            "join_before_host": False,
            "require_password_for_scheduling_new_meetings": call.account.require_passcode,
            "host_video": False,
            "participants_video": False,
        },
        "in_meeting": {"waiting_room": security["waiting_room"], "breakout_room": True, "allow_live_streaming": False},
        "recording": {"cloud_recording": paid and call.account.recordings_permitted, "local_recording": True},
    }


@route("GET", "/users/<user_id>/zak", scope="user:read:zak", classic="user_zak:read")
def read_zak(call, user_id):
    """A token to start meetings as the user."""
    return {"token": host_token(call.world, call.person(user_id))}


@route("GET", "/users/<user_id>/token", scope="user:read:token", classic="user:read")
def read_token(call, user_id):
    """``type`` token, zak or onbehalf; ``ttl`` seconds; ``meeting_id`` with onbehalf."""
    user, kind = call.person(user_id), call.query.get("type", "token")
    if kind not in ("token", "zak", "onbehalf"):
        raise invalid_fields("type")
    ttl = whole(call.query.get("ttl", "7200"), 7776000)
    if ttl is None:
        raise invalid_fields("ttl")
    number = None
    if kind == "onbehalf":
        number = whole(call.query.get("meeting_id", ""))
        if number is None:
            raise invalid_fields("meeting_id")
    return {"token": host_token(call.world, user, number=number, seconds=ttl)}


@route("GET", "/users/<user_id>/schedulers", scope="user:read:list_schedulers", classic="user:read", label="Medium")
def list_schedulers(call, user_id):
    """Who may schedule for this user."""
    user = call.person(user_id)
    able = [other for other in call.world.users.values() if user.id in other.schedules_for]
    return {"schedulers": [{"id": other.id, "email": other.email} for other in able]}


def licensed(user):
    """Whether a host has a paid seat."""
    return user.type == 2


def must_be_active(user):
    """400/1120 for a host who cannot hold anything now."""
    if user.status != "active":
        raise ZoomError(400, 1120, "Invalid user.")
    if user.type in (4, 99):
        raise ZoomError(400, 3161, "Meeting hosting and scheduling capabilities are not allowed for your user account.")
