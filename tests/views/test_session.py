"""The two doors into a session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from zoom_xblock.models import Meeting
from zoom_xblock.services import registrations

pytestmark = pytest.mark.django_db


@pytest.fixture
def registered(session, usage_key, site, jobs):
    """learner1 has opened the unit, and the session begins in five minutes."""
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    Meeting.objects.update(starts_at=timezone.now() + timedelta(minutes=5))


def test_join_sends_the_learner_to_her_personal_link(registered, usage_key, site, client, zoom):
    client.force_login(site.learner1)
    answer = client.get(f"/zoom/join/{usage_key}")
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{zoom.url}/w/")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("who", ["learner2", "author"])
def test_nobody_gets_another_persons_link(registered, usage_key, site, client, who):
    client.force_login(getattr(site, who))
    answer = client.get(f"/zoom/join/{usage_key}")
    assert answer.status_code in (403, 409)
    assert "/w/" not in answer.content.decode()


def test_anonymous_is_sent_to_log_in(registered, usage_key, client):
    answer = client.get(f"/zoom/join/{usage_key}")
    assert answer["Location"].startswith("/login/")


@pytest.mark.parametrize("address", ["/zoom/join/nonsense", "/zoom/start/block-v1:a+b", "/zoom/join/%00"])
def test_a_broken_address_is_a_sentence(site, client, address):
    client.force_login(site.learner1)
    assert client.get(address).status_code == 404


def test_the_host_gets_a_fresh_start_link_each_time(session, usage_key, site, client):
    client.force_login(site.author)
    first, second = (client.get(f"/zoom/start/{usage_key}") for _ in range(2))
    assert first.status_code == 302
    assert "/s/" in first["Location"]
    assert "no-store" in first["Cache-Control"]
    assert first["Location"] != second["Location"]


def test_the_start_link_is_never_stored(session, usage_key, site, client):
    from django.apps import apps

    client.force_login(site.author)
    link = client.get(f"/zoom/start/{usage_key}")["Location"]
    token = link.rsplit("=", 1)[1]
    assert len(token) > 20
    for model in apps.get_app_config("zoom_xblock").get_models():
        assert token not in str(list(model.objects.values()))


def test_course_staff_who_is_not_the_host_gets_no_start_link(session, usage_key, site, client):
    Meeting.objects.update(host_email="colleague@example.edu")
    client.force_login(site.author)
    assert client.get(f"/zoom/start/{usage_key}").status_code == 403


def test_an_alternative_host_of_the_course_team_may_start(session, usage_key, site, client):
    Meeting.objects.update(host_email="colleague@example.edu", alternative_hosts="x@example.edu,AUTHOR@example.edu")
    client.force_login(site.author)
    assert client.get(f"/zoom/start/{usage_key}").status_code == 302


@pytest.mark.parametrize("who", ["learner1", "learner2"])
def test_a_learner_with_the_hosts_address_gets_no_start_link(session, usage_key, site, client, who):
    Meeting.objects.update(host_email=f"{who}@example.edu")
    client.force_login(getattr(site, who))
    assert client.get(f"/zoom/start/{usage_key}").status_code == 403


def test_zoom_being_down_is_a_sentence(session, usage_key, site, client, zoom):
    zoom.fault("GET", "/v2/meetings/*", status=503, times=9)
    client.force_login(site.author)
    answer = client.get(f"/zoom/start/{usage_key}")
    assert answer.status_code == 409
    assert "fault" in answer.content.decode()


def test_too_early_is_a_page_with_the_time_in_both_zones(registered, usage_key, site, client):
    from demo.site.models import Preference

    Preference.objects.create(user=site.learner1, key="time_zone", value="Asia/Kathmandu")
    Meeting.objects.update(starts_at=datetime(2031, 6, 4, 12, 0, tzinfo=UTC), time_zone="Europe/Madrid")
    client.force_login(site.learner1)
    answer = client.get(f"/zoom/join/{usage_key}")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The session is not open yet" in page
    assert "June 4, 2031, 2 p.m. (Europe/Madrid). You can join from 1:45 p.m. on." in page
    assert "June 4, 2031, 5:45 p.m. (Asia/Kathmandu)" in page
    assert "Back to the course" in page
    assert "/w/" not in page


def test_afterwards_the_page_says_that_it_is_over(registered, usage_key, site, client):
    Meeting.objects.update(starts_at=timezone.now() - timedelta(hours=5), state="ended")
    client.force_login(site.learner1)
    answer = client.get(f"/zoom/join/{usage_key}")
    assert answer.status_code == 409
    assert "This session is over" in answer.content.decode()


def test_the_course_team_is_told_how_it_gets_in(registered, usage_key, site, client):
    from demo.site.models import Course, Enrollment

    Enrollment.objects.get_or_create(user=site.author, course=Course.objects.get())
    client.force_login(site.author)
    answer = client.get(f"/zoom/join/{usage_key}")
    assert answer.status_code == 403
    assert "start the session as its host" in answer.content.decode()
