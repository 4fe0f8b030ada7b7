"""
Who a reported presence belongs to, and what everybody's presences come to. Reads rows, writes none.

`who_is` is the one place that says who somebody was: counting, the work list and the roster all ask it. Its order is
that of docs/decisions/0007, and a name is no part of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Protocol

from django.db.models import Q, QuerySet
from django.utils import timezone
from opaque_keys.edx.keys import LearningContextKey

from zoom_xblock import attendance, platform
from zoom_xblock.attendance import PlannedDate, Policy
from zoom_xblock.models import Assignment, Meeting, Occurrence, Placement, Registration, Segment, Sitting
from zoom_xblock.models.fields import digest

By = Literal["registration", "assignment", "dismissed", "address", "unknown"]

#: So many addresses are looked up one by one; beyond, all learners are read once.
ADDRESSES_ONE_BY_ONE = 20
PAGE = 1000


class Said(Protocol):
    """What Zoom said about one presence: a `Segment`, or anything with these of its fields."""

    registrant_id: str
    zoom_user_id: str
    connection: str
    email: str
    is_internal: bool | None
    sitting_id: int


@dataclass(frozen=True, slots=True)
class Who:
    """Whose a presence is, and by what. `user_id` is None where it is nobody's: dismissed by staff, or unknown."""

    user_id: int | None
    by: By


_UNKNOWN, _DISMISSED = Who(None, "unknown"), Who(None, "dismissed")


@dataclass
class WhoIs:
    """
    Says who was there, in one meeting as one placement counts it. Ids are compared in Python, letter by letter: the
    database may take two that differ in case for one.
    """

    registered: dict[str, int | None]
    assigned: dict[tuple[str, str], int | None]
    uuids: dict[int, str]
    course_key: LearningContextKey
    counts_email: bool
    _of_address: dict[str, int | None] = field(default_factory=dict)
    _has_all: bool = False

    def __call__(self, segment: Said) -> int | None:
        """The user id of the person whose presence this is, or None."""
        registrant_id = segment.registrant_id
        if registrant_id and registrant_id in self.registered:  # nearly all: said at once
            return self.registered[registrant_id]
        return self.who(segment).user_id

    def who(self, segment: Said) -> Who:
        """The same, with the reason."""
        registrant_id = segment.registrant_id
        if registrant_id and registrant_id in self.registered:
            user_id = self.registered[registrant_id]
            return Who(user_id, "registration") if user_id is not None else _UNKNOWN
        if self.assigned:
            for key in keys_of(segment, self.uuids.get(segment.sitting_id, "")):
                if key in self.assigned:
                    user_id = self.assigned[key]
                    return _DISMISSED if user_id is None else Who(user_id, "assignment")
        # Beside a registrant that is not ours the address is what somebody typed into Zoom's form.
        if self.counts_email and segment.is_internal is True and segment.email and not registrant_id:
            user_id = self._learner_at(segment.email)
            return Who(user_id, "address") if user_id is not None else _UNKNOWN
        return _UNKNOWN

    def _learner_at(self, email: str) -> int | None:
        """The one learner of the course with this address; None where there is none, or more than one."""
        address = _plain(email)
        if address not in self._of_address and not self._has_all:
            if len(self._of_address) < ADDRESSES_ONE_BY_ONE:
                found = platform.current().learners(self.course_key, search=address, limit=PAGE)
                having = [person.user_id for person in found if _plain(person.email) == address]
                self._of_address[address] = having[0] if len(having) == 1 else None
            else:
                self._read_all()
        return self._of_address.get(address)

    def read_already(self, people: Iterable[Any]) -> None:
        """These are all learners of the course: nobody needs to be looked up any more."""
        having: defaultdict[str, list[int]] = defaultdict(list)
        for person in people:
            having[_plain(person.email)].append(person.user_id)
        self._of_address = {address: ids[0] if len(ids) == 1 else None for address, ids in having.items()}
        self._has_all = True

    def _read_all(self) -> None:
        everybody: list[Any] = []
        last = 0
        while page := platform.current().learners(self.course_key, after_user_id=last, limit=PAGE):
            everybody += page
            last = page[-1].user_id
        self.read_already(everybody)


def who_is(
    meeting: Meeting, placement: Placement, *, policy: Policy | None = None, registrants: Collection[str] | None = None
) -> WhoIs:
    """
    The resolver for a meeting as this placement counts it: `who_is(meeting, placement)(segment)` is a user id or None.

    `policy` instead of the published one says what another rule would make of it. `registrants`: only segments with
    one of these registrant ids (or none) will be asked about, so that a single person costs no more than herself.
    """
    rows = Registration.objects.filter(meeting=meeting).exclude(registrant_id="")
    if registrants is not None:
        rows = rows.filter(registrant_id__in=list(registrants))
    registered: dict[str, int | None] = {}
    for registrant_id, user_id in rows.values_list("registrant_id", "user_id").iterator():
        # Zoom gave two of ours one registrant: it proves nothing about either.
        registered[registrant_id] = None if registrant_id in registered else user_id
    assigned: dict[tuple[str, str], int | None] = {
        (by, key): user_id
        for by, key, user_id in Assignment.objects.filter(meeting=meeting).values_list("by", "key", "user_id")
    }
    policy = policy or policy_of(placement) or Policy()
    uuids = dict(meeting.sittings.values_list("pk", "uuid")) if assigned else {}
    return WhoIs(registered, assigned, uuids, placement.course_key, policy.counts_email)


def keys_of(segment: Said, sitting_uuid: str) -> list[tuple[str, str]]:
    """
    By what an unknown participant can be known again, strongest first, as `Assignment` has it in `by` and `key`. Empty
    where Zoom gave nothing: such a presence cannot be assigned.
    """
    keys: list[tuple[str, str]] = []
    if segment.registrant_id:
        keys.append((str(Assignment.By.REGISTRANT), segment.registrant_id))
    if segment.zoom_user_id:
        keys.append((str(Assignment.By.ZOOM_USER), segment.zoom_user_id))
    if segment.connection:
        keys.append((str(Assignment.By.CONNECTION), f"{sitting_uuid} {segment.connection}"))
    return keys


def key_digest(by: str, key: str) -> str:
    """`Assignment.key_digest`."""
    return digest(by, key)


def policy_of(placement: Placement) -> Policy | None:
    """The published rule as last read; None where none ever was."""
    if placement.rule is not None:
        return Policy.from_fields(placement.rule)
    if placement.required_seconds is None:
        return None
    # Read before the whole rule was kept.
    return Policy.from_fields(
        {"required_minutes": placement.required_seconds // 60, "has_score": bool(placement.is_graded)}
    )


def dates_of(meeting: Meeting) -> list[PlannedDate]:
    """The dates of a session in order, as Zoom last listed them; a single date is the meeting's own. Never empty."""
    rows = meeting.occurrences.exclude(status=Occurrence.Status.DELETED).order_by("starts_at", "occurrence_id")
    found = [
        PlannedDate(occurrence_id, starts_at, minutes or meeting.duration_minutes or 0)
        for occurrence_id, starts_at, minutes in rows.values_list("occurrence_id", "starts_at", "duration_minutes")
    ]
    return found or [PlannedDate("", meeting.starts_at, meeting.duration_minutes or 0)]


def counting_segments(sitting: Sitting) -> QuerySet[Segment]:
    """
    The presences of a sitting that may count: Zoom's record where it is there, else events; without the waiting room.
    """
    source = Segment.Source.RECORD if sitting.record == Sitting.Record.FINAL else Segment.Source.LIVE
    return sitting.segments.filter(source=source).exclude(room=Segment.Room.WAITING)


def span_us(
    joined_at: datetime | None, left_at: datetime | None, ended_at: datetime | None, now_us: int
) -> tuple[int, int] | None:
    """
    A presence in microseconds. Left open it ends with its sitting; while that runs, now, or a moment after it began
    where Zoom's clock is ahead of ours: she is there. Without a start there is none.
    """
    if joined_at is None:
        return None
    start = attendance.to_us(joined_at)
    end = left_at or ended_at
    return start, attendance.to_us(end) if end is not None else max(now_us, start + 1)


@dataclass
class Tally:
    """
    What was counted at one placement. `settled`: from what will not change by itself any more; `reported`: from all
    that was reported. `present`: when each person was first reported with her own registrant, in microseconds, whatever
    the rule counts.
    """

    rule: attendance.Rule
    settled: dict[int, attendance.Counted]
    reported: dict[int, attendance.Counted]
    present: dict[int, int]
    registered: set[int]
    is_final: bool

    @property
    def people(self) -> set[int]:
        """Everybody who has a place or was there."""
        return self.registered | set(self.reported)

    def sure(self, user_id: int) -> attendance.Counted:
        """What decides about this person: what is settled; where joining completes, whatever was reported."""
        counted = self.reported if self.rule.policy.completion == "joining" else self.settled
        return counted.get(user_id) or self.nothing

    @cached_property
    def nothing(self) -> attendance.Counted:
        """What is counted for somebody who was not there."""
        return self.rule.count([])


def tally(meeting: Meeting, placement: Placement, policy: Policy, *, user_ids: Collection[int] | None = None) -> Tally:
    """Count everybody of a meeting under a policy, or only `user_ids`; in one pass over the presences."""
    rule = attendance.Rule(policy, dates_of(meeting))
    sittings = list(meeting.sittings.all())
    hers = _theirs(meeting, placement, policy, user_ids) if user_ids is not None else None
    resolver = who_is(meeting, placement, policy=policy, registrants=hers.registrants if hers is not None else None)
    wanted = None if user_ids is None else set(user_ids)
    rows: dict[bool, defaultdict[int, list[attendance.Row]]] = {True: defaultdict(list), False: defaultdict(list)}
    present: dict[int, int] = {}
    now_us = attendance.to_us(timezone.now())
    for sitting in sittings:
        date = attendance.date_of(began(sitting) if len(rule.dates) > 1 else None, rule.dates)
        key = date.key if date is not None else ""
        into = rows[sitting.is_settled]
        for registrant_id, joined_at, left_at, *others in _said(sitting, hers):
            has_place = registrant_id in resolver.registered
            # Nearly all come with their own link: for those nothing else is looked at.
            if has_place:
                user_id = resolver.registered[registrant_id]
            else:
                user_id = resolver(_Said(*(registrant_id, *others, sitting.pk)))
            if user_id is None or (wanted is not None and user_id not in wanted):
                continue
            span = span_us(joined_at, left_at, sitting.ended_at, now_us)
            if span is not None and span[1] > span[0]:
                into[user_id].append((key, *span))
                if has_place and span[0] < present.get(user_id, _NEVER):
                    present[user_id] = span[0]
    settled = {user_id: rule.count(its) for user_id, its in rows[True].items()}
    reported = dict(settled)
    for user_id, its in rows[False].items():
        reported[user_id] = rule.count([*rows[True].get(user_id, []), *its])
    registered = {user_id for user_id in resolver.registered.values() if user_id is not None}
    if wanted is not None:
        registered &= wanted
    is_final = all(sitting.is_settled and sitting.ended_at is not None for sitting in sittings)
    return Tally(rule, settled, reported, present, registered, is_final)


# -- inside ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Said:
    registrant_id: str
    zoom_user_id: str
    connection: str
    email: str
    is_internal: bool | None
    sitting_id: int


#: First what is needed of everybody, then the rest of `_Said`.
_FIELDS = ("registrant_id", "joined_at", "left_at", "zoom_user_id", "connection", "email", "is_internal")
_NEVER = 10**30


@dataclass(frozen=True)
class _Theirs:
    """By what the presences of some people can be found; the resolver still decides."""

    registrants: set[str]
    filter: Q


def _said(sitting: Sitting, theirs: _Theirs | None) -> Iterator[tuple[Any, ...]]:
    found = counting_segments(sitting)
    if theirs is not None:
        found = found.filter(theirs.filter)
    return found.values_list(*_FIELDS).iterator(chunk_size=2000)


def _theirs(meeting: Meeting, placement: Placement, policy: Policy, user_ids: Collection[int]) -> _Theirs:
    own = Registration.objects.filter(meeting=meeting, user_id__in=list(user_ids)).exclude(registrant_id="")
    registrants = set(own.values_list("registrant_id", flat=True))
    zoom_users, joins = set(), set()
    for by, key in Assignment.objects.filter(meeting=meeting, user_id__in=list(user_ids)).values_list("by", "key"):
        if by == Assignment.By.REGISTRANT:
            registrants.add(key)
        elif by == Assignment.By.ZOOM_USER:
            zoom_users.add(key)
        else:
            joins.add(key.partition(" ")[2])
    where = Q(registrant_id__in=registrants)
    if zoom_users:
        where |= Q(zoom_user_id__in=zoom_users)
    if joins:
        where |= Q(connection__in=joins)
    if policy.counts_email:
        where |= Q(registrant_id="", is_internal=True)
    found = Segment.objects.filter(where, sitting__meeting=meeting).exclude(registrant_id="")
    # Also whose they are that come with them: a place of somebody else is hers before any assignment.
    return _Theirs(registrants | set(found.values_list("registrant_id", flat=True)), where)


def began(sitting: Sitting) -> datetime | None:
    """When a sitting began, from the best there is."""
    if sitting.started_at is not None:
        return sitting.started_at
    first = counting_segments(sitting).exclude(joined_at=None).order_by("joined_at").values_list("joined_at", flat=True)
    return first.first() or sitting.ended_at


def _plain(email: str) -> str:
    return email.strip().casefold()
