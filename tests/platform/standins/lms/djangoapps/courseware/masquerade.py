"""Looking at a course as somebody else. What was chosen hangs on user objects, never on ids."""

from __future__ import annotations

from common.djangoapps.student.models import CourseEnrollment
from django.contrib.auth import get_user_model


class CourseMasquerade:
    """As whom: a role ("student" or "staff"), and perhaps one particular learner."""

    def __init__(self, course_key, role="student", user_partition_id=None, group_id=None, user_name=None):
        self.course_key = course_key
        self.role = role
        self.user_partition_id = user_partition_id
        self.group_id = group_id
        self.user_name = user_name


def setup_masquerade(request, course_key, staff_access=False, reset_masquerade_data=False):
    """Hang what the session holds on the request's user, and on the learner where one was chosen."""
    if request.user is None or not staff_access:
        return None, request.user
    chosen = request.session.setdefault("masquerade_settings", {})
    request.user.masquerade_settings = chosen
    masquerade, learner = chosen.get(course_key), None
    if masquerade and masquerade.user_name:
        learner = get_user_model().objects.filter(username=masquerade.user_name).first()
        if learner is None or not CourseEnrollment.is_enrolled(learner, course_key):
            del chosen[course_key]
            return None, request.user
        learner.masquerade_settings = chosen
        learner.real_user = request.user
    return masquerade, learner or request.user


def get_course_masquerade(user, course_key):
    """What hangs on this very object; a user read afresh from the database carries nothing."""
    return getattr(user, "masquerade_settings", {}).get(course_key)
