"""The roster's page and its CSV in a course of many."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from typing import Any

from bench.table import median
from bench.worker import Memory, seconds
from demo import crowd
from demo.zoom.testing import Control

LOOKS = 7


def roster(count: int) -> dict[str, Any]:
    """Queries, time to the first byte, and memory of page and CSV, for a session of `count` learners with results."""
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from zoom_xblock.models import Result

    users = crowd.people(count)
    crowd.only(users)
    began = timezone.now().replace(microsecond=0) - timedelta(hours=3)
    zoom = Control(os.environ["ZOOM_URL"])
    session = crowd.session(zoom, f"roster{count}", starts_at=began)
    crowd.register(zoom, session.meeting, users)
    Result.objects.bulk_create(
        [
            Result(
                placement=session.placement,
                user=user,
                attended_seconds=place % 3600,
                required_seconds=2700,
                state="final",
                is_complete=place % 3600 >= 2700,
                decided_at=began,
            )
            for place, user in enumerate(users)
        ],
        batch_size=1000,
    )
    del users
    browser = Client()
    browser.force_login(get_user_model().objects.get(username="author"))
    found: dict[str, Any] = {"learners": count}

    def page() -> bytes:
        path = f"/courses/{session.usage_key.course_key}/xblock/{session.usage_key}/handler/roster"
        answer = browser.post(path, data=json.dumps({"page": 1}), content_type="application/json")
        assert answer.status_code == 200, (answer.status_code, answer.content[:300])
        return answer.content

    def csv() -> tuple[float, int]:
        """Seconds to the first piece, and bytes in all."""
        began_at, first, size = time.perf_counter(), None, 0
        answer = browser.get(f"/zoom/roster/{session.usage_key}.csv")
        assert answer.status_code == 200, answer.status_code
        assert answer.streaming, "the CSV is not streamed"
        for piece in answer.streaming_content:
            first = first or time.perf_counter() - began_at
            size += len(piece)
        return first or 0.0, size

    def nothing(path: str) -> int:
        """Queries of the site itself for a request of this kind by this person."""
        with CaptureQueriesContext(connection) as captured:
            answer = browser.post(path, data="{}", content_type="application/json")
        assert answer.status_code == 200, (path, answer.status_code)
        return len(captured.captured_queries)

    plain = crowd.plain_block(f"nothing{count}")
    floors = {
        "page": nothing(f"/courses/{plain.course_key}/xblock/{plain}/handler/nothing"),
        "csv": nothing("/bench/nothing"),
    }
    for name, work in (("page", page), ("csv", csv)):
        work()
        with CaptureQueriesContext(connection) as captured:
            work()
        found[f"{name}_queries"] = len(captured.captured_queries) - floors[name]
    took = []
    for _look in range(LOOKS):
        one: dict[str, Any] = {}
        with seconds(one, "page"):
            found["page_bytes"] = len(page())
        took.append(one["page"])
    found["page_seconds"] = median(took)
    with Memory() as memory, seconds(found, "csv_seconds"):
        first = [csv() for _look in range(LOOKS)]
    found["csv_seconds"] /= LOOKS
    return found | {
        "csv_first_byte_seconds": median(one[0] for one in first),
        "csv_bytes": first[0][1],
        "csv_memory_mb": memory.more_mb,
    }
