"""
A session that Zoom has made and we do not know of, because the answer was lost, the process killed, or the caller's
transaction undone: found again by the next save, so that no second one is made.

Two signs. `Placement.creating` is written before Zoom is asked and cleared with the outcome. And the meeting carries a
label of its block (Zoom, `custom_keys`), which tells it from all others of the same name and hour. The label alone
suffices where the mark was undone together with the caller's transaction (SQLite; see `outside_transaction`).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock.client.bodies import zoom_time
from zoom_xblock.client.reading import read_time
from zoom_xblock.models import Meeting, Placement
from zoom_xblock.services.outside_transaction import is_undone_with_the_caller
from zoom_xblock.services.wishes import SessionWishes, dates_of

log = logging.getLogger("zoom_xblock.meetings")

LABEL = "zoom_xblock"
#: Zoom's clock and ours.
_SKEW = timedelta(minutes=2)
#: So many of a host's sessions of the same name and hour are looked at, one call each.
_MOST_CANDIDATES = 5
_MOST_PAGES = 20


def label_of(placement: Placement) -> dict[str, Any]:
    """The setting that labels a meeting as this block's. The value is a digest: it names neither course nor person."""
    return {"custom_keys": [{"key": LABEL, "value": placement.usage_digest}]}


def remember(placement: Placement, wishes: SessionWishes, host: str) -> None:
    """Write down that Zoom is about to be asked for this session."""
    placement.creating = {
        "since": _text(timezone.now()),
        "kind": wishes.kind,
        "host": host,
        "topic": wishes.topic.strip(),
        "starts_at": _text(dates_of(wishes)[0]),
    }
    Placement.objects.filter(pk=placement.pk).update(creating=placement.creating)


def forget(placement: Placement) -> None:
    """Zoom has certainly not made it, or its rows are written."""
    placement.creating = None
    Placement.objects.filter(pk=placement.pk).update(creating=None)


def may_have_acted(error: zoom.ZoomError) -> bool:
    """Whether Zoom may have done what was asked, although this is what came back."""
    if isinstance(error, zoom.errors.Unreachable):
        return error.sent
    return isinstance(error, zoom.errors.ZoomDown | zoom.errors.Garbled)


def find(client: zoom.ZoomClient, placement: Placement, wishes: SessionWishes, host: str) -> zoom.Meeting | None:
    """
    The session that an earlier save has made for this block, read whole; None where there is none, and where Zoom does
    not let us look (no scope for lists). Raises what else stands in the way: then nobody knows, and nothing may be
    made.
    """
    mark = placement.creating
    if not isinstance(mark, dict):
        if not is_undone_with_the_caller():
            return None
        mark = {
            "kind": wishes.kind,
            "host": host,
            "topic": wishes.topic.strip(),
            "starts_at": _text(dates_of(wishes)[0]),
        }
    if mark.get("kind") != wishes.kind or mark.get("host") != host:
        log.warning("another session was asked for before; what came of it is left placement_id=%s", placement.pk)
        return None
    try:
        rows = _candidates(client, mark)
        for row in rows[:_MOST_CANDIDATES]:
            found = client.read_meeting(row.kind, row.zoom_id, past_occurrences=True)
            if _is_ours(found, row, mark, placement):
                log.info("session adopted placement_id=%s", placement.pk)
                return found
    except zoom.errors.ScopeMissing:
        log.warning("a lost session cannot be looked for: no permission to list placement_id=%s", placement.pk)
    except zoom.errors.NotAllowed:
        pass  # no licence for webinars: then none was made
    return None


# -- inside ---------------------------------------------------------------------------------------------------------


def _candidates(client: zoom.ZoomClient, mark: dict[str, Any]) -> list[zoom.MeetingRow]:
    starts_at, found = read_time(mark.get("starts_at")), []
    for number, page in enumerate(client.meetings_of(str(mark["host"]), mark["kind"])):
        if number == _MOST_PAGES:
            break
        found += [
            row
            for row in page
            if row.topic == mark.get("topic") and (row.starts_at is None or row.starts_at == starts_at)
        ]
    known = set(Meeting.objects.filter(zoom_id__in=[row.zoom_id for row in found]).values_list("zoom_id", flat=True))
    fresh = [row for row in found if row.zoom_id not in known]
    return sorted(fresh, key=lambda row: (row.made_at is not None, row.made_at, row.zoom_id), reverse=True)


def _is_ours(found: zoom.Meeting, row: zoom.MeetingRow, mark: dict[str, Any], placement: Placement) -> bool:
    listed = found.settings.get("custom_keys")
    labels = [one.get("value") for one in listed if isinstance(one, dict) and one.get("key") == LABEL] if listed else []
    if labels:
        return placement.usage_digest in labels
    # Zoom kept no label: then it was made since we asked, or it is somebody else's.
    since = read_time(mark.get("since"))
    return since is not None and row.made_at is not None and row.made_at >= since - _SKEW


def _text(moment: datetime) -> str:
    return zoom_time(moment)
