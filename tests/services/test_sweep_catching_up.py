"""A site that heard nothing learns from Zoom's lists who was there."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from completion.models import BlockCompletion
from django.utils import timezone

from zoom_xblock.models import Meeting, Occurrence, Result, Sitting
from zoom_xblock.services import catching_up, registrations, sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def held(session, usage_key, site, zoom, jobs):
    """Two learners registered, the session took place two hours ago, and not one delivery came."""
    for learner in (site.learner1, site.learner2):
        registrations.request_place(usage_key=usage_key, user_id=learner.pk)
    jobs.run()
    began = (timezone.now() - timedelta(hours=2)).replace(microsecond=0)
    people = [
        {"email": "learner1@example.edu", "segments": [[60, 60 + 50 * 60]]},
        {"email": "learner2@example.edu", "segments": [[60, 60 + 20 * 60]]},
    ]
    zoom.play(session.zoom_id, start_at=began, minutes=60, people=people)
    zoom.held()
    jobs.queue.clear()
    Meeting.objects.update(starts_at=began, read_at=timezone.now())
    session.refresh_from_db()
    return session


def test_a_site_that_was_down_catches_up_without_a_single_delivery(held, usage_key, jobs):
    assert sweep.sweep()["look_for_sittings"] == 1
    jobs.run(within_seconds=120)
    sitting = Sitting.objects.get()
    assert (sitting.record, sitting.meeting_id) == (Sitting.Record.FINAL, held.pk)
    minutes = {result.user.username: result.attended_seconds // 60 for result in Result.objects.select_related("user")}
    assert (minutes["learner1"], minutes["learner2"]) == (50, 20)
    done = BlockCompletion.objects.filter(block_key=usage_key, completion=1.0)
    assert [row.user.username for row in done] == ["learner1"]
    assert sweep.sweep()["look_for_sittings"] == 0


def test_twice_and_from_two_workers_it_finds_each_sitting_once(held, jobs):
    for _worker in range(3):
        catching_up.look_for_sittings(held.pk)
    assert Sitting.objects.count() == 1


def test_an_end_that_came_late_and_the_list_agree(held, zoom, client, jobs):
    catching_up.look_for_sittings(held.pk)
    before = Sitting.objects.values("uuid", "ended_at").get()
    zoom.control("deliveries/flush", "POST")
    catching_up.look_for_sittings(held.pk)
    assert Sitting.objects.values("uuid", "ended_at").get() == before


def test_what_nobody_held_is_asked_for_more_and_more_rarely(session, jobs, monkeypatch):
    """A teacher who did not come: no call to Zoom every minute for ever."""
    began = timezone.now() - timedelta(minutes=75)
    Meeting.objects.update(starts_at=began, duration_minutes=60)
    now, asked = timezone.now() + timedelta(seconds=1), []
    monkeypatch.setattr(catching_up.timezone, "now", lambda: now)
    for minute in range(0, 3 * 24 * 60, 15):
        if catching_up.unheard(10):
            asked.append(minute)
        now += timedelta(minutes=15)
    assert asked[0] <= 15
    gaps = [after - before for before, after in itertools.pairwise(asked)]
    assert gaps == sorted(gaps)
    assert 5 <= len(asked) <= 12


def test_a_date_that_is_not_over_was_held_or_runs_is_not_looked_for(session, jobs):
    now = timezone.now()
    Meeting.objects.update(starts_at=now - timedelta(minutes=70), duration_minutes=60)
    assert catching_up.unheard(10) == []  # it may still come
    Meeting.objects.update(starts_at=now - timedelta(hours=3))
    sitting = Sitting.objects.create(
        meeting=session, uuid="u", uuid_digest="u", started_at=now - timedelta(hours=3), ended_at=None
    )
    assert catching_up.unheard(10) == []  # it runs; its end is asked for by itself
    Sitting.objects.filter(pk=sitting.pk).update(ended_at=now - timedelta(hours=2))
    assert catching_up.unheard(10) == []
    Sitting.objects.filter(pk=sitting.pk).update(ended_at=now - timedelta(days=7))
    assert catching_up.unheard(10) == [session.pk]  # that was last week's


def test_of_a_series_each_date_that_passed_is_looked_for(session, jobs):
    now = timezone.now()
    Meeting.objects.update(starts_at=now - timedelta(days=7, hours=2))
    for number, at in enumerate((now - timedelta(days=7, hours=2), now - timedelta(hours=2), now + timedelta(days=5))):
        Occurrence.objects.create(meeting=session, occurrence_id=str(number), starts_at=at, duration_minutes=60)
    Sitting.objects.create(
        meeting=session, uuid="u", uuid_digest="u",
        started_at=now - timedelta(days=7, hours=2), ended_at=now - timedelta(days=7, hours=1),
    )  # fmt: skip
    assert catching_up.unheard(10) == [session.pk]
    Meeting.objects.update(looked_at=None)
    Occurrence.objects.filter(occurrence_id="1").update(status=Occurrence.Status.DELETED)
    assert catching_up.unheard(10) == []


def test_when_zoom_is_down_nothing_was_learnt_and_it_is_asked_again_soon(held, zoom, jobs):
    zoom.fault("GET", "/v2/past_meetings/*", status=503, times=None)
    assert catching_up.unheard(10) == [held.pk]
    catching_up.look_for_sittings(held.pk)
    assert Sitting.objects.count() == 0
    assert catching_up.unheard(10) == [held.pk]
    zoom.control("faults", "DELETE")
    catching_up.look_for_sittings(held.pk)
    assert Sitting.objects.count() == 1


def test_a_site_that_is_not_connected_asks_nothing(held, jobs):
    from zoom_xblock.services import connections

    connections.note_disconnected("removed_at_zoom")
    assert catching_up.unheard(10) == []
    catching_up.look_for_sittings(held.pk)
    assert Sitting.objects.count() == 0


def test_after_a_sitting_that_zoom_said_nothing_of_is_asked_again_soon_and_after_one_that_runs_later(held, zoom, jobs):
    now = timezone.now()
    began = now - timedelta(hours=9)
    sitting = Sitting.objects.create(meeting=held, uuid="unknown", uuid_digest="unknown", started_at=began)

    def again_in():
        assert catching_up.overdue(10) == [sitting.pk]
        catching_up.ask_whether_over(sitting.pk)
        sitting.refresh_from_db()
        waits = sitting.next_try_at - timezone.now()
        Sitting.objects.update(next_try_at=None)
        return waits

    zoom.fault("GET", "/v2/past_meetings/*", status=503, times=None)
    assert again_in() <= timedelta(seconds=catching_up.CLAIM_SECONDS)
    zoom.control("faults", "DELETE")
    assert again_in() > catching_up.OVERDUE_AGAIN - timedelta(minutes=1)
