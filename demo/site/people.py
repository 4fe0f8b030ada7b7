"""Who somebody is in a course, and as whom she looks at it just now."""

from __future__ import annotations

from typing import Any

from crum import get_current_request
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat
from opaque_keys.edx.keys import CourseKey

from demo.site.models import CourseRole, Enrollment, Preference

AUTHORING = (CourseRole.STAFF, CourseRole.INSTRUCTOR)
TEACHING = (*AUTHORING, CourseRole.LIMITED)


def is_global_staff(user: Any) -> bool:
    """Staff of the whole site: one flag of the account, whatever else is true of it."""
    return bool(user.is_staff)


def roles(user: Any, course_key: CourseKey) -> set[str]:
    """
    The user's roles in the course, whatever she looks at. Kept with the user of a request, as the platform does
    (`RoleCache`, common/djangoapps/student/roles.py).
    """
    if not getattr(user, "pk", None):
        return set()
    request = get_current_request()
    is_hers = request is not None and getattr(request, "user", None) is user
    known: dict[str, set[str]] = request.__dict__.setdefault("roles_known", {}) if is_hers else {}
    key = str(course_key)
    if key not in known:
        held = CourseRole.objects.filter(user_id=user.pk, course__key=course_key)
        known[key] = set(held.values_list("role", flat=True))
    return set(known[key])


def teaches(user: Any, course_key: CourseKey) -> bool:
    """Whether the user may see and do what course staff may, were she not masquerading."""
    return is_global_staff(user) or bool(user.is_active and roles(user, course_key) & set(TEACHING))


def may_author(user: Any, course_key: CourseKey) -> bool:
    """Whether the user may change the course in Studio, which limited staff may not."""
    return is_global_staff(user) or bool(user.is_active and roles(user, course_key) & set(AUTHORING))


def is_enrolled(user_id: int | None, course_key: CourseKey) -> bool:
    """Whether there is an active enrolment. Kept for a page, as the platform does (`CourseEnrollment.is_enrolled`)."""
    if user_id is None:
        return False
    request = get_current_request()
    is_page = request is not None and request.method == "GET"
    known: dict[tuple[int, str], bool] = request.__dict__.setdefault("enrolments_known", {}) if is_page else {}
    key = (user_id, str(course_key))
    if key not in known:
        active = Enrollment.objects.filter(user_id=user_id, course__key=course_key, is_active=True)
        known[key] = active.exists()
    return known[key]


def enrolled_among(user_ids: list[int], course_key: CourseKey) -> set[int]:
    """Those of the users who have an active enrolment."""
    active = Enrollment.objects.filter(user_id__in=user_ids, course__key=course_key, is_active=True)
    return set(active.values_list("user_id", flat=True))


def enrolled(course_key: CourseKey) -> QuerySet:
    """Everybody with an active enrolment, by user id."""
    active = Enrollment.objects.filter(course__key=course_key, is_active=True)
    return get_user_model().objects.filter(pk__in=active.values("user_id")).order_by("pk")


def learners(course_key: CourseKey) -> QuerySet:
    """Whose attendance may count: enrolled, and neither the course's team nor its beta testers."""
    held = CourseRole.objects.filter(course__key=course_key, role__in=(*TEACHING, CourseRole.BETA))
    return enrolled(course_key).exclude(is_staff=True).exclude(pk__in=held.values("user_id"))


def searched(users: QuerySet, text: str) -> QuerySet:
    """Those of whose user name, address or full name this is a part."""
    named = users.annotate(whole=Concat("first_name", Value(" "), "last_name"))
    return named.filter(Q(username__icontains=text) | Q(email__icontains=text) | Q(whole__icontains=text))


def preferences(user_id: int) -> dict[str, str]:
    """The account settings that blocks are told of."""
    rows = Preference.objects.filter(user_id=user_id, key__in=("time_zone", "pref-lang"))
    return dict(rows.values_list("key", "value"))


# -- View as --------------------------------------------------------------------------------------------------
def _session_key(course_key: CourseKey) -> str:
    return f"masquerade {course_key}"


def view_as(request: Any, course_key: CourseKey, *, role: str = "staff", username: str | None = None) -> None:
    """Look at the course as `role` ("staff" or "learner"), or as the learner named."""
    request.session[_session_key(course_key)] = {"role": "learner" if username else role, "username": username}


def setup_masquerade(request: Any, course_key: CourseKey) -> None:
    """
    Apply what was chosen under "view as" to this request.

    Course pages and block handlers of the LMS do so, nothing else does: a plugin's own view sees staff as staff, as
    on the platform.
    """
    chosen = request.session.get(_session_key(course_key))
    if chosen and chosen["role"] != "staff" and request.user.is_authenticated and teaches(request.user, course_key):
        request.demo_masquerade = {str(course_key): chosen}


def masquerade(course_key: CourseKey) -> dict[str, Any] | None:
    """How the current request's user looks at the course; None where she is herself, and outside a request."""
    return getattr(get_current_request(), "demo_masquerade", {}).get(str(course_key))


def looks_as_learner(user_id: int | None, course_key: CourseKey) -> bool:
    """Whether this user, herself or as the learner she looks as, has laid staff rights down just now."""
    chosen = masquerade(course_key)
    return bool(chosen) and user_id in _both(chosen)


def looks_as_somebody_else(user_id: int | None, course_key: CourseKey) -> bool:
    """
    Whether the course is looked at as one particular learner.

    True for both, the one who looks and the one she looks as: the platform marks both users, too.
    """
    chosen = masquerade(course_key)
    return bool(chosen and chosen["username"]) and user_id in _both(chosen)


def _both(chosen: dict[str, Any]) -> set[int | None]:
    users = {get_current_request().user.pk}
    if chosen["username"]:
        users |= set(get_user_model().objects.filter(username=chosen["username"]).values_list("pk", flat=True))
    return users


def effective_user(request: Any, course_key: CourseKey) -> Any:
    """The user to whom blocks are bound: the learner looked as, else the one who is logged in."""
    chosen = masquerade(course_key)
    if chosen and chosen["username"]:
        found = get_user_model().objects.filter(username=chosen["username"]).first()
        if found and is_enrolled(found.pk, course_key):
            return found
    return request.user if request.user.is_authenticated else AnonymousUser()


def has_staff_access(user: Any, course_key: CourseKey) -> bool:
    """Staff access in the LMS: False while looking as a learner."""
    return bool(user.is_authenticated) and teaches(user, course_key) and not looks_as_learner(user.pk, course_key)


def lms_role(user: Any, course_key: CourseKey) -> str:
    """`instructor`, `staff` or `student`; follows the masquerade. Global staff count as instructors."""
    if not user.is_authenticated or looks_as_learner(user.pk, course_key):
        return "student"
    held = roles(user, course_key)
    if is_global_staff(user) or CourseRole.INSTRUCTOR in held:
        return "instructor"
    return "staff" if held & {CourseRole.STAFF, CourseRole.LIMITED} else "student"
