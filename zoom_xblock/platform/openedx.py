"""
The door to Open edX: the only file that knows the platform.

Every import of it stands inside a function, because `lms`, `cms`, `common`, `openedx` and `xmodule` exist only there,
and some of them do harm when the other service imports them. Paths and signatures are those of
`openedx/openedx-platform`, the same in Teak, Ulmo and Verawood unless said otherwise; `docs/platform.md` lists them.

Keys may come with a branch or version, as Studio and people's addresses give them: over there such a key is another.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import logging
import operator
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone
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


def _plain(course_key: LearningContextKey) -> LearningContextKey:
    """The course's own key: by one with a branch, roles and masquerades would not be found, and drafts be read."""
    return course_key.for_branch(None) if hasattr(course_key, "for_branch") else course_key


def _user(user_id: int) -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(pk=user_id).first()


def _wishes_of(block: Any) -> BlockWishes:
    return BlockWishes(plain_key(block.scope_ids.usage_id), {name: getattr(block, name) for name in type(block).wishes})


@contextlib.contextmanager
def _events_of(course_key: LearningContextKey) -> Iterator[None]:
    """
    Tracking events sent inside carry their course: `course_context_from_course_id(course_id)`
    (common/djangoapps/track/contexts.py) in `get_tracker(name="default").context(name, ctx)` (event-tracking,
    eventtracking/tracker.py). In a request the platform's middleware does it, in a worker nobody.
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
        return user is not None and bool(CourseEnrollment.is_enrolled(user, _plain(course_key)))

    @_ours
    def enrolled_among(self, user_ids: list[int], course_key: LearningContextKey) -> set[int]:
        """
        `CourseEnrollment` rows by `course_id`, `is_active` and `user_id`
        (common/djangoapps/student/models/course_enrollment.py), 500 users a query.
        """
        from common.djangoapps.student.models import CourseEnrollment

        active = CourseEnrollment.objects.filter(course_id=_plain(course_key), is_active=True)
        enrolled: set[int] = set()
        for first in range(0, len(user_ids), 500):
            enrolled.update(active.filter(user_id__in=user_ids[first : first + 500]).values_list("user_id", flat=True))
        return enrolled

    @_ours
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
        user = present if present is not None and present.pk == user_id else _user(user_id)
        if user is None or self.is_masquerading(user_id, course_key):
            return False
        return bool(has_access(user, "staff", _plain(course_key)))

    @_ours
    def can_author(self, user_id: int, course_key: LearningContextKey) -> bool:
        """
        `has_studio_write_access(user, course_key, service_variant=None)` (common/djangoapps/student/auth.py), asked as
        Studio asks: to the LMS it would say that limited staff may author, for the sake of pages there.
        """
        from common.djangoapps.student.auth import has_studio_write_access

        user = _user(user_id)
        if user is None or not user.is_active:
            return False
        return bool(has_studio_write_access(user, _plain(course_key), service_variant="cms"))

    @_ours
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
        masquerade = get_course_masquerade(present, _plain(course_key))
        return masquerade is not None and (masquerade.role == "student" or bool(masquerade.user_name))

    @_ours
    def published_wishes(self, usage_key: UsageKey) -> BlockWishes | None:
        """
        `modulestore()` (xmodule/modulestore/django.py), `get_item(usage_key, depth=0, **kwargs)` within
        `branch_setting(branch_setting, course_id=None)` (xmodule/modulestore/mixed.py) of
        `ModuleStoreEnum.Branch.published_only` (xmodule/modulestore/__init__.py); `ItemNotFoundError`
        (xmodule/modulestore/exceptions.py) where there is no such block or course. A key that names a branch would
        overrule the setting.
        """
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore
        from xmodule.modulestore.exceptions import ItemNotFoundError

        usage_key, store = plain_key(usage_key), modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.published_only, usage_key.context_key):
            try:
                block = store.get_item(usage_key)
            except ItemNotFoundError:
                return None
        return _wishes_of(block)

    @_ours
    def published_blocks(self, course_key: LearningContextKey) -> list[BlockWishes]:
        """
        `modulestore()` (xmodule/modulestore/django.py), `get_items(course_key, **kwargs)` with `qualifiers` within
        `branch_setting(branch_setting, course_id=None)` (xmodule/modulestore/mixed.py) of
        `ModuleStoreEnum.Branch.published_only` (xmodule/modulestore/__init__.py): one read of the course's structure,
        and the definitions of these blocks. `ItemNotFoundError` (xmodule/modulestore/exceptions.py) where the course
        is gone.
        """
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore
        from xmodule.modulestore.exceptions import ItemNotFoundError

        course_key, store = _plain(course_key), modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.published_only, course_key):
            try:
                blocks = store.get_items(course_key, qualifiers={"category": "zoom"})
            except ItemNotFoundError:
                return []
            return [_wishes_of(block) for block in blocks]

    def learner_url(self, usage_key: UsageKey) -> str:
        """
        `jump_to` of the LMS (lms/urls.py) finds the block in every release, with or without the learning frontend.
        """
        usage_key = plain_key(usage_key)
        return f"{str(settings.LMS_ROOT_URL).rstrip('/')}/courses/{usage_key.context_key}/jump_to/{usage_key}"

    def studio_url(self, usage_key: UsageKey) -> str:
        """
        The course's outline: Studio has no address for a component that stays the same over releases (cms/urls.py).

        The LMS knows Studio's host only (`CMS_BASE`); it is reached as the LMS itself is.
        """
        scheme = str(settings.LMS_ROOT_URL).partition("://")[0]
        root = getattr(settings, "CMS_ROOT_URL", "") or f"{scheme}://{getattr(settings, 'CMS_BASE', '')}"
        return f"{str(root).rstrip('/')}/course/{plain_key(usage_key).context_key}"

    @_ours
    def completions(self, usage_key: UsageKey, user_ids: list[int]) -> dict[int, float]:
        """`BlockCompletion` rows by `context_key`, `block_key` and `user_id` (edx-completion, completion/models.py)."""
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
        completion/models.py).

        It raises RuntimeError while the switch `completion.enable_completion_tracking` is off (`is_enabled()`,
        completion/waffle.py), emits an event at every call, and its `post_save` feeds prerequisites: rows are never
        written around it.
        """
        from completion.models import BlockCompletion
        from completion.waffle import ENABLE_COMPLETION_TRACKING_SWITCH

        if not ENABLE_COMPLETION_TRACKING_SWITCH.is_enabled():
            raise CompletionOff("completion tracking is switched off")
        user = _user(user_id)
        if user is None:
            raise PlatformError("the learner's account is gone")
        usage_key = plain_key(usage_key)
        with _events_of(usage_key.context_key):
            BlockCompletion.objects.submit_completion(user=user, block_key=usage_key, completion=1.0)

    @_ours
    def grade(self, usage_key: UsageKey, scores: dict[int, tuple[float, float]]) -> set[int]:
        """
        `SCORE_PUBLISHED` (lms/djangoapps/grades/signals/signals.py), sent with block, user, raw_earned, raw_possible,
        only_if_higher, score_deleted and grader_response; it needs no bound block and runs everything downstream.

        `get_score(user_id, usage_key)` (lms/djangoapps/courseware/model_data.py) is asked first, since an equal score
        would be written, told and computed again; and `are_grades_frozen(course_key)`
        (lms/djangoapps/grades/grade_utils.py), which the signal does not ask. One event transaction for each learner,
        or only the first would be told of: `create_new_event_transaction_id()` and
        `set_event_transaction_type(action_type)` (common/djangoapps/track/event_transaction_utils.py).

        The block is the published one: `modulestore()` (xmodule/modulestore/django.py) and its
        `get_item(usage_key, depth=0, **kwargs)` (xmodule/modulestore/mixed.py), in the LMS; `ItemNotFoundError`
        (xmodule/modulestore/exceptions.py) where there is none.

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

        usage_key = plain_key(usage_key)
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

    @_ours
    def score_deleted(self, user_id: int, usage_key: UsageKey) -> None:
        """
        `PROBLEM_RAW_SCORE_CHANGED` (lms/djangoapps/grades/signals/signals.py), sent with `score_deleted`, as an event
        of deletion (`STATE_DELETED_EVENT_TYPE`, lms/djangoapps/grades/events.py), or a score of 0 would be told of:
        `create_new_event_transaction_id()` and `set_event_transaction_type(action_type)`
        (common/djangoapps/track/event_transaction_utils.py). The table is
        `ScoreDatabaseTableEnum.courseware_student_module` (lms/djangoapps/grades/constants.py); the block comes from
        `modulestore()` (xmodule/modulestore/django.py), `get_item(usage_key, depth=0, **kwargs)`
        (xmodule/modulestore/mixed.py).

        The platform sends it where a block has no `clear_student_state`, and only there; it deletes its row afterwards
        (lms/djangoapps/instructor/enrollment.py, `reset_student_attempts`). Imported here only, as in `grade`.
        """
        from common.djangoapps.track.event_transaction_utils import (
            create_new_event_transaction_id,
            set_event_transaction_type,
        )
        from lms.djangoapps.grades.constants import ScoreDatabaseTableEnum
        from lms.djangoapps.grades.events import STATE_DELETED_EVENT_TYPE
        from lms.djangoapps.grades.signals.signals import PROBLEM_RAW_SCORE_CHANGED
        from xmodule.modulestore.django import modulestore

        if self.service != "lms":
            return
        usage_key = plain_key(usage_key)
        block = modulestore().get_item(usage_key)
        create_new_event_transaction_id()
        set_event_transaction_type(STATE_DELETED_EVENT_TYPE)
        with _events_of(usage_key.context_key):
            PROBLEM_RAW_SCORE_CHANGED.send(
                sender=None,
                raw_earned=0,
                raw_possible=block.max_score(),
                weight=block.weight,
                user_id=user_id,
                course_id=str(usage_key.context_key),
                usage_id=str(usage_key),
                score_deleted=True,
                only_if_higher=False,
                modified=timezone.now(),
                score_db_table=ScoreDatabaseTableEnum.courseware_student_module,
            )

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

        from zoom_xblock import tasks

        # Here and not after the commit: there, nobody could tell a mistake of ours from a broker that is away.
        task, plain_args = getattr(tasks, job), json.loads(json.dumps(args))
        queue = conf.lms_queue() if self.service == "studio" else None

        def send() -> None:
            try:
                task.apply_async(
                    args=plain_args,
                    countdown=countdown_seconds or None,
                    retry=False,
                    **({"queue": queue} if queue else {}),
                )
            except Exception:  # kombu, redis and amqp each have their own; the row waits for the sweep
                log.exception("job not queued, left to the sweep job=%s", job)

        transaction.on_commit(send)
