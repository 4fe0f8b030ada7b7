"""
What happens when a score is published. Connected when it is imported, as the gradebook's app does in the LMS.

Every score is written and computed, an equal one, too; whoever is in a hurry to tell of many pays a task for each.
"""

from __future__ import annotations

from django.dispatch import receiver
from lms.djangoapps.courseware.model_data import set_score
from lms.djangoapps.grades import events
from lms.djangoapps.grades.constants import ScoreDatabaseTableEnum
from lms.djangoapps.grades.signals.signals import PROBLEM_RAW_SCORE_CHANGED, SCORE_PUBLISHED
from xblock.scorable import ScorableXBlockMixin, Score

#: A task for each score: it recomputes a subsection and the course's grade.
TASKS: list[dict[str, object]] = []


@receiver(SCORE_PUBLISHED)
def score_published_handler(sender, block, user, raw_earned, raw_possible, only_if_higher, **kwargs):
    """Write the score, let the block have it where it wants it, and pass it on."""
    modified = set_score(user.id, block.location, raw_earned, raw_possible)
    if isinstance(block, ScorableXBlockMixin):
        block.set_score(Score(raw_earned=raw_earned, raw_possible=raw_possible))
    PROBLEM_RAW_SCORE_CHANGED.send(
        sender=None,
        raw_earned=raw_earned,
        raw_possible=raw_possible,
        weight=getattr(block, "weight", None),
        user_id=user.id,
        course_id=str(block.location.course_key),
        usage_id=str(block.location),
        only_if_higher=only_if_higher,
        modified=modified,
        score_db_table=ScoreDatabaseTableEnum.courseware_student_module,
        score_deleted=kwargs.get("score_deleted", False),
        grader_response=kwargs.get("grader_response", False),
    )
    return True


@receiver(PROBLEM_RAW_SCORE_CHANGED)
def problem_raw_score_changed_handler(sender, **kwargs):
    """Weigh the score, tell of it, and have the grades computed anew."""
    earned, possible, weight = kwargs["raw_earned"], kwargs["raw_possible"], kwargs["weight"]
    if weight is not None and possible:
        earned, possible = earned * weight / possible, weight
    events.grade_updated(**kwargs, weighted_earned=earned, weighted_possible=possible)
    named = ("user_id", "course_id", "usage_id", "only_if_higher", "modified", "score_db_table")
    TASKS.append({name: kwargs[name] for name in named} | {"score_deleted": kwargs.get("score_deleted", False)})
