"""The door to Open edX: people, their places and roles in courses, and as whom they look at them."""

from __future__ import annotations

from typing import Any

from opaque_keys.edx.keys import LearningContextKey

from zoom_xblock.platform.base import Person, Platform, searchable
from zoom_xblock.platform.openedx_common import chunks, log, ours, plain_course, user_of


def _persons(users: Any) -> list[Person]:
    """
    Of a query set of accounts, with the names in `UserProfile` rows by `user_id`
    (common/djangoapps/student/models/user.py), which accounts made by scripts lack. Tuples: ten thousand accounts as
    objects would take longer than all the rest of a page that lists them.
    """
    from common.djangoapps.student.models import UserProfile

    rows = list(users.values_list("pk", "username", "email", "first_name", "last_name", "is_active"))
    names = dict(UserProfile.objects.filter(user_id__in=[row[0] for row in rows]).values_list("user_id", "name"))
    return [
        Person(pk, username, email, (names.get(pk) or f"{first} {last}".strip() or username).strip(), is_active)
        for pk, username, email, first, last, is_active in rows
    ]


def _beside_learners(course_key: LearningContextKey) -> list[Any]:
    """
    Query sets of those who are in a course without learning there: `users_with_role()` of `CourseStaffRole`,
    `CourseLimitedStaffRole`, `CourseInstructorRole` and `CourseBetaTesterRole` with the course, and of `OrgStaffRole`
    and `OrgInstructorRole` with its organisation (common/djangoapps/student/roles.py). A role by itself means nobody
    else: whoever inherits its rights has a class of her own.

    Verawood asks its new authorisation where `authz.enable_course_authoring` is on; for the two roles of an
    organisation it cannot, and raises AttributeError.
    """
    from common.djangoapps.student.roles import (
        CourseBetaTesterRole,
        CourseInstructorRole,
        CourseLimitedStaffRole,
        CourseStaffRole,
        OrgInstructorRole,
        OrgStaffRole,
    )

    found = [
        CourseStaffRole(course_key).users_with_role(),
        CourseLimitedStaffRole(course_key).users_with_role(),
        CourseInstructorRole(course_key).users_with_role(),
        CourseBetaTesterRole(course_key).users_with_role(),
    ]
    course: Any = course_key  # what is no course has no organisation
    try:
        found += [
            OrgStaffRole(course.org).users_with_role(),
            OrgInstructorRole(course.org).users_with_role(),
        ]
    except AttributeError:
        log.info("the platform knows no list of an organisation's staff course=%s", course_key)
    return found


def _learners(course_key: LearningContextKey) -> Any:
    """
    Users in `CourseEnrollment` rows of the course by `course_id` and `is_active`
    (common/djangoapps/student/models/course_enrollment.py) who are not beside the learners; global staff is the flag
    `is_staff` of the account.
    """
    from common.djangoapps.student.models import CourseEnrollment
    from django.contrib.auth import get_user_model

    course_key = plain_course(course_key)
    active = CourseEnrollment.objects.filter(course_id=course_key, is_active=True).values("user_id")
    learners = get_user_model().objects.filter(pk__in=active, is_staff=False).order_by("pk")
    for others in _beside_learners(course_key):
        learners = learners.exclude(pk__in=others.values("pk"))
    return learners


class People(Platform):
    """Who somebody is."""

    @ours
    def person(self, user_id: int) -> Person | None:
        """As `people`."""
        return self.people([user_id]).get(user_id)

    @ours
    def people(self, user_ids: list[int]) -> dict[int, Person]:
        """`auth.User`, and what her profile says; 500 users in two queries."""
        from django.contrib.auth import get_user_model

        found: dict[int, Person] = {}
        for some in chunks(user_ids):
            users = get_user_model().objects.filter(pk__in=some)
            found.update({person.user_id: person for person in _persons(users)})
        return found

    @ours
    def user_id_of(self, anonymous_user_id: str) -> int | None:
        """`user_by_anonymous_id(uid)` (common/djangoapps/student/models/user.py): the user, or None."""
        from common.djangoapps.student.models import user_by_anonymous_id

        user = user_by_anonymous_id(anonymous_user_id)
        return user.pk if user is not None else None

    @ours
    def is_enrolled(self, user_id: int, course_key: LearningContextKey) -> bool:
        """
        `CourseEnrollment.is_enrolled(user, course_key)` (common/djangoapps/student/models/course_enrollment.py), which
        keeps its answer for the request. `get_current_user()` (django-crum, crum/__init__.py) where it is the same
        person: a query less for each page.
        """
        from common.djangoapps.student.models import CourseEnrollment
        from crum import get_current_user

        present = get_current_user()
        user = present if present is not None and present.pk == user_id else user_of(user_id)
        return user is not None and bool(CourseEnrollment.is_enrolled(user, plain_course(course_key)))

    @ours
    def enrolled_among(self, user_ids: list[int], course_key: LearningContextKey) -> set[int]:
        """
        `CourseEnrollment` rows by `course_id`, `is_active` and `user_id`
        (common/djangoapps/student/models/course_enrollment.py), 500 users a query.
        """
        from common.djangoapps.student.models import CourseEnrollment

        active = CourseEnrollment.objects.filter(course_id=plain_course(course_key), is_active=True)
        enrolled: set[int] = set()
        for some in chunks(user_ids):
            enrolled.update(active.filter(user_id__in=some).values_list("user_id", flat=True))
        return enrolled

    @ours
    def learners_among(self, user_ids: list[int], course_key: LearningContextKey) -> set[int]:
        """As `learners`, 500 users a query."""
        if not user_ids:
            return set()
        learners, found = _learners(course_key), set()
        for some in chunks(user_ids):
            found.update(learners.filter(pk__in=some).values_list("pk", flat=True))
        return found

    @ours
    def learners(
        self, course_key: LearningContextKey, *, search: str = "", after_user_id: int = 0, limit: int = 500
    ) -> list[Person]:
        """
        Searched for in the account and in `UserProfile` rows by `name` (common/djangoapps/student/models/user.py): two
        queries a page.
        """
        from common.djangoapps.student.models import UserProfile
        from django.db.models import Q

        found = _learners(course_key).filter(pk__gt=after_user_id)
        if text := searchable(search):
            named = UserProfile.objects.filter(name__icontains=text).values("user_id")
            found = found.filter(Q(username__icontains=text) | Q(email__icontains=text) | Q(pk__in=named))
        return _persons(found[:limit])

    @ours
    def learner_count(self, course_key: LearningContextKey) -> int:
        """
        `CourseEnrollment` rows by `course_id` and `is_active` (common/djangoapps/student/models/course_enrollment.py).
        """
        from common.djangoapps.student.models import CourseEnrollment

        return int(CourseEnrollment.objects.filter(course_id=plain_course(course_key), is_active=True).count())

    @ours
    def time_zone_of(self, user_id: int) -> str:
        """
        `UserPreference.get_value(user, preference_key, default=None)` of `time_zone`, the account settings' own key
        (openedx/core/djangoapps/user_api/models.py).
        """
        from openedx.core.djangoapps.user_api.models import UserPreference

        user = user_of(user_id)
        return str(UserPreference.get_value(user, "time_zone") or "") if user is not None else ""

    @ours
    def is_course_staff(self, user_id: int, course_key: LearningContextKey) -> bool:
        """
        `has_access(user, action, obj, course_key=None)` with "staff" and the course
        (lms/djangoapps/courseware/access.py): global staff, course staff, limited staff and instructors.

        Masquerade hangs on the request's user object, which `get_current_user()` keeps (django-crum,
        crum/__init__.py); that object is asked where it is the same person.
        """
        if self.service == "studio":
            return self.can_author(user_id, course_key)
        from crum import get_current_user
        from lms.djangoapps.courseware.access import has_access

        present = get_current_user()
        user = present if present is not None and present.pk == user_id else user_of(user_id)
        if user is None or self.is_masquerading(user_id, course_key):
            return False
        return bool(has_access(user, "staff", plain_course(course_key)))

    @ours
    def can_author(self, user_id: int, course_key: LearningContextKey) -> bool:
        """
        `has_studio_write_access(user, course_key, service_variant=None)` (common/djangoapps/student/auth.py), asked as
        Studio asks: to the LMS it would say that limited staff may author, for the sake of pages there.
        """
        from common.djangoapps.student.auth import has_studio_write_access

        user = user_of(user_id)
        if user is None or not user.is_active:
            return False
        return bool(has_studio_write_access(user, plain_course(course_key), service_variant="cms"))

    @ours
    def is_masquerading(self, user_id: int, course_key: LearningContextKey) -> bool:
        """
        `get_course_masquerade(user, course_key)` (lms/djangoapps/courseware/masquerade.py; None, or an object with
        `role` and `user_name`) of the request's user, `get_current_user()` (django-crum, crum/__init__.py).

        As a specific learner the block is bound to that learner, so `user_id` is hers while the person at the keyboard
        is somebody else. So it is not asked whose `user_id` is: such a request reveals nothing of anybody.
        """
        if self.service == "studio":
            return False
        from crum import get_current_user
        from lms.djangoapps.courseware.masquerade import get_course_masquerade

        present = get_current_user()
        if present is None:
            return False
        masquerade = get_course_masquerade(present, plain_course(course_key))
        return masquerade is not None and (masquerade.role == "student" or bool(masquerade.user_name))
