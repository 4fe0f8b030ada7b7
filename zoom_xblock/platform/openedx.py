"""
The door to Open edX: the only file that knows the platform.

Every import of it stands inside a function, because `lms`, `cms`, `common`, `openedx` and `xmodule` exist only there,
and some of them do harm when the other service imports them. Paths are those of `openedx/openedx-platform`, the same in
Teak, Ulmo and Verawood unless said otherwise.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import operator
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, transaction
from opaque_keys.edx.keys import LearningContextKey, UsageKey

from zoom_xblock import conf
from zoom_xblock.keys import plain_key
from zoom_xblock.platform.base import BlockWishes, CompletionOff, Person, Platform, PlatformError

log = logging.getLogger("zoom_xblock.platform")
Answer = TypeVar("Answer")


def _ours(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """
    Turn whatever the platform raises into a `PlatformError`. Database errors stay what they are: callers own the
    transaction.
    """

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Answer:
        try:
            return function(*args, **kwargs)
        except (PlatformError, DatabaseError):
            raise
        except Exception as error:  # the platform's exceptions are many and change between releases
            raise PlatformError(f"{function.__name__}: {type(error).__name__}") from error

    return guarded


def _user(user_id: int) -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(pk=user_id).first()


def _wishes_of(block: Any) -> BlockWishes:
    return BlockWishes(plain_key(block.scope_ids.usage_id), {name: getattr(block, name) for name in type(block).wishes})


@contextlib.contextmanager
def _events_of(course_key: LearningContextKey) -> Iterator[None]:
    """
    Tracking events sent inside carry their course: `course_context_from_course_id`
    (common/djangoapps/track/contexts.py) in `tracker.get_tracker().context` (event-tracking). In a request the
    platform's middleware does it, in a worker nobody.
    """
    from common.djangoapps.track import contexts
    from eventtracking import tracker

    with tracker.get_tracker().context("zoom_xblock", contexts.course_context_from_course_id(course_key)):
        yield


class OpenEdxPlatform(Platform):
    """The LMS or Studio that has us in its `INSTALLED_APPS`."""

    @property
    def service(self) -> str:
        """`settings.SERVICE_VARIANT` is "lms" or "cms" (lms/envs/common.py, cms/envs/common.py)."""
        return "studio" if getattr(settings, "SERVICE_VARIANT", "lms") == "cms" else "lms"

    @_ours
    def person(self, user_id: int) -> Person | None:
        """`auth.User` and `UserProfile.name` (common/djangoapps/student/models/user.py, related name `profile`)."""
        from django.core.exceptions import ObjectDoesNotExist

        user = _user(user_id)
        if user is None:
            return None
        try:
            name = user.profile.name
        except (ObjectDoesNotExist, AttributeError):
            name = ""
        return Person(
            user.pk, user.username, user.email, (name or user.get_full_name() or user.username).strip(), user.is_active
        )

    @_ours
    def user_id_of(self, anonymous_user_id: str) -> int | None:
        """`user_by_anonymous_id(uid)` (common/djangoapps/student/models/user.py): the user, or None."""
        from common.djangoapps.student.models import user_by_anonymous_id

        user = user_by_anonymous_id(anonymous_user_id)
        return user.pk if user is not None else None

    @_ours
    def is_enrolled(self, user_id: int, course_key: LearningContextKey) -> bool:
        """`CourseEnrollment.is_enrolled(user, course_key)` (common/djangoapps/student/models/course_enrollment.py)."""
        from common.djangoapps.student.models import CourseEnrollment

        user = _user(user_id)
        return user is not None and bool(CourseEnrollment.is_enrolled(user, course_key))

    @_ours
    def enrolled_among(self, user_ids: list[int], course_key: LearningContextKey) -> set[int]:
        """`CourseEnrollment` rows with `course_id` and `is_active`, 500 users a query."""
        from common.djangoapps.student.models import CourseEnrollment

        active = CourseEnrollment.objects.filter(course_id=course_key, is_active=True)
        enrolled: set[int] = set()
        for first in range(0, len(user_ids), 500):
            enrolled.update(active.filter(user_id__in=user_ids[first : first + 500]).values_list("user_id", flat=True))
        return enrolled

    @_ours
    def is_course_staff(self, user_id: int, course_key: LearningContextKey) -> bool:
        """
        `has_access(user, "staff", course_key)` (lms/djangoapps/courseware/access.py): global staff, course staff and
        instructors.

        Masquerade hangs on the request's user object, which crum keeps (django-crum); that object is asked where it is
        the same person.
        """
        if self.service == "studio":
            return self.can_author(user_id, course_key)
        from crum import get_current_user
        from lms.djangoapps.courseware.access import has_access

        present = get_current_user()
        user = present if present is not None and present.pk == user_id else _user(user_id)
        if user is None or self.is_masquerading(user_id, course_key):
            return False
        return bool(has_access(user, "staff", course_key))

    @_ours
    def can_author(self, user_id: int, course_key: LearningContextKey) -> bool:
        """
        `has_studio_write_access(user, course_key)` (common/djangoapps/student/auth.py); it knows openedx-authz where
        that is on.
        """
        from common.djangoapps.student.auth import has_studio_write_access

        user = _user(user_id)
        return user is not None and user.is_active and bool(has_studio_write_access(user, course_key))

    @_ours
    def is_masquerading(self, user_id: int, course_key: LearningContextKey) -> bool:
        """
        `get_course_masquerade(user, course_key)` (lms/djangoapps/courseware/masquerade.py) of the request's user.

        As a specific learner the block is bound to that learner, so `user_id` is hers while the person at the keyboard
        is somebody else.
        """
        if self.service == "studio":
            return False
        from crum import get_current_user
        from lms.djangoapps.courseware.masquerade import get_course_masquerade

        present = get_current_user()
        if present is None:
            return False
        masquerade = get_course_masquerade(present, course_key)
        return masquerade is not None and (masquerade.role == "student" or bool(masquerade.user_name))

    @_ours
    def published_wishes(self, usage_key: UsageKey) -> BlockWishes | None:
        """`modulestore().get_item(usage_key)` on the published branch (xmodule/modulestore/django.py, mixed.py)."""
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore
        from xmodule.modulestore.exceptions import ItemNotFoundError

        store = modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.published_only, usage_key.context_key):
            try:
                block = store.get_item(usage_key)
            except ItemNotFoundError:
                return None
        return _wishes_of(block)

    @_ours
    def published_blocks(self, course_key: LearningContextKey) -> list[BlockWishes]:
        """
        `modulestore().get_items(course_key, qualifiers={"category": "zoom"})` on the published branch
        (xmodule/modulestore/mixed.py): one read of the course's structure, and the definitions of these blocks.
        """
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore

        store = modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.published_only, course_key):
            return [_wishes_of(block) for block in store.get_items(course_key, qualifiers={"category": "zoom"})]

    def learner_url(self, usage_key: UsageKey) -> str:
        """
        `jump_to` of the LMS (lms/urls.py) finds the block in every release, with or without the learning frontend.
        """
        return f"{str(settings.LMS_ROOT_URL).rstrip('/')}/courses/{usage_key.context_key}/jump_to/{usage_key}"

    def studio_url(self, usage_key: UsageKey) -> str:
        """
        The course's outline: Studio has no address for a component that stays the same over releases (cms/urls.py).
        """
        root = str(getattr(settings, "CMS_ROOT_URL", "") or f"//{getattr(settings, 'CMS_BASE', '')}").rstrip("/")
        return f"{root}/course/{usage_key.context_key}"

    @_ours
    def completions(self, usage_key: UsageKey, user_ids: list[int]) -> dict[int, float]:
        """`completion.models.BlockCompletion` (edx-completion)."""
        from completion.models import BlockCompletion

        rows = BlockCompletion.objects.filter(context_key=usage_key.context_key, block_key=usage_key)
        found: dict[int, float] = {}
        for first in range(0, len(user_ids), 500):
            found.update(rows.filter(user_id__in=user_ids[first : first + 500]).values_list("user_id", "completion"))
        return found

    @_ours
    def complete(self, user_id: int, usage_key: UsageKey) -> None:
        """
        `BlockCompletion.objects.submit_completion(user, block_key, completion)` (edx-completion,
        `completion/models.py`).

        It raises RuntimeError while the switch `completion.enable_completion_tracking` is off, emits an event at every
        call, and its
        `post_save` feeds prerequisites: rows are never written around it.
        """
        from completion.models import BlockCompletion
        from completion.waffle import ENABLE_COMPLETION_TRACKING_SWITCH

        if not ENABLE_COMPLETION_TRACKING_SWITCH.is_enabled():
            raise CompletionOff("completion tracking is switched off")
        user = _user(user_id)
        if user is None:
            raise PlatformError("the learner's account is gone")
        with _events_of(usage_key.context_key):
            BlockCompletion.objects.submit_completion(user=user, block_key=usage_key, completion=1.0)

    @_ours
    def grade(self, usage_key: UsageKey, scores: dict[int, tuple[float, float]]) -> set[int]:
        """
        `SCORE_PUBLISHED.send(...)` (lms/djangoapps/grades/signals/signals.py), which needs no bound block and runs
        everything downstream; `get_score` (lms/djangoapps/courseware/model_data.py) first, since an equal score would
        be written, told and computed again; `are_grades_frozen` (lms/djangoapps/grades/grade_utils.py), which the
        signal does not ask. One event transaction for each learner, or only the first would be told of.

        Imported here only: in Studio these modules would connect their handlers.
        """
        from common.djangoapps.track.event_transaction_utils import (
            create_new_event_transaction_id,
            set_event_transaction_type,
        )
        from lms.djangoapps.courseware.model_data import get_score
        from lms.djangoapps.grades.grade_utils import are_grades_frozen
        from lms.djangoapps.grades.signals.signals import SCORE_PUBLISHED
        from xmodule.modulestore.django import modulestore
        from xmodule.modulestore.exceptions import ItemNotFoundError

        if self.service != "lms" or are_grades_frozen(usage_key.context_key):
            return set()
        try:
            block = modulestore().get_item(usage_key)
        except ItemNotFoundError:
            return set()
        stand: set[int] = set()
        for user_id, (earned, possible) in scores.items():
            present, user = get_score(user_id, usage_key), _user(user_id)
            if user is None:
                continue
            if present is None or (present.grade, present.max_grade) != (earned, possible):
                create_new_event_transaction_id()
                set_event_transaction_type(None)
                with _events_of(usage_key.context_key):
                    SCORE_PUBLISHED.send(
                        sender=None,
                        block=block,
                        user=user,
                        raw_earned=earned,
                        raw_possible=possible,
                        only_if_higher=False,
                        score_deleted=False,
                        grader_response=None,
                    )
            stand.add(user_id)
        return stand

    def connect(self, *, course_published: Callable[..., None], person_retired: Callable[..., None]) -> None:
        """
        `SignalHandler.course_published` (xmodule/modulestore/django.py, sent in Studio's process, `course_key=`);
        `USER_RETIRE_LMS_MISC` (openedx/core/djangoapps/user_api/accounts/signals.py, sent in the LMS's, `user=`).

        The first is a class attribute, which a plugin's `signals_config` cannot name: hence connected by hand.
        """
        signals = (
            ("xmodule.modulestore.django", "SignalHandler.course_published", course_published),
            ("openedx.core.djangoapps.user_api.accounts.signals", "USER_RETIRE_LMS_MISC", person_retired),
        )
        for module, path, receiver in signals:
            try:
                signal = operator.attrgetter(path)(importlib.import_module(module))
            except (ImportError, AttributeError) as error:
                log.info("signal not connected: %s.%s (%s)", module, path, type(error).__name__)
                continue
            signal.connect(receiver, dispatch_uid=f"zoom_xblock.{path}", weak=False)

    def later(self, job: str, *args: Any, countdown_seconds: float = 0) -> None:
        """`Task.apply_async` (Celery) after commit; the LMS's queue where Studio sends and the site names one."""

        def send() -> None:
            from zoom_xblock import tasks

            queue = conf.lms_queue() if self.service == "studio" else None
            try:
                getattr(tasks, job).apply_async(
                    args=args, countdown=countdown_seconds or None, retry=False, **({"queue": queue} if queue else {})
                )
            except Exception:  # kombu, redis and amqp each have their own; the row waits for the sweep
                log.exception("job not queued, left to the sweep job=%s", job)

        transaction.on_commit(send)
