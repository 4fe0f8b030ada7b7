"""In which course somebody is: the seeded one, until she goes to another run."""

from __future__ import annotations

from django.http import HttpRequest
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey

from demo.site.models import Course
from demo.site.seed import COURSE_KEY


def course_key(request: HttpRequest) -> CourseKey:
    """The course of this browser."""
    try:
        chosen = CourseKey.from_string(request.session.get("course", ""))
    except (InvalidKeyError, AttributeError):
        return COURSE_KEY
    return chosen if Course.objects.filter(key=chosen).exists() else COURSE_KEY


def go_to(request: HttpRequest, key: CourseKey) -> None:
    """From now on this browser is in that course."""
    if course_key(request) != key:
        request.session["course"] = str(key)
