"""No record, Zoom down, a block that is gone, a poisoned delivery, a killed worker: none of them loses a minute."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.services.playing import attended, complete, played
from zoom_xblock.models import Delivery, Registration, Result, Sitting
from zoom_xblock.services import connections, record, registrations, settlement, sweep

pytestmark = pytest.mark.django_db(transaction=True)


def test_somebody_alone_keeps_the_live_record(registered, session, usage_key, zoom, jobs, client, began):
    """Zoom gives no record of a sitting with one person in it."""
    zoom.play(session.zoom_id, start_at=began, minutes=60, people=[attended(registered[0], 0, 50)], host=False)
    zoom.deliver(client)
    jobs.run(within_seconds=3000)
    assert Sitting.objects.get().record == Sitting.Record.LIVE_FINAL
    assert complete(usage_key) == ["learner1"]


def test_without_any_record_the_live_one_is_final_after_the_last_stated_time(
    registered, session, usage_key, zoom, jobs, client, began, settings
):
    settings.ZOOM_XBLOCK_REPORT_DELAYS_SECONDS = [1, 2]
    zoom.fault("GET", "/v2/report/*", status=400, body={"code": 200, "message": "No permission."}, times=100)
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 30)], client)
    jobs.run(within_seconds=60)
    assert Sitting.objects.get().record == Sitting.Record.LIVE_FINAL
    assert complete(usage_key) == ["learner1"]


def test_zoom_being_down_uses_up_no_try(registered, session, usage_key, zoom, jobs, client, began, settings):
    settings.ZOOM_XBLOCK_REPORT_DELAYS_SECONDS = [1, 2]
    zoom.fault("GET", "/v2/*", status=503, times=None)
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 30)], client)
    jobs.run()
    for _attempt in range(2):
        [(name, args, _wait)] = {(name, tuple(args), 0) for name, args, _wait in jobs.queue}
        jobs.queue.clear()
        assert name == "settle_sitting"
        settlement.settle_sitting(*args)
    jobs.queue.clear()
    waiting = Sitting.objects.get()
    assert waiting.record == Sitting.Record.AWAITED
    assert waiting.next_try_at > timezone.now()
    assert complete(usage_key) == []
    zoom.control("faults", "DELETE")
    Sitting.objects.update(next_try_at=timezone.now())
    sweep.sweep()
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1"]


def test_a_block_deleted_since_is_settled_by_the_last_rule_read(
    registered, session, usage_key, zoom, jobs, client, began, block_row
):
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 30)], client)
    jobs.run(within_seconds=60)
    block_row.published = None
    block_row.save()
    Result.objects.all().delete()
    settlement.decide_meeting(session.pk)
    assert Result.objects.get(user__username="learner1").is_complete


def test_a_meeting_with_one_poisoned_delivery_goes_on(registered, session, usage_key, zoom, jobs, client, began):
    zoom.play(
        session.zoom_id,
        start_at=began,
        minutes=60,
        people=[attended(registered[0], 0, 50), attended(registered[1], 0, 30)],
    )
    zoom.deliver(client)
    poisoned = Delivery.objects.order_by("pk").first()
    Delivery.objects.filter(pk=poisoned.pk).update(body="{not json")
    jobs.run(within_seconds=60)
    poisoned.refresh_from_db()
    assert poisoned.state == Delivery.State.FAILED
    assert complete(usage_key) == ["learner1"]


def test_a_worker_killed_between_record_and_decision_is_made_good_by_the_sweep(
    registered, session, usage_key, zoom, jobs, client, began
):
    """The record is stored, the job that asked for it is dead: nothing else would count anybody."""
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 9)], client)
    jobs.run()
    jobs.queue.clear()
    sitting = Sitting.objects.get()
    rows = list(record.pages(connections.client(patient=True), sitting))
    record.keep(sitting, rows)
    assert complete(usage_key) == []
    assert sweep.sweep()["decide_meeting"] == 1
    jobs.run()
    assert complete(usage_key) == ["learner1"]
    assert sweep.sweep()["decide_meeting"] == 0


@pytest.mark.parametrize("loses_its_job", [False, True])
def test_who_is_registered_after_the_settlement_is_counted_then(
    registered, session, usage_key, zoom, jobs, client, began, site, loses_its_job
):
    """Zoom had registered her, its answer was lost, she came by Zoom's own mail; we learn of her place last."""
    late = Registration.objects.get(user=site.learner1)
    Registration.objects.filter(pk=late.pk).update(registrant_id="", join_url="", state="pending")
    played(zoom, session, began, [attended(registered[0], 0, 50), attended(registered[1], 0, 55)], client)
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner2"]
    registrations.register(late.pk)
    if loses_its_job:
        jobs.queue.clear()
        sweep.sweep()
    jobs.run(within_seconds=60)
    assert complete(usage_key) == ["learner1", "learner2"]
    assert sweep.sweep()["decide_meeting"] == 0
