"""What the platform is still to be told."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from zoom_xblock.models import Result

#: A score that the gradebook was not told, or was told otherwise.
SCORE_UNTOLD = Q(score__isnull=False) & (Q(score_told__isnull=True) | ~Q(score_told=F("score")))


def scores_owed(placement_id: int | None = None) -> QuerySet[Result]:
    """Results whose score the gradebook has not been told, of one placement or of all. A deleted block has no grade."""
    results = Result.objects.filter(SCORE_UNTOLD, placement__unpublished_since__isnull=True)
    return results if placement_id is None else results.filter(placement_id=placement_id)
