"""
One worker at a time on a row, without a transaction held open.

Taking a lease is one UPDATE with a condition, which every database decides for exactly one of many takers; a lease of a
killed worker ends by itself. Work under a lease must still be idempotent: a worker that is slower than its lease may
meet another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from zoom_xblock.models.fields import Leased


@contextmanager
def lease(row: Leased, *, seconds: float) -> Iterator[bool]:
    """Yield whether the row is ours for the next `seconds`; give it back at the end, if it still is."""
    model = type(row)
    now = timezone.now()
    mine = now + timedelta(seconds=seconds)
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    taken = model._default_manager.filter(free, pk=row.pk).update(leased_until=mine) == 1
    try:
        yield taken
    finally:
        if taken:
            model._default_manager.filter(pk=row.pk, leased_until=mine).update(leased_until=None)
