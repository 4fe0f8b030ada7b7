"""What many tests of services begin with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.conftest import make_block
from zoom_xblock.models import Meeting, Placement, Registration, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.services import registrations, settlement


@pytest.fixture
def began():
    """When the sitting began: over by now."""
    return (timezone.now() - timedelta(hours=2)).replace(microsecond=0)


@pytest.fixture
def registered(session, usage_key, site, zoom, jobs):
    """All three learners have opened the unit; their addresses at Zoom."""
    for learner in (site.learner1, site.learner2, site.learner3):
        registrations.request_place(usage_key=usage_key, user_id=learner.pk)
    jobs.run()
    zoom.held()
    return [f"learner{number}@example.edu" for number in (1, 2, 3)]


@pytest.fixture
def place(site, jobs):
    """A graded session of an hour that is over: learner1 stayed 50 minutes, learner2 20, learner3 not at all."""
    row = make_block(site.course_key, has_score=True)
    began = (timezone.now() - timedelta(hours=2)).replace(microsecond=0)
    meeting = Meeting.objects.create(kind="meeting", zoom_id=81234567890, starts_at=began, duration_minutes=60)
    placement = Placement.objects.create(
        usage_key=row.key, usage_digest=usage_digest(row.key), course_key=site.course_key, meeting=meeting
    )
    sitting = Sitting.objects.create(
        meeting=meeting, uuid="u==", uuid_digest=digest("u=="), started_at=began, ended_at=began + timedelta(hours=1),
        record="final", settled_at=timezone.now(),
    )  # fmt: skip
    for number, user in enumerate((site.learner1, site.learner2, site.learner3)):
        Registration.objects.create(meeting=meeting, user=user, registrant_id=f"Rg{number}", state="registered")
    stays(sitting, Rg0=50, Rg1=20)
    settlement.decide_meeting(meeting.pk)
    return row, meeting, placement, sitting


def stays(sitting, **minutes):
    """Zoom's record says so now."""
    sitting.segments.all().delete()
    for registrant_id, long in minutes.items():
        Segment.objects.create(
            sitting=sitting, source="record", fact_digest=digest(registrant_id), registrant_id=registrant_id,
            joined_at=sitting.started_at, left_at=sitting.started_at + timedelta(minutes=long),
        )  # fmt: skip
