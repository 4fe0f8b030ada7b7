"""Leases: short, renewed while work goes on, and over by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone

from zoom_xblock.models import Meeting
from zoom_xblock.services import leases, settlement
from zoom_xblock.services.leases import again_when_free, keep, lease

pytestmark = pytest.mark.django_db


@pytest.fixture
def meeting():
    """A row that can be leased."""
    return Meeting.objects.create(kind="meeting", zoom_id=81234567890)


def until():
    """Until when it is leased."""
    return Meeting.objects.get().leased_until


def half_over(mine):
    """Time passes."""
    early = timezone.now() + timedelta(seconds=10)
    Meeting.objects.update(leased_until=early)
    mine._until = early
    return early


def test_one_has_it_the_other_does_not_and_it_is_given_back(meeting):
    with lease(meeting, seconds=60) as first, lease(meeting, seconds=60) as second:
        assert (bool(first), bool(second)) == (True, False)
    assert until() is None


def test_what_must_be_on_record_is_written_with_the_taking(meeting):
    with lease(meeting, seconds=60, topic="taken") as mine:
        assert mine
        assert Meeting.objects.get().topic == "taken"
        with lease(meeting, seconds=60, topic="not taken") as second:
            assert not second
    assert Meeting.objects.get().topic == "taken"


def test_long_work_renews_its_lease_and_short_work_does_not(meeting, django_assert_num_queries):
    with lease(meeting, seconds=60) as mine:
        with django_assert_num_queries(0):
            keep()
        early = half_over(mine)
        keep()
        assert until() > early + timedelta(seconds=40)
    assert until() is None


def test_nobody_renews_what_nobody_holds(meeting, django_assert_num_queries):
    with django_assert_num_queries(0):
        keep()
    with lease(meeting, seconds=60), lease(meeting, seconds=60) as second:
        assert not second
        with django_assert_num_queries(0):
            keep()


def test_a_lease_that_another_has_by_now_is_hers(meeting, caplog):
    with lease(meeting, seconds=60) as mine:
        half_over(mine)
        hers = timezone.now() + timedelta(seconds=50)
        Meeting.objects.update(leased_until=hers)
        keep()
        assert "lease lost" in caplog.text
    assert until() == hers


def test_a_database_that_refuses_stops_no_work(meeting, monkeypatch, caplog):
    def refuses(_self):
        raise OperationalError("deadlock")

    with lease(meeting, seconds=60):
        monkeypatch.setattr(leases.Lease, "renew", refuses)
        keep()
    assert "lease not renewed" in caplog.text


def test_a_call_to_zoom_renews_the_lease_it_is_made_under(connected, session, zoom):
    from zoom_xblock.services import connections

    with lease(session, seconds=60) as mine:
        early = timezone.now() + timedelta(seconds=10)
        Meeting.objects.filter(pk=session.pk).update(leased_until=early)
        mine._until = early
        connections.client(patient=True).read_meeting("meeting", session.zoom_id)
        assert Meeting.objects.get(pk=session.pk).leased_until > early + timedelta(seconds=40)


@pytest.mark.parametrize(("left", "least", "most"), [(None, 1, 3), (-50, 1, 3), (45, 45, 49), (99_999, 600, 604)])
def test_a_job_comes_back_when_the_lease_it_met_is_over(meeting, jobs, left, least, most):
    Meeting.objects.update(leased_until=None if left is None else timezone.now() + timedelta(seconds=left))
    again_when_free("decide_meeting", meeting)
    [(job, args, wait)] = jobs.queue
    assert (job, args) == ("decide_meeting", [meeting.pk])
    assert least <= wait <= most


@pytest.mark.django_db(transaction=True)
def test_the_settlement_that_met_a_dead_workers_lease_happens(session, jobs):
    Meeting.objects.update(leased_until=timezone.now() + timedelta(seconds=60))
    settlement.decide_meeting(session.pk)
    assert Meeting.objects.get().decided_at is None
    Meeting.objects.update(leased_until=timezone.now())
    jobs.run(within_seconds=120)
    assert Meeting.objects.get().decided_at is not None


def test_what_is_no_longer_as_it_was_read_is_not_taken(meeting):
    assert not leases.Lease(meeting, 60).take(Q(topic="read before"))
    assert until() is None
    assert leases.Lease(meeting, 60).take(Q(topic=""), topic="taken")
    assert Meeting.objects.get().topic == "taken"
