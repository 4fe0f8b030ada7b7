"""
The contract of the door, part four: drafts, stored values that nobody can read, titles, and events of ours.

Each test runs over Open edX's door and over the demo's.
"""

from __future__ import annotations

import pytest
from completion.models import BlockCompletion
from opaque_keys.edx.keys import CourseKey

from demo.site import courseware
from tests.platform.stage import switch_completion
from zoom_xblock.block import ZoomXBlock
from zoom_xblock.platform import CompletionOff, PlatformError

pytestmark = pytest.mark.django_db

NOBODY = 10**6
GONE = CourseKey.from_string("course-v1:DemoX+Gone+2026")


# -- what Studio has -------------------------------------------------------------------------------------------------
def test_the_lms_knows_that_studio_has_a_block_which_learners_never_saw(world, door):
    row = world.make_block(published=False, required_minutes=5)
    assert door.service == "lms"
    assert door.published_wishes(row.key) is None
    for key in (row.key, row.key.for_branch("published-branch"), row.key.for_branch("draft-branch")):
        assert door.has_draft(key) is True
    [drafted] = door.draft_blocks(world.course_key)
    assert (drafted.usage_key, drafted.fields["required_minutes"]) == (row.key, 5)
    assert set(drafted.fields) == set(ZoomXBlock.wishes)


def test_a_draft_that_was_deleted_is_gone_whatever_learners_see(world, door):
    row = world.make_block()
    assert door.has_draft(row.key) is True
    courseware.delete_block(row)
    assert door.published_wishes(row.key) is not None
    assert door.has_draft(row.key) is False
    assert door.draft_blocks(world.course_key) == []
    courseware.discard_changes(world.unit)
    assert door.has_draft(row.key) is True


def test_studio_and_lms_are_answered_alike(world, door):
    row = world.make_block(required_minutes=30)
    world.set_draft(row, required_minutes=5)
    with world.in_studio():
        assert door.has_draft(row.key) is True
        assert [block.fields["required_minutes"] for block in door.draft_blocks(world.course_key)] == [5]
    assert [block.fields["required_minutes"] for block in door.draft_blocks(world.course_key)] == [5]
    assert [block.fields["required_minutes"] for block in door.published_blocks(world.course_key)] == [30]


def test_what_never_was_and_a_course_that_is_gone_have_no_drafts(world, door):
    assert door.has_draft(world.course_key.make_usage_key("zoom", "none")) is False
    assert door.has_draft(GONE.make_usage_key("zoom", "algebra")) is False
    assert door.draft_blocks(GONE) == []
    courseware.create_block(world.unit, "html", name="text")
    assert door.draft_blocks(world.course_key) == []


# -- stored values ---------------------------------------------------------------------------------------------------
BROKEN = {"starts_at": "next Tuesday", "required_minutes": "a while", "weight": {}, "duration_minutes": []}


def test_one_stored_value_that_cannot_be_read_hides_neither_its_block_nor_the_course(world, door, caplog):
    whole, broken = world.make_block("whole", required_minutes=30), world.make_block("broken", kind="webinar")
    world.store_as_it_is(broken, **BROKEN)
    for blocks in (door.published_blocks(world.course_key), door.draft_blocks(world.course_key)):
        found = {block.usage_key: block.fields for block in blocks}
        assert set(found) == {whole.key, broken.key}
        assert found[whole.key]["required_minutes"] == 30
        assert found[broken.key]["kind"] == "webinar"
        for name in BROKEN:
            assert found[broken.key][name] == ZoomXBlock.fields[name].default
    assert door.published_wishes(broken.key).fields == found[broken.key]
    assert "required_minutes" in caplog.text
    assert "a while" not in caplog.text


def test_a_block_that_the_modulestore_cannot_make_does_not_hide_the_others(openedx, monkeypatch, caplog):
    """The modulestore gives an `ErrorBlock` in its place, with another key and none of our fields."""
    from xmodule.modulestore.mixed import MixedModuleStore

    whole = openedx.make_block("whole")
    given = MixedModuleStore.get_items

    class ErrorBlock:
        scope_ids = type("ids", (), {"usage_id": openedx.course_key.make_usage_key("error", "broken")})

    monkeypatch.setattr(MixedModuleStore, "get_items", lambda *a, **k: [ErrorBlock(), *given(*a, **k)])
    assert [block.usage_key for block in openedx.door.published_blocks(openedx.course_key)] == [whole.key]
    assert "type@error+block@broken" in caplog.text


# -- changing a draft ------------------------------------------------------------------------------------------------
def test_a_draft_is_changed_as_studio_saves_it_and_learners_see_nothing_yet(
    world, door, django_capture_on_commit_callbacks
):
    row = world.make_block(required_minutes=30, description="Bring paper.")
    start = ZoomXBlock.fields["starts_at"].from_json("2026-12-01T09:30:00Z")
    saves = world.saves
    saves()
    with world.in_studio(), django_capture_on_commit_callbacks(execute=True):
        changed = {"required_minutes": 5, "starts_at": start, "recurrence": {"kind": "weekly"}}
        door.change_draft(row.key.for_branch("draft-branch"), changed, world.site.author.pk)
    [drafted] = door.draft_blocks(world.course_key)
    assert {name: drafted.fields[name] for name in changed} == changed
    assert drafted.fields["description"] == "Bring paper."
    assert door.published_wishes(row.key).fields["required_minutes"] == 30
    assert saves() == [row.key]


def test_outside_studio_nothing_is_changed(world, door):
    row = world.make_block(required_minutes=30)
    with pytest.raises(PlatformError):
        door.change_draft(row.key, {"required_minutes": 5}, world.site.author.pk)
    assert door.draft_blocks(world.course_key)[0].fields["required_minutes"] == 30


def test_a_draft_that_is_not_there_and_a_field_that_is_not_ours_change_nothing(world, door):
    row = world.make_block(required_minutes=30)
    with world.in_studio():
        with pytest.raises(PlatformError):
            door.change_draft(world.course_key.make_usage_key("zoom", "none"), {}, world.site.author.pk)
        with pytest.raises(PlatformError):
            door.change_draft(row.key, {"required_minutes": 5, "no_such_field": 1}, world.site.author.pk)
        assert door.draft_blocks(world.course_key)[0].fields["required_minutes"] == 30
        courseware.delete_block(row)
        with pytest.raises(PlatformError):
            door.change_draft(row.key, {"required_minutes": 5}, world.site.author.pk)
    assert door.has_draft(row.key) is False


# -- titles ----------------------------------------------------------------------------------------------------------
def test_a_course_is_called_by_its_title_or_else_by_its_key(world, door):
    course = world.unit.course
    assert door.course_name(world.course_key) == "Meeting online"
    assert door.course_name(world.course_key.for_branch("draft-branch")) == "Meeting online"
    type(course).objects.filter(pk=course.pk).update(title="")
    assert door.course_name(world.course_key) == str(world.course_key)
    assert door.course_name(GONE) == str(GONE)


# -- completion, taken back ------------------------------------------------------------------------------------------
def test_a_completion_is_taken_back_and_given_again(world, door):
    key, learner = world.make_block().key, world.site.learner1.pk
    door.complete(learner, key)
    door.withdraw(learner, key.for_branch("draft-branch"))
    assert door.completions(key, [learner]) == {learner: 0.0}
    door.complete(learner, key)
    assert door.completions(key, [learner]) == {learner: 1.0}


def test_nothing_is_taken_back_while_completion_is_off_or_the_learner_gone(world, door):
    key, learner = world.make_block().key, world.site.learner1.pk
    door.complete(learner, key)
    with pytest.raises(PlatformError):
        door.withdraw(NOBODY, key)
    switch_completion(on=False)
    with pytest.raises(CompletionOff):
        door.withdraw(learner, key)
    assert BlockCompletion.objects.get(user_id=learner).completion == 1.0


# -- events ----------------------------------------------------------------------------------------------------------
def test_an_event_carries_its_person_and_its_course(world, door):
    data = {"usage_key": "block", "attended_seconds": 2700}
    branched = world.course_key.for_branch("draft-branch")
    door.emit("session.attended", data, user_id=world.site.learner1.pk, course_key=branched)
    [event] = world.events("zoom_xblock.session.attended")
    who, where = world.site.learner1.pk, str(world.course_key)
    assert event["event"] == {**data, "user_id": who, "course_id": where}
    assert (event["context"]["course_id"], event["context"]["user_id"]) == (where, who)
    assert event["context"]["org_id"] == "DemoX"
    door.emit("session.attended", {}, user_id=world.site.learner2.pk, course_key=world.course_key)
    assert world.events("zoom_xblock.session.attended")[1]["context"]["user_id"] == world.site.learner2.pk


def test_an_event_that_cannot_be_written_disturbs_nobody(world, door, monkeypatch, caplog):
    from eventtracking import tracker

    monkeypatch.setattr(tracker.get_tracker().routing_backend, "send", world.broken(OSError("disk full")))
    door.emit("session.attended", {}, user_id=world.site.learner1.pk, course_key=world.course_key)
    assert "event not written event=session.attended" in caplog.text
    door.emit("session.attended", {}, user_id=world.site.learner1.pk, course_key=None)
