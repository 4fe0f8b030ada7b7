"""
What was: sittings, who was in them, recordings. Until Zoom has its record, every call about a sitting is `NotReady`:
ask again later.

A sitting is named by its uuid, which changes each time the room empties and fills again. An empty list of
participants is a valid answer: Zoom gives none where one person came.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zoom_xblock.client.calls import PATHS, Calls
from zoom_xblock.client.errors import NoRecording
from zoom_xblock.client.http import Label
from zoom_xblock.client.results import Kind, Participant, PastMeeting, PastSitting, Recording
from zoom_xblock.client.shapes import participant_from, past_meeting_from, past_sitting_from, recording_from


class PastCalls(Calls):
    """Past sittings, participants (two sources), recordings."""

    def past_sittings(self, kind: Kind, zoom_id: int) -> list[PastSitting]:
        """All sittings that have ended, in order of their start."""
        label: Label = "medium" if kind == "meeting" else "light"
        pages = self._pages(
            f"/past_{PATHS[kind]}/{{id}}/instances",
            PATHS[kind],
            past_sitting_from,
            segments={"id": zoom_id},
            family="past",
            label=label,
        )
        return sorted((row for page in pages for row in page), key=lambda row: (row.started_at, row.uuid))

    def past_meeting(self, ref: int | str) -> PastMeeting:
        """
        One sitting of a meeting: by uuid, or by number the latest. Zoom has no such call for webinars (`WrongKind`).
        """
        template, names = _ref(ref)
        return past_meeting_from(self._call("GET", f"/past_meetings/{template}", family="past", key="uuid", **names))

    def past_participants(self, kind: Kind, uuid: str, *, page_size: int = 300) -> Iterator[list[Participant]]:
        """Who was in a sitting, page by page, as any grant may ask."""
        return self._pages(
            f"/past_{PATHS[kind]}/{{uuid}}/participants",
            "participants",
            participant_from,
            uuid=uuid,
            family="past",
            page_size=page_size,
        )

    def report_participants(self, kind: Kind, uuid: str, *, page_size: int = 300) -> Iterator[list[Participant]]:
        """
        The same from the reports, which also know breakout rooms and customer keys; for grants with `report:` scopes
        only. A heavy call.
        """
        return self._pages(
            f"/report/{PATHS[kind]}/{{uuid}}/participants",
            "participants",
            participant_from,
            uuid=uuid,
            family="past",
            label="heavy",
            params={"include_fields": "registrant_id"},
            page_size=page_size,
        )

    def recordings(self, ref: int | str) -> Recording | None:
        """The cloud recordings of a sitting (by uuid; by number of the latest), None where there are none."""
        template, names = _ref(ref)
        try:
            body = self._call(
                "GET", f"/meetings/{template}/recordings", family="recordings", key="recording_files", **names
            )
        except NoRecording:
            return None
        return recording_from(body)


def _ref(ref: int | str) -> tuple[str, dict[str, Any]]:
    return ("{id}", {"segments": {"id": ref}}) if isinstance(ref, int) else ("{uuid}", {"uuid": ref})
