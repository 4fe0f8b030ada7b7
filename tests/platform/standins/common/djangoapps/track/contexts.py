"""Where an event belongs."""

from opaque_keys.edx.keys import LearningContextKey


def course_context_from_course_id(course_id):
    """The course's part of an event's context. Strings are no keys."""
    assert course_id is None or isinstance(course_id, LearningContextKey)
    return {
        "course_id": str(course_id) if course_id is not None and course_id.is_course else "",
        "org_id": getattr(course_id, "org", ""),
        "enterprise_uuid": "",
    }
