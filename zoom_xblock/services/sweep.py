"""
What should have happened and has not: found in the database, queued again. Safe at any time, as often as one likes,
twice at once.

Deliveries and requests do the work. What a lost delivery, a dead worker or an empty broker leaves behind is found here:
every job has rows that say that it is owed. Rows with a time of their own are claimed by moving that time along, so
that another sweep does not hand them out again while they wait in the queue.
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from zoom_xblock import conf, platform
from zoom_xblock.models import Connection, Delivery, Meeting, Registration, Sitting
from zoom_xblock.services import (
    backlog,
    catching_up,
    connections,
    consent,
    deletion,
    disconnecting,
    hosts,
    meetings,
    metrics,
    paying,
    recordings,
    retention,
    self_test,
    sittings,
    tokens,
)
from zoom_xblock.services.leases import is_free

log = logging.getLogger("zoom_xblock.sweep")

#: What one sweep hands out of each kind at most; the next one goes on.
MOST = 500
#: Deliveries are many and quickly done: a popular webinar's end that no broker took is handed out in minutes.
MOST_DELIVERIES = 5000
#: A row that was handed out is handed out again when nothing has come of it for so long.
CLAIM = timedelta(seconds=60)
#: A sweep that began so recently is enough: cron may fire twice, on two machines, or a little early.
TURN_SECONDS = 45
#: How far back undecided meetings are looked for; the settlement itself queues the decision, this mends what was lost.
UNDECIDED_BACK = timedelta(days=60)
#: A grant that was not used for so long is refreshed (Zoom: a refresh token lives for 90 days).
IDLE_GRANT = timedelta(days=14)
IDLE_GRANT_AGAIN = timedelta(hours=1)
#: A process asks so often whether the sweep is due; in between it costs nothing.
ASK_SECONDS = 30.0

Due = Iterable[tuple[Any, ...]]


def sweep() -> Counter[str]:
    """
    Queue every job that is due; the counts of what was (command `zoom_sweep`, job `sweep`).

    One kind that cannot be looked for does not keep the others waiting: it is logged, counted as "failed", and looked
    for again by the next sweep.
    """
    door, counts = platform.current(), Counter[str]()
    for job, find in CHORES:
        try:
            due = list(find())
            for args in due:
                door.later(job, *args)
            counts[job] += len(due)
        except Exception:  # whatever one kind meets, the others are as much owed
            log.exception("sweep of one kind failed job=%s", job)
            counts["failed"] += 1
            _recover()
    for step in (deletion.sweep, consent.forget_lapsed, backlog.measure):
        try:
            counts.update(step() or {})
        except Exception:  # as above
            log.exception("step of the sweep failed step=%s", step.__module__)
            counts["failed"] += 1
            _recover()
    counts = +counts
    for job, count in counts.items():
        metrics.count("swept", count, job=job)
    if counts:
        log.info("swept %s", " ".join(f"{job}={count}" for job, count in sorted(counts.items())))
    return counts


def take_turn(seconds: float = TURN_SECONDS) -> bool:
    """
    Whether a sweep is due, none having begun in the last `seconds`; if so it is the caller's. One UPDATE of one row,
    which every database decides for one of many. Where the site knows nothing of Zoom there is none to take.
    """
    now = timezone.now()
    due = Q(swept_at__isnull=True) | Q(swept_at__lte=now - timedelta(seconds=seconds))
    return Connection.objects.filter(due).update(swept_at=now) == 1


def may_sweep(seconds: float = TURN_SECONDS) -> bool:
    """The same for whoever was told to sweep: without a row to take turns by, everybody may."""
    return take_turn(seconds) or not Connection.objects.exists()


def nudge() -> None:
    """
    Queue a sweep where none has run for long: a site without cron is served by its own traffic. At most one statement
    each half minute and process, else nothing; never raises. Call it when a person or Zoom has been answered.
    """
    global _asked
    every = conf.opportune_sweep_seconds()
    here = (os.getpid(), time.monotonic())
    if not every or (_asked[0] == here[0] and here[1] < _asked[1] + ASK_SECONDS):
        return
    _asked = here
    try:
        if take_turn(every):
            log.info("no sweep has run for long: one is queued")
            platform.current().later("sweep")
    except DatabaseError:  # what has just been done must not fail because of this
        log.warning("could not ask whether a sweep is due", exc_info=True)


def keep_grant() -> None:
    """Use the refresh token, so that it does not lapse on a site where nothing happens for months (job)."""
    row = connections.the_connection()
    if row.is_connected:
        tokens.renewed(str(row.access_token))


def claim(rows: QuerySet[Any], *, most: int | None = None) -> list[int]:
    """
    Ids of rows whose `next_try_at` has come, the oldest first, each for one sweep only: its time is moved along before
    others see it. Rows that somebody holds just now are left out, where the database can tell.
    """
    now, features = timezone.now(), connection.features
    due = rows.filter(next_try_at__lte=now).filter(is_free(now))
    with transaction.atomic():
        if features.has_select_for_update:
            due = due.select_for_update(skip_locked=features.has_select_for_update_skip_locked)
        ids = list(due.order_by("next_try_at").values_list("pk", flat=True)[: MOST if most is None else most])
        if ids:
            rows.model._default_manager.filter(pk__in=ids, next_try_at__lte=now).update(next_try_at=now + CLAIM)
    return ids


# -- what may be due ------------------------------------------------------------------------------------------------


def _deliveries() -> Due:
    return ((pk,) for pk in claim(Delivery.objects.filter(state=Delivery.State.NEW), most=MOST_DELIVERIES))


def _registrations() -> Due:
    return ((pk,) for pk in claim(Registration.objects.filter(state=Registration.State.PENDING)))


def _reports() -> Due:
    return ((pk,) for pk in claim(Sitting.objects.filter(record=Sitting.Record.AWAITED)))


def _owing() -> Due:
    return ((pk,) for pk in paying.owing_placements(MOST))


def _undecided() -> Due:
    undecided = Q(decided_at__isnull=True) | Q(decided_at__lt=F("sittings__settled_at"))
    settled = Meeting.objects.filter(undecided, sittings__settled_at__gte=timezone.now() - UNDECIDED_BACK)
    ids = {*settled.values_list("pk", flat=True)[:MOST], *sittings.unfinished_where_joining_completes(MOST)}
    return ((pk,) for pk in sorted(ids))


def _drifted() -> Due:
    doubted = Meeting.objects.exclude(state=Meeting.State.GONE).filter(
        missing_since__lt=timezone.now() - timedelta(minutes=10)
    )
    ids = {*doubted.values_list("pk", flat=True)[:MOST], *meetings.to_refresh()}
    return ((pk,) for pk in sorted(ids))


def _idle_grant() -> Due:
    now, row = timezone.now(), connections.the_connection()
    used = row.refreshed_at or row.connected_at
    failed = row.refresh_failed_at is not None and row.refresh_failed_at > now - IDLE_GRANT_AGAIN
    is_idle = row.is_connected and bool(row.refresh_token) and used is not None and used < now - IDLE_GRANT
    return [()] if is_idle and not failed else []


def _once(is_due: Callable[[], bool]) -> Callable[[], Due]:
    return lambda: [()] if is_due() else []


#: Job by job, in the order of who waits for it: where its arguments are found.
CHORES: tuple[tuple[str, Callable[[], Due]], ...] = (
    ("register", _registrations),
    ("settle_sitting", _reports),
    ("decide_meeting", _undecided),
    ("pay_owed", _owing),
    ("process_delivery", _deliveries),  # many; none of the above needs them
    ("ask_whether_over", lambda: ((pk,) for pk in catching_up.overdue(MOST))),
    ("look_for_sittings", lambda: ((pk,) for pk in catching_up.unheard(MOST))),
    ("refresh_meeting", _drifted),
    ("keep_grant", _idle_grant),
    ("tell_admins", _once(disconnecting.letters_owed)),
    ("refresh_hosts", _once(hosts.is_due)),
    ("run_self_test", lambda: ((pk,) for job, pk in self_test.leftovers() if job == "run_self_test")),
    ("clean_self_test", lambda: ((pk,) for job, pk in self_test.leftovers() if job == "clean_self_test")),
    ("refresh_recordings", lambda: ((pk,) for pk in recordings.due(MOST))),
    ("apply_retention", _once(retention.is_due)),
)

#: Process and time of its last question.
_asked: tuple[int, float] = (0, 0.0)


def _recover() -> None:
    """Give a connection that broke to nobody else."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
