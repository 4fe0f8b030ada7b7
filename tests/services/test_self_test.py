"""*Test the connection*: every step, every failure, and nothing left at Zoom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from demo.zoom import seed
from zoom_xblock import queries
from zoom_xblock.models import Connection, Meeting, SelfTest
from zoom_xblock.services import inbox, self_test, sweep

pytestmark = pytest.mark.django_db


def at_zoom(zoom):
    """Test meetings that exist at the stand-in."""
    return [
        one
        for one in zoom.control("state")["meetings"]
        if one["topic"].startswith("Connection test") and not one.get("deleted_at") and one.get("exists", True)
    ]


def steps(test_id):
    return {step.name: (step.state, step.detail) for step in queries.self_test(test_id).steps}


@pytest.fixture
def validated(connected):
    """Zoom has validated the address for events."""
    inbox.note_validated("end_meeting", timezone.now())


def test_a_round_trip_passes_and_leaves_nothing(connected, validated, site, zoom, jobs, client):
    zoom.held()
    test_id = self_test.begin(user_id=site.admin.pk)
    jobs.run()
    assert steps(test_id)["event"][0] == "running"
    events = zoom.held()
    assert {"meeting.created", "meeting.registration_created", "meeting.deleted"} & {one["event"] for one in events}
    zoom.deliver(client, events)
    jobs.run(within_seconds=5)
    assert {state for state, _detail in steps(test_id).values()} == {"passed"}
    facts = queries.self_test()
    assert (facts.state, facts.is_over, facts.needs_cleaning) == ("passed", True, False)
    assert at_zoom(zoom) == []
    assert not Meeting.objects.exists()  # never a session
    assert queries.site_facts().removal == []


def test_a_second_press_joins_the_test_under_way(connected, site, jobs):
    first = self_test.begin(user_id=site.admin.pk)
    assert self_test.begin(user_id=site.author.pk) == first
    assert SelfTest.objects.count() == 1


def test_no_event_is_waited_for_where_zoom_has_validated_nothing(connected, site, zoom, jobs):
    test_id = self_test.begin(user_id=site.admin.pk)
    jobs.run()
    assert steps(test_id)["event"] == ("skipped", "not_validated")
    assert queries.self_test().state == "passed"


def test_an_event_that_does_not_come_fails_the_test_in_time(connected, validated, site, zoom, jobs):
    test_id = self_test.begin(user_id=site.admin.pk)
    jobs.run()
    SelfTest.objects.get().steps.filter(name="delete").update(at=timezone.now() - timedelta(seconds=31))
    jobs.run(within_seconds=5)
    assert steps(test_id)["event"] == ("failed", "no_event")


@pytest.mark.parametrize(
    ("fault", "step", "slug"),
    [
        (("GET", "/v2/users/*"), "token", "zoom_down"),
        (("POST", "/v2/users/*/meetings"), "create", "zoom_down"),
        (("POST", "/v2/meetings/*/registrants"), "register", "zoom_down"),
        (("GET", "/v2/meetings/*/registrants"), "read", "zoom_down"),
    ],
)
def test_each_step_that_fails_says_why_and_is_tidied_up(connected, site, zoom, jobs, fault, step, slug):
    zoom.fault(*fault, status=503, times=None)
    test_id = self_test.begin(user_id=site.admin.pk)
    jobs.run()
    assert steps(test_id)[step] == ("failed", slug)
    assert queries.self_test().state == "failed"
    zoom.control("faults", "DELETE")
    assert at_zoom(zoom) == []


def test_a_host_without_licence_is_named(connected, site, zoom, jobs):
    Connection.objects.update(host_email="basic@example.edu")
    test_id = self_test.begin(user_id=site.admin.pk)
    jobs.run()
    assert steps(test_id)["register"] == ("failed", "not_allowed")
    assert at_zoom(zoom) == []


def test_what_could_not_be_deleted_is_deleted_later(connected, site, zoom, jobs):
    zoom.fault("DELETE", "/v2/meetings/*", status=503, times=None)
    test_id = self_test.begin(user_id=site.admin.pk)
    jobs.run()
    assert steps(test_id)["delete"] == ("failed", "zoom_down")
    assert queries.self_test().needs_cleaning
    assert len(at_zoom(zoom)) == 1
    zoom.control("faults", "DELETE")
    assert sweep.sweep()["clean_self_test"] == 1
    jobs.run()
    assert at_zoom(zoom) == []
    assert not queries.self_test().needs_cleaning


def test_a_meeting_whose_number_was_lost_is_found_by_its_name(connected, site, zoom, jobs):
    wide = [*connected.granted_scopes, "meeting:read:list_meetings:admin"]
    zoom.control(f"apps/{seed.CLIENT_ID}", "PATCH", scopes=wide)
    from tests.services.test_the_end_of_a_connection import reconnect

    reconnect(site, zoom)
    zoom.fault("POST", "/v2/users/*/meetings", drop=True, when="after", times=1)
    self_test.begin(user_id=site.admin.pk)
    jobs.run()
    assert queries.self_test().state == "failed"
    assert at_zoom(zoom) == []
    assert not queries.self_test().needs_cleaning


def test_one_that_was_killed_in_between_is_ended_and_tidied_up_by_the_sweep(connected, site, zoom, jobs):
    test_id = self_test.begin(user_id=site.admin.pk)
    jobs.queue.clear()
    test = SelfTest.objects.get(pk=test_id)
    self_test._save(test, state=SelfTest.State.RUNNING)
    from zoom_xblock.services import connections

    self_test._mark(test, "create", "running")
    self_test._create(test, connections.client(patient=True))  # … and here the worker dies
    assert len(at_zoom(zoom)) == 1
    assert "run_self_test" not in sweep.sweep()
    SelfTest.objects.update(begun_at=timezone.now() - timedelta(minutes=4))
    assert sweep.sweep()["run_self_test"] == 1
    jobs.run()
    assert at_zoom(zoom) == []
    assert steps(test_id)["create"] == ("failed", "interrupted")
    assert queries.self_test().is_over


def test_without_a_connection_it_says_so(site, zoom, jobs):
    test_id = self_test.begin(user_id=site.admin.pk)
    jobs.run()
    assert steps(test_id)["token"] == ("failed", "not_connected")
