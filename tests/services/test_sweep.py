"""What was lost is found, once for each sweep; and one kind that fails keeps no other waiting."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from zoom_xblock import tasks
from zoom_xblock.models import Connection, Delivery, Meeting, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import backlog, doctor, inbox, meetings, paying, sweep, tokens

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def unasked(monkeypatch, settings):
    """No process has asked yet whether a sweep is due."""
    settings.ZOOM_XBLOCK_OPPORTUNE_SWEEP_SECONDS = 180
    monkeypatch.setattr(sweep, "_asked", (0, 0.0))


def waiting(count=1, *, since=timedelta(minutes=5), body="{}", **facts):
    """So many deliveries that were stored and whose job was lost."""
    at = timezone.now() - since
    for number in range(count):
        Delivery.objects.create(
            digest=digest("test", number, at),
            endpoint="end",
            event="meeting.started",
            body=body,
            received_at=at,
            **{"next_try_at": at + timedelta(seconds=60), **facts},
        )
    return list(Delivery.objects.order_by("pk").values_list("pk", flat=True))


# -- claims ----------------------------------------------------------------------------------------------------------
def test_what_one_sweep_handed_out_the_next_does_not_hand_out_again(jobs):
    ids = waiting(3)
    assert sweep.sweep()["process_delivery"] == 3
    assert sweep.sweep()["process_delivery"] == 0
    assert sorted(args[0] for job, args, _wait in jobs.queue if job == "process_delivery") == ids


def test_what_nothing_came_of_is_handed_out_again_after_a_while(jobs):
    waiting(1)
    sweep.sweep()
    Delivery.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))  # the broker lost it; a minute later
    assert sweep.sweep()["process_delivery"] == 1


def test_a_row_that_somebody_works_on_is_left_to_her(jobs):
    waiting(1, leased_until=timezone.now() + timedelta(seconds=30))
    assert sweep.sweep()["process_delivery"] == 0
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))  # she died
    assert sweep.sweep()["process_delivery"] == 1


def test_a_claim_takes_the_oldest_first_and_no_more_than_it_may(jobs):
    old = waiting(2, since=timedelta(hours=3))
    waiting(3, since=timedelta(hours=1))
    assert sweep.claim(Delivery.objects.filter(state=Delivery.State.NEW), most=2) == old


# -- poison ----------------------------------------------------------------------------------------------------------
def test_a_kind_that_cannot_be_looked_for_keeps_no_other_waiting(jobs, monkeypatch, caplog):
    def breaks(*_args):
        raise OperationalError("deadlock")

    monkeypatch.setattr(paying, "owing_placements", breaks)
    waiting(1)
    counts = sweep.sweep()
    assert (counts["process_delivery"], counts["failed"]) == (1, 1)
    assert "job=pay_owed" in caplog.text


def test_a_delivery_that_cannot_be_read_holds_up_no_other(connected, jobs):
    waiting(1, body="{")
    poisoned = Delivery.objects.get().pk
    good = waiting(2, since=timedelta(minutes=4), body='{"event": "meeting.started", "payload": {}}')[1:]
    sweep.sweep()
    jobs.run()
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states.pop(poisoned) == Delivery.State.FAILED
    assert states == dict.fromkeys(good, Delivery.State.IGNORED)


def test_a_delivery_over_which_every_worker_dies_is_given_up_and_can_be_started_again(connected, jobs, monkeypatch):
    class Killed(BaseException):
        """As SIGKILL: nothing of ours runs afterwards."""

    def dies(_delivery):
        raise Killed

    [delivery_id] = waiting(1, body='{"event": "meeting.started", "payload": {}}')
    monkeypatch.setattr(inbox, "_apply", dies)
    for _worker in range(inbox.GIVE_UP_AFTER_ATTEMPTS):
        with pytest.raises(Killed):
            inbox.process_delivery(delivery_id)
        Delivery.objects.update(leased_until=None)
    inbox.process_delivery(delivery_id)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error, delivery.leased_until) == (Delivery.State.FAILED, "WorkerLost", None)
    assert "deliveries_failed" in [finding.slug for finding in doctor.diagnose()]
    monkeypatch.undo()
    jobs.queue.clear()
    inbox.process_again(delivery_id)
    jobs.run()
    assert Delivery.objects.get().state == Delivery.State.IGNORED


# -- a dead worker's lease -------------------------------------------------------------------------------------------
def test_a_job_that_meets_a_dead_workers_lease_comes_back_when_it_ends(connected, jobs):
    body = '{"event": "meeting.started", "payload": {}}'
    [delivery_id] = waiting(1, body=body, leased_until=timezone.now() + timedelta(seconds=15))
    inbox.process_delivery(delivery_id)
    [(job, args, wait)] = jobs.queue
    assert (job, args) == ("process_delivery", [delivery_id])
    assert 15 < wait < 20
    assert Delivery.objects.get().attempts == 0
    Delivery.objects.update(leased_until=timezone.now())
    jobs.run(within_seconds=30)
    assert Delivery.objects.get().state == Delivery.State.IGNORED


# -- a database that refuses -----------------------------------------------------------------------------------------
def test_a_job_that_meets_a_deadlock_comes_back_by_itself(connected, jobs, monkeypatch):
    [delivery_id] = waiting(1, body='{"event": "meeting.started", "payload": {}}')
    failures = [OperationalError(1213, "Deadlock found"), OperationalError(2006, "MySQL server has gone away")]
    real = inbox.process_delivery

    def sometimes(given):
        if failures:
            raise failures.pop()
        real(given)

    monkeypatch.setattr(inbox, "process_delivery", sometimes)
    tasks.process_delivery.apply(args=[delivery_id])
    assert Delivery.objects.get().state == Delivery.State.IGNORED
    assert tasks.process_delivery.max_retries == 5


def test_a_mistake_of_ours_is_not_tried_again_by_the_broker(connected, monkeypatch):
    calls = []

    def wrong(_id):
        calls.append(True)
        raise KeyError

    monkeypatch.setattr(inbox, "process_delivery", wrong)
    with pytest.raises(KeyError):
        tasks.process_delivery.apply(args=[1], throw=True)
    assert len(calls) == 1


def test_a_delivery_that_meets_a_deadlock_is_stored_all_the_same(connected, zoom, client, jobs, monkeypatch):
    failures, real = [OperationalError(1213, "Deadlock found")], inbox.insert_one

    def sometimes(delivery):
        if failures:
            raise failures.pop()
        real(delivery)

    monkeypatch.setattr(inbox, "insert_one", sometimes)
    assert zoom_started(zoom, client).status_code == 204
    assert failures == []
    assert Delivery.objects.count() == 1
    assert [job for job, _args, _wait in jobs.queue] == ["process_waiting", "sweep"]


# -- one at a time, and by itself ------------------------------------------------------------------------------------
def test_of_two_sweeps_at_once_one_has_the_turn(connected):
    assert sweep.take_turn() is True
    assert sweep.take_turn() is False
    Connection.objects.update(swept_at=timezone.now() - timedelta(seconds=sweep.TURN_SECONDS + 1))
    assert sweep.take_turn() is True


def test_the_command_sweeps_once_a_minute_however_often_it_is_run(connected, jobs):
    waiting(1)
    out = StringIO()
    call_command("zoom_sweep", stdout=out)
    assert "1 process_delivery" in out.getvalue()
    waiting(1, since=timedelta(minutes=9))
    again = StringIO()
    call_command("zoom_sweep", stdout=again)
    assert again.getvalue() == ""
    call_command("zoom_sweep", now=True, stdout=again)
    assert "1 process_delivery" in again.getvalue()


def test_the_command_that_stays_goes_on_after_a_failure_and_ends_when_told(connected, monkeypatch, caplog):
    swept = []

    def sweeps():
        swept.append(True)
        if len(swept) == 1:
            raise OperationalError("gone away")
        if len(swept) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return Counter()

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(sweep, "sweep", sweeps)
    call_command("zoom_sweep", every=1, now=True)
    assert len(swept) == 3
    assert "sweep failed" in caplog.text
    assert signal.getsignal(signal.SIGTERM) is before
    with pytest.raises(CommandError):
        call_command("zoom_sweep", every=0.1)


def test_a_site_without_cron_is_swept_by_its_traffic_and_by_one_process_only(connected, jobs, monkeypatch):
    sweep.nudge()
    monkeypatch.setattr(sweep, "_asked", (0, 0.0))  # another process
    sweep.nudge()
    assert [job for job, _args, _wait in jobs.queue] == ["sweep"]
    waiting(1)
    jobs.run()
    assert Delivery.objects.get().state != Delivery.State.NEW


def test_where_cron_sweeps_traffic_does_not(connected, jobs):
    call_command("zoom_sweep")
    jobs.queue.clear()
    sweep.nudge()
    assert jobs.queue == []


def test_asking_costs_one_statement_and_the_next_time_nothing(connected, jobs, django_assert_num_queries):
    with django_assert_num_queries(1):
        sweep.nudge()
    with django_assert_num_queries(0):
        for _request in range(1000):
            sweep.nudge()


def test_a_site_that_knows_nothing_of_zoom_or_wants_none_is_not_swept_by_itself(jobs, settings, connected, monkeypatch):
    settings.ZOOM_XBLOCK_OPPORTUNE_SWEEP_SECONDS = 0
    sweep.nudge()
    Connection.objects.all().delete()
    settings.ZOOM_XBLOCK_OPPORTUNE_SWEEP_SECONDS = 60
    sweep.nudge()
    assert jobs.queue == []


def test_a_database_that_is_away_does_not_spoil_the_answer(connected, monkeypatch, caplog):
    def away(_seconds):
        raise OperationalError("gone away")

    monkeypatch.setattr(sweep, "take_turn", away)
    sweep.nudge()
    assert "could not ask" in caplog.text


def test_a_delivery_that_was_answered_and_a_job_that_is_done_ask(connected, jobs, zoom, client, monkeypatch):
    asked = []
    monkeypatch.setattr(sweep, "nudge", lambda: asked.append(True))
    response = zoom_started(zoom, client)
    assert (response.status_code, len(asked)) == (204, 1)
    tasks.process_delivery.apply(args=[Delivery.objects.get().pk])
    assert len(asked) == 2


def zoom_started(zoom, client):
    """A delivery, signed."""
    from tests.conftest import compact, post_delivery

    raw = compact({"event": "meeting.started", "event_ts": 1, "payload": {"account_id": "x", "object": {"id": "1"}}})
    return post_delivery(client, "/zoom/end", raw, zoom.signed(raw))


# -- meetings and grants ---------------------------------------------------------------------------------------------
def test_a_meeting_that_was_not_read_for_a_day_is_read_again(session, jobs):
    assert sweep.sweep()["refresh_meeting"] == 0
    Meeting.objects.update(read_at=timezone.now() - timedelta(days=1, minutes=1))
    jobs.queue.clear()
    assert sweep.sweep()["refresh_meeting"] == 1
    jobs.run()
    assert meetings.to_refresh() == []


def test_a_grant_that_nobody_uses_is_kept_alive(connected, jobs):
    assert sweep.sweep()["keep_grant"] == 0
    before = tokens.the_connection().access_token
    Connection.objects.update(refreshed_at=timezone.now() - timedelta(days=15))
    jobs.queue.clear()
    assert sweep.sweep()["keep_grant"] == 1
    tasks.keep_grant()
    assert tokens.the_connection().access_token != before
    assert sweep.sweep()["keep_grant"] == 0


def test_a_grant_whose_refresh_just_failed_is_not_asked_for_by_every_sweep(connected, jobs):
    Connection.objects.update(
        refreshed_at=timezone.now() - timedelta(days=15), refresh_failed_at=timezone.now() - timedelta(minutes=5)
    )
    assert sweep.sweep()["keep_grant"] == 0


# -- telling ---------------------------------------------------------------------------------------------------------
def test_the_doctor_tells_machines_how_the_work_goes(connected, jobs):
    waiting(2, since=timedelta(minutes=20))
    waiting(1, since=timedelta(hours=1), state=Delivery.State.FAILED)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("zoom_doctor", "--json", stdout=out)
    work = json.loads(out.getvalue())["work"]
    assert 1199 < work["lag_seconds"] < 1260
    assert (work["backlog"]["deliveries"], work["failed"]["deliveries"]) == (2, 1)
    assert work["budget"]["is_shared"] is False
    assert work["budget"]["left"]["heavy"]["second"] > 0
    assert work["swept_seconds_ago"] is None


def test_a_pulse_of_a_site_where_nothing_waits_is_quiet(connected, jobs, django_assert_max_num_queries):
    sweep.take_turn()
    with django_assert_max_num_queries(12):
        found = backlog.report()
    assert found["lag_seconds"] == 0
    assert set(found["backlog"].values()) == {0}
    assert found["swept_seconds_ago"] < 5


def test_sweeps_that_stopped_and_workers_that_take_nothing_are_found(connected, jobs):
    def slugs():
        return [finding.slug for finding in doctor.diagnose()]

    assert "sweep_stopped" not in slugs()
    Connection.objects.update(swept_at=timezone.now() - timedelta(minutes=16))
    assert "sweep_stopped" in slugs()
    waiting(1, since=timedelta(minutes=20), next_try_at=timezone.now() + timedelta(seconds=30))  # swept all the same
    assert "sweep_late" in slugs()
    Delivery.objects.update(attempts=3)  # tried, and Zoom was not to be had
    assert "sweep_late" not in slugs()


def test_running_sittings_are_asked_after_the_longest_first_and_not_by_every_sweep(session, jobs):
    now = timezone.now()
    for number in range(3):
        Sitting.objects.create(
            meeting=session, uuid=f"u{number}", uuid_digest=digest(number), started_at=now - timedelta(hours=5 - number)
        )
    assert sweep.sweep()["ask_whether_over"] == 3
    assert sweep.sweep()["ask_whether_over"] == 0
    Sitting.objects.update(next_try_at=now - timedelta(seconds=1))
    assert sweep.sweep()["ask_whether_over"] == 3
