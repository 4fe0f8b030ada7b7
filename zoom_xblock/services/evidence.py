"""
What leaves the site about a session: the table, row by row, and the evidence that somebody else can count again.

Both are read page by page and handed on piece by piece. Nothing secret is in them: no link, no passcode, no token.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import __version__, attendance, platform
from zoom_xblock.attendance import check
from zoom_xblock.models import Correction, Meeting, Placement, Registration, Result, Sitting
from zoom_xblock.queries.everybody import Entry, is_shared, some
from zoom_xblock.queries.presences import Seen, condition_for, counting_segments, phone_segments, seen
from zoom_xblock.queries.roster import RosterRow, decisions_of, row_of
from zoom_xblock.services import counting
from zoom_xblock.services.corrections import require_staff
from zoom_xblock.services.errors import Unplaced

PAGE = 500


@dataclass(frozen=True)
class Rows:
    """The whole table: `rows` is read while it is consumed. `completion`: what the rule completes by."""

    time_zone: str
    completion: str
    rows: Iterator[RosterRow]


def rows(*, usage_key: UsageKey, staff_id: int) -> Rows:
    """
    Every learner of the course and whoever else has a place or a result, by user id. Raises Forbidden ("not_staff") or
    Unplaced, before the first row. Six queries for each 500 learners.
    """
    placement, meeting = _placed(usage_key, staff_id)
    policy = counting.policy_of(placement) or attendance.Policy()
    return Rows(meeting.time_zone or "UTC", policy.completion, _rows(placement, meeting))


def pieces(*, usage_key: UsageKey, staff_id: int) -> Iterator[str]:
    """
    The evidence file, piece by piece (docs/evidence.md). Raises Forbidden ("not_staff") or Unplaced, before the first
    piece.
    """
    placement, meeting = _placed(usage_key, staff_id)
    return _pieces(placement, meeting, staff_id)


def check_file(path: str) -> tuple[int, list[str]]:
    """See `attendance.check.lines`."""
    return check.lines(path)


def _placed(usage_key: UsageKey, staff_id: int) -> tuple[Placement, Meeting]:
    require_staff(staff_id, usage_key.context_key)
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None:
        raise Unplaced()
    return placement, placement.meeting


# -- everybody, page by page -----------------------------------------------------------------------------------------


def _pages(placement: Placement) -> Iterator[dict[int, Entry]]:
    """Learners of the course first, then whoever else has a place or a result here."""
    door = platform.current()
    last = 0
    while people := door.learners(placement.course_key, after_user_id=last, limit=PAGE):
        yield some(placement, people, are_learners=True)
        if len(people) < PAGE:
            break
        last = people[-1].user_id
    last, is_alone = 0, not is_shared(placement)
    while user_ids := _with_rows(placement, last, is_alone):
        last = user_ids[-1]
        others = sorted(set(user_ids) - door.learners_among(user_ids, placement.course_key))
        if others:
            people_of = door.people(others)
            yield some(placement, [people_of[one] for one in others if one in people_of], are_learners=False)
        if len(user_ids) < PAGE:
            break


def _with_rows(placement: Placement, after_user_id: int, with_places: bool) -> list[int]:
    results = Result.objects.filter(placement=placement, user_id__gt=after_user_id)
    found: set[int] = set()
    if with_places:
        places = Registration.objects.filter(meeting=placement.meeting, user_id__gt=after_user_id)
        found = set(places.order_by("user_id").values_list("user_id", flat=True)[:PAGE])
    found |= set(results.order_by("user_id").values_list("user_id", flat=True)[:PAGE])
    return sorted(found)[:PAGE]


def _rows(placement: Placement, meeting: Meeting) -> Iterator[RosterRow]:
    resolver = counting.who_is(meeting, placement)
    for entries in _pages(placement):
        people = [entry.person for entry in entries.values()]
        hers = condition_for(resolver, entries, people)
        of_learner: dict[int, list[Seen]] = defaultdict(list)
        for one in seen(counting_segments(meeting).filter(hers) | phone_segments(meeting).filter(hers), resolver):
            if one.user_id in entries:
                of_learner[one.user_id].append(one)
                entries[one.user_id].is_in |= one.counts and one.is_open
        decisions = decisions_of(placement, entries)
        for user_id, entry in entries.items():
            row = row_of(placement, entry, of_learner.get(user_id, []))
            row.decisions = decisions.get(user_id, [])
            yield row


# -- the evidence ----------------------------------------------------------------------------------------------------


def _pieces(placement: Placement, meeting: Meeting, staff_id: int) -> Iterator[str]:
    """The evidence as canonical JSON (`attendance.check.canonical`), its names in order, and then its checksum."""
    made_at = timezone.now()
    policy = counting.policy_of(placement) or attendance.Policy()
    dates = counting.dates_of(meeting)
    rule = attendance.Rule(policy, dates)
    sittings = list(meeting.sittings.order_by("started_at", "pk"))
    keys = {sitting.pk: _key_of(sitting, rule) for sitting in sittings}
    index = {sitting.pk: number for number, sitting in enumerate(sittings)}
    resolver = counting.who_is(meeting, placement)
    told: list[tuple[str, Any]] = [
        ("dates", [_date(date) for date in dates]),
        ("format", check.FORMAT),
        ("learners", _learners(placement, meeting, resolver, rule, keys, index, made_at)),
        ("made", {"at": _text(made_at), "by": _name_of(staff_id), "software": f"zoom_xblock {__version__}"}),
        ("others", _others(meeting, resolver, index, made_at)),
        ("rule", policy.as_json()),
        ("session", _session(placement, meeting)),
        ("sittings", [_sitting(sitting, keys[sitting.pk]) for sitting in sittings]),
    ]
    hashed = hashlib.sha256()
    yield '{"evidence":'
    for piece in _object(told):
        hashed.update(piece.encode("ascii"))
        yield piece
    yield f',"checksum":{check.canonical({"algorithm": "sha256", "value": hashed.hexdigest()})}}}\n'


def _object(members: list[tuple[str, Any]]) -> Iterator[str]:
    """Canonical JSON of an object whose members may be iterators: those become lists as they are read."""
    assert [name for name, _value in members] == sorted(name for name, _value in members)
    for number, (name, value) in enumerate(members):
        yield ("," if number else "{") + check.canonical(name) + ":"
        if isinstance(value, Iterator):
            yield "["
            for position, one in enumerate(value):
                yield ("," if position else "") + check.canonical(one)
            yield "]"
        else:
            yield check.canonical(value)
    yield "}"


def _learners(
    placement: Placement,
    meeting: Meeting,
    resolver: counting.WhoIs,
    rule: attendance.Rule,
    keys: dict[int, str],
    index: dict[int, int],
    made_at: datetime,
) -> Iterator[dict[str, Any]]:
    for entries in _pages(placement):
        people = [entry.person for entry in entries.values()]
        hers: dict[int, list[Seen]] = defaultdict(list)
        for one in seen(counting_segments(meeting).filter(condition_for(resolver, entries, people)), resolver):
            if one.user_id in entries:
                hers[one.user_id].append(one)
        decisions = _decisions(placement, entries)
        results = {one.user_id: one for one in Result.objects.filter(placement=placement, user_id__in=list(entries))}
        for user_id, entry in entries.items():
            rows, presences = _presences(hers.get(user_id, []), keys, index, made_at)
            counted = rule.count(rows)
            yield {
                "user_id": user_id,
                "username": entry.person.username,
                "name": entry.person.name,
                "email": entry.person.email,
                "is_learner": entry.is_learner,
                "registration": entry.registration,
                "presences": presences,
                "counted": [
                    {"date": key, "from": check.moment_text(start), "until": check.moment_text(end)}
                    for key, start, end in rule.spans(rows)
                ],
                "attended_microseconds": counted.attended_us,
                "required_seconds": counted.required_seconds,
                "counted_complete": counted.complete,
                "result": _result(results.get(user_id)),
                "decisions": decisions.get(user_id, []),
            }


def _others(
    meeting: Meeting, resolver: counting.WhoIs, index: dict[int, int], made_at: datetime
) -> Iterator[dict[str, Any]]:
    """Presences that count for nobody, as Zoom reported them: of guests, hosts, and those whom staff dismissed."""
    for one in seen(counting_segments(meeting), resolver):
        if one.user_id is None:
            yield {"name": one.name, "email": one.email, **_presence(one, index, made_at)}


def _presences(
    hers: list[Seen], keys: dict[int, str], index: dict[int, int], made_at: datetime
) -> tuple[list[attendance.Row], list[dict[str, Any]]]:
    """As the rule counts them and as the file shows them."""
    hers = [one for one in hers if one.joined_at is not None]
    hers.sort(key=lambda one: (one.joined_at, index[one.sitting_id], one.connection, one.room))
    rows = [
        (keys[one.sitting_id], attendance.to_us(one.joined_at), attendance.to_us(_until(one, made_at)))
        for one in hers
        if one.joined_at is not None
    ]
    return rows, [_presence(one, index, made_at) for one in hers]


def _presence(one: Seen, index: dict[int, int], made_at: datetime) -> dict[str, Any]:
    return {
        "sitting": index[one.sitting_id],
        "from": _text(one.joined_at),
        "until": _text(_until(one, made_at)),
        "until_by": "reported" if one.left_at else "end of the sitting" if one.ended_at else "still in",
        "room": one.room,
        "source": "record" if one.source == "record" else "events",
        "by": one.by,
        "registrant_id": one.registrant_id,
        "zoom_user_id": one.zoom_user_id,
        "connection": one.connection,
        "is_phone": bool(one.is_phone),
    }


def _until(one: Seen, made_at: datetime) -> datetime:
    """Never before it began: the file says what counts, and that is nothing less than nothing."""
    assert one.joined_at is not None
    return max(one.joined_at, one.left_at or one.ended_at or made_at)


def _key_of(sitting: Sitting, rule: attendance.Rule) -> str:
    date = attendance.date_of(counting.began(sitting) if len(rule.dates) > 1 else None, rule.dates)
    return date.key if date is not None else ""


def _decisions(placement: Placement, user_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    """All of them, oldest first: the last one is in force."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = Correction.objects.filter(placement=placement, user_id__in=list(user_ids)).order_by("pk")
    columns = ("user_id", "verdict", "reason", "made_by__username", "made_at", "before", "after")
    for user_id, verdict, reason, made_by, made_at, before, after in rows.values_list(*columns):
        found[user_id].append(
            {
                "verdict": verdict,
                "reason": reason,
                "by": made_by or "",
                "at": _text(made_at),
                "before": before,
                "after": after,
            }
        )
    return found


def _result(result: Result | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "state": result.state,
        "is_complete": result.is_complete,
        "counted_complete": result.counted_complete,
        "verdict": result.verdict or None,
        "attended_seconds": result.attended_seconds,
        "required_seconds": result.required_seconds,
        "score": result.score,
        "decided_at": _text(result.decided_at),
        "completed_at": _text(result.completed_at),
    }


def _session(placement: Placement, meeting: Meeting) -> dict[str, Any]:
    return {
        "usage_key": str(placement.usage_key),
        "course_key": str(placement.course_key),
        "zoom_id": meeting.zoom_id,
        "kind": meeting.kind,
        "topic": meeting.topic,
        "host": meeting.host_email,
        "time_zone": meeting.time_zone,
        "state": meeting.state,
        "counted_at": _text(meeting.decided_at),
    }


def _sitting(sitting: Sitting, key: str) -> dict[str, Any]:
    return {
        "uuid": sitting.uuid,
        "date": key,
        "started_at": _text(sitting.started_at),
        "ended_at": _text(sitting.ended_at),
        "record": sitting.record,
        "settled_at": _text(sitting.settled_at),
    }


def _date(date: attendance.PlannedDate) -> dict[str, Any]:
    return {"key": date.key, "starts_at": _text(date.starts_at), "duration_minutes": date.duration_minutes}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else check.moment_text(attendance.to_us(moment))


def _name_of(user_id: int) -> str:
    person = platform.current().person(user_id)
    return person.username if person is not None else ""
