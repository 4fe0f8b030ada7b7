"""
How jobs get to the broker from a web request: at once, or not at all.

Celery's `retry=False` keeps it from publishing again, and yet kombu connects again and again (2, 4, … seconds) before
it publishes at all: with Redis away, a delivery would be answered after Zoom has given up on it. So jobs go out over
connections of our own that are tried once. What is not taken waits in the database for the sweep.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app
from kombu import Connection, Producer
from kombu.pools import producers

#: Try once; and where it is Redis, do not wait long for a host that says nothing.
_ONCE = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
_REDIS = {"socket_connect_timeout": 1, "socket_timeout": 2}

#: Connections by process and broker: a process that was forked must not use its parent's.
_known: dict[tuple[int, str], Connection] = {}


@contextmanager
def producer() -> Iterator[Producer]:
    """A producer of Celery's app for `Task.apply_async(producer=...)`, from a pool; raises what kombu raises."""
    app = current_app._get_current_object()
    base: Connection = app.connection_for_write()
    key = (os.getpid(), base.as_uri(include_password=True))
    if key not in _known:
        options: dict[str, Any] = {**(base.transport_options or {}), **_ONCE}
        if base.transport_cls in ("redis", "rediss", "sentinel"):
            options = {**_REDIS, **options}
        _known[key] = base.clone(transport_options=options)
    with producers[_known[key]].acquire(block=True, timeout=1) as found:
        yield found
