"""What names people ends with the site's term, and what stands stays."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.services.test_worklist import many, meeting, was_there, work  # noqa: F401
from zoom_xblock.attendance import Policy
from zoom_xblock.models import (
    Assignment,
    Correction,
    Delivery,
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
from zoom_xblock.services import recount, retention, settlement, sweep

pytestmark = pytest.mark.django_db

DAYS = 400


@pytest.fixture
def full(meeting, site, settings, jobs):  # noqa: F811
    """A session of long ago with everything that names people, counted; the term is 400 days."""
    settings.ZOOM_XBLOCK_RETENTION_DAYS = DAYS
    Registration.objects.create(
        meeting=meeting, user=site.learner1, registrant_id="R1", email="l1@example.edu", join_url="https://zoom.us/w/1"
    )
    was_there(meeting, "Learner One", registrant_id="R1", email="l1@example.edu", minutes=(0, 50))
    was_there(meeting, "Guest", email="g@example.org")
    Assignment.objects.create(
        meeting=meeting, by="connection", key="k", key_digest=digest("k"), user=None, made_at=timezone.now()
    )
    Recording.objects.create(
        meeting=meeting, uuid="u", uuid_digest=digest("u"), share_url="https://zoom.us/rec/share/a",
        started_at=meeting.starts_at, told_at=meeting.starts_at,
    )  # fmt: skip
    for state in (Delivery.State.DONE, Delivery.State.NEW):
        Delivery.objects.create(
            digest=digest(state), endpoint="end", event="meeting.ended", body="{}", state=state,
            received_at=meeting.starts_at,
        )  # fmt: skip
    settlement.decide_meeting(meeting.pk)
    placement = Placement.objects.get()
    Correction.objects.create(
        placement=placement, user=site.learner2, verdict="excused", reason="ill", made_at=timezone.now()
    )
    return meeting


def aged(meeting, days):  # noqa: F811
    """Let all of it have happened so many days earlier."""
    back = timedelta(days=days)
    for model, columns in (
        (Meeting, ["starts_at", "created_at"]),
        (Sitting, ["started_at", "ended_at", "settled_at"]),
        (Segment, ["joined_at", "left_at"]),
        (Recording, ["started_at", "told_at"]),
        (Delivery, ["received_at"]),
    ):
        for row in model.objects.all():
            for column in columns:
                value = getattr(row, column)
                if value is not None:
                    model.objects.filter(pk=row.pk).update(**{column: value - back})
    meeting.refresh_from_db()


def left():
    """How many rows of each kind there are."""
    return {
        model.__name__: model.objects.count()
        for model in (Segment, Assignment, Recording, Registration, Result, Correction, Sitting, Delivery)
    }


def test_nothing_goes_before_its_time(full):
    aged(full, DAYS - 1)
    before = left()
    assert not retention.is_due()
    assert not any(retention.apply().values())
    assert left() == before


def test_what_names_people_goes_and_what_was_decided_stays(full, site):
    aged(full, DAYS + 1)
    counts = retention.apply()
    assert counts == {
        "segments": 2, "assignments": 1, "registrations": 1, "recordings": 1, "deliveries": 1, "meetings": 1,
    }  # fmt: skip
    assert left() == {
        "Segment": 0, "Assignment": 0, "Recording": 0, "Registration": 1, "Result": 1, "Correction": 1, "Sitting": 1,
        "Delivery": 1,
    }  # fmt: skip
    registration = Registration.objects.get()
    assert (registration.email, registration.join_url, registration.registrant_id) == ("", "", "R1")
    assert Delivery.objects.get().state == Delivery.State.NEW  # not yet done with
    assert not retention.is_due()
    assert not any(retention.apply().values())


def test_a_result_is_never_counted_from_nothing(full, site, usage_key, jobs):
    aged(full, DAYS + 1)
    facts = list(Result.objects.values())
    assert facts[0]["is_complete"]
    retention.apply()
    settlement.decide_meeting(full.pk)
    placement = Placement.objects.get()
    settlement.decide_learners(placement.pk, [site.learner1.pk])
    assert list(Result.objects.values()) == facts
    assert recount.preview(usage_key=usage_key, policy=Policy(required_minutes=1)).fewer == 0
    jobs.queue.clear()
    sweep.sweep()
    assert "decide_meeting" not in {job for job, _args, _wait in jobs.queue}


def test_without_a_term_nothing_is_ever_forgotten(full, settings):
    settings.ZOOM_XBLOCK_RETENTION_DAYS = 0
    aged(full, 5000)
    before = left()
    assert not retention.is_due()
    retention.apply()
    assert left() == before


def test_a_series_is_over_with_its_last_date(full):
    aged(full, DAYS + 1)
    Occurrence.objects.create(meeting=full, occurrence_id="2", starts_at=timezone.now() - timedelta(days=10))
    retention.apply()
    assert Segment.objects.count() == 2
    assert Recording.objects.count() == 0  # by its own age
    Occurrence.objects.all().delete()
    retention.apply()
    assert Segment.objects.count() == 0


@pytest.mark.parametrize("state", ["running", "recent", "unsettled"])
def test_a_session_that_goes_on_is_left_alone(full, state):
    aged(full, DAYS + 1)
    now = timezone.now()
    facts = {
        "running": {"started_at": now, "ended_at": None},
        "recent": {"started_at": now, "ended_at": now, "record": Sitting.Record.FINAL},
        "unsettled": {
            "started_at": now - timedelta(days=DAYS + 2), "ended_at": now - timedelta(days=DAYS + 2),
            "record": Sitting.Record.AWAITED,
        },
    }[state]  # fmt: skip
    Sitting.objects.create(meeting=full, uuid="n", uuid_digest=digest("n"), **facts)
    retention.apply()
    assert Segment.objects.count() == 2


def test_a_room_used_again_years_later_is_counted_and_forgotten_again(full, site):
    aged(full, DAYS + 1)
    retention.apply()
    Meeting.objects.update(forgotten_at=timezone.now() - timedelta(days=DAYS + 5))
    ended = timezone.now() - timedelta(days=DAYS + 1)
    sitting = Sitting.objects.create(
        meeting=full, uuid="n", uuid_digest=digest("n"), started_at=ended, ended_at=ended, record="final"
    )
    Segment.objects.create(sitting=sitting, source="record", fact_digest="n", joined_at=ended, left_at=ended)
    full.refresh_from_db()
    assert not retention.is_forgotten(full)
    assert retention.is_due()
    retention.apply()
    full.refresh_from_db()
    assert Segment.objects.count() == 0
    assert retention.is_forgotten(full)


def test_a_run_that_was_cut_short_goes_on(full):
    aged(full, DAYS + 1)
    Delivery.objects.all().delete()
    Recording.objects.all().delete()
    assert retention.apply(limit=1)["segments"] == 1
    full.refresh_from_db()
    assert full.forgotten_at is None
    assert retention.is_due()
    retention.apply()
    full.refresh_from_db()
    assert full.forgotten_at is not None
    assert Segment.objects.count() == 0


def test_ten_thousand_presences_go_in_batches(full, django_assert_max_num_queries):
    many(full, 10_000)
    aged_by = timedelta(days=DAYS + 1)
    Meeting.objects.update(starts_at=full.starts_at - aged_by, created_at=timezone.now() - aged_by)
    Sitting.objects.update(started_at=full.starts_at - aged_by, ended_at=full.starts_at - aged_by)
    with django_assert_max_num_queries(100):
        assert retention.apply()["segments"] == 10_002


def test_the_command_says_and_does(full):
    aged(full, DAYS + 1)
    before = left()
    out = StringIO()
    call_command("zoom_retention", "--dry-run", stdout=out)
    assert (
        "would be forgotten: 2 segments, 1 assignments, 1 registrations, 1 recordings, 1 deliveries" in out.getvalue()
    )
    assert left() == before
    call_command("zoom_retention", stdout=out)
    assert "forgotten: 2 segments" in out.getvalue()
    assert Segment.objects.count() == 0


def test_the_sweep_sees_to_it(full, jobs):
    aged(full, DAYS + 1)
    sweep.sweep()
    assert [job for job, _args, _wait in jobs.queue if job == "apply_retention"] == ["apply_retention"]
    jobs.run()
    assert Segment.objects.count() == 0
    jobs.queue.clear()
    sweep.sweep()
    assert "apply_retention" not in {job for job, _args, _wait in jobs.queue}
