"""Users and their enrolments."""

from .course_enrollment import CourseEnrollment
from .user import UserProfile, anonymous_id_for_user, user_by_anonymous_id

__all__ = ["CourseEnrollment", "UserProfile", "anonymous_id_for_user", "user_by_anonymous_id"]
