"""What Studio shows about a block's session."""

from __future__ import annotations

from dataclasses import dataclass

from opaque_keys.edx.keys import UsageKey

from zoom_xblock.models import Connection, Meeting, Placement, Registration


@dataclass(frozen=True)
class AuthorFacts:
    """What Studio shows about the block's session. `meeting` is None while there is none."""

    usage_key: UsageKey
    connection_state: str
    default_host: str
    meeting: Meeting | None
    registered: int = 0


def author_facts(usage_key: UsageKey) -> AuthorFacts:
    """At most three queries: connection, placement with meeting, number registered."""
    connection = Connection.objects.filter(slot=1).first() or Connection()
    placement = Placement.objects.for_usage_key(usage_key)
    meeting = placement.meeting if placement is not None else None
    registered = meeting.registrations.filter(state=Registration.State.REGISTERED).count() if meeting is not None else 0
    return AuthorFacts(
        usage_key=usage_key,
        connection_state=Connection.State.CONNECTED if connection.is_connected else str(connection.state),
        default_host=connection.app.host_email or connection.zoom_email,
        meeting=meeting,
        registered=registered,
    )
