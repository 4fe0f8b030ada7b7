"""What the platform mixes into every block of a course."""

from __future__ import annotations

from xblock.core import XBlock, XBlockMixin
from xblock.fields import Boolean, DateTime, Dict, Float, Integer, Scope, String


@XBlock.needs("i18n")
@XBlock.wants("completion")
class CourseBlockMixin(XBlockMixin):
    """
    Names that the platform owns on every block.

    A block's own field of one of these names means what the platform says it means: a field `start` is the date
    before which learners do not see the block.
    """

    start = DateTime(scope=Scope.settings, default=None)
    due = DateTime(scope=Scope.settings, default=None)
    graded = Boolean(scope=Scope.settings, default=False)
    graceperiod = Float(scope=Scope.settings, default=None)
    format = String(scope=Scope.settings, default=None)
    max_attempts = Integer(scope=Scope.settings, default=None)
    group_access = Dict(scope=Scope.settings, default={})
    visible_to_staff_only = Boolean(scope=Scope.settings, default=False)
    hide_from_toc = Boolean(scope=Scope.settings, default=False)
    xqa_key = String(scope=Scope.settings, default=None)

    @property
    def category(self) -> str:
        """The block type, under the name that older code asks for."""
        return self.scope_ids.block_type
