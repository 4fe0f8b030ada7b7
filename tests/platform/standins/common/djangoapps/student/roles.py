"""
Roles, and who holds them. A course's are the demo site's rows; an organisation's are gone with this module.

A role by itself means nobody who merely inherits its rights. Keys are compared as they are: one that carries a branch
is another course's.
"""

from __future__ import annotations

from django.contrib.auth import get_user_model

from demo.site.models import CourseRole as Row

#: (role, organisation) -> user ids
ORGANISATIONS: dict[tuple[str, str], set[int]] = {}


class CourseRole:
    """A role in a course."""

    ROLE = ""

    def __init__(self, course_key):
        self.course_key = course_key

    def users_with_role(self):
        """A query set of users, whether their accounts are active or not."""
        rows = Row.objects.filter(role=self.ROLE).select_related("course")
        held = [row.user_id for row in rows if str(row.course.key) == str(self.course_key)]
        return get_user_model().objects.filter(pk__in=held)


class CourseStaffRole(CourseRole):
    """A member of the course's team."""

    ROLE = "staff"


class CourseLimitedStaffRole(CourseStaffRole):
    """One without Studio."""

    ROLE = "limited_staff"


class CourseInstructorRole(CourseRole):
    """An administrator of the course."""

    ROLE = "instructor"


class CourseBetaTesterRole(CourseRole):
    """Somebody who sees things early."""

    ROLE = "beta_testers"


class OrgRole:
    """A role in all courses of an organisation."""

    role_name = ""

    def __init__(self, org):
        self.org = org

    def users_with_role(self):
        """A query set of users."""
        return get_user_model().objects.filter(pk__in=ORGANISATIONS.get((self.role_name, self.org), set()))


class OrgStaffRole(OrgRole):
    """Staff of all of its courses."""

    role_name = "staff"


class OrgInstructorRole(OrgRole):
    """Administrator of all of its courses."""

    role_name = "instructor"
