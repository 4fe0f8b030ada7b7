"""A person's decision stands whatever is counted, and what the platform is owed by it is told, once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from completion.models import BlockCompletion
from django.db import DatabaseError, connection
from django.utils import timezone

from demo.site.models import Enrollment, Score
from demo.site.tracking import entries
from tests.services.conftest import stays
from zoom_xblock.models import Result
from zoom_xblock.platform import PlatformError
from zoom_xblock.services import paying, settlement, sweep

pytestmark = pytest.mark.django_db(transaction=True)


def decide(user, verdict):
    """What a person decided, saved as corrections do; then the job."""
    result = Result.objects.select_related("placement").get(user=user)
    settlement.apply_verdict(result, verdict)
    result.save()
    paying.pay_owed(result.placement_id)
    return Result.objects.get(user=user)


def completions():
    """What the platform has, by name."""
    return dict(BlockCompletion.objects.values_list("user__username", "completion"))


def scores():
    """What the gradebook has, by name."""
    return dict(Score.objects.values_list("user__username", "earned"))


def events():
    """How many completion events were told."""
    return len([entry for entry in entries() if "completion" in entry["event_type"]])


def test_present_completes_and_scores_in_full_and_no_count_takes_it_back(place, site):
    _row, meeting, _placement, _sitting = place
    assert completions() == {"learner1": 1.0}
    result = decide(site.learner2, "present")
    assert (result.is_complete, result.score, result.verdict, result.counted_complete) == (True, 1.0, "present", False)
    assert completions() == {"learner1": 1.0, "learner2": 1.0}
    before = Result.objects.filter(user=site.learner2).values().get()
    settlement.decide_meeting(meeting.pk)
    assert Result.objects.filter(user=site.learner2).values().get() == before
    assert scores() == {"learner1": 1.0, "learner2": 1.0, "learner3": 0.0}


def test_excused_completes_and_leaves_the_gradebook_alone(place, site):
    _row, meeting, _placement, _sitting = place
    told = scores()
    result = decide(site.learner2, "excused")
    assert (result.is_complete, result.score) == (True, None)
    settlement.decide_meeting(meeting.pk)
    assert completions() == {"learner1": 1.0, "learner2": 1.0}
    assert scores() == told
    assert sweep.sweep()["pay_owed"] == 0


def test_absent_takes_a_paid_completion_back_once_and_present_gives_it_again(place, site):
    _row, meeting, _placement, _sitting = place
    result = decide(site.learner1, "absent")
    assert (result.is_complete, result.score, result.counted_complete) == (False, 0.0, True)
    assert result.withdrawn_at is not None
    assert completions() == {"learner1": 0.0}
    assert scores()["learner1"] == 0.0
    told = events()
    settlement.decide_meeting(meeting.pk)
    paying.pay_owed(result.placement_id)
    assert completions() == {"learner1": 0.0}
    assert events() == told
    result = decide(site.learner1, "present")
    assert (result.withdrawn_at, result.completed_at is not None) == (None, True)
    assert completions() == {"learner1": 1.0}
    assert scores()["learner1"] == 1.0


def test_absent_before_anything_was_told_owes_nothing(place, site):
    result = decide(site.learner3, "absent")
    assert (result.is_complete, result.withdrawn_at, result.completed_at) == (False, None, None)
    assert "learner3" not in completions()
    assert sweep.sweep()["pay_owed"] == 0


def test_back_to_what_was_counted(place, site):
    _row, meeting, _placement, sitting = place
    decide(site.learner2, "present")
    result = decide(site.learner2, "counted")
    assert (result.verdict, result.is_complete, result.score) == (None, False, round(20 / 45, 4))
    assert completions() == {"learner1": 1.0, "learner2": 0.0}  # this was a person's wish, and is carried out
    stays(sitting, Rg0=50, Rg1=50)
    settlement.decide_meeting(meeting.pk)
    assert completions() == {"learner1": 1.0, "learner2": 1.0}
    assert scores()["learner2"] == 1.0


def test_what_was_given_by_a_count_is_not_taken_by_another_but_shown_as_doubtful(place, site):
    _row, meeting, _placement, sitting = place
    stays(sitting, Rg0=10, Rg1=20)
    settlement.decide_meeting(meeting.pk)
    result = Result.objects.get(user=site.learner1)
    assert (result.is_complete, result.counted_complete, result.attended_seconds) == (True, False, 600)
    assert completions() == {"learner1": 1.0}
    assert scores()["learner1"] == 1.0
    result = decide(site.learner1, "counted")  # asked, staff says: take what is counted
    assert (result.is_complete, completions(), scores()["learner1"]) == (False, {"learner1": 0.0}, round(10 / 45, 4))


def test_a_decision_is_kept_while_what_is_counted_goes_on_beside_it(place, site):
    _row, meeting, _placement, sitting = place
    decide(site.learner1, "absent")
    stays(sitting, Rg0=59, Rg1=20)
    settlement.decide_meeting(meeting.pk)
    result = Result.objects.get(user=site.learner1)
    assert (result.attended_seconds, result.counted_complete, result.is_complete) == (59 * 60, True, False)
    assert completions() == {"learner1": 0.0}


def test_a_decision_is_newer_than_the_score_that_staff_deleted(place, site):
    from demo.site.services import anonymous_id

    row, meeting, _placement, _sitting = place
    settlement.reset_score(usage_key=row.key, anonymous_user_id=anonymous_id(site.learner1.pk, site.course_key))
    settlement.decide_meeting(meeting.pk)
    assert "learner1" not in scores()
    decide(site.learner1, "counted")
    assert "learner1" not in scores()
    decide(site.learner1, "present")
    assert scores()["learner1"] == 1.0


def test_a_block_that_is_no_longer_graded_tells_no_score(place, site):
    row, meeting, _placement, _sitting = place
    row.published = {**row.published, "has_score": False}
    row.save()
    settlement.decide_meeting(meeting.pk)
    told = scores()
    assert decide(site.learner2, "present").score is None
    assert scores() == told


def test_no_such_verdict(place, site):
    with pytest.raises(ValueError, match="verdict"):
        settlement.apply_verdict(Result.objects.first(), "perhaps")


# -- paying ----------------------------------------------------------------------------------------------------------


def owe(placement, site):
    """All three are owed a completion."""
    BlockCompletion.objects.all().delete()
    Result.objects.update(is_complete=True, completed_at=None)
    return sorted(Result.objects.values_list("pk", flat=True))


def test_many_are_paid_by_several_jobs_each_for_its_own(place, site, jobs, monkeypatch):
    _row, _meeting, placement, _sitting = place
    ids = owe(placement, site)
    monkeypatch.setattr(paying, "CHUNK", 2)
    paying.pay_owed(placement.pk)
    assert completions() == {}
    wanted = [("pay_completions", [placement.pk, ids[0], ids[1]]), ("pay_completions", [placement.pk, ids[2], ids[2]])]
    assert [(name, args) for name, args, _wait in jobs.queue] == wanted
    paying.pay_completions(placement.pk, ids[2], ids[2])
    assert completions() == {"learner3": 1.0}
    jobs.run()  # each of them twice
    assert completions() == {"learner1": 1.0, "learner2": 1.0, "learner3": 1.0}
    assert sweep.sweep()["pay_owed"] == 0


def test_a_job_that_comes_twice_tells_nobody_again(place, site):
    _row, _meeting, placement, _sitting = place
    ids = owe(placement, site)
    before = events()
    for _time in range(3):
        paying.pay_completions(placement.pk, ids[0], ids[-1])
    assert events() == before + 3


def test_a_worker_killed_after_telling_and_before_noting_tells_nobody_again(place, site):
    _row, _meeting, placement, _sitting = place
    ids = owe(placement, site)
    paying.pay_completions(placement.pk, ids[0], ids[-1])
    before = events()
    Result.objects.update(completed_at=None)
    paying.pay_owed(placement.pk)
    assert events() == before
    assert not Result.objects.filter(completed_at=None).exists()


def test_one_whom_the_platform_refuses_stops_no_other(place, site, monkeypatch):
    from demo.site import door

    _row, _meeting, placement, _sitting = place
    owe(placement, site)
    submit = door._submit
    trouble = {site.learner1.pk: PlatformError("no"), site.learner2.pk: DatabaseError("data")}

    def refuses(user_id, *args):
        if user_id in trouble:
            raise trouble[user_id]
        return submit(user_id, *args)

    monkeypatch.setattr(door, "_submit", refuses)
    paying.pay_owed(placement.pk)
    assert completions() == {"learner3": 1.0}
    monkeypatch.undo()
    assert sweep.sweep()["pay_owed"] == 1
    paying.pay_owed(placement.pk)
    assert completions() == {"learner1": 1.0, "learner2": 1.0, "learner3": 1.0}


def test_a_decision_between_counting_and_paying_is_what_is_paid(place, site):
    """The job was queued for a completion; a person took it away before the job ran."""
    _row, _meeting, placement, _sitting = place
    ids = owe(placement, site)
    result = Result.objects.get(user=site.learner1)
    settlement.apply_verdict(result, "absent")
    result.save()
    paying.pay_completions(placement.pk, ids[0], ids[-1])
    assert "learner1" not in completions()


def test_who_is_no_learner_any_more_is_owed_until_she_is_back(place, site):
    _row, _meeting, placement, _sitting = place
    owe(placement, site)
    Enrollment.objects.filter(user=site.learner2).update(is_active=False)
    paying.pay_owed(placement.pk)
    assert set(completions()) == {"learner1", "learner3"}
    Enrollment.objects.filter(user=site.learner2).update(is_active=True)
    paying.pay_owed(placement.pk)
    assert set(completions()) == {"learner1", "learner2", "learner3"}


def test_a_decision_while_a_count_is_written_is_not_overwritten(place, site, monkeypatch):
    """The machine has read, a person decides, the machine writes: what it writes is not hers."""
    _row, meeting, _placement, sitting = place
    Result.objects.filter(user=site.learner3).delete()
    stays(sitting, Rg0=50, Rg1=20, Rg2=50)
    insert = settlement.bulk.insert_new
    later = []

    def slow(model, names, rows):
        if model is Result and not later:
            later.append(True)
            result = Result(placement=_placement, user=site.learner3, decided_at=timezone.now() - timedelta(hours=1))
            settlement.apply_verdict(result, "absent")
            result.save()
        insert(model, names, rows)

    monkeypatch.setattr(settlement.bulk, "insert_new", slow)
    settlement.decide_meeting(meeting.pk)
    assert Result.objects.get(user=site.learner3).is_complete is False
    monkeypatch.undo()
    from tests.doors import QueueingPlatform

    assert ("decide_meeting", [meeting.pk]) in [(name, args) for name, args, _wait in QueueingPlatform.queue]
    settlement.decide_meeting(meeting.pk)
    result = Result.objects.get(user=site.learner3)
    assert (result.verdict, result.is_complete, result.counted_complete) == ("absent", False, True)
    assert "learner3" not in completions()


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite lets one writer in at a time anyway")
def test_two_workers_with_one_job_tell_each_of_it_once(place, site):
    _row, _meeting, placement, _sitting = place
    ids = owe(placement, site)
    before, start = events(), threading.Barrier(2)

    def work():
        start.wait()
        paying.pay_completions(placement.pk, ids[0], ids[-1])
        connection.close()

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert events() == before + 3
