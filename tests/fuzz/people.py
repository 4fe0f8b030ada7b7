"""Those who reach what is not theirs, and what the site holds before and after they have tried."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.test import Client
from opaque_keys.edx.keys import CourseKey

#: Tables that anybody's visit may change.
_OTHERS = {"session", "logentry"}


def everybody(site: Any) -> dict[str, Client]:
    """A browser of each kind of stranger, and of a learner, by what they are."""
    from demo.site.models import Course, CourseRole

    people = get_user_model().objects
    made = {
        "anonymous": None,
        "unenrolled": people.create_user("stranger", "stranger@example.edu", "stranger"),
        "enrolled": site.learner1,
        "staff of another course": people.create_user("other", "other@example.edu", "other"),
    }
    other = Course.objects.create(key=CourseKey.from_string("course-v1:Other+Course+1"), title="Another course")
    for role in (CourseRole.STAFF, CourseRole.INSTRUCTOR):
        CourseRole.objects.create(user=made["staff of another course"], course=other, role=role)
    clients = {}
    for name, user in made.items():
        clients[name] = Client(raise_request_exception=False)
        if user is not None:
            clients[name].force_login(user)
    return clients


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the product, of completions, of grades and of blocks."""
    found = {}
    for model in apps.get_models():
        if model._meta.app_label in ("zoom_xblock", "completion", "demo_site"):
            if model._meta.model_name in _OTHERS:
                continue
            found[model._meta.label] = sorted(map(repr, model.objects.values_list()))
    return found


def secrets_of(zoom: Any, connected: Any) -> set[str]:
    """What no stranger may read: all that Zoom ever gave out, links included."""
    found = {one for one in zoom.control("secrets")["secrets"] if len(one) >= 8}
    for meeting in zoom.control("state")["meetings"]:
        found.add(meeting["host_url"])
        found |= {one["join_url"] for one in meeting["registrants"]}
    return found | {connected.client_secret, connected.webhook_secret}


def asked(answer: Any, who: str, what: str, secrets: set[str], allowed: Any = SimpleNamespace) -> None:
    """Never a failure of ours, and no secret in the answer."""
    body = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content
    text = body.decode("utf-8", "replace") + str(dict(answer.headers))
    assert answer.status_code < 500, f"{what} by {who}: {answer.status_code} {text[-300:]}"
    leaked = sorted(one[:6] + "…" for one in secrets if one in text)
    assert not leaked, f"{what} tells {who}: {leaked}"
