"""Who may author. Roles are the demo site's rows, and one more that it has no name for: `limited_staff`."""

from __future__ import annotations

from ccx_keys.locator import CCXLocator
from django.conf import settings

from demo.site.models import CourseRole


def _has_role(user, course_key, role):
    # An account that is not active holds no role in a course.
    return user.is_active and CourseRole.objects.filter(user_id=user.pk, course__key=course_key, role=role).exists()


def has_studio_write_access(user, course_key, service_variant=None):
    """
    Whether the user may change the course.

    Global staff counts by its flag alone, active or not. Nobody authors a CCX course. Limited staff has no Studio, and
    yet is answered True where the LMS asks.
    """
    course_key = course_key.for_branch(None)
    if isinstance(course_key, CCXLocator):
        return False
    if user.is_staff or _has_role(user, course_key, "instructor"):
        return True
    if _has_role(user, course_key, "limited_staff"):
        return (service_variant or settings.SERVICE_VARIANT) == "lms"
    return _has_role(user, course_key, "staff")
