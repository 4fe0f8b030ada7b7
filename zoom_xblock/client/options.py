"""
Who gets in, sound, video, recording and mails: our names for them, and Zoom's settings. Pure, and both ways, so that
what was asked for and what Zoom made of it can be compared.

Our names are plain: `entry` ("host_first", "waiting_room", "open"), `auto_recording` ("none", "local", "cloud"), and
switches. Meetings and webinars know different ones (Zoom, "settings" of the two); a name that a kind does not know is
neither sent nor read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoom_xblock.client.results import Kind, Meeting

#: Switches that are one setting at Zoom, by kind.
_SWITCHES: dict[Kind, dict[str, str]] = {
    "meeting": {
        "signed_in_only": "meeting_authentication",
        "host_video": "host_video",
        "participant_video": "participant_video",
        "mute_on_entry": "mute_upon_entry",
    },
    "webinar": {
        "signed_in_only": "meeting_authentication",
        "host_video": "host_video",
        "participant_video": "panelists_video",
        "practice_session": "practice_session",
    },
}
#: Mails to registrants, of both kinds.
_MAILS = ("registrants_confirmation_email", "registrants_email_notification")
#: Webinars remind and follow up as well; switched off with the others, never on: whom to remind when is the host's.
_MORE_MAILS = (
    "attendees_and_panelists_reminder_email_notification",
    "follow_up_attendees_email_notification",
    "follow_up_absentees_email_notification",
)


def settings_for(kind: Kind, options: Mapping[str, Any]) -> dict[str, Any]:
    """Zoom's settings for the options that are named; others are left out, and so left as they are."""
    told: dict[str, Any] = {theirs: bool(options[ours]) for ours, theirs in _SWITCHES[kind].items() if ours in options}
    if "auto_recording" in options:
        told["auto_recording"] = options["auto_recording"]
    if kind == "meeting" and "entry" in options:
        # Zoom's two switches exclude each other (a waiting room switches joining before the host off).
        told |= {"waiting_room": options["entry"] == "waiting_room", "join_before_host": options["entry"] == "open"}
    if kind == "webinar" and "question_and_answer" in options:
        told["question_and_answer"] = {"enable": bool(options["question_and_answer"])}
    if "zoom_emails" in options:
        told |= dict.fromkeys(_MAILS, bool(options["zoom_emails"]))
        if kind == "webinar" and not options["zoom_emails"]:
            told |= {name: {"enable": False} for name in _MORE_MAILS}
    return told


def options_of(meeting: Meeting) -> dict[str, Any]:
    """What Zoom has, under our names, with `has_passcode`; never the passcode itself."""
    had, kind = meeting.settings, meeting.kind
    read: dict[str, Any] = {ours: had.get(theirs) is True for ours, theirs in _SWITCHES[kind].items()}
    recording = had.get("auto_recording")
    read["auto_recording"] = recording if recording in ("local", "cloud") else "none"
    if kind == "meeting":
        waits, early = had.get("waiting_room") is True, had.get("join_before_host") is True
        read["entry"] = "waiting_room" if waits else "open" if early else "host_first"
    else:
        asked = had.get("question_and_answer")
        read["question_and_answer"] = isinstance(asked, Mapping) and asked.get("enable") is True
    mails = [had.get(name) for name in _MAILS]
    if kind == "webinar":
        more = [had.get(name) for name in _MORE_MAILS]
        mails += [one.get("enable") for one in more if isinstance(one, Mapping)]
    read["zoom_emails"] = any(one is True for one in mails)
    read["has_passcode"] = meeting.has_passcode
    return read


def alternative_hosts_of(meeting: Meeting) -> list[str]:
    """The addresses, whichever separator Zoom used."""
    listed = meeting.settings.get("alternative_hosts")
    text = listed if isinstance(listed, str) else ""
    return [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]


def dial_in_of(meeting: Meeting) -> list[dict[str, str]]:
    """Numbers to dial, as Zoom lists them: `country`, `city`, `number`, `type` each."""
    listed = meeting.settings.get("global_dial_in_numbers")
    rows = [row for row in listed if isinstance(row, Mapping)] if isinstance(listed, list) else []
    names = ("country", "city", "number", "type")
    return [
        {name: row[name][:64] if isinstance(row.get(name), str) else "" for name in names}
        for row in rows[:200]
        if isinstance(row.get("number"), str) and row["number"]
    ]
