"""
From the request that stored a delivery to the workers: one job for the deliveries of a moment.

When 50,000 people leave at once, a job for each delivery would cost the web request more than storing it does, and the
broker 50,000 messages. So a process queues one job, which begins when the moment is over, and those that arrive until
then know that it will find them. A delivery that no job finds (a clock that is ahead, a broker that was away) is found
by the sweep.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from zoom_xblock import platform
from zoom_xblock.models import Delivery
from zoom_xblock.services import inbox
from zoom_xblock.services.leases import is_free

log = logging.getLogger("zoom_xblock.handover")

#: How long a job that was queued speaks for those that come after it, and when it begins: later, and by more than
#: the clocks of two machines differ.
GATHER_SECONDS = 0.2
BEGIN_SECONDS = 0.5
#: What one job takes; where more waits, the next job goes on beside it.
MOST = 100

_spoken_for_until = float("-inf")


def hand_over() -> None:
    """See to it that a worker comes for what was stored just now. Costs nothing where one is on its way."""
    global _spoken_for_until
    now = time.monotonic()
    if now >= _spoken_for_until:
        _spoken_for_until = now + GATHER_SECONDS
        platform.current().later("process_waiting", countdown_seconds=BEGIN_SECONDS)


def process_waiting() -> None:
    """
    Work through deliveries that nobody has taken yet, in the order of their arrival (job). Several of these jobs share
    what waits: each takes its part first, so that none is worked on twice.
    """
    ids = _take()
    if len(ids) == MOST:
        platform.current().later("process_waiting")
    for delivery_id in ids:
        try:
            inbox.process_delivery(delivery_id)
        except Exception:  # a locked row, most likely: the others are as much owed, and its own job tries again
            log.warning("delivery left to a job of its own delivery_id=%s", delivery_id, exc_info=True)
            platform.current().later("process_delivery", delivery_id, countdown_seconds=1)


def _take() -> list[int]:
    """Ids of fresh deliveries. Taken are those whose time for the sweep has been moved along."""
    after, now, features = timedelta(seconds=inbox.SWEEP_AFTER_SECONDS), timezone.now(), connection.features
    fresh = Delivery.objects.filter(
        is_free(now),
        state=Delivery.State.NEW,
        attempts=0,
        next_try_at__gt=now,
        next_try_at__lte=F("received_at") + after,
    )
    with transaction.atomic():
        if features.has_select_for_update:
            fresh = fresh.select_for_update(skip_locked=features.has_select_for_update_skip_locked)
        ids = list(fresh.order_by("pk").values_list("pk", flat=True)[:MOST])
        if ids:
            Delivery.objects.filter(pk__in=ids, attempts=0).update(next_try_at=timezone.now() + after)
    return ids
