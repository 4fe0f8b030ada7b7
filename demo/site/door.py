"""The demo's door: what the product asks of a platform, answered by this course site."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from completion.models import BlockCompletion
from completion.waffle import ENABLE_COMPLETION_TRACKING_SWITCH
from crum import get_current_request
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.urls import reverse
from opaque_keys.edx.keys import LearningContextKey, UsageKey

from demo.site import courseware, gradebook, people, services, signals
from demo.site.models import Block, Score
from demo.site.runtime import plain
from demo.site.tracking import in_course
from zoom_xblock import conf
from zoom_xblock.platform.base import BlockWishes, CompletionOff, Person, Platform, PlatformError

log = logging.getLogger(__name__)


def ours(function: Callable) -> Callable:
    """What the site throws leaves its door as a `PlatformError`, but for errors of the database."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (PlatformError, DatabaseError):
            raise
        except Exception as error:  # as the door of the platform: whatever it is becomes ours
            raise PlatformError(f"{function.__name__}: {type(error).__name__}") from error

    return guarded


class DemoPlatform(Platform):
    """LMS and Studio in one process; the path of the request says which of them asks. A worker is the LMS's."""

    @property
    def service(self) -> str:
        request = get_current_request()
        return "studio" if request is not None and request.path.startswith("/studio") else "lms"

    # -- people -----------------------------------------------------------------------------------------------
    @ours
    def person(self, user_id: int) -> Person | None:
        user = get_user_model().objects.filter(pk=user_id).first()
        if user is None:
            return None
        return Person(
            user_id=user.pk,
            username=user.username,
            email=user.email,
            name=user.get_full_name() or user.username,
            is_active=user.is_active,
        )

    @ours
    def user_id_of(self, anonymous_user_id: str) -> int | None:
        return services.user_id_of(anonymous_user_id)

    @ours
    def is_enrolled(self, user_id: int, course_key: LearningContextKey) -> bool:
        return people.is_enrolled(user_id, _plain_course(course_key))

    @ours
    def enrolled_among(self, user_ids: list[int], course_key: LearningContextKey) -> set[int]:
        return people.enrolled_among(user_ids, _plain_course(course_key))

    @ours
    def is_course_staff(self, user_id: int, course_key: LearningContextKey) -> bool:
        if self.service == "studio":
            return self.can_author(user_id, course_key)
        user = get_user_model().objects.filter(pk=user_id).first()
        if user is None or self.is_masquerading(user_id, course_key):
            return False
        return people.teaches(user, _plain_course(course_key))

    @ours
    def can_author(self, user_id: int, course_key: LearningContextKey) -> bool:
        user = get_user_model().objects.filter(pk=user_id).first()
        return user is not None and user.is_active and people.teaches(user, _plain_course(course_key))

    @ours
    def is_masquerading(self, user_id: int, course_key: LearningContextKey) -> bool:
        # Whoever is meant: in this request nothing is to be written or revealed of anybody.
        return people.masquerade(_plain_course(course_key)) is not None

    # -- blocks -----------------------------------------------------------------------------------------------
    @ours
    def published_wishes(self, usage_key: UsageKey) -> BlockWishes | None:
        row = Block.objects.filter(key=plain(usage_key)).first()
        if row is None or row.published is None:
            return None
        return BlockWishes(usage_key=row.key, fields=courseware.published_fields(row.block_type, row.published))

    @ours
    def published_blocks(self, course_key: LearningContextKey) -> list[BlockWishes]:
        rows = Block.objects.filter(unit__course__key=_plain_course(course_key), block_type="zoom")
        return [
            BlockWishes(usage_key=row.key, fields=courseware.published_fields(row.block_type, row.published))
            for row in rows.exclude(published=None)
        ]

    def learner_url(self, usage_key: UsageKey) -> str:
        usage_key = plain(usage_key)
        known = {"course": usage_key.course_key, "usage": usage_key}
        return settings.DEMO_SITE_URL + reverse("jump_to", kwargs=known)

    def studio_url(self, usage_key: UsageKey) -> str:
        return settings.DEMO_SITE_URL + reverse("studio") + f"#{plain(usage_key).block_id}"

    # -- outcomes ---------------------------------------------------------------------------------------------
    @ours
    def completions(self, usage_key: UsageKey, user_ids: list[int]) -> dict[int, float]:
        usage_key = plain(usage_key)
        rows = BlockCompletion.objects.filter(
            user_id__in=user_ids, context_key=usage_key.context_key, block_key=usage_key
        )
        return dict(rows.values_list("user_id", "completion"))

    @ours
    def complete(self, user_id: int, usage_key: UsageKey) -> None:
        if not ENABLE_COMPLETION_TRACKING_SWITCH.is_enabled():
            raise CompletionOff("the switch completion.enable_completion_tracking is off")
        user = get_user_model().objects.filter(pk=user_id).first()
        if user is None:
            raise PlatformError(f"there is no user {user_id}")
        with in_course(plain(usage_key).context_key):
            BlockCompletion.objects.submit_completion(user=user, block_key=plain(usage_key), completion=1.0)

    @ours
    def grade(self, usage_key: UsageKey, scores: dict[int, tuple[float, float]]) -> set[int]:
        block = Block.objects.filter(key=plain(usage_key)).exclude(published=None).first()
        if self.service != "lms" or block is None or gradebook.are_grades_frozen():
            return set()
        users = get_user_model().objects.in_bulk(scores)
        for user_id, user in users.items():
            told = Score.objects.filter(user_id=user_id, usage_key=block.key).first()
            if told is None or (told.earned, told.possible) != scores[user_id]:
                with in_course(block.key.course_key):
                    gradebook.publish_score(user, block, *scores[user_id])
        return set(users)

    @ours
    def score_deleted(self, user_id: int, usage_key: UsageKey) -> None:
        if self.service == "lms":
            Score.objects.filter(user_id=user_id, usage_key=plain(usage_key)).delete()

    # -- signals ----------------------------------------------------------------------------------------------
    def connect(self, *, course_published: Callable[..., None], person_retired: Callable[..., None]) -> None:
        signals.course_published.connect(course_published, dispatch_uid="zoom_xblock.course_published", weak=False)
        signals.person_retired.connect(person_retired, dispatch_uid="zoom_xblock.person_retired", weak=False)

    # -- work -------------------------------------------------------------------------------------------------
    def later(self, job: str, *args: Any, countdown_seconds: float = 0) -> None:
        plain_args = json.loads(json.dumps(args))  # what does not survive JSON fails here, not in a worker
        task = getattr(import_module("zoom_xblock.tasks"), job)
        copies = 2 if settings.DEMO_JOBS_TWICE else 1
        queue = conf.lms_queue() if self.service == "studio" else None
        options = {"queue": queue} if queue else {}

        def send() -> None:
            try:
                for _copy in range(copies):
                    task.apply_async(args=plain_args, countdown=countdown_seconds or None, retry=False, **options)
            except Exception as error:  # every broker has errors of its own
                log.warning("the broker did not take %s: %s job=%s", job, error, job)

        transaction.on_commit(send)


def _plain_course(course_key: LearningContextKey) -> LearningContextKey:
    return course_key.for_branch(None) if hasattr(course_key, "for_branch") else course_key
