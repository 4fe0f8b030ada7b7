"""Settling a session of many: Zoom's record fetched, counted, written, and completed, against bare completions."""

from __future__ import annotations

import gc
import json
import math
import os
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from bench import door
from bench.worker import Calls, Memory, seconds
from demo import crowd
from demo.zoom.testing import Control

SEGMENTS = 3
#: Zoom's own limit of rows on a page.
PAGE = 300
_BATCH = 2000


def settle(count: int, rounds: int) -> dict[str, Any]:
    """Settle a session of `count` learners so many times, each against a floor measured just before."""
    from completion.models import BlockCompletion

    from demo.site.models import Score
    from zoom_xblock.models import Result

    zoom, users, done = Control(os.environ["ZOOM_URL"]), crowd.people(count), []
    for number in range(rounds):
        BlockCompletion.objects.all().delete()
        Score.objects.all().delete()
        place = _played(zoom, f"settle{count}x{number}", users)
        one: dict[str, Any] = {"learners": count, "rows": place["rows"]}
        one["calls_at_least"] = math.ceil(place["rows"] / PAGE)
        _floor(one, users, place["session"].usage_key)
        # In a process of its own: this one holds the whole crowd, and memory once taken hides what is taken later.
        command = [sys.executable, "-W", "ignore", "-m", "bench.worker", "settle_one", str(place["sitting"].pk)]
        out = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        one |= json.loads(out.decode().strip().splitlines()[-1])
        results = Result.objects.filter(placement=place["session"].placement)
        found = [
            results.count(),
            results.filter(is_complete=True, completed_at__isnull=False).count(),
            BlockCompletion.objects.filter(block_key=place["session"].usage_key, completion=1.0).count(),
        ]
        assert found == [count] * 3, (count, found)
        done.append(one)
    return {"rounds": done}


def settle_one(sitting_id: int) -> dict[str, Any]:
    """Settle, and settle again; what it took."""
    from zoom_xblock.models import Sitting

    calls, one = Calls(), {}
    sitting = Sitting.objects.select_related("meeting").get(pk=sitting_id)  # a connection is open before the clock runs
    gc.collect()
    with Memory() as memory, seconds(one, "first"):
        _settle(sitting_id)
    one |= {"calls": calls.count, "memory_mb": memory.more_mb}
    # As if the record had come a second time: fetched, compared, and nothing is new.
    Sitting.objects.filter(pk=sitting_id).update(record="awaited", settled_at=None)
    with seconds(one, "again"):
        _settle(sitting_id)
    with seconds(one, "decided_again"):
        door.QueuePlatform().later("decide_meeting", sitting.meeting_id)
        door.work()
    return one | {"jobs": dict(door.DONE)}


def spread(count: int, rounds: int) -> dict[str, Any]:
    """
    As `settle`, by the site's own Celery worker: from the job that settles to the last completion and event, seen from
    outside.
    """
    from completion.models import BlockCompletion

    from demo.site.door import DemoPlatform
    from zoom_xblock.models import Result

    zoom, users, done = Control(os.environ["ZOOM_URL"]), crowd.people(count), []
    for number in range(rounds):
        BlockCompletion.objects.all().delete()
        place = _played(zoom, f"spread{count}x{number}", users)
        one: dict[str, Any] = {"learners": count}
        _floor(one, users, place["session"].usage_key)
        told = Result.objects.filter(
            placement=place["session"].placement, completed_at__isnull=False, attended_told_at__isnull=False
        )
        with seconds(one, "first"):
            DemoPlatform().later("settle_sitting", place["sitting"].pk)
            until = time.monotonic() + 1800
            while told.count() < count:
                assert time.monotonic() < until, f"{told.count()} of {count} after half an hour"
                time.sleep(0.05)
        done.append(one)
    return {"rounds": done}


def _played(zoom: Control, name: str, users: list[Any]) -> dict[str, Any]:
    """A session that is over: everybody came three times, and what the events said about it is here already."""
    from django.utils import timezone

    from zoom_xblock.models import Sitting
    from zoom_xblock.models.fields import digest

    began = (timezone.now() - timedelta(hours=3)).replace(microsecond=0)
    session = crowd.session(zoom, name, starts_at=began, required_minutes=45)
    registrations = crowd.register(zoom, session.meeting, users)
    people = [
        {"registrant_id": one.registrant_id, "segments": [[0, 1000], [1010, 2000], [2010, 3000 + place % 500]]}
        for place, one in enumerate(registrations)
    ]
    ended = began + timedelta(minutes=60)
    zoom.control(f"meetings/{session.meeting.zoom_id}/people", base_at=began.isoformat(), people=[], host=True)
    wanted = {"base_at": began.isoformat(), "end_at": ended.isoformat(), "send": False}
    number = session.meeting.zoom_id
    zoom.control(f"meetings/{number}/people", people=people, **wanted)
    record = zoom.control(f"record?number={number}")
    uuid = max(record["sittings"], key=lambda one: sum(row["uuid"] == one for row in record["rows"]))
    sitting = Sitting.objects.create(
        meeting=session.meeting, uuid=uuid, uuid_digest=digest(uuid), started_at=began, ended_at=ended, record="awaited"
    )
    _live(sitting, record["rows"])
    zoom.control("sittings/ready", uuid=uuid)
    return {"session": session, "sitting": sitting, "rows": sum(row["uuid"] == uuid for row in record["rows"])}


def _live(sitting: Any, rows: list[dict[str, Any]]) -> None:
    """What events said, as the inbox would have written it."""
    from datetime import UTC, datetime

    from zoom_xblock.models import Segment
    from zoom_xblock.models.fields import digest

    Segment.objects.bulk_create(
        [
            Segment(
                sitting=sitting,
                source="live",
                fact_digest=digest("live", "main", row["connection"]),
                connection=row["connection"],
                registrant_id=row["registrant_id"],
                name=row["name"],
                joined_at=datetime.fromtimestamp(row["from"], UTC),
                left_at=datetime.fromtimestamp(row["to"], UTC),
            )
            for row in rows
            if row["uuid"] == sitting.uuid and row["registrant_id"]
        ],
        batch_size=_BATCH,
    )


def _floor(into: dict[str, Any], users: list[Any], usage_key: Any) -> None:
    """As many bare completions, of another block of the same course."""
    from completion.models import BlockCompletion

    other = usage_key.course_key.make_usage_key("html", f"floor-{usage_key.block_id}")
    with seconds(into, "floor"):
        for user in users:
            BlockCompletion.objects.submit_completion(user=user, block_key=other, completion=1.0)


def _settle(sitting_id: int) -> None:
    from zoom_xblock import tasks

    door.QUEUE.clear()
    tasks.settle_sitting(sitting_id)
    door.work()
