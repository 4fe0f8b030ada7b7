"""What all our Celery tasks have in common."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import Task
from celery.exceptions import Retry
from django.db import OperationalError

from zoom_xblock.services import metrics, sweep

log = logging.getLogger("zoom_xblock.jobs")


class Job(Task):
    """Says what it did, is timed, and sees to it that a sweep happens on sites that run none."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do it. The arguments are ids, so the log may have them."""
        name, started, outcome = str(self.name).rpartition(".")[2], time.monotonic(), "failed"
        try:
            answer = super().__call__(*args, **kwargs)
            outcome = "done"
            return answer
        except Retry:
            outcome = "again"
            raise
        finally:
            seconds = time.monotonic() - started
            metrics.took("jobs", seconds, job=name, outcome=outcome)
            log.info("job=%s args=%s outcome=%s milliseconds=%.0f", name, args, outcome, seconds * 1000)

    def after_return(self, *args: Any, **kwargs: Any) -> None:
        """At the end of each, whatever came of it (Celery)."""
        sweep.nudge()


#: Late acknowledgement: a job whose worker dies is delivered again, and finds what is left to do. One that met a
#: deadlock, a lock held for too long, or a database that is away comes back by itself; after that the sweep has it.
OPTIONS = {
    "base": Job,
    "acks_late": True,
    "ignore_result": True,
    "reject_on_worker_lost": True,
    "autoretry_for": (OperationalError,),
    "retry_backoff": 2,
    "retry_backoff_max": 60,
    "retry_jitter": True,
    "max_retries": 5,
}
