"""docs/events.md is what is emitted, field by field, and no event says more than it may."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from demo.site.tracking import entries
from tests.classroom import make_classroom
from zoom_xblock.services import announce, corrections

PAGE = (Path(__file__).parents[1] / "docs" / "events.md").read_text(encoding="utf-8")
#: What the door adds to every event.
WHO_AND_WHERE = {"user_id", "course_id"}


def documented() -> dict[str, set[str]]:
    """The fields of each event by its name, from the page."""
    found = {}
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        if name := re.match(r"`zoom_xblock\.(\w+)`", section):
            found[name[1]] = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    return found


def test_every_event_and_every_field_is_documented():
    assert documented() == {name: {*fields, *WHO_AND_WHERE} for name, fields in announce.EVENTS.items()}


@pytest.mark.django_db(transaction=True)
def test_what_is_emitted_has_the_documented_fields_and_names_nobody(site, usage_key, jobs):
    room, before = make_classroom(usage_key, learners=3), len(entries())
    room.is_counted()
    reason = "She wrote from ana@example.org that her line broke"
    corrections.decide(
        usage_key=usage_key, staff_id=site.author.pk, user_ids=[room.users[0].pk], verdict="present", reason=reason
    )
    jobs.run()
    emitted: dict[str, set[str]] = {}
    ours = [entry for entry in entries()[before:] if entry["event_type"].startswith("zoom_xblock.")]
    for entry in ours:
        name = entry["event_type"].removeprefix("zoom_xblock.")
        assert emitted.setdefault(name, set(entry["event"])) == set(entry["event"]), "the fields are always the same"
        assert entry["context"]["course_id"] == entry["event"]["course_id"] == str(site.course_key)
    assert emitted == documented()
    told = json.dumps(ours)
    for word in ("example", "http", "line broke", room.users[0].username, str(room.meeting.zoom_id), "Reg"):
        assert word not in told, word
