"""
The contract of the door: all that the product asks of the platform that hosts it.

There are two implementations, Open edX's (`zoom_xblock.platform.openedx`) and the demo's (outside the product); one
contract test runs over both. Arguments are plain: user ids, opaque keys, strings. A door never lets a foreign exception
through: what goes wrong over there is a
`PlatformError` here.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from opaque_keys.edx.keys import LearningContextKey, UsageKey

log = logging.getLogger("zoom_xblock.platform")


class PlatformError(Exception):
    """The platform could not do what it was asked. `retry` says whether it may help to ask again later."""

    retry = True


class CompletionOff(PlatformError):
    """Completion tracking is switched off on this site; a person must switch it on, then the sweep catches up."""


@dataclass(frozen=True)
class Person:
    """A user of the site as Zoom needs to know her: an address and a name to show, never more."""

    user_id: int
    username: str
    email: str
    name: str
    is_active: bool = True


@dataclass(frozen=True)
class BlockWishes:
    """
    A zoom block, as published or as drafted: its key and the values of its own fields (see `zoom_xblock.block`). A
    value that cannot be read is the field's default. `is_hidden`: it, or what it stands in, is only for the course
    team.
    """

    usage_key: UsageKey
    fields: dict[str, Any]
    is_hidden: bool = False


def searchable(text: str) -> str:
    """What people typed into a search box, as every database takes it: no NUL, no half characters, 255 at most."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8").strip()[:255]


def each(tell: Callable[[int], None], user_ids: Iterable[int], usage_key: UsageKey) -> set[int]:
    """
    Tell of each of these learners; who was taken. A refusal of one is logged, and no reason to stop; that completion is
    switched off is.
    """
    done = set()
    for user_id in user_ids:
        try:
            tell(user_id)
        except CompletionOff:
            raise
        except PlatformError:
            log.exception("completion not written user_id=%s usage_key=%s", user_id, usage_key)
        else:
            done.add(user_id)
    return done


class Platform(ABC):
    """What a host must offer. One instance per call is fine: implementations keep no state."""

    @property
    @abstractmethod
    def service(self) -> str:
        """ "lms" or "studio": completion and grades are written in the LMS only."""

    # -- people -----------------------------------------------------------------------------------------------
    @abstractmethod
    def person(self, user_id: int) -> Person | None:
        """The user with this id, or None where there is none."""

    @abstractmethod
    def user_id_of(self, anonymous_user_id: str) -> int | None:
        """Whom the platform means by an anonymous id, as it gives them to blocks; None where nobody."""

    @abstractmethod
    def is_enrolled(self, user_id: int, course_key: LearningContextKey) -> bool:
        """Whether the user has an active enrolment in the course."""

    @abstractmethod
    def enrolled_among(self, user_ids: list[int], course_key: LearningContextKey) -> set[int]:
        """Those of `user_ids` who have an active enrolment in the course, in a bounded number of queries."""

    @abstractmethod
    def is_course_staff(self, user_id: int, course_key: LearningContextKey) -> bool:
        """
        Whether the user teaches the course: course staff, instructors, global staff. False while masquerading as a
        learner.
        """

    @abstractmethod
    def can_author(self, user_id: int, course_key: LearningContextKey) -> bool:
        """Whether the user may change the course in Studio. The only permission that Studio handlers trust."""

    @abstractmethod
    def is_masquerading(self, user_id: int, course_key: LearningContextKey) -> bool:
        """
        Whether this person looks at the course as somebody else just now: then nothing may be written or revealed.
        """

    @abstractmethod
    def people(self, user_ids: list[int]) -> dict[int, Person]:
        """Those of `user_ids` who exist, in a bounded number of queries."""

    @abstractmethod
    def learners_among(self, user_ids: list[int], course_key: LearningContextKey) -> set[int]:
        """
        Those of `user_ids` whose attendance may count: actively enrolled, and neither course team (staff, instructors,
        limited staff, global staff) nor beta testers. A bounded number of queries for any number of people.
        """

    @abstractmethod
    def learners(
        self, course_key: LearningContextKey, *, search: str = "", after_user_id: int = 0, limit: int = 500
    ) -> list[Person]:
        """
        The course's learners as `learners_among` means them, by user id, from after `after_user_id` on; `search` finds
        part of a user name, an address or a full name.
        """

    @abstractmethod
    def learner_count(self, course_key: LearningContextKey) -> int:
        """How many are actively enrolled (the course team among them where it enrolled itself): one query."""

    @abstractmethod
    def time_zone_of(self, user_id: int) -> str:
        """The IANA name of the zone this person has set in the account settings, or "" where none."""

    # -- blocks -----------------------------------------------------------------------------------------------
    @abstractmethod
    def published_wishes(self, usage_key: UsageKey) -> BlockWishes | None:
        """The published copy's own field values, or None where no published copy exists."""

    @abstractmethod
    def published_blocks(self, course_key: LearningContextKey) -> list[BlockWishes]:
        """Every published zoom block of a course: what learners can reach, whatever drafts say."""

    @abstractmethod
    def has_draft(self, usage_key: UsageKey) -> bool:
        """Whether Studio still has the block at all, published or not."""

    @abstractmethod
    def draft_blocks(self, course_key: LearningContextKey) -> list[BlockWishes]:
        """Every zoom block that Studio has in a course, as drafted."""

    @abstractmethod
    def change_draft(self, usage_key: UsageKey, fields: dict[str, Any], user_id: int) -> None:
        """
        Write these fields of a block's draft, as this author, as Studio's own save would. In Studio only: elsewhere,
        and where there is no such draft or no such field, PlatformError, and nothing is written.

        Not for the block whose handler is running: Studio keeps that one itself afterwards. Whether she may is the
        caller's question (`can_author`).
        """

    @abstractmethod
    def course_name(self, course_key: LearningContextKey) -> str:
        """The course's title, or its key where it has none."""

    @abstractmethod
    def learner_url(self, usage_key: UsageKey) -> str:
        """The absolute address at which a learner finds the block, usable outside a request."""

    @abstractmethod
    def studio_url(self, usage_key: UsageKey) -> str:
        """The absolute address at which an author finds the block, usable outside a request."""

    # -- outcomes ---------------------------------------------------------------------------------------------
    @abstractmethod
    def completions(self, usage_key: UsageKey, user_ids: list[int]) -> dict[int, float]:
        """The completion of the block for those of `user_ids` who have any, in one query."""

    @abstractmethod
    def complete(self, user_id: int, usage_key: UsageKey) -> None:
        """
        Set the block's completion to 1.0 for this learner, by edx-completion's own `submit_completion`.

        Raises CompletionOff where the site does not track completion, PlatformError where the learner is gone.
        """

    def complete_many(self, user_ids: list[int], usage_key: UsageKey) -> set[int]:
        """
        `complete` for each of these learners, in order; returns who is complete now. Whose completion the platform
        refuses is logged and left out. Raises CompletionOff as `complete` does, which ends it.
        """
        return each(lambda user_id: self.complete(user_id, usage_key), user_ids, usage_key)

    @abstractmethod
    def withdraw(self, user_id: int, usage_key: UsageKey) -> None:
        """Set the block's completion back to 0.0, because a person decided so. Raises as `complete` does."""

    @abstractmethod
    def grade(self, usage_key: UsageKey, scores: dict[int, tuple[float, float]]) -> set[int]:
        """
        Tell the gradebook (earned, possible) by user id, before the block's weight; returns whose score now stands so.

        Equal scores are not told again. Whom the platform refuses just now (frozen grades, block not there yet) is left
        out, and stays owed.
        """

    @abstractmethod
    def score_deleted(self, user_id: int, usage_key: UsageKey) -> None:
        """
        Let the gradebook count anew without the score of a learner whose state staff is deleting just now.

        A block that is told of the deletion is trusted to see to this itself; it would show the old grade for ever.
        """

    # -- signals ----------------------------------------------------------------------------------------------
    @abstractmethod
    def connect(self, *, course_published: Callable[..., None], person_retired: Callable[..., None]) -> None:
        """
        Let these receivers hear of a published course (`course_key=`) and of a retired account (`user=`).

        What a host does not have is left out, and is no error.
        """

    @abstractmethod
    def emit(self, event: str, data: dict[str, Any], *, user_id: int, course_key: LearningContextKey) -> None:
        """Write a tracking event about this person in this course, `zoom_xblock.<event>`; never raises."""

    # -- work -------------------------------------------------------------------------------------------------
    @abstractmethod
    def later(self, job: str, *args: Any, countdown_seconds: float = 0) -> None:
        """
        Queue `zoom_xblock.tasks.<job>(*args)` once the current transaction has committed.

        `args` survive JSON: ids and strings. A broker that is away is logged and forgotten: every job can be found
        again in the database by the sweep. `countdown_seconds` stays under an hour (Redis delivers what waits longer
        again and again).
        """
