"""The contract of the door, part two: completions, grades, signals and jobs, over both doors."""

from __future__ import annotations

import json
import logging

import pytest
from celery import current_app
from completion.models import BlockCompletion
from django.db import OperationalError, transaction
from edx_django_utils.cache import RequestCache
from kombu import exceptions as kombu
from redis import exceptions as redis
from waffle.models import Switch

from demo.site import courseware
from demo.site.seed import COMPLETION_SWITCH
from demo.site.testing import jobs_in_memory
from tests.platform.conftest import COMPLETED
from zoom_xblock import signals
from zoom_xblock.platform import CompletionOff, PlatformError
from zoom_xblock.services import people

pytestmark = pytest.mark.django_db

NOBODY = 10**6


# -- completions -----------------------------------------------------------------------------------------------------
def test_completing_writes_a_real_row_and_tells_of_it_in_its_course(world, door):
    """In a worker no request says where an event belongs; without its course it is lost to reports."""
    key, learner = world.make_block().key, world.site.learner1.pk
    door.complete(learner, key)
    row = BlockCompletion.objects.get()
    assert (row.user_id, row.context_key, row.block_key, row.completion) == (learner, world.course_key, key, 1.0)
    assert row.block_type == "zoom"
    (event,) = world.events(COMPLETED)
    assert event["event"]["user_id"] == learner
    assert event["context"]["course_id"] == str(world.course_key)
    assert event["context"]["org_id"] == "DemoX"


def test_completing_twice_leaves_one_row(world, door):
    key = world.make_block().key
    door.complete(world.site.learner1.pk, key.for_branch("draft-branch"))
    door.complete(world.site.learner1.pk, key)
    assert BlockCompletion.objects.count() == 1
    assert {event["event"]["block_id"] for event in world.events(COMPLETED)} == {str(key)}


def test_completions_are_known_by_learner(world, door, django_assert_max_num_queries):
    key = world.make_block().key
    learners = [world.site.learner1.pk, world.site.learner2.pk]
    assert door.completions(key, learners) == {}
    door.complete(learners[0], key)
    BlockCompletion.objects.create(
        user=world.site.learner2, context_key=world.course_key, block_key=key, block_type="zoom", completion=0.25
    )
    crowd = [*range(NOBODY, NOBODY + 1000), *learners]
    with django_assert_max_num_queries(3):
        assert door.completions(key.for_branch("draft-branch"), crowd) == {learners[0]: 1.0, learners[1]: 0.25}
    assert door.completions(key, learners[:1]) == {learners[0]: 1.0}


def test_completion_switched_off_is_an_error_of_its_own_and_writes_nothing(world, door):
    key = world.make_block().key
    Switch.objects.filter(name=COMPLETION_SWITCH).update(active=False)
    with pytest.raises(CompletionOff):
        door.complete(world.site.learner1.pk, key)
    with pytest.raises(CompletionOff):
        door.complete(NOBODY, key)
    assert not BlockCompletion.objects.exists()
    Switch.objects.get(name=COMPLETION_SWITCH).delete()  # a new platform has none
    RequestCache.clear_all_namespaces()
    with pytest.raises(CompletionOff):
        door.complete(world.site.learner1.pk, key)


def test_an_account_that_is_gone_is_a_platform_error(world, door):
    with pytest.raises(PlatformError) as caught:
        door.complete(NOBODY, world.make_block().key)
    assert not isinstance(caught.value, CompletionOff)


def test_what_edx_completion_throws_is_a_platform_error_and_its_database_errors_pass(world, door, monkeypatch):
    """The switch may be turned off between the question and the write."""
    key, manager = world.make_block().key, type(BlockCompletion.objects)
    for thrown, expected in ((RuntimeError("off"), PlatformError), (OperationalError("deadlock"), OperationalError)):
        monkeypatch.setattr(manager, "submit_completion", world.broken(thrown))
        with pytest.raises(expected):
            door.complete(world.site.learner1.pk, key)


# -- grades ----------------------------------------------------------------------------------------------------------
def test_a_score_reaches_the_gradebook_and_is_told_of_in_its_course(world, door):
    key, learner = world.make_block(has_score=True).key, world.site.learner1.pk
    assert door.grade(key, {learner: (0.7, 1.0)}) == {learner}
    assert world.scores(key) == {learner: (0.7, 1.0)}
    assert [user for user, _transaction in world.told()] == [learner]
    (event,) = world.events("edx.grades.problem.submitted")
    assert event["context"]["course_id"] == str(world.course_key)
    assert event["event"]["problem_id"] == str(key)
    assert (event["event"]["weighted_earned"], event["event"]["weighted_possible"]) == (0.7, 1.0)


def test_an_equal_score_is_not_told_again_and_another_is(world, door):
    key, learner = world.make_block(has_score=True).key, world.site.learner1.pk
    door.grade(key, {learner: (0.5, 1.0)})
    assert door.grade(key.for_branch("draft-branch"), {learner: (0.5, 1.0)}) == {learner}
    assert len(world.told()) == 1
    assert door.grade(key, {learner: (0.25, 1.0)}) == {learner}
    assert world.scores(key) == {learner: (0.25, 1.0)}
    assert len(world.told()) == 2


def test_each_learner_is_told_of_in_a_transaction_of_her_own(world, door):
    """The platform tells of the first score of a transaction only."""
    key = world.make_block(has_score=True).key
    learners = [world.site.learner1.pk, world.site.learner2.pk, world.site.learner3.pk]
    assert door.grade(key, dict.fromkeys(learners, (0.5, 1.0))) == set(learners)
    told = world.told()
    assert [user for user, _transaction in told] == learners
    assert len({transaction_id for _user, transaction_id in told}) == 3


def test_whoever_is_gone_is_left_out_and_the_others_are_not(world, door):
    key, learner = world.make_block(has_score=True).key, world.site.learner1.pk
    assert door.grade(key, {NOBODY: (1.0, 1.0), learner: (1.0, 1.0)}) == {learner}
    assert world.scores(key) == {learner: (1.0, 1.0)}


def test_frozen_grades_are_left_alone_and_stay_owed(world, door):
    key = world.make_block(has_score=True).key
    world.freeze_grades()
    assert door.grade(key, {world.site.learner1.pk: (1.0, 1.0)}) == set()
    assert world.scores(key) == {}
    assert world.told() == []


def test_a_block_that_is_not_published_grades_nobody(world, door):
    key = world.make_block(published=False, has_score=True).key
    assert door.grade(key, {world.site.learner1.pk: (1.0, 1.0)}) == set()
    assert door.grade(world.course_key.make_usage_key("zoom", "none"), {world.site.learner1.pk: (1.0, 1.0)}) == set()
    assert world.told() == []


def test_studio_grades_nobody(world, door):
    """There the gradebook's own modules would connect handlers, and send tasks to the wrong workers."""
    key = world.make_block(has_score=True).key
    with world.in_studio():
        assert door.grade(key, {world.site.learner1.pk: (1.0, 1.0)}) == set()
    assert world.told() == []


def test_nobody_to_grade_is_nothing_to_do(world, door):
    assert door.grade(world.make_block(has_score=True).key, {}) == set()


def test_a_score_that_staff_deletes_is_counted_out_and_told_of_as_no_submission(world, door):
    """The platform leaves that to a block which has a say in the deletion."""
    row, learner = world.make_block(has_score=True, weight=5.0), world.site.learner1
    door.grade(row.key, {learner.pk: (1.0, 1.0)})
    assert not world.counts_without(learner, row.key)
    door.score_deleted(learner.pk, row.key.for_branch("draft-branch"))
    assert world.counts_without(learner, row.key)
    assert len(world.told()) == 1


def test_studio_deletes_no_score(world, door):
    row, learner = world.make_block(has_score=True), world.site.learner1
    door.grade(row.key, {learner.pk: (1.0, 1.0)})
    with world.in_studio():
        door.score_deleted(learner.pk, row.key)
    assert not world.counts_without(learner, row.key)


# -- signals ---------------------------------------------------------------------------------------------------------
def test_a_published_course_and_a_retired_person_reach_the_receivers(world, door):
    heard = []
    world.without_receivers()
    door.connect(
        course_published=lambda sender, course_key, **more: heard.append(course_key),
        person_retired=lambda sender, user, **more: heard.append(user.pk),
    )
    world.publish_course()
    world.retire(world.site.learner1)
    assert heard == [world.course_key, world.site.learner1.pk]


def test_connecting_twice_is_connecting_once(world, door):
    """Apps get ready twice in some commands and in tests."""
    heard = []
    world.without_receivers()
    for _ready in range(2):
        door.connect(
            course_published=lambda sender, course_key, **more: heard.append(course_key),
            person_retired=lambda sender, user, **more: None,
        )
    world.publish_course()
    assert heard == [world.course_key]


def test_a_receiver_of_ours_never_raises_into_the_platform(world, door, monkeypatch, caplog):
    """A retirement is sent plainly: what we raised would stop it for the whole site."""
    world.without_receivers()
    signals.connect()
    monkeypatch.setattr(people, "forget_person", world.broken(KeyError("of ours")))
    monkeypatch.setattr(type(door), "later", world.broken(PlatformError("of ours")))
    world.retire(world.site.learner1)
    world.publish_course()
    assert "person not forgotten" in caplog.text
    assert "course not reconciled" in caplog.text


def test_signals_that_a_platform_does_not_have_are_left_out(site, settings, caplog):
    """Without any platform around, as in a command that starts a half of it, or a release that has dropped one."""
    from zoom_xblock.platform.openedx import OpenEdxPlatform

    with caplog.at_level(logging.INFO, logger="zoom_xblock.platform"):
        OpenEdxPlatform().connect(course_published=signals.course_published, person_retired=signals.person_retired)
    assert caplog.text.count("signal not connected") == 2


def test_one_signal_that_is_missing_does_not_keep_the_other_away(openedx, monkeypatch):
    from xmodule.modulestore.django import SignalHandler

    openedx.without_receivers()
    monkeypatch.delattr(SignalHandler, "course_published")
    heard = []
    openedx.door.connect(course_published=heard.append, person_retired=lambda sender, user, **more: heard.append(user))
    openedx.retire(openedx.site.learner1)
    assert heard == [openedx.site.learner1]


# -- jobs ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def jobs():
    """A broker in memory, and what lies there."""
    with jobs_in_memory() as queue:
        yield queue


@pytest.mark.django_db(transaction=True)
def test_a_job_is_sent_after_the_commit_and_not_before(world, door, jobs):
    with transaction.atomic():
        door.later("decide_meeting", 7)
        assert jobs.taken() == []
    assert [(job.name, job.args) for job in jobs.taken()] == [("zoom_xblock.decide_meeting", [7])]


@pytest.mark.django_db(transaction=True)
def test_a_job_of_a_transaction_that_fails_is_never_sent(world, door, jobs):
    def fail():
        with transaction.atomic():
            door.later("decide_meeting", 7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert jobs.taken() == []


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_a_job_is_sent_at_once_with_its_delay(world, door, jobs):
    door.later("reconcile_course", str(world.course_key))
    door.later("settle_sitting", 7, countdown_seconds=30)
    first, second = jobs.taken()
    assert (first.args, first.eta) == ([str(world.course_key)], None)
    assert second.eta


def test_what_does_not_survive_json_is_refused_at_once(world, door):
    """Not after the commit, where nobody could tell it from a broker that is away."""
    with pytest.raises(TypeError):
        door.later("reconcile_course", world.course_key)


def test_a_job_that_does_not_exist_is_refused_at_once(world, door):
    with pytest.raises(AttributeError):
        door.later("make_coffee", 7)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "trouble",
    [kombu.OperationalError("away"), OSError("disk full"), redis.ConnectionError("away"), RuntimeError("whatever")],
    ids=["broker", "disk", "redis", "else"],
)
def test_a_broker_that_is_away_is_logged_and_lived_with(world, door, monkeypatch, caplog, trouble):
    """The row waits for the sweep; the webhook that brought it must still be answered."""
    from zoom_xblock.tasks import decide_meeting

    monkeypatch.setattr(decide_meeting, "apply_async", world.broken(trouble))
    door.later("decide_meeting", 7)
    assert "job=decide_meeting" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_studio_hands_jobs_to_the_lmss_workers_where_the_site_names_their_queue(world, door, jobs):
    """What is sent to a queue that nobody reads waits for ever; only the site knows what its workers read."""
    world.settings.ZOOM_XBLOCK_LMS_QUEUE = "edx.lms.core.default"
    door.later("decide_meeting", 1)
    with world.in_studio():
        door.later("decide_meeting", 2)
    assert [job.args for job in jobs.taken()] == [[1]]
    assert _read("edx.lms.core.default") == [[2]]
    world.settings.ZOOM_XBLOCK_LMS_QUEUE = None
    with world.in_studio():
        door.later("decide_meeting", 3)
    assert [job.args for job in jobs.taken()] == [[3]]


def _read(name):
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue(name)
        found = []
        while queue.qsize():
            message = queue.get_nowait()
            message.ack()
            found.append(json.loads(message.body)[0])
        return found


# -- and afterwards --------------------------------------------------------------------------------------------------
def test_a_gradebook_that_breaks_is_a_platform_error_and_who_was_told_stays_told(openedx):
    """Asked again, nobody is told twice."""
    from lms.djangoapps.grades.signals.signals import SCORE_PUBLISHED

    key, learners = openedx.make_block().key, [openedx.site.learner1.pk, openedx.site.learner2.pk]

    def breaks(sender, user, **more):
        if user.pk == learners[1]:
            raise KeyError("in somebody's receiver")

    SCORE_PUBLISHED.connect(breaks, weak=False)
    scores = dict.fromkeys(learners, (1.0, 1.0))
    with pytest.raises(PlatformError):
        openedx.door.grade(key, scores)
    SCORE_PUBLISHED.disconnect(breaks)
    assert openedx.door.grade(key, scores) == set(learners)
    assert [user for user, _transaction in openedx.told()].count(learners[0]) == 1


def test_the_stand_ins_are_gone_when_a_test_is_over(request):
    from tests.platform.conftest import platform_modules

    assert platform_modules() == []
    request.getfixturevalue("standins")
    assert "lms.djangoapps.grades.signals.signals" in platform_modules()


def test_publishing_in_the_demo_is_heard_after_the_commit(demo, django_capture_on_commit_callbacks):
    heard = []
    demo.without_receivers()
    demo.door.connect(
        course_published=lambda sender, course_key, **more: heard.append(course_key),
        person_retired=lambda sender, user, **more: None,
    )
    with django_capture_on_commit_callbacks(execute=True):
        courseware.publish_unit(demo.unit)
        assert heard == []
    assert heard == [demo.course_key]
