"""What an author asks for, checked before Zoom is asked, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.utils import timezone

from zoom_xblock import conf, series
from zoom_xblock.attendance import Policy
from zoom_xblock.attendance.policy import COMPLETIONS, COUNTED, DATES, GRADED, LIMITS
from zoom_xblock.models import Meeting
from zoom_xblock.models.meeting import KindName
from zoom_xblock.services.errors import InvalidWishes

TOPIC_MAX_LENGTH = 200
AGENDA_MAX_LENGTH = 2000
LONGEST_MINUTES = 24 * 60
PASSCODE_MAX_LENGTH = 10
MOST_ALTERNATIVE_HOSTS = 20
#: What Zoom takes in a passcode (Zoom, "password").
_PASSCODE = re.compile(r"[A-Za-z0-9@*_-]*")

ENTRIES = ("host_first", "waiting_room", "open")
RECORDINGS = ("none", "local", "cloud")
SWITCHES = (
    "signed_in_only",
    "host_video",
    "participant_video",
    "mute_on_entry",
    "practice_session",
    "question_and_answer",
    "zoom_emails",
)
#: The names of the block's fields that are settings at Zoom.
OPTIONS = ("entry", "auto_recording", *SWITCHES)


@dataclass(frozen=True)
class SessionWishes:
    """
    What the author asks for. `starts_at` is aware; `time_zone` is an IANA name; `recurrence` as in
    `zoom_xblock.series`.

    `options` are by the names of the block's fields (`OPTIONS`); one that is not named is left as it is. `passcode` and
    `alternative_hosts` (addresses): None leaves what is there, "" and () mean none. `has_moved`: the start is meant to
    be news to Zoom, which ignores one in the past.
    """

    kind: KindName  # as anybody wrote it until it is checked
    topic: str
    agenda: str
    starts_at: datetime | None
    duration_minutes: int
    time_zone: str
    policy: Policy = field(default_factory=Policy)
    recurrence: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    passcode: str | None = field(default=None, repr=False)
    alternative_hosts: tuple[str, ...] | None = None
    has_moved: bool = True

    @classmethod
    def from_fields(
        cls, fields: Mapping[str, Any], *, starts_at: datetime | None, has_moved: bool = True
    ) -> SessionWishes:
        """The wishes in a block's own fields (all of them, whatever their age)."""
        return cls(
            kind=fields.get("kind") or "meeting",
            topic=fields.get("display_name") or "",
            agenda=fields.get("description") or "",
            starts_at=starts_at,
            duration_minutes=fields.get("duration_minutes") or 0,
            time_zone=fields.get("time_zone") or "UTC",
            policy=Policy.from_fields(fields),
            recurrence=fields.get("recurrence") or {},
            options={name: fields[name] for name in OPTIONS if fields.get(name) is not None},
            has_moved=has_moved,
        )


@dataclass(frozen=True)
class SavedSession:
    """
    What became of it. `differences` are slugs for what Zoom decided otherwise (see `readback.differences`);
    `is_adopted`: an earlier save had made this meeting, and its answer had been lost.
    """

    meeting: Meeting
    is_new: bool
    was_sent: bool
    differences: list[str] = field(default_factory=list)
    is_adopted: bool = False


def check_wishes(wishes: SessionWishes) -> None:
    """Raise InvalidWishes for what Zoom would refuse, or worse, ignore in silence (a start in the past)."""
    wrong = _texts(wishes) | _times(wishes) | _options(wishes)
    number = 1
    if wishes.recurrence and not wrong.keys() & {"starts_at", "time_zone", "recurrence"}:
        number = len(dates_of(wishes))
    wrong |= _policy(wishes.policy, wishes.duration_minutes, number)
    if wrong:
        raise InvalidWishes(wrong)


def check_policy(policy: Policy, duration_minutes: int, number_of_dates: int = 1) -> None:
    """Raise InvalidWishes for a rule that cannot be meant, or that nobody could fulfil at a session of this length."""
    wrong = _policy(policy, duration_minutes, number_of_dates)
    if wrong:
        raise InvalidWishes(wrong)


def dates_of(wishes: SessionWishes) -> list[datetime]:
    """All dates of checked wishes, ascending; one for a single date."""
    assert wishes.starts_at is not None  # check_wishes refused it else
    return series.expand(wishes.recurrence, wishes.starts_at, wishes.time_zone)


def is_storable(text: Any) -> bool:
    """Whether this is a text that databases and Zoom take: no NUL, no half of a character."""
    if not isinstance(text, str) or "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# -- inside ---------------------------------------------------------------------------------------------------------


def _texts(wishes: SessionWishes) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if wishes.kind not in Meeting.Kind.values:
        wrong["kind"] = "required"
    if not is_storable(wishes.topic):
        wrong["display_name"] = "malformed"
    elif not wishes.topic.strip():
        wrong["display_name"] = "required"
    elif len(wishes.topic) > TOPIC_MAX_LENGTH:
        wrong["display_name"] = "too_long"
    if not is_storable(wishes.agenda):
        wrong["description"] = "malformed"
    elif len(wishes.agenda) > AGENDA_MAX_LENGTH:
        wrong["description"] = "too_long"
    if wishes.passcode is not None:
        if not isinstance(wishes.passcode, str) or not _PASSCODE.fullmatch(wishes.passcode):
            wrong["passcode"] = "malformed"
        elif len(wishes.passcode) > PASSCODE_MAX_LENGTH:
            wrong["passcode"] = "too_long"
    return wrong


def _times(wishes: SessionWishes) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if wishes.starts_at is None:
        wrong["starts_at"] = "required"
    elif wishes.has_moved and wishes.starts_at < timezone.now() - timedelta(minutes=1):
        wrong["starts_at"] = "past"
    elif wishes.starts_at.year > 2900:  # Zoom's calendar ends there, and ours soon after
        wrong["starts_at"] = "malformed"
    if not is_between(wishes.duration_minutes, 1, LONGEST_MINUTES):
        wrong["duration_minutes"] = "out_of_range"
    if not isinstance(wishes.time_zone, str) or wishes.time_zone not in available_timezones():
        wrong["time_zone"] = "unknown"
    try:
        series.check(wishes.recurrence)
        if not wrong.keys() & {"starts_at", "time_zone"} and not dates_of(wishes):
            wrong["recurrence"] = "no_dates"
    except ValueError as error:
        wrong["recurrence"] = str(error)
    return wrong


def _policy(policy: Policy, duration_minutes: int, number_of_dates: int) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for name, known in (("completion", COMPLETIONS), ("counted", COUNTED), ("dates", DATES), ("graded_by", GRADED)):
        if getattr(policy, name) not in known:
            wrong[name] = "unknown"
    duration = duration_minutes if is_between(duration_minutes, 1, LONGEST_MINUTES) else None
    length = duration
    if policy.counted == "custom":
        for name in ("opens_minutes", "closes_minutes"):
            if not is_between(getattr(policy, name), *LIMITS[name]):
                wrong[name] = "out_of_range"
        if duration is not None and not wrong.keys() & {"opens_minutes", "closes_minutes"}:
            length = duration - policy.opens_minutes + policy.closes_minutes
            if length <= 0:
                wrong["closes_minutes"] = "empty_window"
    if policy.completion == "minutes":
        dates = max(number_of_dates, 1) if policy.dates == "all" else 1
        if not is_between(policy.required_minutes, *LIMITS["required_minutes"]):
            wrong["required_minutes"] = "out_of_range"
        elif length is not None and 0 < length * dates < policy.required_minutes:
            wrong["required_minutes"] = "longer_than_session"
    elif policy.completion == "percent" and not is_between(policy.required_percent, *LIMITS["required_percent"]):
        wrong["required_percent"] = "out_of_range"
    return wrong


def _options(wishes: SessionWishes) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for name, value in wishes.options.items():
        known = {"entry": ENTRIES, "auto_recording": RECORDINGS}.get(name)
        if name not in OPTIONS:
            wrong["options"] = "unknown"
        elif known is not None and (not isinstance(value, str) or value not in known):
            wrong[name] = "required"
        elif known is None and not isinstance(value, bool):
            wrong[name] = "malformed"
        elif name == "zoom_emails" and value and conf.sends_aliases():
            wrong[name] = "aliases"  # Zoom would write to addresses that nobody reads
    listed = wishes.alternative_hosts
    if listed is not None:
        if len(listed) > MOST_ALTERNATIVE_HOSTS:
            wrong["alternative_hosts"] = "too_many"
        elif not all(is_storable(address) and 0 < len(address) <= 254 for address in listed):
            wrong["alternative_hosts"] = "malformed"
    return wrong


def is_between(value: Any, low: int, high: int) -> bool:
    """Whether this is a whole number (True is none) in the range."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
