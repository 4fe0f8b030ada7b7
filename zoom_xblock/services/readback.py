"""What Zoom says about a meeting: kept in rows, and compared with what was asked for."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import series
from zoom_xblock.models import Host, Meeting, Occurrence
from zoom_xblock.models.fields import digest
from zoom_xblock.services.wishes import SessionWishes, dates_of

log = logging.getLogger("zoom_xblock.meetings")

#: Zoom's types of series with fixed times: the only ones with dates.
SERIES_TYPES = (8, 9)
#: Beyond Zoom's sixty there is nothing to be kept.
_MOST_DATES = 200

#: Slugs of differences and the fields they stand for; an option's is `other_<option>`.
_FIELDS = {
    "other_topic": "display_name",
    "other_description": "description",
    "other_start": "starts_at",
    "other_duration": "duration_minutes",
    "other_time_zone": "time_zone",
    "other_recurrence": "recurrence",
}


def keep(meeting: Meeting, fresh: zoom.Meeting, *, asked_at: datetime | None = None) -> bool:
    """
    Write down what Zoom says about a meeting and its dates; its live state is left to the events.

    `asked_at`: when Zoom was asked. An answer to an older question than that of the one kept last is left (False): of a
    job and a save at once, the job's may be the slower one.
    """
    asked_at = asked_at or timezone.now()
    facts = {**facts_of(fresh), "read_at": asked_at, "missing_since": None}
    same_rule = _rule_of(meeting) == (facts["recurrence"], facts["starts_at"], facts["time_zone"])
    with transaction.atomic():
        unread = Q(read_at__isnull=True) | Q(read_at__lte=asked_at)
        is_news = Meeting.objects.filter(unread, pk=meeting.pk).update(**facts) == 1
        if is_news:
            _keep_dates(meeting, fresh, same_rule=same_rule)
            _keep_state(meeting, fresh)
    meeting.refresh_from_db()
    return is_news


def facts_of(fresh: zoom.Meeting) -> dict[str, Any]:
    """The columns of a meeting that Zoom decides, but for state and times of ours."""
    is_series = fresh.meeting_type in SERIES_TYPES
    return {
        "host_id": fresh.host_id[:64],
        "host_email": fresh.host_email[:254],
        "alternative_hosts": ",".join(zoom.options.alternative_hosts_of(fresh)),
        "topic": fresh.topic[:255],
        "agenda": fresh.agenda,
        "starts_at": fresh.starts_at,
        "duration_minutes": fresh.duration_minutes if fresh.duration_minutes and fresh.duration_minutes > 0 else None,
        "time_zone": fresh.timezone[:64],
        "has_registration": fresh.has_registration,
        "options": zoom.options.options_of(fresh),
        "recurrence": series.from_zoom(fresh.recurrence, fresh.timezone) if is_series else {},
        "dial_in": zoom.options.dial_in_of(fresh),
    }


def read_back(client: zoom.ZoomClient, meeting: Meeting) -> zoom.Meeting | None:
    """What Zoom made of it: account locks and silent refusals show only here. A failure to read undoes nothing."""
    asked_at = timezone.now()
    try:
        fresh = client.read_meeting(meeting.kind, meeting.zoom_id, past_occurrences=True)
    except zoom.ZoomError as error:
        log.warning("meeting not read back meeting_id=%s zoom_code=%s", meeting.pk, error.code)
        return None
    keep(meeting, fresh, asked_at=asked_at)
    return fresh


def differences(wishes: SessionWishes, fresh: zoom.Meeting, *, moved: bool) -> list[str]:
    """
    Slugs for what Zoom has otherwise than asked for: "no_registration", "other_topic", "other_description",
    "other_start" (where `moved`), "other_duration", "other_time_zone", "other_recurrence", "other_<option>",
    "other_passcode", "other_alternative_hosts".
    """
    found = [] if fresh.has_registration else ["no_registration"]
    if fresh.topic != wishes.topic.strip():
        found.append("other_topic")
    if fresh.agenda.strip() != wishes.agenda.strip():
        found.append("other_description")
    dates = dates_of(wishes)
    if moved and fresh.starts_at != dates[0].replace(microsecond=0):
        found.append("other_start")
    if fresh.duration_minutes != wishes.duration_minutes:
        found.append("other_duration")
    if fresh.timezone and fresh.timezone != wishes.time_zone:
        found.append("other_time_zone")
    if not has_rule(fresh, wishes):
        found.append("other_recurrence")
    had = zoom.options.options_of(fresh)
    found += [f"other_{name}" for name, value in wishes.options.items() if name in had and had[name] != value]
    if wishes.passcode is not None and not _is_passcode(fresh, wishes.passcode):
        found.append("other_passcode")
    if wishes.alternative_hosts is not None:
        listed = {address.casefold() for address in zoom.options.alternative_hosts_of(fresh)}
        if listed != {address.casefold() for address in wishes.alternative_hosts}:
            found.append("other_alternative_hosts")
    return found


def fields_of(slugs: list[str]) -> list[str]:
    """The fields of the form that these differences concern."""
    return [_FIELDS.get(slug, slug.removeprefix("other_")) for slug in slugs if slug.startswith("other_")]


def has_rule(fresh: zoom.Meeting, wishes: SessionWishes) -> bool:
    """
    Whether Zoom's series is the one asked for. A series whose rule the field cannot say counts as asked for by `{}`: it
    must not become a single date because nobody can write it down.
    """
    rule = series.check(wishes.recurrence)
    if fresh.meeting_type not in SERIES_TYPES:
        return not rule
    return series.from_zoom(fresh.recurrence, fresh.timezone) == rule


def changed_fields(was: dict[str, Any], meeting: Meeting) -> set[str]:
    """The fields of the form in which the meeting has changed since; what was never read before has not."""
    names = {
        "topic": "display_name",
        "agenda": "description",
        "starts_at": "starts_at",
        "duration_minutes": "duration_minutes",
        "time_zone": "time_zone",
        "recurrence": "recurrence",
        "alternative_hosts": "alternative_hosts",
    }
    changed = {field for name, field in names.items() if was[name] is not None and was[name] != getattr(meeting, name)}
    had, has = was["options"], meeting.options
    if isinstance(had, dict) and isinstance(has, dict):
        changed |= {name for name in has if name in had and had[name] != has[name]}
    return changed


def snapshot(meeting: Meeting) -> dict[str, Any]:
    """The meeting as the form showed it, for `changed_fields`."""
    names = (
        "topic",
        "agenda",
        "starts_at",
        "duration_minutes",
        "time_zone",
        "recurrence",
        "alternative_hosts",
        "options",
    )
    return {name: getattr(meeting, name) for name in names}


def is_licensed(client: zoom.ZoomClient, host_id: str) -> bool:
    """
    Zoom takes the wish for registration from a Basic host and refuses each registrant later; better said at once.
    Unknown is yes.
    """
    known = Host.objects.filter(id_digest=digest(host_id)).first()
    if known is not None:
        return known.is_licensed
    try:
        return client.user(host_id).licensed
    except zoom.ZoomError:
        return True


# -- inside ---------------------------------------------------------------------------------------------------------


def _rule_of(meeting: Meeting) -> tuple[Any, ...]:
    return (meeting.recurrence or {}, meeting.starts_at, meeting.time_zone)


def _is_passcode(fresh: zoom.Meeting, wanted: str) -> bool:
    if not wanted or not fresh.has_passcode:
        return bool(wanted) == fresh.has_passcode
    return not fresh.passcode or fresh.passcode == wanted  # shown encrypted only: nothing to compare


def _keep_dates(meeting: Meeting, fresh: zoom.Meeting, *, same_rule: bool) -> None:
    """
    The dates of a series as Zoom lists them. One that is over stays as it was; of the others, one no longer listed was
    removed singly, or went with the rule it came from.
    """
    rows = {row.occurrence_id: row for row in Occurrence.objects.filter(meeting=meeting)}
    if fresh.meeting_type not in SERIES_TYPES:
        if rows:
            Occurrence.objects.filter(meeting=meeting).delete()
        return
    listed = {one.occurrence_id[:64]: one for one in fresh.occurrences[:_MOST_DATES] if one.starts_at is not None}
    now = timezone.now()
    new: list[Occurrence] = []
    for occurrence_id, one in listed.items():
        row = rows.get(occurrence_id) or Occurrence(meeting=meeting, occurrence_id=occurrence_id)
        status = Occurrence.Status.DELETED if one.status == "deleted" else Occurrence.Status.AVAILABLE
        minutes = one.duration_minutes if one.duration_minutes and one.duration_minutes > 0 else 0
        if (row.starts_at, row.duration_minutes, row.status, row.pk is None) == (one.starts_at, minutes, status, False):
            continue
        assert one.starts_at is not None  # only those are listed
        row.starts_at, row.duration_minutes, row.status = one.starts_at, minutes, status
        if row.pk is None:
            new.append(row)
        else:
            row.save(update_fields=["starts_at", "duration_minutes", "status"])
    Occurrence.objects.bulk_create(new, ignore_conflicts=True)  # two readers at once list the same dates
    coming = [
        row.pk
        for occurrence_id, row in rows.items()
        if occurrence_id not in listed and row.starts_at + timedelta(minutes=row.duration_minutes) > now
    ]
    if coming and same_rule:
        Occurrence.objects.filter(pk__in=coming).update(status=Occurrence.Status.DELETED)
    elif coming:
        Occurrence.objects.filter(pk__in=coming).delete()


def _keep_state(meeting: Meeting, fresh: zoom.Meeting) -> None:
    """Back from the dead; and what has ended and has another date to come is waiting again."""
    rows = Meeting.objects.filter(pk=meeting.pk)
    rows.filter(state=Meeting.State.GONE).update(state=Meeting.State.SCHEDULED)
    now = timezone.now()
    dates = [one.starts_at for one in fresh.occurrences if one.status != "deleted"] or [fresh.starts_at]
    if any(date is not None and date > now for date in dates):
        rows.filter(state=Meeting.State.ENDED).update(state=Meeting.State.SCHEDULED)
