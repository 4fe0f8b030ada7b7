"""
What Zoom told us, as plain frozen values.

Units and conventions, for every class here: ids of meetings and webinars are `int` (64 bits); Zoom's other ids are
opaque `str`; a text that Zoom left out is `""`; a number or time that Zoom left out is `None`; times are aware UTC and
end in `_at`; durations carry their unit in the name. Fields that hold a secret (tokens, personal links, passcodes) or
whole bodies do not show in `repr`.

`zoom_xblock.client.shapes` and `zoom_xblock.client.webhooks` make these values; nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["meeting", "webinar"]
Room = Literal["main", "breakout", "waiting"]

#: Types of users at Zoom: 1 Basic, 2 Licensed, 4 unassigned, 99 none.
LICENSED = 2


@dataclass(frozen=True, slots=True)
class Tokens:
    """One answer of the token endpoint. `refresh_token` is None for a server-to-server app."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in_seconds: int
    scopes: frozenset[str]
    api_url: str | None = None  # only if it is an address of Zoom's, without `/v2`


@dataclass(frozen=True, slots=True)
class ZoomUser:
    """A user of the account. The e-mail may change: key on `id`."""

    id: str
    email: str = field(repr=False)
    account_id: str
    display_name: str = field(repr=False)
    user_type: int | None
    status: str  # "active", "inactive", "pending", or ""
    timezone: str
    licensed: bool


@dataclass(frozen=True, slots=True)
class UserSettings:
    """What a host's licences allow."""

    webinar: bool
    webinar_capacity: int | None
    meeting_capacity: int | None
    large_meeting: bool


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date of a series."""

    occurrence_id: str
    starts_at: datetime | None
    duration_minutes: int | None
    status: str  # "available", "deleted", or ""


@dataclass(frozen=True, slots=True)
class Meeting:
    """
    A meeting or webinar as Zoom has it. `uuid` names one sitting and changes with each; Zoom leaves it out when
    creating. `approval_type`: 0 automatic, 1 manual, 2 no registration, None where Zoom did not say. `join_url` is the
    plain link: with registration on it leads to a form where anyone types any name, so it is not for learners.
    `starts_at` of a series for which Zoom names no start is that of its first date. `passcode` is for comparing alone;
    `has_passcode` is true as well where Zoom shows it only in its encrypted form.
    """

    kind: Kind
    zoom_id: int
    uuid: str
    host_id: str
    host_email: str = field(repr=False)
    topic: str
    agenda: str = field(repr=False)
    meeting_type: int | None
    starts_at: datetime | None
    duration_minutes: int | None
    timezone: str
    approval_type: int | None
    has_registration: bool
    status: str  # "waiting", "started", or ""
    settings: dict[str, Any] = field(repr=False)
    occurrences: tuple[Occurrence, ...] = ()
    recurrence: dict[str, Any] | None = None
    join_url: str = field(default="", repr=False)
    passcode: str = field(default="", repr=False)
    has_passcode: bool = False


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting or webinar as lists show it: no settings, agenda cut by Zoom. `made_at`: Zoom's `created_at`."""

    kind: Kind
    zoom_id: int
    uuid: str
    host_id: str
    topic: str
    meeting_type: int | None
    starts_at: datetime | None
    duration_minutes: int | None
    timezone: str
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Registrant:
    """A person registered with one meeting. `join_url` is hers alone, and None while she waits for approval."""

    registrant_id: str
    email: str = field(repr=False)
    status: str  # "approved", "pending", "denied", or ""
    join_url: str | None = field(repr=False)
    first_name: str = field(repr=False)
    last_name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Participant:
    """
    One connection in the record of a sitting: one row per join, not per person.

    `registrant_id` and `customer_key` say who it is; `connection` (Zoom's `user_id`) is a number per connection and
    never a person; `zoom_user_id` is blank for guests; names are for showing only. `waiting` rows are no
    attendance. `left_at` is None where Zoom gave no end. `internal`: member of the account, None where the
    endpoint does not say.
    """

    registrant_id: str
    connection: str
    zoom_user_id: str
    name: str = field(repr=False)
    email: str = field(repr=False)
    joined_at: datetime
    left_at: datetime | None
    waiting: bool
    customer_key: str
    internal: bool | None
    room: Room


@dataclass(frozen=True, slots=True)
class PastSitting:
    """One sitting of a meeting that has ended."""

    uuid: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class PastMeeting:
    """A sitting that has ended. `participants_count` counts joins, not people."""

    uuid: str
    zoom_id: int
    host_id: str
    topic: str
    meeting_type: int | None
    started_at: datetime
    ended_at: datetime
    duration_minutes: int | None
    participants_count: int | None
    total_minutes: int | None


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """One file. Zoom leaves out nearly everything for TIMELINE and CC files."""

    file_id: str
    file_type: str
    file_extension: str
    recording_type: str
    status: str
    file_size_bytes: int | None
    started_at: datetime | None
    ended_at: datetime | None
    play_url: str = field(default="", repr=False)
    download_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Recording:
    """The recordings of one sitting. `play_passcode`, appended as `?pwd=` to a play link, skips the passcode's form."""

    uuid: str
    zoom_id: int
    host_id: str
    topic: str
    started_at: datetime | None
    duration_minutes: int | None
    files: tuple[RecordingFile, ...]
    share_url: str = field(default="", repr=False)
    passcode: str = field(default="", repr=False)
    play_passcode: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class EventParticipant:
    """
    Who joined or left, as a delivery says it. `connection` pairs a `joined` with its `left` inside one sitting and is
    no person. `joined_at`, `left_at`: as written by Zoom, None where it wrote none (the event's `occurred_at` is then
    the best there is).
    """

    connection: str
    zoom_user_id: str
    participant_uuid: str
    registrant_id: str
    customer_key: str
    name: str = field(repr=False)
    email: str = field(repr=False)
    joined_at: datetime | None
    left_at: datetime | None
    leave_reason: str
    phone: bool


@dataclass(frozen=True, slots=True)
class Event:
    """
    A delivery that was read. Only `name` is certain; all else is what the delivery had in a form that can be trusted.

    `kind` is "" for events of neither meeting nor webinar. `operation` is "single" where only some dates of a series
    are meant (`occurrence_ids`), "all", or "". `user_id` is the user of `user.*` and `app_deauthorized`. Read changes
    from `object`/`old_object` only as hints, and ask Zoom again: what they list is written down nowhere.
    """

    name: str
    kind: Kind | Literal[""] = ""
    account_id: str = ""
    occurred_at: datetime | None = None
    zoom_id: int | None = None
    uuid: str = ""
    host_id: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    practice_session: bool = False
    participant: EventParticipant | None = None
    registrant: Registrant | None = None
    plain_token: str = field(default="", repr=False)
    client_id: str = ""
    user_id: str = ""
    operation: str = ""
    occurrence_ids: tuple[str, ...] = ()
    breakout_room_uuid: str = ""
    user_data_retention: bool | None = None
    download_token: str = field(default="", repr=False)
    object: dict[str, Any] = field(default_factory=dict, repr=False)
    old_object: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def presence(self) -> tuple[Literal["joined", "left"], Room] | None:
        """Which presence the event begins or ends, and where; None for all other events."""
        kind, _, rest = self.name.partition(".")
        return _PRESENCE.get(rest) if kind in ("meeting", "webinar") else None


_PRESENCE: dict[str, tuple[Literal["joined", "left"], Room]] = {
    "participant_joined": ("joined", "main"),
    "participant_left": ("left", "main"),
    "participant_joined_breakout_room": ("joined", "breakout"),
    "participant_left_breakout_room": ("left", "breakout"),
    "participant_joined_waiting_room": ("joined", "waiting"),
    "participant_put_in_waiting_room": ("joined", "waiting"),
    "participant_left_waiting_room": ("left", "waiting"),
    "participant_admitted": ("left", "waiting"),
    # People before the host. Whoever is let in (`jbh_joined`) has stopped waiting; her presence in the main room has
    # its own event.
    "participant_jbh_waiting": ("joined", "waiting"),
    "participant_jbh_joined": ("left", "waiting"),
    "participant_jbh_waiting_left": ("left", "waiting"),
}
