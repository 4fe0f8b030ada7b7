"""Profiles and anonymous ids. Both are gone with this module."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from edx_django_utils.cache import RequestCache

_ANONYMOUS_IDS: dict[str, int] = {}


class _Profiles:
    """A query set that knows two columns and two questions. MySQL does not tell small letters from capitals."""

    def __init__(self, names: dict[int, str]) -> None:
        self._names = names

    def filter(self, *, user_id__in: Any = None, name__icontains: str = "") -> _Profiles:
        """Narrow down."""
        wanted = name__icontains.casefold()
        return _Profiles(
            {
                user_id: name
                for user_id, name in self._names.items()
                if (user_id__in is None or user_id in user_id__in) and wanted in name.casefold()
            }
        )

    def values_list(self, *columns: str) -> list[tuple[int, str]]:
        """Read columns."""
        assert columns == ("user_id", "name")
        return list(self._names.items())

    def values(self, *columns: str) -> list[int]:
        """Be a part of another query."""
        assert columns == ("user_id",)
        return list(self._names)


class _Manager:
    def __get__(self, _instance: Any, owner: Any) -> _Profiles:
        return _Profiles(owner.names)


class UserProfile:
    """What a person says of herself. Accounts made by scripts have none."""

    names: ClassVar[dict[int, str]] = {}
    objects = _Manager()


def anonymous_id_for_user(user, course_id):
    """A person's id in a course, as blocks get it; remembered from then on."""
    if user.is_anonymous:
        return None
    made = hashlib.shake_128(f"{user.pk} {course_id}".encode()).hexdigest(16)
    _ANONYMOUS_IDS[made] = user.pk
    return made


def user_by_anonymous_id(uid):
    """The user, or None; an answer stands for the rest of the request or task."""
    if uid is None:
        return None
    remembered = RequestCache("user_by_anonymous_id")
    known = remembered.get_cached_response(uid)
    if known.is_found:
        return known.value
    user = get_user_model().objects.filter(pk=_ANONYMOUS_IDS.get(uid)).first()
    remembered.set(uid, user)
    return user
