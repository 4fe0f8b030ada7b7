"""
What the platform is still to be told: completions, scores, and completions that a person took back.

What is owed stands in the results, so that a job that fails or is killed loses nothing: the sweep comes back to it. In
the LMS only: what listens to completions and grades lives there. Many are paid in ranges, each by a job of its own,
which any number of workers may take at once or twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from zoom_xblock import platform, queries
from zoom_xblock.models import Placement, Result
from zoom_xblock.platform import CompletionOff, PlatformError
from zoom_xblock.platform.base import each
from zoom_xblock.services import announce

log = logging.getLogger("zoom_xblock.settlement")

#: Results of one job. Fewer owed than this are paid at once.
CHUNK = 500
#: Completions written in one transaction: long enough to spare commits, short enough to hold nobody up.
TOGETHER = 50
#: Scores told in one transaction; each has the gradebook at work for long, so that sparing commits spares little.
SCORES_TOGETHER = 10

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
    _withdraw(placement, Result.objects.filter(WITHDRAWAL, within, placement=placement))
    _complete(placement, Result.objects.filter(COMPLETION, within, placement=placement))


# -- inside ---------------------------------------------------------------------------------------------------------


def _is_here(placement: Placement) -> bool:
    if platform.current().service != "lms":
        log.info("owed outcomes are left to the LMS placement_id=%s", placement.pk)
        return False
    return True


def _owed(placement: Placement) -> QuerySet[Result]:
    return Result.objects.filter(COMPLETION | WITHDRAWAL, placement=placement)


def _pay_scores(placement: Placement, within: Q) -> None:
    """
    Few in one transaction: the gradebook's events leave at once, and those of a worker that is killed leave again.

    Whoever is not a learner any more keeps what is owed.
    """
    if placement.unpublished_since is not None:
        return  # a deleted block has no grade
    door = platform.current()
    owed = Result.objects.filter(queries.SCORE_UNTOLD, within, placement=placement)

    def tell(scores: dict[int, float | None]) -> set[int]:
        known = {user_id: (score, 1.0) for user_id, score in scores.items() if score is not None}
        return door.grade(placement.usage_key, known) & set(known)

    def told() -> dict[str, Any]:
        return {"score_told": F("score")}  # the rows are held: it is the one that was told

    pairs = list(owed.order_by("pk").values_list("pk", "user_id"))
    learners = door.learners_among([user_id for _pk, user_id in pairs], placement.course_key) if pairs else set()
    ids = [pk for pk, user_id in pairs if user_id in learners]
    _tell(placement, owed, ids, tell, told, together=SCORES_TOGETHER)


def _complete(placement: Placement, owed: QuerySet[Result]) -> None:
    """Whoever is not a learner any more keeps what is owed, and gets it when she enrols again."""
    door = platform.current()
    pairs = list(owed.order_by("pk").values_list("pk", "user_id"))
    learners = door.learners_among([user_id for _pk, user_id in pairs], placement.course_key) if pairs else set()

    def pay(scores: dict[int, float | None]) -> set[int]:
        has = _present(placement, scores)
        lacking = [user_id for user_id, value in has.items() if value < 1.0]
        return (set(has) - set(lacking)) | door.complete_many(lacking, placement.usage_key)

    def paid() -> dict[str, Any]:
        return {"completed_at": timezone.now(), "withdrawn_at": None}

    def then(result_ids: list[int]) -> None:
        announce.completed(placement, result_ids)

    _tell(placement, owed, [pk for pk, user_id in pairs if user_id in learners], pay, paid, then)


def _withdraw(placement: Placement, owed: QuerySet[Result]) -> None:
    """Take back what a person decided to take back; whether she still learns here does not matter for that."""
    door = platform.current()

    def take(scores: dict[int, float | None]) -> set[int]:
        has = _present(placement, scores)
        having = [user_id for user_id, value in has.items() if value > 0.0]
        taken = each(lambda user_id: door.withdraw(user_id, placement.usage_key), having, placement.usage_key)
        return (set(has) - set(having)) | taken

    def taken() -> dict[str, Any]:
        return {"withdrawn_at": timezone.now()}

    _tell(placement, owed, list(owed.order_by("pk").values_list("pk", flat=True)), take, taken)


def _present(placement: Placement, user_ids: Iterable[int]) -> dict[int, float]:
    """Completions that the platform has. Asked once their results are held: what others wrote until then is seen."""
    present = platform.current().completions(placement.usage_key, list(user_ids))
    return {user_id: present.get(user_id, 0.0) for user_id in user_ids}


def _tell(
    placement: Placement,
    owed: QuerySet[Result],
    ids: list[int],
    tell: Callable[[dict[int, float | None]], set[int]],
    told: Callable[[], dict[str, Any]],
    then: Callable[[list[int]], None] = lambda result_ids: None,
    *,
    together: int = TOGETHER,
) -> None:
    """
    Tell of these results, some in one transaction. Their rows are held meanwhile: a second worker with the same job
    waits, and then finds them told of. What fails stays owed; one row that the database or the platform refuses stops
    no other.

    `tell`: from the scores by user id, to whose are right now. `then` hears of the results that are told of, in the
    same transaction.
    """
    try:
        for first in range(0, len(ids), together):
            batch = ids[first : first + together]
            try:
                _tell_together(owed, batch, tell, told, then)
            except CompletionOff:
                raise
            except (DatabaseError, PlatformError):
                if not _tell_singly(placement, owed, batch, tell, told, then):
                    return  # it is not the rows
    except CompletionOff:
        log.error("completion is switched off on this site placement_id=%s", placement.pk)


def _tell_singly(
    placement: Placement,
    owed: QuerySet[Result],
    ids: list[int],
    tell: Callable[[dict[int, float | None]], set[int]],
    told: Callable[[], dict[str, Any]],
    then: Callable[[list[int]], None],
) -> bool:
    """One by one, so that those stay out of which it cannot be told; whether it could be of any."""
    went = False
    for one in ids:
        try:
            _tell_together(owed, [one], tell, told, then)
            went = True
        except CompletionOff:
            raise
        except (DatabaseError, PlatformError):
            log.exception("outcome not written placement_id=%s result_id=%s", placement.pk, one)
    return went


def _tell_together(
    owed: QuerySet[Result],
    ids: list[int],
    tell: Callable[[dict[int, float | None]], set[int]],
    told: Callable[[], dict[str, Any]],
    then: Callable[[list[int]], None],
) -> None:
    with transaction.atomic():
        rows = owed.filter(pk__in=ids).order_by("pk").select_for_update().values_list("user_id", "pk", "score")
        held = {user_id: (pk, score) for user_id, pk, score in rows}
        if not held:
            return
        done = tell({user_id: score for user_id, (_pk, score) in held.items()})
        result_ids = [held[user_id][0] for user_id in done]
        Result.objects.filter(pk__in=result_ids).update(**told())
        then(result_ids)
