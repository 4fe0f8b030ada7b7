"""Telling the platform under a lease: a worker that dies, and people who decide while they are being told of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from demo.site import door, gradebook
from demo.site.tracking import entries
from tests.services.test_settlement_verdicts import completions, events, owe, scores
from zoom_xblock.models import Meeting, Result
from zoom_xblock.services import paying, settlement, sweep

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches SIGKILL."""


@pytest.fixture
def while_telling(monkeypatch):
    """Have something done while a completion is told of, once: before it, or after it."""

    def arrange(what, *, after: bool = True, user=None):
        submit, done = door._submit, []

        def told(user_id, *args):
            now = not done and (user is None or user.pk == user_id)
            if now:
                done.append(True)
            if now and not after:
                what()
            submit(user_id, *args)
            if now and after:
                what()

        monkeypatch.setattr(door, "_submit", told)

    return arrange


def decided(user, verdict):
    """As a correction writes it down."""
    result = Result.objects.select_related("placement").get(user=user)
    settlement.apply_verdict(result, verdict)
    fields = ["verdict", "is_complete", "score", "completed_at", "withdrawn_at"]
    Result.objects.filter(pk=result.pk).update(**{name: getattr(result, name) for name in fields})


def test_a_worker_killed_in_the_middle_leaves_nothing_that_is_told_twice(place, site, while_telling, monkeypatch):
    _row, _meeting, placement, _sitting = place
    owe(placement, site)
    before = events()

    def die():
        raise Killed()

    while_telling(die, user=site.learner2)
    with pytest.raises(Killed):
        paying.pay_owed(placement.pk)
    assert set(completions()) == {"learner1", "learner2"}  # what was told of stands
    monkeypatch.undo()
    paying.pay_owed(placement.pk)
    assert set(completions()) == {"learner1", "learner2", "learner3"}
    assert events() == before + 3


def test_what_a_dead_worker_had_claimed_is_left_alone_and_then_paid(place, site):
    _row, _meeting, placement, _sitting = place
    owe(placement, site)
    mine = Result.objects.filter(user=site.learner1)
    mine.update(leased_until=timezone.now() + timedelta(seconds=30))
    paying.pay_owed(placement.pk)
    assert set(completions()) == {"learner2", "learner3"}
    assert sweep.sweep()["pay_owed"] == 1  # still owed, and found
    mine.update(leased_until=timezone.now() - timedelta(seconds=1))
    paying.pay_owed(placement.pk)
    assert set(completions()) == {"learner1", "learner2", "learner3"}
    assert not Result.objects.exclude(leased_until=None).exists()


def test_who_is_decided_absent_while_her_completion_is_told_has_it_taken_back(place, site, while_telling):
    _row, _meeting, placement, _sitting = place
    owe(placement, site)
    while_telling(lambda: decided(site.learner1, "absent"), user=site.learner1)
    paying.pay_owed(placement.pk)
    assert completions()["learner1"] == 1.0
    paying.pay_owed(placement.pk)
    assert completions()["learner1"] == 0.0
    assert Result.objects.get(user=site.learner1).withdrawn_at


def test_who_is_decided_present_while_it_is_taken_back_gets_it_again(place, site, while_telling):
    _row, _meeting, placement, _sitting = place
    decided(site.learner1, "absent")
    while_telling(lambda: decided(site.learner1, "present"), user=site.learner1)
    paying.pay_owed(placement.pk)
    paying.pay_owed(placement.pk)
    assert completions()["learner1"] == 1.0
    result = Result.objects.get(user=site.learner1)
    assert (result.is_complete, bool(result.completed_at), result.withdrawn_at) == (True, True, None)


@pytest.fixture
def while_grading(monkeypatch):
    """Have something done just before the gradebook takes its next score."""

    def arrange(what):
        done, publish = [], gradebook.publish_score

        def published(user, *args, **kwargs):
            if not done:
                done.append(True)
                what()
            return publish(user, *args, **kwargs)

        monkeypatch.setattr(gradebook, "publish_score", published)

    return arrange


def test_a_score_that_changes_while_the_old_one_is_told_is_told_next(place, site, while_grading):
    _row, _meeting, placement, _sitting = place
    mine = Result.objects.filter(user=site.learner2)
    mine.update(score=0.5)
    while_grading(lambda: mine.update(score=0.75))
    paying.pay_owed(placement.pk)
    assert scores()["learner2"] == 0.5
    paying.pay_owed(placement.pk)
    assert scores()["learner2"] == 0.75
    assert mine.get().score_told == 0.75


def test_a_score_that_staff_deletes_while_it_is_told_is_gone(place, site, while_grading):
    _row, _meeting, placement, _sitting = place
    mine = Result.objects.filter(user=site.learner2)
    mine.update(score=0.5)
    while_grading(lambda: mine.update(score=None, score_told=None, score_reset_at=timezone.now()))
    paying.pay_owed(placement.pk)
    result = mine.get()
    assert (result.score, result.score_told) == (None, None)
    assert scores().get("learner2") != 0.5
    paying.pay_owed(placement.pk)
    assert scores().get("learner2") != 0.5


def test_a_worker_killed_while_it_pays_leaves_the_fact_that_they_attended_to_the_sweep(place, site, jobs, monkeypatch):
    _row, meeting, _placement, _sitting = place
    Result.objects.update(completed_at=None, attended_told_at=None, state="provisional")
    Meeting.objects.update(decided_at=None)
    before = attended_events()

    def die(_placement_id):
        raise Killed()

    monkeypatch.setattr(paying, "pay_owed", die)
    with pytest.raises(Killed):
        settlement.decide_meeting(meeting.pk)
    monkeypatch.undo()
    Meeting.objects.update(leased_until=None)  # it ends by itself
    for _minute in range(2):
        sweep.sweep()
        jobs.run()
    there = Result.objects.exclude(joined_at=None)
    assert there.exists()
    assert not there.filter(attended_told_at=None).exists()
    assert attended_events() == before + there.count()


def attended_events():
    """How many facts of this kind were told."""
    return len([entry for entry in entries() if entry["event_type"] == "zoom_xblock.attended"])
