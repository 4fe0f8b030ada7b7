"""
The gradebook, for scores that come from outside the learner's own session.

Its manners are the platform's: a score is written and told of each time, also an equal one; frozen grades are not
asked for by whoever writes, only by whoever is careful.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from eventtracking import tracker
from waffle.models import Flag

from demo.site.courseware import fields_of
from demo.site.models import Block, Score

#: The platform's name. Here the course is long over as soon as the flag is on for everyone.
FREEZE_FLAG = "grades.enforce_freeze_grade_after_course_end"
SUBMITTED = "edx.grades.problem.submitted"


def are_grades_frozen() -> bool:
    """Whether grades are no longer to change."""
    return Flag.objects.filter(name=FREEZE_FLAG, everyone=True).exists()


def publish_score(user: Any, block: Block, earned: float, possible: float) -> None:
    """Write a learner's score of a published block, before its weight, and tell of it."""
    Score.objects.update_or_create(user=user, usage_key=block.key, defaults={"earned": earned, "possible": possible})
    weight = fields_of(block.block_type, block.published or {}).get("weight")
    weighted = (earned * weight / possible, weight) if weight is not None and possible else (earned, possible)
    told = {
        "user_id": str(user.pk),
        "course_id": str(block.key.course_key),
        "problem_id": str(block.key),
        "event_transaction_id": str(uuid4()),
        "event_transaction_type": SUBMITTED,
        "weighted_earned": weighted[0],
        "weighted_possible": weighted[1],
    }
    tracker.emit(SUBMITTED, told)
