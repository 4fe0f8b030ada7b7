"""The calendar file: who gets it, what it leads to, and that a second download replaces the first."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import pytest
from django.utils import timezone

from zoom_xblock.models import Meeting, Occurrence, Registration

pytestmark = pytest.mark.django_db


def get(client, usage_key, user=None):
    """Download it as somebody."""
    if user is not None:
        client.force_login(user)
    return client.get(f"/zoom/calendar/{usage_key}/")


def events(answer):
    """What is in it."""
    return icalendar.Calendar.from_ical(answer.content).walk("VEVENT")


def test_an_enrolled_learner_gets_a_file_that_leads_to_the_course(session, usage_key, site, client):
    answer = get(client, usage_key, site.learner1)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "session.ics" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    [event] = events(answer)
    session.refresh_from_db()
    assert event.decoded("dtstart") == session.starts_at
    assert str(event["summary"]) == "Algebra live"
    assert "jump_to" in str(event["url"])
    assert str(event["location"]) == str(event["url"])


def test_no_link_number_or_passcode_of_zooms_is_in_it(session, usage_key, site, client, zoom, jobs):
    from zoom_xblock.services import registrations

    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    text = get(client, usage_key, site.learner1).content.decode().replace("\r\n ", "")
    assert Registration.objects.get().join_url
    for secret in ("/w/", "/j/", "tk=", "pwd=", str(session.zoom_id), zoom.url):
        assert secret not in text


@pytest.mark.parametrize("who", ["author", "learner2"])
def test_everybody_of_the_course_gets_the_same_file(session, usage_key, site, client, who):
    assert len(events(get(client, usage_key, getattr(site, who)))) == 1


def test_who_is_not_of_the_course_gets_nothing(session, usage_key, site, client, django_user_model):
    stranger = django_user_model.objects.create_user("stranger", "stranger@example.edu")
    answer = get(client, usage_key, stranger)
    assert answer.status_code == 403
    assert b"BEGIN:VCALENDAR" not in answer.content
    client.logout()
    assert get(client, usage_key)["Location"].startswith("/login/")


def test_who_left_the_course_gets_nothing(session, usage_key, site, client):
    from demo.site.models import Enrollment

    Enrollment.objects.filter(user=site.learner1).update(is_active=False)
    assert get(client, usage_key, site.learner1).status_code == 403


def test_where_the_author_offers_none_there_is_none(session, usage_key, site, client, block_row):
    block_row.published = {**block_row.published, "show_calendar": False}
    block_row.save()
    assert get(client, usage_key, site.learner1).status_code == 404


def test_what_is_not_published_is_not_in_anybodys_calendar(session, usage_key, site, client, block_row):
    block_row.published = None
    block_row.save()
    assert get(client, usage_key, site.learner1).status_code == 404


def test_without_a_session_there_is_a_sentence(connected, usage_key, site, client):
    answer = get(client, usage_key, site.learner1)
    assert answer.status_code == 404
    assert "no date yet" in answer.content.decode()


@pytest.mark.parametrize("key", ["nonsense", "block-v1:a+b", "%00"])
def test_a_broken_address_is_a_sentence(site, client, key):
    assert get(client, key, site.learner1).status_code == 404


def test_a_session_that_moved_is_the_same_event_and_newer(session, usage_key, site, client):
    [before] = events(get(client, usage_key, site.learner1))
    Meeting.objects.update(
        starts_at=session.starts_at + timedelta(days=1), read_at=timezone.now() + timedelta(minutes=5)
    )
    [after] = events(get(client, usage_key, site.learner1))
    assert str(after["uid"]) == str(before["uid"])
    assert int(after["sequence"]) > int(before["sequence"])
    assert after.decoded("last-modified") > before.decoded("last-modified")
    assert after.decoded("dtstart") - before.decoded("dtstart") == timedelta(days=1)


def test_each_date_of_a_series_is_an_event_and_a_removed_one_is_cancelled(session, usage_key, site, client):
    Meeting.objects.update(recurrence={"every": "week", "interval": 1, "count": 3})
    for week, status in enumerate(("available", "deleted", "available")):
        Occurrence.objects.create(
            meeting=session, occurrence_id=f"o{week}", starts_at=session.starts_at + timedelta(weeks=week),
            duration_minutes=60, status=status,
        )  # fmt: skip
    found = events(get(client, usage_key, site.learner1))
    assert [str(one["status"]) for one in found] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert len({str(one["uid"]) for one in found}) == 3
