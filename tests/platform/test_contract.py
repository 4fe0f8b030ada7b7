"""
The contract of the door, part one: people and blocks. Each test runs over Open edX's door and over the demo's.

Where the two would differ, one of them is wrong; which of them the platform's own manners decide.
"""

from __future__ import annotations

import crum
import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError
from opaque_keys.edx.keys import CourseKey

from demo.site import courseware
from demo.site.models import CourseRole, Enrollment
from zoom_xblock.block import ZoomXBlock
from zoom_xblock.platform import PlatformError

pytestmark = pytest.mark.django_db

NOBODY = 10**6


# -- people ----------------------------------------------------------------------------------------------------------
def test_a_person_has_an_address_and_the_name_she_calls_herself(world, door):
    learner = world.site.learner1
    world.call_herself(learner, "Lena the First")
    person = door.person(learner.pk)
    assert (person.user_id, person.username, person.email) == (learner.pk, "learner1", "learner1@example.edu")
    assert person.name == "Lena the First"
    assert person.is_active


def test_a_person_without_a_profile_is_called_as_her_account_and_never_nothing(world, door):
    """Accounts that a script made have no profile; some have no name at all."""
    learner = world.site.learner1
    world.call_herself(learner, None)
    get_user_model().objects.filter(pk=learner.pk).update(first_name="", last_name="")
    assert door.person(learner.pk).name == "learner1"
    get_user_model().objects.filter(pk=learner.pk).update(first_name="Lena", last_name="One")
    assert door.person(learner.pk).name == "Lena One"


def test_an_account_that_is_not_active_is_a_person_and_says_so(world, door):
    get_user_model().objects.filter(pk=world.site.learner1.pk).update(is_active=False)
    assert door.person(world.site.learner1.pk).is_active is False


def test_nobody_is_none_and_has_no_place_and_no_rights(world, door):
    assert door.person(NOBODY) is None
    assert door.is_enrolled(NOBODY, world.course_key) is False
    assert door.enrolled_among([NOBODY], world.course_key) == set()
    assert door.is_course_staff(NOBODY, world.course_key) is False
    assert door.can_author(NOBODY, world.course_key) is False
    assert door.user_id_of("no such id") is None
    assert door.user_id_of("") is None


def test_whom_a_blocks_anonymous_id_means_is_known(world, door):
    assert door.user_id_of(world.anonymous_id(world.site.learner2)) == world.site.learner2.pk


def test_only_an_active_enrolment_counts(world, door):
    learner, author = world.site.learner1.pk, world.site.author.pk
    Enrollment.objects.filter(user=world.site.learner2).update(is_active=False)
    assert door.is_enrolled(learner, world.course_key) is True
    assert door.is_enrolled(author, world.course_key) is False
    assert door.is_enrolled(world.site.learner2.pk, world.course_key) is False
    assert door.is_enrolled(learner, CourseKey.from_string("course-v1:DemoX+Other+2026")) is False
    asked = [learner, author, world.site.learner2.pk]
    assert door.enrolled_among(asked, world.course_key) == {learner}


def test_a_full_lecture_hall_is_asked_for_in_few_queries(world, door, django_assert_max_num_queries):
    made = get_user_model().objects.bulk_create(get_user_model()(username=f"student{number}") for number in range(1001))
    ids = [user.pk for user in get_user_model().objects.filter(username__in=[user.username for user in made])]
    course = world.unit.course
    Enrollment.objects.bulk_create(Enrollment(user_id=pk, course=course, is_active=pk % 3 > 0) for pk in ids)
    with django_assert_max_num_queries(3):
        enrolled = door.enrolled_among(ids, world.course_key)
    assert enrolled == {pk for pk in ids if pk % 3 > 0}
    with django_assert_max_num_queries(0):
        assert door.enrolled_among([], world.course_key) == set()


@pytest.mark.parametrize(
    ("who", "teaches"), [("admin", True), ("author", True), ("instructor", True), ("beta", False), ("learner1", False)]
)
def test_who_teaches_may_author_and_nobody_else(world, door, who, teaches):
    names = {"instructor": CourseRole.INSTRUCTOR, "beta": CourseRole.BETA}
    user = getattr(world.site, who, world.site.learner3)
    if who in names:
        CourseRole.objects.create(user=user, course=world.unit.course, role=names[who])
    assert door.is_course_staff(user.pk, world.course_key) is teaches
    assert door.can_author(user.pk, world.course_key) is teaches
    with world.in_studio():
        assert door.is_course_staff(user.pk, world.course_key) is teaches
        assert door.can_author(user.pk, world.course_key) is teaches


def test_a_superuser_who_is_not_staff_is_nobody_special(world, door):
    """The platform's global staff is one flag of the account, and this is not it."""
    get_user_model().objects.filter(pk=world.site.learner3.pk).update(is_superuser=True)
    assert door.is_course_staff(world.site.learner3.pk, world.course_key) is False
    assert door.can_author(world.site.learner3.pk, world.course_key) is False


@pytest.mark.parametrize("who", ["author", "admin"])
def test_an_account_that_is_not_active_authors_nothing(world, door, who):
    user = getattr(world.site, who)
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)
    assert door.can_author(user.pk, world.course_key) is False


def test_limited_staff_teaches_and_may_not_author_whichever_service_asks(openedx):
    """The platform answers otherwise in the LMS, for pages of its own; only Studio's answer is the true one."""
    CourseRole.objects.create(user=openedx.site.learner3, course=openedx.unit.course, role="limited_staff")
    assert openedx.door.is_course_staff(openedx.site.learner3.pk, openedx.course_key) is True
    assert openedx.door.can_author(openedx.site.learner3.pk, openedx.course_key) is False
    with openedx.in_studio():
        assert openedx.door.can_author(openedx.site.learner3.pk, openedx.course_key) is False


# -- looking as somebody else ----------------------------------------------------------------------------------------
def test_looking_as_any_learner_lays_staff_rights_down(world, door):
    author = world.site.author.pk
    with world.looking_as(world.site.author, "student"):
        assert door.is_masquerading(author, world.course_key) is True
        assert door.is_course_staff(author, world.course_key) is False
        assert door.can_author(author, world.course_key) is True


@pytest.mark.parametrize("bound", [False, True], ids=["in a handler", "on a page"])
def test_looking_as_one_learner_is_seen_from_both_sides(world, door, bound):
    """On a page the request's user is the learner; in a handler it is the one who looks. Neither may be misled."""
    with world.looking_as(world.site.author, "student", "learner1", bound=bound):
        for user in (world.site.author, world.site.learner1):
            assert door.is_masquerading(user.pk, world.course_key) is True
            assert door.is_course_staff(user.pk, world.course_key) is False


def test_while_somebody_looks_as_another_nobody_elses_things_are_revealed_either(world, door):
    with world.looking_as(world.site.author, "student", "learner1"):
        assert door.is_masquerading(world.site.learner2.pk, world.course_key) is True


def test_looking_as_staff_is_being_oneself(world, door):
    with world.looking_as(world.site.author, "staff"):
        assert door.is_masquerading(world.site.author.pk, world.course_key) is False
        assert door.is_course_staff(world.site.author.pk, world.course_key) is True


def test_a_masquerade_is_one_of_its_course(world, door):
    with world.looking_as(world.site.author, "student"):
        other = CourseKey.from_string("course-v1:DemoX+Other+2026")
        assert door.is_masquerading(world.site.author.pk, other) is False


def test_nobody_looks_as_anybody_outside_a_request(world, door):
    assert crum.get_current_request() is None
    assert door.is_masquerading(world.site.author.pk, world.course_key) is False
    assert door.is_course_staff(world.site.author.pk, world.course_key) is True


def test_in_studio_nobody_looks_as_anybody(world, door):
    with world.in_studio():
        assert door.service == "studio"
        assert door.is_masquerading(world.site.author.pk, world.course_key) is False
    assert door.service == "lms"


# -- blocks ----------------------------------------------------------------------------------------------------------
def test_published_wishes_are_what_learners_see_with_defaults(world, door):
    row = world.make_block(required_minutes=30, starts_at="2026-12-01T09:30:00Z")
    world.set_draft(row, required_minutes=5)
    wishes = door.published_wishes(row.key)
    assert wishes.usage_key == row.key
    assert wishes.fields["required_minutes"] == 30
    assert wishes.fields["starts_at"].isoformat() == "2026-12-01T09:30:00+00:00"
    assert wishes.fields["kind"] == "meeting"
    assert set(wishes.fields) == set(ZoomXBlock.wishes)


@pytest.mark.parametrize("branch", ["draft-branch", "published-branch"])
def test_a_key_that_carries_a_branch_means_the_published_block_all_the_same(world, door, branch):
    row = world.make_block(required_minutes=30)
    world.set_draft(row, required_minutes=5)
    wishes = door.published_wishes(row.key.for_branch(branch))
    assert (wishes.usage_key, wishes.fields["required_minutes"]) == (row.key, 30)


def test_in_studio_too_published_means_published(world, door):
    row = world.make_block(required_minutes=30)
    world.set_draft(row, required_minutes=5)
    with world.in_studio():
        assert door.published_wishes(row.key).fields["required_minutes"] == 30
        assert [block.fields["required_minutes"] for block in door.published_blocks(world.course_key)] == [30]


def test_a_deleted_block_is_published_until_its_unit_is(world, door):
    row = world.make_block()
    courseware.delete_block(row)
    assert door.published_wishes(row.key) is not None
    assert [block.usage_key for block in door.published_blocks(world.course_key)] == [row.key]
    courseware.publish_unit(world.unit)
    assert door.published_wishes(row.key) is None
    assert door.published_blocks(world.course_key) == []


def test_what_is_for_the_course_team_only_is_said_to_be(world, door):
    open_row, hidden = world.make_block("algebra"), world.make_block("geometry", visible_to_staff_only=True)
    assert door.published_wishes(open_row.key).is_hidden is False
    assert door.published_wishes(hidden.key).is_hidden is True
    found = {block.usage_key: block.is_hidden for block in door.published_blocks(world.course_key)}
    assert found == {open_row.key: False, hidden.key: True}


def test_what_was_never_published_or_never_was_is_none(world, door):
    draft = world.make_block(published=False)
    assert door.published_wishes(draft.key) is None
    assert door.published_wishes(world.course_key.make_usage_key("zoom", "none")) is None
    assert door.published_blocks(world.course_key) == []


def test_a_course_that_is_gone_has_no_blocks_and_is_no_error(world, door):
    """Its deletion, too, must be noted: a job that raises would come back for ever."""
    gone = CourseKey.from_string("course-v1:DemoX+Gone+2026")
    assert door.published_blocks(gone) == []
    assert door.published_wishes(gone.make_usage_key("zoom", "algebra")) is None


def test_all_zoom_blocks_of_the_course_are_found_and_no_others(world, door):
    keys = {world.make_block(name).key for name in ("algebra", "geometry")}
    courseware.create_block(world.unit, "html", name="text")
    world.make_block("draft", published=False)
    assert {block.usage_key for block in door.published_blocks(world.course_key)} == keys
    assert {block.usage_key for block in door.published_blocks(world.course_key.for_branch("draft-branch"))} == keys


def test_addresses_are_absolute_and_plain_without_a_request(world, door):
    key = world.make_block().key
    assert crum.get_current_request() is None
    for asked in (key, key.for_branch("draft-branch")):
        learner, author = door.learner_url(asked), door.studio_url(asked)
        assert learner.startswith(("http://", "https://"))
        assert learner.endswith(f"/courses/{world.course_key}/jump_to/{key}")
        assert author.startswith(("http://", "https://"))
        assert "branch" not in author


def test_studios_address_is_known_to_the_lms_too(openedx):
    """The LMS has no CMS_ROOT_URL, only Studio's host; the scheme is its own."""
    key = openedx.make_block().key
    assert openedx.door.studio_url(key) == f"https://studio.example.edu/course/{openedx.course_key}"
    openedx.settings.CMS_ROOT_URL = "http://studio.local:8001/"
    assert openedx.door.studio_url(key) == f"http://studio.local:8001/course/{openedx.course_key}"


# -- what a host may throw ------------------------------------------------------------------------------------------
def test_what_the_host_throws_is_a_platform_error(world, door):
    world.break_enrolments(KeyError("something of the platform's"))
    with pytest.raises(PlatformError) as caught:
        door.is_enrolled(world.site.learner1.pk, world.course_key)
    assert caught.value.retry
    assert isinstance(caught.value.__cause__, KeyError)
    assert world.site.learner1.email not in str(caught.value)


def test_errors_of_the_database_stay_what_they_are(world, door):
    """Whoever owns the transaction must know that it is lost."""
    world.break_enrolments(OperationalError("deadlock"))
    with pytest.raises(OperationalError):
        door.is_enrolled(world.site.learner1.pk, world.course_key)
