"""What another rule would make of what was counted already: said before it is saved, without asking Zoom."""

from __future__ import annotations

from dataclasses import dataclass

from opaque_keys.edx.keys import UsageKey

from zoom_xblock import platform
from zoom_xblock.attendance import Policy
from zoom_xblock.models import Placement, Result
from zoom_xblock.services import counting, retention


@dataclass(frozen=True, slots=True)
class Preview:
    """
    What publishing a rule would do. `more` learners would be completed; `fewer` are complete and would not be by this
    rule: theirs stays until staff decides, for no machine takes one back. `counted`: of how many anything is known.
    """

    more: int
    fewer: int
    counted: int


def preview(*, usage_key: UsageKey, policy: Policy) -> Preview:
    """
    Compare what stands with what this rule makes of the stored presences. Writes nothing. Whom a person has decided
    about stays as decided under every rule.
    """
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None or retention.is_forgotten(placement.meeting):
        return Preview(0, 0, 0)
    results = Result.objects.filter(placement=placement).values_list("user_id", "is_complete", "verdict")
    standing = {user_id: (is_complete, verdict) for user_id, is_complete, verdict in results.iterator()}
    tally = counting.tally(placement.meeting, placement, policy)
    people = sorted(tally.people | set(standing))
    learners = platform.current().learners_among(people, placement.course_key) if people else set()
    more = fewer = 0
    for user_id in learners:
        is_complete, verdict = standing.get(user_id, (False, None))
        if verdict is not None:
            continue
        would_be = tally.sure(user_id).complete
        more += would_be and not is_complete
        fewer += is_complete and not would_be
    return Preview(more, fewer, len(learners))
