"""What follows of a count beside completion: scores, a rule that is published anew, an account that is retired."""

from __future__ import annotations

import pytest

from tests.services.playing import attended, complete, played
from zoom_xblock.models import Placement, Result, Segment
from zoom_xblock.services import settlement, sweep

pytestmark = pytest.mark.django_db(transaction=True)


def scores(usage_key):
    """What the gradebook was told, by name."""
    from demo.site.models import Score

    return {one.user.username: (one.earned, one.possible) for one in Score.objects.filter(usage_key=usage_key)}


@pytest.fixture
def graded(block_row):
    """The component counts in the gradebook."""
    block_row.published = {**block_row.published, "has_score": True, "weight": 5}
    block_row.save()


def test_a_graded_block_scores_by_the_share_of_the_required_time(
    registered, session, usage_key, zoom, jobs, client, began, graded
):
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 9)], client)
    jobs.run(within_seconds=60)
    assert scores(usage_key) == {"learner1": (1.0, 1.0), "learner2": (0.2, 1.0), "learner3": (0.0, 1.0)}


def test_an_ungraded_block_tells_the_gradebook_nothing(registered, session, usage_key, zoom, jobs, client, began):
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 9)], client)
    jobs.run(within_seconds=60)
    assert scores(usage_key) == {}


def test_the_same_result_twice_tells_the_gradebook_nothing_new(
    registered, session, usage_key, zoom, jobs, client, began, graded
):
    from demo.site.models import Score

    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 9)], client)
    jobs.run(within_seconds=60)
    before = list(Score.objects.values())
    settlement.decide_meeting(session.pk)
    assert list(Score.objects.values()) == before
    assert sweep.sweep()["pay_owed"] == 0


def test_a_score_that_staff_took_away_is_not_given_back(
    registered, session, usage_key, zoom, jobs, client, began, graded, site
):
    from demo.site.models import Score
    from demo.site.services import anonymous_id

    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 9)], client)
    jobs.run(within_seconds=60)
    Score.objects.filter(user=site.learner1).delete()
    whose = anonymous_id(site.learner1.pk, site.course_key)
    settlement.reset_score(usage_key=usage_key, anonymous_user_id=whose)
    settlement.decide_meeting(session.pk)
    jobs.run(within_seconds=60)
    assert "learner1" not in scores(usage_key)
    assert sweep.sweep()["pay_owed"] == 0


def test_a_changed_rule_recounts_when_it_is_published(
    registered, session, usage_key, zoom, jobs, client, began, block_row
):
    from zoom_xblock import signals

    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 30)], client)
    jobs.run(within_seconds=60)
    block_row.published = {**block_row.published, "required_minutes": 25}
    block_row.save()
    signals.course_published(course_key=usage_key.course_key)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1", "learner2"]


def test_a_block_that_is_gone_is_noted_and_may_come_back(registered, session, usage_key, jobs, block_row):
    from zoom_xblock.services.placements import reconcile_course

    published = block_row.published
    block_row.published = None
    block_row.save()
    reconcile_course(str(usage_key.course_key))
    assert Placement.objects.get().unpublished_since
    block_row.published = published
    block_row.save()
    reconcile_course(str(usage_key.course_key))
    assert Placement.objects.get().unpublished_since is None


def test_a_retired_person_is_forgotten_here_and_at_zoom(
    registered, session, usage_key, zoom, jobs, client, began, site
):
    from zoom_xblock import signals
    from zoom_xblock.models import Registration

    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 30)], client)
    jobs.run(within_seconds=60)
    signals.person_retired(user=site.learner1)
    jobs.run()
    gone = Registration.objects.get(user=site.learner1)
    assert (gone.email, gone.join_url) == ("", "")
    assert not Segment.objects.filter(registrant_id=gone.registrant_id).exclude(name="", email="").exists()
    assert Result.objects.get(user=site.learner1).attended_seconds == 50 * 60
    there = zoom.control(f"meetings/{session.zoom_id}")["registrants"]
    assert not [one for one in there if one["email"] == registered[0] and one["status"] == "approved"]
