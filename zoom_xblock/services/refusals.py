"""Which field of the form a refusal of Zoom concerns."""

from __future__ import annotations

from zoom_xblock import client as zoom
from zoom_xblock.services.errors import ZoomSaid

#: Zoom's names in validation errors (with and without `settings.`), and ours.
_FIELD_OF = {
    "topic": "display_name",
    "agenda": "description",
    "start_time": "starts_at",
    "duration": "duration_minutes",
    "timezone": "time_zone",
    "type": "kind",
    "password": "passcode",
    "recurrence": "recurrence",
    "schedule_for": "host_email",
    "occurrence_id": "occurrence_id",
    "alternative_hosts": "alternative_hosts",
    "waiting_room": "entry",
    "join_before_host": "entry",
    "jbh_time": "entry",
    "meeting_authentication": "signed_in_only",
    "host_video": "host_video",
    "participant_video": "participant_video",
    "panelists_video": "participant_video",
    "mute_upon_entry": "mute_on_entry",
    "auto_recording": "auto_recording",
    "practice_session": "practice_session",
    "question_and_answer": "question_and_answer",
    "registrants_confirmation_email": "zoom_emails",
    "registrants_email_notification": "zoom_emails",
}
_HOSTING_NOT_ALLOWED = 3161


def said(error: zoom.ZoomError, kind: str = "") -> ZoomSaid:
    """
    The error for the author, with the fields it concerns: "refused" at each that Zoom names, "no_webinar" at `kind`,
    "unknown" or "refused" at `host_email`. What Zoom names and we do not know stands at the topic, lest
    it stand nowhere.
    """
    told = ZoomSaid(error)
    if isinstance(error, zoom.errors.UserGone):
        told.fields = {"host_email": "unknown"}
    elif error.code == _HOSTING_NOT_ALLOWED:
        told.fields = {"host_email": "refused"}
    elif isinstance(error, zoom.errors.NotAllowed) and kind == "webinar" and "webinar plan" in error.message.lower():
        told.fields = {"kind": "no_webinar"}
    elif isinstance(error, zoom.errors.Invalid):
        told.fields = {field_of(name): "refused" for name, _text in error.fields}
        # A rule of the account for passcodes is told in words alone.
        if not told.fields and any(word in error.message.lower() for word in ("passcode", "password")):
            told.fields = {"passcode": "refused"}
    return told


def field_of(name: str) -> str:
    """Our field for Zoom's, of which parts may be named: `recurrence.type`, `settings.waiting_room`."""
    parts = name.removeprefix("settings.").split(".")
    return _FIELD_OF.get(parts[0].split("[")[0], "display_name")
