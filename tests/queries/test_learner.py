"""What a learner's page is drawn from: whose minutes, from when to when, at what cost, and when something is news."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.conftest import make_block
from zoom_xblock import queries
from zoom_xblock.attendance import Policy
from zoom_xblock.models import (
    Assignment,
    Meeting,
    Occurrence,
    Placement,
    Recording,
    Registration,
    Result,
    Segment,
    Sitting,
)
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def start():
    """A whole hour some time ago."""
    return timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)


@pytest.fixture
def placed(site, start):
    """A session that was held, with learner1 registered."""
    row = make_block(site.course_key)
    meeting = Meeting.objects.create(
        kind="meeting", zoom_id=81234567890, starts_at=start, duration_minutes=60, state="ended", time_zone="UTC"
    )
    Placement.objects.create(
        usage_key=row.key, usage_digest=usage_digest(row.key), course_key=site.course_key, meeting=meeting
    )
    Registration.objects.create(
        meeting=meeting, user=site.learner1, registrant_id="Rq1", state="registered", email="learner1@example.edu"
    )
    return meeting


@pytest.fixture
def sitting(placed, start):
    """One run of it, an hour long."""
    return run(placed, start, start + 60 * MINUTE)


def run(meeting, begin, end, *, uuid="u1", record="live_final"):
    return Sitting.objects.create(
        meeting=meeting, uuid=uuid, uuid_digest=digest(uuid), started_at=begin, ended_at=end, record=record
    )


def present(sitting, begin, end, *, registrant_id="Rq1", **values):
    """A reported presence."""
    number = Segment.objects.count()
    return Segment.objects.create(
        sitting=sitting, fact_digest=str(number), registrant_id=registrant_id, joined_at=begin, left_at=end,
        **{"source": "live", **values},
    )  # fmt: skip


def facts(site, who="learner1", *, policy=None, now=None, **shows):
    planned = queries.Planned("t", "meeting", "", None, 60, "UTC", policy or Policy(), **shows)
    user = getattr(site, who) if who else None
    key = Placement.objects.get().usage_key
    return queries.learner_facts(key, user.pk if user else None, planned, now=now)


def minutes_of(found, start):
    """The spans in minutes after the start."""
    return [((begin - start) / MINUTE, (end - start) / MINUTE) for _key, begin, end in found.spans]


def test_the_spans_are_a_union_without_the_waiting_room_and_with_breakout_rooms(site, placed, sitting, start):
    present(sitting, start - 9 * MINUTE, start + MINUTE, room="waiting")
    present(sitting, start + MINUTE, start + 20 * MINUTE)
    present(sitting, start + 10 * MINUTE, start + 30 * MINUTE, room="breakout")
    present(sitting, start + 40 * MINUTE, None)
    found = facts(site)
    assert minutes_of(found, start) == [(1, 30), (40, 60)]
    assert found.attended_seconds == 49 * 60
    assert found.certainty == "provisional"


@pytest.mark.parametrize(
    ("policy", "spans"),
    [
        (Policy(), [(-10, 70)]),
        (Policy(counted="scheduled"), [(0, 60)]),
        (Policy(counted="custom", opens_minutes=-5, closes_minutes=-10), [(-5, 50)]),
    ],
)
def test_the_spans_are_clipped_to_the_window(site, placed, start, policy, spans):
    present(run(placed, start - 10 * MINUTE, start + 70 * MINUTE), start - 10 * MINUTE, start + 70 * MINUTE)
    assert minutes_of(facts(site, policy=policy), start) == spans


def test_zooms_record_replaces_what_events_said(site, placed, sitting, start):
    present(sitting, start, start + 60 * MINUTE)
    present(sitting, start, start + 30 * MINUTE, source="record")
    Sitting.objects.update(record="final")
    assert minutes_of(facts(site), start) == [(0, 30)]


def test_nobody_gets_the_minutes_of_another(site, placed, sitting, start):
    Registration.objects.create(meeting=placed, user=site.learner2, registrant_id="rQ1", state="registered")
    present(sitting, start, start + 10 * MINUTE, name="Same Name")
    present(sitting, start, start + 20 * MINUTE, registrant_id="rQ1", name="Same Name")
    present(sitting, start, start + 40 * MINUTE, registrant_id="", name="Same Name")
    assert minutes_of(facts(site), start) == [(0, 10)]
    assert minutes_of(facts(site, "learner2"), start) == [(0, 20)]
    assert facts(site, None).spans == ()


@pytest.mark.parametrize(
    ("by", "key", "seen"),
    [
        ("registrant", "foreign", {"registrant_id": "foreign"}),
        ("zoom_user", "z9", {"registrant_id": "", "zoom_user_id": "z9"}),
        ("connection", "u1 77", {"registrant_id": "", "connection": "77"}),
    ],
)
def test_a_guest_whom_staff_assigned_to_her_counts(site, placed, sitting, start, by, key, seen):
    present(sitting, start, start + 15 * MINUTE, **seen)
    assert facts(site).spans == ()
    Assignment.objects.create(
        meeting=placed, by=by, key=key, key_digest=digest(by, key), user=site.learner1, made_at=timezone.now()
    )
    assert minutes_of(facts(site), start) == [(0, 15)]
    assert facts(site, "learner2").spans == ()


def test_a_connection_is_hers_in_its_own_run_only(site, placed, sitting, start):
    other = run(placed, start + 70 * MINUTE, start + 80 * MINUTE, uuid="u2")
    present(other, start + 70 * MINUTE, start + 80 * MINUTE, registrant_id="", connection="77")
    Assignment.objects.create(
        meeting=placed, by="connection", key="u1 77", key_digest="x", user=site.learner1, made_at=timezone.now()
    )
    assert facts(site).spans == ()


def test_her_address_counts_where_the_author_lets_it_and_zoom_vouches_for_it(site, placed, sitting, start):
    present(sitting, start, start + 10 * MINUTE, registrant_id="", email="Learner1@Example.edu", is_internal=True)
    present(sitting, start + 20 * MINUTE, start + 30 * MINUTE, registrant_id="", email="learner1@example.edu")
    assert facts(site).spans == ()
    assert minutes_of(facts(site, policy=Policy(counts_email=True)), start) == [(0, 10)]


def test_what_was_decided_stands_and_intervals_that_tell_another_story_are_left_out(site, placed, sitting, start):
    present(sitting, start, start + 50 * MINUTE)
    result = Result.objects.create(
        placement=Placement.objects.get(), user=site.learner1, attended_seconds=3000, state="final", is_complete=True,
        decided_at=timezone.now(),
    )  # fmt: skip
    found = facts(site)
    assert (found.certainty, found.is_complete, found.attended_seconds) == ("final", True, 3000)
    assert minutes_of(found, start) == [(0, 50)]
    Result.objects.filter(pk=result.pk).update(attended_seconds=2000)
    assert facts(site).spans == ()
    assert facts(site).attended_seconds == 2000


def test_a_persons_decision_is_passed_on(site, placed, start):
    Result.objects.create(
        placement=Placement.objects.get(), user=site.learner1, verdict="excused", is_complete=True, decided_at=start
    )
    assert facts(site).verdict == "excused"


def test_who_is_inside_is_counted_until_now_even_by_a_clock_behind_zooms(site, placed, start):
    Meeting.objects.update(state="live")
    sitting = run(placed, start, None)
    present(sitting, start, None)
    found = facts(site, now=start + 7 * MINUTE)
    assert (found.is_present, found.phase, minutes_of(found, start)) == (True, "live", [(0, 7)])
    behind = facts(site, now=start - MINUTE)
    assert behind.is_present
    assert behind.attended_seconds < 1


def test_recordings_are_counted_where_the_author_shows_them(site, placed):
    Recording.objects.create(meeting=placed, uuid="u1", uuid_digest="1", told_at=timezone.now())
    Recording.objects.create(
        meeting=placed, uuid="u2", uuid_digest="2", told_at=timezone.now(), removed_at=timezone.now()
    )
    Recording.objects.create(meeting=placed, uuid="u3", uuid_digest="3")
    assert facts(site).recordings == 0
    assert facts(site, show_recordings=True).recordings == 1


def test_hostile_numbers_to_dial_are_left_out(site, placed):
    Meeting.objects.update(dial_in=[{"number": "+1 555", "country": 7}, {"number": ""}, "x", None, {"city": "Bonn"}])
    assert facts(site).dial_in == ({"country": "7", "city": "", "number": "+1 555", "type": ""},)
    Meeting.objects.update(dial_in={"number": 1})
    assert facts(site).dial_in == ()


# -- how much it costs ------------------------------------------------------------------------------------------------


def series(meeting, start):
    """Three weekly dates."""
    Meeting.objects.update(recurrence={"every": "week", "interval": 1, "count": 3})
    for week in range(3):
        Occurrence.objects.create(
            meeting=meeting, occurrence_id=str(week), starts_at=start + timedelta(weeks=week), duration_minutes=60
        )


@pytest.mark.parametrize("learners", [10, 1000])
def test_the_page_costs_the_same_for_ten_learners_and_for_a_thousand(
    site, placed, sitting, start, learners, django_user_model, django_assert_num_queries
):
    users = django_user_model.objects.bulk_create(
        [django_user_model(username=f"many{number}", email=f"many{number}@example.edu") for number in range(learners)]
    )
    Registration.objects.bulk_create(
        [Registration(meeting=placed, user=user, registrant_id=f"m{user.pk}", state="registered") for user in users]
    )
    Segment.objects.bulk_create(
        [
            Segment(
                sitting=sitting, source="live", fact_digest=f"m{user.pk}", registrant_id=f"m{user.pk}", joined_at=start
            )
            for user in users
        ]
    )
    present(sitting, start, start + 50 * MINUTE)
    with django_assert_num_queries(3):  # the placement itself is looked up by the helper
        found = facts(site)
    assert minutes_of(found, start) == [(0, 50)]
    planned = queries.Planned("t", "meeting", "", None, 60, "UTC")
    with django_assert_num_queries(1):
        assert queries.standing(found.usage_key, site.learner1.pk, planned).is_as_told(found.token, timezone.now())


def test_the_dearest_page_costs_four(site, placed, sitting, start, django_assert_num_queries):
    series(placed, start)
    Assignment.objects.create(
        meeting=placed, by="zoom_user", key="z", key_digest="z", user=site.learner1, made_at=timezone.now()
    )
    with django_assert_num_queries(5):  # one of them is the helper's
        found = facts(site)
    assert [date.standing for date in found.dates] == ["over", "next", "later"]


# -- when something is news -------------------------------------------------------------------------------------------


def is_news(site, token, **planned):
    """Whether a page with this token is told more."""
    shown = queries.Planned("t", "meeting", "", None, 60, "UTC", **planned)
    row = queries.standing(Placement.objects.get().usage_key, site.learner1.pk, shown)
    return not row.is_as_told(token, timezone.now())


@pytest.mark.parametrize(
    "change",
    [
        lambda site: Meeting.objects.update(state="live"),
        lambda site: Meeting.objects.update(starts_at=timezone.now()),
        lambda site: Meeting.objects.update(read_at=timezone.now()),
        lambda site: Meeting.objects.update(state="gone"),
        lambda site: Registration.objects.update(state="failed", error="full"),
        lambda site: Registration.objects.all().delete(),
        lambda site: Segment.objects.update(left_at=timezone.now()),
        lambda site: Segment.objects.all().delete(),
        lambda site: present(Sitting.objects.get(), timezone.now(), None),
        lambda site: Result.objects.update(is_complete=True),
        lambda site: Result.objects.update(state="final"),
        lambda site: Result.objects.update(verdict="absent"),
        lambda site: Result.objects.update(attended_seconds=7),
        lambda site: Placement.objects.update(meeting=None),
        lambda site: Recording.objects.create(
            meeting=Meeting.objects.get(), uuid="u", uuid_digest="u", told_at=timezone.now()
        ),
        lambda site: Assignment.objects.create(
            meeting=Meeting.objects.get(), by="zoom_user", key="z", user=site.learner1, made_at=timezone.now()
        ),
    ],
)
def test_whatever_the_page_shows_is_news_when_it_changes(site, placed, sitting, start, change):
    present(sitting, start, None)
    Result.objects.create(placement=Placement.objects.get(), user=site.learner1, decided_at=start)
    token = facts(site).token
    assert not is_news(site, token)
    change(site)
    assert is_news(site, token)


def test_what_concerns_others_is_no_news(site, placed, sitting, start):
    token = facts(site).token
    Registration.objects.create(meeting=placed, user=site.learner2, registrant_id="r2", state="registered")
    present(sitting, start, None, registrant_id="r2")
    present(sitting, start, None, registrant_id="")
    Result.objects.create(placement=Placement.objects.get(), user=site.learner2, decided_at=start)
    assert not is_news(site, token)


def test_a_changed_rule_is_news(site, placed):
    token = facts(site).token
    assert is_news(site, token, policy=Policy(required_minutes=7))
    assert is_news(site, token, show_attendance=False)


@pytest.mark.parametrize(
    "token", ["", ".", "x", "x.y", "x.99999999999", ".99999999999", "\x00", "a" * 5000, "x.٣٣٣٣٣٣٣٣٣٣٣"]
)
def test_a_token_that_is_not_ours_knows_nothing(site, placed, token):
    assert is_news(site, token)


def test_a_token_ends_when_the_clock_changes_something(site, placed):
    now = timezone.now()
    Meeting.objects.update(starts_at=now + timedelta(hours=1), state="scheduled")
    found = facts(site)
    assert not found.is_open
    row = queries.standing(found.usage_key, site.learner1.pk, found.planned)
    assert row.is_as_told(found.token, now + 44 * MINUTE)
    assert not row.is_as_told(found.token, now + 46 * MINUTE)


def test_minutes_that_grow_are_counted_anew_every_other_minute(site, placed):
    now = timezone.now()
    Meeting.objects.update(state="live", starts_at=now)
    present(run(placed, now, None), now, None)
    found = facts(site)
    row = queries.standing(found.usage_key, site.learner1.pk, found.planned)
    assert row.is_as_told(found.token, now + MINUTE)
    assert not row.is_as_told(found.token, now + 3 * MINUTE)
