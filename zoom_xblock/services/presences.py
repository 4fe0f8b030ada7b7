"""
Who came and went, as events say it: many at once become few statements, since a popular session's people leave
together. Facts are merged, in any order, any number of times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zoom_xblock import client as zoom
from zoom_xblock import platform
from zoom_xblock.models import Meeting, Registration, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import announce, bulk, counting, placements

COLUMNS = bulk.columns_of(Segment)
#: What an event may add to a presence that is known.
MERGED = ("joined_at", "left_at", "registrant_id", "zoom_user_id", "name", "email", "is_internal", "is_phone")


@dataclass(frozen=True)
class _Said:
    """That a connection came, or went."""

    fact: str
    room: str
    came: bool
    at: datetime
    began: datetime | None
    person: zoom.EventParticipant


def merge(meeting: Meeting, sitting: Sitting, events: Iterable[zoom.Event]) -> bool:
    """
    Merge events of one sitting into its presences; whether they were the first to say that it has begun. The caller has
    a transaction open.
    """
    said = [one for event in events if (one := _said(event)) is not None]
    if not said:
        return False
    segments = _merged(sitting, said)
    is_news = sitting.started_at is None
    if is_news:
        # Somebody is in: it runs, even if `started` is late.
        sitting.started_at = min(one.began or one.at for one in said)
        Sitting.objects.filter(pk=sitting.pk, started_at__isnull=True).update(started_at=sitting.started_at)
    came = {one.fact for one in said if one.came and one.room != Segment.Room.WAITING.value}
    if came:
        _came(meeting, [segments[fact] for fact in sorted(came)])
    return is_news


# -- inside ---------------------------------------------------------------------------------------------------------


def _said(event: zoom.Event) -> _Said | None:
    person, presence = event.participant, event.presence
    if person is None or presence is None:
        return None
    came_or_went, room = presence
    came = came_or_went == "joined"
    at = (person.joined_at if came else person.left_at) or event.occurred_at
    if at is None:
        return None
    who = person.connection or f"{person.participant_uuid or ''}/{person.registrant_id or ''}/{person.name or ''}"
    return _Said(digest("live", room, who), room, came, at, event.started_at, person)


def _merged(sitting: Sitting, said: list[_Said]) -> dict[str, Segment]:
    """
    The presences that were spoken of, by fact, as they stand now. Those that are here are held while they change. Of
    two workers that insert the same one, the second finds it and adds what it knows.
    """
    facts = sorted({one.fact for one in said})  # in one order for all: who waits for each other waits for ever
    found: dict[str, Segment] = {}
    for _time in range(2):
        held = (
            Segment.objects.select_for_update().filter(sitting=sitting, fact_digest__in=facts).order_by("fact_digest")
        )
        found = {segment.fact_digest: segment for segment in held}
        changes: dict[int, set[str]] = {}
        new: dict[str, Segment] = {}
        for one in said:
            segment = found.get(one.fact)
            if segment is None:
                segment = Segment(sitting=sitting, source=Segment.Source.LIVE.value, fact_digest=one.fact)
                segment.room, segment.connection = str(one.room), (one.person.connection or "")[:64]
                found[one.fact] = new[one.fact] = segment
            changed = _add(segment, one)
            if one.fact not in new and changed:
                changes.setdefault(segment.pk, set()).update(changed)
        _update(found.values(), changes)
        rows = [bulk.values_of(new[fact]) for fact in sorted(new)]
        if bulk.insert_counted(Segment, COLUMNS, rows) == len(rows):
            break
    return found


def _add(segment: Segment, said: _Said) -> set[str]:
    """Add what an event says; the names of what it changed."""
    person, before = said.person, {name: getattr(segment, name) for name in MERGED}
    if said.came:
        # Two reports of one connection that disagree: the narrower presence counts, a minute is not invented.
        segment.joined_at = max(said.at, segment.joined_at) if segment.joined_at else said.at
    else:
        segment.left_at = min(said.at, segment.left_at) if segment.left_at else said.at
    # `left` may come first and say less: nothing known is overwritten by nothing.
    segment.registrant_id = segment.registrant_id or (person.registrant_id or "")[:128]
    segment.zoom_user_id = segment.zoom_user_id or (person.zoom_user_id or "")[:64]
    segment.name = segment.name or (person.name or "")[:255]
    segment.email = segment.email or (person.email or "")[:254]
    if person.zoom_user_id:
        segment.is_internal = True  # Zoom gives the id of a user to people of the account only
    segment.is_phone = segment.is_phone or person.phone or None
    return {name for name, value in before.items() if getattr(segment, name) != value}


def _update(segments: Iterable[Segment], changes: dict[int, set[str]]) -> None:
    """Written is what changed; those of which the same is news together."""
    by_names: dict[tuple[str, ...], list[Segment]] = {}
    for segment in segments:
        if segment.pk in changes:
            by_names.setdefault(tuple(sorted(changes[segment.pk])), []).append(segment)
    for names, some in by_names.items():
        if names == ("left_at",):
            bulk.set_each(Segment, "left_at", {segment.pk: segment.left_at for segment in some})
        elif len(some) == 1:
            values: dict[str, Any] = {name: getattr(some[0], name) for name in names}
            Segment.objects.filter(pk=some[0].pk).update(**values)
        else:
            Segment.objects.bulk_update(some, names)


def _came(meeting: Meeting, segments: list[Segment]) -> None:
    """These are in: note it with their places, and where joining completes, count them at once."""
    registrants = sorted({segment.registrant_id for segment in segments if segment.registrant_id})
    if registrants:
        _note_places(meeting, segments, registrants)
    for placement in meeting.placements.all():
        if placement.rule is None:
            placements.read_rule(placement)
        policy = counting.policy_of(placement)
        if policy is None or policy.completion != "joining":
            continue
        who_is = counting.who_is(meeting, placement, registrants=registrants)
        user_ids = {user_id for segment in segments if (user_id := who_is(segment)) is not None}
        if user_ids:
            platform.current().later("decide_learners", placement.pk, sorted(user_ids))


def _note_places(meeting: Meeting, segments: list[Segment], registrants: list[str]) -> None:
    first: dict[str, datetime] = {}
    for segment in segments:
        assert segment.joined_at is not None  # just written
        first[segment.registrant_id] = min(segment.joined_at, first.get(segment.registrant_id, segment.joined_at))
    news: dict[int, datetime] = {}
    earlier: dict[int, datetime] = {}
    # Held from the reading to the writing: that somebody came is told of once.
    alike = meeting.registrations.select_for_update().filter(registrant_id__in=registrants).order_by("pk")
    for registration in alike.only("pk", "user", "registrant_id", "joined_at"):
        # Compared once more in Python: the database may take ids that differ in case only for one.
        joined_at = first.get(registration.registrant_id)
        if joined_at is None or (registration.joined_at is not None and registration.joined_at <= joined_at):
            continue
        if registration.joined_at is None:
            news[registration.user_id] = joined_at
        earlier[registration.pk] = joined_at
    bulk.set_each(Registration, "joined_at", earlier)
    announce.joined(meeting, news)
