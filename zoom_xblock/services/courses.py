"""Sessions for several blocks of a course at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from zoom_xblock import platform
from zoom_xblock.models import Meeting, Placement
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.platform import BlockWishes, PlatformError
from zoom_xblock.services import meetings
from zoom_xblock.services.errors import Forbidden, InvalidWishes, NotConnected, ServiceError, ZoomSaid
from zoom_xblock.services.wishes import SessionWishes
from zoom_xblock.usage_keys import plain_key

#: Each session takes Zoom three calls.
MOST_AT_ONCE = 50
#: What stands in the way of one stands in the way of all.
_FOR_ALL = (
    "daily_limit",
    "rate_limited",
    "disconnected",
    "unreachable",
    "zoom_down",
    "scope_missing",
    "bad_credentials",
)


@dataclass(frozen=True)
class Made:
    """
    What became of one row. `slug` "" where the session was made; else why not: "malformed" (no key, no start),
    "unknown" (no such block in this course), "repeated", "has_session", a field that is wrong as `<field>:<slug>`,
    "not_stored" (made at Zoom, and the block could not be written: its next save finds it), or the slug of an error.
    What stops one row and would stop all (no connection, the limit of a day) is told of each row after it, which is not
    tried.
    """

    usage_key: UsageKey | None
    ok: bool
    slug: str = ""


def make_several(*, course_key: CourseKey, user_id: int, rows: list[dict[str, Any]]) -> list[Made]:
    """
    Make a session for each row `{"usage_key": key or its text, "starts_at": aware datetime}`, with the other wishes of
    the block's draft, in which the start is then written. One answer for each row, in their order; what fails leaves
    the others.

    In Studio only (drafts are written). Raises Forbidden, InvalidWishes({"rows": "too_many" | "malformed"}).
    """
    door = platform.current()
    if not door.can_author(user_id, course_key):
        raise Forbidden()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidWishes({"rows": "malformed"})
    if len(rows) > MOST_AT_ONCE:
        raise InvalidWishes({"rows": "too_many"})
    drafts = {usage_digest(block.usage_key): block for block in door.draft_blocks(course_key)}
    made: list[Made] = []
    done: set[str] = set()
    stopped = ""
    for row in rows:
        key = _key_of(row.get("usage_key"))
        starts_at = row.get("starts_at")
        name = usage_digest(key) if key is not None else ""
        if key is None or not isinstance(starts_at, datetime) or starts_at.tzinfo is None:
            slug = "malformed"
        elif name not in drafts:
            slug = "unknown"
        elif name in done:
            slug = "repeated"
        elif stopped:
            slug = stopped
        else:
            done.add(name)
            slug = _make(drafts[name], starts_at, user_id, door)
            stopped = slug if slug in _FOR_ALL or slug == NotConnected.slug else ""
        made.append(Made(key, ok=not slug, slug=slug))
    return made


# -- inside ---------------------------------------------------------------------------------------------------------


def _key_of(value: Any) -> UsageKey | None:
    if isinstance(value, str) and len(value) <= 255:
        try:
            value = UsageKey.from_string(value)
        except InvalidKeyError:
            return None
    return plain_key(value) if isinstance(value, UsageKey) else None


def _make(block: BlockWishes, starts_at: datetime, user_id: int, door: platform.Platform) -> str:
    """The slug of what went wrong, "" where nothing did."""
    usage_key = plain_key(block.usage_key)
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is not None and placement.meeting is not None and placement.meeting.state != Meeting.State.GONE:
        return "has_session"
    try:
        wishes = SessionWishes.from_fields(block.fields, starts_at=starts_at)
        meetings.save_session(usage_key=usage_key, user_id=user_id, wishes=wishes)
    except InvalidWishes as error:
        field, slug = next(iter(error.fields.items()))
        return f"{field}:{slug}"
    except ZoomSaid as error:
        return next((f"{field}:{slug}" for field, slug in error.fields.items()), error.slug)
    except ServiceError as error:
        return error.slug
    try:
        door.change_draft(usage_key, {"starts_at": starts_at}, user_id)
    except PlatformError:
        return "not_stored"
    return ""
