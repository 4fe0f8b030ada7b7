"""The demo's door: what the product asks of a platform, answered by this course site."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from completion.models import BlockCompletion
from completion.waffle import ENABLE_COMPLETION_TRACKING_SWITCH
from crum import get_current_request
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.urls import reverse
from eventtracking import tracker
from opaque_keys.edx.keys import LearningContextKey, UsageKey

from demo.site import courseware, gradebook, people, services, signals
from demo.site.models import Block, Course, Score
from demo.site.runtime import plain
from demo.site.tracking import in_course
from zoom_xblock import conf
from zoom_xblock.platform import broker
from zoom_xblock.platform.base import BlockWishes, CompletionOff, Person, Platform, PlatformError, each, searchable

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
        return self.people([user_id]).get(user_id)

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
        present = getattr(get_current_request(), "user", None)
        user = present if getattr(present, "pk", None) == user_id else None
        user = user or get_user_model().objects.filter(pk=user_id).first()
        if user is None or self.is_masquerading(user_id, course_key):
            return False
        return people.teaches(user, _plain_course(course_key))

    @ours
    def can_author(self, user_id: int, course_key: LearningContextKey) -> bool:
        user = get_user_model().objects.filter(pk=user_id).first()
        return user is not None and user.is_active and people.may_author(user, _plain_course(course_key))

    @ours
    def is_masquerading(self, user_id: int, course_key: LearningContextKey) -> bool:
        # Whoever is meant: in this request nothing is to be written or revealed of anybody.
        return people.masquerade(_plain_course(course_key)) is not None

    @ours
    def people(self, user_ids: list[int]) -> dict[int, Person]:
        return {pk: _person(user) for pk, user in get_user_model().objects.in_bulk(user_ids).items()}

    @ours
    def learners_among(self, user_ids: list[int], course_key: LearningContextKey) -> set[int]:
        found = people.learners(_plain_course(course_key)).filter(pk__in=user_ids)
        return set(found.values_list("pk", flat=True)) if user_ids else set()

    @ours
    def learners(
        self, course_key: LearningContextKey, *, search: str = "", after_user_id: int = 0, limit: int = 500
    ) -> list[Person]:
        found = people.learners(_plain_course(course_key)).filter(pk__gt=after_user_id)
        if text := searchable(search):
            found = people.searched(found, text)
        # Tuples: ten thousand accounts as objects would take longer than all the rest of a page that lists them.
        rows = found.values_list("pk", "username", "email", "first_name", "last_name", "is_active")[:limit]
        return [
            Person(pk, username, email, f"{first} {last}".strip() or username, is_active)
            for pk, username, email, first, last, is_active in rows
        ]

    @ours
    def learner_count(self, course_key: LearningContextKey) -> int:
        return people.enrolled(_plain_course(course_key)).count()

    @ours
    def time_zone_of(self, user_id: int) -> str:
        return people.preferences(user_id).get("time_zone", "")

    # -- blocks -----------------------------------------------------------------------------------------------
    @ours
    def published_wishes(self, usage_key: UsageKey) -> BlockWishes | None:
        row = Block.objects.filter(key=plain(usage_key)).first()
        return None if row is None or row.published is None else _wishes(row, row.published)

    @ours
    def published_blocks(self, course_key: LearningContextKey) -> list[BlockWishes]:
        rows = Block.objects.filter(unit__course__key=_plain_course(course_key), block_type="zoom")
        return [_wishes(row, row.published) for row in rows if row.published is not None]

    @ours
    def has_draft(self, usage_key: UsageKey) -> bool:
        return Block.objects.filter(key=plain(usage_key), draft__isnull=False).exists()

    @ours
    def draft_blocks(self, course_key: LearningContextKey) -> list[BlockWishes]:
        rows = Block.objects.filter(unit__course__key=_plain_course(course_key), block_type="zoom")
        return [_wishes(row, row.draft) for row in rows if row.draft is not None]

    @ours
    def change_draft(self, usage_key: UsageKey, fields: dict[str, Any], user_id: int) -> None:
        row = Block.objects.filter(key=plain(usage_key)).first()
        if self.service != "studio":
            raise PlatformError("drafts are changed in Studio only")
        if row is None or row.draft is None:
            raise PlatformError("Studio has no such block")
        courseware.change_draft(row, fields)

    @ours
    def course_name(self, course_key: LearningContextKey) -> str:
        course = Course.objects.filter(key=_plain_course(course_key)).first()
        return (course.title if course else "") or str(_plain_course(course_key))

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
        with _telling(plain(usage_key)):
            _submit(user_id, plain(usage_key), 1.0)

    @ours
    def complete_many(self, user_ids: list[int], usage_key: UsageKey) -> set[int]:
        usage_key, submit = plain(usage_key), ours(_submit)
        users = get_user_model().objects.in_bulk(user_ids)
        with _telling(usage_key):
            return each(lambda user_id: submit(user_id, usage_key, 1.0, users.get(user_id)), user_ids, usage_key)

    @ours
    def withdraw(self, user_id: int, usage_key: UsageKey) -> None:
        with _telling(plain(usage_key)):
            _submit(user_id, plain(usage_key), 0.0)

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

    def emit(self, event: str, data: dict[str, Any], *, user_id: int, course_key: LearningContextKey) -> None:
        try:
            facts = {**data, "user_id": user_id, "course_id": str(_plain_course(course_key))}
            context = {"user_id": user_id}
            with in_course(_plain_course(course_key)), tracker.get_tracker().context("zoom_xblock.person", context):
                tracker.emit(f"zoom_xblock.{event}", facts)
        except Exception:  # an event that is not told of must not undo what it tells of
            log.exception("event not written event=%s", event)

    # -- work -------------------------------------------------------------------------------------------------
    def later(self, job: str, *args: Any, countdown_seconds: float = 0) -> None:
        plain_args = json.loads(json.dumps(args))  # what does not survive JSON fails here, not in a worker
        task = getattr(import_module("zoom_xblock.tasks"), job)
        copies = 2 if settings.DEMO_JOBS_TWICE else 1
        queue = conf.lms_queue() if self.service == "studio" else None
        options = {"queue": queue} if queue else {}

        def send() -> None:
            try:
                with broker.producer() as producer:
                    for _copy in range(copies):
                        task.apply_async(
                            args=plain_args,
                            countdown=countdown_seconds or None,
                            producer=producer,
                            retry=False,
                            **options,
                        )
            except Exception as error:  # every broker has errors of its own
                log.warning("the broker did not take %s: %s job=%s", job, error, job)

        transaction.on_commit(send)


def _person(user: Any) -> Person:
    name = user.get_full_name() or user.username
    return Person(user.pk, user.username, user.email, name, user.is_active)


def _wishes(row: Block, stored: dict[str, Any]) -> BlockWishes:
    hidden = bool(stored.get("visible_to_staff_only"))
    return BlockWishes(usage_key=row.key, fields=courseware.fields_of(row.block_type, stored), is_hidden=hidden)


def _submit(user_id: int, usage_key: UsageKey, completion: float, user: Any = None) -> None:
    user = user or get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        raise PlatformError(f"there is no user {user_id}")
    BlockCompletion.objects.submit_completion(user=user, block_key=usage_key, completion=completion)


@contextlib.contextmanager
def _telling(usage_key: UsageKey) -> Iterator[None]:
    if not ENABLE_COMPLETION_TRACKING_SWITCH.is_enabled():
        raise CompletionOff("the switch completion.enable_completion_tracking is off")
    with in_course(usage_key.context_key):
        yield


def _plain_course(course_key: LearningContextKey) -> LearningContextKey:
    return course_key.for_branch(None) if hasattr(course_key, "for_branch") else course_key
