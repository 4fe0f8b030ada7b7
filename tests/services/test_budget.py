"""The budget of calls: kept in every second, shared in Redis, never in the way where Redis is not."""

from __future__ import annotations

import os
import socket
import threading
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoom_xblock import client as zoom
from zoom_xblock import tasks
from zoom_xblock.services import budget, connections, registrations, transport
from zoom_xblock.services.budget import InProcess

RateLimited = zoom.errors.RateLimited
REDIS = "redis://127.0.0.1:6379/9"


def listens(port):
    """Whether a server is there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(autouse=True)
def fresh(settings, db):
    """Nothing is counted yet, and nothing is remembered afterwards."""
    settings.ZOOM_XBLOCK_REDIS_URL = ""
    settings.ZOOM_XBLOCK_ZOOM_PLAN, settings.ZOOM_XBLOCK_BUDGET_SHARE = "pro", 1.0
    settings.ZOOM_XBLOCK_BUDGET_PROCESSES = 1
    budget.forget()
    yield
    budget.forget()


@pytest.fixture
def shared(settings):
    """Redis, with an account of the test's own in it."""
    if not listens(6379):
        pytest.skip("NOT TESTED WITH REDIS: no server listens on 127.0.0.1:6379")
    import redis

    settings.ZOOM_XBLOCK_REDIS_URL = REDIS
    budget.forget()
    budget._known_account = (time.monotonic() + 3600, f"test-{os.getpid()}-{time.monotonic_ns()}")
    link = redis.Redis.from_url(REDIS)
    yield link
    for key in link.scan_iter(f"zoom_xblock:budget:{budget._known_account[1]}:*"):
        link.delete(key)


@pytest.fixture
def impatient(monkeypatch):
    """Nobody sleeps; whoever would have to is told so."""
    monkeypatch.setattr(budget, "PATIENCE_SECONDS", {"person": 0.0, "job": 0.0})


def taken(label, who, most=200):
    """How many calls the budget lets through at this moment."""
    for number in range(most):
        try:
            budget.spend(label, who)
        except RateLimited:
            return number
    return most


# -- arithmetic ------------------------------------------------------------------------------------------------------
@given(
    gaps=st.lists(st.floats(0, 0.7), min_size=1, max_size=120),
    most=st.integers(1, 12),
    jobs=st.lists(st.booleans(), min_size=120, max_size=120),
)
def test_in_no_second_are_there_more_calls_than_the_limit(gaps, most, jobs):
    now, let = 0.0, []
    store = InProcess(clock=lambda: now)
    for gap, is_job in zip(gaps, jobs, strict=False):
        now += gap
        wait = store.take("a", most, None, is_job=is_job)
        assert 0 <= wait <= 1 + 1e-9  # as exact as sums of floats are
        if wait == 0:
            let.append(now)
        else:
            before, now = now, now + wait + 1e-9
            assert store.take("a", most, None, is_job=is_job) == 0, "whoever waited as long as told is let through"
            let.append(now)
            assert now > before
    for at in let:
        assert sum(at - 1 < other <= at for other in let) <= most


def test_the_day_ends_at_midnight_utc():
    assert budget.seconds_of_the_day_left(datetime(2026, 12, 31, 23, 59, 0, tzinfo=UTC)) == 61
    assert 86_400 <= budget.seconds_of_the_day_left(datetime(2026, 12, 31, 0, 0, 0, tzinfo=UTC)) <= 86_401


@pytest.mark.parametrize(
    ("plan", "label", "most"), [("free", "heavy", 1), ("pro", "medium", 20), ("business", "light", 80)]
)
def test_the_plan_decides(settings, impatient, plan, label, most):
    settings.ZOOM_XBLOCK_ZOOM_PLAN = plan
    assert taken(label, "person") == most


def test_a_share_is_left_to_the_accounts_other_apps(settings, impatient):
    settings.ZOOM_XBLOCK_BUDGET_SHARE = 0.5
    assert taken("light", "person") == 15
    settings.ZOOM_XBLOCK_BUDGET_SHARE = 0.0  # nonsense is the least there is, never nothing
    budget.forget()
    assert taken("light", "person") == 1


def test_calls_for_tokens_have_no_limit_and_ask_nobody(impatient, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert taken("token", "person", most=500) == 500


# -- who is first ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("where", ["in this process", "in Redis"])
def test_reports_leave_room_for_a_persons_registration(request, impatient, where):
    if where == "in Redis":
        request.getfixturevalue("shared")
    assert taken("light", "job") == 21  # of 30
    assert taken("light", "person") == 9
    assert taken("light", "job") == 0


def test_a_job_that_registers_a_person_is_as_she_herself(impatient):
    taken("light", "job")
    with budget.for_a_person():
        budget.spend("light", "job")
    with pytest.raises(RateLimited):
        budget.spend("light", "job")


def test_the_task_of_a_registration_is_made_for_a_person(monkeypatch):
    seen = []
    monkeypatch.setattr(registrations, "register", lambda _pk: seen.append(budget._WHO.get()))
    tasks.register(1)
    assert seen == ["person"]
    assert budget._WHO.get() is None


def test_who_waits_a_moment_is_let_through_and_never_waits_long(monkeypatch):
    taken_at_once = 10
    for _call in range(taken_at_once):
        budget.spend("heavy", "person")
    started = time.monotonic()
    budget.spend("heavy", "person")
    assert 0.5 < time.monotonic() - started < 2
    monkeypatch.setattr(budget, "PATIENCE_SECONDS", {"person": 0.1, "job": 0.1})
    taken("heavy", "person")
    started = time.monotonic()
    with pytest.raises(RateLimited) as caught:
        budget.spend("heavy", "person")
    assert time.monotonic() - started < 0.5
    assert caught.value.retry_after_seconds >= 1
    assert caught.value.daily is False


def test_after_zooms_own_refusal_jobs_step_back_and_people_do_not(impatient):
    budget.refused("light")
    with pytest.raises(RateLimited):
        budget.spend("light", "job")
    budget.spend("light", "person")
    budget.spend("medium", "job")


# -- the day ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("where", ["in this process", "in Redis"])
def test_a_day_that_is_spent_is_said_until_midnight(request, settings, impatient, monkeypatch, where):
    if where == "in Redis":
        request.getfixturevalue("shared")
    monkeypatch.setitem(budget.LIMITS, "pro", {"light": (1000, 10), "medium": (20, None), "heavy": (10, 30_000)})
    assert taken("light", "job") == 7
    assert taken("light", "person") == 3
    with pytest.raises(RateLimited) as caught:
        budget.spend("light", "person")
    assert caught.value.daily
    assert caught.value.retry_after_seconds == pytest.approx(budget.seconds_of_the_day_left(), abs=5)
    assert budget.left()["light"]["day"] == 0


@pytest.mark.parametrize("where", ["in this process", "in Redis"])
def test_the_few_of_a_day_are_counted_by_subject(request, where):
    if where == "in Redis":
        request.getfixturevalue("shared")
    for _time in range(3):
        budget.once_more_today("registrations", "learner", 3)
    with pytest.raises(RateLimited) as caught:
        budget.once_more_today("registrations", "learner", 3)
    assert caught.value.daily
    budget.once_more_today("registrations", "another", 3)
    budget.not_used("registrations", "learner", 3)
    budget.once_more_today("registrations", "learner", 3)
    budget.no_more_today("writes", "host", 100)
    with pytest.raises(RateLimited):
        budget.once_more_today("writes", "host", 100)


# -- shared, and not -------------------------------------------------------------------------------------------------
def test_many_threads_share_one_budget_in_redis(shared, impatient):
    counts = []
    threads = [threading.Thread(target=lambda: counts.append(taken("medium", "person"))) for _ in range(8)]
    account = budget._known_account
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget._known_account == account
    assert sum(counts) == 20
    assert budget.left()["medium"]["second"] in range(21)


def test_redis_holds_neither_addresses_nor_names(shared, connected, session, site, usage_key, jobs, settings):
    settings.ZOOM_XBLOCK_REDIS_URL = REDIS
    budget.forget()
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    account = budget._account()
    keys = [key.decode() for key in shared.scan_iter(f"zoom_xblock:budget:{account}:*")]
    assert any(":registrations:" in key for key in keys)
    assert not [key for key in keys if "learner1" in key or "@example" in key]
    assert all(0 < shared.ttl(key) <= 172_800 for key in keys)
    for key in keys:
        shared.delete(key)


def test_without_redis_each_process_keeps_to_its_part(settings, impatient, caplog):
    settings.ZOOM_XBLOCK_REDIS_URL, settings.ZOOM_XBLOCK_BUDGET_PROCESSES = "redis://127.0.0.1:1/0", 3
    budget.forget()
    started = time.monotonic()
    assert taken("light", "person") == 10
    assert time.monotonic() - started < 2, "Redis is asked once and then left alone for a while"
    assert caplog.text.count("Redis is away") == 1
    assert budget.is_shared() is False


def test_a_redis_that_hangs_holds_up_one_call_for_a_moment(settings, impatient):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings.ZOOM_XBLOCK_REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        budget.forget()
        started = time.monotonic()
        assert taken("light", "person", most=20) == 20
        assert time.monotonic() - started < 2


def test_redis_that_is_back_is_asked_again(shared, impatient, monkeypatch):
    monkeypatch.setattr(budget, "_away_until", time.monotonic() + 30)
    assert budget.is_shared() is False
    monkeypatch.setattr(budget, "_away_until", 0.0)
    assert budget.is_shared() is True


def test_the_brokers_redis_is_the_default_and_another_broker_is_none(settings):
    from zoom_xblock import conf

    del settings.ZOOM_XBLOCK_REDIS_URL
    settings.CELERY_BROKER_URL = "redis://:secret@redis:6379/1"
    assert conf.redis_url() == "redis://:secret@redis:6379/1"
    settings.CELERY_BROKER_URL = "amqp://rabbit//"
    assert conf.redis_url() == ""


# -- on the wire -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_fourth_registration_of_the_day_is_not_asked_for(connected, session, zoom):
    client = connections.client(patient=True)
    for number in range(3):
        client.add_registrant("meeting", session.zoom_id, email="Ana@example.edu", first_name=f"Ana {number}")
    with pytest.raises(RateLimited) as caught:
        client.add_registrant("meeting", session.zoom_id, email="ana@example.EDU", first_name="Ana")
    assert caught.value.daily
    assert caught.value.status is None, "Zoom was not asked"
    client.add_registrant("meeting", session.zoom_id, email="eva@example.edu", first_name="Eva")


@pytest.mark.django_db(transaction=True)
def test_a_hosts_hundred_writes_of_the_day_are_kept_to_however_the_host_is_named(connected, session, monkeypatch):
    monkeypatch.setattr(transport, "WRITES_A_DAY", 4)  # one was for making the session
    client = connections.client(patient=False)
    for topic in ("one", "two", "three"):
        client.change_meeting("meeting", session.zoom_id, {"topic": topic})
    with pytest.raises(RateLimited) as caught:
        client.change_meeting("meeting", session.zoom_id, {"topic": "four"})
    assert (caught.value.daily, caught.value.status) == (True, None)
    assert client.read_meeting("meeting", session.zoom_id).topic == "three"


@pytest.mark.parametrize("reference", ["author@example.edu", "AUTHOR%40example.edu", "Au7h0r", "me"])
def test_a_host_is_one_by_whatever_name(db, reference):
    from django.utils import timezone

    from zoom_xblock.models import Connection, Host
    from zoom_xblock.models.fields import digest

    Connection.objects.create(zoom_email="author@example.edu", zoom_user_id="Au7h0r")
    Host.objects.create(
        zoom_id="Au7h0r", id_digest=digest("Au7h0r"), email="Author@example.edu", listed_at=timezone.now()
    )
    assert transport._host(reference) == transport._host("author@example.edu")
    assert transport._host("au7h0r") != transport._host("Au7h0r"), "Zoom's ids differ by case"


@pytest.mark.django_db(transaction=True)
def test_what_zoom_says_of_a_hosts_day_is_believed(connected, session, zoom):
    client = connections.client(patient=False)
    zoom.fault("PATCH", "/v2/meetings/*", rate_limit="per_host", times=1)
    with pytest.raises(RateLimited) as told:
        client.change_meeting("meeting", session.zoom_id, {"topic": "one"})
    assert told.value.status == 429
    with pytest.raises(RateLimited) as known:
        client.change_meeting("meeting", session.zoom_id, {"topic": "two"})
    assert known.value.status is None, "Zoom was not asked a second time"


@pytest.mark.django_db(transaction=True)
def test_a_call_that_zoom_refuses_for_its_token_counts_once(connected, session, zoom, monkeypatch):
    monkeypatch.setattr(transport, "REGISTRATIONS_A_DAY", 1)
    zoom.fault("POST", "/v2/meetings/*/registrants", status=401, body={"code": 124, "message": "Invalid access token."})
    from zoom_xblock.models import Connection

    Connection.objects.update(refreshed_at=None)
    client = connections.client(patient=True)
    made = client.add_registrant("meeting", session.zoom_id, email="ana@example.edu", first_name="Ana")
    assert made.registrant_id


@pytest.mark.django_db(transaction=True)
def test_a_registration_that_is_over_the_budget_comes_later_and_stays_owed(
    connected, session, site, usage_key, jobs, monkeypatch
):
    def over(_label, _who):
        raise RateLimited("too many calls at once", retry_after_seconds=7)

    registration = registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    monkeypatch.setattr(budget, "spend", over)
    registrations.register(registration.pk)
    registration.refresh_from_db()
    assert registration.state == registration.State.PENDING
    assert [job for job, _args, wait in jobs.queue if 6 < wait < 12] == ["register"]
    monkeypatch.undo()
    jobs.run(within_seconds=60)
    registration.refresh_from_db()
    assert registration.state == registration.State.REGISTERED
