"""Blocks in courses: what is published of them, and what has gone."""

from __future__ import annotations

from django.utils import timezone
from opaque_keys.edx.keys import CourseKey

from zoom_xblock import platform
from zoom_xblock.models import Placement
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.platform import BlockWishes


def keep_rule(placement: Placement, wishes: BlockWishes) -> bool:
    """Write down what the published block asks of its learners; whether that was news."""
    rule = {
        "required_seconds": int(wishes.fields["required_minutes"]) * 60,
        "is_graded": bool(wishes.fields["has_score"]),
        "unpublished_since": None,
    }
    changed = {name: value for name, value in rule.items() if getattr(placement, name) != value}
    for name, value in changed.items():
        setattr(placement, name, value)
    if changed:
        placement.save(update_fields=list(changed))
    return "required_seconds" in changed or "is_graded" in changed


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
