"""Blocks in courses: what is published of them, and what has gone."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from opaque_keys.edx.keys import CourseKey

from zoom_xblock import attendance, platform
from zoom_xblock.attendance import PlannedDate, Policy
from zoom_xblock.models import Placement
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.platform import BlockWishes
from zoom_xblock.services import counting

#: What else of the published block pages outside of it show (`Placement.shown`).
SHOWN = ("join_minutes_before", "show_recordings", "show_attendance", "show_calendar")


def keep_rule(placement: Placement, wishes: BlockWishes) -> bool:
    """Write down what the published block asks of its learners and shows them; whether the rule was news."""
    policy = Policy.from_fields(wishes.fields)
    dates = counting.dates_of(placement.meeting) if placement.meeting is not None else [_planned(wishes)]
    values: dict[str, Any] = {
        "rule": policy.as_json(),
        "required_seconds": attendance.Rule(policy, dates).required_seconds or 0,
        "is_graded": policy.has_score,
        "shown": {
            "topic": str(wishes.fields.get("display_name") or ""),
            **{name: wishes.fields[name] for name in SHOWN if name in wishes.fields},
            **({"is_hidden": True} if wishes.is_hidden else {}),
        },
        "unpublished_since": None,
    }
    changed = {name: value for name, value in values.items() if getattr(placement, name) != value}
    for name, value in changed.items():
        setattr(placement, name, value)
    if changed:
        placement.save(update_fields=list(changed))
    return bool({"rule", "required_seconds", "is_graded"} & set(changed))


def read_rule(placement: Placement) -> None:
    """Keep the published rule; the last one read stands where the block is gone by now."""
    wishes = platform.current().published_wishes(placement.usage_key)
    if wishes is not None:
        keep_rule(placement, wishes)


def reconcile_course(course_key: str) -> None:
    """
    Compare our placements in a course with what is published there (job, after each publish).

    The platform's events of single blocks come for drafts, for roots of trees only, or not at all (discarded changes,
    imports, re-runs): what is published is the only truth. A block that is gone is noted, never acted upon here: it may
    come back.
    """
    key = CourseKey.from_string(course_key)
    published = {usage_digest(block.usage_key): block for block in platform.current().published_blocks(key)}
    for placement in Placement.objects.filter(course_key=key).select_related("meeting"):
        block = published.get(placement.usage_digest)
        if block is None:
            if placement.unpublished_since is None:
                placement.unpublished_since = timezone.now()
                placement.save(update_fields=["unpublished_since"])
        elif keep_rule(placement, block) and placement.meeting is not None and placement.meeting.sittings.exists():
            platform.current().later("decide_meeting", placement.meeting.pk)  # the rule changed: count again


def _planned(wishes: BlockWishes) -> PlannedDate:
    """The date in the block itself, while there is no session."""
    minutes = wishes.fields.get("duration_minutes")
    return PlannedDate("", None, minutes if isinstance(minutes, int) and not isinstance(minutes, bool) else 0)
