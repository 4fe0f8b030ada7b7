"""What another rule would do is said before it is saved, and is what then happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from completion.models import BlockCompletion
from django.contrib.auth import get_user_model
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from demo.site.models import Course, Enrollment
from tests.conftest import make_block
from zoom_xblock.attendance import Policy
from zoom_xblock.models import Meeting, Placement, Registration, Result, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.services import recount, settlement
from zoom_xblock.services.placements import reconcile_course

pytestmark = pytest.mark.django_db(transaction=True)

#: Minutes of twenty learners: 3, 6, ... 60.
STAYS = [3 * number for number in range(1, 21)]


@pytest.fixture
def crowd(site, jobs):
    """Twenty learners of a session that is over, counted under 45 minutes: six are complete."""
    row = make_block(site.course_key)
    began = (timezone.now() - timedelta(hours=2)).replace(microsecond=0)
    meeting = Meeting.objects.create(kind="meeting", zoom_id=81234567890, starts_at=began, duration_minutes=60)
    placement = Placement.objects.create(
        usage_key=row.key, usage_digest=usage_digest(row.key), course_key=site.course_key, meeting=meeting
    )
    sitting = Sitting.objects.create(
        meeting=meeting, uuid="u==", uuid_digest=digest("u=="), started_at=began, ended_at=began + timedelta(hours=1),
        record="final", settled_at=timezone.now(),
    )  # fmt: skip
    course = Course.objects.get(key=site.course_key)
    for number, minutes in enumerate(STAYS):
        user = get_user_model().objects.create(username=f"crowd{number}", email=f"crowd{number}@example.edu")
        Enrollment.objects.create(course=course, user=user, is_active=True)
        Registration.objects.create(meeting=meeting, user=user, registrant_id=f"Rg{number}", state="registered")
        Segment.objects.create(
            sitting=sitting, source="record", fact_digest=digest(number), registrant_id=f"Rg{number}",
            joined_at=began, left_at=began + timedelta(minutes=minutes),
        )  # fmt: skip
    settlement.decide_meeting(meeting.pk)
    assert Result.objects.filter(is_complete=True).count() == 6
    return row, meeting, placement


@pytest.mark.parametrize(
    ("rule", "more", "fewer"),
    [
        pytest.param({"required_minutes": 45}, 0, 0, id="the same"),
        pytest.param({"required_minutes": 3}, 14, 0, id="looser"),
        pytest.param({"required_minutes": 51}, 0, 2, id="stricter"),
        pytest.param({"completion": "percent", "required_percent": 50}, 5, 0, id="a share"),
        pytest.param({"completion": "none"}, 0, 6, id="nobody any more"),
        pytest.param({"completion": "joining"}, 14, 0, id="joining"),
        pytest.param({"counted": "custom", "opens_minutes": 30}, 0, 6, id="the second half only"),
    ],
)
def test_what_is_said_is_what_then_happens(crowd, rule, more, fewer, jobs):
    row, _meeting, _placement = crowd
    said = recount.preview(usage_key=row.key, policy=Policy.from_fields({**row.published, **rule}))
    assert (said.more, said.fewer, said.counted) == (more, fewer, 20)
    was = set(Result.objects.filter(is_complete=True).values_list("user_id", flat=True))
    row.published = {**row.published, **rule}
    row.save()
    reconcile_course(str(row.key.course_key))
    jobs.run()
    now = set(Result.objects.filter(is_complete=True).values_list("user_id", flat=True))
    assert was <= now  # asked, never automatic
    assert len(now - was) == more
    doubtful = Result.objects.filter(is_complete=True, counted_complete=False)
    assert doubtful.count() == fewer
    assert set(BlockCompletion.objects.filter(completion=1.0).values_list("user_id", flat=True)) == now


def test_a_preview_writes_nothing_and_asks_zoom_nothing(crowd, settings):
    row, _meeting, _placement = crowd
    settings.ZOOM_XBLOCK_API_BASE_URL = "http://127.0.0.1:9"  # nobody is there
    before = list(Result.objects.values()), Placement.objects.values().get(), Meeting.objects.values().get()
    recount.preview(usage_key=row.key, policy=Policy(required_minutes=3))
    assert before == (list(Result.objects.values()), Placement.objects.values().get(), Meeting.objects.values().get())


def test_whom_a_person_decided_about_is_not_in_it(crowd):
    row, _meeting, _placement = crowd
    Result.objects.filter(user__username="crowd0").update(verdict="absent")
    Result.objects.filter(user__username="crowd19").update(verdict="present")
    assert recount.preview(usage_key=row.key, policy=Policy(required_minutes=3)).more == 13
    assert recount.preview(usage_key=row.key, policy=Policy(completion="none")).fewer == 5


def test_who_is_no_learner_any_more_is_not_in_it(crowd):
    row, _meeting, _placement = crowd
    Enrollment.objects.filter(user__username__in=["crowd0", "crowd19"]).update(is_active=False)
    looser = recount.preview(usage_key=row.key, policy=Policy(required_minutes=3))
    assert (looser.more, looser.counted) == (13, 18)
    assert recount.preview(usage_key=row.key, policy=Policy(completion="none")).fewer == 5


def test_allowing_addresses_is_part_of_a_rule(crowd):
    row, _meeting, _placement = crowd
    Segment.objects.filter(registrant_id="Rg0").update(
        registrant_id="", email="crowd0@example.edu", is_internal=True, left_at=timezone.now()
    )
    assert recount.preview(usage_key=row.key, policy=Policy()).more == 0
    assert recount.preview(usage_key=row.key, policy=Policy(counts_email=True)).more == 1


def test_without_a_session_there_is_nothing_to_say(site, jobs):
    key = UsageKey.from_string("block-v1:DemoX+Zoom+2026+type@zoom+block@nowhere")
    assert recount.preview(usage_key=key, policy=Policy()) == recount.Preview(0, 0, 0)


def test_queries_do_not_grow_with_the_crowd(crowd, django_assert_max_num_queries):
    row, _meeting, _placement = crowd
    with django_assert_max_num_queries(10):
        recount.preview(usage_key=row.key, policy=Policy(required_minutes=3))
