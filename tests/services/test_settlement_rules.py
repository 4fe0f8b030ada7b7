"""Rules other than so many minutes of the whole session: shares, windows, dates, joining; over the stand-in Zoom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from demo.site.models import CourseRole, Enrollment, Score
from tests.services.playing import attended, complete, played
from zoom_xblock.models import Meeting, Occurrence, Placement, Registration, Result, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import handover, settlement, sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def registered(registered, session, began):
    """As everywhere; and the session was planned to begin when it began."""
    Meeting.objects.filter(pk=session.pk).update(starts_at=began)
    return registered


@pytest.fixture
def rule(block_row):
    """Publish another rule."""

    def publish(**fields):
        block_row.published = {**block_row.published, **fields}
        block_row.save()

    return publish


def minutes():
    """What was counted, by name."""
    return {result.user.username: result.attended_seconds / 60 for result in Result.objects.select_related("user")}


def test_a_share_is_of_the_planned_time(registered, session, usage_key, rule, zoom, jobs, client, began):
    rule(completion="percent", required_percent=50)
    played(zoom, session, began, [attended(registered[0], 0, 30), attended(registered[1], 0, 29)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]
    assert set(Result.objects.values_list("required_seconds", flat=True)) == {1800}


def test_presence_outside_the_planned_time_does_not_count(
    registered, session, usage_key, rule, zoom, jobs, client, began
):
    rule(counted="scheduled")
    early = began - timedelta(minutes=30)  # the host opens half an hour early, and stays on
    people = [attended(registered[0], 0, 75), attended(registered[1], 20, 90)]
    played(zoom, session, early, people, client, minutes=120)
    jobs.run(within_seconds=60)
    assert minutes() == {"learner1": 45, "learner2": 60, "learner3": 0}
    assert complete(usage_key) == ["learner1", "learner2"]
    joined = Result.objects.get(user__username="learner1").joined_at
    assert joined == began  # the first presence that counts, not the first there was
    assert Registration.objects.get(user__username="learner1").joined_at == early


def test_a_window_of_the_authors_own(registered, session, usage_key, rule, zoom, jobs, client, began):
    rule(counted="custom", opens_minutes=10, closes_minutes=-5, completion="percent", required_percent=100)
    played(zoom, session, began, [attended(registered[0], 10, 55), attended(registered[1], 11, 60)], client)
    jobs.run(within_seconds=60)
    assert minutes() == {"learner1": 45, "learner2": 44, "learner3": 0}
    assert complete(usage_key) == ["learner1"]


def test_nobody_is_completed_where_attendance_completes_nobody(
    registered, session, usage_key, rule, zoom, jobs, client, began
):
    rule(completion="none", has_score=True)
    played(zoom, session, began, [attended(registered[0], 0, 60), attended(registered[1], 0, 9)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == []
    assert minutes()["learner1"] == 60
    assert not Score.objects.exists()


def test_all_or_nothing_in_the_gradebook(registered, session, usage_key, rule, zoom, jobs, client, began):
    rule(has_score=True, graded_by="all_or_nothing")
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 44)], client)
    jobs.run(within_seconds=60)
    assert dict(Score.objects.values_list("user__username", "earned")) == {
        "learner1": 1.0,
        "learner2": 0.0,
        "learner3": 0.0,
    }


# -- joining ---------------------------------------------------------------------------------------------------------


def join(zoom, session, **who):
    """One person comes in at Zoom, now."""
    return zoom.control(f"meetings/{session.zoom_id}/join", **who)


def test_joining_completes_while_the_session_runs(registered, session, usage_key, rule, zoom, jobs, client):
    rule(completion="joining")
    zoom.control(f"meetings/{session.zoom_id}/start", "POST")
    join(zoom, session, email=registered[0])
    assert set(zoom.deliver(client)) == {204}
    jobs.run()
    assert complete(usage_key) == ["learner1"]
    result = Result.objects.get()
    assert (result.user.username, result.state, result.counted_complete) == ("learner1", "provisional", True)
    assert Sitting.objects.get().ended_at is None
    assert Registration.objects.get(user__username="learner1").joined_at == result.joined_at


@pytest.mark.parametrize("order", ["as they came", "leaving first"])
def test_whoever_was_in_for_a_moment_has_joined(registered, session, usage_key, rule, zoom, jobs, client, began, order):
    rule(completion="joining")
    zoom.play(session.zoom_id, start_at=began, minutes=60, people=[{"email": registered[1], "segments": [[60, 61]]}])
    deliveries = [one for one in zoom.held() if one["event"] != "meeting.ended"]
    zoom.deliver(client, deliveries if order == "as they came" else deliveries[::-1])
    jobs.run()
    assert complete(usage_key) == ["learner2"]


def test_waiting_is_not_joining_and_being_let_in_is(registered, session, usage_key, rule, zoom, jobs, client):
    rule(completion="joining")
    zoom.control(f"meetings/{session.zoom_id}/start", "POST")
    came = join(zoom, session, email=registered[0], waiting=True)
    zoom.deliver(client)
    jobs.run()
    assert complete(usage_key) == []
    zoom.control(f"meetings/{session.zoom_id}/admit", connection=came["connection"])
    zoom.deliver(client)
    jobs.run()
    assert complete(usage_key) == ["learner1"]


def test_zooms_clock_ahead_of_ours_delays_no_completion(registered, session, usage_key, rule, zoom, jobs, client):
    rule(completion="joining")
    ahead = (timezone.now() + timedelta(minutes=4)).replace(microsecond=0).isoformat()
    zoom.control(f"meetings/{session.zoom_id}/start", at=ahead)
    join(zoom, session, email=registered[0], at=ahead)
    zoom.deliver(client)
    jobs.run()
    assert complete(usage_key) == ["learner1"]


def test_joining_before_the_window_opens_completes_when_it_has_opened(
    registered, session, usage_key, rule, zoom, jobs, client
):
    rule(completion="joining", counted="scheduled")
    now = timezone.now()
    Meeting.objects.filter(pk=session.pk).update(starts_at=now + timedelta(minutes=10))
    zoom.control(f"meetings/{session.zoom_id}/start", "POST")
    join(zoom, session, email=registered[0])
    zoom.deliver(client)
    jobs.run()
    assert complete(usage_key) == []
    Meeting.objects.filter(pk=session.pk).update(starts_at=now - timedelta(minutes=1))
    Segment.objects.update(joined_at=now - timedelta(minutes=5))
    assert sweep.sweep()["decide_meeting"] == 1
    jobs.run()
    assert complete(usage_key) == ["learner1"]


def test_a_lost_job_of_joining_is_made_good_by_the_sweep(registered, session, usage_key, rule, zoom, jobs, client):
    rule(completion="joining")
    zoom.control(f"meetings/{session.zoom_id}/start", "POST")
    join(zoom, session, email=registered[0])
    zoom.deliver(client)
    for name, args, _wait in list(jobs.queue):
        if name == "process_waiting":
            handover.process_waiting(*args)
    jobs.queue.clear()
    assert complete(usage_key) == []
    assert sweep.sweep()["decide_meeting"] == 1
    jobs.run()
    assert complete(usage_key) == ["learner1"]


def test_joining_of_people_who_do_not_learn_here_completes_nobody(
    registered, session, usage_key, rule, zoom, jobs, client, site
):
    from demo.site.models import Course

    rule(completion="joining")
    Enrollment.objects.filter(user=site.learner1).update(is_active=False)
    course = Course.objects.get(key=site.course_key)
    CourseRole.objects.create(course=course, user=site.learner2, role=CourseRole.BETA)
    zoom.control(f"meetings/{session.zoom_id}/start", "POST")
    join(zoom, session, email=registered[0])
    join(zoom, session, email=registered[1])
    join(zoom, session, name="Learner Three")
    zoom.deliver(client)
    jobs.run()
    assert complete(usage_key) == []
    assert not Result.objects.exists()


def test_every_other_rule_waits_for_the_end(registered, session, usage_key, rule, zoom, jobs, client):
    rule(required_minutes=0)
    zoom.control(f"meetings/{session.zoom_id}/start", "POST")
    join(zoom, session, email=registered[0])
    zoom.deliver(client)
    jobs.run()
    assert "decide_learners" not in [name for name, _args, _wait in jobs.queue]
    settlement.decide_meeting(session.pk)
    assert complete(usage_key) == []
    assert Result.objects.get(user__username="learner1").counted_complete is False


# -- dates -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def series(session, registered, began):
    """Three dates, a week apart; the last of them is the one of today."""
    for week in range(3):
        Occurrence.objects.create(
            meeting=session,
            occurrence_id=str(week),
            starts_at=began - timedelta(weeks=2 - week),
            duration_minutes=60,
            status="available",
        )
    return [began - timedelta(weeks=2 - week) for week in range(3)]


def test_dates_are_added_up_where_the_rule_says_so(registered, session, usage_key, rule, zoom, jobs, client, series):
    rule(dates="all", required_minutes=90)
    for began in series:
        played(zoom, session, began, [attended(registered[0], 0, 30), attended(registered[1], 0, 20)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]
    assert minutes() == {"learner1": 90, "learner2": 60, "learner3": 0}


def test_else_the_best_date_decides(registered, session, usage_key, rule, zoom, jobs, client, series):
    rule(required_minutes=45)
    for began, stay in zip(series, (30, 46, 10), strict=True):
        played(zoom, session, began, [attended(registered[0], 0, stay), attended(registered[1], 0, 30)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]
    assert minutes() == {"learner1": 46, "learner2": 30, "learner3": 0}


def test_a_restart_is_of_the_same_date_and_a_removed_date_is_none(
    registered, session, usage_key, rule, zoom, jobs, client, series
):
    rule(counted="scheduled")
    Occurrence.objects.filter(occurrence_id="1").update(status="deleted")
    played(zoom, session, series[0], [attended(registered[0], 0, 25)], client, minutes=25)
    again = series[0] + timedelta(minutes=30)
    played(zoom, session, again, [attended(registered[0], 0, 25), attended(registered[1], 0, 9)], client, minutes=30)
    # On the day that was removed: nearest is a date a week away, in whose planned time it was not.
    played(zoom, session, series[1], [attended(registered[1], 0, 50), attended(registered[2], 0, 50)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]
    assert minutes() == {"learner1": 50, "learner2": 9, "learner3": 0}


# -- the rule as kept ------------------------------------------------------------------------------------------------


def test_the_published_rule_and_what_is_shown_are_kept_with_the_placement(session, usage_key, rule, block_row):
    from zoom_xblock.services.placements import reconcile_course

    rule(completion="percent", required_percent=50, has_score=True, show_recordings=True, join_minutes_before=5)
    block_row.draft = {**block_row.draft, "required_percent": 10}
    block_row.save()
    reconcile_course(str(usage_key.course_key))
    placement = Placement.objects.get()
    assert (placement.rule["completion"], placement.rule["required_percent"]) == ("percent", 50)
    assert (placement.required_seconds, placement.is_graded) == (1800, True)
    assert placement.shown == {
        "topic": "Algebra live",
        "join_minutes_before": 5,
        "show_recordings": True,
        "show_attendance": True,
        "show_calendar": True,
    }


def test_what_is_shown_is_no_reason_to_count_again(registered, session, usage_key, rule, zoom, jobs, client, began):
    from zoom_xblock.services.placements import reconcile_course

    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 9)], client)
    jobs.run(within_seconds=60)
    rule(show_recordings=True)
    reconcile_course(str(usage_key.course_key))
    assert jobs.queue == []
    rule(graded_by="all_or_nothing")
    reconcile_course(str(usage_key.course_key))
    assert [name for name, _args, _wait in jobs.queue] == ["decide_meeting"]


def test_a_placement_from_before_the_whole_rule_was_kept_counts_as_it_did(registered, session, usage_key, began):
    """An upgrade, and the block has been deleted since: there is nothing to read the rule from."""
    from demo.site.models import Block

    Block.objects.filter(key=usage_key).update(published=None)
    Placement.objects.update(rule=None, shown=None, required_seconds=20 * 60)
    sitting = Sitting.objects.create(
        meeting=session, uuid="u==", uuid_digest=digest("u=="), started_at=began, ended_at=began + timedelta(hours=1),
        record="final", settled_at=timezone.now(),
    )  # fmt: skip
    registration = Registration.objects.get(user__username="learner1")
    Segment.objects.create(
        sitting=sitting, source="record", fact_digest=digest("x"), registrant_id=registration.registrant_id,
        joined_at=began, left_at=began + timedelta(minutes=20),
    )  # fmt: skip
    settlement.decide_meeting(session.pk)
    assert complete(usage_key) == ["learner1"]
