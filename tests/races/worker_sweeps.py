"""
A process that fills the inbox, sweeps or works, so many at once: `python -m tests.races.worker_sweeps <verb> …`.

Jobs are not sent to a broker: each process tells what it would have queued.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.races.worker import begin

UUID = "race/Sitting+1=="


def fill(count: str) -> dict[str, Any]:
    """So many deliveries of one sitting whose jobs were lost: everybody comes and goes, then it ends."""
    from django.utils import timezone

    from zoom_xblock.models import Connection, Delivery, Meeting, Segment, Sitting
    from zoom_xblock.models.fields import digest

    for model in (Segment, Sitting, Delivery):
        model.objects.all().delete()
    Connection.objects.update(swept_at=None)
    meeting, _new = Meeting.objects.get_or_create(kind="meeting", zoom_id=81234567890, topic="Race")
    account = Connection.objects.get().account_id
    now = timezone.now()
    rows = []
    for number in range(int(count)):
        body = _event(account, meeting.zoom_id, number, now)
        rows.append(
            Delivery(
                digest=digest("race", number),
                endpoint="end",
                event=body["event"],
                zoom_id=meeting.zoom_id,
                body=json.dumps(body),
                received_at=now - timedelta(minutes=2),
                next_try_at=now - timedelta(minutes=1),
            )
        )
    Delivery.objects.bulk_create(rows, batch_size=200)
    return {"filled": len(rows)}


def _event(account: str, zoom_id: int, number: int, now: Any) -> dict[str, Any]:
    person, kind = divmod(number, 2)
    at = now - timedelta(minutes=60 if kind == 0 else 10)
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    participant = {
        "user_id": str(16_000_000 + person),
        "user_name": f"Person {person}",
        "participant_uuid": f"P{person}",
        "registrant_id": f"R{person}",
        "join_time" if kind == 0 else "leave_time": stamp,
    }
    return {
        "event": "meeting.participant_joined" if kind == 0 else "meeting.participant_left",
        "event_ts": int(at.timestamp() * 1000),
        "payload": {
            "account_id": account,
            "object": {
                "id": str(zoom_id),
                "uuid": UUID,
                "topic": "Race",
                "type": 2,
                "start_time": stamp,
                "timezone": "UTC",
                "duration": 60,
                "participant": participant,
            },
        },
    }


def sweeps(processes: str, gated: str = "") -> dict[str, Any]:
    """So many sweep at the same moment; what each of them queued."""
    return {"queued": _at_once(int(processes), _gated if gated else _sweep)}


def work(processes: str) -> dict[str, Any]:
    """So many work through all deliveries at once, each in an order of its own."""
    from zoom_xblock.models import Delivery, Segment, Sitting

    started = time.monotonic()
    met = _at_once(int(processes), _work)
    whole = Segment.objects.filter(joined_at__isnull=False, left_at__isnull=False)
    return {
        "errors": [error for one in met for error in one],
        "seconds": time.monotonic() - started,
        "states": {
            state: Delivery.objects.filter(state=state).count() for state in ("new", "done", "ignored", "failed")
        },
        "sittings": Sitting.objects.count(),
        "segments": Segment.objects.count(),
        "whole": whole.count(),
        "leased": Delivery.objects.filter(leased_until__isnull=False).count(),
    }


def hang() -> None:
    """Take the first delivery and never be done with it."""
    from zoom_xblock.models import Delivery
    from zoom_xblock.services import inbox

    inbox.LEASE_SECONDS = 5
    inbox.BUSY = timedelta(days=1)  # alone

    def never(_delivery: Any) -> str:
        print("at work", flush=True)  # noqa: T201
        time.sleep(100)
        return ""

    inbox._apply = never
    inbox.process_delivery(Delivery.objects.order_by("pk").values_list("pk", flat=True)[0])


def tries() -> list[int]:
    """How often each delivery was tried."""
    from zoom_xblock.models import Delivery

    return list(Delivery.objects.order_by("pk").values_list("attempts", flat=True))


def _sweep() -> list[Any]:
    from tests.doors import QueueingPlatform
    from zoom_xblock.services import sweep

    QueueingPlatform.queue.clear()
    failed = sweep.sweep()["failed"]
    assert not failed, "a kind could not be looked for"
    return [[job, args] for job, args, _wait in QueueingPlatform.queue]


def _gated() -> list[Any]:
    from zoom_xblock.services import sweep

    return _sweep() if sweep.take_turn() else []


def _work() -> list[str]:
    from zoom_xblock.models import Delivery
    from zoom_xblock.services import inbox

    ids, errors = list(Delivery.objects.values_list("pk", flat=True)), []
    random.shuffle(ids)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for delivery_id in ids:
            try:
                inbox.process_delivery(delivery_id)
            except Exception as error:  # what a worker would have been told
                errors.append(f"{type(error).__name__}: {error}")
        ids = list(Delivery.objects.filter(state="new").values_list("pk", flat=True))
        if not ids:
            break
        time.sleep(0.2)
    return errors


def _at_once(count: int, do: Callable[[], Any]) -> list[Any]:
    from django.db import connections as databases

    databases.close_all()
    together = multiprocessing.get_context("fork")
    barrier, answers = together.Barrier(count), together.Queue()

    def run() -> None:
        barrier.wait(60)
        answers.put(do())

    children = [together.Process(target=run) for _ in range(count)]
    for child in children:
        child.start()
    met = [answers.get(timeout=100) for _ in children]
    for child in children:
        child.join(10)
    return met


if __name__ == "__main__":
    begin()
    from django.conf import settings

    settings.ZOOM_XBLOCK_PLATFORM = "tests.doors.QueueingPlatform"
    verb, *arguments = sys.argv[1:]
    print(json.dumps(globals()[verb](*arguments)))  # noqa: T201
