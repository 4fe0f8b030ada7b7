"""What staff says of the people on the work list: who may, what comes of it, and how it is undone."""

# ruff: noqa: F811 - fixtures are taken over from the neighbour by their names
from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from demo.site.models import Course, CourseRole, Enrollment
from tests.conftest import make_block
from tests.services.test_worklist import meeting, names, place, say, was_there, work  # noqa: F401
from zoom_xblock.models import Assignment, Meeting, Registration, Result, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import registrations, worklist
from zoom_xblock.services.errors import Forbidden, InvalidWishes, Unplaced

pytestmark = pytest.mark.django_db


def test_one_click_counts_everybody_of_that_key_and_is_undone(meeting, site, work, say, jobs):
    was_there(meeting, "Guest", zoom_user_id="U", minutes=(0, 30))
    was_there(meeting, "Guest", zoom_user_id="U", minutes=(30, 50))
    [row] = work().rows
    assert say("assign", keys=[row.key], user_id=site.learner1.pk) == 1
    assert ["decide_meeting", [meeting.pk]] == list(jobs.queue[-1][:2])
    jobs.run()
    result = Result.objects.get(user=site.learner1)
    assert (result.attended_seconds, result.is_complete) == (50 * 60, True)
    shown = work()
    assert (shown.rows, shown.total) == ([], 0)
    [settled] = shown.settled
    assert (settled.name, settled.person.username, settled.made_by) == ("Guest", "learner1", "author")
    made = Assignment.objects.get()
    assert (made.made_by, made.made_at is not None) == (site.author, True)
    assert say("undo", keys=[settled.key]) == 1
    jobs.run()
    assert names(work()) == ["Guest"]
    assert not Assignment.objects.exists()
    result.refresh_from_db()
    assert result.attended_seconds == 0
    assert result.is_complete  # a machine takes nothing away


def test_a_connection_is_remembered_for_its_sitting_only(meeting, site, work, say):
    other = Sitting.objects.create(
        meeting=meeting, uuid="zZ", uuid_digest=digest("zZ"), record=Sitting.Record.FINAL,
        started_at=meeting.starts_at, ended_at=meeting.starts_at + timedelta(hours=1),
    )  # fmt: skip
    was_there(meeting, "Guest", connection="5")
    again = was_there(meeting, "Somebody else with this number", connection="5")
    Segment.objects.filter(pk=again.pk).update(sitting=other)
    row = next(row for row in work().rows if row.participant.name == "Guest")
    say("assign", keys=[row.key], user_id=site.learner1.pk)
    assert names(work()) == ["Somebody else with this number"]


def test_remembered_for_that_meeting_only(meeting, site, work, say):
    was_there(meeting, "Guest", zoom_user_id="U")
    say("assign", keys=[work().rows[0].key], user_id=site.learner1.pk)
    other = Meeting.objects.create(zoom_id=2, kind="meeting")
    row = make_block(site.course_key, "second")
    place(other, row)
    sitting = Sitting.objects.create(meeting=other, uuid="o", uuid_digest=digest("o"), started_at=timezone.now())
    Segment.objects.create(
        sitting=sitting, source="live", fact_digest="x", zoom_user_id="U", name="Guest", joined_at=timezone.now()
    )
    shown = worklist.unknown(usage_key=row.key, staff_id=site.author.pk)
    assert names(shown) == ["Guest"]


def test_several_at_once_and_a_dismissal(meeting, site, work, say, jobs):
    for number in range(3):
        was_there(meeting, f"Guest {number}", minutes=(number * 10, number * 10 + 10))
    keys = [row.key for row in work().rows]
    assert say("assign", keys=keys[:2], user_id=site.learner1.pk) == 2
    assert say("dismiss", keys=keys[2:]) == 1
    jobs.run()
    assert Result.objects.get(user=site.learner1).attended_seconds == 20 * 60
    assert work().total == 0
    assert {one.person.username if one.person else None for one in work().settled} == {"learner1", None}


def test_said_twice_the_last_stands(meeting, site, work, say):
    was_there(meeting, "Guest")
    key = work().rows[0].key
    for user in (site.learner1, site.learner2, site.learner2):
        say("assign", keys=[key], user_id=user.pk)
    assert Assignment.objects.get().user == site.learner2
    say("dismiss", keys=[key])
    assert Assignment.objects.get().user is None


def test_our_own_registrants_cannot_be_given_to_anybody(meeting, site, work, say):
    from zoom_xblock.services import counting

    Registration.objects.create(meeting=meeting, user=site.learner1, registrant_id="RegId")
    was_there(meeting, "Ours", registrant_id="RegId")
    with pytest.raises(InvalidWishes):
        say("assign", keys=[counting.key_digest("registrant", "RegId")], user_id=site.learner2.pk)
    assert not Assignment.objects.exists()


@pytest.mark.parametrize(
    "keys", [[], ["x"], ["a" * 64], [7], ["a" * 64] * 101, ["\x00" * 64], ["' OR 1=1 --".ljust(64)], ["\ud800" * 64]]
)
def test_keys_that_are_not_on_the_list_change_nothing(meeting, site, say, jobs, keys):
    was_there(meeting, "Guest")
    with pytest.raises(InvalidWishes):
        say("assign", keys=keys, user_id=site.learner1.pk)
    assert not Assignment.objects.exists()
    assert jobs.queue == []


def test_only_learners_of_the_course_can_have_been_there(meeting, site, work, say):
    was_there(meeting, "Guest")
    key = work().rows[0].key
    stranger = get_user_model().objects.create_user("stranger")
    CourseRole.objects.create(user=site.learner2, course=Course.objects.get(), role=CourseRole.BETA)
    for user_id in (site.author.pk, site.admin.pk, stranger.pk, site.learner2.pk, 987654321):
        with pytest.raises(InvalidWishes):
            say("assign", keys=[key], user_id=user_id)


def test_a_lost_job_is_found_by_the_sweep(meeting, site, work, say, jobs):
    from zoom_xblock.services import sweep

    was_there(meeting, "Guest")
    Meeting.objects.update(decided_at=timezone.now())
    say("assign", keys=[work().rows[0].key], user_id=site.learner1.pk)
    jobs.queue.clear()
    sweep.sweep()
    assert ("decide_meeting", [meeting.pk], 0) in jobs.queue


# -- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["learner1", "learner2"])
def test_learners_neither_see_nor_settle(meeting, block_row, site, who):
    was_there(meeting, "Guest")
    staff_id = getattr(site, who).pk
    calls = [
        lambda: worklist.unknown(usage_key=block_row.key, staff_id=staff_id),
        lambda: worklist.count(usage_key=block_row.key, staff_id=staff_id),
        lambda: worklist.search(usage_key=block_row.key, staff_id=staff_id, text="a"),
        lambda: worklist.assign(usage_key=block_row.key, staff_id=staff_id, keys=["a" * 64], user_id=staff_id),
        lambda: worklist.dismiss(usage_key=block_row.key, staff_id=staff_id, keys=["a" * 64]),
        lambda: worklist.undo(usage_key=block_row.key, staff_id=staff_id, keys=["a" * 64]),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            call()


def test_a_block_without_a_session_has_no_list(block_row, site):
    with pytest.raises(Unplaced):
        worklist.unknown(usage_key=block_row.key, staff_id=site.author.pk)


def test_one_session_in_two_courses(meeting, block_row, site, work, say):
    """Staff of each sees who is nobody's; what one says of its learner the other neither reads nor undoes."""
    from opaque_keys.edx.keys import CourseKey

    from demo.site.models import Unit

    key = CourseKey.from_string("course-v1:DemoX+Other+1")
    course = Course.objects.create(key=key, title="Other")
    Unit.objects.create(
        course=course, key=key.make_usage_key("vertical", "u"), section="s", subsection="s", title="t", position=0
    )
    row = make_block(key, "other")
    place(meeting, row)
    teacher = get_user_model().objects.create_user("teacher")
    CourseRole.objects.create(user=teacher, course=course, role=CourseRole.STAFF)
    pupil = get_user_model().objects.create_user("pupil", first_name="Secret", last_name="Name")
    Enrollment.objects.create(user=pupil, course=course)
    for name in ("Guest 1", "Guest 2", "Guest 3"):
        was_there(meeting, name)
    theirs = worklist.unknown(usage_key=row.key, staff_id=teacher.pk)
    assert sorted(names(theirs)) == sorted(names(work())) == ["Guest 1", "Guest 2", "Guest 3"]
    keys = {one.participant.name: one.key for one in theirs.rows}
    with pytest.raises(Forbidden):
        worklist.assign(usage_key=block_row.key, staff_id=teacher.pk, keys=[keys["Guest 1"]], user_id=pupil.pk)
    worklist.assign(usage_key=row.key, staff_id=teacher.pk, keys=[keys["Guest 1"]], user_id=pupil.pk)
    worklist.dismiss(usage_key=row.key, staff_id=teacher.pk, keys=[keys["Guest 2"]])
    ours = work()
    assert names(ours) == ["Guest 3"]
    settled = {one.name: one for one in ours.settled}
    assert settled["Guest 1"].is_foreign
    assert settled["Guest 1"].person is None
    assert say("undo", keys=[keys["Guest 1"]]) == 0
    assert say("assign", keys=[keys["Guest 1"]], user_id=site.learner1.pk) == 0
    assert Assignment.objects.get(user__isnull=False).user == pupil
    assert say("undo", keys=[keys["Guest 2"]]) == 1


# -- as Zoom tells it -----------------------------------------------------------------------------------------------


def test_from_the_room_to_a_completion(session, usage_key, site, zoom, client, jobs):
    """A learner who has a place, one who comes by the host's link, and a call by phone."""
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    registrant = Registration.objects.get()
    zoom.held()
    start = timezone.now() - timedelta(minutes=70)
    zoom.play(
        session.zoom_id,
        start_at=start,
        minutes=60,
        people=[
            {"registrant_id": registrant.registrant_id},
            {"name": "Lea", "leave_after": 3000},
            {"name": "1415***0123", "phone": "14155550123"},
        ],
    )
    zoom.deliver(client)
    jobs.run(within_seconds=30)
    shown = worklist.unknown(usage_key=usage_key, staff_id=site.author.pk)
    assert {row.participant.name for row in shown.rows} == {"Lea", "1415***0123"}
    lea = next(row for row in shown.rows if row.participant.name == "Lea")
    worklist.assign(usage_key=usage_key, staff_id=site.author.pk, keys=[lea.key], user_id=site.learner2.pk)
    jobs.run(within_seconds=30)
    assert Result.objects.get(user=site.learner2).is_complete
    assert Result.objects.get(user=site.learner1).is_complete


def test_who_looks_as_somebody_else_is_refused_here_as_well(meeting, work, monkeypatch, jobs):
    from tests.doors import QueueingPlatform

    monkeypatch.setattr(QueueingPlatform, "is_masquerading", lambda *_whoever: True)
    with pytest.raises(Forbidden):
        work()
