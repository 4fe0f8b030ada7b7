"""
What runs inside the site, in a process of its own: `python -m bench.worker prepare | settle N ROUNDS | page N ...`.

Prints JSON on its last line. Times are seconds of the wall clock.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
import psutil
import requests

from demo.zoom.testing import Control


class Calls:
    """Counts HTTP requests of this process to the API of Zoom, whoever makes them."""

    def __init__(self) -> None:
        self.count, plain = 0, requests.Session.send

        def send(session: Any, request: Any, **more: Any) -> Any:
            if "/control/" not in request.url:
                self.count += 1
            return plain(session, request, **more)

        requests.Session.send = send  # type: ignore[method-assign]


class Memory:
    """The most memory that this process held while the block ran, in megabytes beyond what it held before."""

    def __enter__(self) -> Memory:
        self._process, self._over = psutil.Process(), threading.Event()
        self.before = self.peak = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.peak = max(self.peak, self._process.memory_info().rss)

    def __exit__(self, *_problem: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def more_mb(self) -> float:
        """How much more than before."""
        return (self.peak - self.before) / 1e6


@contextmanager
def seconds(into: dict[str, Any], name: str) -> Iterator[None]:
    """Note how long the block took."""
    began = time.perf_counter()
    yield
    into[name] = time.perf_counter() - began


def prepare() -> dict[str, Any]:
    """A database as the site needs it, connected to Zoom."""
    from django.conf import settings
    from django.core.management import call_command

    from demo import crowd

    call_command("migrate", verbosity=0, interactive=False)
    call_command("demo_seed", verbosity=0)
    crowd.connect(Control(os.environ["ZOOM_URL"]), settings.DEMO_SITE_URL)
    return {"ok": True, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    """One verb."""
    django.setup()
    verb, arguments = sys.argv[1], [int(one) for one in sys.argv[2:]]
    if verb == "prepare":
        found = prepare()
    elif verb == "settle":
        from bench.settling import settle as work

        found = work(*arguments)
    elif verb == "spread":
        from bench.settling import spread as work

        found = work(*arguments)
    elif verb == "settle_one":
        from bench.settling import settle_one as work

        found = work(*arguments)
    elif verb == "page":
        from bench.pages import page as work

        found = work(*arguments)
    elif verb == "roster":
        from bench.roster import roster as work

        found = work(*arguments)
    else:
        raise SystemExit(f"no such verb: {verb}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
