"""A person's decision: written with its audit row or not at all, the newest in force, and nothing twice."""

from __future__ import annotations

import pytest
from completion.models import BlockCompletion

from demo.site.models import CourseRole, Enrollment, Score
from tests.classroom import make_classroom
from zoom_xblock.models import Correction, Meeting, Result, Sitting
from zoom_xblock.services import corrections, paying, settlement
from zoom_xblock.services.errors import Forbidden, InvalidWishes, Unplaced

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(site, block_row, jobs):
    """Learner 0 was there for 5 minutes, number 1 for 12, number 9 for 18 of 30 minutes required; 5 for 40."""
    made = make_classroom(block_row.key, learners=12, registered=10, has_score=True)
    block_row.published = {**block_row.published, "required_minutes": 30, "has_score": True}
    block_row.save()
    made.is_counted()
    jobs.queue.clear()
    return made


@pytest.fixture
def decide(room, block_row, site):
    """`decide("absent", 5)` by the author, unless somebody else is named."""

    def say(verdict, *numbers, reason="She told me so", by=None):
        return corrections.decide(
            usage_key=block_row.key,
            staff_id=(by or site.author).pk,
            user_ids=[room.users[number].pk for number in numbers],
            verdict=verdict,
            reason=reason,
        )

    return say


def result_of(room, number):
    """The row."""
    return Result.objects.get(placement=room.placement, user=room.users[number])


def completion_of(room, number):
    """What edx-completion has, None where nothing."""
    return BlockCompletion.objects.filter(user=room.users[number]).values_list("completion", flat=True).first()


def test_present_completes_with_the_full_score_and_says_who_when_why_before_and_after(room, decide, site, jobs):
    assert decide("present", 0) == 1
    result = result_of(room, 0)
    assert (result.verdict, result.is_complete, result.score) == ("present", True, 1.0)
    kept = Correction.objects.get()
    assert (kept.user, kept.made_by, kept.reason) == (room.users[0], site.author, "She told me so")
    assert kept.before == {"is_complete": False, "score": kept.before["score"], "verdict": None,
                           "attended_seconds": 300, "state": "final"}  # fmt: skip
    assert kept.after == {**kept.before, "is_complete": True, "score": 1.0, "verdict": "present"}
    assert [job[0] for job in jobs.queue] == ["pay_owed"]
    jobs.run()
    assert completion_of(room, 0) == 1.0
    assert Score.objects.get(user=room.users[0]).earned == 1.0


def test_absent_takes_back_what_was_paid(room, decide, jobs):
    assert completion_of(room, 5) == 1.0
    assert decide("absent", 5) == 1
    jobs.run()
    assert completion_of(room, 5) == 0.0
    assert Score.objects.get(user=room.users[5]).earned == 0.0


def test_excused_completes_and_leaves_the_gradebook_alone(room, decide, jobs):
    before = Score.objects.get(user=room.users[1]).earned
    decide("excused", 1)
    jobs.run()
    assert completion_of(room, 1) == 1.0
    assert Score.objects.get(user=room.users[1]).earned == before


def test_somebody_who_never_registered_can_be_marked_present(room, decide, jobs):
    assert not Result.objects.filter(user=room.users[11]).exists()
    assert decide("present", 11) == 1
    jobs.run()
    assert completion_of(room, 11) == 1.0
    assert Correction.objects.get().before["is_complete"] is False


def test_the_same_decision_twice_is_one_audit_row_and_pays_nothing_again(room, decide, jobs):
    assert decide("present", 0, 1) == 2
    jobs.queue.clear()
    assert decide("present", 0, 1) == 0
    assert Correction.objects.count() == 2
    assert jobs.queue == []
    assert decide("present", 0, reason="Another reason") == 1  # a reason is part of it
    assert Correction.objects.count() == 3


def test_of_two_who_decide_the_last_wins_and_both_are_kept(room, decide, site):
    decide("present", 0)
    decide("absent", 0, by=site.admin, reason="I was there, she was not")
    assert result_of(room, 0).verdict == "absent"
    assert list(Correction.objects.order_by("pk").values_list("made_by__username", "verdict")) == [
        ("author", "present"), ("admin", "absent"),
    ]  # fmt: skip
    assert decide("present", 0) == 1  # the same words as the first time, and no repetition
    assert result_of(room, 0).verdict == "present"


def test_no_count_overwrites_a_person(room, decide, jobs):
    decide("absent", 5)
    room.was_there(room.users[5], 41, 61)
    settlement.decide_meeting(room.meeting.pk)
    result = result_of(room, 5)
    assert (result.verdict, result.is_complete) == ("absent", False)
    assert (result.attended_seconds, result.counted_complete) == (53 * 60, True)  # kept beside it


def test_back_to_what_was_counted(room, decide, jobs):
    decide("present", 0)
    decide("counted", 0, reason="Sorry")
    assert [job[0] for job in jobs.queue] == ["pay_owed", "pay_owed", "decide_meeting"]
    jobs.run()
    result = result_of(room, 0)
    assert (result.verdict, result.is_complete) == (None, False)
    assert Correction.objects.count() == 2


def test_back_to_the_count_where_nothing_was_decided_is_nothing(room, decide, jobs):
    assert decide("counted", 0, 5) == 0
    assert Correction.objects.count() == 0
    assert jobs.queue == []


def test_a_completion_that_the_count_does_not_give_any_more_is_kept_or_withdrawn(room, decide, jobs):
    Result.objects.filter(pk__in=[result_of(room, 5).pk, result_of(room, 7).pk]).update(counted_complete=False)
    decide("present", 5)
    assert decide("counted", 7) == 1
    assert result_of(room, 5).is_complete is True
    assert result_of(room, 7).is_complete is False


def test_nothing_is_written_where_the_audit_fails(room, decide, monkeypatch):
    def broken(*_args, **_more):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(Correction.objects, "bulk_create", broken)
    with pytest.raises(RuntimeError):
        decide("present", 0)
    assert result_of(room, 0).verdict is None


@pytest.mark.parametrize("who", ["learner1", "other_author", "beta"])
def test_nobody_but_staff_of_this_course_decides(room, block_row, site, who, django_user_model):
    user = getattr(site, who, None) or django_user_model.objects.create(username=who)
    if who == "beta":
        CourseRole.objects.create(user=user, course=Enrollment.objects.first().course, role=CourseRole.BETA)
    with pytest.raises(Forbidden):
        corrections.decide(
            usage_key=block_row.key, staff_id=user.pk, user_ids=[room.users[0].pk], verdict="present", reason="x"
        )
    with pytest.raises(Forbidden):
        corrections.recount(usage_key=block_row.key, staff_id=user.pk)
    assert Correction.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "slug", "changes"),
    [
        ("verdict", "malformed", {"verdict": "rich"}),
        ("verdict", "malformed", {"verdict": ["present"]}),
        ("verdict", "malformed", {"verdict": None}),
        ("reason", "required", {"reason": " \n\t "}),
        ("reason", "too_long", {"reason": "x" * 501}),
        ("reason", "malformed", {"reason": "a\x00b"}),
        ("reason", "malformed", {"reason": "a\ud800b"}),
        ("reason", "malformed", {"reason": {"a": 1}}),
        ("user_ids", "required", {"user_ids": []}),
        ("user_ids", "too_many", {"user_ids": list(range(1, 202))}),
        ("user_ids", "malformed", {"user_ids": "7"}),
        ("user_ids", "malformed", {"user_ids": [True]}),
        ("user_ids", "malformed", {"user_ids": [-1]}),
        ("user_ids", "malformed", {"user_ids": [10**30]}),
        ("user_ids", "malformed", {"user_ids": ["7"]}),
        ("user_ids", "malformed", {"user_ids": None}),
        ("user_ids", "unknown", {"user_ids": [2_000_000_000]}),
    ],
)
def test_what_a_browser_may_send_is_looked_at(room, block_row, site, field, slug, changes):
    asked = {"user_ids": [room.users[0].pk], "verdict": "present", "reason": "She told me", **changes}
    with pytest.raises(InvalidWishes) as refused:
        corrections.decide(usage_key=block_row.key, staff_id=site.author.pk, **asked)
    assert refused.value.fields[field] == slug
    assert Correction.objects.count() == 0


def test_staff_and_strangers_cannot_be_marked(room, block_row, site, django_user_model):
    stranger = django_user_model.objects.create(username="stranger")
    for user in (stranger, site.author):
        with pytest.raises(InvalidWishes):
            corrections.decide(
                usage_key=block_row.key, staff_id=site.author.pk, user_ids=[room.users[0].pk, user.pk],
                verdict="present", reason="x",
            )  # fmt: skip
    assert Correction.objects.count() == 0  # not for the one who could be marked, either


def test_whoever_has_left_the_course_keeps_a_row_that_can_be_decided_about(room, decide, jobs):
    Enrollment.objects.filter(user=room.users[0]).update(is_active=False)
    assert decide("present", 0) == 1
    jobs.run()
    assert completion_of(room, 0) is None  # nothing new for somebody who is not in the course


def test_a_reason_is_one_line_in_any_script(room, decide):
    decide("present", 0, reason="  می\u200cخواهم\nبیمار بود 🤒 ")
    assert Correction.objects.get().reason == "می\u200cخواهم بیمار بود 🤒"


def test_a_recount_is_a_job_and_none_before_there_was_a_session(room, block_row, site, jobs):
    corrections.recount(usage_key=block_row.key, staff_id=site.author.pk)
    assert [job[0] for job in jobs.queue] == ["decide_meeting"]
    jobs.queue.clear()
    Sitting.objects.all().delete()
    corrections.recount(usage_key=block_row.key, staff_id=site.author.pk)
    assert jobs.queue == []


def test_without_a_session_there_is_nothing_to_decide(site, block_row):
    with pytest.raises(Unplaced):
        corrections.decide(
            usage_key=block_row.key, staff_id=site.author.pk, user_ids=[site.learner1.pk], verdict="present", reason="x"
        )
    assert Meeting.objects.count() == 0


def test_two_hundred_at_once_are_few_queries(site, block_row, jobs, django_assert_max_num_queries):
    room = make_classroom(block_row.key, learners=200, registered=100)
    room.is_counted()
    ids = [user.pk for user in room.users]
    with django_assert_max_num_queries(30):
        count = corrections.decide(
            usage_key=block_row.key, staff_id=site.author.pk, user_ids=ids, verdict="present", reason="All were there"
        )
    assert count == 200
    paying.pay_owed(room.placement.pk)
    assert BlockCompletion.objects.filter(completion=1.0).count() == 200
