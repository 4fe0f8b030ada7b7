"""What Studio shows about a block's session."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from opaque_keys.edx.keys import UsageKey

from zoom_xblock.models import Connection, Meeting, Placement, Registration
from zoom_xblock.models.fields import digest

#: The token of a block that has no session (yet): of two tabs that make one, the second is told of the first.
NO_MEETING = "none"
TOKEN_LENGTH = 16
#: What the form shows of a meeting, and therefore must not overwrite unseen. Single dates have their own verbs.
_SHOWN = (
    "zoom_id",
    "kind",
    "host_email",
    "alternative_hosts",
    "topic",
    "agenda",
    "starts_at",
    "duration_minutes",
    "time_zone",
    "options",
    "recurrence",
)


@dataclass(frozen=True)
class DateShown:
    """One date of a series as Zoom has it; `is_removed` where it was taken out singly."""

    occurrence_id: str
    starts_at: datetime
    duration_minutes: int
    is_removed: bool = False


@dataclass(frozen=True)
class AuthorFacts:
    """
    What Studio shows about the block's session. `meeting` is None while there is none.

    `token` stands for what the form shows of the meeting (`token_of`). `published_rule` is the rule that was last read
    from the published block (`attendance.Policy.as_json`), None where none was. `placed_in`: in how many components
    the session is, this one among them.
    """

    usage_key: UsageKey
    connection_state: str
    default_host: str
    meeting: Meeting | None
    registered: int = 0
    token: str = NO_MEETING
    published_rule: dict[str, Any] | None = None
    is_link: bool = False
    keeps_meeting: bool = False
    placed_in: int = 0
    dates: list[DateShown] = field(default_factory=list)


def author_facts(usage_key: UsageKey) -> AuthorFacts:
    """At most five queries: connection, placement with meeting, number registered, number of placements, dates."""
    connection = Connection.objects.filter(slot=1).first() or Connection()
    placement = Placement.objects.for_usage_key(usage_key)
    meeting = placement.meeting if placement is not None else None
    facts: dict[str, Any] = {}
    if placement is not None:
        facts |= {
            "published_rule": placement.rule if isinstance(placement.rule, dict) else None,
            "is_link": bool(placement.is_link),
            "keeps_meeting": bool(placement.keeps_meeting),
        }
    if meeting is not None:
        facts |= {
            "registered": meeting.registrations.filter(state=Registration.State.REGISTERED).count(),
            "placed_in": meeting.placements.count(),
            "dates": dates_of(meeting),
        }
    return AuthorFacts(
        usage_key=usage_key,
        connection_state=Connection.State.CONNECTED if connection.is_connected else str(connection.state),
        default_host=connection.app.host_email or connection.zoom_email,
        meeting=meeting,
        token=token_of(meeting),
        **facts,
    )


def dates_of(meeting: Meeting) -> list[DateShown]:
    """The dates of a series in their order, removed ones among them; none for a single date."""
    return [
        DateShown(one.occurrence_id, one.starts_at, one.duration_minutes, one.status == one.Status.DELETED)
        for one in meeting.occurrences.order_by("starts_at", "pk")
    ]


def token_of(meeting: Meeting | None) -> str:
    """
    A short digest of all that the form shows of the meeting: another one means that somebody changed it meanwhile.

    A session that is gone and one that never was are different: saving makes a new one in both cases, but of a session
    that came back meanwhile the author is told.
    """
    if meeting is None:
        return NO_MEETING
    shown = {name: getattr(meeting, name) for name in _SHOWN}
    shown["is_gone"] = meeting.state == Meeting.State.GONE
    starts_at = shown["starts_at"]
    # As a point in time, in seconds: the same start may come back from the database in another form.
    shown["starts_at"] = int(starts_at.timestamp()) if starts_at is not None else None
    shown["recurrence"] = shown["recurrence"] or {}
    return digest(json.dumps(shown, sort_keys=True, default=str))[:TOKEN_LENGTH]
