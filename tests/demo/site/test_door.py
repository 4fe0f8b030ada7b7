"""The demo's door: what it answers, and what it does when the site cannot."""

import uuid
from types import SimpleNamespace

import pytest
from celery import current_app
from completion.models import BlockCompletion
from crum import set_current_request
from django.contrib.auth.models import User
from django.db import transaction
from django.test import RequestFactory
from kombu.exceptions import OperationalError
from waffle.models import Switch

from demo.site import people
from demo.site.door import DemoPlatform
from demo.site.models import Block, CourseRole, Enrollment
from demo.site.seed import COMPLETION_SWITCH
from zoom_xblock.platform.base import CompletionOff, PlatformError


@pytest.fixture
def door():
    return DemoPlatform()


@pytest.fixture
def users(course):
    return {user.username: user for user in User.objects.all()}


@pytest.fixture
def request_of():
    """`request_of(user, path)`: what crum takes for the current request."""

    def make(user, path="/course/live-session/"):
        request = RequestFactory().get(path)
        request.user, request.session = user, {}
        set_current_request(request)
        return request

    yield make
    set_current_request(None)


def test_person_has_an_address_and_a_name(door, users):
    person = door.person(users["learner1"].pk)
    assert (person.email, person.name, person.username) == ("learner1@example.edu", "Lena One", "learner1")
    assert door.person(10**6) is None


def test_enrolment_counts_while_it_is_active(door, users, course):
    learner = users["learner1"].pk
    assert door.is_enrolled(learner, course)
    assert not door.is_enrolled(users["author"].pk, course)
    assert door.enrolled_among([user.pk for user in users.values()], course) >= {learner, users["learner2"].pk}
    assert door.enrolled_among([users["author"].pk], course) == set()
    Enrollment.objects.filter(user_id=learner).update(is_active=False)
    assert not door.is_enrolled(learner, course)


@pytest.mark.parametrize(
    ("name", "teaches"), [("admin", True), ("author", True), ("learner1", False)], ids=lambda value: str(value)
)
def test_who_teaches_may_author(door, users, course, name, teaches):
    assert door.is_course_staff(users[name].pk, course) is teaches
    assert door.can_author(users[name].pk, course) is teaches


def test_beta_tester_and_stranger_neither_teach_nor_author(door, users, course, unit):
    CourseRole.objects.create(user=users["learner2"], course=unit.course, role=CourseRole.BETA)
    for user_id in (users["learner2"].pk, 10**6):
        assert not door.is_course_staff(user_id, course)
        assert not door.can_author(user_id, course)


def test_masquerade_takes_staff_rights_away_and_is_seen_for_both_users(door, users, course, request_of):
    author, learner = users["author"].pk, users["learner1"].pk
    request = request_of(users["author"])
    people.view_as(request, course, username="learner1")
    people.setup_masquerade(request, course)
    assert door.is_masquerading(author, course)
    assert door.is_masquerading(learner, course)
    assert door.is_masquerading(users["learner2"].pk, course)  # such a request reveals nothing of anybody
    assert not door.is_course_staff(author, course)
    assert door.can_author(author, course)


def test_looking_as_any_learner_is_a_masquerade_as_well(door, users, course, request_of):
    request = request_of(users["author"])
    people.view_as(request, course, role="learner")
    people.setup_masquerade(request, course)
    assert door.is_masquerading(users["author"].pk, course)
    assert not door.is_course_staff(users["author"].pk, course)


def test_plugins_own_view_knows_no_masquerade(door, users, course, request_of):
    """Only course pages and handlers set it up; a plugin has to keep things from staff by other means."""
    request = request_of(users["author"], "/zoom/somewhere")
    people.view_as(request, course, username="learner1")
    assert not door.is_masquerading(users["author"].pk, course)


@pytest.mark.parametrize(("path", "service"), [("/studio/", "studio"), ("/course/", "lms"), ("/zoom/end", "lms")])
def test_path_says_which_service_asks(door, users, request_of, path, service):
    request_of(users["author"], path)
    assert door.service == service


def test_worker_is_the_lms(door):
    assert door.service == "lms"


def test_wishes_are_those_of_the_published_copy_with_defaults(door, stub):
    Block.objects.filter(pk=stub.pk).update(draft={"minutes": 30})
    wishes = door.published_wishes(stub.key.for_branch("draft-branch"))
    assert wishes.usage_key == stub.key
    assert wishes.fields["minutes"] == 7
    assert wishes.fields["display_name"] == "Stub"
    assert "visits" not in wishes.fields


def test_wishes_outlive_a_deleted_draft_and_end_with_the_published_copy(door, stub):
    Block.objects.filter(pk=stub.pk).update(draft=None)
    assert door.published_wishes(stub.key) is not None
    Block.objects.filter(pk=stub.pk).update(draft={}, published=None)
    assert door.published_wishes(stub.key) is None
    assert door.published_wishes(stub.key.course_key.make_usage_key("stub", "none")) is None


def test_addresses_are_absolute_and_lead_there(door, stub, visit, settings):
    settings.DEMO_SITE_URL = "http://site.example"
    learner, author = door.learner_url(stub.key), door.studio_url(stub.key)
    assert learner.startswith("http://site.example/courses/course-v1:DemoX+Zoom+2026/jump_to/")
    assert visit("learner1").get(learner.removeprefix("http://site.example"), follow=True).status_code == 200
    assert author == "http://site.example/studio/#stub"


def test_completing_writes_a_real_row_once(door, users, stub, django_assert_num_queries):
    learner = users["learner1"].pk
    door.complete(learner, stub.key.for_branch("draft-branch"))
    door.complete(learner, stub.key)
    assert BlockCompletion.objects.get().completion == 1.0
    with django_assert_num_queries(1):
        assert door.completions(stub.key, [learner, users["learner2"].pk]) == {learner: 1.0}


def test_completion_that_is_off_is_an_error_of_its_own(door, users, stub):
    Switch.objects.update_or_create(name=COMPLETION_SWITCH, defaults={"active": False})
    with pytest.raises(CompletionOff):
        door.complete(users["learner1"].pk, stub.key)


def test_completing_nobody_is_a_platform_error(door, stub):
    with pytest.raises(PlatformError):
        door.complete(10**6, stub.key)


DONE = []


@current_app.task(name="tests.remember")
def remember(*args):
    """A job."""
    DONE.append(list(args))


@pytest.fixture
def tasks(monkeypatch):
    """What takes the place of `zoom_xblock.tasks`: one job, `remember`."""
    DONE.clear()
    module = SimpleNamespace(remember=remember, done=DONE)
    monkeypatch.setattr("demo.site.door.import_module", lambda name: {"zoom_xblock.tasks": module}[name])
    return module


def test_job_is_sent_after_commit_and_survives_json(door, jobs, tasks, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        door.later("remember", 1, "two")
        assert jobs.taken() == []
    assert [job.args for job in jobs.run()] == [[1, "two"]]
    assert tasks.done == [[1, "two"]]


def test_job_of_a_transaction_that_fails_is_never_sent(door, jobs, tasks, transactional_db):
    def fail():
        with transaction.atomic():
            door.later("remember", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert jobs.taken() == []


@pytest.mark.django_db(transaction=True)
def test_delay_is_given_to_the_worker(door, jobs, tasks):
    door.later("remember", 1, countdown_seconds=30)
    assert jobs.taken()[0].eta


@pytest.mark.django_db(transaction=True)
def test_jobs_may_be_delivered_twice(door, jobs, tasks, settings):
    settings.DEMO_JOBS_TWICE = True
    door.later("remember", 1)
    jobs.run()
    assert tasks.done == [[1], [1]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trouble", [OperationalError("away"), OSError("disk full")], ids=["broker", "disk"])
def test_broker_that_is_away_is_logged_and_forgotten(door, tasks, monkeypatch, caplog, trouble):
    def refuse(**_options):
        raise trouble

    monkeypatch.setattr(tasks.remember, "apply_async", refuse)
    door.later("remember", 1)
    assert "did not take remember" in caplog.text


def test_argument_that_json_does_not_know_is_refused_at_once(door, tasks):
    with pytest.raises(TypeError):
        door.later("remember", uuid.uuid4())
