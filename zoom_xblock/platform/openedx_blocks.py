"""The door to Open edX: blocks as learners and as authors have them, and where people find them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from opaque_keys.edx.keys import LearningContextKey, UsageKey

from zoom_xblock.platform.base import BlockWishes, Platform, PlatformError
from zoom_xblock.platform.openedx_common import log, ours, plain_course
from zoom_xblock.usage_keys import plain_key


def _wishes_of(block: Any) -> BlockWishes:
    """The block's values. What cannot be read is told of, and is the field's default: one value is not the course."""
    key, values = plain_key(block.scope_ids.usage_id), {}
    for name in type(block).wishes:
        try:
            values[name] = getattr(block, name)
        except Exception as error:  # a field's type raises what it likes over what an import may have stored
            log.warning("a stored value cannot be read block=%s field=%s (%s)", key, name, type(error).__name__)
            values[name] = type(block).fields[name].default
    # Inherited from the unit, its subsection and its section (xmodule/modulestore/inheritance.py).
    return BlockWishes(key, values, is_hidden=bool(getattr(block, "visible_to_staff_only", False)))


def _all_wishes(blocks: list[Any]) -> list[BlockWishes]:
    """Of all blocks but those in whose place the modulestore gives an `ErrorBlock`, whose key is another, too."""
    for block in blocks:
        if not hasattr(type(block), "wishes"):
            log.error("a block cannot be loaded block=%s", block.scope_ids.usage_id)
    return [_wishes_of(block) for block in blocks if hasattr(type(block), "wishes")]


class Blocks(Platform):
    """What authors made."""

    @ours
    def published_wishes(self, usage_key: UsageKey) -> BlockWishes | None:
        """
        `modulestore()` (xmodule/modulestore/django.py), `get_item(usage_key, depth=0, **kwargs)` within
        `branch_setting(branch_setting, course_id=None)` (xmodule/modulestore/mixed.py) of
        `ModuleStoreEnum.Branch.published_only` (xmodule/modulestore/__init__.py); `ItemNotFoundError`
        (xmodule/modulestore/exceptions.py) where there is no such block or course. A key that names a branch would
        overrule the setting.
        """
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore
        from xmodule.modulestore.exceptions import ItemNotFoundError

        usage_key, store = plain_key(usage_key), modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.published_only, usage_key.context_key):
            try:
                block = store.get_item(usage_key)
            except ItemNotFoundError:
                return None
            return _wishes_of(block)

    @ours
    def published_blocks(self, course_key: LearningContextKey) -> list[BlockWishes]:
        """
        `modulestore()` (xmodule/modulestore/django.py), `get_items(course_key, **kwargs)` with `qualifiers` within
        `branch_setting(branch_setting, course_id=None)` (xmodule/modulestore/mixed.py) of
        `ModuleStoreEnum.Branch.published_only` (xmodule/modulestore/__init__.py): one read of the course's structure,
        and the definitions of these blocks. `ItemNotFoundError` (xmodule/modulestore/exceptions.py) where the course
        is gone.
        """
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore
        from xmodule.modulestore.exceptions import ItemNotFoundError

        course_key, store = plain_course(course_key), modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.published_only, course_key):
            try:
                blocks = store.get_items(course_key, qualifiers={"category": "zoom"})
            except ItemNotFoundError:
                return []
            return _all_wishes(blocks)

    @ours
    def has_draft(self, usage_key: UsageKey) -> bool:
        """
        `modulestore()` (xmodule/modulestore/django.py), `has_item(usage_key, **kwargs)` within
        `branch_setting(branch_setting, course_id=None)` (xmodule/modulestore/mixed.py) of
        `ModuleStoreEnum.Branch.draft_preferred` (xmodule/modulestore/__init__.py), which an LMS does not look at by
        itself. False where the course is gone.
        """
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore

        usage_key, store = plain_key(usage_key), modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, usage_key.context_key):
            return bool(store.has_item(usage_key))

    @ours
    def draft_blocks(self, course_key: LearningContextKey) -> list[BlockWishes]:
        """
        As `published_blocks`: `modulestore()` (xmodule/modulestore/django.py), `get_items(course_key, **kwargs)` within
        `branch_setting(branch_setting, course_id=None)` (xmodule/modulestore/mixed.py), but of
        `ModuleStoreEnum.Branch.draft_preferred` (xmodule/modulestore/__init__.py). `ItemNotFoundError`
        (xmodule/modulestore/exceptions.py) where the course is gone.
        """
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore
        from xmodule.modulestore.exceptions import ItemNotFoundError

        course_key, store = plain_course(course_key), modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, course_key):
            try:
                blocks = store.get_items(course_key, qualifiers={"category": "zoom"})
            except ItemNotFoundError:
                return []
            return _all_wishes(blocks)

    @ours
    def change_draft(self, usage_key: UsageKey, fields: dict[str, Any], user_id: int) -> None:
        """
        `modulestore()` (xmodule/modulestore/django.py), `get_item(usage_key, depth=0, **kwargs)` and
        `update_item(xblock, user_id, allow_not_found=False, **kwargs)`, which tells the rest of the platform, within
        `branch_setting(branch_setting, course_id=None)` (xmodule/modulestore/mixed.py) of
        `ModuleStoreEnum.Branch.draft_preferred` (xmodule/modulestore/__init__.py). `ItemNotFoundError`
        (xmodule/modulestore/exceptions.py) where Studio has no such block.
        """
        from xmodule.modulestore import ModuleStoreEnum
        from xmodule.modulestore.django import modulestore
        from xmodule.modulestore.exceptions import ItemNotFoundError

        if self.service != "studio":
            raise PlatformError("drafts are changed in Studio only")
        usage_key, store = plain_key(usage_key), modulestore()
        with store.branch_setting(ModuleStoreEnum.Branch.draft_preferred, usage_key.context_key):
            try:
                block = store.get_item(usage_key)
            except ItemNotFoundError:
                raise PlatformError("Studio has no such block") from None
            unknown = set(fields) - set(type(block).fields)
            if unknown:
                raise PlatformError(f"no such field: {', '.join(sorted(unknown))}")
            for name, value in fields.items():
                setattr(block, name, value)
            store.update_item(block, user_id)

    @ours
    def course_name(self, course_key: LearningContextKey) -> str:
        """
        `CourseOverview.get_from_ids(course_ids)` (openedx/core/djangoapps/content/course_overviews/models.py): a dict
        with None for a course that is not there.
        """
        from openedx.core.djangoapps.content.course_overviews.models import CourseOverview

        course_key = plain_course(course_key)
        found = CourseOverview.get_from_ids([course_key]).values()
        return "".join(overview.display_name or "" for overview in found if overview).strip() or str(course_key)

    def learner_url(self, usage_key: UsageKey) -> str:
        """
        `jump_to` of the LMS (lms/urls.py) finds the block in every release, with or without the learning frontend.
        """
        usage_key = plain_key(usage_key)
        return f"{str(settings.LMS_ROOT_URL).rstrip('/')}/courses/{usage_key.context_key}/jump_to/{usage_key}"

    def studio_url(self, usage_key: UsageKey) -> str:
        """
        The course's outline: Studio has no address for a component that stays the same over releases (cms/urls.py).

        The LMS knows Studio's host only (`CMS_BASE`); it is reached as the LMS itself is.
        """
        scheme = str(settings.LMS_ROOT_URL).partition("://")[0]
        root = getattr(settings, "CMS_ROOT_URL", "") or f"{scheme}://{getattr(settings, 'CMS_BASE', '')}"
        return f"{str(root).rstrip('/')}/course/{plain_key(usage_key).context_key}"
