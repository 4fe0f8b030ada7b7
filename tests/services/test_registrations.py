"""A learner's place: asked for once, made by a job, proved by the registrant id."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.utils import timezone

from demo.zoom import seed
from zoom_xblock.models import Connection, Meeting, Registration
from zoom_xblock.services import consent, registrations, sweep
from zoom_xblock.services.errors import Forbidden, ServiceError, Unplaced

pytestmark = pytest.mark.django_db


def at_zoom(zoom, session):
    """The registrants that the stand-in has for the session."""
    return zoom.control(f"meetings/{session.zoom_id}")["registrants"]


def ask(site, usage_key, who="learner1"):
    """A learner opens the unit."""
    return registrations.request_place(usage_key=usage_key, user_id=getattr(site, who).pk)


def test_opening_the_unit_registers_the_learner_without_a_form(session, usage_key, site, zoom, jobs):
    ask(site, usage_key)
    jobs.run()
    [registrant] = at_zoom(zoom, session)
    registration = Registration.objects.get()
    assert registrant["email"] == "learner1@example.edu"
    assert registration.state == Registration.State.REGISTERED
    assert registration.registrant_id == registrant["id"]
    Meeting.objects.update(starts_at=timezone.now())
    assert registrations.join_link(usage_key=usage_key, user_id=site.learner1.pk) == registration.join_url
    assert "tk=" in registration.join_url


def test_opening_it_again_asks_zoom_nothing(session, usage_key, site, zoom, jobs):
    ask(site, usage_key)
    jobs.run()
    zoom.fault("*", "*", status=500, times=100)
    ask(site, usage_key)
    assert jobs.run() == []
    assert Registration.objects.get().state == Registration.State.REGISTERED


def test_the_personal_link_is_ciphertext_at_rest(session, usage_key, site, zoom, jobs):
    ask(site, usage_key)
    jobs.run()
    with database.cursor() as cursor:
        cursor.execute(f"SELECT join_url FROM {Registration._meta.db_table}")
        raw = bytes(cursor.fetchone()[0])
    assert b"http" not in raw
    assert len(raw) > 100


def test_somebody_who_is_not_enrolled_gets_no_place(session, usage_key, site, zoom, jobs, django_user_model):
    stranger = django_user_model.objects.create_user("stranger", "stranger@example.edu")
    with pytest.raises(Forbidden):
        registrations.request_place(usage_key=usage_key, user_id=stranger.pk)
    with pytest.raises(Forbidden):
        registrations.join_link(usage_key=usage_key, user_id=stranger.pk)
    assert Registration.objects.count() == 0


def test_course_staff_is_not_registered(session, usage_key, site, jobs):
    from demo.site.models import Course, Enrollment

    Enrollment.objects.get_or_create(user=site.author, course=Course.objects.get())
    with pytest.raises(Forbidden, match="staff"):
        ask(site, usage_key, "author")


def test_a_component_without_session_says_so(connected, usage_key, site, jobs):
    with pytest.raises(Unplaced):
        ask(site, usage_key)


def test_zoom_away_is_tried_again_until_it_is_back(session, usage_key, site, zoom, jobs):
    zoom.fault("POST", "/v2/meetings/*/registrants", status=503, times=2)  # the job runs twice
    ask(site, usage_key)
    jobs.run()
    waiting = Registration.objects.get()
    assert (waiting.state, waiting.error) == (Registration.State.PENDING, "zoom_down")
    assert waiting.next_try_at
    jobs.run(within_seconds=60)
    assert Registration.objects.get().state == Registration.State.REGISTERED
    assert len(at_zoom(zoom, session)) == 1


def test_an_answer_that_got_lost_makes_no_second_registrant(session, usage_key, site, zoom, jobs, settings):
    """Zoom allows three adds a day: what the first try made is found, not made again."""
    settings.ZOOM_XBLOCK_READ_TIMEOUT_SECONDS = 2
    zoom.fault("POST", "/v2/meetings/*/registrants", drop=True, when="after", times=1)
    ask(site, usage_key)
    jobs.run()
    zoom.fault("POST", "/v2/meetings/*/registrants", status=500, times=5)  # adding would fail
    jobs.run(within_seconds=60)
    [registrant] = at_zoom(zoom, session)
    assert Registration.objects.get().registrant_id == registrant["id"]


def test_a_full_session_is_said_and_not_tried_for_ever(session, usage_key, site, zoom, jobs):
    zoom.fault("POST", "/v2/meetings/*/registrants", status=400,
                 body={"code": 3043, "message": "Meeting capacity has been reached."}, times=1)  # fmt: skip
    ask(site, usage_key)
    jobs.run(within_seconds=3000)
    failed = Registration.objects.get()
    assert (failed.state, failed.error, failed.attempts) == (Registration.State.FAILED, "full", 1)


def test_a_refusal_that_was_mended_is_tried_again_on_opening_the_unit(session, usage_key, site, zoom, jobs):
    zoom.fault("POST", "/v2/meetings/*/registrants", status=400,
               body={"code": 200, "message": "Only available for Paid user."}, times=1)  # fmt: skip
    ask(site, usage_key)
    jobs.run()
    ask(site, usage_key)
    assert jobs.run() == []  # at once: nothing can have changed
    Registration.objects.update(next_try_at=timezone.now())
    ask(site, usage_key)
    jobs.run()
    assert Registration.objects.get().state == Registration.State.REGISTERED


def test_what_a_person_decided_is_not_tried_again(session, usage_key, site, zoom, jobs):
    ask(site, usage_key)
    jobs.run()
    Registration.objects.update(state=Registration.State.FAILED, error="cancelled_at_zoom", next_try_at=timezone.now())
    ask(site, usage_key)
    assert jobs.run() == []


def test_connecting_wakes_who_waited(session, usage_key, site, zoom, jobs, connected):
    Connection.objects.update(state=Connection.State.DISCONNECTED)
    ask(site, usage_key)
    jobs.run()
    jobs.queue.clear()
    Connection.objects.update(state=Connection.State.CONNECTED)
    consent.wake_what_waited()
    assert sweep.sweep()["register"] == 1
    jobs.run()
    assert Registration.objects.get().state == Registration.State.REGISTERED


def test_not_connected_waits_and_goes_on_after_connecting(session, usage_key, site, zoom, jobs):
    Connection.objects.update(state=Connection.State.DISCONNECTED)
    ask(site, usage_key)
    jobs.run()
    assert Registration.objects.get().error == "disconnected"
    Connection.objects.update(state=Connection.State.CONNECTED)
    jobs.run(within_seconds=600)
    assert Registration.objects.get().state == Registration.State.REGISTERED


def test_names_that_zoom_would_refuse_are_fitted(session, usage_key, site, zoom, jobs):
    site.learner1.first_name, site.learner1.last_name = "", ""
    site.learner1.save()
    ask(site, usage_key)
    site.learner2.first_name, site.learner2.last_name = "Wilhelmina" * 9, "von " + "Hohen" * 20
    site.learner2.first_name, site.learner2.last_name = site.learner2.first_name[:150], site.learner2.last_name[:150]
    site.learner2.save()
    ask(site, usage_key, "learner2")
    jobs.run()
    assert {one["first_name"] for one in at_zoom(zoom, session)} == {"learner1", ("Wilhelmina" * 9)[:64]}


def test_the_join_link_is_refused_to_who_has_left_the_course(session, usage_key, site, zoom, jobs):
    from demo.site.models import Enrollment

    ask(site, usage_key)
    jobs.run()
    Enrollment.objects.filter(user=site.learner1).update(is_active=False)
    with pytest.raises(Forbidden):
        registrations.join_link(usage_key=usage_key, user_id=site.learner1.pk)


def test_a_block_that_is_gone_for_learners_gives_no_link(session, usage_key, site, zoom, jobs, block_row):
    from zoom_xblock.services.placements import reconcile_course

    ask(site, usage_key)
    jobs.run()
    block_row.published = None
    block_row.save()
    reconcile_course(str(usage_key.course_key))
    with pytest.raises(Unplaced):
        registrations.join_link(usage_key=usage_key, user_id=site.learner1.pk)


def test_no_place_no_link(session, usage_key, site, jobs):
    with pytest.raises(ServiceError, match="not_registered"):
        registrations.join_link(usage_key=usage_key, user_id=site.learner1.pk)


def test_one_meeting_in_two_places_registers_once(session, usage_key, site, zoom, jobs):
    from tests.conftest import make_block
    from zoom_xblock.models import Placement
    from zoom_xblock.models.meeting import usage_digest

    other = make_block(site.course_key, name="other")
    Placement.objects.create(
        usage_key=other.key, usage_digest=usage_digest(other.key), course_key=site.course_key, meeting=session
    )
    ask(site, usage_key)
    ask(site, other.key)
    jobs.run()
    assert Registration.objects.count() == 1
    assert len(at_zoom(zoom, session)) == 1


def test_the_secret_of_the_link_is_not_in_a_job(session, usage_key, site, zoom, jobs):
    ask(site, usage_key)
    assert seed.CLIENT_SECRET not in str(jobs.queue)
    assert all(isinstance(argument, int) for _name, args, _wait in jobs.queue for argument in args)
