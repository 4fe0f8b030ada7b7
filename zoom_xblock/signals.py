"""
What the platform's signals ask of us. Connected in `ready()` through the door, which knows where they live.

Each receiver queues a job or makes a small write, and never raises: a publish or a retirement must not fail because of
a Zoom session.
"""

from __future__ import annotations

import logging
from typing import Any

from zoom_xblock import platform
from zoom_xblock.services import people

log = logging.getLogger("zoom_xblock.signals")

#: The platform sends the signal while the course's structure is still being written elsewhere.
RECONCILE_AFTER_SECONDS = 5


def connect() -> None:
    """Connect what this platform offers; what it lacks is left out."""
    platform.current().connect(course_published=course_published, person_retired=person_retired)


def course_published(sender: Any = None, course_key: Any = None, **kwargs: Any) -> None:
    """A course was published (in Studio's process): compare our placements with it."""
    try:
        platform.current().later("reconcile_course", str(course_key), countdown_seconds=RECONCILE_AFTER_SECONDS)
    except Exception:  # the author's publish goes on, whatever happens here
        log.exception("course not reconciled course=%s", str(course_key))


def person_retired(sender: Any = None, user: Any = None, **kwargs: Any) -> None:
    """An account is being retired: erase what names its person."""
    try:
        people.forget_person(user.pk)
    except Exception:  # the retirement of the rest goes on; the log says what is left
        log.exception("person not forgotten user_id=%s", getattr(user, "pk", None))
