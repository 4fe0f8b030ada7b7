"""Studio's editor: the form's values, what comes back from the browser, and what is answered."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from zoom_xblock.screens import page as words
from zoom_xblock.screens import troubles

TOPIC_MAX_LENGTH = 200
DESCRIPTION_MAX_LENGTH = 2000
MOST_POINTS = 1000


class WrongForm(Exception):
    """
    What came from the browser is not a form of ours, or has fields that cannot be meant; `fields` maps them to slugs.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        super().__init__(", ".join(sorted(fields)))


def page(facts: Any, wishes: dict[str, Any], *, is_new: bool) -> dict[str, Any]:
    """The context of the template: values as the form shows them. Where Zoom is ahead of the component, Zoom's."""
    current = overlaid(facts, wishes)
    starts_at = current["starts_at"]
    local = starts_at.astimezone(words.zone(current["time_zone"])) if starts_at else None
    return {
        "is_new": is_new,
        "kind_is_fixed": facts.meeting is not None and facts.meeting.state != "gone",
        "values": {
            **current,
            "start_date": local.strftime("%Y-%m-%d") if local else "",
            "start_time": local.strftime("%H:%M") if local else "",
        },
        "topic_max_length": TOPIC_MAX_LENGTH,
        "description_max_length": DESCRIPTION_MAX_LENGTH,
        "time_zones": sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
        "host": (facts.meeting.host_email if facts.meeting is not None else "") or facts.default_host,
        "trouble": None if facts.connection_state == "connected" else troubles.of_connection(facts.connection_state),
    }


def init_args(shown: dict[str, Any]) -> dict[str, Any]:
    """What the script starts with."""
    return {
        "isNew": shown["is_new"],
        "text": {
            "saving": _("Saving with Zoom…"),
            "saved": _("Saved."),
            "failed": _(
                "The site did not answer, so we do not know whether this was saved. Nothing you typed is lost: please save again."
            ),
            "title": _("Zoom session"),
            "forbidden": _("You may not change this course, or you are not signed in any more."),
            "counter": _("{count} of {limit} characters"),
            "ends": _("Ends {time}."),
            "share": _("{required} of {duration} minutes ({percent} %): whoever attends this long completes the unit."),
            "anyTime": _("0: whoever attends at all completes the unit."),
            "tooLong": _("More than the session lasts: nobody could reach it."),
        },
    }


def sentence(slug: str) -> str:
    """A sentence for a refusal."""
    return troubles.for_author(slug)


def overlaid(facts: Any, wishes: dict[str, Any]) -> dict[str, Any]:
    """
    The wishes, with what Zoom is known to have instead: an edit must start from the truth, or it would undo it unseen.
    """
    meeting = facts.meeting
    if meeting is None or meeting.state == "gone":
        return dict(wishes)
    return {
        **wishes,
        "display_name": meeting.topic or wishes["display_name"],
        "starts_at": meeting.starts_at or wishes["starts_at"],
        "duration_minutes": meeting.duration_minutes or wishes["duration_minutes"],
        "time_zone": meeting.time_zone or wishes["time_zone"],
    }


def parse(data: Any) -> dict[str, Any]:
    """
    The author's wishes from the browser's JSON, checked for shape; raises WrongForm by field.

    Wall-clock date and time become an aware UTC instant. A time that the clocks skip is refused; of one that comes
    twice the first is meant.
    """
    if not isinstance(data, dict):
        raise WrongForm({})
    wrong: dict[str, str] = {}
    wished: dict[str, Any] = {}
    for name, limit in (
        ("display_name", TOPIC_MAX_LENGTH),
        ("description", DESCRIPTION_MAX_LENGTH),
        ("kind", 10),
        ("time_zone", 64),
    ):
        value = data.get(name, "")
        if not _is_text(value):
            wrong[name] = "malformed"
        elif len(value.strip()) > limit:
            wrong[name] = "too_long"
        else:
            wished[name] = value.strip()
    for name in ("duration_minutes", "required_minutes"):
        number = _whole_number(data.get(name))
        if number is None:
            wrong[name] = "required" if data.get(name) in (None, "") else "out_of_range"
        else:
            wished[name] = number
    wished["has_score"] = data.get("has_score", False) is True
    weight = _points(data.get("weight", 1))
    if weight is None:
        wrong["weight"] = "points"
    else:
        wished["weight"] = weight
    if wished.get("time_zone") not in available_timezones():
        wrong.setdefault("time_zone", "unknown")
    else:
        try:
            wished["starts_at"] = _instant(data, wished["time_zone"])
        except WrongForm as error:
            wrong.update(error.fields)
    if wrong:
        raise WrongForm(wrong)
    return wished


def refusal(fields: dict[str, str], slug: str) -> dict[str, Any]:
    """The answer to a save that changed nothing."""
    return {
        "saved": False,
        "message": troubles.for_author(slug),
        "errors": {name: troubles.for_field(name, reason) for name, reason in fields.items()},
    }


def success(is_new: bool, differences: list[str]) -> dict[str, Any]:
    """The answer to a save; `notes` say what Zoom decided otherwise."""
    sentences = {
        "no_registration": _(
            "Zoom did not switch registration on: the host needs a licence. Attendance cannot be counted like this."
        ),
        "other_start": _("Zoom kept another start."),
        "other_duration": _("Zoom kept another duration."),
        "other_topic": _("Zoom kept another topic."),
        "unread": _("Zoom accepted the change, but could not show it yet."),
    }
    return {
        "saved": True,
        "message": _("The session was made at Zoom.") if is_new else _("The session is up to date at Zoom."),
        "notes": [sentences[slug] for slug in differences if slug in sentences],
    }


def _is_text(value: Any) -> bool:
    """Whether this can be stored and sent: JSON may carry NUL and halves of characters, databases and Zoom do not."""
    if not isinstance(value, str) or "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _points(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= MOST_POINTS else None  # NaN compares with nothing


def _whole_number(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        number = int(value)
    except ValueError:
        return None
    return number if 0 <= number <= 100_000 else None


def _instant(data: dict[str, Any], time_zone: str) -> datetime:
    try:
        day, clock = date.fromisoformat(data.get("start_date", "")), time.fromisoformat(data.get("start_time", ""))
    except (TypeError, ValueError):
        raise WrongForm({"starts_at": "required"}) from None
    wall = datetime.combine(day, clock.replace(second=0, microsecond=0, tzinfo=None))
    zone = words.zone(time_zone)
    try:
        instant = wall.replace(tzinfo=zone).astimezone(UTC)
        is_real = instant.astimezone(zone).replace(tzinfo=None) == wall
    except OverflowError:  # the first and the last day of the calendar
        raise WrongForm({"starts_at": "malformed"}) from None
    if not is_real:
        raise WrongForm({"starts_at": "gap"})
    return instant
