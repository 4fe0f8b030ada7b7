"""A webinar whose deliveries did not come: Zoom lists that it was held, and has no call that tells its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from completion.models import BlockCompletion
from django.utils import timezone

from tests.conftest import make_block, wishes_of
from zoom_xblock.models import Meeting, Result, Sitting
from zoom_xblock.services import catching_up, meetings, registrations, sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def held_webinar(connected, site, zoom, jobs):
    """
    A function that holds a webinar of two learners two hours ago and hands on what came of its deliveries: its row, and
    them.
    """

    def hold(people):
        row = make_block(site.course_key, "webinar", kind="webinar")
        webinar = meetings.save_session(usage_key=row.key, user_id=site.author.pk, wishes=wishes_of(row)).meeting
        for learner in (site.learner1, site.learner2):
            registrations.request_place(usage_key=row.key, user_id=learner.pk)
        jobs.run()
        began = (timezone.now() - timedelta(hours=3)).replace(microsecond=0)
        zoom.held()
        zoom.play(webinar.zoom_id, start_at=began, minutes=60, people=people)
        Meeting.objects.update(starts_at=began, read_at=timezone.now())
        jobs.queue.clear()
        return row, zoom.held()

    return hold


BOTH = [
    {"email": "learner1@example.edu", "segments": [[60, 60 + 50 * 60]]},
    {"email": "learner2@example.edu", "segments": [[60, 60 + 20 * 60]]},
]


def test_a_webinar_of_which_nothing_was_heard_is_caught_up_with(held_webinar, jobs):
    """Zoom tells the end of a past meeting and has no such call for a webinar: nobody was ever complete."""
    row, _unheard = held_webinar(BOTH)
    assert sweep.sweep()["look_for_sittings"] == 1
    jobs.run(within_seconds=120)
    minutes = {one.user.username: one.attended_seconds // 60 for one in Result.objects.select_related("user")}
    assert (minutes["learner1"], minutes["learner2"]) == (50, 20)
    done = BlockCompletion.objects.filter(block_key=row.key, completion=1.0)
    assert [one.user.username for one in done] == ["learner1"]
    assert sweep.sweep()["look_for_sittings"] == 0


def test_a_webinar_whose_end_was_not_reported_is_over_some_day(held_webinar, client, zoom, jobs):
    row, heard = held_webinar(BOTH)
    zoom.deliver(client, [one for one in heard if one["event"] != "webinar.ended"])
    jobs.run()
    assert Sitting.objects.get().ended_at is None
    assert sweep.sweep()["ask_whether_over"] == 1
    jobs.run(within_seconds=120)
    assert Sitting.objects.get().ended_at is not None
    done = BlockCompletion.objects.filter(block_key=row.key, completion=1.0)
    assert [one.user.username for one in done] == ["learner1"]


def test_a_webinar_that_one_person_attended_ends_when_it_was_to_end(held_webinar, jobs):
    """Zoom lists nobody where one person came."""
    held_webinar([])
    catching_up.look_for_sittings(Meeting.objects.get().pk)
    sitting = Sitting.objects.get()
    assert sitting.ended_at == sitting.started_at + timedelta(minutes=60)


def test_a_webinar_that_runs_is_not_over(held_webinar, jobs, zoom):
    held_webinar(BOTH)
    meeting = Meeting.objects.get()
    sitting = Sitting.objects.create(meeting=meeting, uuid="running==", uuid_digest="r", started_at=timezone.now())
    catching_up.ask_whether_over(sitting.pk)
    sitting.refresh_from_db()
    assert sitting.ended_at is None
