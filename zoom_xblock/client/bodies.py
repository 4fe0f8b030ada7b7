"""
What we ask Zoom for: the body of a new meeting or webinar, and the difference to send when one is changed. Pure.

The defaults: scheduled types with a start (without one Zoom makes them instant), never the personal meeting id,
registration with automatic approval and one registration for a whole series, and no mails from Zoom, since
the course mails its learners.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from zoom_xblock.client.reading import read_int, read_time
from zoom_xblock.client.results import Kind, Meeting

TOPIC_LIMIT = 200
AGENDA_LIMIT = 2000

AUTOMATIC, BY_HAND, NO_REGISTRATION = 0, 1, 2
ONCE_FOR_ALL = 1

#: Who may be in before the host. Zoom's two switches exclude each other, so one choice of three.
Entry = Literal["host_first", "waiting_room", "open"]

_TYPES: dict[tuple[Kind, bool], int] = {
    ("meeting", False): 2,
    ("meeting", True): 8,
    ("webinar", False): 5,
    ("webinar", True): 9,
}
_SERIES = frozenset({3, 8, 6, 9})


def meeting_body(
    kind: Kind,
    *,
    topic: str,
    starts_at: datetime,
    duration_minutes: int,
    timezone: str,
    agenda: str = "",
    registration: bool = True,
    recurrence: Mapping[str, Any] | None = None,
    entry: Entry | None = None,
    alternative_hosts: Iterable[str] | None = None,
    passcode: str | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """
    The body that creates it. `starts_at` is aware, `timezone` an IANA name; topic and agenda are cut at Zoom's 200 and
    2000 characters; `entry` is for meetings only (webinars have no such switches); `passcode` None says nothing about
    one, "" asks for none; `settings` are Zoom's own names (see `options.settings_for`) and win over the defaults.
    """
    wanted: dict[str, Any] = {
        "approval_type": AUTOMATIC if registration else NO_REGISTRATION,
        "registrants_email_notification": False,
        "registrants_confirmation_email": False,
    }
    if kind == "meeting":
        wanted["use_pmi"] = False
        if entry is not None:
            wanted |= {"waiting_room": entry == "waiting_room", "join_before_host": entry == "open"}
    if recurrence is not None and registration:
        wanted["registration_type"] = ONCE_FOR_ALL
    if alternative_hosts is not None:
        wanted["alternative_hosts"] = (";" if kind == "meeting" else ",").join(alternative_hosts)
    body: dict[str, Any] = {
        "topic": topic[:TOPIC_LIMIT],
        "agenda": agenda[:AGENDA_LIMIT],
        "type": _TYPES[kind, recurrence is not None],
        "start_time": zoom_time(starts_at),
        "timezone": timezone,
        "duration": duration_minutes,
        "settings": wanted | settings,
    }
    if recurrence is not None:
        body["recurrence"] = dict(recurrence)
    if passcode is not None:
        body["password"] = passcode
    return body


def zoom_time(moment: datetime) -> str:
    """A time as Zoom takes it: UTC with `Z`, whole seconds."""
    if moment.utcoffset() is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def changes(before: Meeting, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """
    Of a wanted body (whole or in part, in `meeting_body`'s form), what differs from the meeting as it is; empty where
    nothing does, and then nothing is to be sent.

    Times are compared as moments, lists of hosts and weekdays as sets. A setting that Zoom does not report counts as
    off; of one that is an object the parts that are not asked for go along as they are. With another time zone the
    start goes along, so that the moment cannot be read as a wall clock's. Any change of a series repeats its
    recurrence whole, but for the change into a single date.
    """
    changed = {name: value for name, value in wanted.items() if _differs(before, name, value)}
    if isinstance(wanted.get("settings"), Mapping):
        settings = {
            key: _with_the_rest(before, key, value)
            for key, value in wanted["settings"].items()
            if _setting_differs(before, key, value)
        }
        changed.pop("settings", None)
        if settings:
            changed["settings"] = settings
    if "timezone" in changed and "start_time" in wanted:
        changed["start_time"] = wanted["start_time"]
    becomes = wanted.get("type", before.meeting_type)
    if changed and "recurrence" not in changed and (wanted.get("recurrence") or becomes in _SERIES):
        recurrence = wanted.get("recurrence") or before.recurrence
        if recurrence:
            changed["recurrence"] = dict(recurrence)
    return changed


def _differs(before: Meeting, name: str, value: Any) -> bool:
    if name == "start_time":
        return read_time(value) != before.starts_at
    if name == "recurrence":
        return _recurrence_differs(before.recurrence or {}, value or {})
    known = {
        "topic": before.topic,
        "agenda": before.agenda,
        "type": before.meeting_type,
        "timezone": before.timezone,
        "duration": before.duration_minutes,
        "password": before.passcode,
    }
    return name not in known or known[name] != value


def _setting_differs(before: Meeting, key: str, value: Any) -> bool:
    if key not in before.settings:
        return any(value.values()) if isinstance(value, Mapping) else bool(value) and value != "none"
    had = before.settings[key]
    if key == "alternative_hosts":
        return _listed(had) != _listed(value)
    if isinstance(value, Mapping) and isinstance(had, Mapping):
        return any(had.get(name) != part for name, part in value.items())
    return bool(had != value)


def _with_the_rest(before: Meeting, key: str, value: Any) -> Any:
    had = before.settings.get(key)
    return {**had, **value} if isinstance(value, Mapping) and isinstance(had, Mapping) else value


def _recurrence_differs(had: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    for name, part in value.items():
        if name == "weekly_days":
            if _listed(str(had.get(name, ""))) != _listed(str(part)):
                return True
        elif name == "end_date_time":
            if read_time(had.get(name)) != read_time(part):
                return True
        elif read_int(had.get(name)) != read_int(part):
            return True
    ends = {"end_times", "end_date_time"}
    return bool(had and not value) or any(had.get(name) and name not in value for name in ends if ends & value.keys())


def _listed(value: Any) -> frozenset[str]:
    return frozenset(part.casefold() for part in re.split(r"[;,\s]+", str(value or "")) if part)
