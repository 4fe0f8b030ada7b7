"""The learner's page against a page of HTML in the same runtime."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Any

from bench.table import median
from bench.worker import Calls
from demo import crowd
from demo.zoom.testing import Control

LOOKS = 60


def page(count: int) -> dict[str, Any]:
    """The chromeless page of one block, as the learning frontend loads it, in a session of `count` learners."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    zoom, calls = Control(os.environ["ZOOM_URL"]), Calls()
    users = crowd.people(count)
    crowd.only(users)
    began = timezone.now().replace(microsecond=0) + timedelta(minutes=5)
    session = crowd.session(zoom, f"page{count}", starts_at=began)
    crowd.register(zoom, session.meeting, users)
    html = crowd.plain_block(f"html{count}")
    browser = Client()
    browser.force_login(users[count // 2])
    pages = {"zoom": f"/xblock/{session.usage_key}", "html": f"/xblock/{html}"}
    took: dict[str, list[float]] = {name: [] for name in pages}
    queries = {}
    for name, path in pages.items():
        for _warm in range(5):
            assert browser.get(path).status_code == 200
        with CaptureQueriesContext(
            connection,
        ) as captured:
            browser.get(path)
        queries[name] = [one["sql"] for one in captured.captured_queries]
    calls.count = 0
    for _look in range(LOOKS):
        for name, path in pages.items():  # in turn, so that a busy moment of the machine meets both
            began_at = time.perf_counter()
            browser.get(path)
            took[name].append(time.perf_counter() - began_at)
    return {
        "learners": count,
        "zoom_seconds": median(took["zoom"]),
        "html_seconds": median(took["html"]),
        "ratio": median(took["zoom"]) / median(took["html"]),
        "queries": len(queries["zoom"]) - len(queries["html"]),
        "html_queries": len(queries["html"]),
        "calls": calls.count,
    }
