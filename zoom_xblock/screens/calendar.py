"""
A session for somebody's calendar: a file, and links to the usual calendars. All of them point to the course page and never to
Zoom: who joins from the course is counted.

The file is RFC 5545's (`icalendar`, which the platform has). Each date is an event of its own with its own moment in UTC: so
dates that were moved singly, and changes of the clock in the session's zone or the reader's, need no rule that calendars
read differently. An event's UID stays the same when the session moves, and its SEQUENCE grows: a calendar that reads the
file again replaces what it had.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

import icalendar
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Event:
    """One date. Times are aware; `uid` is known again at the next download; `url` leads to the course page."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    topic: str
    description: str
    url: str
    changed_at: datetime
    sequence: int = 0
    is_cancelled: bool = False


def text(description: str, url: str) -> str:
    """What stands in the body of an event: what the author wrote, and the way in."""
    return "\n\n".join(
        part for part in (description.strip(), _("Join from the course page: %(url)s") % {"url": url}) if part
    )


def file(events: list[Event]) -> bytes:
    """The events as a calendar file."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//zoom-xblock//zoom-xblock//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for one in events:
        event = icalendar.Event()
        event.add("uid", one.uid)
        event.add("dtstamp", one.changed_at.astimezone(UTC).replace(microsecond=0))
        event.add("last-modified", one.changed_at.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", one.starts_at.astimezone(UTC).replace(microsecond=0))
        event.add("dtend", one.ends_at.astimezone(UTC).replace(microsecond=0))
        event.add("sequence", one.sequence)
        event.add("status", "CANCELLED" if one.is_cancelled else "CONFIRMED")
        event.add("summary", _plain(one.topic))
        event.add("description", _plain(text(one.description, one.url)))
        event.add("location", one.url)
        event.add("url", one.url)
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def links(event: Event) -> list[dict[str, str]]:
    """Addresses at which the usual calendars offer to keep this date: `{"name", "url"}` each."""
    body = text(event.description, event.url)
    start, end = (moment.astimezone(UTC) for moment in (event.starts_at, event.ends_at))
    compact = [moment.strftime("%Y%m%dT%H%M%SZ") for moment in (start, end)]
    google = {
        "action": "TEMPLATE",
        "text": event.topic,
        "dates": "/".join(compact),
        "details": body,
        "location": event.url,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": event.topic,
        "startdt": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "enddt": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "body": body,
        "location": event.url,
    }
    yahoo = {"v": "60", "title": event.topic, "st": compact[0], "et": compact[1], "desc": body, "in_loc": event.url}
    return [
        {"name": "Google Calendar", "url": f"https://calendar.google.com/calendar/render?{urlencode(google)}"},
        {"name": "Outlook.com", "url": f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(outlook)}"},
        {
            "name": "Microsoft 365",
            "url": f"https://outlook.office.com/calendar/0/deeplink/compose?{urlencode(outlook)}",
        },
        {"name": "Yahoo", "url": f"https://calendar.yahoo.com/?{urlencode(yahoo)}"},
    ]


def _plain(value: str) -> str:
    """Without characters that RFC 5545 does not allow in text."""
    return "".join(sign for sign in value if sign >= " " or sign in "\n\t")
