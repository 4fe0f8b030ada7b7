"""Props for walks over the demo site: browsers, handlers, sessions without a call to Zoom, the product's source."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from edx_django_utils.cache import RequestCache
from waffle.models import Switch

from demo.site import courseware
from demo.site.seed import COMPLETION_SWITCH
from zoom_xblock.models import Meeting, Placement, Registration, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest

PACKAGE = Path(__file__).parents[2] / "zoom_xblock"
PAGE = "/admin/config/services/zoom"


def browser(user: Any = None) -> Client:
    """Somebody's browser; nobody's, where there is no user."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def call(client: Client, prefix: str, key: Any, handler: str, data: Any = None) -> Any:
    """POST to a handler: prefix "lms", "studio" or "preview"."""
    before = {"lms": f"/courses/{key.course_key}", "studio": "/studio", "preview": "/studio/preview"}[prefix]
    path = f"{before}/xblock/{key}/handler/{handler}"
    return client.post(path, data=json.dumps(data or {}), content_type="application/json")


def form(**changes: Any) -> dict[str, Any]:
    """What the editor sends: tomorrow at a quarter to six in the evening, in Madrid."""
    return {
        "kind": "meeting",
        "display_name": "Algebra live",
        "description": "",
        "start_date": f"{timezone.now() + timedelta(days=2):%Y-%m-%d}",
        "start_time": "17:45",
        "time_zone": "Europe/Madrid",
        "duration_minutes": "60",
        "required_minutes": "45",
        "has_score": False,
        "weight": "1",
        **changes,
    }


def placed(row: Any, **facts: Any) -> Meeting:
    """A session for a component, as if Zoom had made it."""
    meeting = Meeting.objects.create(
        kind="meeting", zoom_id=82_000_000_000 + row.pk, topic="Algebra", has_registration=True, **facts
    )
    Placement.objects.create(
        usage_key=row.key, usage_digest=usage_digest(row.key), course_key=row.key.course_key, meeting=meeting
    )
    return meeting


def registered(meeting: Meeting, user: Any) -> Registration:
    """A learner's place, with her personal link."""
    return Registration.objects.create(
        meeting=meeting,
        user=user,
        state=Registration.State.REGISTERED,
        registrant_id=f"registrant-{user.pk}",
        join_url=f"https://zoom.us/w/{meeting.zoom_id}?tk=personal-{user.pk}",
    )


def attended(meeting: Meeting, minutes: dict[Any, int]) -> None:
    """A sitting that is over and on record, in which each of these users stayed so long."""
    ended = timezone.now() - timedelta(hours=1)
    began = ended - timedelta(hours=2)
    sitting = Sitting.objects.create(
        meeting=meeting,
        uuid=f"sitting-{meeting.pk}==",
        uuid_digest=digest(f"sitting-{meeting.pk}=="),
        started_at=began,
        ended_at=ended,
        record=Sitting.Record.FINAL,
        settled_at=ended,
    )
    for user, stayed in minutes.items():
        registration = registered(meeting, user)
        Segment.objects.create(
            sitting=sitting,
            source=Segment.Source.RECORD,
            fact_digest=digest(user.pk),
            registrant_id=registration.registrant_id,
            joined_at=began,
            left_at=began + timedelta(minutes=stayed),
        )


def switch_completion(*, on: bool) -> None:
    """Completion tracking, as an operator switches it."""
    switch = Switch.objects.get(name=COMPLETION_SWITCH)
    switch.active = on
    switch.save()
    cache.clear()  # waffle forgets at the commit, and a test's transaction has none
    RequestCache.clear_all_namespaces()


def publish(row: Any, **changes: Any) -> None:
    """Change a component's draft and publish its unit."""
    type(row).objects.filter(pk=row.pk).update(draft={**row.draft, **changes})
    courseware.publish_unit(row.unit)


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package, by its path in there."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield str(path.relative_to(PACKAGE)), ast.parse(path.read_text(encoding="utf-8"))


def words(tree: ast.AST) -> set[str]:
    """The names and the strings of a module, docstrings left out."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            found.add(node.value)
    return found


def who_says(*forbidden: str) -> list[str]:
    """Where in the package one of these words stands."""
    said = ((name, word) for name, tree in sources() for word in words(tree))
    return [f"{name}: {word}" for name, word in said if any(bad in word for bad in forbidden)]


def at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported: everything but the bodies of functions."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from at_import(child)
