"""What a body asks of a meeting or webinar: fields, types, lengths (Zoom: "Create a meeting", "Create a webinar")."""

import copy
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from . import recurrence
from .errors import invalid_fields

TYPES = {"meeting": (1, 2, 3, 8, 10), "webinar": (5, 6, 9)}
SERIES, TIMELESS = (8, 9), (1, 3, 6)
_START = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?$")
_PASSCODE = re.compile(r"^[A-Za-z0-9@_*-]{0,10}$")
_MAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_ZONES = available_timezones()
_LATEST = 32_503_680_000  # the year 3000

_SHARED_SETTINGS = {
    "host_video": False,
    "approval_type": 2,
    "registration_type": 1,
    "audio": "both",
    "auto_recording": "none",
    "enforce_login": False,
    "enforce_login_domains": "",
    "alternative_hosts": "",
    "alternative_host_update_polls": False,
    "close_registration": False,
    "show_share_button": False,
    "allow_multiple_devices": False,
    "registrants_confirmation_email": True,
    "registrants_email_notification": True,
    "meeting_authentication": False,
    "authentication_option": "",
    "authentication_domains": "",
    "contact_name": "",
    "contact_email": "",
    "global_dial_in_countries": [],
    "custom_keys": [],
    "email_in_attendee_report": False,
    "push_change_to_calendar": False,
    "request_permission_to_unmute_participants": False,
}
DEFAULT_SETTINGS = {
    "meeting": {
        **_SHARED_SETTINGS,
        "participant_video": False,
        "cn_meeting": False,
        "in_meeting": False,
        "join_before_host": False,
        "jbh_time": 0,
        "mute_upon_entry": False,
        "watermark": False,
        "use_pmi": False,
        "waiting_room": False,
        "waiting_room_options": {"mode": "follow_setting"},
        "encryption_type": "enhanced_encryption",
        "breakout_room": {"enable": False},
        "internal_meeting": False,
        "private_meeting": False,
        "focus_mode": False,
        "continuous_meeting_chat": {"enable": False},
        "auto_start_meeting_summary": False,
        "participant_focused_meeting": False,
        "resources": [],
        "alternative_hosts_email_notification": True,
        "device_testing": False,
        "meeting_invitees": [],
        "email_notification": True,
        "host_save_video_order": False,
    },
    "webinar": {
        **_SHARED_SETTINGS,
        "panelists_video": False,
        "practice_session": False,
        "hd_video": False,
        "on_demand": False,
        "panelist_authentication": False,
        "registrants_restrict_number": 0,
        "post_webinar_survey": False,
        "survey_url": "",
        "email_language": "en-US",
        "panelists_invitation_email_notification": True,
        "question_and_answer": {"enable": True, "allow_anonymous_questions": True, "answer_questions": "all"},
        "attendees_and_panelists_reminder_email_notification": {"enable": False, "type": 0},
        "follow_up_attendees_email_notification": {"enable": False, "type": 0},
        "follow_up_absentees_email_notification": {"enable": False, "type": 0},
        "add_watermark": False,
    },
}
_CHOICES = {
    "approval_type": (0, 1, 2),
    "registration_type": (1, 2, 3),
    "jbh_time": (0, 5, 10, 15),
    "audio": ("both", "telephony", "voip", "thirdParty"),
    "auto_recording": ("local", "cloud", "none"),
    "encryption_type": ("enhanced_encryption", "e2ee"),
}


def default_settings(kind):
    """A fresh copy of what a meeting has when nothing was asked."""
    return copy.deepcopy(DEFAULT_SETTINGS[kind])


def read(body, kind, timezone):
    """Validated fields of a body, with ``start_at`` for ``start_time``; unknown ones are ignored, as Zoom does.

    ``timezone``: what a local ``start_time`` means when the body names no zone. Raises 400/300.
    """
    found = {}
    for name, longest in (("topic", 200), ("agenda", 2000)):
        if name in body:
            if not isinstance(body[name], str) or len(body[name]) > longest:
                raise invalid_fields(name)
            found[name] = body[name]
    if "type" in body:
        if isinstance(body["type"], bool) or body["type"] not in TYPES[kind]:
            raise invalid_fields("type")
        found["type"] = body["type"]
    if "duration" in body:
        if not _is_int(body["duration"]) or not 0 <= body["duration"] <= 24 * 60 * 30:
            raise invalid_fields("duration")
        found["duration"] = body["duration"]
    if "password" in body:
        if not isinstance(body["password"], str) or not _PASSCODE.match(body["password"]):
            raise invalid_fields("password")
        found["password"] = body["password"]
    if body.get("timezone"):
        if not isinstance(body["timezone"], str) or body["timezone"] not in _ZONES:
            raise invalid_fields("timezone")
        found["timezone"] = timezone = body["timezone"]
    if body.get("start_time"):
        found["start_at"] = _start(body["start_time"], timezone)
    if "tracking_fields" in body:
        if not isinstance(body["tracking_fields"], list):
            raise invalid_fields("tracking_fields")
        found["tracking_fields"] = body["tracking_fields"]
    if "settings" in body:
        found["settings"] = settings(body["settings"], kind)
    return found


def _is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _start(text, timezone):
    if not isinstance(text, str) or not _START.match(text):
        raise invalid_fields("start_time")
    try:
        moment = datetime.fromisoformat(text.rstrip("Z"))
        at = moment.replace(tzinfo=UTC if text.endswith("Z") else ZoneInfo(timezone)).timestamp()
    except (ValueError, OverflowError):
        raise invalid_fields("start_time") from None
    if not 0 <= at < _LATEST:
        raise invalid_fields("start_time")
    return at


def settings(asked, kind):
    """Known settings of right type; raises 400/300 naming the first wrong one."""
    if not isinstance(asked, dict):
        raise invalid_fields("settings")
    kept = {}
    for name, value in asked.items():
        if name not in DEFAULT_SETTINGS[kind]:
            continue
        default = DEFAULT_SETTINGS[kind][name]
        if name in _CHOICES:
            fine = value in _CHOICES[name] and not isinstance(value, bool)
        elif isinstance(default, int) and not isinstance(default, bool):
            fine = _is_int(value)
        else:
            fine = isinstance(value, type(default))
        if name == "registrants_restrict_number":
            fine = fine and 0 <= value <= 20000
        if name == "custom_keys":
            fine = fine and len(value) <= 10 and all(_custom_key(one) for one in value)
        if name == "contact_email":
            fine = fine and (not value or bool(_MAIL.match(value)))
        if not fine:
            raise invalid_fields(f"settings.{name}")
        kept[name] = copy.deepcopy(value)
    return kept


def _custom_key(one):
    return (
        isinstance(one, dict)
        and isinstance(one.get("key"), str)
        and len(one["key"]) <= 64
        and isinstance(one.get("value"), str)
        and len(one["value"]) <= 256
    )


def alternative_hosts(world, account, kind, text, policy):
    """The hosts of ``text`` that the account may have, joined again; the separator is ``;`` or, for webinars, ``,``."""
    separator = ";" if kind == "meeting" else ","
    kept = []
    for address in filter(None, (part.strip() for part in text.split(separator))):
        user = world.user_by_email(address) if _MAIL.match(address) and not set(address) & set(";,") else None
        if user is not None and user.account_id == account.id and user.type == 2 and user.status == "active":
            kept.append(user.email)
        elif policy == "refuse":
            raise invalid_fields("settings.alternative_hosts")
    return separator.join(kept)


def settle_rules(world, meeting, account, host):
    """Bring settings into what Zoom would store; it says nothing of what it changes."""
    values = meeting.settings
    if meeting.type == 3 or (
        values["approval_type"] != 2 and host.type != 2 and world.options.basic_approval_type == "downgraded"
    ):
        values["approval_type"] = 2
    values.update({name: copy.deepcopy(value) for name, value in account.locked_settings.items() if name in values})
    if values.get("waiting_room"):
        values["join_before_host"] = False
    if values.get("auto_recording") == "cloud" and (host.type != 2 or not account.recordings_permitted):
        values["auto_recording"] = "none"
    if account.require_passcode and not meeting.password:
        meeting.password = world.ids.passcode()


def lay_out(meeting):
    """Compute the occurrences of a series anew; others have none."""
    if meeting.type not in SERIES:
        meeting.occurrences = []
        if meeting.type not in (3, 6):
            meeting.recurrence = None
        return
    starts = recurrence.dates(meeting.start_at, meeting.timezone, meeting.recurrence)
    if not starts:
        raise invalid_fields("recurrence")
    meeting.start_at = starts[0]
    meeting.occurrences = [
        {"id": str(int(at * 1000)), "start_at": at, "duration": meeting.duration, "deleted": False, "changes": {}}
        for at in starts
    ]
