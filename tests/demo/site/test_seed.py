"""Seeding: everything is there, and a second time nothing changes."""

from io import StringIO

from django.contrib.auth.models import User
from django.core.management import call_command
from django.forms.models import model_to_dict
from waffle.models import Switch

from demo.site.accounts import ACCOUNTS
from demo.site.models import Course, CourseRole, Enrollment, Unit
from demo.site.seed import COMPLETION_SWITCH

MODELS = (User, Course, Enrollment, CourseRole, Unit, Switch)


def everything():
    return [[model_to_dict(row) for row in model.objects.order_by("pk")] for model in MODELS]


def test_seeding_twice_changes_nothing(db):
    call_command("demo_seed")
    before = everything()
    call_command("demo_seed")
    assert everything() == before


def test_what_people_changed_stays(db):
    call_command("demo_seed")
    Switch.objects.filter(name=COMPLETION_SWITCH).update(active=False)
    Enrollment.objects.filter(user__username="learner3").update(is_active=False)
    User.objects.filter(username="learner1").update(email="changed@example.edu")
    before = everything()
    call_command("demo_seed")
    assert everything() == before


def test_accounts_are_who_they_say(db):
    call_command("demo_seed")
    assert set(User.objects.values_list("username", flat=True)) == {account.name for account in ACCOUNTS}
    assert [user.username for user in User.objects.filter(is_superuser=True)] == ["admin"]
    assert [role.user.username for role in CourseRole.objects.filter(role=CourseRole.STAFF)] == ["author"]
    enrolled = Enrollment.objects.order_by("user__username").values_list("user__username", flat=True)
    assert list(enrolled) == ["learner1", "learner2", "learner3"]


def test_no_migration_is_missing(db):
    call_command("makemigrations", "demo_site", check=True, dry_run=True, stdout=StringIO())
