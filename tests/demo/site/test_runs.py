"""Re-runs of the course, who gets into Studio, and the way to the course's sessions."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from opaque_keys.edx.keys import CourseKey

from demo.site import courseware
from demo.site.models import Block, Course, CourseRole, Unit
from demo.site.seed import COURSE_KEY, seed

pytestmark = pytest.mark.django_db

NEW_KEY = CourseKey.from_string("course-v1:DemoX+Zoom+rerun2")


@pytest.fixture
def author():
    """The author's browser, in a course with a published and changed component."""
    seed()
    unit = Unit.objects.get(key=COURSE_KEY.make_usage_key("vertical", "live-session"))
    row = courseware.create_block(unit, "zoom", fields={"display_name": "Algebra"}, name="algebra")
    courseware.publish_unit(unit)
    Block.objects.filter(pk=row.pk).update(draft={"display_name": "Algebra II"})
    client = Client()
    client.force_login(get_user_model().objects.get(username="author"))
    return client


def test_a_rerun_has_the_same_blocks_under_its_own_key_and_no_learners(author):
    answer = author.post("/studio/rerun", follow=True)
    assert "Algebra II" in answer.content.decode()
    copy = Block.objects.get(key=NEW_KEY.make_usage_key("zoom", "algebra"))
    assert (copy.draft, copy.published) == ({"display_name": "Algebra II"}, {"display_name": "Algebra"})
    assert Block.objects.filter(key=COURSE_KEY.make_usage_key("zoom", "algebra")).exists()
    made = Course.objects.get(key=NEW_KEY)
    assert made.enrollments.count() == 0
    assert made.roles.filter(role=CourseRole.STAFF).count() == 1


def test_studio_and_course_go_on_in_the_run_that_was_chosen(author):
    author.post("/studio/rerun")
    assert str(NEW_KEY) in author.get("/studio/").content.decode()
    assert "Algebra" in author.get("/course/live-session/").content.decode()
    author.post("/studio/course", {"course": str(COURSE_KEY)})
    page = author.get("/studio/").content.decode()
    assert f'href="/zoom/courses/{COURSE_KEY}/"' in page
    unit = Unit.objects.get(key=NEW_KEY.make_usage_key("vertical", "live-session"))
    assert author.post(f"/studio/unit/{unit.key}/publish").status_code == 404
    assert author.post("/studio/course", {"course": "course-v1:DemoX+None+1"}).status_code == 404


def test_an_address_of_a_block_leads_into_its_course(author):
    author.post("/studio/rerun")
    author.post("/studio/course", {"course": str(COURSE_KEY)})
    key = NEW_KEY.make_usage_key("zoom", "algebra")
    assert author.get(f"/courses/{NEW_KEY}/jump_to/{key}", follow=True).status_code == 200
    assert f"/zoom/courses/{NEW_KEY}/" in author.get("/course/live-session/").content.decode()


def test_the_way_to_the_courses_sessions_is_shown_to_staff_only(author):
    assert f'href="/zoom/courses/{COURSE_KEY}/"' in author.get("/course/live-session/").content.decode()
    learner = Client()
    learner.force_login(get_user_model().objects.get(username="learner1"))
    assert "/zoom/courses/" not in learner.get("/course/live-session/").content.decode()


def test_limited_staff_teaches_and_has_no_studio(author):
    user = get_user_model().objects.get(username="learner3")
    CourseRole.objects.create(user=user, course=Course.objects.get(key=COURSE_KEY), role=CourseRole.LIMITED)
    client = Client()
    client.force_login(user)
    assert client.get("/studio/").status_code == 403
    assert "View this course as" in client.get("/course/live-session/").content.decode()
