"""What an author should know before saving: nothing here refuses anything. Rows only, no call to Zoom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import platform, series
from zoom_xblock.models import Host, Meeting, Occurrence, Placement
from zoom_xblock.services import connections
from zoom_xblock.services.errors import Forbidden
from zoom_xblock.services.wishes import LONGEST_MINUTES
from zoom_xblock.usage_keys import plain_key

#: So many bookings are named at most.
MOST_BOOKINGS = 5


@dataclass(frozen=True)
class Warning:  # noqa: A001 - the word for it
    """
    One warning. `slug` and its `facts`:

    - "host_booked": `topic`, `starts_at` (aware) of the other session, and its `usage_key` where this author may author
      that course; else `topic` is "" and `usage_key` None, for what another course does is nobody's business;
    - "over_capacity": `enrolled`, `capacity`;
    - "not_licensed": `host_email`; registration cannot work;
    - "no_webinar": `host_email`; no webinar licence.
    """

    slug: str
    facts: dict[str, Any] = field(default_factory=dict)


def warnings_for(
    *,
    usage_key: UsageKey,
    user_id: int,
    host_email: str,
    kind: str,
    starts_at: datetime | None,
    duration_minutes: int,
    recurrence: dict[str, Any],
    time_zone: str,
) -> list[Warning]:
    """
    The warnings for this wish; `host_email` "" means the session's present host, else the default one. What cannot be
    meant (no start, no such zone) warns of nothing: saving says so. Raises Forbidden.
    """
    usage_key = plain_key(usage_key)
    door = platform.current()
    if not door.can_author(user_id, usage_key.context_key):
        raise Forbidden()
    placement = Placement.objects.for_usage_key(usage_key)
    meeting = placement.meeting if placement is not None and placement.meeting is not None else None
    if meeting is not None and meeting.state != Meeting.State.GONE:
        host_email = meeting.host_email or host_email  # Zoom lets nobody change it
    connection = connections.the_connection()
    host_email = host_email or connections.app_of(connection).host_email or connection.zoom_email
    found = []
    host = Host.objects.filter(email__iexact=host_email).first() if host_email else None
    if host is not None:
        found += _of_host(host, kind, usage_key, door)
    if host_email:
        dates = _dates(starts_at, duration_minutes, recurrence, time_zone)
        found += _bookings(host_email, dates, duration_minutes, meeting, user_id, door)
    return found


# -- inside ---------------------------------------------------------------------------------------------------------


def _of_host(host: Host, kind: str, usage_key: UsageKey, door: platform.Platform) -> list[Warning]:
    found = []
    if not host.is_licensed:
        found.append(Warning("not_licensed", {"host_email": host.email}))
    if kind == "webinar" and host.has_webinar is False:
        found.append(Warning("no_webinar", {"host_email": host.email}))
    capacity = host.webinar_capacity if kind == "webinar" else host.meeting_capacity
    if capacity:
        enrolled = door.learner_count(usage_key.context_key)
        if enrolled > capacity:
            found.append(Warning("over_capacity", {"enrolled": enrolled, "capacity": capacity}))
    return found


def _dates(
    starts_at: datetime | None, duration_minutes: int, recurrence: dict[str, Any], time_zone: str
) -> list[datetime]:
    if starts_at is None or starts_at.tzinfo is None or not 1 <= duration_minutes <= LONGEST_MINUTES:
        return []
    try:
        dates = series.expand(recurrence, starts_at, time_zone)
    except (ValueError, KeyError, OSError, OverflowError):  # not a rule or a zone: saving says so
        return []
    return [date for date in dates if date > timezone.now() - timedelta(minutes=duration_minutes)]


def _bookings(
    host_email: str,
    dates: list[datetime],
    duration_minutes: int,
    own: Meeting | None,
    user_id: int,
    door: platform.Platform,
) -> list[Warning]:
    """Other sessions of this host that overlap any of these dates, the earliest first."""
    if not dates:
        return []
    length, longest = timedelta(minutes=duration_minutes), timedelta(minutes=LONGEST_MINUTES)
    window = (dates[0] - longest, dates[-1] + length)
    others = Meeting.objects.filter(host_email__iexact=host_email).exclude(state=Meeting.State.GONE)
    if own is not None:
        others = others.exclude(pk=own.pk)
    single = others.filter(starts_at__range=window, occurrences=None)
    booked = [(one.starts_at, one.duration_minutes or 60, one) for one in single if one.starts_at is not None]
    of_series = Occurrence.objects.filter(
        meeting__in=others, starts_at__range=window, status=Occurrence.Status.AVAILABLE
    ).select_related("meeting")
    booked += [(one.starts_at, one.duration_minutes, one.meeting) for one in of_series]
    found: dict[int, Warning] = {}
    for begins, minutes, meeting in sorted(booked, key=lambda row: (row[0], row[2].pk)):
        ends = begins + timedelta(minutes=minutes)
        if meeting.pk not in found and any(begins < date + length and date < ends for date in dates):
            found[meeting.pk] = Warning("host_booked", _about(meeting, begins, user_id, door))
            if len(found) == MOST_BOOKINGS:
                break
    return list(found.values())


def _about(meeting: Meeting, starts_at: datetime, user_id: int, door: platform.Platform) -> dict[str, Any]:
    for placement in Placement.objects.filter(meeting=meeting).order_by("pk")[:20]:
        if door.can_author(user_id, placement.course_key):
            return {"topic": meeting.topic, "starts_at": starts_at, "usage_key": str(placement.usage_key)}
    return {"topic": "", "starts_at": starts_at, "usage_key": None}
