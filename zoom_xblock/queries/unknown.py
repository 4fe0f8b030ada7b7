"""
Participants of a meeting of whom nobody knows whose presence it is, each as one row of the work list.

One query for all presences, read bit by bit; who is who is said by the caller's resolver (`services.counting`).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Protocol

from django.db.models import Q, QuerySet
from django.utils import timezone

from zoom_xblock import attendance
from zoom_xblock.models import Host, Meeting, Segment, Sitting

#: (by, key) as `models.Assignment` has them.
Key = tuple[str, str]

CHUNK = 2000
MOST_SUGGESTIONS = 3
#: Presences that a person may settle, or has settled.
OPEN = ("unknown", "assignment", "dismissed")
#: From here on two names are called similar (`difflib.SequenceMatcher.ratio`); a suggestion, and nothing more.
SIMILAR = 0.78

_COLUMNS = (
    "sitting_id",
    "sitting__uuid",
    "connection",
    "registrant_id",
    "zoom_user_id",
    "name",
    "email",
    "is_internal",
    "is_phone",
    "joined_at",
    "left_at",
    "sitting__ended_at",
)


@dataclass(slots=True)
class Said:
    """One presence as Zoom reported it."""

    sitting_id: int
    uuid: str
    connection: str
    registrant_id: str
    zoom_user_id: str
    name: str
    email: str
    is_internal: bool | None
    is_phone: bool | None
    joined_at: datetime | None
    left_at: datetime | None
    ended_at: datetime | None


@dataclass(slots=True)
class Participant:
    """
    Somebody in a session, as far as Zoom can tell her again. `came_by`: "registrant" (registered at Zoom, not by us),
    "signed_in" (a user of Zoom), "phone" or "guest". `email` as Zoom gave it; `is_vouched`: Zoom says that it is hers.
    `seconds` is the union of her presences; `is_in`: at this moment. `is_unknown`: of some presence nobody has said
    anything yet.
    """

    by: str
    key: str
    came_by: str
    names: list[str] = field(default_factory=list)
    email: str = ""
    is_vouched: bool = False
    first_at: datetime | None = None
    last_at: datetime | None = None
    is_in: bool = False
    is_unknown: bool = False
    seconds: float = 0
    joins: int = 0
    spans: list[tuple[int, int]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name she gave last."""
        return self.names[-1] if self.names else ""


class Named(Protocol):
    """A learner, as the platform's door names her."""

    @property
    def user_id(self) -> int:
        """Her account."""

    @property
    def username(self) -> str:
        """Her user name."""

    @property
    def email(self) -> str:
        """Her address at the site."""

    @property
    def name(self) -> str:
        """Her full name."""


@dataclass(frozen=True)
class Suggestion:
    """A learner whom it might be. `by`: "address" or "name". It counts for nothing until staff says so."""

    user_id: int
    username: str
    name: str
    by: str


def participants(
    meeting: Meeting, keys_of: Callable[[Any, str], list[Key]], said_by: Callable[[Said], str]
) -> dict[Key, Participant]:
    """
    The participants who are nobody's by a proof, by their strongest key, without the host and the alternative hosts.
    `said_by` is "unknown", "assignment" or "dismissed" for them, and anything else for whom we know.

    Three queries for any number of people: presences, hosts, and who came by phone (records do not say it).
    """
    hosts = _Hosts.of(meeting)
    phones = _phones(meeting)
    found: dict[Key, Participant] = {}
    now_us = attendance.to_us(timezone.now())
    for row in _reported(meeting).values_list(*_COLUMNS).iterator(chunk_size=CHUNK):
        said = Said(*row)
        proof = said_by(said)
        if proof not in OPEN or hosts.has(said):
            continue
        keys = keys_of(said, said.uuid)
        # Zoom gave nothing to know her by: shown all the same, by what there is, and not assignable.
        key = keys[0] if keys else ("", f"{said.sitting_id} {said.name}")
        one = found.get(key)
        if one is None:
            one = found[key] = Participant(by=key[0], key=key[1], came_by=_came_by(said, phones))
        one.is_unknown = one.is_unknown or proof == "unknown"
        _add(one, said, now_us)
    for one in found.values():
        one.seconds = sum(end - start for start, end in attendance.union_us(one.spans)) / attendance.MICROSECONDS
        one.spans = []
    return found


def suggest(people: Iterable[Participant], learners: Iterable[Named]) -> dict[Key, list[Suggestion]]:
    """For each participant at most three learners: those of exactly her address, then those of a similar name."""
    by_address, by_word = defaultdict(list), defaultdict(list)
    for learner in learners:
        by_address[learner.email.strip().casefold()].append(learner)
        for word in _words(learner.name) | _words(learner.username):
            by_word[word].append(learner)
    return {(one.by, one.key): _suggested(one, by_address, by_word) for one in people}


# -- inside ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Hosts:
    """Who runs the session: by Zoom's user id, or by an address that Zoom vouches for."""

    ids: frozenset[str]
    addresses: frozenset[str]

    @classmethod
    def of(cls, meeting: Meeting) -> _Hosts:
        alternative = meeting.alternative_hosts.replace(";", ",").split(",")
        addresses = {one.strip().casefold() for one in (meeting.host_email, *alternative)} - {""}
        ids = {meeting.host_id} - {""}
        listed = Q(pk__in=[])
        for address in addresses:
            listed |= Q(email__iexact=address)
        ids.update(Host.objects.filter(listed).values_list("zoom_id", flat=True))
        return cls(frozenset(ids), frozenset(addresses))

    def has(self, said: Said) -> bool:
        return said.zoom_user_id in self.ids or (
            said.is_internal is True and said.email.strip().casefold() in self.addresses
        )


def _reported(meeting: Meeting) -> QuerySet[Segment]:
    """Zoom's record of a sitting where there is one, else its events; without the waiting room."""
    is_record = Q(sitting__record=Sitting.Record.FINAL)
    source = (is_record & Q(source=Segment.Source.RECORD)) | (~is_record & Q(source=Segment.Source.LIVE))
    return Segment.objects.filter(source, sitting__meeting=meeting).exclude(room=Segment.Room.WAITING)


def _phones(meeting: Meeting) -> set[tuple[int, str]]:
    live = Segment.objects.filter(sitting__meeting=meeting, source=Segment.Source.LIVE, is_phone=True)
    return set(live.values_list("sitting_id", "connection"))


def _came_by(said: Said, phones: set[tuple[int, str]]) -> str:
    if said.is_phone or (said.connection and (said.sitting_id, said.connection) in phones):
        return "phone"
    if said.registrant_id:
        return "registrant"
    return "signed_in" if said.zoom_user_id or said.is_internal else "guest"


def _add(one: Participant, said: Said, now_us: int) -> None:
    if said.name and said.name not in one.names and len(one.names) < 5:
        one.names.append(said.name)
    is_vouched = said.is_internal is True and not said.registrant_id
    if said.email and (not one.email or (is_vouched and not one.is_vouched)):
        one.email, one.is_vouched = said.email, is_vouched
    if said.joined_at is None:
        return
    one.joins += 1
    ends = said.left_at or said.ended_at
    is_in = ends is None
    one.is_in = one.is_in or is_in
    one.first_at = min(said.joined_at, one.first_at or said.joined_at)
    if ends is not None:
        one.last_at = max(ends, one.last_at or ends)
    start = attendance.to_us(said.joined_at)
    one.spans.append((start, max(now_us, start) if ends is None else attendance.to_us(ends)))


def _suggested(one: Participant, by_address: dict[str, list[Any]], by_word: dict[str, list[Any]]) -> list[Suggestion]:
    chosen: dict[int, Suggestion] = {}
    for learner in by_address.get(one.email.strip().casefold(), []) if one.email else []:
        chosen[learner.user_id] = Suggestion(learner.user_id, learner.username, learner.name, "address")
    scored: dict[int, tuple[float, Any]] = {}
    for name in one.names:
        words = _words(name)
        for word in words:
            for learner in by_word.get(word, ())[:200]:
                score = _likeness(words, learner)
                if score >= SIMILAR and score > scored.get(learner.user_id, (0.0, None))[0]:
                    scored[learner.user_id] = (score, learner)
    for _score, learner in sorted(scored.values(), key=lambda pair: (-pair[0], pair[1].user_id)):
        chosen.setdefault(learner.user_id, Suggestion(learner.user_id, learner.username, learner.name, "name"))
    return list(chosen.values())[:MOST_SUGGESTIONS]


def _likeness(words: set[str], learner: Any) -> float:
    own = _words(learner.name)
    if own and (own <= words or (len(words) > 1 and words <= own)):
        return 1.0
    if words == _words(learner.username):
        return 0.95
    return SequenceMatcher(None, " ".join(sorted(words)), " ".join(sorted(own))).ratio()


def _words(text: str) -> set[str]:
    """Words without accents, marks and case: "López, Ana" and "ana lopez" are the same."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    spaced = "".join(mark if mark.isalnum() else " " for mark in plain.casefold())
    return {word for word in spaced.split() if len(word) > 1}
