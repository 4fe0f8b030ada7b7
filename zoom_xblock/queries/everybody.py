"""
Everybody of a course as one session has her: small columns in memory, to be searched, sorted and filtered at once.

So any order and any search of the course team's table cost the same handful of queries, with ten learners or ten
thousand; whatever else a row shows is read for one page.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import CharField
from django.db.models.functions import Cast

from zoom_xblock import attendance
from zoom_xblock.models import Correction, Meeting, Placement, Registration, Result
from zoom_xblock.queries.presences import MakeResolver, resolver

SORTS = ("name", "username", "registered", "joined", "minutes", "state", "completion", "grade")
FILTERS = ("all", "registered", "unregistered", "in_now", "complete", "incomplete", "ask", "decided")
#: Columns of a result in `Entry.result`.
RESULT = ("attended_seconds", "required_seconds", "state", "is_complete", "counted_complete", "verdict", "score")


@dataclass(frozen=True)
class Wish:
    """What part of the table is asked for; `page` counts from 1."""

    search: str = ""
    sort: str = "name"
    descending: bool = False
    only: str = "all"
    page: int = 1


@dataclass(frozen=True)
class Sources:
    """
    What is not ours to read, handed in: the learners of the course and others by id (the platform's, each with
    `user_id`, `username`, `name` and `email`), and who says whose a presence is (`services.counting.WhoIs`).
    """

    people: Sequence[Any]
    people_of: Callable[[list[int]], dict[int, Any]]
    make_resolver: MakeResolver


@dataclass(slots=True)
class Entry:
    """What sorting, searching and filtering need of somebody; times as the database writes them."""

    person: Any
    is_learner: bool
    registration: str = "none"
    registered: str = ""
    joined: str = ""
    result: tuple[Any, ...] | None = None
    is_in: bool = False
    took_place: bool = True
    live_seconds: int | None = None

    @property
    def state(self) -> str:
        """ "waiting", "provisional", "final" or "corrected"."""
        if self.result is not None and self.result[5] not in _UNDECIDED:
            return "corrected"
        if self.result is not None and self.took_place:
            return str(self.result[2])
        return "waiting" if self.live_seconds is None else str(Result.State.PROVISIONAL)

    @property
    def attended_seconds(self) -> int:
        """What was decided last, or what is known of a session that is not settled."""
        if self.live_seconds is not None:
            return self.live_seconds
        return self.result[0] if self.result is not None else 0

    @property
    def asks(self) -> bool:
        """Whether a completion stands that the count does not give any more, and nobody has decided."""
        result = self.result
        if result is None or result[2] != Result.State.FINAL or result[5] not in _UNDECIDED:
            return False
        return bool(result[3]) and result[4] is False


_UNDECIDED = (None, "", Correction.Verdict.COUNTED)


class Everybody:
    """All rows of one placement's table. Three queries; more where people without a place in the course have one."""

    def __init__(self, placement: Placement, sources: Sources) -> None:
        self.placement, self.sources = placement, sources
        self.policy = attendance.Policy.from_fields(placement.rule or {})
        self.entries = {person.user_id: Entry(person, True) for person in sources.people}
        rows = _Rows(placement)
        strays = sorted(rows.user_ids - self.entries.keys())
        if strays and is_shared(placement):
            strays = sorted(rows.counted_ids - self.entries.keys())
        for user_id, person in (sources.people_of(strays) if strays else {}).items():
            self.entries[user_id] = Entry(person, False)
        rows.put_into(self.entries)
        self.resolver = resolver(
            placement, sources.make_resolver, rows.places, sources.people, counts_email=self.policy.counts_email
        )

    @property
    def is_settled(self) -> bool:
        """Whether everybody's last count is final, so that nothing has to be counted for showing."""
        results = [entry.result for entry in self.entries.values() if entry.result is not None]
        return bool(results) and all(result[2] == Result.State.FINAL for result in results)

    def select(self, wish: Wish) -> list[Entry]:
        """Those whom the search and the filter leave, in order."""
        wanted, passes = folded(wish.search), _FILTERS[wish.only]
        found = [entry for entry in self.entries.values() if passes(entry) and (not wanted or _is_found(entry, wanted))]
        found.sort(key=lambda entry: (folded(entry.person.name), entry.person.user_id), reverse=_is_name_down(wish))
        if wish.sort != "name":
            found.sort(key=_ORDERS[wish.sort], reverse=wish.descending)
        if wish.sort in ("registered", "joined"):  # whoever has none stands last, either way
            found.sort(key=lambda entry: not getattr(entry, wish.sort))
        return found

    def counts(self) -> dict[str, int]:
        """How many of everybody pass each filter."""
        entries = list(self.entries.values())
        found = {only: sum(map(_FILTERS[only], entries)) for only in FILTERS if only not in _OPPOSITES}
        return found | {only: len(entries) - found[other] for only, other in _OPPOSITES.items()}


def is_shared(placement: Placement) -> bool:
    """
    Whether another course has the same session. Then a place at it does not make somebody a person of this course: its
    staff sees its learners and whoever has a result here, and nobody else.
    """
    others = Placement.objects.filter(meeting_id=placement.meeting_id).exclude(course_key=placement.course_key)
    return placement.meeting_id is not None and others.exists()


def some(placement: Placement, people: Iterable[Any], *, are_learners: bool) -> dict[int, Entry]:
    """The entries of these people alone, in two queries: for exports, page by page."""
    entries = {person.user_id: Entry(person, are_learners) for person in people}
    _Rows(placement, list(entries)).put_into(entries)
    return entries


class _Rows:
    """Registrations and results of a placement, of everybody or of some, as tuples."""

    def __init__(self, placement: Placement, user_ids: list[int] | None = None) -> None:
        self.took_place = placement.meeting is not None and placement.meeting.state != Meeting.State.SCHEDULED
        registrations = Registration.objects.filter(meeting_id=placement.meeting_id)
        results = Result.objects.filter(placement=placement)
        if user_ids is not None:
            registrations, results = registrations.filter(user_id__in=user_ids), results.filter(user_id__in=user_ids)
        # As text: making times of ten thousand rows would take longer than all the rest.
        registrations = registrations.annotate(
            registered=Cast("registered_at", CharField()), joined=Cast("joined_at", CharField())
        )
        columns = ("user_id", "state", "registrant_id", "registered", "joined")
        self.registered = list(registrations.values_list(*columns))
        self.counted = list(
            results.annotate(joined=Cast("joined_at", CharField())).values_list("user_id", "joined", *RESULT)
        )

    @property
    def user_ids(self) -> set[int]:
        return {row[0] for row in self.registered} | {row[0] for row in self.counted}

    @property
    def counted_ids(self) -> set[int]:
        return {row[0] for row in self.counted}

    @property
    def places(self) -> list[tuple[str, int]]:
        return [(row[2], row[0]) for row in self.registered if row[2]]

    def put_into(self, entries: dict[int, Entry]) -> None:
        for user_id, state, _registrant_id, registered_at, joined in self.registered:
            if (entry := entries.get(user_id)) is not None:
                entry.registration, entry.registered, entry.joined = state, registered_at or "", joined or ""
        for user_id, joined, *result in self.counted:
            if (entry := entries.get(user_id)) is not None:
                entry.result, entry.joined = tuple(result), joined or entry.joined
                entry.took_place = self.took_place


@lru_cache(maxsize=32_768)
def folded(text: str) -> str:
    """As people look things up: capitals and accents make no difference."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))


def _is_name_down(wish: Wish) -> bool:
    return wish.sort == "name" and wish.descending


def _is_found(entry: Entry, wanted: str) -> bool:
    person = entry.person
    return any(wanted in folded(text) for text in (person.name, person.username, person.email))


def _is_complete(entry: Entry) -> bool:
    return entry.result is not None and bool(entry.result[3])


def _is_registered(entry: Entry) -> bool:
    return entry.registration == Registration.State.REGISTERED


_FILTERS: dict[str, Callable[[Entry], bool]] = {
    "all": lambda entry: True,
    "registered": _is_registered,
    "unregistered": lambda entry: not _is_registered(entry),
    "in_now": lambda entry: entry.is_in,
    "complete": _is_complete,
    "incomplete": lambda entry: not _is_complete(entry),
    "ask": lambda entry: entry.asks,
    "decided": lambda entry: entry.state == "corrected",
}
#: Whoever does not pass the one passes the other.
_OPPOSITES = {"unregistered": "registered", "incomplete": "complete"}
_STATES = {"waiting": 0, "provisional": 1, "final": 2, "corrected": 3}
_ORDERS: dict[str, Callable[[Entry], Any]] = {
    "username": lambda entry: folded(entry.person.username),
    "registered": lambda entry: entry.registered,
    "joined": lambda entry: entry.joined,
    "minutes": lambda entry: entry.attended_seconds if entry.state != "waiting" else -1,
    "state": lambda entry: _STATES.get(entry.state, 1),
    "completion": _is_complete,
    "grade": lambda entry: -1.0 if entry.result is None or entry.result[6] is None else entry.result[6],
}
