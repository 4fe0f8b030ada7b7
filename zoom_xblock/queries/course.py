"""
A course's sessions on one page: for authors each block's standing, for the course team who has completed what.

A fixed number of queries for any number of learners and sessions; people and blocks come from the platform's door.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from opaque_keys.edx.keys import LearningContextKey, UsageKey

from zoom_xblock.models import Meeting, Placement, Result
from zoom_xblock.models.meeting import usage_digest

#: Rows of `Result` in one query.
PEOPLE_AT_ONCE = 500
#: Draft's fields and meeting's columns that must say the same; the form names them as the fields.
_ALIKE = {"display_name": "topic", "starts_at": "starts_at", "duration_minutes": "duration_minutes"}
#: What is shown first.
_ORDER = ("needs_date", "needs_session", "gone", "differs", "live", "ready", "over")


@dataclass(frozen=True)
class DraftSession:
    """
    A block as Studio has it, and how its session stands: "needs_date" (no session, and no start that is still to come),
    "needs_session", "gone" (no longer at Zoom), "differs" (`differences` names the fields), "live", "ready", "over".
    """

    usage_key: UsageKey
    topic: str
    kind: str
    starts_at: datetime | None
    duration_minutes: int
    time_zone: str
    is_series: bool
    state: str
    differences: list[str] = field(default_factory=list)

    @property
    def is_wanting(self) -> bool:
        """Whether a session can be made for it."""
        return self.state in ("needs_date", "needs_session", "gone")


@dataclass(frozen=True)
class CourseSession:
    """
    A session in a course, with how many have completed it. `counts`: whether attendance completes it at all; `is_over`:
    whoever is not complete by now misses it. `complete` are those without the excused, `short` those of whom something
    is known and not enough. `asked`: completions given that the count no longer reaches.
    """

    placement_id: int
    usage_key: UsageKey
    topic: str
    kind: str
    state: str
    starts_at: datetime | None
    duration_minutes: int
    time_zone: str
    counts: bool
    is_over: bool
    complete: int = 0
    excused: int = 0
    short: int = 0
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """One learner at one session; see `models.Result`."""

    attended_seconds: int
    required_seconds: int
    is_final: bool
    is_complete: bool
    verdict: str | None


def draft_sessions(course_key: LearningContextKey, blocks: Iterable[Any]) -> list[DraftSession]:
    """Each of the drafts (`platform.BlockWishes`) with its standing, those in need first: one query."""
    now = timezone.now()
    placed = {
        row.usage_digest: row for row in Placement.objects.filter(course_key=course_key).select_related("meeting")
    }
    found = []
    for block in blocks:
        placement = placed.get(usage_digest(block.usage_key))
        found.append(_draft(block, placement.meeting if placement is not None else None, now))
    last = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(
        found, key=lambda one: (_ORDER.index(one.state), one.starts_at or last, one.topic, str(one.usage_key))
    )


def course_sessions(course_key: LearningContextKey) -> list[CourseSession]:
    """The sessions of a course in order of their dates, with how many stand how: two queries."""
    now = timezone.now()
    rows = Placement.objects.filter(course_key=course_key, meeting__isnull=False).select_related("meeting")
    shown = [row for row in rows if row.unpublished_since is None or row.rule is not None]
    totals = {
        row["placement_id"]: row
        for row in Result.objects.filter(placement_id__in=[row.pk for row in shown])
        .order_by()
        .values("placement_id")
        .annotate(
            complete=Count("pk", filter=Q(is_complete=True) & (Q(verdict__isnull=True) | ~Q(verdict="excused"))),
            excused=Count("pk", filter=Q(verdict="excused")),
            short=Count("pk", filter=Q(is_complete=False)),
            asked=Count("pk", filter=Q(is_complete=True, counted_complete=False, verdict__isnull=True)),
        )
    }
    sessions = [_session(row, totals.get(row.pk, {}), now) for row in shown]
    last = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(sessions, key=lambda one: (one.starts_at or last, one.topic, one.placement_id))


def standings(placement_ids: list[int], user_ids: list[int]) -> dict[int, dict[int, Standing]]:
    """How these people stand at these sessions, by user and placement: one query for each 500 people."""
    found: dict[int, dict[int, Standing]] = {user_id: {} for user_id in user_ids}
    columns = (
        "user_id",
        "placement_id",
        "attended_seconds",
        "required_seconds",
        "state",
        "is_complete",
        "verdict",
    )
    for first in range(0, len(user_ids), PEOPLE_AT_ONCE):
        rows = Result.objects.filter(
            placement_id__in=placement_ids, user_id__in=user_ids[first : first + PEOPLE_AT_ONCE]
        )
        for user_id, placement_id, attended, required, state, complete, verdict in rows.values_list(*columns):
            found[user_id][placement_id] = Standing(attended, required, state == Result.State.FINAL, complete, verdict)
    return found


def is_missing(session: CourseSession, standing: Standing | None) -> bool:
    """Whether this learner lacks a session that is over and completes something."""
    return session.counts and session.is_over and not (standing is not None and standing.is_complete)


# -- inside ---------------------------------------------------------------------------------------------------------


def _draft(block: Any, meeting: Meeting | None, now: datetime) -> DraftSession:
    fields = block.fields
    starts_at = fields.get("starts_at")
    duration = int(fields.get("duration_minutes") or 0)
    is_series = bool(fields.get("recurrence"))
    differences: list[str] = []
    if meeting is None:
        state = "needs_session" if starts_at is not None and starts_at > now else "needs_date"
    elif meeting.state == Meeting.State.GONE:
        state = "gone"
    else:
        differences = _differences(fields, meeting)
        is_over = meeting.state == Meeting.State.ENDED or (not is_series and _ends(meeting.starts_at, duration, now))
        state = "live" if meeting.state == Meeting.State.LIVE else "over" if is_over else "ready"
        if differences and state == "ready":
            state = "differs"
    return DraftSession(
        usage_key=block.usage_key,
        topic=str(fields.get("display_name") or ""),
        kind=str(meeting.kind if meeting is not None else fields.get("kind") or ""),
        starts_at=starts_at,
        duration_minutes=duration,
        time_zone=str(fields.get("time_zone") or "UTC"),
        is_series=is_series,
        state=state,
        differences=differences,
    )


def _differences(fields: dict[str, Any], meeting: Meeting) -> list[str]:
    """What Zoom has otherwise than the draft, as far as both are known; of a start the second is Zoom's smallest."""
    found = []
    for name, column in _ALIKE.items():
        wished, had = fields.get(name), getattr(meeting, column)
        if isinstance(wished, datetime):
            wished = wished.replace(microsecond=0)
        elif isinstance(wished, str):
            wished, had = wished.strip()[:200], str(had).strip()
        if wished is not None and had is not None and wished != had:
            found.append(name)
    for name, had in (meeting.options or {}).items():
        if name in fields and fields[name] != had:
            found.append(name)
    return found


def _session(row: Placement, total: dict[str, Any], now: datetime) -> CourseSession:
    meeting = row.meeting
    assert meeting is not None
    rule, shown = row.rule or {}, row.shown or {}
    duration = meeting.duration_minutes or 0
    ended = meeting.state == Meeting.State.ENDED or _ends(meeting.starts_at, duration, now)
    return CourseSession(
        placement_id=row.pk,
        usage_key=row.usage_key,
        topic=shown.get("topic") or meeting.topic,
        kind=meeting.kind,
        state=str(meeting.state),
        starts_at=meeting.starts_at,
        duration_minutes=duration,
        time_zone=meeting.time_zone or "UTC",
        counts=rule.get("completion") != "none",
        is_over=ended and meeting.state != Meeting.State.LIVE,
        **{name: int(total.get(name, 0)) for name in ("complete", "excused", "short", "asked")},
    )


def _ends(starts_at: datetime | None, minutes: int, now: datetime) -> bool:
    return starts_at is not None and starts_at + timedelta(minutes=minutes) < now
