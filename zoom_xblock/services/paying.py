"""
What the platform is still to be told: completions, scores, and completions that a person took back.

What is owed stands in the results, so that a job that fails or is killed loses nothing: the sweep comes back to it. In
the LMS only: what listens to completions and grades lives there. Many are paid in ranges, each by a job of its own,
which any number of workers may take at once or twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from django.db import DatabaseError
from django.db.models import Q, QuerySet
from django.utils import timezone

from zoom_xblock import platform, queries
from zoom_xblock.models import Placement, Result
from zoom_xblock.platform import CompletionOff, PlatformError
from zoom_xblock.platform.base import each
from zoom_xblock.services import announce, bulk
from zoom_xblock.services.leases import is_free, lease_many

log = logging.getLogger("zoom_xblock.settlement")

#: Results of one job. Fewer owed than this are paid at once.
CHUNK = 500
#: Completions told of under one lease.
TOGETHER = 100
#: Scores told of under one lease; each has the gradebook at work for long.
SCORES_TOGETHER = 10
#: How long the results of a worker that was killed are left alone; many times what telling takes.
LEASE_SECONDS = 60

#: By user id or by result.
Scores = dict[int, float | None]

#: A completion that stands here and was not told of.
COMPLETION = Q(is_complete=True, completed_at__isnull=True)
#: One that was told of and no longer stands. Only a person takes it away, so only a person's decision is behind this.
WITHDRAWAL = Q(is_complete=False, completed_at__isnull=False, withdrawn_at__isnull=True)


def owing_placements(most: int) -> list[int]:
    """Placements of which the platform has something left to be told, for the sweep."""
    found: set[int] = set()
    for rows in (Result.objects.filter(COMPLETION | WITHDRAWAL), queries.scores_owed()):
        found |= set(rows.values_list("placement_id", flat=True).distinct()[:most])
    return sorted(found)


def pay_owed(placement_id: int) -> None:
    """Tell the platform of all it has not been told of (job): a few at once, many by further jobs."""
    placement = Placement.objects.filter(pk=placement_id).first()
    if placement is None or not _is_here(placement):
        return
    ids = sorted(
        set(_owed(placement).values_list("pk", flat=True))
        | set(queries.scores_owed(placement.pk).values_list("pk", flat=True))
    )
    if len(ids) <= CHUNK:
        if ids:
            pay_completions(placement_id, ids[0], ids[-1])
        return
    for first in range(0, len(ids), CHUNK):
        chunk = ids[first : first + CHUNK]
        platform.current().later("pay_completions", placement_id, chunk[0], chunk[-1])


def pay_completions(placement_id: int, first_result_id: int, last_result_id: int) -> None:
    """Tell the platform what is owed by the results of this range (job). Paid already: nothing happens."""
    placement = Placement.objects.filter(pk=placement_id).first()
    if placement is None or not _is_here(placement):
        return
    within = Q(pk__gte=first_result_id, pk__lte=last_result_id)
    _pay_scores(placement, within)
    _withdraw(placement, within)
    _complete(placement, within)


# -- inside ---------------------------------------------------------------------------------------------------------


def _is_here(placement: Placement) -> bool:
    if platform.current().service != "lms":
        log.info("owed outcomes are left to the LMS placement_id=%s", placement.pk)
        return False
    return True


def _owed(placement: Placement) -> QuerySet[Result]:
    return Result.objects.filter(COMPLETION | WITHDRAWAL, placement=placement)


def _pay_scores(placement: Placement, within: Q) -> None:
    """Whoever is not a learner any more keeps what is owed."""
    if placement.unpublished_since is not None:
        return  # a deleted block has no grade
    door = platform.current()

    def tell(scores: Scores) -> set[int]:
        known = {user_id: (score, 1.0) for user_id, score in scores.items() if score is not None}
        return door.grade(placement.usage_key, known) & set(known)

    def note(told: Scores) -> None:
        # What was told, and not what may stand there by now: a decision since then is owed.
        bulk.set_each(Result, "score_told", told)
        reset = Result.objects.filter(pk__in=told, score=None, score_reset_at__isnull=False)
        for user_id in reset.values_list("user_id", flat=True):  # staff took it away while it was being told
            door.score_deleted(user_id, placement.usage_key)
        reset.update(score_told=None)

    kind = queries.SCORE_UNTOLD & within
    _tell(placement, kind, _of_learners(placement, kind), tell, note, together=SCORES_TOGETHER)


def _complete(placement: Placement, within: Q) -> None:
    """Whoever is not a learner any more keeps what is owed, and gets it when she enrols again."""
    door = platform.current()

    def tell(scores: Scores) -> set[int]:
        has = _present(placement, scores)
        lacking = [user_id for user_id, value in has.items() if value < 1.0]
        return (set(has) - set(lacking)) | door.complete_many(lacking, placement.usage_key)

    def note(told: Scores) -> None:
        # Also where a person has decided otherwise meanwhile: then it is owed to be taken back.
        Result.objects.filter(pk__in=told).update(completed_at=timezone.now(), withdrawn_at=None)
        announce.completed(placement, list(told))

    kind = COMPLETION & within
    _tell(placement, kind, _of_learners(placement, kind), tell, note)


def _withdraw(placement: Placement, within: Q) -> None:
    """Take back what a person decided to take back; whether she still learns here does not matter for that."""
    door = platform.current()

    def tell(scores: Scores) -> set[int]:
        has = _present(placement, scores)
        having = [user_id for user_id, value in has.items() if value > 0.0]
        taken = each(lambda user_id: door.withdraw(user_id, placement.usage_key), having, placement.usage_key)
        return (set(has) - set(having)) | taken

    def note(told: Scores) -> None:
        rows = Result.objects.filter(pk__in=told)
        rows.filter(is_complete=False).update(withdrawn_at=timezone.now())
        # A person has given it again meanwhile: it is owed.
        rows.filter(is_complete=True).update(completed_at=None, withdrawn_at=None)

    kind = WITHDRAWAL & within
    _tell(placement, kind, [pk for pk, _user_id in _pairs(placement, kind)], tell, note)


def _present(placement: Placement, user_ids: Iterable[int]) -> dict[int, float]:
    """Completions that the platform has. Asked once their results are ours: what others wrote until then is seen."""
    present = platform.current().completions(placement.usage_key, list(user_ids))
    return {user_id: present.get(user_id, 0.0) for user_id in user_ids}


def _of_learners(placement: Placement, kind: Q) -> list[int]:
    """The results that owe this, of those whose attendance may count."""
    pairs = _pairs(placement, kind)
    learners = platform.current().learners_among([user for _pk, user in pairs], placement.course_key) if pairs else ()
    return [pk for pk, user_id in pairs if user_id in learners]


def _pairs(placement: Placement, kind: Q) -> list[tuple[int, int]]:
    """Results that owe this and that nobody is telling of, with their users."""
    owed = Result.objects.filter(is_free(timezone.now()), kind, placement=placement).order_by("pk")
    return list(owed.values_list("pk", "user_id"))


def _tell(
    placement: Placement,
    kind: Q,
    ids: list[int],
    tell: Callable[[Scores], set[int]],
    note: Callable[[Scores], None],
    *,
    together: int = TOGETHER,
) -> None:
    """
    Tell of these results, some under one lease. What fails stays owed; one row that the database or the platform
    refuses stops no other.

    `tell`: from the scores by user id, to whose are right now. `note` writes down of which results it was told, by
    their keys, with the scores they had.
    """
    try:
        for first in range(0, len(ids), together):
            batch = ids[first : first + together]
            try:
                _tell_together(kind, batch, tell, note)
            except CompletionOff:
                raise
            except (DatabaseError, PlatformError):
                if not _tell_singly(placement, kind, batch, tell, note):
                    return  # it is not the rows
    except CompletionOff:
        log.error("completion is switched off on this site placement_id=%s", placement.pk)


def _tell_singly(
    placement: Placement,
    kind: Q,
    ids: list[int],
    tell: Callable[[Scores], set[int]],
    note: Callable[[Scores], None],
) -> bool:
    """One by one, so that those stay out of which it cannot be told; whether it could be of any."""
    went = False
    for one in ids:
        try:
            _tell_together(kind, [one], tell, note)
            went = True
        except CompletionOff:
            raise
        except (DatabaseError, PlatformError):
            log.exception("outcome not written placement_id=%s result_id=%s", placement.pk, one)
    return went


def _tell_together(kind: Q, ids: list[int], tell: Callable[[Scores], set[int]], note: Callable[[Scores], None]) -> None:
    """
    Each is told by itself, outside any transaction of ours: the platform's events leave at once, and would leave again
    if what they speak of were rolled back. The lease keeps a second worker with the same job away meanwhile; after a
    worker that was killed, `tell` asks the platform first what it knows already.
    """
    with lease_many(Result, ids, kind, seconds=LEASE_SECONDS) as mine:
        rows = mine.order_by("pk").values_list("user_id", "pk", "score")
        held = {user_id: (pk, score) for user_id, pk, score in rows}
        if not held:
            return
        done = tell({user_id: score for user_id, (_pk, score) in held.items()})
        if done:
            note(dict(held[user_id] for user_id in done))
