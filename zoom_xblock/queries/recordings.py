"""The recordings of a block's session, as its page lists them: never a link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from opaque_keys.edx.keys import UsageKey

from zoom_xblock.models import Recording
from zoom_xblock.models.meeting import usage_digest


@dataclass(frozen=True)
class RecordingShown:
    """A recording that can be watched; its address is our own, by `pk`. `duration_minutes` 0: not known."""

    pk: int
    started_at: datetime | None
    duration_minutes: int


def recordings_of(usage_key: UsageKey) -> list[RecordingShown]:
    """
    Oldest first, one query. Nothing where the published block, as last read, does not show them; whether the block
    itself shows them is for the page to say.
    """
    rows = (
        Recording.objects.filter(
            meeting__placements__usage_digest=usage_digest(usage_key), removed_at__isnull=True, told_at__isnull=False
        )
        .annotate(shown=F("meeting__placements__shown"))
        .order_by("started_at", "pk")
    )
    return [
        RecordingShown(row.pk, row.started_at, row.duration_minutes or 0)
        for row in rows
        if (row.share_url or row.files) and (row.shown or {}).get("show_recordings", True) is True
    ]
