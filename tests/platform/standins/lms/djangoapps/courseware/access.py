"""Access to things in the LMS."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from lms.djangoapps.courseware.masquerade import get_course_masquerade
from opaque_keys.edx.keys import CourseKey

from demo.site.models import CourseRole

_ROLES = {"staff": ("staff", "instructor", "limited_staff"), "instructor": ("instructor",)}


class AccessResponse:
    """An answer that is no bool: it has to be asked for its truth."""

    def __init__(self, has_access):
        self.has_access = has_access

    def __bool__(self):
        return self.has_access


def has_access(user, action, obj, course_key=None):
    """
    Whether the user may do `action` on `obj`; of all kinds of objects, courses are known here.

    Nothing is said about enrolment. As a student nobody is staff, whatever her roles. Roles are compared with the very
    key: one that carries a branch is another course's.
    """
    user = user or AnonymousUser()
    if not isinstance(obj, CourseKey):
        raise TypeError(f"Unknown object type in has_access(): '{type(obj)}'")
    if action not in _ROLES:
        raise ValueError(f"Unknown action for object type '{type(obj)}': '{action}'")
    masquerade = get_course_masquerade(user, obj)
    if not user.is_authenticated or (masquerade and masquerade.role == "student"):
        return AccessResponse(False)
    if user.is_staff:
        return AccessResponse(True)
    held = CourseRole.objects.filter(user_id=user.pk, role__in=_ROLES[action]).select_related("course")
    return AccessResponse(user.is_active and any(str(role.course.key) == str(obj) for role in held))
