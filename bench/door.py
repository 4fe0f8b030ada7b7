"""The demo's door with a queue in memory: one process does all jobs, so that its seconds are all there are."""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import Any

from edx_django_utils.cache import RequestCache

from demo.site.door import DemoPlatform

QUEUE: deque[tuple[float, str, tuple[Any, ...]]] = deque()
DONE: Counter[str] = Counter()


class QueuePlatform(DemoPlatform):
    """Jobs wait in `QUEUE` with the time before which they are not due."""

    def later(self, job: str, *args: Any, countdown_seconds: float = 0) -> None:
        """Remember instead of sending."""
        QUEUE.append((time.monotonic() + countdown_seconds, job, args))


def work(*, wait_seconds: float = 20) -> None:
    """Do what is queued, and what that queues; what is due within `wait_seconds` is waited for."""
    from zoom_xblock import tasks

    until = time.monotonic() + wait_seconds
    while QUEUE:
        due = sorted(QUEUE, key=lambda one: one[0])[0]
        if due[0] > until:
            return
        QUEUE.remove(due)
        time.sleep(max(0.0, due[0] - time.monotonic()))
        getattr(tasks, due[1])(*due[2])
        DONE[due[1]] += 1
        RequestCache.clear_all_namespaces()  # as the platform does after each task
