"""
The contract of the door, part three: who learns in a course, and who is there without learning.

Each test runs over Open edX's door and over the demo's.
"""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from opaque_keys.edx.keys import CourseKey

from demo.site.models import CourseRole, Enrollment, Preference

pytestmark = pytest.mark.django_db

NOBODY = 10**6


def enrol(world, user, *, is_active=True):
    """A place in the course."""
    Enrollment.objects.update_or_create(user=user, course=world.unit.course, defaults={"is_active": is_active})
    return user.pk


def crowd(world, count):
    """So many people with a place in the course; their ids."""
    users = get_user_model().objects
    users.bulk_create(get_user_model()(username=f"crowd{number:04}", is_active=True) for number in range(count))
    ids = list(users.filter(username__startswith="crowd").order_by("pk").values_list("pk", flat=True))
    Enrollment.objects.bulk_create(Enrollment(user_id=pk, course=world.unit.course) for pk in ids)
    return ids


def names(persons):
    """User names, in their order."""
    return [person.username for person in persons]


# -- many people at once ---------------------------------------------------------------------------------------------
def test_people_are_who_person_says_they_are_and_nobody_is_left_out_of_it(world, door):
    world.call_herself(world.site.learner1, "Lena the First")
    asked = [world.site.learner1.pk, world.site.learner2.pk, NOBODY, world.site.learner1.pk]
    found = door.people(asked)
    assert found == {pk: door.person(pk) for pk in asked[:2]}
    assert found[world.site.learner1.pk].name == "Lena the First"
    assert door.people([]) == {}


def test_a_thousand_people_are_asked_for_in_few_queries(world, door, django_assert_max_num_queries):
    ids = crowd(world, 1000)
    with django_assert_max_num_queries(4):
        assert set(door.people(ids)) == set(ids)
    with django_assert_max_num_queries(20):
        assert door.learners_among(ids, world.course_key) == set(ids)
    with django_assert_max_num_queries(10):
        assert len(door.learners(world.course_key, limit=1000)) == 1000
    with django_assert_max_num_queries(1):
        assert door.learner_count(world.course_key) == 1003
    with django_assert_max_num_queries(0):
        assert door.learners_among([], world.course_key) == set()


# -- who learns ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["staff", "instructor", "limited_staff", "beta_testers"])
def test_the_team_and_beta_testers_do_not_count_though_they_enrolled(world, door, role):
    held = world.site.learner3
    CourseRole.objects.create(user=held, course=world.unit.course, role=role)
    learners = {world.site.learner1.pk, world.site.learner2.pk}
    assert door.learners_among([*learners, held.pk], world.course_key) == learners
    assert {person.user_id for person in door.learners(world.course_key)} == learners
    assert door.learners(world.course_key, search="learner3") == []
    assert door.learner_count(world.course_key) == 3


def test_global_staff_does_not_count_either(world, door):
    admin = enrol(world, world.site.admin)
    assert door.learners_among([admin], world.course_key) == set()
    assert "admin" not in names(door.learners(world.course_key))


def test_a_role_in_another_course_is_none_here(world, door):
    other = type(world.unit.course).objects.create(key=CourseKey.from_string("course-v1:DemoX+Other+2026"), title="")
    CourseRole.objects.create(user=world.site.learner1, course=other, role="staff")
    assert door.learners_among([world.site.learner1.pk], world.course_key) == {world.site.learner1.pk}
    assert door.learners(other.key) == []
    assert door.learner_count(other.key) == 0


def test_whoever_left_or_never_came_does_not_learn(world, door):
    left = enrol(world, world.site.learner1, is_active=False)
    assert door.learners_among([left, world.site.author.pk, NOBODY], world.course_key) == set()
    assert "learner1" not in names(door.learners(world.course_key))
    assert door.learner_count(world.course_key) == 2


def test_a_key_with_a_branch_is_the_same_course(world, door):
    branched = world.course_key.for_branch("draft-branch")
    held = world.site.learner3
    CourseRole.objects.create(user=held, course=world.unit.course, role="beta_testers")
    assert door.learners_among([world.site.learner1.pk, held.pk], branched) == {world.site.learner1.pk}
    assert names(door.learners(branched)) == ["learner1", "learner2"]
    assert door.learner_count(branched) == 3


def test_an_organisations_staff_does_not_count(openedx):
    from common.djangoapps.student.roles import ORGANISATIONS

    held = openedx.site.learner3
    for role in ("staff", "instructor"):
        ORGANISATIONS[role, "DemoX"] = {held.pk}
        assert openedx.door.learners_among([held.pk], openedx.course_key) == set()
        ORGANISATIONS.clear()
    ORGANISATIONS["staff", "OtherX"] = {held.pk}
    assert openedx.door.learners_among([held.pk], openedx.course_key) == {held.pk}


def test_where_the_platform_cannot_list_an_organisations_staff_the_others_are_still_known(openedx, monkeypatch):
    """The new authorisation of Verawood breaks there: its list wants a name that these two roles do not have."""
    from common.djangoapps.student import roles

    monkeypatch.setattr(roles.OrgRole, "users_with_role", openedx.broken(AttributeError("ROLE")))
    CourseRole.objects.create(user=openedx.site.learner3, course=openedx.unit.course, role="staff")
    asked = [openedx.site.learner1.pk, openedx.site.learner3.pk]
    assert openedx.door.learners_among(asked, openedx.course_key) == {openedx.site.learner1.pk}


# -- page by page, and searched --------------------------------------------------------------------------------------
def test_pages_follow_each_other_without_a_gap_or_a_repetition(world, door):
    ids = sorted([*crowd(world, 25), *(getattr(world.site, f"learner{number}").pk for number in (1, 2, 3))])
    seen, after = [], 0
    while page := door.learners(world.course_key, after_user_id=after, limit=10):
        assert len(page) <= 10
        seen += [person.user_id for person in page]
        after = seen[-1]
    assert seen == ids


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("LEARNER2", ["learner2"]),
        ("two@exa", []),
        ("learner2@exa", ["learner2"]),
        ("Zoë Ω", ["learner2"]),
        ("  Zoë  ", ["learner2"]),
        ("%", ["learner3"]),
        ("learner_", []),
        ("under_score", ["learner3"]),
        ("underXscore", []),
        ("100%", ["learner3"]),
        ("\\", []),
        ("' OR 1=1 --", []),
        ("learner2\x00", ["learner2"]),
        ("\ud800", ["learner1", "learner2", "learner3"]),
        ("😀" * 300, []),
        ("", ["learner1", "learner2", "learner3"]),
        ("   ", ["learner1", "learner2", "learner3"]),
    ],
)
def test_a_search_finds_parts_of_names_and_addresses_and_nothing_else(world, door, text, found):
    world.call_herself(world.site.learner2, "Zoë Ωmega")
    world.call_herself(world.site.learner3, "under_score 100%")
    assert names(door.learners(world.course_key, search=text)) == found


def test_a_search_keeps_to_its_page(world, door):
    ids = crowd(world, 12)
    found = door.learners(world.course_key, search="crowd", after_user_id=ids[3], limit=5)
    assert [person.user_id for person in found] == ids[4:9]


# -- what she chose --------------------------------------------------------------------------------------------------
def test_the_time_zone_is_the_one_of_her_account_or_none(world, door):
    learner = world.site.learner1
    assert door.time_zone_of(learner.pk) == ""
    assert door.time_zone_of(NOBODY) == ""
    Preference.objects.create(user=learner, key="pref-lang", value="es-419")
    Preference.objects.create(user=learner, key="time_zone", value="America/Bogota")
    assert door.time_zone_of(learner.pk) == "America/Bogota"
    assert door.time_zone_of(world.site.learner2.pk) == ""
