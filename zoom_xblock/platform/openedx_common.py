"""What the parts of the door to Open edX share. Every import of the platform stands inside a function."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.db import DatabaseError
from opaque_keys.edx.keys import LearningContextKey

from zoom_xblock.platform.base import PlatformError

log = logging.getLogger("zoom_xblock.platform")
Answer = TypeVar("Answer")

#: So many ids go into one query.
CHUNK = 500


def ours(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """
    Turn whatever the platform raises into a `PlatformError`. Database errors stay what they are: callers own the
    transaction.
    """

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Answer:
        try:
            return function(*args, **kwargs)
        except (PlatformError, DatabaseError):
            raise
        except Exception as error:  # the platform's exceptions are many and change between releases
            raise PlatformError(f"{function.__name__}: {type(error).__name__}") from error

    return guarded


def plain_course(course_key: LearningContextKey) -> LearningContextKey:
    """The course's own key: by one with a branch, roles and masquerades would not be found, and drafts be read."""
    return course_key.for_branch(None) if hasattr(course_key, "for_branch") else course_key


def user_of(user_id: int) -> Any:
    """The account with this id, or None."""
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(pk=user_id).first()


def chunks(ids: list[int]) -> Iterator[list[int]]:
    """The ids in pieces of `CHUNK`, each of them once."""
    unique = sorted(set(ids))
    for first in range(0, len(unique), CHUNK):
        yield unique[first : first + CHUNK]


@contextlib.contextmanager
def events_of(course_key: LearningContextKey) -> Iterator[None]:
    """
    Tracking events sent inside carry their course: `course_context_from_course_id(course_id)`
    (common/djangoapps/track/contexts.py) in `get_tracker(name="default").context(name, ctx)` (event-tracking,
    eventtracking/tracker.py). In a request the platform's middleware does it, in a worker nobody.
    """
    from common.djangoapps.track import contexts
    from eventtracking import tracker

    with tracker.get_tracker().context("zoom_xblock", contexts.course_context_from_course_id(course_key)):
        yield
