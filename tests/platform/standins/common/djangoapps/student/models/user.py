"""Profiles and anonymous ids. Both are gone with this module."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from edx_django_utils.cache import RequestCache

_ANONYMOUS_IDS: dict[str, int] = {}


class UserProfile:
    """What a person says of herself. Accounts made by scripts have none."""

    class DoesNotExist(ObjectDoesNotExist, AttributeError):
        """As Django raises where the other end of a one-to-one relation is missing."""

    names: ClassVar[dict[int, str]] = {}

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def of(cls, user: Any) -> UserProfile:
        """What `user.profile` gives."""
        if user.pk not in cls.names:
            raise cls.DoesNotExist("User has no profile.")
        return cls(cls.names[user.pk])


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
