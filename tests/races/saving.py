"""
As `tests.races.worker`, about sessions: `python -m tests.races.saving <verb> …` with JSON arguments.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from contextlib import nullcontext, suppress
from typing import Any

from tests.races.worker import begin


class Undone(Exception):
    """The caller's transaction fails after everything went well."""


def seed() -> dict[str, Any]:
    """The demo's course with its people."""
    from django.core.management import call_command

    call_command("demo_seed", verbosity=0)
    return {}


def block(name: str) -> dict[str, Any]:
    """A component, published."""
    from tests.conftest import COURSE_KEY, make_block

    return {"key": str(make_block(COURSE_KEY, name=name, starts_at=_in_days(3)).key)}


def save(name: str, changes: dict[str, Any] | None = None, how: str = "", seen: str | None = None) -> dict[str, Any]:
    """
    The author saves; `how`: "" commits each statement, "atomic" is within a transaction, "undone" is one that fails.
    """
    from django.db import transaction

    from demo.site.models import Block
    from tests.conftest import COURSE_KEY, wishes_of
    from zoom_xblock.services import meetings

    row, met = Block.objects.get(key=COURSE_KEY.make_usage_key("zoom", name)), {}
    started = time.monotonic()
    with suppress(Undone), transaction.atomic() if how else nullcontext():
        try:
            saved = meetings.save_session(
                usage_key=row.key, user_id=_author(), wishes=wishes_of(row, **(changes or {})), seen=seen
            )
            met = {
                "error": "",
                "is_new": saved.is_new,
                "is_adopted": saved.is_adopted,
                "zoom_id": saved.meeting.zoom_id,
            }
        except Exception as error:  # what it was is what the race is told
            met = {"error": type(error).__name__, "slug": getattr(error, "slug", "")}
        if how == "undone":
            raise Undone
    return {**met, "seconds": time.monotonic() - started}


def race(*calls: list[Any]) -> dict[str, Any]:
    """Each of these calls `[verb, *arguments]` in a process of its own, at the same moment."""
    from django.db import connections as databases

    databases.close_all()
    together = multiprocessing.get_context("fork")
    barrier, answers = together.Barrier(len(calls)), together.Queue()
    children = [
        together.Process(target=_runner, args=(barrier, answers, number, call)) for number, call in enumerate(calls)
    ]
    for child in children:
        child.start()
    met = dict(answers.get(timeout=90) for _ in children)
    for child in children:
        child.join(10)
    return {"answers": [met[number] for number in range(len(calls))]}


def link(name: str, reference: str, agreed: bool = True) -> dict[str, Any]:
    """The author links an existing session."""
    from tests.conftest import COURSE_KEY
    from zoom_xblock.attendance import Policy
    from zoom_xblock.services import linking

    try:
        saved = linking.link_session(
            usage_key=COURSE_KEY.make_usage_key("zoom", name),
            user_id=_author(),
            reference=reference,
            agreed=agreed,
            policy=Policy(required_minutes=1),
        )
        return {"error": "", "zoom_id": saved.meeting.zoom_id}
    except Exception as error:  # what it was is what the race is told
        return {"error": type(error).__name__, "slug": getattr(error, "slug", "")}


def lose(name: str) -> dict[str, Any]:
    """The component goes, draft and published, long ago."""
    from datetime import timedelta

    from django.utils import timezone

    from demo.site.models import Block
    from tests.conftest import COURSE_KEY
    from zoom_xblock.models import Placement

    key = COURSE_KEY.make_usage_key("zoom", name)
    Block.objects.filter(key=key).delete()
    placement = Placement.objects.for_usage_key(key)
    assert placement is not None
    Placement.objects.filter(pk=placement.pk).update(unpublished_since=timezone.now() - timedelta(days=30))
    return {"placement": placement.pk}


def delete(placement_id: int) -> dict[str, Any]:
    """The job."""
    from zoom_xblock.services import deletion

    deletion.delete_at_zoom(placement_id)
    return {"error": ""}


def unlease() -> dict[str, Any]:
    """The time of a killed process' lease is over."""
    from zoom_xblock.models import Meeting, Placement

    Placement.objects.update(leased_until=None)
    Meeting.objects.update(leased_until=None)
    return {}


def rows() -> dict[str, Any]:
    """What we have."""
    from zoom_xblock.models import Meeting, Placement
    from zoom_xblock.queries.author import token_of

    return {
        "meetings": {str(one.zoom_id): one.state for one in Meeting.objects.all()},
        "placements": {
            one.usage_key.block_id: {
                "zoom_id": one.meeting.zoom_id if one.meeting else None,
                "is_link": bool(one.is_link),
                "creating": one.creating is not None,
                "leased": one.leased_until is not None,
                "token": token_of(one.meeting),
            }
            for one in Placement.objects.select_related("meeting")
        },
    }


def _in_days(days: int) -> str:
    from datetime import timedelta

    from django.utils import timezone

    return (timezone.now() + timedelta(days=days)).replace(microsecond=0).isoformat()


def _author() -> int:
    from django.contrib.auth import get_user_model

    return int(get_user_model().objects.get(username="author").pk)


def _runner(barrier: Any, answers: Any, number: int, call: list[Any]) -> None:
    barrier.wait(60)
    answers.put((number, globals()[call[0]](*call[1:])))


if __name__ == "__main__":
    begin()
    os.environ.setdefault("PYTHONHASHSEED", "0")
    verb, *arguments = sys.argv[1:]
    print(json.dumps(globals()[verb](*[json.loads(one) for one in arguments])))  # noqa: T201
