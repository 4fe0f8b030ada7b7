"""Warnings before saving: from rows alone, and nobody's business told to others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.conftest import make_block
from tests.services.test_meetings import save
from tests.services.test_meetings_options import add_host
from zoom_xblock.models import Meeting, Occurrence
from zoom_xblock.services import advice, hosts
from zoom_xblock.services.errors import Forbidden

pytestmark = pytest.mark.django_db


def asked(site, row, **changes: Any):
    """The warnings as the editor asks for them; the wish is that of `session` unless changed."""
    wish = {
        "host_email": "",
        "kind": "meeting",
        "starts_at": (timezone.now() + timedelta(hours=1)).replace(microsecond=0),
        "duration_minutes": 60,
        "recurrence": {},
        "time_zone": "Europe/Madrid",
        **changes,
    }
    return advice.warnings_for(usage_key=row.key, user_id=site.author.pk, **wish)


def slugs(found):
    """Their names."""
    return [one.slug for one in found]


@pytest.fixture
def other(site):
    """Another component of the course, without a session."""
    return make_block(site.course_key, name="other")


def test_nothing_to_warn_of(connected, site, other):
    hosts.refresh_hosts()
    assert asked(site, other) == []


@pytest.mark.parametrize(
    ("minutes", "lasts", "booked"),
    [
        (0, 60, True),
        (59, 60, True),
        (60, 60, False),
        (-60, 60, False),
        (-59, 60, True),
        (20, 10, True),
        (-50, 1440, True),
    ],
)
def test_a_host_who_is_booked_then(session, site, other, minutes, lasts, booked):
    found = asked(site, other, starts_at=session.starts_at + timedelta(minutes=minutes), duration_minutes=lasts)
    assert slugs(found) == (["host_booked"] if booked else [])
    if found:
        key = str(session.placements.get().usage_key)
        assert found[0].facts == {"topic": "Algebra live", "starts_at": session.starts_at, "usage_key": key}


def test_the_own_session_and_gone_ones_do_not_count(session, block_row, site, other):
    assert asked(site, block_row, starts_at=session.starts_at) == []
    Meeting.objects.update(state=Meeting.State.GONE)
    assert asked(site, other, starts_at=session.starts_at) == []


def test_another_host_is_free(session, site, other):
    assert asked(site, other, starts_at=session.starts_at, host_email="colleague@example.edu") == []
    assert slugs(asked(site, other, starts_at=session.starts_at, host_email="AUTHOR@example.edu")) == ["host_booked"]


def test_any_date_of_a_series_against_any_date_of_another(connected, block_row, site, other):
    meeting = save(site, block_row, recurrence={"every": "day", "interval": 2, "count": 3}).meeting
    last = meeting.starts_at + timedelta(days=4)
    clash = {"starts_at": last, "recurrence": {"every": "day", "interval": 7, "count": 2}}
    [found] = asked(site, other, **clash)
    assert found.facts["starts_at"] == last
    assert asked(site, other, starts_at=meeting.starts_at + timedelta(days=1)) == []
    Occurrence.objects.filter(starts_at=last).update(status="deleted")
    assert asked(site, other, **clash) == []


def test_what_another_course_does_is_told_without_its_name(session, site, other, settings, monkeypatch):
    from demo.site.door import DemoPlatform

    allowed = DemoPlatform.can_author
    foreign = session.placements.get()
    foreign.course_key = "course-v1:Other+Course+1"
    foreign.save()
    monkeypatch.setattr(
        DemoPlatform, "can_author", lambda self, user, key: "Other" not in str(key) and allowed(self, user, key)
    )
    [found] = asked(site, other, starts_at=session.starts_at)
    assert found.facts == {"topic": "", "starts_at": session.starts_at, "usage_key": None}


def test_a_session_is_named_once_and_few_in_all(session, block_row, site, other):
    for number in range(8):
        row = make_block(site.course_key, name=f"more{number}", display_name=f"More {number}")
        save(site, row, recurrence={"every": "day", "count": 2})
    found = asked(site, other, starts_at=session.starts_at, recurrence={"every": "day", "count": 2})
    assert slugs(found) == ["host_booked"] * advice.MOST_BOOKINGS
    assert len({one.facts["usage_key"] for one in found}) == advice.MOST_BOOKINGS


def test_licences_and_room(connected, site, other):
    add_host("small@example.edu", is_licensed=False, has_webinar=False, meeting_capacity=2, webinar_capacity=None)
    found = {one.slug: one.facts for one in asked(site, other, host_email="small@example.edu", kind="webinar")}
    assert set(found) == {"not_licensed", "no_webinar"}
    found = {one.slug: one.facts for one in asked(site, other, host_email="small@example.edu")}
    assert set(found) == {"not_licensed", "over_capacity"}
    assert found["over_capacity"] == {"enrolled": 3, "capacity": 2}


def test_what_is_not_known_is_not_warned_of(connected, site, other):
    add_host("new@example.edu", is_licensed=True)
    assert asked(site, other, host_email="new@example.edu", kind="webinar") == []
    assert asked(site, other, host_email="nobody@x.example") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_at": None},
        {"starts_at": datetime(2031, 1, 5, 10)},  # noqa: DTZ001 - a time without a zone is the point
        {"duration_minutes": 0},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../etc"},
        {"recurrence": {"every": "moon"}},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_no_crash(session, site, other, changes):
    assert asked(site, other, **changes) == []


def test_only_authors_ask(session, site, other):
    with pytest.raises(Forbidden):
        advice.warnings_for(
            usage_key=other.key, user_id=site.learner1.pk, host_email="", kind="meeting", starts_at=session.starts_at,
            duration_minutes=60, recurrence={}, time_zone="UTC",
        )  # fmt: skip


def test_zoom_is_never_asked(session, site, other, zoom):
    zoom.fault("*", "/*", status=500, times=None)
    assert slugs(asked(site, other, starts_at=session.starts_at)) == ["host_booked"]
    assert all(one["hits"] == 0 for one in zoom.control("faults")["faults"])
