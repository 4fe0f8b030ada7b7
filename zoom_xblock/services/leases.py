"""
One worker at a time on a row, without a transaction held open.

Taking a lease is one UPDATE with a condition, which every database decides for exactly one of many takers; a lease of a
killed worker ends by itself. Leases are short; whoever works longer renews hers (`keep`), which every call to Zoom does
by itself. Work under a lease must still be idempotent: a worker that is slower than its lease may meet another.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone

from zoom_xblock import platform
from zoom_xblock.models.fields import Leased

log = logging.getLogger("zoom_xblock.leases")

#: The leases of this thread that are held just now, the outermost first.
_HELD: ContextVar[tuple[Lease, ...]] = ContextVar("zoom_xblock_leases", default=())


class Lease:
    """A row taken, or not: true or false. Taken, it can be renewed and is given back once."""

    def __init__(self, row: Leased, seconds: float) -> None:
        self._model, self._pk, self._seconds = type(row), row.pk, seconds
        self._until: datetime | None = None

    def __bool__(self) -> bool:
        return self._until is not None

    def take(self, as_known: Q | None = None, **changes: Any) -> bool:
        """
        Take it if it is free, and still as the caller knows it, with further changes of the row in the same statement.
        """
        now = timezone.now()
        until = now + timedelta(seconds=self._seconds)
        rows = self._model._default_manager.filter(is_free(now), as_known or Q(), pk=self._pk)
        if rows.update(leased_until=until, **changes) == 1:
            self._until = until
        return bool(self)

    def renew(self) -> None:
        """
        Hold it for as long as at the beginning, from now on. Costs nothing while more than half of it is left.

        Another worker may have it by now: then work goes on, as it is idempotent, and this is logged.
        """
        now = timezone.now()
        if self._until is None or self._until - now > timedelta(seconds=self._seconds / 2):
            return
        until = now + timedelta(seconds=self._seconds)
        held = self._model._default_manager.filter(pk=self._pk, leased_until=self._until)
        if held.update(leased_until=until) == 1:
            self._until = until
        else:
            log.warning("lease lost: worked longer than it lasted row=%s id=%s", self._model.__name__, self._pk)
            self._until = None

    def end(self) -> None:
        """Give it back, if it still is ours."""
        if self._until is not None:
            self._model._default_manager.filter(pk=self._pk, leased_until=self._until).update(leased_until=None)
        self._until = None

    def ended(self) -> None:
        """The row was given back together with another change of it (`leased_until=None`)."""
        self._until = None


@contextmanager
def lease(row: Leased, *, seconds: float, **changes: Any) -> Iterator[Lease]:
    """
    Yield a lease that is true where the row is ours for the next `seconds`; it is given back at the end, if it still is
    ours. `changes` are written with the taking: what must be on record even if this process dies at work.
    """
    mine = Lease(row, seconds)
    mine.take(**changes)
    token = _HELD.set((*_HELD.get(), mine)) if mine else None
    try:
        yield mine
    finally:
        if token is not None:
            _HELD.reset(token)
        mine.end()


@contextmanager
def lease_many(model: type[Leased], ids: Collection[int], as_known: Q, *, seconds: float) -> Iterator[QuerySet[Any]]:
    """
    Take those of these rows that are free, and still as the caller knows them, by one statement; yield them, and give
    them back at the end. A row that somebody else has is left out.
    """
    now = timezone.now()
    # To the microsecond it names the taker: two hardly ever draw the same within one of them.
    until = now + timedelta(seconds=seconds, microseconds=random.randrange(1_000_000))  # noqa: S311 - no secret
    rows = model._default_manager.filter(pk__in=ids)
    mine = rows.filter(leased_until=until)
    taken = rows.filter(is_free(now), as_known).update(leased_until=until)
    try:
        yield mine if taken else rows.none()
    finally:
        if taken:
            mine.update(leased_until=None)


def is_free(now: datetime) -> Q:
    """Of rows that nobody works on."""
    return Q(leased_until__isnull=True) | Q(leased_until__lte=now)


def keep() -> None:
    """
    Renew the leases under which this is called, where they are half over. For long work, between two pieces of it.

    A database that refuses is no reason to stop: the lease ends, and the work is idempotent.
    """
    for held in _HELD.get():
        try:
            held.renew()
        except DatabaseError:
            log.warning("lease not renewed", exc_info=True)


def again_when_free(job: str, row: Leased, *args: Any) -> None:
    """
    Somebody has this row: queue the job once more for when that lease ends, `args` being the job's own or the row's id.

    The holder may be dead (its job is delivered again at once, and meets its own lease), or alive: then the job finds
    its work done.
    """
    until = type(row)._default_manager.filter(pk=row.pk).values_list("leased_until", flat=True).first()
    left = (until - timezone.now()).total_seconds() if until else 0.0
    countdown = min(max(left, 0.0), 600.0) + random.uniform(1, 3)  # noqa: S311 - no secret
    platform.current().later(job, *(args or (row.pk,)), countdown_seconds=countdown)
