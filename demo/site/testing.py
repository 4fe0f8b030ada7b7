"""
Help for tests that run inside one process: jobs on a queue in memory, requests as somebody, and a place for the
tracking log.

For tests that need the processes themselves, see `demo.testing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from celery import current_app
from edx_django_utils.cache import RequestCache


@dataclass(frozen=True)
class Job:
    """A job as it lies in the queue."""

    name: str
    args: list[Any]
    eta: str | None


class Jobs:
    """The broker's queue, in memory. Jobs wait until a test runs them, as they would while no worker is there."""

    def __init__(self, app: Any):
        self._app = app

    def _take(self) -> Iterator[tuple[Job, Any]]:
        with self._app.connection_for_read() as connection:
            queue = connection.SimpleQueue(self._app.conf.task_default_queue)
            while True:
                try:
                    message = queue.get_nowait()
                except queue.Empty:
                    return
                message.ack()
                args = json.loads(message.body)[0]
                yield Job(message.headers["task"], args, message.headers.get("eta")), self._app

    def taken(self) -> list[Job]:
        """Empty the queue without doing anything."""
        return [job for job, _app in self._take()]

    def run(self, *, times: int = 1, rounds: int = 20) -> list[Job]:
        """
        Do what is queued, and what that queues, until nothing is left; the jobs in their order.

        `times=2` delivers each job twice. Delays are not waited for. A job that queues itself for ever fails after
        `rounds`.
        """
        done: list[Job] = []
        for _round in range(rounds):
            waiting = self.taken()
            if not waiting:
                return done
            for job in waiting:
                for _delivery in range(times):
                    RequestCache.clear_all_namespaces()
                    self._app.tasks[job.name].apply(args=job.args, throw=True)
                done.append(job)
        raise AssertionError(f"still queued after {rounds} rounds: {self.taken()}")


@contextmanager
def jobs_in_memory() -> Iterator[Jobs]:
    """Let Celery use a queue in memory, empty at the start and gone at the end."""
    app = current_app._get_current_object()
    before = {name: app.conf[name] for name in ("broker_url", "broker_transport_options")}
    _use(app, broker_url="memory://", broker_transport_options={"polling_interval": 0})
    jobs = Jobs(app)
    jobs.taken()
    try:
        yield jobs
    finally:
        jobs.taken()
        _use(app, **before)


def _use(app: Any, **values: Any) -> None:
    app.conf.update(values)
    app.conf.broker_read_url = app.conf.broker_write_url = values["broker_url"]
    app.amqp._producer_pool = None
    app._pool = None
