"""From what Zoom reports to completions: exactly those who attended long enough, and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from completion.models import BlockCompletion
from django.utils import timezone

from tests.conftest import make_block
from tests.services.playing import attended, complete, played
from zoom_xblock.models import Delivery, Meeting, Placement, Result, Segment, Sitting
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.services import registrations, settlement, sweep

pytestmark = pytest.mark.django_db(transaction=True)

LONG, SHORT = 50, 20


def test_who_stayed_long_enough_is_complete_and_nobody_else(registered, session, usage_key, zoom, jobs, client, began):
    played(zoom, session, began, [attended(registered[0], 1, 1 + LONG), attended(registered[1], 1, 1 + SHORT)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]
    minutes = {result.user.username: result.attended_seconds // 60 for result in Result.objects.select_related("user")}
    assert minutes == {"learner1": LONG, "learner2": SHORT, "learner3": 0}
    assert set(Result.objects.values_list("state", flat=True)) == {Result.State.FINAL}


def test_nobody_is_complete_before_zooms_record_is_there(registered, session, usage_key, zoom, jobs, client, began):
    zoom.control("options", report_delay_seconds=86400)
    zoom.control(
        f"meetings/{session.zoom_id}/play",
        start_at=began.isoformat(),
        minutes=60,
        people=[attended(registered[0], 0, 55)],
    )
    zoom.deliver(client)
    jobs.run(within_seconds=5)
    assert complete(usage_key) == []
    assert Sitting.objects.get().record == Sitting.Record.AWAITED
    provisional = Result.objects.get(user__username="learner1")
    assert (provisional.state, provisional.is_complete) == (Result.State.PROVISIONAL, False)
    assert provisional.attended_seconds == 55 * 60
    zoom.control("sittings/ready", uuid=Sitting.objects.get().uuid)
    Sitting.objects.update(next_try_at=timezone.now())
    jobs.queue.clear()
    assert sweep.sweep()["settle_sitting"] == 1
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]


def test_exactly_the_requirement_completes_and_a_second_less_does_not(
    registered, session, usage_key, zoom, jobs, client, began
):
    people = [
        {"email": registered[0], "segments": [[60, 60 + 45 * 60]]},
        {"email": registered[1], "segments": [[60, 60 + 45 * 60 - 1]]},
    ]
    played(zoom, session, began, people, client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]


def test_rejoining_adds_up_and_two_devices_count_once(registered, session, usage_key, zoom, jobs, client, began):
    people = [
        {"email": registered[0], "segments": [[0, 25 * 60], [30 * 60, 52 * 60]]},
        {"email": registered[1], "segments": [[0, 25 * 60], [0, 25 * 60]]},
    ]
    played(zoom, session, began, people, client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]
    assert Result.objects.get(user__username="learner1").attended_seconds == 47 * 60
    assert Result.objects.get(user__username="learner2").attended_seconds == 25 * 60


def test_the_waiting_room_is_not_attendance(registered, session, usage_key, zoom, jobs, client, began):
    people = [
        {"email": registered[0], "segments": [[0, 50 * 60]], "waiting_room": 20 * 60},
        attended(registered[1], 0, 46),
    ]
    played(zoom, session, began, people, client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner2"]
    assert Result.objects.get(user__username="learner1").attended_seconds == 30 * 60


def test_a_breakout_room_is(registered, session, usage_key, zoom, jobs, client, began):
    people = [
        {"email": registered[0], "segments": [[0, 50 * 60]], "rooms": [["Group A", 10 * 60, 30 * 60]]},
        attended(registered[1], 0, 5),
    ]
    played(zoom, session, began, people, client)
    jobs.run(within_seconds=60)
    assert Result.objects.get(user__username="learner1").attended_seconds == 50 * 60
    assert complete(usage_key) == ["learner1"]


def test_a_restart_by_the_host_loses_no_minute(registered, session, usage_key, zoom, jobs, client, began):
    first = began - timedelta(hours=1)
    played(zoom, session, first, [attended(registered[0], 0, 25), attended(registered[1], 0, 25)], client)
    played(zoom, session, began, [attended(registered[0], 0, 21)], client)
    jobs.run(within_seconds=60)
    assert Sitting.objects.count() == 2
    assert complete(usage_key) == ["learner1"]
    assert Result.objects.get(user__username="learner1").attended_seconds == 46 * 60


def test_a_guest_with_a_learners_name_gives_nobody_minutes(
    registered, session, usage_key, zoom, jobs, client, began, site
):
    name = f"{site.learner1.first_name} {site.learner1.last_name}"
    people = [{"name": name, "segments": [[0, 55 * 60]]}, attended(registered[1], 0, 46)]
    played(zoom, session, began, people, client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner2"]
    assert Result.objects.get(user__username="learner1").attended_seconds == 0


def test_the_same_deliveries_twice_change_nothing(registered, session, usage_key, zoom, jobs, client, began):
    zoom.play(
        session.zoom_id,
        start_at=began,
        minutes=60,
        people=[attended(registered[0], 0, 50), attended(registered[1], 0, 3)],
    )
    deliveries = zoom.held()
    assert set(zoom.deliver(client, deliveries)) == {204}
    jobs.run(within_seconds=60)
    before = (list(Segment.objects.values()), list(Result.objects.values()), list(BlockCompletion.objects.values()))
    assert set(zoom.deliver(client, deliveries)) == {204}
    assert jobs.run(within_seconds=60) == []
    assert Delivery.objects.count() == len(deliveries)
    assert before == (
        list(Segment.objects.values()),
        list(Result.objects.values()),
        list(BlockCompletion.objects.values()),
    )


@pytest.mark.parametrize("order", ["reversed", "ended first", "left before joined"])
def test_any_order_ends_in_the_same_result(registered, session, usage_key, zoom, jobs, client, began, order):
    zoom.play(
        session.zoom_id,
        start_at=began,
        minutes=60,
        people=[attended(registered[0], 2, 50), attended(registered[1], 2, 20)],
    )
    deliveries = zoom.held()
    sort = {
        "reversed": lambda one: -one["number"],
        "ended first": lambda one: (one["event"] != "meeting.ended", one["number"]),
        "left before joined": lambda one: (not one["event"].endswith("left"), one["number"]),
    }[order]
    for one in sorted(deliveries, key=sort):
        zoom.deliver(client, [one])
        jobs.run()
    live = {
        segment.registrant_id: (segment.joined_at - began, segment.left_at - began)
        for segment in Segment.objects.filter(source=Segment.Source.LIVE).exclude(registrant_id="")
    }
    assert sorted(live.values()) == [
        (timedelta(minutes=2), timedelta(minutes=20)),
        (timedelta(minutes=2), timedelta(minutes=50)),
    ]
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]
    session.refresh_from_db()
    assert session.state == Meeting.State.ENDED


def test_lost_joins_and_leaves_are_found_in_zooms_record(registered, session, usage_key, zoom, jobs, client, began):
    zoom.play(
        session.zoom_id,
        start_at=began,
        minutes=60,
        people=[attended(registered[0], 0, 50), attended(registered[1], 0, 9)],
    )
    zoom.deliver(client, [one for one in zoom.held() if one["event"] == "meeting.ended"])
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]


def test_a_whole_sitting_whose_events_were_lost_is_found_beside_another(
    registered, session, usage_key, zoom, jobs, client, began
):
    zoom.play(
        session.zoom_id,
        start_at=began - timedelta(hours=1),
        minutes=60,
        people=[attended(registered[0], 0, 40), attended(registered[1], 0, 9)],
    )
    zoom.held()  # nobody ever gets these
    played(zoom, session, began, [attended(registered[0], 0, 6), attended(registered[1], 0, 6)], client)
    jobs.run(within_seconds=60)
    assert Result.objects.get(user__username="learner1").attended_seconds == 46 * 60
    assert complete(usage_key) == ["learner1"]


def test_a_sitting_whose_end_was_never_reported_is_asked_after(
    registered, session, usage_key, zoom, jobs, client, began
):
    zoom.play(
        session.zoom_id,
        start_at=began - timedelta(hours=2),
        minutes=60,
        people=[attended(registered[0], 0, 50), attended(registered[1], 0, 9)],
    )
    zoom.deliver(client, [one for one in zoom.held() if one["event"] != "meeting.ended"])
    jobs.run()
    assert Sitting.objects.get().ended_at is None
    assert sweep.sweep()["ask_whether_over"] == 1
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]


def test_a_webinar_ends_at_its_own_address(connected, site, zoom, jobs, client, began):
    from tests.conftest import wishes_of
    from zoom_xblock.services import meetings

    row = make_block(site.course_key, name="webinar-1", kind="webinar")
    webinar = meetings.save_session(usage_key=row.key, user_id=site.author.pk, wishes=wishes_of(row)).meeting
    for learner in (site.learner1, site.learner2):
        registrations.request_place(usage_key=row.key, user_id=learner.pk)
    jobs.run()
    zoom.held()
    zoom.play(
        webinar.zoom_id,
        start_at=began,
        minutes=60,
        people=[attended("learner1@example.edu", 0, 50), attended("learner2@example.edu", 0, 10)],
    )
    deliveries = zoom.held()
    assert {one["url"].rsplit("/", 1)[1] for one in deliveries if one["event"] == "webinar.ended"} == {"end"}
    assert set(zoom.deliver(client, deliveries)) == {204}
    jobs.run(within_seconds=60)
    assert complete(row.key) == ["learner1"]


def test_a_rehearsal_of_a_webinar_ends_nothing(connected, site, zoom, jobs, client, began):
    from tests.conftest import wishes_of
    from zoom_xblock.services import meetings

    row = make_block(site.course_key, name="webinar-1", kind="webinar")
    webinar = meetings.save_session(usage_key=row.key, user_id=site.author.pk, wishes=wishes_of(row)).meeting
    jobs.run()
    zoom.held()
    zoom.play(webinar.zoom_id, start_at=began, minutes=10, people=[], practice=True)
    zoom.deliver(client, [one for one in zoom.held() if one["event"] == "webinar.ended"])
    jobs.run(within_seconds=60)
    assert not Sitting.objects.filter(ended_at__isnull=False).exists()


def test_somebody_elses_meeting_is_stored_and_left_alone(registered, session, zoom, jobs, client, began):
    zoom.control("events", event="meeting.ended")
    assert zoom.deliver(client) == [204]
    jobs.run(within_seconds=60)
    assert Delivery.objects.get().state == Delivery.State.IGNORED
    assert Sitting.objects.count() == 0


def test_an_event_of_another_account_is_left_alone(registered, session, zoom, jobs, client, began):
    from tests.conftest import compact, post_delivery

    zoom.play(session.zoom_id, start_at=began, minutes=60, people=[attended(registered[0], 0, 50)])
    one = next(one for one in zoom.held() if one["event"] == "meeting.ended")
    raw = compact({**one["body"], "payload": {**one["body"]["payload"], "account_id": "SomebodyElsesAccount"}})
    assert post_delivery(client, "/zoom/end_meeting", raw, zoom.signed(raw)).status_code == 204
    jobs.run(within_seconds=60)
    assert Delivery.objects.get().state == Delivery.State.IGNORED


def test_who_was_unenrolled_keeps_the_minutes_and_gets_nothing_new_until_she_is_back(
    registered, session, usage_key, zoom, jobs, client, began, site
):
    from demo.site.models import Enrollment

    first = began - timedelta(hours=1)
    played(zoom, session, first, [attended(registered[0], 0, 30), attended(registered[1], 0, 30)], client)
    jobs.run(within_seconds=60)
    kept = Result.objects.filter(user=site.learner1).values().get()
    Enrollment.objects.filter(user=site.learner1).update(is_active=False)
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 50)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner2"]
    assert Result.objects.filter(user=site.learner1).values().get() == kept
    assert kept["attended_seconds"] == 30 * 60
    Enrollment.objects.filter(user=site.learner1).update(is_active=True)
    settlement.decide_meeting(session.pk)
    assert complete(usage_key) == ["learner1", "learner2"]


def test_who_was_unenrolled_before_the_session_has_no_result(
    registered, session, usage_key, zoom, jobs, client, began, site
):
    from demo.site.models import Enrollment

    Enrollment.objects.filter(user=site.learner1).update(is_active=False)
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 50)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner2"]
    assert not Result.objects.filter(user=site.learner1).exists()


def test_completion_switched_off_stays_owed_and_is_paid_by_the_sweep(
    registered, session, usage_key, zoom, jobs, client, began
):
    from waffle.testutils import override_switch

    with override_switch("completion.enable_completion_tracking", active=False):
        played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 5)], client)
        jobs.run(within_seconds=60)
        assert complete(usage_key) == []
    assert Result.objects.get(user__username="learner1").completed_at is None
    assert sweep.sweep()["pay_owed"] == 1
    jobs.run()
    assert complete(usage_key) == ["learner1"]
    assert sweep.sweep()["pay_owed"] == 0


def test_a_completion_is_never_lowered(registered, session, usage_key, zoom, jobs, client, began, block_row):
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 5)], client)
    jobs.run(within_seconds=60)
    block_row.published = {**block_row.published, "required_minutes": 59}
    block_row.save()
    settlement.decide_meeting(session.pk)
    assert complete(usage_key) == ["learner1"]


def test_a_lower_requirement_completes_more_without_asking_zoom(
    registered, session, usage_key, zoom, jobs, client, began, block_row
):
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 30)], client)
    jobs.run(within_seconds=60)
    block_row.published = {**block_row.published, "required_minutes": 30}
    block_row.save()
    zoom.fault("*", "*", status=500, times=100)
    settlement.decide_meeting(session.pk)
    assert complete(usage_key) == ["learner1", "learner2"]


def test_an_unpublished_change_of_the_rule_does_not_reach_learners(
    registered, session, usage_key, zoom, jobs, client, began, block_row
):
    block_row.draft = {**block_row.draft, "required_minutes": 5}
    block_row.save()
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 30)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]


def test_nothing_counted_again_writes_nothing(registered, session, usage_key, zoom, jobs, client, began):
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 30)], client)
    jobs.run(within_seconds=60)
    before = list(Result.objects.values()), list(BlockCompletion.objects.values())
    settlement.decide_meeting(session.pk)
    assert before == (list(Result.objects.values()), list(BlockCompletion.objects.values()))


def test_one_meeting_in_two_places_has_two_rules(registered, session, usage_key, zoom, jobs, client, began, site):
    other = make_block(site.course_key, name="other", required_minutes=20)
    Placement.objects.create(
        usage_key=other.key, usage_digest=usage_digest(other.key), course_key=site.course_key, meeting=session
    )
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 30)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]
    assert complete(other.key) == ["learner1", "learner2"]
