"""Deliveries reach the workers: one job for those of a moment, none lost, none worked on twice."""

from __future__ import annotations

from datetime import timedelta
from importlib.machinery import SourceFileLoader

import pytest
from django.db import OperationalError
from django.utils import timezone

from zoom_xblock.models import Delivery
from zoom_xblock.services import handover, inbox, sweep

pytestmark = pytest.mark.django_db


def arrive(count: int, **more) -> None:
    """Deliveries as the request stores them."""
    now = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(
            digest=f"{number}-{now.timestamp()}",
            endpoint="end",
            event="meeting.participant_joined",
            body="{}",
            received_at=now,
            **{"next_try_at": now + timedelta(seconds=inbox.SWEEP_AFTER_SECONDS), **more},
        )
        for number in range(count)
    )


@pytest.fixture
def as_shipped() -> dict:
    """The module's values as they are without the tests' own."""
    return vars(SourceFileLoader("handover_as_shipped", handover.__file__).load_module())


@pytest.fixture
def worked(monkeypatch):
    """The ids that were worked on, in their order."""
    done = []

    def work(delivery_id: int) -> None:
        done.append(delivery_id)
        Delivery.objects.filter(pk=delivery_id).update(state=Delivery.State.DONE)

    monkeypatch.setattr(inbox, "process_delivery", work)
    return done


def test_one_job_speaks_for_the_deliveries_of_a_moment(site, jobs, monkeypatch):
    monkeypatch.setattr(handover, "GATHER_SECONDS", 60.0)
    monkeypatch.setattr(handover, "_spoken_for_until", float("-inf"))
    for _delivery in range(50):
        handover.hand_over()
    assert [(job, wait) for job, _args, wait in jobs.queue] == [("process_waiting", handover.BEGIN_SECONDS)]


def test_the_job_begins_after_the_last_that_it_speaks_for(as_shipped):
    assert as_shipped["BEGIN_SECONDS"] >= 2 * as_shipped["GATHER_SECONDS"] > 0


def test_what_waits_is_shared_out_in_the_order_of_arrival(site, jobs, worked):
    arrive(handover.MOST + 30)
    everyone = list(Delivery.objects.order_by("pk").values_list("pk", flat=True))
    handover.process_waiting()
    assert worked == everyone[: handover.MOST]
    assert [job for job, _args, _wait in jobs.queue] == ["process_waiting"]
    handover.process_waiting()
    handover.process_waiting()
    assert worked == everyone


def test_what_a_killed_worker_had_taken_is_the_sweeps(site, jobs, monkeypatch):
    arrive(3)
    monkeypatch.setattr(inbox, "process_delivery", lambda delivery_id: None)  # killed before it did anything
    handover.process_waiting()
    assert handover._take() == []
    assert sweep.sweep()["process_delivery"] == 0
    Delivery.objects.update(next_try_at=timezone.now())
    assert sweep.sweep()["process_delivery"] == 3


@pytest.mark.parametrize(
    "more",
    [
        {"attempts": 1},
        {"state": Delivery.State.DONE},
        {"state": Delivery.State.FAILED},
        {"next_try_at": None},
        {"leased_until": timezone.now() + timedelta(hours=1)},
    ],
)
def test_what_is_in_other_hands_is_left_there(site, jobs, worked, more):
    arrive(1, **more)
    handover.process_waiting()
    assert worked == []


def test_what_failed_once_comes_back_by_its_own_job_only(site, jobs):
    arrive(1)  # its body is no event of Zoom's
    handover.process_waiting()
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.state) in [(1, Delivery.State.NEW), (1, Delivery.State.FAILED)]
    handover.process_waiting()
    assert Delivery.objects.get().attempts == 1


def test_one_that_meets_a_locked_row_strands_nobody(site, jobs, worked, monkeypatch):
    """All of them are taken already: no other job would come for the rest, and the sweep only in a minute."""
    arrive(3)
    first, *others = Delivery.objects.order_by("pk").values_list("pk", flat=True)
    work = inbox.process_delivery

    def sometimes(delivery_id: int) -> None:
        if delivery_id == first:
            raise OperationalError("database is locked")
        work(delivery_id)

    monkeypatch.setattr(inbox, "process_delivery", sometimes)
    handover.process_waiting()
    assert worked == others
    assert [(job, args) for job, args, _wait in jobs.queue] == [("process_delivery", [first])]
