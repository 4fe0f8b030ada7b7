"""Scopes: which an endpoint accepts, which an event needs, and the smallest useful sets (Zoom: "OAuth scopes")."""

from .errors import ZoomError

_MEETING = (
    "write:meeting",
    "read:meeting",
    "update:meeting",
    "delete:meeting",
    "write:registrant",
    "read:list_registrants",
    "update:registrant_status",
    "read:past_meeting",
    "read:list_past_instances",
    "read:list_past_participants",
    "read:participant",
)
_COMMON = (
    "user:read:user",
    "user:read:zak",
    "user:read:settings",
    "cloud_recording:read:list_recording_files",
    "cloud_recording:read:recording",
)
USER_MANAGED = (
    *_COMMON,
    *(f"meeting:{scope}" for scope in _MEETING),
    *(f"webinar:{scope.replace('meeting', 'webinar')}" for scope in _MEETING),
)
ADMIN_MANAGED = (
    *(f"{scope}:admin" for scope in USER_MANAGED),
    "user:read:list_users:admin",
    "report:read:list_meeting_participants:admin",
    "report:read:list_webinar_participants:admin",
)
CLASSIC_USER = (
    "user:read",
    "user_zak:read",
    "meeting:read",
    "meeting:write",
    "webinar:read",
    "webinar:write",
    "recording:read",
)
CLASSIC_ADMIN = (*(f"{scope}:admin" for scope in CLASSIC_USER), "report:read:admin")
DEFAULTS = {
    ("user-managed", "granular"): USER_MANAGED,
    ("admin-managed", "granular"): ADMIN_MANAGED,
    ("server-to-server", "granular"): ADMIN_MANAGED,
    ("user-managed", "classic"): CLASSIC_USER,
    ("admin-managed", "classic"): CLASSIC_ADMIN,
    ("server-to-server", "classic"): CLASSIC_ADMIN,
}


def accepted(scope, admin_only=False):
    """The forms of a scope that an endpoint takes: its own and the ``:admin`` one."""
    return [f"{scope}:admin"] if admin_only else [scope, f"{scope}:admin"]


def require(granted, style, granular, classic, admin_only, code):
    """Raise 400/4711, listing what would do, unless ``granted`` (a set) holds a form of either scope."""
    fine, old = accepted(granular, admin_only), accepted(classic, admin_only)
    if not granted.intersection(fine) and not granted.intersection(old):
        raise missing(old if style == "classic" else fine, code)


def missing(names, code=4711):
    """The refusal that lists scopes; HTTP 400, not 403."""
    return ZoomError(400, code, f"Invalid access token, does not contain scopes:[{', '.join(names)}].")


def event_allowed(event, granted):
    """Whether an app with these scopes may receive an event (known: started, ended, participants, recordings)."""
    family, _, name = event.partition(".")
    if family == "recording":
        wanted = ("cloud_recording:read:recording", "recording:read")
    elif family in ("meeting", "webinar") and name in ("started", "ended"):
        wanted = (f"{family}:read:{family}", f"{family}:read")
    elif family in ("meeting", "webinar") and name.startswith("participant_"):
        wanted = (f"{family}:read:participant", f"{family}:read")
    else:
        return True
    return any(form in granted for scope in wanted for form in accepted(scope))
