"""
From reported presence to results: who reached what the published rule asks for, and who has the last word.

A machine raises and never lowers. What a person decided stands whatever is counted; what is counted is kept beside it
(docs/decisions/0007). Zoom's record is fetched by `record`, counted by `counting`, and the platform told by `paying`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import attendance, platform
from zoom_xblock.attendance import Policy
from zoom_xblock.models import Correction, Meeting, Placement, Registration, Result, Sitting
from zoom_xblock.platform import PlatformError
from zoom_xblock.services import announce, bulk, counting, paying, placements, record, retention
from zoom_xblock.services.leases import again_when_free, keep, lease

log = logging.getLogger("zoom_xblock.settlement")

#: Renewed while the work goes on: at each call to Zoom, and after each batch.
LEASE_SECONDS = 60
BATCH = 500
#: A change that so many results share is written by one statement.
ALIKE = 8

Verdict = Correction.Verdict
COLUMNS = bulk.columns_of(Result)


def settle_sitting(sitting_id: int) -> None:
    """Fetch Zoom's record of a sitting that is over, and decide (job). Settled already: nothing happens."""
    sitting = Sitting.objects.select_related("meeting").filter(pk=sitting_id).first()
    if sitting is None or sitting.ended_at is None or sitting.is_settled:
        return
    with lease(sitting, seconds=LEASE_SECONDS) as mine:
        if not mine:
            again_when_free("settle_sitting", sitting)
            return
        sitting.refresh_from_db()
        if sitting.is_settled:
            return
        record.fetch(sitting)
    decide_meeting(sitting.meeting_id)


def decide_meeting(meeting_id: int) -> None:
    """Count everybody anew at every placement of a meeting, write what changed, complete who is owed it (job)."""
    meeting = Meeting.objects.filter(pk=meeting_id).first()
    if meeting is None:
        return
    with lease(meeting, seconds=LEASE_SECONDS) as mine:
        if not mine:
            again_when_free("decide_meeting", meeting)
            return
        counted_at = timezone.now()
        whole = True
        for placement in meeting.placements.all():
            whole = _decide(meeting, placement) and whole
        if not whole:  # somebody decided about a learner of whom there was no row yet
            platform.current().later("decide_meeting", meeting_id, countdown_seconds=5)
        for placement in meeting.placements.all():
            paying.pay_owed(placement.pk)
        for placement in meeting.placements.all():  # last: nobody's completion waits for what is told of it
            announce.attended(placement)
        # What is settled from here on is later than this. A worker killed before this line leaves the meeting
        # undecided: the sweep has it counted, paid and told of again, and what was done already stays as it is.
        Meeting.objects.filter(pk=meeting_id).update(decided_at=counted_at)


def decide_learners(placement_id: int, user_ids: list[int]) -> None:
    """
    Count these learners alone, and complete those of them who are owed it (job): whoever comes in where joining
    completes. Everybody else waits for the end of the session.
    """
    placement = Placement.objects.select_related("meeting").filter(pk=placement_id).first()
    if placement is None or placement.meeting is None or not user_ids:
        return
    _decide(placement.meeting, placement, user_ids=set(user_ids))
    ids = sorted(Result.objects.filter(placement=placement, user_id__in=user_ids).values_list("pk", flat=True))
    for result_id in ids:
        paying.pay_completions(placement_id, result_id, result_id)


def count_again(*, usage_key: UsageKey) -> None:
    """Have everybody of a session counted anew, by a job; nothing where there was none."""
    placement = Placement.objects.for_usage_key(usage_key)
    meeting = placement.meeting if placement is not None else None
    if meeting is not None and meeting.sittings.exists():
        platform.current().later("decide_meeting", meeting.pk)


def apply_verdict(result: Result, verdict: str) -> None:
    """
    Let a person's decision stand in this result (a `Correction.Verdict`). Fields only: the caller holds the row, saves
    it with its `Correction`, and queues `pay_owed`.

    - present: complete, full score. excused: complete, and the gradebook's score is left alone.
    - absent: not complete, score 0; a completion that the platform was told of is owed to be taken back.
    - counted: what the count says stands again, be it less; staff has been asked by then.
    """
    if verdict not in Verdict.values:
        raise ValueError(f"no verdict: {verdict!r}")
    if verdict == Verdict.COUNTED:
        result.verdict = None
        result.is_complete = bool(result.counted_complete)
        result.score = _score_so_far(result)
    else:
        result.verdict = str(verdict)
        result.is_complete = verdict != Verdict.ABSENT
        result.score = _score_by(verdict, result.placement.is_graded)
        result.score_reset_at = None  # this person's decision is newer than that one
    _owe_again(result)


def reset_score(*, usage_key: UsageKey, anonymous_user_id: str) -> None:
    """Staff deleted a learner's state: the score is gone there, and the next count must not bring it back."""
    door = platform.current()
    user_id = door.user_id_of(anonymous_user_id)
    placement = Placement.objects.for_usage_key(usage_key)
    if user_id is not None and placement is not None:
        Result.objects.filter(placement=placement, user_id=user_id).update(
            score=None, score_told=None, score_reset_at=timezone.now()
        )
        announce.decided(placement, [user_id])
    if user_id is not None:
        try:
            door.score_deleted(user_id, usage_key)
        except PlatformError:  # staff's deletion goes on; the next change of a score counts anew
            log.exception("gradebook not told of a deleted score user_id=%s usage_key=%s", user_id, usage_key)


# -- deciding --------------------------------------------------------------------------------------------------------


def _decide(meeting: Meeting, placement: Placement, *, user_ids: Collection[int] | None = None) -> bool:
    """Count and write. False where a row was changed by somebody else meanwhile, so that it has to be done again."""
    if retention.is_forgotten(meeting):
        return True  # from nothing, nothing would come
    placements.read_rule(placement)
    policy = counting.policy_of(placement)
    if policy is None:
        return True  # never published: there is no rule, and nobody could have opened it
    tally = counting.tally(meeting, placement, policy, user_ids=user_ids)
    people = tally.people | _with_result(placement, user_ids)
    learners = platform.current().learners_among(sorted(people), placement.course_key) if people else set()
    _note_presence(meeting, tally)
    decision = _Decision(placement, policy, tally, timezone.now())
    for batch in _batches(sorted(learners)):
        decision.write(batch)
        keep()
    return decision.is_whole


def _with_result(placement: Placement, user_ids: Collection[int] | None) -> set[int]:
    found = Result.objects.filter(placement=placement)
    if user_ids is not None:
        found = found.filter(user_id__in=list(user_ids))
    return set(found.values_list("user_id", flat=True))


class _Decision:
    """What is written of one count at one placement."""

    def __init__(self, placement: Placement, policy: Policy, tally: counting.Tally, now: datetime) -> None:
        self.placement, self.policy, self.tally, self.now = placement, policy, tally, now
        self.state = Result.State.FINAL if tally.is_final else Result.State.PROVISIONAL
        self.is_whole = True

    def write(self, user_ids: list[int]) -> None:
        """
        Bring the results of these learners up to date: one read, and only what changed is written. The rows are held
        from the reading to the writing, so that no decision of a person falls in between.
        """
        with transaction.atomic():
            rows = Result.objects.select_for_update().filter(placement=self.placement, user_id__in=user_ids)
            existing = {result.user_id: result for result in rows.order_by("pk")}
            new, changes = [], {}
            for user_id in user_ids:
                result = existing.get(user_id)
                if result is None:
                    result = Result(placement=self.placement, user_id=user_id, decided_at=self.now)
                    self._set(result, self._says(result))
                    new.append(result)
                    continue
                changed = {name: value for name, value in self._says(result).items() if getattr(result, name) != value}
                if changed:
                    changes[result.pk] = (result, changed)
            # Whoever else made one of these rows meanwhile has said something of her own.
            bulk.insert_new(Result, COLUMNS, map(bulk.values_of, new))
            self._update(changes)
            announce.decided(
                self.placement, [*(one.user_id for one in new), *(one.user_id for one, _ in changes.values())]
            )
        if new:
            made = Result.objects.filter(placement=self.placement, user_id__in=[one.user_id for one in new])
            self.is_whole &= made.filter(decided_at=self.now).count() == len(new)

    def _says(self, result: Result) -> dict[str, Any]:
        """What is to stand in this row, in place of what stands there."""
        sure = self.tally.sure(result.user_id)
        seen = self.tally.reported.get(result.user_id, self.tally.nothing)
        facts: dict[str, Any] = {
            "attended_seconds": seen.attended_us // attendance.MICROSECONDS,
            "required_seconds": seen.required_seconds or 0,
            "state": self.state,
            "counted_complete": sure.complete,
            "joined_at": seen.first_at,
        }
        if result.verdict is not None:
            facts["score"] = _score_by(result.verdict, self.placement.is_graded)
        else:
            # What was given is not withdrawn by a machine: later evidence only raises it.
            facts["is_complete"] = result.is_complete or sure.complete
            facts["score"] = self._score(result, sure)
            if facts["is_complete"] and result.withdrawn_at is not None:
                facts |= {"completed_at": None, "withdrawn_at": None}
        if result.score_reset_at is not None:
            facts["score"] = None  # a person took it away; what a person decides stands
        return facts

    def _score(self, result: Result, sure: attendance.Counted) -> float | None:
        if not self.placement.is_graded or sure.required_seconds is None or not self.tally.settled:
            return result.score
        share = float(sure.complete) if self.policy.graded_by == "all_or_nothing" else round(sure.share, 4)
        return max(share, result.score or 0.0)

    def _set(self, result: Result, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(result, name, value)

    def _update(self, changes: dict[int, tuple[Result, dict[str, Any]]]) -> None:
        """Most changes are many times the same one (provisional to final): those are one statement each."""
        alike: dict[tuple[tuple[str, Any], ...], list[int]] = {}
        for result_id, (_result, changed) in changes.items():
            alike.setdefault(tuple(sorted(changed.items())), []).append(result_id)
        by_fields: dict[tuple[str, ...], list[Result]] = {}
        for values, ids in alike.items():
            if len(ids) >= ALIKE:
                Result.objects.filter(pk__in=ids).update(**dict(values), decided_at=self.now)
                continue
            for result_id in ids:
                result, changed = changes[result_id]
                self._set(result, {**changed, "decided_at": self.now})
                by_fields.setdefault(tuple(sorted(changed)), []).append(result)
        for names, results in by_fields.items():
            Result.objects.bulk_update(results, [*names, "decided_at"], batch_size=BATCH)


def _note_presence(meeting: Meeting, tally: counting.Tally) -> None:
    """When each registered learner was first reported: history, also of those who do not learn here any more."""
    rows = Registration.objects.filter(meeting=meeting)
    if len(tally.present) < BATCH:
        rows = rows.filter(user_id__in=list(tally.present))
    late: dict[int, datetime] = {}
    news: dict[int, datetime] = {}
    for registration_id, user_id, joined_at in rows.values_list("pk", "user_id", "joined_at").iterator():
        first_us = tally.present.get(user_id)
        if first_us is not None and (joined_at is None or first_us < attendance.to_us(joined_at)):
            into = news if joined_at is None else late
            into[registration_id] = attendance.from_us(first_us)
    bulk.set_each(Registration, "joined_at", late)
    for ids in _batches(sorted(news)):
        with transaction.atomic():
            # Held from the reading to the writing: that somebody came is told of once, here or by the event.
            unseen = Registration.objects.select_for_update().filter(pk__in=ids, joined_at=None)
            first = dict(unseen.order_by("pk").values_list("pk", "user_id"))
            bulk.set_each(Registration, "joined_at", {pk: news[pk] for pk in first})
            announce.joined(meeting, {user_id: news[pk] for pk, user_id in first.items()})


def _score_by(verdict: str, is_graded: bool) -> float | None:
    if not is_graded or verdict == Verdict.EXCUSED:
        return None
    return 1.0 if verdict == Verdict.PRESENT else 0.0


def _score_so_far(result: Result) -> float | None:
    """What the last count is worth, from what it left in the row; the next one, to the microsecond, may raise it."""
    placement = result.placement
    policy = counting.policy_of(placement)
    if policy is None or not placement.is_graded or policy.completion == "none" or result.score_reset_at is not None:
        return None
    if result.counted_complete or policy.graded_by == "all_or_nothing" or not result.required_seconds:
        return float(bool(result.counted_complete))
    return round(min(result.attended_seconds / result.required_seconds, 0.9999), 4)


def _owe_again(result: Result) -> None:
    """A completion that was taken back and stands again is to be told of once more."""
    if result.is_complete and result.withdrawn_at is not None:
        result.completed_at = result.withdrawn_at = None


def _batches(ids: list[int]) -> Iterable[list[int]]:
    return (ids[first : first + BATCH] for first in range(0, len(ids), BATCH))
