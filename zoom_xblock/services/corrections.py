"""What the course team decides about a learner's attendance: present, excused, absent, or back to what was counted."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db import transaction
from django.utils import timezone
from opaque_keys.edx.keys import LearningContextKey, UsageKey

from zoom_xblock import platform
from zoom_xblock.models import Correction, Placement, Result
from zoom_xblock.services import announce, settlement
from zoom_xblock.services.errors import Forbidden, InvalidWishes, Unplaced

#: Decided about in one request, so that it stays short.
MOST_PEOPLE = 200
LONGEST_REASON = 500
#: What a correction keeps of a result, before and after.
FACTS = ("is_complete", "score", "verdict", "attended_seconds", "state")
#: What a decision may write.
DECIDED = [field.name for field in Result._meta.concrete_fields if field.name not in ("id", "placement", "user")]


def decide(*, usage_key: UsageKey, staff_id: int, user_ids: list[int], verdict: str, reason: str) -> int:
    """
    Decide about these learners; returns for how many it was written down.

    The newest decision is in force, whoever made it, and no machine overwrites it; "counted" gives a learner back to
    the machine. Result and audit row are written together; what the platform is owed by it is paid by a job. The same
    decision for the same reason a second time writes nothing.

    Raises Forbidden ("not_staff"), Unplaced, or InvalidWishes with "user_ids", "verdict" or "reason". Whoever is
    neither a learner of the course nor has a result here cannot be decided about ("user_ids": "unknown").
    """
    require_staff(staff_id, usage_key.context_key)
    placement = _placed(usage_key)
    people, reason = _checked(placement, user_ids, verdict, reason)
    with transaction.atomic():
        results = _locked(placement, people)
        newest = _newest(placement, people)
        corrections = [
            correction
            for result in results
            if (correction := _apply(result, verdict, reason, staff_id, newest.get(result.user_id))) is not None
        ]
        changed = {correction.user_id for correction in corrections}
        Result.objects.bulk_update([result for result in results if result.user_id in changed], DECIDED)
        Correction.objects.bulk_create(corrections)
        announce.corrected(placement, corrections)
        if corrections:
            platform.current().later("pay_owed", placement.pk)
            if verdict == Correction.Verdict.COUNTED:
                # What the machine kept to itself while the decision stood is counted again.
                _count_again(placement)
    return len(corrections)


def recount(*, usage_key: UsageKey, staff_id: int) -> None:
    """Have everybody of the session counted anew, by a job. Raises Forbidden ("not_staff") or Unplaced."""
    require_staff(staff_id, usage_key.context_key)
    _count_again(_placed(usage_key))


def _count_again(placement: Placement) -> None:
    """Nothing is counted, and nothing final, before there was a session."""
    if placement.meeting is not None and placement.meeting.sittings.exists():
        platform.current().later("decide_meeting", placement.meeting_id)


def require_staff(user_id: int, course_key: LearningContextKey) -> None:
    """Raises Forbidden ("not_staff") unless this person teaches this course, as herself, in the LMS."""
    door = platform.current()
    if (
        door.service != "lms"
        or door.is_masquerading(user_id, course_key)
        or not door.is_course_staff(user_id, course_key)
    ):
        raise Forbidden("not_staff")


def _placed(usage_key: UsageKey) -> Placement:
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting_id is None:
        raise Unplaced()
    return placement


def _checked(placement: Placement, user_ids: Any, verdict: Any, reason: Any) -> tuple[list[int], str]:
    """The learners meant, each once, and the reason in one line. Whatever came from a browser is looked at here."""
    wrong: dict[str, str] = {}
    if not isinstance(verdict, str) or verdict not in Correction.Verdict.values:
        wrong["verdict"] = "malformed"
    words = " ".join(reason.split()) if isinstance(reason, str) else "\0"
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in words):
        wrong["reason"] = "malformed"
    elif not words:
        wrong["reason"] = "required"
    elif len(words) > LONGEST_REASON:
        wrong["reason"] = "too_long"
    people: list[int] = []
    if not isinstance(user_ids, list) or not all(type(one) is int and 0 < one < 2**31 for one in user_ids):
        wrong["user_ids"] = "malformed"
    else:
        people = sorted(set(user_ids))
        if not people:
            wrong["user_ids"] = "required"
        elif len(people) > MOST_PEOPLE:
            wrong["user_ids"] = "too_many"
        elif not wrong and not set(people) <= _known(placement, people):
            wrong["user_ids"] = "unknown"
    if wrong:
        raise InvalidWishes(wrong)
    return people, words


def _known(placement: Placement, people: list[int]) -> set[int]:
    counted = Result.objects.filter(placement=placement, user_id__in=people).values_list("user_id", flat=True)
    return platform.current().learners_among(people, placement.course_key) | set(counted)


def _locked(placement: Placement, people: list[int]) -> list[Result]:
    """
    Everybody's row, made where there was none, and held until the transaction ends: of two people who decide at once
    one waits for the other, and reads what she left. The placement is held first, so that they wait in one place only.
    """
    Placement.objects.select_for_update().filter(pk=placement.pk).first()
    rows = Result.objects.select_for_update().filter(placement=placement, user_id__in=people).order_by("pk")
    missing = set(people) - {result.user_id for result in rows}
    if missing:
        required_seconds, now = placement.required_seconds or 0, timezone.now()
        new = [
            Result(placement=placement, user_id=user_id, required_seconds=required_seconds, decided_at=now)
            for user_id in sorted(missing)
        ]
        Result.objects.bulk_create(new, ignore_conflicts=True)  # the machine may be as quick
    results = list(rows.all())
    for result in results:
        result.placement = placement  # read already
    return results


def _newest(placement: Placement, people: list[int]) -> dict[int, Correction]:
    """Each learner's decision in force. A locking read: a plain one sees the database as the transaction found it."""
    rows = Correction.objects.select_for_update().filter(placement=placement, user_id__in=people).order_by("pk")
    return {correction.user_id: correction for correction in rows}


def _apply(result: Result, verdict: str, reason: str, staff_id: int, newest: Correction | None) -> Correction | None:
    """Put the decision into the row; the audit row to come, or None where it stands so already."""
    before = _facts(result)
    settlement.apply_verdict(result, verdict)
    after = _facts(result)
    stands = (
        verdict == Correction.Verdict.COUNTED
        if newest is None
        else (newest.verdict, newest.reason) == (verdict, reason)
    )
    if stands and before == after:
        return None
    result.decided_at = timezone.now()
    return Correction(
        placement_id=result.placement_id,
        user_id=result.user_id,
        verdict=verdict,
        reason=reason,
        made_by_id=staff_id,
        made_at=result.decided_at,
        before=before,
        after=after,
    )


def _facts(result: Result) -> dict[str, Any]:
    return {name: getattr(result, name) for name in FACTS}
