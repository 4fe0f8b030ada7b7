"""
The work list of a session: participants of whom nobody can prove whose presence it is. Staff says once whom it was, for
this meeting only, or that it was nobody who counts; everybody is then counted anew.

The order of proofs is that of `services.counting`; what staff says stands after our own registrations and before
addresses.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import platform
from zoom_xblock.models import Assignment, Meeting, Placement
from zoom_xblock.platform import Person
from zoom_xblock.queries.unknown import Key, Participant, Suggestion, participants, suggest
from zoom_xblock.services import counting
from zoom_xblock.services.errors import Forbidden, InvalidWishes, Unplaced

log = logging.getLogger("zoom_xblock.worklist")

PAGE_ROWS = 50
#: What staff has settled already, newest first, to be undone.
SETTLED_ROWS = 50
#: As many rows as a page shows, and a little more; a longer list of keys is no click.
MOST_KEYS = 100
#: Of larger courses nobody is suggested; searching works.
MOST_LEARNERS = 20_000
LEARNERS_AT_ONCE = 2000
FOUND = 20


@dataclass(frozen=True)
class Unknown:
    """A row. `key` is for the browser: a digest, by which the participant is found again; "" where she cannot be."""

    key: str
    participant: Participant
    suggestions: list[Suggestion] = field(default_factory=list)


@dataclass(frozen=True)
class Settled:
    """
    What somebody decided. `person` is None where the participant was dismissed; `is_foreign`: she was taken for a
    learner of another course which has the same meeting, who is not named here.
    """

    key: str
    name: str
    person: Person | None
    is_foreign: bool
    made_at: datetime
    made_by: str


@dataclass(frozen=True)
class WorkList:
    """One page; `number` counts from 1, `total` are all that are unknown."""

    rows: list[Unknown]
    number: int
    pages: int
    total: int
    settled: list[Settled]
    settled_total: int


def unknown(*, usage_key: UsageKey, staff_id: int, page: int = 1) -> WorkList:
    """
    The participants nobody knows, longest presence first, and what was settled. Raises Forbidden, Unplaced.

    A fixed number of queries for any number of participants; learners are read only where there is somebody to suggest.
    """
    placement, meeting = _placed(usage_key, staff_id)
    everybody = _here(placement, meeting)
    assigned = {(row.by, row.key): row for row in Assignment.objects.filter(meeting=meeting)}
    found = [one for one in everybody.values() if one.is_unknown]
    found.sort(key=lambda one: (-one.seconds, one.name.casefold(), one.key))
    pages = max(1, -(-len(found) // PAGE_ROWS))
    number = min(max(page, 1), pages)
    shown = found[(number - 1) * PAGE_ROWS : number * PAGE_ROWS]
    suggestions = suggest(shown, _learners(placement)) if shown else {}
    rows = [Unknown(_digest(one), one, suggestions.get((one.by, one.key), [])) for one in shown]
    return WorkList(rows, number, pages, len(found), _settled(placement, assigned, everybody), len(assigned))


def count(*, usage_key: UsageKey, staff_id: int) -> int:
    """How many are unknown, for a badge. Raises as `unknown`."""
    placement, meeting = _placed(usage_key, staff_id)
    return sum(one.is_unknown for one in _here(placement, meeting).values())


def search(*, usage_key: UsageKey, staff_id: int, text: str) -> list[Person]:
    """Learners of the course of whose name, user name or address the text is a part; at most 20. Raises Forbidden."""
    placement, _meeting = _placed(usage_key, staff_id)
    return platform.current().learners(placement.course_key, search=text, limit=FOUND) if text.strip() else []


def assign(*, usage_key: UsageKey, staff_id: int, keys: list[str], user_id: int) -> int:
    """
    Take these participants for this learner, in this meeting only; how many there were. Said again, it is said anew.

    Raises Forbidden, Unplaced, InvalidWishes: "user_id" "not_a_learner", "keys" "unknown" (none of them is here).
    """
    placement, meeting = _placed(usage_key, staff_id)
    if user_id not in platform.current().learners_among([user_id], placement.course_key):
        raise InvalidWishes({"user_id": "not_a_learner"})
    return _decide(placement, meeting, staff_id, keys, user_id)


def dismiss(*, usage_key: UsageKey, staff_id: int, keys: list[str]) -> int:
    """These participants are nobody who counts; how many there were. Raises as `assign`."""
    placement, meeting = _placed(usage_key, staff_id)
    return _decide(placement, meeting, staff_id, keys, None)


def undo(*, usage_key: UsageKey, staff_id: int, keys: list[str]) -> int:
    """
    Forget what was said of these participants; how many there were. A learner of another course keeps what its staff
    said. Raises Forbidden, Unplaced, InvalidWishes.
    """
    placement, meeting = _placed(usage_key, staff_id)
    rows = list(Assignment.objects.filter(meeting=meeting, key_digest__in=_checked(keys)))
    ours = _our_learners(placement, rows)
    rows = [row for row in rows if row.user_id is None or row.user_id in ours]
    with transaction.atomic():
        Assignment.objects.filter(pk__in=[row.pk for row in rows]).delete()
        _count_anew(meeting, bool(rows))
    for row in rows:
        _tell("assignment_undone", placement, row, staff_id)
    return len(rows)


# -- inside ---------------------------------------------------------------------------------------------------------


def _placed(usage_key: UsageKey, staff_id: int) -> tuple[Placement, Meeting]:
    """The block's place and meeting, for whoever teaches its course, as herself, in the LMS."""
    door = platform.current()
    course_key = usage_key.context_key
    if (
        door.service != "lms"
        or not door.is_course_staff(staff_id, course_key)
        or door.is_masquerading(staff_id, course_key)
    ):
        raise Forbidden
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None:
        raise Unplaced
    return placement, placement.meeting


def _here(placement: Placement, meeting: Meeting) -> dict[Key, Participant]:
    resolver = counting.who_is(meeting, placement)
    return participants(meeting, counting.keys_of, lambda said: resolver.who(said).by)


def _decide(placement: Placement, meeting: Meeting, staff_id: int, keys: list[str], user_id: int | None) -> int:
    wanted = _checked(keys)
    # Only who is on the list, or was: a registration of ours is a proof that no click may replace.
    chosen = [one for one in _here(placement, meeting).values() if one.by and _digest(one) in wanted]
    if not chosen:
        raise InvalidWishes({"keys": "unknown"})
    now = timezone.now()
    rows = []
    with transaction.atomic():
        kept = {
            row.key_digest: row
            for row in Assignment.objects.select_for_update().filter(meeting=meeting, key_digest__in=wanted)
        }
        ours = _our_learners(placement, kept.values())
        for one in chosen:
            before = kept.get(_digest(one))
            if before is not None and before.user_id is not None and before.user_id not in ours:
                continue  # taken for a learner of another course: its staff's to change
            row = Assignment.objects.update_or_create(
                meeting=meeting,
                key_digest=_digest(one),
                defaults={"by": one.by, "key": one.key, "user_id": user_id, "made_by_id": staff_id, "made_at": now},
            )[0]
            rows.append(row)
        _count_anew(meeting, bool(rows))
    for row in rows:
        _tell("participant_dismissed" if user_id is None else "participant_assigned", placement, row, staff_id)
    return len(rows)


def _count_anew(meeting: Meeting, has_changed: bool) -> None:
    """Queue it; and so that a job which is lost is found by the sweep, the meeting counts as not decided."""
    if has_changed:
        Meeting.objects.filter(pk=meeting.pk).update(decided_at=None)
        platform.current().later("decide_meeting", meeting.pk)


def _tell(event: str, placement: Placement, row: Assignment, staff_id: int) -> None:
    """Who said what, for good: the row itself may be undone. No name, no address."""
    log.info("%s meeting_id=%s key=%s by=%s user_id=%s staff_id=%s", event, row.meeting_id, row.key_digest[:12], row.by,
             row.user_id, staff_id)  # fmt: skip
    data = {
        "usage_key": str(placement.usage_key),
        "participant": row.key_digest[:12],
        "by": row.by,
        "learner_id": row.user_id,
    }
    platform.current().emit(event, data, user_id=staff_id, course_key=placement.course_key)


def _checked(keys: list[str]) -> set[str]:
    if not keys or len(keys) > MOST_KEYS or not all(isinstance(key, str) and len(key) == 64 for key in keys):
        raise InvalidWishes({"keys": "malformed"})
    return set(keys)


def _digest(one: Participant) -> str:
    return counting.key_digest(one.by, one.key) if one.by else ""


def _learners(placement: Placement) -> Iterable[Person]:
    """Everybody who could be suggested; nobody where the course is too large to be read for a list."""
    door, last, read = platform.current(), 0, 0
    while read < MOST_LEARNERS:
        page = door.learners(placement.course_key, after_user_id=last, limit=LEARNERS_AT_ONCE)
        yield from page
        if len(page) < LEARNERS_AT_ONCE:
            return
        last, read = page[-1].user_id, read + len(page)


def _our_learners(placement: Placement, rows: Iterable[Any]) -> set[int]:
    """Those of the learners taken for somebody whom this course's staff may see."""
    user_ids = sorted({row.user_id for row in rows if row.user_id is not None})
    return platform.current().enrolled_among(user_ids, placement.course_key) if user_ids else set()


def _settled(placement: Placement, assigned: dict[Key, Assignment], here: dict[Key, Participant]) -> list[Settled]:
    newest = sorted(assigned.values(), key=lambda row: (row.made_at, row.pk), reverse=True)[:SETTLED_ROWS]
    ours = _our_learners(placement, newest)
    wanted = {*ours, *(row.made_by_id for row in newest if row.made_by_id is not None)}
    people = platform.current().people(sorted(wanted)) if wanted else {}
    listed = []
    for row in newest:
        one, maker = here.get((row.by, row.key)), people.get(row.made_by_id or 0)
        is_foreign = row.user_id is not None and row.user_id not in ours
        listed.append(
            Settled(
                key=row.key_digest,
                name=one.name if one is not None else "",
                person=people.get(row.user_id or 0) if not is_foreign else None,
                is_foreign=is_foreign,
                made_at=row.made_at,
                made_by=maker.username if maker is not None else "",
            )
        )
    return listed
