"""Enrolments, under the platform's names of their columns."""

from __future__ import annotations

from typing import Any

from edx_django_utils.cache import RequestCache

from demo.site.models import Enrollment

#: What the platform's table offers, and where the demo's has it.
COLUMNS = {"user": "user", "user_id": "user_id", "course_id": "course__key", "is_active": "is_active", "mode": "mode"}


class _Rows:
    """A query set that knows the columns of CourseEnrollment and no others."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def filter(self, **lookups: Any) -> _Rows:
        """Narrow down."""
        known = {}
        for lookup, value in lookups.items():
            column, _, rest = lookup.partition("__")
            known["__".join(part for part in (COLUMNS[column], rest) if part)] = value
        return _Rows(self._rows.filter(**known))

    def values_list(self, *columns: str, flat: bool = False) -> Any:
        """Read columns."""
        return self._rows.values_list(*(COLUMNS[column] for column in columns), flat=flat)

    def values(self, *columns: str) -> Any:
        """Read columns, or be a part of another query."""
        return self._rows.values(*(COLUMNS[column] for column in columns))

    def count(self) -> int:
        """How many."""
        return self._rows.count()

    def first(self) -> Any:
        """Read a row."""
        return self._rows.first()


class _Manager:
    def __get__(self, _instance: Any, _owner: type) -> _Rows:
        return _Rows(Enrollment.objects.all())


class CourseEnrollment:
    """A learner's place in a course."""

    MODE_CACHE_NAMESPACE = "CourseEnrollment.mode_and_active"

    objects = _Manager()

    @classmethod
    def is_enrolled(cls, user, course_key):
        """
        Whether there is an active enrolment.

        What was found is remembered for the rest of the request or task, also when it is changed meanwhile by others.
        Asked without a user, it breaks.
        """
        assert user
        if user.is_anonymous:
            return False
        remembered = RequestCache(cls.MODE_CACHE_NAMESPACE)
        known = remembered.get_cached_response((user.id, course_key))
        if known.is_found:
            return known.value
        row = cls.objects.filter(user=user, course_id=course_key).first()
        remembered.set((user.id, course_key), bool(row and row.is_active))
        return bool(row and row.is_active)
