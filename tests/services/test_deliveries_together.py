"""Deliveries that had to wait are done many at once; one that cannot be done takes no other with it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.services.playing import attended, complete, played
from zoom_xblock.models import Delivery, Segment, Sitting
from zoom_xblock.services import inbox, sittings, sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(registered, session, zoom, client, began, jobs):
    """Deliveries of a session with three learners, of which no job has done any; they came five seconds ago."""
    played(zoom, session, began, [attended(who, 0, 50 - 10 * n) for n, who in enumerate(registered)], client)
    jobs.queue.clear()
    Delivery.objects.update(received_at=timezone.now() - timedelta(seconds=5))
    return Delivery.objects.filter(event__contains=".participant_").order_by("pk")


def statements(captured):
    """What went to the database, without the borders of transactions."""
    borders = ("BEGIN", "SAVEPOINT", "RELEASE SAVEPOINT", "COMMIT")
    return [one["sql"] for one in captured if not one["sql"].startswith(borders)]


def test_one_job_does_what_waits_behind_it_and_the_other_jobs_find_nothing_to_do(waiting, jobs):
    count = waiting.count()
    assert count > 6
    inbox.process_delivery(waiting[0].pk)
    assert set(waiting.values_list("state", "attempts", "leased_until")) == {("done", 1, None)}
    before = list(Segment.objects.order_by("pk").values())
    for delivery in waiting:
        inbox.process_delivery(delivery.pk)
    assert list(Segment.objects.order_by("pk").values()) == before
    assert all(one["joined_at"] and one["left_at"] for one in before)


def test_together_or_alone_the_same_stands(waiting, session, usage_key, jobs):
    def facts():
        names = ("fact_digest", "room", "connection", "registrant_id", "name", "email", "joined_at", "left_at")
        return sorted(Segment.objects.values_list(*names)), list(Sitting.objects.values("started_at"))

    inbox.process_delivery(waiting[0].pk)
    together = facts()
    Sitting.objects.all().delete()
    Delivery.objects.update(state="new", attempts=0, received_at=timezone.now())
    for delivery in waiting.reverse():
        inbox.process_delivery(delivery.pk)
    assert facts() == together


def test_many_cost_hardly_more_than_one(waiting):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        inbox.process_delivery(waiting[0].pk)
    assert waiting.filter(state="new").count() == 0
    assert len(statements(captured)) / waiting.count() <= 6


def test_a_departure_costs_six_statements(registered, waiting):
    Delivery.objects.update(received_at=timezone.now())
    left = waiting.filter(event__contains="_left")[0]
    for delivery in waiting.filter(event__contains="_joined"):
        inbox.process_delivery(delivery.pk)
    with CaptureQueriesContext(connection) as captured:
        inbox.process_delivery(left.pk)
    left.refresh_from_db()
    assert left.state == "done"
    assert len(statements(captured)) <= 6, "\n".join(statements(captured))


def test_of_many_one_that_is_broken_is_put_off_and_the_others_are_done(waiting, jobs):
    broken = waiting[2]
    Delivery.objects.filter(pk=broken.pk).update(body="{")
    inbox.process_delivery(waiting[0].pk)
    jobs.run()
    states = dict(waiting.values_list("pk", "state"))
    assert states.pop(broken.pk) == "failed"
    assert set(states.values()) == {"done"}


def test_one_that_kills_its_worker_takes_the_others_with_it_once(waiting, monkeypatch, jobs):
    class Killed(BaseException):
        """As a SIGKILL: nothing of ours runs after it."""

    poison, whole = waiting[1], sittings.record_together

    def dies(meeting, events):
        raise Killed

    monkeypatch.setattr(sittings, "record_together", dies)
    with pytest.raises(Killed):
        inbox.process_delivery(waiting[0].pk)
    assert set(waiting.values_list("state", "attempts")) == {("new", 1)}
    monkeypatch.setattr(sittings, "record_together", whole)
    # Nobody is taken along a second time: each goes alone now, the poisoned one, too.
    Delivery.objects.filter(pk=waiting[0].pk).update(leased_until=None)
    inbox.process_delivery(waiting[0].pk)
    assert waiting.filter(state="done").count() == 1
    assert poison.pk in waiting.filter(state="new").values_list("pk", flat=True)
    Delivery.objects.filter(state="new").update(next_try_at=timezone.now())
    sweep.sweep()
    jobs.run()
    assert waiting.filter(state="new").count() == 0


def test_those_of_another_account_are_left_alone(waiting):
    stranger = waiting[1]
    body = json.loads(str(stranger.body))
    body["payload"]["account_id"] = "somebody-else"
    stranger.body = json.dumps(body)
    stranger.save()
    inbox.process_delivery(waiting[0].pk)
    stranger.refresh_from_db()
    assert stranger.state == "ignored"
    assert set(waiting.exclude(pk=stranger.pk).values_list("state", flat=True)) == {"done"}


def test_the_session_is_settled_from_them(waiting, usage_key, jobs):
    inbox.process_delivery(waiting[0].pk)
    Delivery.objects.filter(state="new").update(next_try_at=timezone.now())
    sweep.sweep()
    jobs.run(within_seconds=60)
    assert complete(usage_key)
