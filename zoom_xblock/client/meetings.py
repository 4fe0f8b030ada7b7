"""
Meetings and webinars themselves. The two share path shapes; `kind` chooses, and a meeting call on a webinar's id is
`WrongKind`.

Creating and changing count against 100 a day and host, both kinds together: build a difference with
`bodies.changes` and send nothing when it is empty. Zoom may answer "created" with other settings than asked for:
compare what comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from zoom_xblock.client.addresses import allowed_api_url
from zoom_xblock.client.calls import PATHS, Calls
from zoom_xblock.client.errors import Garbled, Refused
from zoom_xblock.client.http import Label
from zoom_xblock.client.results import Kind, Meeting, MeetingRow
from zoom_xblock.client.shapes import meeting_from, meeting_row_from

_ENDED = 3007


class MeetingCalls(Calls):
    """Create, read, change, end, delete, list. One that does not exist is `Gone`; a host that does not, `UserGone`."""

    def create_meeting(self, kind: Kind, host_ref: str, body: Mapping[str, Any]) -> Meeting:
        """
        Create for this host ("me", id or e-mail) from a `bodies.meeting_body`. Never repeated by itself: after
        `Unreachable` with `sent`, or `ZoomDown`, it may exist, and the host's list tells.
        """
        label: Label = "medium" if kind == "meeting" else "light"
        template = f"/users/{{user}}/{PATHS[kind]}"
        return meeting_from(
            kind, self._call("POST", template, segments={"user": host_ref}, label=label, json=body, key="id")
        )

    def read_meeting(self, kind: Kind, zoom_id: int, *, past_occurrences: bool = False) -> Meeting:
        """As Zoom has it now. `past_occurrences`: of a series, dates that are over as well."""
        params = {"show_previous_occurrences": "true"} if past_occurrences else None
        return meeting_from(kind, self._read(kind, zoom_id, params))

    def change_meeting(self, kind: Kind, zoom_id: int, changes: Mapping[str, Any], *, occurrence_id: str = "") -> None:
        """
        Change what `changes` names (see `bodies.changes`); nothing is sent where it names nothing. A start in the past
        is silently ignored.
        """
        if not changes:
            return
        params = {"occurrence_id": occurrence_id} if occurrence_id else None
        self._call("PATCH", _path(kind), segments={"id": zoom_id}, params=params, json=changes)

    def delete_meeting(self, kind: Kind, zoom_id: int, *, occurrence_id: str = "") -> None:
        """
        Delete without a mail to anyone; one that has ended counts as deleted. `InProgress` while it runs, `Gone` where
        there is none.
        """
        params = {"cancel_meeting_reminder": "false", "schedule_for_reminder": "false"}
        if kind == "webinar":
            params = {"cancel_webinar_reminder": "false"}
        if occurrence_id:
            params["occurrence_id"] = occurrence_id
        try:
            self._call("DELETE", _path(kind), segments={"id": zoom_id}, params=params)
        except Refused as error:
            if error.code != _ENDED:
                raise

    def end_meeting(self, kind: Kind, zoom_id: int) -> None:
        """End for everyone who is in."""
        self._call("PUT", _path(kind) + "/status", segments={"id": zoom_id}, json={"action": "end"})

    def meetings_of(
        self, host_ref: str, kind: Kind, *, which: str = "scheduled", page_size: int = 300
    ) -> Iterator[list[MeetingRow]]:
        """
        A host's unexpired meetings or webinars, page by page. `which`: Zoom's `type` ("scheduled", "upcoming"; of
        meetings also "live").
        """
        return self._pages(
            f"/users/{{user}}/{PATHS[kind]}",
            PATHS[kind],
            partial(meeting_row_from, kind),
            segments={"user": host_ref},
            params={"type": which},
            page_size=page_size,
        )

    def host_link(self, kind: Kind, zoom_id: int) -> str:
        """
        A fresh link that starts the session as its host: a password for two hours. Redirect to it; never store or
        render it.
        """
        link = self._read(kind, zoom_id, None).get("start_url")
        if not isinstance(link, str) or not allowed_api_url(link, self._transport.bases):
            raise Garbled("no start link of Zoom's in the answer")
        return link

    def _read(self, kind: Kind, zoom_id: int, params: Mapping[str, str] | None) -> dict[str, Any]:
        return self._call("GET", _path(kind), segments={"id": zoom_id}, params=params, key="id")


def _path(kind: Kind) -> str:
    return f"/{PATHS[kind]}/{{id}}"
