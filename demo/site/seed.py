"""What is there before anybody does anything: accounts, a course, and the switch that lets completions be written."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import transaction
from opaque_keys.edx.keys import CourseKey
from waffle.models import Switch

from demo.site.accounts import ACCOUNTS, Account
from demo.site.models import Course, CourseRole, Enrollment, Unit

COURSE_KEY = CourseKey.from_string("course-v1:DemoX+Zoom+2026")
COMPLETION_SWITCH = "completion.enable_completion_tracking"


UNITS = (
    (
        "welcome",
        "Before we meet",
        "Welcome",
        "This course meets online. You need a browser, a quiet room and the join link that each session gives you. "
        "The link is yours alone: it is how the course knows that you were there.",
    ),
    (
        "live-session",
        "Week 1",
        "Live session",
        "We meet on Zoom. Stay for the required time and this page is marked as complete.",
    ),
    ("webinar", "Week 1", "Guest lecture", "A webinar with a guest: you listen, and ask in the question box."),
)


@transaction.atomic
def seed() -> None:
    """Make sure that everything is there. What people have changed since stays as it is."""
    users = {account.name: _user(account) for account in ACCOUNTS}
    course, _created = Course.objects.get_or_create(key=COURSE_KEY, defaults={"title": "Meeting online"})
    CourseRole.objects.get_or_create(user=users["author"], course=course, role=CourseRole.STAFF)
    for name, user in users.items():
        if name.startswith("learner"):
            Enrollment.objects.get_or_create(user=user, course=course)
    for position, (slug, subsection, title, intro) in enumerate(UNITS):
        Unit.objects.get_or_create(
            key=COURSE_KEY.make_usage_key("vertical", slug),
            defaults={
                "course": course,
                "section": "Meeting online",
                "subsection": subsection,
                "title": title,
                "intro": intro,
                "position": position,
            },
        )
    Switch.objects.get_or_create(name=COMPLETION_SWITCH, defaults={"active": True})


def _user(account: Account):
    people = get_user_model().objects
    found = people.filter(username=account.name).first()
    if found is None:
        make = people.create_superuser if account.name == "admin" else people.create_user
        found = make(
            account.name, account.email, account.name, first_name=account.first_name, last_name=account.last_name
        )
    return found
