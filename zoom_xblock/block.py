"""
The XBlock: an adapter. Its fields are the author's wishes; each view and handler parses, calls one verb, and answers.

What Zoom decides and everything about people is in our tables, found by usage key (docs/decisions/0001). Handlers check
permissions themselves: the LMS reaches them without enrolment, Studio with nothing but a log-in.
"""

from __future__ import annotations

import logging
from copy import deepcopy
from typing import Any

from xblock.completable import CompletableXBlockMixin
from xblock.core import XBlock
from yaml import YAMLError

from zoom_xblock.block_parts.author import AuthorMixin
from zoom_xblock.block_parts.learner import LearnerMixin
from zoom_xblock.block_parts.staff import StaffMixin
from zoom_xblock.block_parts.viewer import ViewerMixin
from zoom_xblock.block_parts.wishes import WishesMixin
from zoom_xblock.block_parts.worklist import WorkListMixin
from zoom_xblock.services import settlement
from zoom_xblock.usage_keys import lasting

log = logging.getLogger("zoom_xblock.block")


@XBlock.needs("i18n")
@XBlock.wants("user")
class ZoomXBlock(
    LearnerMixin, StaffMixin, WorkListMixin, AuthorMixin, ViewerMixin, WishesMixin, CompletableXBlockMixin, XBlock
):
    """A live session in a unit: a Zoom meeting or webinar, and the attendance that completes it."""

    icon_class = "video"
    category = "zoom"
    has_author_view = True
    #: Nothing of the package but `assets/public` is served (the platform publishes a block's whole folder otherwise).
    resources_dir = "assets"

    #: Shown to staff who look as a certain learner: then we neither write nor reveal anything of hers.
    show_in_read_only_mode = True

    @classmethod
    def parse_xml(cls, node: Any, runtime: Any, keys: Any, *more: Any) -> Any:
        """
        A block from OLX. Pasted, it gets an id of its own for good (see `usage_keys.lasting`).

        A value that no field can read is left out, and is then the field's default: one bad attribute would end the
        import of the whole course (XBlock reads ".inf" for a number and fails on it).
        """
        return super().parse_xml(cls._readable(node), runtime, lasting(keys), *more)

    @classmethod
    def _readable(cls, node: Any) -> Any:
        node = deepcopy(node)
        for name in set(node.attrib) & set(cls.wishes):
            try:
                cls.fields[name].from_string(node.attrib[name])
            except (ValueError, TypeError, OverflowError, YAMLError):
                log.warning("attribute left out of an import field=%s", name)
                del node.attrib[name]
        return node

    def student_view_data(self, context: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the block is, for apps: collected unbound and shared by all, so nothing personal."""
        mine = self._wishes_now
        return {
            "kind": mine["kind"],
            "topic": mine["display_name"],
            "starts_at": mine["starts_at"].isoformat() if mine["starts_at"] else None,
            "duration_minutes": mine["duration_minutes"],
            "required_minutes": mine["required_minutes"],
        }

    def max_score(self) -> float:
        """The possible score before `weight`. Asked unbound, at publish, in a worker of Studio."""
        return 1.0

    def clear_student_state(self, *, user_id: str, **kwargs: Any) -> None:
        """
        Staff took a learner's state away (lms/djangoapps/instructor/enrollment.py, `reset_student_attempts`).

        Called on an unbound block; `user_id` is the learner's anonymous id.
        """
        settlement.reset_score(usage_key=self._key, anonymous_user_id=user_id)
