"""
Who was seen where, from when to when: the presences of a meeting that count, with whose they are.

Whose they are is said by `services.counting.WhoIs`, which is handed in: there is one order of proofs, and it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Q, QuerySet
from django.utils import timezone

from zoom_xblock import attendance
from zoom_xblock.models import Assignment, Meeting, Placement, Segment, Sitting

#: Presences are read so many at a time.
CHUNK = 2000

_COLUMNS = (
    "sitting_id",
    "room",
    "connection",
    "registrant_id",
    "zoom_user_id",
    "name",
    "email",
    "is_internal",
    "is_phone",
    "joined_at",
    "left_at",
    "source",
    "sitting__uuid",
    "sitting__ended_at",
    "sitting__record",
    "sitting__started_at",
)


@dataclass(slots=True)
class Seen:
    """One presence. `user_id` is None where it is nobody's; `by` is `counting.Who.by`."""

    sitting_id: int
    room: str
    connection: str
    registrant_id: str
    zoom_user_id: str
    name: str
    email: str
    is_internal: bool | None
    is_phone: bool | None
    joined_at: datetime | None
    left_at: datetime | None
    source: str
    uuid: str
    ended_at: datetime | None
    record: str
    started_at: datetime | None
    user_id: int | None = None
    by: str = "unknown"

    @property
    def counts(self) -> bool:
        """Whether it is what counts, and not an event that stands beside Zoom's record."""
        return (self.source == Segment.Source.RECORD) == (self.record == Sitting.Record.FINAL)

    @property
    def is_open(self) -> bool:
        """Whether the person is in at this moment."""
        return self.joined_at is not None and self.left_at is None and self.ended_at is None

    @property
    def span_us(self) -> tuple[int, int] | None:
        """
        From when to when, in microseconds; left open it ends with its sitting, or now while that runs. None where
        there is nothing.
        """
        if self.joined_at is None:
            return None
        start = attendance.to_us(self.joined_at)
        ended = self.left_at or self.ended_at
        end = attendance.to_us(ended) if ended is not None else max(attendance.to_us(timezone.now()), start + 1)
        return (start, end) if end > start else None


class Resolver(Protocol):
    """`services.counting.WhoIs`."""

    registered: dict[str, int | None]
    assigned: dict[tuple[str, str], int | None]
    uuids: dict[int, str]
    counts_email: bool

    def who(self, segment: Any) -> Any:
        """`user_id` and `by` of a presence."""

    def read_already(self, people: Iterable[Any]) -> None:
        """These are all learners of the course."""


#: `services.counting.WhoIs` itself: registered, assigned, uuids, course_key, counts_email.
MakeResolver = Callable[..., Resolver]


def resolver(
    placement: Placement,
    make: MakeResolver,
    registered: Iterable[tuple[str, int]],
    people: Sequence[Any],
    counts_email: bool,
) -> Resolver:
    """Ready to be asked, in one query: registrations (registrant id, user id) and learners are there already."""
    places: dict[str, int | None] = {}
    for registrant_id, user_id in registered:
        # Zoom gave two of ours one registrant: it proves nothing about either (as `counting.who_is`).
        places[registrant_id] = None if registrant_id in places else user_id
    rows = Assignment.objects.filter(meeting_id=placement.meeting_id).values_list("by", "key", "user_id")
    assigned = {(by, key): user_id for by, key, user_id in rows}
    made = make(places, assigned, {}, placement.course_key, counts_email)
    if counts_email:
        made.read_already(people)
    return made


def counting_segments(meeting: Meeting) -> QuerySet[Segment]:
    """What counts, or would: Zoom's record of a sitting where there is one, else its events. No waiting room."""
    is_record = Q(sitting__record=Sitting.Record.FINAL)
    source = (is_record & Q(source=Segment.Source.RECORD)) | (~is_record & Q(source=Segment.Source.LIVE))
    return Segment.objects.filter(source, sitting__meeting=meeting).exclude(room=Segment.Room.WAITING)


def phone_segments(meeting: Meeting) -> QuerySet[Segment]:
    """Events of people who came by telephone, which Zoom's record does not say."""
    return Segment.objects.filter(sitting__meeting=meeting, source=Segment.Source.LIVE, is_phone=True)


def condition_for(resolver: Resolver, user_ids: Iterable[int], people: Sequence[Any]) -> Q:
    """For the segments of these people, and perhaps some more: the resolver still decides."""
    wanted = set(user_ids)
    registrants = [registrant_id for registrant_id, user_id in resolver.registered.items() if user_id in wanted]
    hers = [key for key, user_id in resolver.assigned.items() if user_id in wanted]
    registrants += [key for by, key in hers if by == Assignment.By.REGISTRANT]
    condition = Q(registrant_id__in=registrants)
    if zoom_users := [key for by, key in hers if by == Assignment.By.ZOOM_USER]:
        condition |= Q(zoom_user_id__in=zoom_users)
    if joins := [key.rpartition(" ")[2] for by, key in hers if by == Assignment.By.CONNECTION]:
        condition |= Q(connection__in=joins)
    if resolver.counts_email:
        addresses = [person.email.strip() for person in people if person.user_id in wanted]
        condition |= Q(is_internal=True, registrant_id="", email__in=[*addresses, *map(str.casefold, addresses)])
    return condition


def seen(segments: QuerySet[Segment], resolver: Resolver) -> Iterator[Seen]:
    """These segments with whose they are, in no order: one query, read bit by bit."""
    for row in segments.values_list(*_COLUMNS).iterator(chunk_size=CHUNK):
        one = Seen(*row)
        resolver.uuids[one.sitting_id] = one.uuid
        who = resolver.who(one)
        one.user_id, one.by = who.user_id, who.by
        yield one
