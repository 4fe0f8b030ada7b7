"""The door to Open edX: completions and grades, which are written in the LMS only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock.platform.base import CompletionOff, Platform, PlatformError, each
from zoom_xblock.platform.openedx_common import chunks, events_of, ours, user_of
from zoom_xblock.usage_keys import plain_key


def _submit(user_id: int, usage_key: UsageKey, completion: float, user: Any = None) -> None:
    """
    `BlockCompletion.objects.submit_completion(user, block_key, completion)` (edx-completion, completion/models.py).

    It takes a lower value than the present one, emits an event at every call, and its `post_save` feeds prerequisites:
    rows are never written around it.
    """
    from completion.models import BlockCompletion

    user = user or user_of(user_id)
    if user is None:
        raise PlatformError("the learner's account is gone")
    BlockCompletion.objects.submit_completion(user=user, block_key=usage_key, completion=completion)


@contextlib.contextmanager
def _telling(usage_key: UsageKey) -> Iterator[None]:
    """
    Around calls of `_submit`: that it can be told at all, and in which course that is. It raises RuntimeError while the
    switch `completion.enable_completion_tracking` is off (`is_enabled()`, completion/waffle.py).
    """
    from completion.waffle import ENABLE_COMPLETION_TRACKING_SWITCH

    if not ENABLE_COMPLETION_TRACKING_SWITCH.is_enabled():
        raise CompletionOff("completion tracking is switched off")
    with events_of(usage_key.context_key):
        yield


class Outcomes(Platform):
    """What learners have to show."""

    @ours
    def completions(self, usage_key: UsageKey, user_ids: list[int]) -> dict[int, float]:
        """`BlockCompletion` rows by `context_key`, `block_key` and `user_id` (edx-completion, completion/models.py)."""
        from completion.models import BlockCompletion

        usage_key = plain_key(usage_key)
        rows = BlockCompletion.objects.filter(context_key=usage_key.context_key, block_key=usage_key)
        found: dict[int, float] = {}
        for some in chunks(user_ids):
            found.update(rows.filter(user_id__in=some).values_list("user_id", "completion"))
        return found

    @ours
    def complete(self, user_id: int, usage_key: UsageKey) -> None:
        """Whole, by `_submit`."""
        usage_key = plain_key(usage_key)
        with _telling(usage_key):
            _submit(user_id, usage_key, 1.0)

    @ours
    def complete_many(self, user_ids: list[int], usage_key: UsageKey) -> set[int]:
        """Each by `_submit`, as `complete` does; the accounts are read together."""
        from django.contrib.auth import get_user_model

        usage_key, submit = plain_key(usage_key), ours(_submit)
        users = get_user_model().objects.in_bulk(user_ids)
        with _telling(usage_key):
            return each(lambda user_id: submit(user_id, usage_key, 1.0, users.get(user_id)), user_ids, usage_key)

    @ours
    def withdraw(self, user_id: int, usage_key: UsageKey) -> None:
        """Nothing, by `_submit`: the row stays, as the platform has no way to take one back."""
        usage_key = plain_key(usage_key)
        with _telling(usage_key):
            _submit(user_id, usage_key, 0.0)

    @ours
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
            present, user = get_score(user_id, usage_key), user_of(user_id)
            if user is None:
                continue
            if present is None or (present.grade, present.max_grade) != (earned, possible):
                create_new_event_transaction_id()
                set_event_transaction_type(None)
                with events_of(usage_key.context_key):
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

    @ours
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
        with events_of(usage_key.context_key):
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
