"""Single dates of a series: moved or removed, the others untouched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import client as zoom
from zoom_xblock import platform
from zoom_xblock.models import Meeting, Occurrence, Placement
from zoom_xblock.services import connections, meetings, readback
from zoom_xblock.services.errors import Busy, Forbidden, InvalidWishes, Unplaced
from zoom_xblock.services.leases import lease
from zoom_xblock.services.outside_transaction import outside_transaction
from zoom_xblock.services.refusals import said
from zoom_xblock.services.wishes import LONGEST_MINUTES, SavedSession, is_between
from zoom_xblock.usage_keys import plain_key

#: Zoom says "invalid occurrence" with this code.
_NO_SUCH_DATE = 3000


def move_date(
    *, usage_key: UsageKey, user_id: int, occurrence_id: str, starts_at: datetime, duration_minutes: int
) -> SavedSession:
    """
    Give one date another start (aware) or length. Nothing is sent where nothing differs.

    Raises Forbidden, Unplaced, Busy, NotConnected, ZoomSaid; InvalidWishes at `occurrence_id` ("unknown", "past"),
    `starts_at` ("past", "required"), `duration_minutes` ("out_of_range").
    """
    wrong = {}
    if not isinstance(starts_at, datetime) or starts_at.tzinfo is None:
        wrong["starts_at"] = "required"
    elif starts_at < timezone.now() - timedelta(minutes=1):
        wrong["starts_at"] = "past"  # Zoom would ignore it in silence
    elif starts_at.year > 2900:
        wrong["starts_at"] = "malformed"
    if not is_between(duration_minutes, 1, LONGEST_MINUTES):
        wrong["duration_minutes"] = "out_of_range"
    if wrong:
        raise InvalidWishes(wrong)
    starts_at = starts_at.replace(microsecond=0)

    def work(client: zoom.ZoomClient, meeting: Meeting, date: Occurrence) -> bool:
        body: dict[str, object] = {}
        if date.starts_at != starts_at:
            body["start_time"] = zoom.bodies.zoom_time(starts_at)
        if date.duration_minutes != duration_minutes:
            body["duration"] = duration_minutes
        client.change_meeting(meeting.kind, meeting.zoom_id, body, occurrence_id=date.occurrence_id)
        return bool(body)

    def differences(date: Occurrence | None) -> list[str]:
        if date is None:
            return ["unread"]
        found = ["other_start"] if date.starts_at != starts_at else []
        return found + (["other_duration"] if date.duration_minutes != duration_minutes else [])

    return _on_one_date(usage_key, user_id, occurrence_id, work, differences)


def remove_date(*, usage_key: UsageKey, user_id: int, occurrence_id: str) -> SavedSession:
    """
    Take one date out.

    Raises as `move_date` does; InvalidWishes at `occurrence_id`: "unknown", "past", or "last_date", for Zoom deletes a
    series with its last date: then the component is to be deleted.
    """

    def work(client: zoom.ZoomClient, meeting: Meeting, date: Occurrence) -> bool:
        others = meeting.occurrences.filter(status=Occurrence.Status.AVAILABLE).exclude(pk=date.pk)
        if not others.filter(starts_at__gt=timezone.now()).exists():
            raise InvalidWishes({"occurrence_id": "last_date"})
        client.delete_meeting(meeting.kind, meeting.zoom_id, occurrence_id=date.occurrence_id)
        return True

    def differences(date: Occurrence | None) -> list[str]:
        return ["other_recurrence"] if date is not None and date.status == Occurrence.Status.AVAILABLE else []

    return _on_one_date(usage_key, user_id, occurrence_id, work, differences)


# -- inside ---------------------------------------------------------------------------------------------------------


def _on_one_date(
    usage_key: UsageKey,
    user_id: int,
    occurrence_id: str,
    work: Callable[[zoom.ZoomClient, Meeting, Occurrence], bool],
    differences: Callable[[Occurrence | None], list[str]],
) -> SavedSession:
    usage_key = plain_key(usage_key)
    if not platform.current().can_author(user_id, usage_key.context_key):
        raise Forbidden()
    if not isinstance(occurrence_id, str) or not 0 < len(occurrence_id) <= 64 or "\x00" in occurrence_id:
        raise InvalidWishes({"occurrence_id": "unknown"})

    def whole() -> SavedSession:
        placement = Placement.objects.for_usage_key(usage_key)
        if placement is None or placement.meeting is None or placement.meeting.state == Meeting.State.GONE:
            raise Unplaced()
        with lease(placement, seconds=meetings.SAVE_LEASE_SECONDS) as mine:
            if not mine:
                raise Busy()
            return _do(placement.meeting)

    def _do(meeting: Meeting) -> SavedSession:
        date = meeting.occurrences.filter(occurrence_id=occurrence_id, status=Occurrence.Status.AVAILABLE).first()
        if date is None:
            raise InvalidWishes({"occurrence_id": "unknown"})
        if date.starts_at <= timezone.now():
            raise InvalidWishes({"occurrence_id": "past"})
        placement = Placement.objects.for_usage_key(usage_key)
        if placement is None or not meetings.may_change(placement, meeting, user_id):
            raise Forbidden("linked_host")
        client = connections.client(patient=False)
        try:
            was_sent = work(client, meeting, date)
        except zoom.ZoomError as error:
            raise _said(error, meeting) from error
        fresh = readback.read_back(client, meeting) if was_sent else None
        if was_sent and fresh is None:
            return SavedSession(meeting, is_new=False, was_sent=True, differences=["unread"])
        now_has = meeting.occurrences.filter(occurrence_id=occurrence_id).first()
        return SavedSession(meeting, is_new=False, was_sent=was_sent, differences=differences(now_has))

    return outside_transaction(whole)


def _said(error: zoom.ZoomError, meeting: Meeting) -> Exception:
    """A date that Zoom does not have was changed there meanwhile: read again, by a job."""
    told = said(error, meeting.kind)
    if isinstance(error, zoom.errors.Gone) and not isinstance(error, zoom.errors.UserGone):
        meetings.doubt(meeting)
    elif error.code == _NO_SUCH_DATE:
        told.fields = {"occurrence_id": "unknown"}
        platform.current().later("refresh_meeting", meeting.pk)
    return told
