"""
For other plugins of a site: what sessions a course has, what stands for a learner, and when either changes.

What is in `__all__` is kept as docs/api.md promises; everything else in this package may change with any version.
Import it once apps are ready (in `AppConfig.ready()` or later).
"""

from __future__ import annotations

from opaque_keys.edx.keys import LearningContextKey, UsageKey

from zoom_xblock.queries import public
from zoom_xblock.queries.public import Attendance, Session
from zoom_xblock.services import settlement
from zoom_xblock.services.announce import attendance_decided, session_ended

__all__ = [
    "Attendance",
    "Session",
    "attendance_decided",
    "attendance_of",
    "session_ended",
    "sessions_of_course",
    "settle",
]


def sessions_of_course(course_key: LearningContextKey) -> list[Session]:
    """The sessions of a course's published units, by start. One query, none to Zoom; permissions are the caller's."""
    return public.sessions_of_course(course_key)


def attendance_of(usage_key: UsageKey, user_id: int) -> Attendance | None:
    """What stands for this person at the session of this block; None where it has no session. One query."""
    return public.attendance_of(usage_key, user_id)


def settle(usage_key: UsageKey) -> None:
    """
    Have everybody of this session counted anew, by a job, after the current transaction. Nothing happens where the
    block has no session, or none was ever held; as often as one likes.
    """
    settlement.count_again(usage_key=usage_key)
