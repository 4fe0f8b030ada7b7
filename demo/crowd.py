"""
A course full of people, for benches and fault runs: made directly in the tables, since a crowd that clicks takes hours.

Needs Django set up with the demo's settings, a migrated and seeded database, and the stand-in Zoom.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth import get_user_model
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from demo.site.models import Block, Course, Enrollment, Unit
from demo.site.seed import COURSE_KEY
from demo.zoom import seed
from zoom_xblock.models import Meeting, Placement, Registration
from zoom_xblock.models.meeting import usage_digest

PREFIX = "crowd"
BATCH = 1000


def connect(zoom: Any, site_url: str) -> None:
    """Enter the demo's app and go through the consent; `zoom` has `control(path, method, **json)`."""
    from zoom_xblock.services import connections

    admin = get_user_model().objects.get(username="admin")
    if connections.the_connection().client_id != seed.CLIENT_ID:
        connections.save_app(
            client_id=seed.CLIENT_ID,
            client_secret=seed.CLIENT_SECRET,
            webhook_secret=seed.SECRET_TOKEN,
            host_email="author@example.edu",
        )
    redirect = f"{site_url}/zoom/oauth/callback"
    address = connections.begin_consent(user_id=admin.pk, session_key="crowd", redirect_uri=redirect)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    asked = {"redirect_uri": redirect, "code_challenge": query["code_challenge"]}
    code = zoom.control("consent", client_id=seed.CLIENT_ID, **asked)["code"]
    connections.finish_consent(user_id=admin.pk, session_key="crowd", state=query["state"], code=code, error="")


def people(count: int, *, prefix: str = PREFIX) -> list[Any]:
    """So many enrolled learners, `<prefix>1@example.edu` and on, in that order; those there are stay."""
    model, course = get_user_model(), Course.objects.get(key=COURSE_KEY)
    names = [f"{prefix}{number}" for number in range(1, count + 1)]
    there = set(model.objects.filter(username__startswith=prefix).values_list("username", flat=True))
    fresh = [
        model(username=name, email=f"{name}@example.edu", first_name=prefix.capitalize(), last_name=name[len(prefix) :])
        for name in names
        if name not in there
    ]
    model.objects.bulk_create(fresh, batch_size=BATCH)
    by_name = {user.username: user for user in model.objects.filter(username__startswith=prefix)}
    found = [by_name[name] for name in names]
    enrolled = set(Enrollment.objects.filter(course=course).values_list("user_id", flat=True))
    Enrollment.objects.bulk_create(
        [Enrollment(user=user, course=course) for user in found if user.pk not in enrolled], batch_size=BATCH
    )
    return found


def only(users: list[Any], *, prefix: str = PREFIX) -> None:
    """Of the crowd these are enrolled, and nobody else."""
    course = Course.objects.get(key=COURSE_KEY)
    Enrollment.objects.filter(course=course, user__username__startswith=prefix).delete()
    Enrollment.objects.bulk_create([Enrollment(user=user, course=course) for user in users], batch_size=BATCH)


@dataclass(frozen=True)
class Session:
    """A published component and its meeting at Zoom."""

    usage_key: UsageKey
    meeting: Meeting
    placement: Placement


def session(zoom: Any, name: str, *, starts_at: datetime, minutes: int = 60, **wishes: Any) -> Session:
    """A published zoom component `name` with a meeting at the stand-in; `wishes` are further fields of the block."""
    kind = wishes.get("kind", "meeting")
    start_time = starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    made = zoom.control(
        "meetings",
        None,
        kind=kind,
        host="author@example.edu",
        topic=name,
        type=2 if kind == "meeting" else 5,
        start_time=start_time,
        duration=minutes,
        settings={"approval_type": 0},
        send=False,
    )
    fields = {
        "display_name": name,
        "kind": kind,
        "starts_at": start_time,
        "duration_minutes": minutes,
        "time_zone": "UTC",
        "required_minutes": 45,
        **wishes,
    }
    unit = Unit.objects.filter(course__key=COURSE_KEY).order_by("position")[1]
    key = COURSE_KEY.make_usage_key("zoom", name)
    Block.objects.create(unit=unit, key=key, block_type="zoom", position=50, draft=fields, published=fields)
    meeting = Meeting.objects.create(
        kind=kind,
        zoom_id=made["number"],
        account_id=seed.ACCOUNT_ID,
        host_id=made["host_id"],
        host_email="author@example.edu",
        topic=name,
        starts_at=starts_at,
        duration_minutes=minutes,
        time_zone="UTC",
        has_registration=True,
        read_at=timezone.now(),
    )
    placement = Placement.objects.create(
        usage_key=key,
        usage_digest=usage_digest(key),
        course_key=COURSE_KEY,
        meeting=meeting,
        made_by=get_user_model().objects.get(username="author"),
    )
    return Session(key, meeting, placement)


def plain_block(name: str, block_type: str = "html") -> UsageKey:
    """A published component of a type that the bench adds, beside the sessions."""
    key = COURSE_KEY.make_usage_key(block_type, name)
    unit = Unit.objects.filter(course__key=COURSE_KEY).order_by("position")[1]
    Block.objects.create(unit=unit, key=key, block_type=block_type, position=1, draft={}, published={})
    return key


def register(zoom: Any, meeting: Meeting, users: list[Any]) -> list[Registration]:
    """Registrants at Zoom and their rows here, in the order of the users."""
    found: list[Registration] = []
    for first in range(0, len(users), BATCH):
        part = users[first : first + BATCH]
        wanted = [
            {"email": user.email, "first_name": user.first_name or "-", "last_name": user.last_name} for user in part
        ]
        made = zoom.control(f"meetings/{meeting.zoom_id}/registrants", None, people=wanted)["registrants"]
        found += [
            Registration(
                meeting=meeting,
                user=user,
                state=Registration.State.REGISTERED,
                registrant_id=one["id"],
                join_url=one["join_url"],
                email=user.email,
                registered_at=timezone.now(),
            )
            for user, one in zip(part, made, strict=True)
        ]
    Registration.objects.bulk_create(found, batch_size=BATCH)
    return found
