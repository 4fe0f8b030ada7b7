"""
The editor's one table of fields: what each holds, its limits and its default.

The form is rendered from it, the browser checks by it (as data), and the server believes nothing but it. Names are those
of the block's fields where there is one; the rest (a date and a time, the parts of a series, host and passcode) becomes
something else in `editor_parse`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import available_timezones

from zoom_xblock.attendance import policy

Shape = Literal["text", "area", "choice", "number", "points", "yes", "date", "time", "zone", "days", "addresses"]

TOPIC_MAX_LENGTH = 200
DESCRIPTION_MAX_LENGTH = 2000
LONGEST_MINUTES = 24 * 60
MOST_POINTS = 1000
MOST_DATES = 60
#: Zoom's calendar ends there; at the ends of Python's, zones and durations lead out of it.
YEARS = range(1970, 2901)
#: Zoom's longest intervals: days, weeks, months.
LONGEST_INTERVALS = {"day": 90, "week": 12, "month": 3}


@dataclass(frozen=True)
class Field:
    """
    One field. `least` and `most` bound a number, `most` also the length of a text; `only_if` names another field and
    the values with which this one means something (else it is neither shown nor read).
    """

    name: str
    shape: Shape
    default: Any
    group: str = "first"
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    only_if: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    @property
    def is_wish(self) -> bool:
        """Whether it is a field of the block, by this name."""
        return self.name not in NOT_WISHES


_MEETING = (("kind", ("meeting",)),)
_WEBINAR = (("kind", ("webinar",)),)
_SERIES = (("every", ("day", "week", "month")),)
_MONTHLY = (("every", ("month",)),)
_COMPLETES = (("completion", ("minutes", "percent", "joining")),)
_MEASURED = (("completion", ("minutes", "percent")),)

FIELDS: tuple[Field, ...] = (
    # What everybody is asked.
    Field("kind", "choice", "meeting", choices=("meeting", "webinar"), required=True),
    Field("display_name", "text", "Zoom session", most=TOPIC_MAX_LENGTH, required=True),
    Field("start_date", "date", "", required=True),
    Field("start_time", "time", "", required=True),
    Field("time_zone", "zone", "UTC", most=64, required=True),
    Field("start_fold", "choice", "first", choices=("first", "second")),
    Field("duration_minutes", "number", 60, least=1, most=LONGEST_MINUTES, required=True),
    Field("completion", "choice", "minutes", choices=policy.COMPLETIONS),
    Field(
        "required_minutes",
        "number",
        45,
        least=0,
        most=LONGEST_MINUTES * MOST_DATES,
        required=True,
        only_if=(("completion", ("minutes",)),),
    ),
    Field("required_percent", "number", 80, least=1, most=100, required=True, only_if=(("completion", ("percent",)),)),
    # The series.
    Field("every", "choice", "never", "repetition", choices=("never", "day", "week", "month")),
    Field("interval", "number", 1, "repetition", least=1, most=90, required=True, only_if=_SERIES),
    Field("weekdays", "days", (), "repetition", required=True, only_if=(("every", ("week",)),)),
    Field("monthly_by", "choice", "day", "repetition", choices=("day", "weekday"), only_if=_MONTHLY),
    Field(
        "month_day",
        "number",
        1,
        "repetition",
        least=1,
        most=31,
        required=True,
        only_if=(*_MONTHLY, ("monthly_by", ("day",))),
    ),
    Field(
        "month_week",
        "choice",
        "1",
        "repetition",
        choices=("1", "2", "3", "4", "-1"),
        only_if=(*_MONTHLY, ("monthly_by", ("weekday",))),
    ),
    Field(
        "month_weekday",
        "choice",
        "1",
        "repetition",
        choices=("1", "2", "3", "4", "5", "6", "7"),
        only_if=(*_MONTHLY, ("monthly_by", ("weekday",))),
    ),
    Field("ends_by", "choice", "count", "repetition", choices=("count", "until"), only_if=_SERIES),
    Field(
        "count",
        "number",
        6,
        "repetition",
        least=1,
        most=MOST_DATES,
        required=True,
        only_if=(*_SERIES, ("ends_by", ("count",))),
    ),
    Field("until", "date", "", "repetition", required=True, only_if=(*_SERIES, ("ends_by", ("until",)))),
    # The host.
    Field("host_email", "text", "", "host", most=254),
    Field("alternative_hosts", "addresses", "", "host", most=2000),
    # Who gets in.
    Field("entry", "choice", "host_first", "entry", choices=("host_first", "waiting_room", "open"), only_if=_MEETING),
    Field("signed_in_only", "yes", False, "entry"),
    Field("passcode_choice", "choice", "leave", "entry", choices=("leave", "own", "none")),
    Field("passcode", "text", "", "entry", most=10, required=True, only_if=(("passcode_choice", ("own",)),)),
    # Sound, video, recording.
    Field("host_video", "yes", False, "media"),
    Field("participant_video", "yes", False, "media", only_if=_MEETING),
    Field("mute_on_entry", "yes", True, "media", only_if=_MEETING),
    Field("auto_recording", "choice", "none", "media", choices=("none", "cloud", "local")),
    Field("practice_session", "yes", False, "media", only_if=_WEBINAR),
    Field("question_and_answer", "yes", True, "media", only_if=_WEBINAR),
    # Completion and grade.
    Field("counted", "choice", "sitting", "completion", choices=policy.COUNTED, only_if=_MEASURED),
    Field(
        "opens_minutes",
        "number",
        0,
        "completion",
        least=-LONGEST_MINUTES,
        most=LONGEST_MINUTES,
        required=True,
        only_if=(*_MEASURED, ("counted", ("custom",))),
    ),
    Field(
        "closes_minutes",
        "number",
        0,
        "completion",
        least=-LONGEST_MINUTES,
        most=LONGEST_MINUTES,
        required=True,
        only_if=(*_MEASURED, ("counted", ("custom",))),
    ),
    Field("dates", "choice", "one", "completion", choices=policy.DATES, only_if=(*_SERIES, *_MEASURED)),
    Field("counts_email", "yes", False, "completion", only_if=_COMPLETES),
    Field("has_score", "yes", False, "completion", only_if=_COMPLETES),
    Field(
        "graded_by",
        "choice",
        "share",
        "completion",
        choices=policy.GRADED,
        only_if=(*_COMPLETES, ("has_score", (True,))),
    ),
    Field(
        "weight",
        "points",
        1.0,
        "completion",
        least=0,
        most=MOST_POINTS,
        required=True,
        only_if=(*_COMPLETES, ("has_score", (True,))),
    ),
    # What learners see.
    Field("description", "area", "", "learners", most=DESCRIPTION_MAX_LENGTH),
    Field("join_minutes_before", "number", 15, "learners", least=0, most=LONGEST_MINUTES, required=True),
    Field("show_calendar", "yes", True, "learners"),
    Field("show_attendance", "yes", True, "learners"),
    Field("show_recordings", "yes", False, "learners"),
    Field("zoom_emails", "yes", False, "learners"),
)

BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}

#: Rows of the form that are no field of the block: they become one (`starts_at`, `recurrence`), or are told to Zoom
#: alone (host, alternative hosts, passcode) and live at the meeting.
_START = ("start_date", "start_time", "start_fold")
SERIES_PARTS: frozenset[str] = frozenset(one.name for one in FIELDS if one.group == "repetition")
_TOLD_TO_ZOOM = ("host_email", "alternative_hosts", "passcode_choice", "passcode")
NOT_WISHES: frozenset[str] = frozenset((*_START, *SERIES_PARTS, *_TOLD_TO_ZOOM))

#: What `attendance.Policy` holds; what it is called there is what it is called here.
RULE: tuple[str, ...] = tuple(policy.Policy().as_json())
#: Zoom's settings: the keys of a meeting's `options`.
OPTIONS: tuple[str, ...] = (
    "entry",
    "signed_in_only",
    "host_video",
    "participant_video",
    "mute_on_entry",
    "auto_recording",
    "practice_session",
    "question_and_answer",
    "zoom_emails",
)
#: What a session that is linked brings along: its author is asked for the rest.
OF_THE_SESSION: frozenset[str] = frozenset(
    {"kind", "display_name", "time_zone", "duration_minutes", "description", *OPTIONS, *NOT_WISHES}
)

#: Where an error of a name stands: date, time and fold are one thing, and so are the parts of a series.
PLACE_OF: dict[str, str] = {"start_date": "starts_at", "start_time": "starts_at", "start_fold": "starts_at"}

GROUPS = ("repetition", "host", "entry", "media", "completion", "learners")

ZONES: frozenset[str] = frozenset(available_timezones())


def matters(field: Field, values: Mapping[str, Any]) -> bool:
    """Whether the field means anything beside these values."""
    return all(values.get(name) in wanted for name, wanted in field.only_if)


def readable(name: str, value: Any) -> Any:
    """
    A stored value of a block's field, or the field's default where what is stored cannot be meant: an import may carry
    anything, and must not keep its author out of the form that would mend it.
    """
    if name == "starts_at":
        is_meant = isinstance(value, datetime) and value.tzinfo is not None and value.year in YEARS
        return value if is_meant else None
    field = BY_NAME.get(name)
    if field is None:
        return value
    return value if _fits(field, value) else field.default


def _fits(field: Field, value: Any) -> bool:
    if field.shape == "choice":
        return isinstance(value, str) and value in field.choices
    if field.shape == "yes":
        return isinstance(value, bool)
    if field.shape == "number":
        return isinstance(value, int) and not isinstance(value, bool) and _is_within(field, value)
    if field.shape == "points":
        return isinstance(value, int | float) and not isinstance(value, bool) and _is_within(field, value)
    if field.shape == "zone":
        return isinstance(value, str) and value in ZONES
    return is_text(value) and (field.most is None or len(value) <= field.most)


def _is_within(field: Field, value: float) -> bool:
    return (field.least is None or field.least <= value) and (field.most is None or value <= field.most)


def digest_of(wishes: Mapping[str, Any]) -> str:
    """A short digest of the block's own values: another one means that another tab saved them meanwhile."""
    plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in wishes.items()}
    text = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_text(value: Any) -> bool:
    """Whether this can be stored and sent: JSON may carry NUL and halves of characters, databases and Zoom do not."""
    if not isinstance(value, str) or "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
