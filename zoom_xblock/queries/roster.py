"""The course team's table, page by page: where each learner stands, and what people decided about her."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import attendance
from zoom_xblock.models import Correction, Meeting, Placement, Segment
from zoom_xblock.queries.everybody import Entry, Everybody, Sources, Wish, folded
from zoom_xblock.queries.presences import Seen, condition_for, counting_segments, phone_segments, seen
from zoom_xblock.queries.timetable import occurrences_of, planned_dates

PAGE_ROWS = 50
#: Decisions shown for one learner; older ones are in the evidence file.
MOST_DECISIONS = 20


@dataclass(frozen=True)
class DecisionShown:
    """What a person decided, when and why."""

    verdict: str
    reason: str
    made_by: str
    made_at: datetime
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass
class RosterRow:
    """
    One learner. state: "waiting", "provisional", "final" or "corrected". registration: "none" or a
    `Registration.State`. flags: "phone", "devices" (several at once), "shared" (the link, as it seems), "address" and
    "assignment" (how she was known), "outsider" (no learner of the course any more, or never one).
    """

    user_id: int
    username: str
    name: str
    email: str
    is_learner: bool
    registration: str = "none"
    registered_at: datetime | None = None
    joined_at: datetime | None = None
    is_in: bool = False
    attended_seconds: int = 0
    required_seconds: int = 0
    state: str = "waiting"
    is_complete: bool = False
    asks: bool = False
    verdict: str | None = None
    score: float | None = None
    flags: list[str] = field(default_factory=list)
    decisions: list[DecisionShown] = field(default_factory=list)


@dataclass(frozen=True)
class Roster:
    """
    One page of the table. `total`: rows that the search and the filter leave; `counts`: of everybody, by filter.
    `completion`: what the published rule completes by.
    """

    phase: str
    rows: list[RosterRow]
    total: int
    page: int
    pages: int
    counts: dict[str, int]
    time_zone: str
    completion: str
    is_graded: bool


def roster(usage_key: UsageKey, wish: Wish, sources: Sources) -> Roster | None:
    """
    One page of the table; None where the block has no session. Six queries: placement with meeting, registrations,
    results, assignments, presences of the page and of whoever is in, decisions of the page. While a session is not
    settled, its dates cost one more where it is a series, and so does "in now" as a filter or the order by minutes.
    """
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None:
        return None
    meeting = placement.meeting
    everybody = Everybody(placement, sources)
    is_live = meeting.state == Meeting.State.LIVE
    counts_now = is_live or not (meeting.state == Meeting.State.SCHEDULED or everybody.is_settled)
    if is_live and wish.only == "in_now":
        _mark_present(everybody, seen(counting_segments(meeting).filter(_IS_OPEN), everybody.resolver))
    if counts_now and wish.sort == "minutes":  # an order that only counting everybody gives
        _count(everybody, meeting, seen(counting_segments(meeting), everybody.resolver))
    shown, total, page, pages = page_of(everybody, wish)
    wanted = {entry.person.user_id for entry in shown}
    hers = condition_for(everybody.resolver, wanted, sources.people)
    segments = counting_segments(meeting).filter(hers | _IS_OPEN if is_live else hers)
    found = list(seen(segments | phone_segments(meeting).filter(hers), everybody.resolver))
    _mark_present(everybody, found)
    if counts_now and wish.sort != "minutes":
        _count(everybody, meeting, (one for one in found if one.counts and one.user_id in wanted))
    of_page = defaultdict(list)
    for one in found:
        if one.user_id in wanted:
            of_page[one.user_id].append(one)
    decisions = decisions_of(placement, wanted)
    rows = [row_of(placement, entry, of_page[entry.person.user_id]) for entry in shown]
    for row in rows:
        row.decisions = decisions.get(row.user_id, [])
    return Roster(
        phase=str(meeting.state),
        rows=rows,
        total=total,
        page=page,
        pages=pages,
        counts=everybody.counts(),
        time_zone=meeting.time_zone or "UTC",
        completion=everybody.policy.completion,
        is_graded=bool(placement.is_graded),
    )


def page_of(everybody: Everybody, wish: Wish) -> tuple[list[Entry], int, int, int]:
    """The entries of the page asked for (the last one, where there are fewer), their total, the page, and the pages."""
    found = everybody.select(wish)
    pages = max(1, -(-len(found) // PAGE_ROWS))
    page = min(wish.page, pages)
    return found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS], len(found), page, pages


_IS_OPEN = Q(left_at__isnull=True, joined_at__isnull=False, sitting__ended_at__isnull=True)


def _mark_present(everybody: Everybody, found: Iterable[Seen]) -> None:
    for one in found:
        if (
            one.user_id is not None
            and one.counts
            and one.is_open
            and (entry := everybody.entries.get(one.user_id)) is not None
        ):
            entry.is_in = True


def _count(everybody: Everybody, meeting: Meeting, found: Iterable[Seen]) -> None:
    """Provisional minutes of whoever was seen, by the published rule; `services.counting` says so later for good."""
    dates = planned_dates(meeting, occurrences_of(meeting)) or [attendance.PlannedDate("", None, 0)]
    rule = attendance.Rule(everybody.policy, dates)
    rows: dict[int, list[attendance.Row]] = defaultdict(list)
    for one in found:
        date = attendance.date_of(one.started_at, dates)
        if one.user_id in everybody.entries and date is not None and (span := one.span_us) is not None:
            rows[one.user_id].append((date.key, *span))
    for user_id, hers in rows.items():
        everybody.entries[user_id].live_seconds = rule.count(hers).attended_us // attendance.MICROSECONDS


def row_of(placement: Placement, entry: Entry, hers: list[Seen]) -> RosterRow:
    """One row, without its decisions; `hers`: her presences."""
    person, result = entry.person, entry.result
    row = RosterRow(
        user_id=person.user_id,
        username=person.username,
        name=person.name,
        email=person.email,
        is_learner=entry.is_learner,
        registration=entry.registration,
        registered_at=moment(entry.registered),
        joined_at=moment(entry.joined),
        is_in=entry.is_in,
        required_seconds=placement.required_seconds or 0,
        state=entry.state,
        attended_seconds=entry.attended_seconds,
    )
    if result is not None:
        _, row.required_seconds, _, complete, _, row.verdict, row.score = result
        row.is_complete, row.asks = bool(complete), entry.asks
    if hers:
        row.flags = flags(hers)
        begun = [one.joined_at for one in hers if one.counts and one.joined_at is not None]
        row.joined_at = row.joined_at or min(begun, default=None)
    if not entry.is_learner:
        row.flags.append("outsider")
    return row


def moment(text: str) -> datetime | None:
    """A time as the database casts it to text. Stored in UTC, whatever the text says or leaves out."""
    if not text:
        return None
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def flags(hers: list[Seen]) -> list[str]:
    """
    What the team should see about how somebody was there. Two connections at once are several devices of hers, unless
    they go by different names: then her link is with somebody else as well, as it seems.
    """
    found = []
    if any(one.is_phone for one in hers):
        found.append("phone")
    spans = [
        (*span, folded(one.name).strip())
        for one in hers
        if one.counts and one.room == Segment.Room.MAIN and (span := one.span_us) is not None
    ]
    overlap = shared = False
    running: list[tuple[int, str]] = []
    for start, end, name in sorted(spans):
        running = [other for other in running if other[0] > start]
        overlap = overlap or bool(running)
        shared = shared or any(other[1] and name and other[1] != name for other in running)
        running.append((end, name))
    if overlap:
        found.append("shared" if shared else "devices")
    found += [by for by in ("address", "assignment") if any(one.counts and one.by == by for one in hers)]
    return found


def decisions_of(placement: Placement, user_ids: Iterable[int]) -> dict[int, list[DecisionShown]]:
    """Newest first."""
    found: dict[int, list[DecisionShown]] = defaultdict(list)
    rows = Correction.objects.filter(placement=placement, user_id__in=list(user_ids)).order_by("-pk")
    columns = ("user_id", "verdict", "reason", "made_by__username", "made_at", "before", "after")
    for user_id, verdict, reason, made_by, made_at, before, after in rows.values_list(*columns):
        if len(found[user_id]) < MOST_DECISIONS:
            found[user_id].append(DecisionShown(verdict, reason, made_by or "", made_at, before, after))
    return found
