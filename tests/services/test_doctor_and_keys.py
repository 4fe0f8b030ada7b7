"""The doctor's findings, the same on the command line and as checks; keys that are rotated; deliveries that failed."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.utils import timezone

from zoom_xblock import queries
from zoom_xblock.models import Connection, Delivery
from zoom_xblock.screens import doctor as screen
from zoom_xblock.services import connections, doctor, inbox, key_rotation

pytestmark = pytest.mark.django_db


def codes():
    return {finding.code for finding in doctor.diagnose()}


def ask(*arguments):
    """The command's exit status and what it printed."""
    out = io.StringIO()
    try:
        call_command("zoom_doctor", *arguments, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def healthy(connected):
    """Everything as it should be."""
    for name in ("end_meeting", "end"):
        inbox.note_validated(name, timezone.now())


def test_a_healthy_site_has_nothing_to_say(healthy):
    assert [one for one in codes() if one != "W103"] == []
    assert ask()[0] == 0


def test_a_fresh_site_is_told_what_to_do_first(site):
    assert codes() == {"W101"}
    status, out = ask("--json")
    assert status == 0
    (finding,) = [one for one in json.loads(out)["findings"] if one["code"] == "zoom_xblock.W101"]
    assert finding["hint"]


def test_a_disconnected_site_is_an_error_with_exit_status_one(healthy):
    connections.note_disconnected("grant_refused")
    assert "E102" in codes()
    status, out = ask("--json")
    assert status == 1
    assert json.loads(out)["healthy"] is False
    assert "E102" in ask()[1]


def test_a_wrong_key_is_an_error_that_names_the_fields_and_not_a_crash(healthy, settings):
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["another key"]
    (finding,) = [one for one in doctor.diagnose() if one.code == "E101"]
    assert "access_token" in finding.facts["fields"]
    assert ask()[0] == 1
    assert queries.site_facts().token.state == "unreadable"


def test_what_waits_or_was_given_up_is_found(healthy):
    now = timezone.now()
    for number, (state, due) in enumerate([("failed", None), ("new", now - timedelta(minutes=20))]):
        Delivery.objects.create(
            digest=str(number), endpoint="end", event="x", body="{}", received_at=now, state=state, next_try_at=due
        )
    assert {"E105", "W105"} <= codes()


def test_a_default_host_whom_zoom_does_not_know_is_found(healthy):
    from zoom_xblock.services import hosts

    hosts.refresh_hosts()
    Connection.objects.update(host_email="nobody@example.edu")
    assert "E106" in codes()


def test_every_finding_has_words(healthy):
    facts = {
        "fields": ["a"],
        "scopes": ["b"],
        "reason": "r",
        "sessions": 1,
        "feature": "f",
        "count": 2,
        "email": "e",
        "endpoint": "end",
        "step": "s",
        "topic": "t",
        "wanted": "w",
    }
    for code, slug in doctor.CODES.items():
        sentence, advice = screen.words(doctor.Finding(code, doctor.ERROR, slug, facts))
        assert sentence
        assert advice
        assert "%(" not in sentence


def test_checks_say_the_same_where_they_may_read_the_database(healthy):
    connections.note_disconnected("grant_refused")
    found = checks.run_checks(tags=["zoom_xblock"], databases=["default"])
    assert "zoom_xblock.E102" in {message.id for message in found}
    assert all(message.hint for message in found)
    assert "zoom_xblock.E102" not in {message.id for message in checks.run_checks(tags=["zoom_xblock"])}


def test_a_diagnosis_takes_a_bounded_number_of_queries(session, healthy, django_assert_max_num_queries):
    with django_assert_max_num_queries(45):
        doctor.diagnose()


def raw():
    """The ciphertexts of the connection's secrets."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT client_secret, access_token, refresh_token FROM {Connection._meta.db_table}")
        return [bytes(value) for value in cursor.fetchone()]


def rotate():
    out = io.StringIO()
    call_command("zoom_rotate_keys", stdout=out)
    return out.getvalue()


def test_rotation_puts_everything_under_the_first_key_and_is_idempotent(session, healthy, settings, zoom, client):
    zoom.control("events", event="meeting.ended")
    zoom.deliver(client)
    token, before, old = connections.the_connection().access_token, raw(), settings.ZOOM_XBLOCK_ENCRYPTION_KEYS
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["a new key", *old]
    assert "W109" in codes()
    done = key_rotation.rotate(batch=1)
    assert done.rotated > 4
    assert (done.unreadable, done.changed_meanwhile) == (0, 0)
    assert key_rotation.rotate().rotated == 0
    assert all(one != two for one, two in zip(raw(), before, strict=True))
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["a new key"]
    assert connections.the_connection().access_token == token
    assert all(str(delivery.body).startswith("{") for delivery in Delivery.objects.all())
    assert "W109" not in codes()
    assert "rotated: 0" in rotate()


def test_what_was_written_meanwhile_is_not_overwritten(connected, settings):
    """The row changes between reading and writing: the newer value stays."""
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["a new key", *settings.ZOOM_XBLOCK_ENCRYPTION_KEYS]
    (stale,) = key_rotation._raw(Connection, "access_token").values_list("raw", flat=True)
    Connection.objects.update(access_token="refreshed meanwhile")
    done = key_rotation.Rotation()
    key_rotation._rotate_one(Connection, "access_token", connected.pk, bytes(stale), key_rotation._first(), done)
    assert (done.rotated, done.changed_meanwhile) == (0, 1)
    assert connections.the_connection().access_token == "refreshed meanwhile"


def test_rotation_fails_aloud_where_a_key_is_missing_and_loses_nothing(connected, settings):
    right, before = settings.ZOOM_XBLOCK_ENCRYPTION_KEYS, raw()
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["another key"]
    with pytest.raises(CommandError, match="no key"):
        rotate()
    assert raw() == before
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = right
    assert connections.the_connection().is_connected


def test_deliveries_are_listed_filtered_and_paged(session, zoom, client, django_assert_max_num_queries):
    now = timezone.now()
    for number in range(55):
        Delivery.objects.create(
            digest=f"d{number}",
            endpoint="end_meeting",
            event="meeting.started" if number % 2 else "meeting.ended",
            zoom_id=session.zoom_id,
            body="{}",
            received_at=now - timedelta(minutes=number),
            state="failed" if number < 3 else "done",
            error="KeyError" if number < 3 else "",
        )
    with django_assert_max_num_queries(3):
        page = queries.deliveries()
    assert (page.total, page.pages, len(page.rows)) == (55, 2, 50)
    assert page.rows[0].topic == "Algebra live"
    assert len(queries.deliveries(page=2).rows) == 5
    failed = queries.deliveries(state="failed", event="meeting.ended")
    assert [row.error for row in failed.rows] == ["KeyError", "KeyError"]
    assert queries.delivery_events() == ["meeting.ended", "meeting.started"]
    assert not hasattr(page.rows[0], "body")


def test_a_delivery_that_was_given_up_is_processed_again(session, zoom, jobs, client):
    zoom.play(session.zoom_id, start_at=timezone.now() - timedelta(minutes=30), minutes=20, people=[])
    zoom.deliver(client)
    started = Delivery.objects.filter(event="meeting.started").first()
    Delivery.objects.filter(pk=started.pk).update(state="failed", attempts=12, error="OperationalError")
    jobs.queue.clear()
    inbox.process_again(started.pk)
    jobs.run()
    started.refresh_from_db()
    assert (started.state, started.error) == ("done", "")
