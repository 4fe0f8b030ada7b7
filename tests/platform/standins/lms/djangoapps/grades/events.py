"""What the gradebook tells of."""

from common.djangoapps.track.event_transaction_utils import (
    create_new_event_transaction_id,
    get_event_transaction_id,
    get_event_transaction_type,
    set_event_transaction_type,
)
from eventtracking import tracker

PROBLEM_SUBMITTED_EVENT_TYPE = "edx.grades.problem.submitted"
STATE_DELETED_EVENT_TYPE = "edx.grades.problem.state_deleted"


def grade_updated(**kwargs):
    """Only the first score of a transaction is told of, and only in a transaction that is about nothing else."""
    if get_event_transaction_type():
        return
    transaction = get_event_transaction_id() or create_new_event_transaction_id()
    set_event_transaction_type(PROBLEM_SUBMITTED_EVENT_TYPE)
    told = {
        "user_id": str(kwargs["user_id"]),
        "course_id": str(kwargs["course_id"]),
        "problem_id": str(kwargs["usage_id"]),
        "event_transaction_id": str(transaction),
        "event_transaction_type": PROBLEM_SUBMITTED_EVENT_TYPE,
        "weighted_earned": kwargs["weighted_earned"],
        "weighted_possible": kwargs["weighted_possible"],
    }
    tracker.emit(PROBLEM_SUBMITTED_EVENT_TYPE, told)
