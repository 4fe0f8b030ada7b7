"""What many tests of services begin with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from zoom_xblock.services import registrations


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
