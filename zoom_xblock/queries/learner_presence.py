"""What was counted for one learner, from when to when: the presences that are hers, by date, inside the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import FilteredRelation, Q
from django.utils import timezone

from zoom_xblock import attendance
from zoom_xblock.models import Assignment, Meeting, Registration, Segment, Sitting

_COLUMNS = (
    "source",
    "room",
    "registrant_id",
    "zoom_user_id",
    "connection",
    "email",
    "is_internal",
    "joined_at",
    "left_at",
)


@dataclass(frozen=True)
class Known:
    """
    By what a learner is known in one meeting, in the order of docs/decisions/0007: her registrant, what staff assigned
    to her (pairs of `Assignment.By` and key), and the address that Zoom got, where the author lets it count.
    """

    registrant_id: str = ""
    assigned: frozenset[tuple[str, str]] = frozenset()
    email: str = ""

    @property
    def condition(self) -> Q:
        """Segments that may be hers; the database may take ids that differ in case only for one, so look again."""
        found = Q(segments__pk=0)
        if self.registrant_id:
            found |= Q(segments__registrant_id=self.registrant_id)
        for by, key in sorted(self.assigned):
            if by == Assignment.By.REGISTRANT:
                found |= Q(segments__registrant_id=key)
            elif by == Assignment.By.ZOOM_USER:
                found |= Q(segments__zoom_user_id=key)
            else:
                found |= Q(segments__connection=key.partition(" ")[2])
        if self.email:
            found |= Q(segments__is_internal=True, segments__email__iexact=self.email)
        return found

    def is_hers(self, uuid: str, seen: dict[str, Any]) -> bool:
        """Whether this segment, of the sitting with this uuid, is hers."""
        registrant_id = seen["registrant_id"]
        if registrant_id and registrant_id == self.registrant_id:
            return True
        keys = {
            (str(Assignment.By.REGISTRANT), registrant_id),
            (str(Assignment.By.ZOOM_USER), seen["zoom_user_id"]),
            (str(Assignment.By.CONNECTION), f"{uuid} {seen['connection']}"),
        }
        if keys & self.assigned:
            return True
        # Beside a registrant that is not ours the address is what somebody typed into Zoom's form.
        is_own_address = bool(self.email) and seen["email"].strip().casefold() == self.email.strip().casefold()
        return is_own_address and bool(seen["is_internal"]) and not registrant_id


@dataclass(frozen=True)
class Seen:
    """
    What is known of her presence. runs: (start, end) of each sitting; rows: (start of the sitting, from, until) of each
    presence, as reported; is_present: one of them goes on; is_without_record: of a run Zoom gave no record, so what
    events said is final.
    """

    runs: tuple[tuple[datetime | None, datetime | None], ...] = ()
    rows: tuple[tuple[datetime, datetime, datetime], ...] = ()
    is_present: bool = False
    is_without_record: bool = False

    def spans(
        self, policy: attendance.Policy, dates: Sequence[attendance.PlannedDate]
    ) -> tuple[attendance.Presence, ...]:
        """From when to when she was there, as far as it counts: (key of the date, start, end), without overlaps."""
        return tuple(attendance.spans(policy, dates, self._presences(dates)))

    def counted(self, policy: attendance.Policy, dates: Sequence[attendance.PlannedDate]) -> attendance.Counted:
        """What the rule makes of it."""
        return attendance.count(policy, dates, self._presences(dates))

    def _presences(self, dates: Sequence[attendance.PlannedDate]) -> list[attendance.Presence]:
        found = []
        for began, start, end in self.rows:
            date = attendance.date_of(began, dates)
            found.append((date.key if date is not None else "", start, end))
        return found


def assigned_to(meeting: Meeting, user_id: int) -> frozenset[tuple[str, str]]:
    """What staff took for this learner, as (`Assignment.By`, key): one query."""
    rows = Assignment.objects.filter(meeting=meeting, user_id=user_id).values_list("by", "key")
    return frozenset((str(by), str(key)) for by, key in rows)


def known_of(registration: Registration | None, assigned: frozenset[tuple[str, str]], counts_email: bool) -> Known:
    """By what a learner is known, from her registration and what was assigned to her."""
    if registration is None:
        return Known(assigned=assigned)
    return Known(registration.registrant_id, assigned, registration.email if counts_email else "")


def seen(meeting: Meeting, known: Known, now: datetime | None = None) -> Seen:
    """Every run of the meeting, and what of each was hers: one query. What goes on ends at `now`."""
    now = now or timezone.now()
    rows = (
        Sitting.objects.filter(meeting=meeting)
        .annotate(hers=FilteredRelation("segments", condition=known.condition))
        .values("pk", "uuid", "started_at", "ended_at", "record", *(f"hers__{name}" for name in _COLUMNS))
    )
    runs: dict[int, tuple[datetime | None, datetime | None]] = {}
    present, without_record, found = False, False, []
    for row in rows:
        runs[row["pk"]] = (row["started_at"], row["ended_at"])
        without_record = without_record or row["record"] == Sitting.Record.LIVE_FINAL
        segment = {name: row[f"hers__{name}"] for name in _COLUMNS}
        if segment["source"] is None or segment["room"] == Segment.Room.WAITING:
            continue
        wanted = Segment.Source.RECORD if row["record"] == Sitting.Record.FINAL else Segment.Source.LIVE
        if segment["source"] != wanted or not known.is_hers(row["uuid"], segment):
            continue
        joined_at, left_at = segment["joined_at"], segment["left_at"]
        if joined_at is None:
            continue
        present = present or (left_at is None and row["ended_at"] is None)
        # Zoom's clock may be ahead of ours: who is there is there, if only for a moment.
        end = left_at or row["ended_at"] or max(now, joined_at + timedelta(microseconds=1))
        if end > joined_at:
            found.append((row["started_at"] or joined_at, joined_at, end))
    return Seen(tuple(runs.values()), tuple(found), present, without_record)
