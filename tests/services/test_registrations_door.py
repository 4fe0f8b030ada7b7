"""When learners are let in, and what Zoom is told of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from zoom_xblock.models import Meeting, Placement, Registration
from zoom_xblock.platform import Person
from zoom_xblock.services import registrations
from zoom_xblock.services.errors import ServiceError, Unplaced

pytestmark = pytest.mark.django_db


@pytest.fixture
def placed(session, usage_key, site, zoom, jobs):
    """learner1 has a place."""
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    return session


def link(usage_key, site):
    """What learner1 gets at the door."""
    return registrations.join_link(usage_key=usage_key, user_id=site.learner1.pk)


def starts_in(minutes, **values):
    """The session begins so many minutes from now."""
    Meeting.objects.update(starts_at=timezone.now() + timedelta(minutes=minutes), **values)


@pytest.mark.parametrize(("minutes", "is_open"), [(20, False), (14, True), (-5, True), (-90, True)])
def test_the_door_opens_a_quarter_of_an_hour_before(placed, usage_key, site, minutes, is_open):
    starts_in(minutes)
    if is_open:
        assert "tk=" in link(usage_key, site)
    else:
        with pytest.raises(registrations.TooEarly) as refused:
            link(usage_key, site)
        assert refused.value.starts_at - refused.value.opens_at == timedelta(minutes=15)


def test_the_door_opens_when_the_author_says(placed, usage_key, site, block_row):
    starts_in(50)
    Placement.objects.update(shown={"join_minutes_before": 60})
    assert link(usage_key, site)
    Placement.objects.update(shown={"join_minutes_before": 0})
    with pytest.raises(registrations.TooEarly):
        link(usage_key, site)


def test_where_the_wish_was_not_read_yet_the_published_block_is_asked(placed, usage_key, site, block_row):
    Placement.objects.update(shown=None)
    starts_in(50)
    block_row.published = {**block_row.published, "join_minutes_before": 60}
    block_row.save()
    assert link(usage_key, site)
    block_row.published = {**block_row.published, "join_minutes_before": "many"}
    block_row.save()
    with pytest.raises(registrations.TooEarly):
        link(usage_key, site)


@pytest.mark.parametrize("minutes", [9999, -9999])
def test_a_room_that_runs_lets_everybody_in_who_has_a_place(placed, usage_key, site, minutes):
    starts_in(minutes, state="live")
    assert link(usage_key, site)


def test_afterwards_the_door_is_closed(placed, usage_key, site):
    starts_in(-500, state="ended")
    with pytest.raises(ServiceError, match="session_over"):
        link(usage_key, site)


def test_a_rehearsal_closes_nothing(placed, usage_key, site, zoom, jobs, client):
    zoom.play(placed.zoom_id, start_at=timezone.now() - timedelta(minutes=20), minutes=10, people=[])
    zoom.deliver(client)
    jobs.run()
    assert Meeting.objects.get().state == "ended"
    starts_in(10)
    assert link(usage_key, site)


def test_a_broken_session_lets_people_back_in_until_its_planned_end(placed, usage_key, site, zoom, jobs, client):
    starts_in(-30)
    zoom.play(placed.zoom_id, start_at=timezone.now() - timedelta(minutes=29), minutes=20, people=[])
    zoom.deliver(client)
    jobs.run()
    assert Meeting.objects.get().state == "ended"
    assert link(usage_key, site)
    starts_in(-61)
    with pytest.raises(ServiceError, match="session_over"):
        link(usage_key, site)


def test_a_session_that_is_gone_is_said_to_be_gone(placed, usage_key, site):
    Meeting.objects.update(state="gone")
    with pytest.raises(Unplaced, match="gone"):
        link(usage_key, site)


# -- what Zoom is told ------------------------------------------------------------------------------------------------


def told(zoom, session):
    """The registrants that the stand-in has, as (address, first name, last name)."""
    found = zoom.control(f"meetings/{session.zoom_id}")["registrants"]
    return [(one["email"], one["first_name"], one["last_name"]) for one in found]


def person(**values):
    return Person(
        **{"user_id": 7, "username": "ada", "email": "ada@example.edu", "name": "Ada King Lovelace", **values}
    )


def test_an_alias_tells_zoom_nothing_and_stays_the_same(session, usage_key, site, zoom, jobs, settings):
    settings.ZOOM_XBLOCK_SENT_ADDRESS = "alias"
    settings.ZOOM_XBLOCK_ALIAS_DOMAIN = "@Nobody.example.edu"
    for who in (site.learner1, site.learner2):
        registrations.request_place(usage_key=usage_key, user_id=who.pk)
    jobs.run()
    addresses = [address for address, _first, _last in told(zoom, session)]
    assert len(set(addresses)) == 2
    for address in addresses:
        assert address.endswith("@nobody.example.edu")
        assert not any(mark in address for mark in ("learner1", "learner2", f"-{site.learner1.pk}@"))
    assert set(Registration.objects.values_list("email", flat=True)) == set(addresses)


def test_an_alias_depends_on_the_person_and_the_sites_key_alone(settings):
    settings.ZOOM_XBLOCK_SENT_ADDRESS = "alias"
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["old key"]
    first = registrations.sent_address(person())
    assert registrations.sent_address(person(email="new@example.edu", name="", username="renamed")) == first
    assert registrations.sent_address(person(user_id=8)) != first
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["new key", "old key"]
    assert registrations.sent_address(person()) == first
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["another site's key"]
    assert registrations.sent_address(person()) != first


def test_without_a_domain_of_its_own_an_alias_is_at_the_sites_host(settings):
    settings.ZOOM_XBLOCK_SENT_ADDRESS = "alias"
    settings.ZOOM_XBLOCK_SITE_URL = "https://learn.example.edu:8443/x"
    assert registrations.sent_address(person()).endswith("@learn.example.edu")
    for bare in ("http://127.0.0.1:8000", "http://localhost"):
        settings.ZOOM_XBLOCK_SITE_URL = bare
        assert registrations.sent_address(person()).endswith("@zoom.invalid")


def test_a_lost_answer_is_found_again_by_the_alias(session, usage_key, site, zoom, jobs, settings):
    settings.ZOOM_XBLOCK_SENT_ADDRESS = "alias"
    settings.ZOOM_XBLOCK_READ_TIMEOUT_SECONDS = 2
    zoom.fault("POST", "/v2/meetings/*/registrants", drop=True, when="after", times=1)
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    zoom.fault("POST", "/v2/meetings/*/registrants", status=500, times=5)  # adding would fail
    jobs.run(within_seconds=60)
    assert Registration.objects.get().state == Registration.State.REGISTERED
    assert len(told(zoom, session)) == 1


def test_with_aliases_zoom_is_not_asked_to_write_to_anybody(connected, block_row, site, settings):
    from tests.conftest import wishes_of
    from zoom_xblock.services.errors import InvalidWishes
    from zoom_xblock.services.meetings import save_session

    settings.ZOOM_XBLOCK_SENT_ADDRESS = "alias"
    wishes = replace(wishes_of(block_row), options={"zoom_emails": True})
    with pytest.raises(InvalidWishes) as refused:
        save_session(usage_key=block_row.key, user_id=site.author.pk, wishes=wishes)
    assert refused.value.fields == {"zoom_emails": "aliases"}
    assert Meeting.objects.count() == 0


@pytest.mark.parametrize(
    ("wish", "name", "sent"),
    [
        ("full", "Ada King  Lovelace", "Ada King Lovelace"),
        ("first", "Ada King Lovelace", "Ada"),
        ("username", "Ada King Lovelace", "ada"),
        ("full", "   ", "ada"),
        ("first", "", "ada"),
        ("nonsense", "Ada King Lovelace", "ada"),
    ],
)
def test_the_name_is_as_much_as_the_site_lets_be_known(settings, wish, name, sent):
    settings.ZOOM_XBLOCK_SENT_NAME = wish
    assert registrations.sent_name(person(name=name)) == sent


def test_the_wished_name_is_what_zoom_gets(session, usage_key, site, zoom, jobs, settings):
    settings.ZOOM_XBLOCK_SENT_NAME = "username"
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    assert told(zoom, session) == [("learner1@example.edu", "learner1", "")]


# -- who is registered ------------------------------------------------------------------------------------------------


def test_who_left_the_course_before_the_job_ran_is_not_registered(session, usage_key, site, zoom, jobs):
    from demo.site.models import Enrollment

    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    Enrollment.objects.filter(user=site.learner1).update(is_active=False)
    jobs.run()
    assert told(zoom, session) == []
    registration = Registration.objects.get()
    assert (registration.state, registration.error) == (Registration.State.FAILED, "not_enrolled")
    Enrollment.objects.filter(user=site.learner1).update(is_active=True)
    Registration.objects.update(next_try_at=timezone.now())
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    assert Registration.objects.get().state == Registration.State.REGISTERED


def test_a_beta_tester_gets_a_place(session, usage_key, site, zoom, jobs):
    from demo.site.models import Course, CourseRole

    CourseRole.objects.create(user=site.learner1, course=Course.objects.get(), role=CourseRole.BETA)
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    assert Registration.objects.get().state == Registration.State.REGISTERED
