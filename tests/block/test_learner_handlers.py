"""The learner's page through the doors that the platform gives it: for learners, staff, strangers and nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from demo.zoom import seed
from tests.block.test_handlers import browser, lms
from zoom_xblock.models import Connection, Meeting, Registration

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_renders_without_any_call_to_zoom(session, block_row, site, zoom, jobs, settings):
    settings.ZOOM_XBLOCK_API_BASE_URL = settings.ZOOM_XBLOCK_OAUTH_BASE_URL = "http://127.0.0.1:1"
    for user in (site.learner1, site.author):
        assert browser(user).get(f"/xblock/{block_row.key}").status_code == 200
    assert jobs.queue == []
    assert Registration.objects.count() == 0


def test_opening_registers_at_once_and_the_link_appears(session, block_row, site, zoom, jobs):
    learner = browser(site.learner1)
    first = lms(learner, block_row.key, "register").json()
    assert (first["registration"], first["join_url"]) == ("pending", None)
    assert first["poll_after_seconds"]
    jobs.run()
    state = lms(learner, block_row.key, "state").json()
    assert (state["registration"], state["join_url"]) == ("registered", None)
    assert state["opens_at"]
    Meeting.objects.update(starts_at=timezone.now())
    state = lms(learner, block_row.key, "state").json()
    assert state["join_url"] == f"/zoom/join/{block_row.key}"


def test_no_answer_carries_the_personal_link_itself(session, block_row, site, zoom, jobs):
    learner = browser(site.learner1)
    lms(learner, block_row.key, "register")
    jobs.run()
    link = str(Registration.objects.get().join_url)
    token = link.split("tk=")[1].split("&")[0]
    for text in (
        lms(learner, block_row.key, "state").content.decode(),
        learner.get(f"/xblock/{block_row.key}").content.decode(),
    ):
        assert token not in text


def test_a_stranger_with_an_account_gets_nothing(session, block_row, site, zoom, jobs, django_user_model):
    stranger = browser(django_user_model.objects.create_user("stranger", "stranger@example.edu"))
    for handler in ("register", "state"):
        answer = lms(stranger, block_row.key, handler)
        assert answer.status_code == 403
        assert "enrolled" in answer.json()["error"]
    assert Registration.objects.count() == 0


def test_anonymous_posts_and_gets_give_nothing(session, block_row, site, zoom, jobs):
    anonymous = browser()
    assert lms(anonymous, block_row.key, "register").status_code == 403
    for handler in ("register", "state", "save_session"):
        answer = anonymous.get(f"/courses/{block_row.key.course_key}/xblock/{block_row.key}/handler/{handler}")
        assert answer.status_code == 405
    assert Registration.objects.count() == 0


def test_course_staff_is_shown_the_start_and_never_registered(session, block_row, site, zoom, jobs):
    state = lms(browser(site.author), block_row.key, "register").json()
    assert state["start_url"] == f"/zoom/start/{block_row.key}"
    assert Registration.objects.count() == 0
    assert jobs.queue == []


@pytest.mark.parametrize("chosen", [{"role": "learner"}, {"role": "learner", "username": "learner1"}], ids=str)
def test_looking_as_a_learner_registers_nobody_and_reveals_nothing(session, block_row, site, zoom, jobs, chosen):
    learner = browser(site.learner1)
    lms(learner, block_row.key, "register")
    jobs.run()
    author = browser(site.author)
    author.post("/course/view-as/", {"as": chosen.get("username") or "learner"})
    state = lms(author, block_row.key, "register").json()
    assert state["headline"] == "You are looking as a learner."
    assert state["join_url"] is None
    assert state["attendance"] is None
    assert Registration.objects.count() == 1


def test_a_component_without_a_session_says_so(connected, block_row, site, zoom, jobs):
    state = lms(browser(site.learner1), block_row.key, "register").json()
    assert state["phase"] == "unplaced"
    assert "has not set up" in state["headline"]
    assert jobs.queue == []


def test_not_connected_tells_the_learner_and_tries_on(session, block_row, site, zoom, jobs):
    Connection.objects.update(state=Connection.State.DISCONNECTED)
    learner = browser(site.learner1)
    lms(learner, block_row.key, "register")
    jobs.run()
    state = lms(learner, block_row.key, "state").json()
    assert "administrators can mend that" in state["message"]
    assert state["poll_after_seconds"]


def test_topics_and_descriptions_are_text_and_never_markup(connected, block_row, site, zoom):
    evil = "</script><img src=x onerror=alert(1)>"
    block_row.draft = block_row.published = {**block_row.draft, "display_name": evil, "description": evil}
    block_row.save()
    for client, address in (
        (browser(site.learner1), f"/xblock/{block_row.key}"),
        (browser(site.author), "/studio/"),
        (browser(site.author), f"/studio/xblock/{block_row.key}/edit"),
    ):
        page = client.get(address).content.decode()
        assert "&lt;img src=x" in page
        assert "<img src=x" not in page


def test_the_learners_page_needs_few_queries(session, block_row, site, zoom, jobs, django_assert_max_num_queries):
    from zoom_xblock import queries

    learner = browser(site.learner1)
    lms(learner, block_row.key, "register")
    jobs.run()
    planned = queries.Planned("t", "meeting", "", None, 60, "UTC")
    with django_assert_max_num_queries(2):
        queries.learner_facts(block_row.key, site.learner1.pk, planned)


def ours(context):
    """The statements on our tables."""
    return [one["sql"] for one in context.captured_queries if '"zoom_xblock_' in one["sql"]]


def test_a_page_that_asks_and_nothing_is_new_costs_one_small_query(session, block_row, site, zoom, jobs):
    learner = browser(site.learner1)
    lms(learner, block_row.key, "register")
    jobs.run()
    with CaptureQueriesContext(connection) as first:
        state = lms(learner, block_row.key, "state").json()
    assert 1 <= len(ours(first)) <= 3
    with CaptureQueriesContext(connection) as again:
        answer = lms(learner, block_row.key, "state", {"token": state["token"]}).json()
    assert answer == {"unchanged": True}
    assert len(ours(again)) == 1
    Registration.objects.update(state="failed", error="full")
    assert lms(learner, block_row.key, "state", {"token": state["token"]}).json()["registration"] == "failed"


@pytest.mark.parametrize("data", [{"token": 7}, {"token": None}, {"token": ["x"]}, {"token": "x" * 9999}])
def test_no_token_ends_in_a_server_error(session, block_row, site, zoom, jobs, data):
    answer = lms(browser(site.learner1), block_row.key, "state", data)
    assert answer.status_code == 200
    assert answer.json()["phase"] == "scheduled"


@pytest.mark.parametrize("data", [{"token": "\x00"}, {"token": "\ud800"}, [1], "x", 7])
def test_what_is_no_question_of_ours_is_refused(session, block_row, site, zoom, jobs, data):
    assert lms(browser(site.learner1), block_row.key, "state", data).status_code == 400


def test_a_token_of_a_learner_tells_nobody_else_anything(session, block_row, site, zoom, jobs):
    learner = browser(site.learner1)
    lms(learner, block_row.key, "register")
    jobs.run()
    token = lms(learner, block_row.key, "state").json()["token"]
    assert "unchanged" not in lms(browser(site.learner2), block_row.key, "state", {"token": token}).json()


def test_a_page_of_a_unit_costs_few_queries_of_ours(session, block_row, site, zoom, jobs):
    learner = browser(site.learner1)
    lms(learner, block_row.key, "register")
    jobs.run()
    with CaptureQueriesContext(connection) as seen:
        assert learner.get(f"/xblock/{block_row.key}").status_code == 200
    assert 1 <= len(ours(seen)) <= 4


def test_a_rehearsal_does_not_tell_learners_that_it_is_over(session, block_row, site, zoom, jobs, client):
    zoom.play(session.zoom_id, start_at=timezone.now() - timedelta(minutes=20), minutes=10, people=[])
    zoom.deliver(client)
    jobs.run(within_seconds=60)
    learner = browser(site.learner1)
    state = lms(learner, block_row.key, "register").json()
    jobs.run()
    state = lms(learner, block_row.key, "state").json()
    assert Meeting.objects.get().state == "ended"
    assert (state["phase"], state["headline"]) == ("scheduled", "You are registered.")


def test_the_time_is_shown_in_the_zone_of_the_readers_account(session, block_row, site, zoom, jobs):
    from demo.site.models import Preference

    Preference.objects.create(user=site.learner1, key="time_zone", value="Asia/Kathmandu")
    page = browser(site.learner1).get(f"/xblock/{block_row.key}").content.decode()
    assert "In your time zone: " in page
    assert '"readerZone": "Asia/Kathmandu"' in page


def test_recordings_are_listed_where_the_author_shows_them(session, block_row, site, zoom, jobs):
    from zoom_xblock.models import Recording

    Recording.objects.create(
        meeting=session, uuid="u", uuid_digest="u", told_at=timezone.now(), started_at=timezone.now(),
        share_url="https://zoom.us/rec/share/secret", passcode="hush",
    )  # fmt: skip
    assert "/zoom/recording/" not in browser(site.learner1).get(f"/xblock/{block_row.key}").content.decode()
    block_row.published = {**block_row.published, "show_recordings": True}
    block_row.save()
    page = browser(site.learner1).get(f"/xblock/{block_row.key}").content.decode()
    assert f"/zoom/recording/{block_row.key}/" in page
    assert "rec/share" not in page
    assert "hush" not in page


@pytest.mark.parametrize("who", ["stranger", None])
def test_who_is_not_of_the_course_sees_no_way_in(session, block_row, site, zoom, jobs, who, django_user_model):
    user = django_user_model.objects.create_user(who, "s@example.edu") if who else None
    page = browser(user).get(f"/xblock/{block_row.key}").content.decode()
    assert "/zoom/join/" not in page
    assert "/zoom/calendar/" not in page


def test_credentials_never_stand_in_a_page(session, block_row, site, zoom):
    for user, address in ((site.author, "/studio/"), (site.learner1, f"/xblock/{block_row.key}")):
        page = browser(user).get(address).content.decode()
        assert seed.CLIENT_SECRET not in page
        assert str(Connection.objects.get().access_token) not in page
