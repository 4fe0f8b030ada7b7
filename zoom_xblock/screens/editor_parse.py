"""What comes back from the browser: read by the table of fields, believed nowhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from zoom_xblock.screens import clocks, series
from zoom_xblock.screens import page as words
from zoom_xblock.screens.editor_fields import (
    BY_NAME,
    FIELDS,
    LONGEST_INTERVALS,
    NOT_WISHES,
    OF_THE_SESSION,
    PLACE_OF,
    SERIES_PARTS,
    YEARS,
    ZONES,
    Field,
    is_text,
    matters,
)

#: Zoom's letters of a passcode.
PASSCODE = re.compile(r"[A-Za-z0-9@_*-]{1,10}", re.ASCII)
MOST_ALTERNATIVE_HOSTS = 20
_ADDRESS = re.compile(r"[^\s@,;<>()\"]{1,64}@[^\s@,;<>()\"]{1,189}", re.ASCII)
#: "1" to "100000", with a sign; longer texts of digits are not even counted.
_WHOLE = re.compile(r"[+-]?[0-9]{1,6}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?", re.ASCII)
MOST_LETTERS_OF_A_REFERENCE = 2000
#: What must be known before a requirement can be compared with what there is to attend.
_OF_REQUIREMENT = {
    "duration_minutes",
    "completion",
    "counted",
    "opens_minutes",
    "closes_minutes",
    "dates",
    "required_minutes",
}


class WrongForm(Exception):
    """
    What came from the browser is not a form of ours, or has fields that cannot be meant. `fields` maps places to slugs,
    `facts` what their sentences need.
    """

    def __init__(self, fields: dict[str, str], facts: dict[str, dict[str, Any]] | None = None) -> None:
        self.fields, self.facts = fields, facts or {}
        super().__init__(", ".join(sorted(fields)))


@dataclass(frozen=True)
class Parsed:
    """
    A form that can be meant. `wishes`: values for the block's fields. `host_email` and `alternative_hosts` None: not
    said. `passcode` None: leave it; "": none. `seen`: the token of what the form was rendered from.
    """

    wishes: dict[str, Any]
    host_email: str | None = None
    alternative_hosts: tuple[str, ...] | None = None
    passcode: str | None = None
    seen: str | None = None


def parse(data: Any, current: Mapping[str, Any] | None = None) -> Parsed:
    """
    The author's wishes from the browser's JSON; raises WrongForm by field. `current` are the values of the block's
    fields now: what is not sent, or means nothing beside the rest, stays as it is there.
    """
    values, wished, wrong, facts = _read_all(data, current or {})
    if not wrong.keys() & _OF_REQUIREMENT and "recurrence" in wished:
        _check_requirement(wished, wrong)
    if wrong:
        raise WrongForm(wrong, facts)
    return Parsed(
        wishes=wished,
        host_email=values["host_email"] or None,
        alternative_hosts=values["alternative_hosts"] if "alternative_hosts" in data else None,
        passcode={"leave": None, "none": ""}.get(values["passcode_choice"], values["passcode"]),
        seen=token(data),
    )


def peek(data: Any, current: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """
    As much of a form as can be meant while it is being filled in: values for the block's fields, with `recurrence` and
    `starts_at` where they are whole, and the places where something is wrong. Raises WrongForm for what is no form.
    """
    _values_now, wished, wrong, _facts = _read_all(data, current)
    return wished, set(wrong)


def parse_rule(data: Any, current: Mapping[str, Any]) -> dict[str, Any]:
    """
    What an author says of a session that is linked: the rule and what learners see, nothing of the session itself.
    """
    asked = tuple(one for one in FIELDS if one.name not in OF_THE_SESSION)
    values, wrong, facts = _values(data, asked, current, is_whole=False)
    if wrong:
        raise WrongForm(wrong, facts)
    return {name: value for name, value in values.items() if name in {one.name for one in asked}}


def reference(data: Any) -> tuple[str, str | None]:
    """The number or link of an existing session as it was typed, and its kind where one was said; raises WrongForm."""
    if not isinstance(data, dict):
        raise WrongForm({})
    typed, kind = data.get("reference", ""), data.get("reference_kind")
    if isinstance(typed, int) and not isinstance(typed, bool):
        typed = str(typed) if abs(typed) < 10**15 else ""
    if not is_text(typed) or len(typed) > MOST_LETTERS_OF_A_REFERENCE:
        raise WrongForm({"reference": "malformed"})
    if not typed.strip():
        raise WrongForm({"reference": "required"})
    return typed.strip(), kind if kind in ("meeting", "webinar") else None


def single_date(data: Any, time_zone: str, *, wants_start: bool) -> tuple[str, datetime | None, int]:
    """One date of a series that is to be moved or removed: its id at Zoom, its new start and duration."""
    if not isinstance(data, dict):
        raise WrongForm({})
    occurrence_id = data.get("occurrence_id")
    if not is_text(occurrence_id) or not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", occurrence_id, re.ASCII):
        raise WrongForm({"date": "malformed"})
    if not wants_start:
        return occurrence_id, None, 0
    asked = tuple(BY_NAME[name] for name in ("start_date", "start_time", "start_fold", "duration_minutes"))
    values, wrong, facts = _values({**data, "time_zone": time_zone}, asked, {})
    if not wrong:
        try:
            reading = _reading({**values, "time_zone": time_zone})
        except WrongForm as error:
            wrong, facts = error.fields, error.facts
        else:
            start = reading.second if _means_second(values, reading) else reading.first
            return occurrence_id, start, values["duration_minutes"]
    raise WrongForm({"date": next(iter(wrong.values()))}, {"date": next(iter(facts.values()), {})})


def token(data: Any) -> str | None:
    """What the form was rendered from; anything odd is none, and is then found to differ."""
    seen = data.get("seen") if isinstance(data, dict) else None
    return seen if is_text(seen) and 0 < len(seen) <= 100 else None


def browser_zone(data: Any) -> str:
    """The zone that the browser says it is in; "" where it names none that we know."""
    said = data.get("browser_zone") if isinstance(data, dict) else None
    return said if isinstance(said, str) and said in ZONES else ""


def clock(data: Any) -> tuple[clocks.Reading, str]:
    """What date, time and zone of a form mean, and the zone; raises WrongForm where they are not complete."""
    if not isinstance(data, dict):
        raise WrongForm({})
    asked = tuple(BY_NAME[name] for name in ("start_date", "start_time", "start_fold", "time_zone"))
    values, wrong, facts = _values(data, asked, {})
    if wrong:
        raise WrongForm(wrong, facts)
    return _reading(values, refuse_gap=False), values["time_zone"]


# -- inside ---------------------------------------------------------------------------------------------------------


def _read_all(
    data: Any, current: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, str], dict[str, dict[str, Any]]]:
    """The form's values, those for the block's fields, what is wrong by place, and facts for its sentences."""
    zone = current.get("time_zone", "UTC")
    known = {**series.parts_of(current.get("recurrence"), current.get("starts_at"), zone), **current}
    values, wrong, facts = _values(data, FIELDS, known)
    wished = {name: value for name, value in values.items() if name not in NOT_WISHES}
    if "time_zone" in values and "start_date" in values and "start_time" in values:
        try:
            reading = _reading(values)
            wished["starts_at"] = _unmoved(
                reading.second if _means_second(values, reading) else reading.first, current.get("starts_at")
            )
        except WrongForm as error:
            wrong |= error.fields
            facts |= error.facts
    if not wrong.keys() & SERIES_PARTS:
        _check_series(values, wrong, facts)
    if not wrong.keys() & SERIES_PARTS:
        wished["recurrence"] = series.recurrence_of(values)
    return values, wished, wrong, facts


def _values(
    data: Any, asked: tuple[Field, ...], current: Mapping[str, Any], *, is_whole: bool = True
) -> tuple[dict[str, Any], dict[str, str], dict[str, dict[str, Any]]]:
    """
    Values, what is wrong by place, and facts. Of a whole form the first screen's required fields must be there; of a
    part of one, what is not sent stays as it is.
    """
    if not isinstance(data, dict):
        raise WrongForm({})
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for one in asked:
        kept = current.get(one.name, one.default)
        if not matters(one, {**current, **values}):
            values[one.name] = kept
            continue
        if one.name not in data and not (is_whole and one.required and one.group == "first"):
            values[one.name] = kept
            continue
        value, slug = _READ[one.shape](one, data.get(one.name))
        if slug:
            wrong.setdefault(PLACE_OF.get(one.name, one.name), slug)
        else:
            values[one.name] = value
    if values.get("completion") == "none":
        values["has_score"] = False  # there is nothing that could be graded
    facts = {name: {"least": BY_NAME[name].least, "most": BY_NAME[name].most} for name in wrong if name in BY_NAME}
    return values, wrong, facts


def _text(one: Field, value: Any) -> tuple[Any, str]:
    if value is None and not one.required:
        value = ""
    if not is_text(value):
        return None, "malformed"
    value = value.strip()
    if one.most is not None and len(value) > one.most:
        return None, "too_long"
    if one.required and not value:
        return None, "required"
    if one.name == "passcode" and not PASSCODE.fullmatch(value):
        return None, "characters"
    if one.name == "host_email" and value and not _ADDRESS.fullmatch(value):
        return None, "malformed"
    return value, ""


def _zone(one: Field, value: Any) -> tuple[Any, str]:
    if value is None or value == "":
        return None, "required"
    if not is_text(value):
        return None, "malformed"
    return (value.strip(), "") if value.strip() in ZONES else (None, "unknown")


def _choice(one: Field, value: Any) -> tuple[Any, str]:
    if isinstance(value, int) and not isinstance(value, bool) and -10 < value < 10:
        value = str(value)
    if not is_text(value):
        return None, "malformed"
    return (value, "") if value in one.choices else (None, "required" if not value else "unknown_choice")


def _number(one: Field, value: Any) -> tuple[Any, str]:
    if value is None or value == "":
        return None, "required"
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None, "out_of_range"
    return (value, "") if one.least <= value <= one.most else (None, "out_of_range")


def _points(one: Field, value: Any) -> tuple[Any, str]:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | str)
        or (isinstance(value, str) and len(value) > 40)
    ):
        return None, "points"
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None, "points"
    return (number, "") if one.least <= number <= one.most else (None, "points")  # NaN compares with nothing


def _yes(one: Field, value: Any) -> tuple[Any, str]:
    return value is True, ""


def _date(one: Field, value: Any) -> tuple[Any, str]:
    if not is_text(value) or not _DATE.fullmatch(value):  # Python reads weeks ("2026-W23-4"), too
        return None, "required"
    try:
        return date.fromisoformat(value).isoformat(), ""
    except ValueError:
        return None, "required"


def _time(one: Field, value: Any) -> tuple[Any, str]:
    # Python 3.11 reads more forms than a browser sends ("T14", "14"); these are not ours.
    if not is_text(value) or not _TIME.match(value):
        return None, "required"
    try:
        return time.fromisoformat(value[:5]).strftime("%H:%M"), ""
    except ValueError:
        return None, "required"


def _days(one: Field, value: Any) -> tuple[Any, str]:
    if not isinstance(value, list | tuple) or len(value) > 7:
        return None, "required" if value is None or value == "" else "malformed"
    days = {_number(Field("", "number", 1, least=1, most=7), day)[0] for day in value}
    if None in days:
        return None, "malformed"
    return (tuple(sorted(days)), "") if days else (None, "required")


def _addresses(one: Field, value: Any) -> tuple[Any, str]:
    text, slug = _text(one, value)
    if slug:
        return None, slug
    found = tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", text) if part))
    if len(found) > MOST_ALTERNATIVE_HOSTS:
        return None, "too_many"
    return (found, "") if all(_ADDRESS.fullmatch(part) for part in found) else (None, "malformed")


_READ = {
    "text": _text,
    "area": _text,
    "choice": _choice,
    "number": _number,
    "points": _points,
    "yes": _yes,
    "date": _date,
    "time": _time,
    "zone": _zone,
    "days": _days,
    "addresses": _addresses,
}


def _reading(values: Mapping[str, Any], *, refuse_gap: bool = True) -> clocks.Reading:
    wall = datetime.combine(date.fromisoformat(values["start_date"]), time.fromisoformat(values["start_time"]))
    if wall.year not in YEARS:
        raise WrongForm({"starts_at": "malformed"})
    reading = clocks.read(wall, words.zone(values["time_zone"]))
    if reading.next_wall is not None and refuse_gap:
        raise WrongForm({"starts_at": "gap"}, {"starts_at": {"next_wall": reading.next_wall}})
    return reading


def _means_second(values: Mapping[str, Any], reading: clocks.Reading) -> bool:
    return values.get("start_fold") == "second" and reading.second is not None


def _unmoved(meant: datetime | None, now: Any) -> datetime | None:
    """
    The start as it is now where the form says the same minute: it shows no seconds, and a save that changes nothing
    must not move the session by some of them.
    """
    is_same = isinstance(now, datetime) and meant == now.replace(second=0, microsecond=0)
    return now if is_same else meant


def _check_series(values: Mapping[str, Any], wrong: dict[str, str], facts: dict[str, dict[str, Any]]) -> None:
    """Zoom's own limits, which depend on the unit, and an end that lies before the start."""
    every = values.get("every")
    if every in LONGEST_INTERVALS and values["interval"] > LONGEST_INTERVALS[every]:
        wrong["interval"] = "out_of_range"
        facts["interval"] = {"least": 1, "most": LONGEST_INTERVALS[every]}
    if every in LONGEST_INTERVALS and values["ends_by"] == "until" and values["until"] < values.get("start_date", ""):
        wrong["until"] = "before_start"


def _check_requirement(wished: Mapping[str, Any], wrong: dict[str, str]) -> None:
    """What nobody could reach: more minutes than are counted, a window that closes before it opens."""
    longest = wished["duration_minutes"]
    if wished["completion"] in ("minutes", "percent") and wished["counted"] == "custom":
        longest += wished["closes_minutes"] - wished["opens_minutes"]
        if longest <= 0:
            wrong["closes_minutes"] = "empty_window"
            return
    if wished["completion"] != "minutes":
        return
    if wished["recurrence"] and wished["dates"] == "all":
        # Until a day: how many dates that are is checked where they are worked out.
        longest *= wished["recurrence"].get("count", 60)
    if wished["required_minutes"] > longest:
        wrong["required_minutes"] = "longer_than_session"
