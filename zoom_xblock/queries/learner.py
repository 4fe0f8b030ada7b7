"""
What a learner's page shows, and the token by which an open page learns that nothing has changed.

One query has the place, the meeting, her registration and her result together, and how much was reported of her; from
it alone the token is made, so that the common answer to a page that asks costs this one query. The whole page needs the
runs of the meeting with her presences besides, the dates of a series, and what staff has assigned to her if anything:
two to four queries. The number of learners makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import FilteredRelation, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import attendance, conf
from zoom_xblock.models import Meeting, Placement, Registration, Result
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.queries import learner_presence as presence
from zoom_xblock.queries.timetable import DateShown, Timetable, occurrences_of, planned_dates, timetable

#: While she is in the room her minutes grow without anything being reported: they are counted anew this often.
FRESH_SECONDS = 120


@dataclass(frozen=True)
class Planned:
    """What the block itself says."""

    topic: str
    kind: str
    description: str
    starts_at: datetime | None
    duration_minutes: int
    time_zone: str
    policy: attendance.Policy = field(default_factory=attendance.Policy)
    join_minutes_before: int = 15
    show_recordings: bool = False
    show_attendance: bool = True
    show_calendar: bool = True


@dataclass(frozen=True)
class LearnerFacts:
    """
    All that a learner's page shows. Seconds are exact until shown; spans are what counted, as (key of the date, from,
    until), and empty where they do not add up to what was decided.

    phase: "unplaced", "gone", "scheduled", "live" or "ended". registration: "none" or a `Registration.State`.
    certainty: "none" (nothing counted), "provisional" or "final". verdict: a `Correction.Verdict`, "" where the count
    stands. required_seconds None: attendance completes nobody.
    """

    planned: Planned
    usage_key: UsageKey
    phase: str
    kind: str
    topic: str
    starts_at: datetime | None
    duration_minutes: int
    time_zone: str
    registration: str = "none"
    registration_error: str = ""
    may_ask_again: bool = False
    attended_seconds: float = 0
    required_seconds: int | None = None
    certainty: str = "none"
    verdict: str = ""
    is_complete: bool = False
    is_present: bool = False
    has_registration: bool = True
    spans: tuple[attendance.Presence, ...] = ()
    decided_date: str = ""
    dates: tuple[DateShown, ...] = ()
    took_place: bool = False
    opens_at: datetime | None = None
    is_open: bool = True
    resumes_until: datetime | None = None
    dial_in: tuple[dict[str, str], ...] = ()
    zoom_number: str = ""
    recordings: int = 0
    is_without_record: bool = False
    final_by: datetime | None = None
    token: str = ""

    @property
    def is_series(self) -> bool:
        """Whether there are several dates."""
        return len(self.dates) > 1


@dataclass(frozen=True)
class Standing:
    """The one row that everything begins with. `digest` changes whenever anything in it does."""

    placement: Placement | None
    meeting: Meeting | None = None
    registration: Registration | None = None
    result: Result | None = None
    has_guests: bool = False
    recordings: int = 0
    digest: str = ""

    def is_as_told(self, token: str, now: datetime) -> bool:
        """Whether a page with this token knows all there is. A token that is not one of ours knows nothing."""
        told, _dot, until = token.partition(".")
        return told == self.digest and until.isascii() and until.isdigit() and now.timestamp() < int(until[:12])


# Counted beside the row, in SQL that every database takes: put together by the ORM these three would take longer than
# everything else that the page asks the database.
#: One number for how many presences of hers were reported, how many have begun and how many have ended.
_REPORTED = """
(SELECT COUNT(*) * 1000000 + COUNT(segment.joined_at) * 1000 + COUNT(segment.left_at)
   FROM zoom_xblock_segment segment JOIN zoom_xblock_sitting sitting ON sitting.id = segment.sitting_id
  WHERE sitting.meeting_id = zoom_xblock_placement.meeting_id
    AND segment.registrant_id = registration.registrant_id AND segment.registrant_id <> '')
"""
_WATCHABLE = """
(SELECT COUNT(*) FROM zoom_xblock_recording recording
  WHERE recording.meeting_id = zoom_xblock_placement.meeting_id
    AND recording.removed_at IS NULL AND recording.told_at IS NOT NULL)
"""
_GUESTS = """
(SELECT COUNT(*) FROM zoom_xblock_assignment assigned
  WHERE assigned.meeting_id = zoom_xblock_placement.meeting_id AND assigned.user_id = %s)
"""


def standing(usage_key: UsageKey, user_id: int | None, planned: Planned) -> Standing:
    """Place, meeting, registration, result and how much was reported, in one query."""
    user_id = user_id or 0
    found = list(
        Placement.objects.filter(usage_digest=usage_digest(usage_key))
        .annotate(
            registration=FilteredRelation(
                "meeting__registrations", condition=Q(meeting__registrations__user_id=user_id)
            ),
            result=FilteredRelation("results", condition=Q(results__user_id=user_id)),
            reported=RawSQL(_REPORTED, ()),  # noqa: S611 - constant
            watchable=RawSQL(_WATCHABLE, ()),  # noqa: S611 - constant
            guests=RawSQL(_GUESTS, (user_id,)),  # noqa: S611 - constant
        )
        .select_related("meeting", "registration", "result")
    )
    row: Any = found[0] if found else None
    if row is None:
        return Standing(None, digest=digest("none", repr(planned))[:20])
    # Django sets the attribute where there is a row, and only then.
    registration, result = getattr(row, "registration", None), getattr(row, "result", None)
    return Standing(
        row,
        row.meeting,
        registration,
        result,
        bool(row.guests),
        row.watchable,
        _digest(row, registration, result, planned),
    )


def _digest(row: Any, registration: Registration | None, result: Result | None, planned: Planned) -> str:
    meeting = row.meeting
    facts: list[Any] = [repr(planned), row.reported, row.guests, row.watchable]
    if meeting is not None:
        facts += [meeting.pk, meeting.state, meeting.starts_at, meeting.duration_minutes, meeting.time_zone]
        facts += [meeting.kind, meeting.has_registration, meeting.read_at]
    if registration is not None:
        facts += [registration.pk, registration.state, registration.error, registration.registrant_id]
        facts += [registration.may_ask_again, registration.joined_at]
    if result is not None:
        facts += [result.state, result.attended_seconds, result.required_seconds, result.is_complete, result.verdict]
    return digest(*facts)[:20]


def learner_facts(
    usage_key: UsageKey,
    user_id: int | None,
    planned: Planned,
    *,
    row: Standing | None = None,
    now: datetime | None = None,
) -> LearnerFacts:
    """All of it. `row`: what `standing` has read already."""
    row, now = row or standing(usage_key, user_id, planned), now or timezone.now()
    bare = LearnerFacts(
        planned,
        usage_key,
        "unplaced",
        planned.kind,
        planned.topic,
        planned.starts_at,
        planned.duration_minutes,
        planned.time_zone,
        required_seconds=attendance.requirement(planned.policy, _planned(planned)).required_seconds,
        token=f"{row.digest}.{_until(None, now)}",
    )
    if row.meeting is None:
        return bare
    occurrences = occurrences_of(row.meeting)
    dates = planned_dates(row.meeting, occurrences)
    assigned = presence.assigned_to(row.meeting, user_id) if row.has_guests and user_id else frozenset()
    known = presence.known_of(row.registration, assigned, planned.policy.counts_email)
    seen = presence.seen(row.meeting, known, now)
    when = timetable(row.meeting, occurrences, seen.runs, now)
    facts = replace(
        bare,
        phase=when.phase,
        kind=row.meeting.kind,
        has_registration=row.meeting.has_registration,
        time_zone=row.meeting.time_zone or planned.time_zone,
        required_seconds=attendance.Rule(planned.policy, dates).required_seconds,
        recordings=row.recordings if planned.show_recordings else 0,
        dial_in=_numbers(row.meeting.dial_in),
        **_when(when, row.meeting, planned, now),
    )
    if row.registration is not None:
        facts = replace(
            facts,
            registration=str(row.registration.state),
            registration_error=row.registration.error,
            may_ask_again=row.registration.may_ask_again,
            zoom_number=str(row.meeting.zoom_id) if row.registration.state == Registration.State.REGISTERED else "",
        )
    facts = replace(facts, **_counted(row, seen, dates, planned.policy))
    changes_at = when.changes_at(planned.join_minutes_before, now)
    if facts.is_present:
        fresh = now + timedelta(seconds=FRESH_SECONDS)
        changes_at = min(changes_at or fresh, fresh)
    return replace(facts, token=f"{row.digest}.{_until(changes_at, now)}")


def _planned(planned: Planned) -> list[attendance.PlannedDate]:
    return [attendance.PlannedDate("", planned.starts_at, planned.duration_minutes)]


def _until(changes_at: datetime | None, now: datetime) -> int:
    """Until when, in whole seconds since 1970, a token is good: a day, if nothing is due before."""
    return int((changes_at or now + timedelta(days=1)).timestamp())


def _when(when: Timetable, meeting: Meeting, planned: Planned, now: datetime) -> dict[str, Any]:
    shown, before = when.current, planned.join_minutes_before
    return {
        "starts_at": shown.starts_at if shown else meeting.starts_at or planned.starts_at,
        "duration_minutes": (shown.duration_minutes if shown else meeting.duration_minutes) or planned.duration_minutes,
        "dates": when.dates,
        "took_place": when.took_place,
        "opens_at": when.opens_at(before),
        "is_open": when.is_open(before, now),
        "resumes_until": when.resumes_until,
    }


def _counted(
    row: Standing, seen: presence.Seen, dates: list[attendance.PlannedDate], policy: attendance.Policy
) -> dict[str, Any]:
    result, spans = row.result, seen.spans(policy, dates)
    counted = seen.counted(policy, dates)
    is_final = result is not None and result.state == Result.State.FINAL
    seconds = float(result.attended_seconds) if result is not None and is_final else counted.attended_seconds
    # What was decided stands, whatever is shown of it: spans that tell another story are worse than none.
    agrees = int(seconds) == int(counted.attended_seconds)
    return {
        "attended_seconds": seconds,
        "spans": spans if agrees else (),
        "decided_date": counted.date,
        "certainty": "final" if is_final else "provisional" if seen.rows or result is not None else "none",
        "verdict": (result.verdict or "") if result is not None else "",
        "is_complete": bool(result and result.is_complete),
        "is_present": seen.is_present,
        "is_without_record": seen.is_without_record,
        "final_by": _final_by(seen),
    }


def _final_by(seen: presence.Seen) -> datetime | None:
    """When what events said becomes final at the latest; None before anything has ended."""
    last = max((ended for _started, ended in seen.runs if ended is not None), default=None)
    return None if last is None else last + timedelta(seconds=conf.report_delays_seconds()[-1])


def _numbers(dial_in: Any) -> tuple[dict[str, str], ...]:
    """The numbers to dial that Zoom listed, as far as they are text."""
    rows = [one for one in dial_in if isinstance(one, dict) and one.get("number")] if isinstance(dial_in, list) else []
    return tuple({name: str(one.get(name) or "") for name in ("country", "city", "number", "type")} for one in rows)
