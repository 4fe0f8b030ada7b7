"""
The services that a runtime offers to a block.

Names and manners are the platform's. What it has and we lack is absent, never nicer: a block must live with None for
what it `wants`.
"""

from __future__ import annotations

import gettext
from hashlib import md5
from importlib.resources import files
from typing import Any

from completion.services import CompletionService
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.utils import translation
from opaque_keys.edx.keys import CourseKey
from xblock.reference.user_service import UserService, XBlockUser
from xblock.runtime import NullI18nService

from demo.site import people, tracking
from demo.site.models import Enrollment, Score


def anonymous_id(user_id: int | None, course_key: CourseKey | None) -> str | None:
    """A stable hash for a user, in a course or (old) everywhere."""
    if user_id is None:
        return None
    return md5(f"{settings.SECRET_KEY} {user_id} {course_key or ''}".encode()).hexdigest()


def user_id_of(anonymous_user_id: str) -> int | None:
    """Whose anonymous id this is, of those enrolled anywhere; None where nobody's."""
    for enrollment in Enrollment.objects.select_related("course"):
        known = (anonymous_id(enrollment.user_id, enrollment.course.key), anonymous_id(enrollment.user_id, None))
        if anonymous_user_id and anonymous_user_id in known:
            return enrollment.user_id
    return None


class SiteUserService(UserService):
    """The `user` service. What is not given keeps the platform's default: no staff, role `student`, no anonymous id."""

    def __init__(self, user: Any, **facts: Any):
        super().__init__(**facts)
        self._user = user
        self._facts = facts

    def get_current_user(self) -> XBlockUser:
        """The user to whom the block is bound; one without e-mails for a visitor who is not logged in."""
        found = XBlockUser(is_current_user=True)
        if not (self._user and self._user.is_authenticated):
            found.opt_attrs = {"edx-platform.is_authenticated": False, "edx-platform.request_country_code": None}
            return found
        found.full_name = self._user.get_full_name() or None
        found.emails = [self._user.email]
        found.opt_attrs = {
            "edx-platform.anonymous_user_id": self._facts.get("anonymous_user_id"),
            "edx-platform.deprecated_anonymous_user_id": self._facts.get("deprecated_anonymous_user_id"),
            "edx-platform.is_authenticated": True,
            "edx-platform.request_country_code": None,
            "edx-platform.user_id": self._user.pk,
            "edx-platform.username": self._user.username,
            "edx-platform.user_is_beta_tester": self._facts.get("user_is_beta_tester", False),
            "edx-platform.user_is_global_staff": self._facts.get("user_is_global_staff", False),
            "edx-platform.user_is_staff": self._facts.get("user_is_staff", False),
            "edx-platform.user_role": self._facts.get("user_role", "student"),
            "edx-platform.user_preferences": people.preferences(self._user.pk),
        }
        return found

    def get_anonymous_user_id(self, username: str, course_id: str) -> str | None:
        """Somebody's anonymous id in a course; None for whoever is not staff."""
        user = get_user_model().objects.filter(username=username).first()
        if user is None or not self._facts.get("user_is_staff"):
            return None
        return anonymous_id(user.pk, CourseKey.from_string(course_id))

    def get_user_by_anonymous_id(self, uid: str | None = None) -> Any:
        """The Django user with this anonymous id, or None."""
        wanted = uid or self._facts.get("anonymous_user_id")
        for enrollment in Enrollment.objects.select_related("user", "course"):
            if wanted and wanted in (
                anonymous_id(enrollment.user_id, enrollment.course.key),
                anonymous_id(enrollment.user_id, None),
            ):
                return enrollment.user
        return None


class I18nService(NullI18nService):
    """The `i18n` service: the block's own `translations/` (domain `text`), else Django's catalogue."""

    def __init__(self, block: Any):
        super().__init__()
        root = getattr(block, "unmixed_class", type(block)).__module__.split(".")[0]
        language = translation.to_locale(translation.get_language() or "en")
        catalogue = str(files(root).joinpath("translations"))
        try:
            self._translations = gettext.translation("text", catalogue, [language, language.split("_")[0]])
        except OSError:
            self._translations = _DjangoTranslations()

    @staticmethod
    def get_javascript_i18n_catalog_url(_block: Any) -> None:
        """There is none."""


class _DjangoTranslations(gettext.NullTranslations):
    def gettext(self, message):
        return translation.gettext(message) if message else ""

    def ngettext(self, msgid1, msgid2, n):
        return translation.ngettext(msgid1, msgid2, n)


class SettingsService:
    """The `settings` service: `XBLOCK_SETTINGS` by the block's key or its class's name."""

    def get_settings_bucket(self, block: Any, default: Any = None) -> Any:
        """The block type's settings."""
        name = getattr(block, "block_settings_key", getattr(block, "unmixed_class", type(block)).__name__)
        return settings.XBLOCK_SETTINGS.get(name, {} if default is None else default)


class CacheService:
    """The `cache` service."""

    def __init__(self):
        self.cache = cache


class EnrollmentsService:
    """The `enrollments` service, in the LMS only."""

    def get_active_enrollments_by_course(self, course_id: Any) -> Any:
        """All active enrolments."""
        return Enrollment.objects.filter(course__key=_course_key(course_id), is_active=True)

    def get_active_enrollments_by_course_and_user(self, course_id: Any, user_id: int) -> Enrollment | None:
        """The active enrolment, or None."""
        return self.get_active_enrollments_by_course(course_id).filter(user_id=user_id).first()


def _course_key(course_id: Any) -> CourseKey:
    return course_id if isinstance(course_id, CourseKey) else CourseKey.from_string(str(course_id))


class StudioPermissionsService:
    """The `studio_user_permissions` service: what Studio's handlers may trust."""

    def __init__(self, user: Any):
        self._user = user

    def can_read(self, course_key: CourseKey) -> bool:
        """Whether the user may see the course in Studio."""
        return people.teaches(self._user, course_key)

    def can_write(self, course_key: CourseKey) -> bool:
        """Whether the user may change the course in Studio."""
        return people.may_author(self._user, course_key)


class PublishService:
    """
    The `publish` service, in the LMS only: completions and grades of the user to whom the block is bound, and nobody
    else's.

    `user_id` in a grade is ignored. While staff look as a particular learner nothing is written.
    """

    def __init__(self, user: Any, course_key: CourseKey):
        self._user = user
        self._course_key = course_key

    def publish(self, block: Any, event_type: str, event: dict[str, Any]) -> None:
        """Handle an event as the platform does; unknown names go to the tracking log."""
        completion: CompletionService | None = block.runtime.service(block, "completion")
        muted = people.looks_as_somebody_else(self._user.pk, self._course_key)
        if event_type == "grade" and not muted:
            self._grade(block, event)
        elif event_type == "completion" and not muted and completion and completion.completion_tracking_enabled():
            completion.submit_completion(block.scope_ids.usage_id, event["completion"])
        else:
            context = {"course_id": str(self._course_key), "user_id": self._user.pk}
            tracking.write({"event_type": event_type, "context": context, "event": event})

    def _grade(self, block: Any, event: dict[str, Any]) -> None:
        if self._user.is_anonymous:
            return
        score = Score.objects.filter(user=self._user, usage_key=block.scope_ids.usage_id).first()
        share = event["value"] / event["max_value"] if event["max_value"] else 0
        if score and event.get("only_if_higher") and score.possible and share < score.earned / score.possible:
            return
        Score.objects.update_or_create(
            user=self._user,
            usage_key=block.scope_ids.usage_id,
            defaults={"earned": event["value"], "possible": event["max_value"]},
        )


def lms_services(user: Any, course_key: CourseKey) -> dict[str, Any]:
    """Services of a block bound to `user` in the LMS."""
    return {
        "user": SiteUserService(
            user,
            user_is_staff=people.has_staff_access(user, course_key),
            user_is_global_staff=people.is_global_staff(user) and not people.looks_as_learner(user.pk, course_key),
            user_is_beta_tester="beta_testers" in people.roles(user, course_key),
            user_role=people.lms_role(user, course_key),
            anonymous_user_id=anonymous_id(user.pk, course_key),
            deprecated_anonymous_user_id=anonymous_id(user.pk, None),
        ),
        "i18n": I18nService,
        "completion": CompletionService(user=user, context_key=course_key) if user.is_authenticated else None,
        "publish": PublishService(user, course_key),
        "enrollments": EnrollmentsService(),
        "settings": SettingsService(),
        "cache": CacheService(),
    }


def preview_services(user: Any) -> dict[str, Any]:
    """Services of a block in Studio's preview: everybody has the role `staff` there, and nobody is staff."""
    return {
        "user": SiteUserService(
            user, user_role="staff", anonymous_user_id="student", deprecated_anonymous_user_id="student"
        ),
        "i18n": I18nService,
        "studio_user_permissions": StudioPermissionsService(user),
        "settings": SettingsService(),
        "cache": CacheService(),
    }


def studio_services(user: Any) -> dict[str, Any]:
    """Services of a block in Studio's editor and its handlers: no roles at all."""
    return {
        "user": SiteUserService(user),
        "i18n": I18nService,
        "studio_user_permissions": StudioPermissionsService(user),
        "settings": SettingsService(),
    }
