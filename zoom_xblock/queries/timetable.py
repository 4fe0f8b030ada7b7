"""
When a session is: its dates, which of them is next, and whether it runs, is to come or is over.

Nothing of Zoom's says "over" for good: a room that emptied may fill again, and a host who rehearses before opens and
ends the room as well. So a date is over once a run of it ended after its planned start, or when its planned time has
passed and nobody came; what runs at this moment is known from Zoom's events alone, whatever the timetable says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from opaque_keys.edx.keys import UsageKey

from zoom_xblock import attendance
from zoom_xblock.models import Meeting, Occurrence, Placement

#: A date whose session nobody has opened yet is waited for so long after its planned end: hosts are late.
PATIENCE = timedelta(minutes=60)
#: The key of the date of a session that does not repeat, as `attendance.dates` has it.
ONLY_DATE = ""

#: When a run of the meeting began and ended; None: not known, or not yet.
Run = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class DateShown:
    """One date. standing: "over", "now" (it runs), "next" or "later"; "removed" where the host took it away."""

    key: str
    starts_at: datetime
    duration_minutes: int
    standing: str

    @property
    def ends_at(self) -> datetime:
        """The planned end."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)


@dataclass(frozen=True)
class Timetable:
    """
    phase: "gone", "scheduled", "live" or "ended". current: the date that runs or comes next, after all of them the last
    one; None where none is known. took_place: whether any run has ended. resumes_until: until when the room may yet be
    opened again, of a date that ended before its planned end.
    """

    phase: str
    dates: tuple[DateShown, ...] = ()
    current: DateShown | None = None
    took_place: bool = False
    resumes_until: datetime | None = None

    def opens_at(self, join_minutes_before: int) -> datetime | None:
        """From when learners can join the next date; None where there is no next date, or no telling."""
        if self.phase != "scheduled" or self.current is None:
            return None
        return self.current.starts_at - timedelta(minutes=max(join_minutes_before, 0))

    def is_open(self, join_minutes_before: int, now: datetime) -> bool:
        """Whether a learner may go in at this moment. A room that runs is always open."""
        if self.phase == "live" or (self.resumes_until is not None and now < self.resumes_until):
            return True
        opens_at = self.opens_at(join_minutes_before)
        return self.phase == "scheduled" and (opens_at is None or now >= opens_at)

    def changes_at(self, join_minutes_before: int, now: datetime) -> datetime | None:
        """When the clock alone changes something next."""
        moments = [self.resumes_until, self.opens_at(join_minutes_before)]
        if self.phase == "scheduled" and self.current is not None:
            moments.append(self.current.ends_at + PATIENCE)
        return min((moment for moment in moments if moment is not None and moment > now), default=None)


def planned_dates(meeting: Meeting, occurrences: Iterable[Occurrence]) -> list[attendance.PlannedDate]:
    """The dates that stand, in order: those of the series, else the meeting's own, whose start may not be known."""
    length = meeting.duration_minutes or 0
    rows = [one for one in occurrences if one.status == Occurrence.Status.AVAILABLE]
    if not rows:
        return [attendance.PlannedDate(ONLY_DATE, meeting.starts_at, length)]
    dates = [attendance.PlannedDate(one.occurrence_id, one.starts_at, one.duration_minutes or length) for one in rows]
    return sorted(dates, key=lambda date: (date.starts_at, date.key))


def timetable(meeting: Meeting, occurrences: Sequence[Occurrence], runs: Sequence[Run], now: datetime) -> Timetable:
    """How the session stands at `now`, from its rows alone."""
    if meeting.state == Meeting.State.GONE:
        return Timetable("gone")
    planned = planned_dates(meeting, occurrences)
    is_live = meeting.state == Meeting.State.LIVE
    has_ended = any(ended is not None for _started, ended in runs) or meeting.state == Meeting.State.ENDED
    held, running = set(), None
    for started, ended in runs:
        date = attendance.date_of(started, planned)
        if date is None or started is None:
            continue
        if ended is None:
            running = date.key
        elif date.starts_at is not None and ended > date.starts_at:
            held.add(date.key)
    dates, following = [], "next"
    for date in planned:
        if date.starts_at is None:
            continue
        end = date.starts_at + timedelta(minutes=date.duration_minutes)
        if is_live and date.key == running:
            standing = "now"
        elif date.key in held or now >= end + PATIENCE:
            standing = "over"
        else:
            standing, following = following, "later"
        dates.append(DateShown(date.key, date.starts_at, date.duration_minutes, standing))
    current = next((date for date in dates if date.standing == "now"), None)
    current = current or next((date for date in dates if date.standing == "next"), dates[-1] if dates else None)
    is_ahead = any(date.standing == "next" for date in dates) or not (dates or has_ended)
    phase = "live" if is_live else "scheduled" if is_ahead else "ended"
    resumes = [date.ends_at for date in dates if date.key in held and date.standing == "over" and date.ends_at > now]
    removed = [
        DateShown(one.occurrence_id, one.starts_at, one.duration_minutes or meeting.duration_minutes or 0, "removed")
        for one in occurrences
        if one.status == Occurrence.Status.DELETED
    ]
    shown = tuple(sorted(dates + removed, key=lambda date: date.starts_at))
    return Timetable(phase, shown, current, has_ended, None if is_live else max(resumes, default=None))


@dataclass(frozen=True)
class SessionDates:
    """What a calendar is told: the dates with what makes each of them known again, and since when it stands so."""

    usage_digest: str
    timetable: Timetable
    is_series: bool
    changed_at: datetime
    sequence: int


def session_dates(usage_key: UsageKey, now: datetime) -> SessionDates | None:
    """The dates of the session in this place, in at most three queries; None where there is no session."""
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None:
        return None
    meeting = placement.meeting
    occurrences = occurrences_of(meeting)
    runs = list(meeting.sittings.values_list("started_at", "ended_at"))
    changed_at = meeting.read_at or meeting.created_at
    return SessionDates(
        usage_digest=placement.usage_digest,
        timetable=timetable(meeting, occurrences, runs, now),
        is_series=bool(occurrences),
        changed_at=changed_at,
        # RFC 5545, 3.8.7.4: never smaller than before; a calendar then takes the newer of two copies of an event.
        sequence=max(0, int((changed_at - meeting.created_at).total_seconds() // 60)),
    )


def standing_of(meeting: Meeting, now: datetime) -> Timetable:
    """How the session stands, in at most two queries: for the moment of joining."""
    runs = list(meeting.sittings.values_list("started_at", "ended_at"))
    return timetable(meeting, occurrences_of(meeting), runs, now)


def occurrences_of(meeting: Meeting) -> list[Occurrence]:
    """The rows of a series; a single date needs no query."""
    return list(meeting.occurrences.order_by("starts_at")) if meeting.recurrence else []
