"""Each fact is told once, after the commit, and nobody who listens can hold anything up."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from demo.site.models import Course, Enrollment
from demo.site.tracking import entries
from tests.classroom import BEGAN, make_classroom
from tests.conftest import make_block
from zoom_xblock.models import Meeting, Occurrence, Placement, Registration, Result, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.services import announce, corrections, paying, registrations, settlement, sittings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told():
    """`told("joined")`: what this test's events of that name say."""
    before = len(entries())

    def of(event):
        return [one["event"] for one in entries()[before:] if one["event_type"] == f"zoom_xblock.{event}"]

    return of


@pytest.fixture
def room(site, block_row, jobs):
    """Three learners, of whom the first stayed 5 minutes, the second 12, the third 19 of 30, nobody counted yet."""
    make = make_classroom(block_row.key, learners=3)
    block_row.published = {**block_row.published, "required_minutes": 10}
    block_row.save()
    return make


@pytest.fixture
def heard():
    """Both signals, as they come."""
    got = []

    def ended(sender, signal, **facts):
        got.append(("ended", facts))

    def decided(sender, signal, **facts):
        got.append(("decided", facts))

    announce.session_ended.connect(ended)
    announce.attendance_decided.connect(decided)
    yield got
    announce.session_ended.disconnect(ended)
    announce.attendance_decided.disconnect(decided)


def count_and_pay(room, jobs):
    """As a worker would, twice."""
    for _delivery in range(2):
        settlement.decide_meeting(room.meeting.pk)
        jobs.run()


# -- events ----------------------------------------------------------------------------------------------------------
def test_a_whole_session_is_told_of_once_however_often_it_is_counted(room, jobs, told, usage_key):
    count_and_pay(room, jobs)
    ids = [user.pk for user in room.users]
    assert [one["user_id"] for one in told("joined")] == ids
    assert [one["joined_at"] for one in told("joined")] == [
        (BEGAN + timedelta(minutes=minute)).isoformat() for minute in (0, 1, 2)
    ]
    assert [(one["user_id"], one["attended_seconds"], one["is_complete"]) for one in told("attended")] == [
        (ids[0], 300, False),
        (ids[1], 720, True),
        (ids[2], 1140, True),
    ]
    assert [(one["user_id"], one["state"], one["required_seconds"]) for one in told("completed")] == [
        (ids[1], "final", 600),
        (ids[2], "final", 600),
    ]
    assert {one["usage_key"] for one in told("joined") + told("attended") + told("completed")} == {str(usage_key)}
    assert told("corrected") == []
    before = len(entries())
    count_and_pay(room, jobs)
    paying.pay_owed(room.placement.pk)
    assert len([one for one in entries()[before:] if one["event_type"].startswith("zoom_xblock.")]) == 0


def test_who_was_not_there_did_not_attend(room, jobs, told):
    Registration.objects.filter(user=room.users[0]).update(registrant_id="SomebodyElse")
    count_and_pay(room, jobs)
    assert Result.objects.filter(user=room.users[0], state="final").exists()
    assert room.users[0].pk not in [one["user_id"] for one in told("attended") + told("joined")]


def test_the_event_of_a_presence_tells_at_once_and_zooms_record_not_again(
    session, usage_key, site, zoom, jobs, client, told
):
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    began = (timezone.now() - timedelta(hours=2)).replace(microsecond=0)
    person = {"email": site.learner1.email, "segments": [[0, 1800], [1900, 3000]]}
    zoom.play(session.zoom_id, start_at=began, minutes=60, people=[person])
    deliveries = zoom.held()
    assert set(zoom.deliver(client, deliveries)) == {204}
    jobs.run()
    assert [one["user_id"] for one in told("joined")] == [site.learner1.pk]
    assert told("attended") == []
    zoom.deliver(client, deliveries)
    jobs.run(within_seconds=60)
    assert [one["user_id"] for one in told("joined")] == [site.learner1.pk]
    assert [one["attended_seconds"] for one in told("attended")] == [2900]
    assert [one["user_id"] for one in told("completed")] == [site.learner1.pk]


def test_joining_is_told_in_each_course_in_which_she_learns(room, jobs, told, site):
    other = Course.objects.create(key=site.course_key.replace(run="Other"), title="Another run")
    key = other.key.make_usage_key("zoom", "elsewhere")
    Placement.objects.create(usage_key=key, usage_digest=usage_digest(key), course_key=other.key, meeting=room.meeting)
    Enrollment.objects.create(user=room.users[1], course=other)
    count_and_pay(room, jobs)
    assert [(one["user_id"], one["course_id"]) for one in told("joined")] == [
        *((user.pk, str(site.course_key)) for user in room.users),
        (room.users[1].pk, str(other.key)),
    ]


def test_a_series_is_told_of_when_its_last_date_has_begun(room, jobs, told):
    Meeting.objects.filter(pk=room.meeting.pk).update(recurrence={"type": "weekly"})
    for number, ahead in enumerate((BEGAN, timezone.now() + timedelta(days=1))):
        Occurrence.objects.create(
            meeting=room.meeting, occurrence_id=str(number), starts_at=ahead, duration_minutes=60, status="available"
        )
    count_and_pay(room, jobs)
    assert Result.objects.filter(state="final").count() == 3
    assert told("attended") == []
    Occurrence.objects.filter(occurrence_id="1").update(status="deleted")
    count_and_pay(room, jobs)
    assert len(told("attended")) == 3


def test_every_correction_is_told_of_and_the_same_one_twice_is_one(room, jobs, told, usage_key, site):
    count_and_pay(room, jobs)
    asked = {"usage_key": usage_key, "staff_id": site.author.pk, "user_ids": [room.users[0].pk]}
    for verdict in ("present", "present", "absent", "counted"):
        corrections.decide(**asked, verdict=verdict, reason="Her line broke")
        jobs.run()
    assert [(one["verdict"], one["was_complete"], one["is_complete"]) for one in told("corrected")] == [
        ("present", False, True),
        ("absent", True, False),
        ("counted", False, False),
    ]
    assert [one["verdict"] for one in told("completed")] == [None, None, "present"]
    assert len(told("attended")) == 3


def test_what_is_rolled_back_is_not_told_of(room, told, usage_key, site, monkeypatch):
    settlement.decide_meeting(room.meeting.pk)
    monkeypatch.setattr(corrections.platform.current().__class__, "later", lambda *args, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        corrections.decide(
            usage_key=usage_key, staff_id=site.author.pk, user_ids=[room.users[0].pk], verdict="present", reason="x"
        )
    assert told("corrected") == []


@pytest.mark.parametrize("trouble", [OSError("disk full"), DatabaseError("gone"), RuntimeError("no tracker")])
def test_a_door_that_fails_holds_nothing_up(room, jobs, monkeypatch, caplog, trouble):
    def broken(*args, **more):
        raise trouble

    monkeypatch.setattr("demo.site.door.DemoPlatform.emit", broken)
    count_and_pay(room, jobs)
    assert Result.objects.filter(completed_at__isnull=False).count() == 2
    assert Registration.objects.filter(joined_at=None).count() == 0
    assert "not told of" in caplog.text


def test_a_mark_that_cannot_be_set_is_set_at_the_next_count(room, jobs, told, monkeypatch, caplog):
    with monkeypatch.context() as patched:
        patched.setattr(announce, "_goes_on", lambda meeting: (_ for _ in ()).throw(DatabaseError("lock")))
        settlement.decide_meeting(room.meeting.pk)
    assert told("attended") == []
    assert "attendance not told of" in caplog.text
    settlement.decide_meeting(room.meeting.pk)
    assert len(told("attended")) == 3


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite lets one writer in at a time anyway")
def test_two_workers_with_the_same_news_tell_it_once(room, told):
    settlement.decide_meeting(room.meeting.pk)
    Result.objects.update(attended_told_at=None)
    before = len(told("attended"))

    def work():
        announce.attended(Placement.objects.get(pk=room.placement.pk))
        connection.close()

    workers = [threading.Thread(target=work) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert len(told("attended")) - before == 3


def test_five_hundred_results_are_marked_and_told_of_in_a_bounded_number_of_queries(
    site, block_row, jobs, django_assert_max_num_queries
):
    make = make_classroom(block_row.key, learners=1200)
    settlement.decide_meeting(make.meeting.pk)
    Result.objects.update(attended_told_at=None)
    placement = Placement.objects.select_related("meeting").get()
    with django_assert_max_num_queries(1 + 3 * 4):
        announce.attended(placement)
    assert Result.objects.filter(attended_told_at=None).count() == 0


# -- signals ---------------------------------------------------------------------------------------------------------
def test_the_end_of_a_run_is_heard_once_in_each_place(site, jobs, heard):
    first, second = make_block(site.course_key, "one"), make_block(site.course_key, "two")
    meeting = Meeting.objects.create(kind="webinar", zoom_id=81234567890, starts_at=BEGAN, duration_minutes=60)
    for row in (first, second):
        Placement.objects.create(
            usage_key=row.key, usage_digest=usage_digest(row.key), course_key=site.course_key, meeting=meeting
        )
    sitting = Sitting.objects.create(meeting=meeting, uuid="u==", uuid_digest=digest("u=="), started_at=BEGAN)
    twin = Sitting.objects.get(pk=sitting.pk)  # another worker has read it already
    end = BEGAN + timedelta(hours=1)
    sittings.over(sitting, end)
    sittings.over(sitting, end + timedelta(minutes=1))
    sittings.over(twin, end + timedelta(minutes=2))
    assert twin.ended_at == end
    assert heard == [
        ("ended", {"usage_key": row.key, "kind": "webinar", "started_at": BEGAN, "ended_at": end})
        for row in (first, second)
    ]
    assert len(jobs.queue) == 1


def test_what_was_decided_is_heard_with_what_stands_and_no_change_is_no_news(room, jobs, heard, usage_key, site):
    count_and_pay(room, jobs)
    got = {facts["user_id"]: facts for _signal, facts in heard}
    assert len(heard) == 3
    facts = got[room.users[1].pk]
    assert facts["usage_key"] == usage_key
    assert (facts["attendance"].attended_seconds, facts["attendance"].state) == (720, "final")
    assert facts["attendance"].is_complete
    corrections.decide(
        usage_key=usage_key, staff_id=site.author.pk, user_ids=[room.users[0].pk], verdict="present", reason="x"
    )
    assert (heard[-1][1]["user_id"], heard[-1][1]["attendance"].state) == (room.users[0].pk, "corrected")


def test_it_is_heard_after_the_commit(room, heard):
    with transaction.atomic():
        announce.decided(room.placement, [room.users[0].pk])
        announce.ended(room.sitting)
        assert heard == []
    assert [signal for signal, _facts in heard] == ["ended"]  # nothing is decided yet


def test_a_receiver_that_fails_is_logged_and_stops_neither_the_next_one_nor_us(room, jobs, heard, caplog):
    def broken(sender, **facts):
        raise RuntimeError("not my day")

    announce.attendance_decided.connect(broken)
    try:
        count_and_pay(room, jobs)
    finally:
        announce.attendance_decided.disconnect(broken)
    assert len(heard) == 3
    assert Result.objects.filter(completed_at__isnull=False).count() == 2
    assert "not my day" in caplog.text


def test_where_nobody_listens_nothing_is_read(room, django_assert_num_queries):
    with django_assert_num_queries(0):
        announce.decided(room.placement, [1, 2, 3])
        announce.ended(room.sitting)
