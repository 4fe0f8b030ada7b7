"""The modulestore over the demo site's blocks."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from django.conf import settings
from opaque_keys.edx.keys import CourseKey
from xblock.core import XBlockMixin
from xblock.field_data import DictFieldData
from xblock.fields import Boolean, Scope, ScopeIds
from xblock.runtime import Runtime
from xmodule.modulestore import ModuleStoreEnum
from xmodule.modulestore.exceptions import InvalidBranchSetting, ItemNotFoundError

from demo.site.models import Block, Course
from demo.site.runtime import block_class

_DEFAULTS = {"lms": ModuleStoreEnum.Branch.published_only, "cms": ModuleStoreEnum.Branch.draft_preferred}

#: The blocks that were saved, and by whom: the platform tells of each.
SAVED = []


class _Located(XBlockMixin):
    """What the platform's blocks answer to, beside their own names; the field is one that they inherit."""

    visible_to_staff_only = Boolean(default=False, scope=Scope.settings)

    @property
    def location(self):
        return self.scope_ids.usage_id


class _Unbound(Runtime):
    """Blocks with what authors said, and no learner; keys that carry whatever branch they were found in."""

    def __init__(self, fields):
        super().__init__(None, None, mixins=[_Located], services={"field-data": DictFieldData(dict(fields))})

    def handler_url(self, block, handler_name, suffix="", query="", thirdparty=False):
        raise NotImplementedError

    def local_resource_url(self, block, uri):
        raise NotImplementedError

    def resource_url(self, resource):
        raise NotImplementedError

    def publish(self, block, event_type, event_data):
        raise NotImplementedError

    def load_block_type(self, block_type):
        return block_class(block_type)

    def bind(self, row, key):
        """Make the block."""
        return self.construct_xblock(row.block_type, ScopeIds(None, row.block_type, key, key))


class MixedModuleStore:
    """As much of it as is asked for."""

    def __init__(self):
        self._thread = threading.local()

    @contextmanager
    def branch_setting(self, branch_setting, course_id=None):
        """Look at one branch for a while, where the key asked for does not name another."""
        before = getattr(self._thread, "branch", None)
        self._thread.branch = branch_setting
        try:
            yield
        finally:
            self._thread.branch = before

    def _branch_of(self, key):
        if key.branch is not None:
            return key.branch  # a key that names its branch is believed, whatever the setting
        setting = getattr(self._thread, "branch", None) or _DEFAULTS[settings.SERVICE_VARIANT]
        names = ModuleStoreEnum.BranchName
        return names.draft if setting == ModuleStoreEnum.Branch.draft_preferred else names.published

    @staticmethod
    def _copy(row, branch):
        return row.draft if branch == ModuleStoreEnum.BranchName.draft else row.published

    @staticmethod
    def _bound(row, fields, branch, remove_branch):
        return _Unbound(fields).bind(row, row.key if remove_branch else row.key.for_branch(branch))

    def get_item(self, usage_key, depth=0, **kwargs):
        """The block in the branch that is looked at. Keys lose their branch on the way out, if nobody minds."""
        branch = self._branch_of(usage_key)
        row = Block.objects.filter(key=usage_key).first()
        fields = self._copy(row, branch) if row is not None else None
        if fields is None:
            raise ItemNotFoundError(usage_key)
        return self._bound(row, fields, branch, kwargs.get("remove_branch", True))

    def has_item(self, usage_key, **kwargs):
        """Whether the branch that is looked at has the block; False, too, where there is no such course."""
        row = Block.objects.filter(key=usage_key).first()
        return row is not None and self._copy(row, self._branch_of(usage_key)) is not None

    def update_item(self, xblock, user_id, allow_not_found=False, **kwargs):
        """Keep all that is set on the block, and tell of it. Learners' branch is written by publishing only."""
        key = xblock.location
        if self._branch_of(key) != ModuleStoreEnum.BranchName.draft:
            raise InvalidBranchSetting(ModuleStoreEnum.Branch.draft_preferred, self._branch_of(key))
        if not allow_not_found and not self.has_item(key):
            raise ItemNotFoundError(key)
        authored = (Scope.settings, Scope.content)
        fields = {
            name: field.read_json(xblock)
            for name, field in xblock.fields.items()
            if field.scope in authored and field.is_set_on(xblock)
        }
        Block.objects.filter(key=key).update(draft=fields)
        SAVED.append((key, user_id))
        return xblock

    def get_items(self, course_key, **kwargs):
        """The blocks of a course in the branch that is looked at. A course that is not there is an error."""
        if not isinstance(course_key, CourseKey):
            raise Exception("Must pass in a course_key when calling get_items()")
        branch = self._branch_of(course_key)
        if not Course.objects.filter(key=course_key).exists():
            raise ItemNotFoundError(course_key)
        rows = Block.objects.filter(unit__course__key=course_key, block_type=kwargs["qualifiers"]["category"])
        found = [(row, self._copy(row, branch)) for row in rows]
        return [
            self._bound(row, fields, branch, kwargs.get("remove_branch", True))
            for row, fields in found
            if fields is not None
        ]
