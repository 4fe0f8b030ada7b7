"""Three runtimes on XBlock's own: the LMS, Studio's preview and Studio's editor."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils.module_loading import import_string
from opaque_keys.edx.keys import UsageKey
from xblock.core import XBlock
from xblock.exceptions import NoSuchUsage
from xblock.field_data import FieldData
from xblock.fields import ScopeIds
from xblock.runtime import IdReader, Runtime

from demo.site import fielddata, people, services
from demo.site.models import Block
from demo.site.rendering import wrap_block

DRAFT_BRANCH = "draft-branch"


class _KeysSayAll(IdReader):
    """Usage keys carry their block type and serve as definition ids, too."""

    def get_definition_id(self, usage_id):
        return usage_id

    def get_block_type(self, def_id):
        return def_id.block_type

    def get_usage_id_from_aside(self, aside_id):
        return aside_id.usage_key

    def get_definition_id_from_aside(self, aside_id):
        return aside_id.definition_key

    def get_aside_type_from_usage(self, aside_id):
        return aside_id.aside_type

    def get_aside_type_from_definition(self, aside_id):
        return aside_id.aside_type


def block_class(block_type: str) -> type[XBlock]:
    """The class of a block type: from `DEMO_BLOCK_CLASSES`, else by its entry point."""
    path = settings.DEMO_BLOCK_CLASSES.get(block_type)
    return import_string(path) if path else XBlock.load_class(block_type)


class SiteRuntime(Runtime):
    """What the three have in common. A runtime serves one user in one course for one request."""

    wrapper = ""
    service_name = ""
    is_author_mode = False

    def __init__(self, user: Any, course_key: Any, offered: dict[str, Any]):
        super().__init__(_KeysSayAll(), None, mixins=settings.XBLOCK_MIXINS, services=offered)
        self.user = user
        self.course_key = course_key
        self._field_data: dict[UsageKey, FieldData] = {}

    def load_block_type(self, block_type):
        return block_class(block_type)

    def service(self, block, service_name):
        """
        A service for a block, `field-data` included, which is each block's own.

        A service that is a class is made for the block that asks, as the platform's `i18n` is.
        """
        if service_name == "field-data":
            return self._field_data[block.scope_ids.usage_id]
        service = super().service(block, service_name)
        return service(block) if isinstance(service, type) else service

    def publish(self, block, event_type, event_data):
        """Goes nowhere where there is no `publish` service: in all of Studio."""
        if service := self._services.get("publish"):
            service.publish(block, event_type, event_data)

    def resource_url(self, resource):
        return f"{settings.STATIC_URL}{resource}"

    def local_resource_url(self, block, uri):
        return reverse("xblock_resource", kwargs={"block_type": block.scope_ids.block_type, "uri": uri})

    def wrap_xblock(self, block, view, frag, context):
        return wrap_block(
            self.wrapper, block, view, frag, {"course-id": str(self.course_key)} if self.wrapper == "LmsRuntime" else {}
        )

    def applicable_aside_types(self, block):
        return []

    def get_block(self, usage_id, for_parent=None):
        """The block at `usage_id`, as this runtime sees it."""
        row = Block.objects.select_related("unit").filter(key=plain(usage_id)).first()
        if row is None:
            raise NoSuchUsage(repr(usage_id))
        return self.bind(row)

    def authored(self, row: Block) -> dict[str, Any] | None:
        """The copy of the block that this runtime shows."""
        raise NotImplementedError

    def field_data_for(self, row: Block, authored: dict[str, Any]) -> FieldData:
        """What may be read and written here."""
        raise NotImplementedError

    def usage_key(self, row: Block) -> UsageKey:
        """The key under which a block knows itself."""
        return row.key

    def bind(self, row: Block) -> XBlock:
        """Make the block; NoSuchUsage where this runtime has no copy of it."""
        authored = self.authored(row)
        if authored is None:
            raise NoSuchUsage(repr(row.key))
        copy = {**authored, "parent": row.unit.key}
        key = self.usage_key(row)
        self._field_data[key] = self.field_data_for(row, copy)
        block = self.construct_xblock(row.block_type, ScopeIds(self.user.pk, row.block_type, key, key))
        block.authored_copy = copy
        return block

    def handler_url(self, block, handler_name, suffix="", query="", thirdparty=False):
        if thirdparty:
            raise NotImplementedError("the demo has no handlers for third parties: use a plain view")
        known = {"usage": plain(block.scope_ids.usage_id), "handler": handler_name}
        if suffix:
            known["suffix"] = suffix
        return self._handler_url(known) + (f"?{query}" if query else "")

    def _handler_url(self, known: dict[str, Any]) -> str:
        return reverse(f"{self.service_name}_handler", kwargs=known)


class LmsRuntime(SiteRuntime):
    """Published blocks, bound to a learner."""

    wrapper = "LmsRuntime"
    service_name = "lms"

    def __init__(self, request: Any, course_key: Any):
        self.request = request
        user = people.effective_user(request, course_key)
        super().__init__(user, course_key, services.lms_services(user, course_key))

    def authored(self, row):
        return row.published

    def field_data_for(self, row, authored):
        store = fielddata.StateStore()
        if people.looks_as_somebody_else(self.user.pk, self.course_key):
            store = fielddata.SessionStore(self.request.session, behind=store)
        return fielddata.lms_field_data(authored, store)

    def _handler_url(self, known):
        return reverse("lms_handler", kwargs={"course": self.course_key, **known})


class _StudioRuntime(SiteRuntime):
    """Drafts. Keys may carry the branch, and here they always do."""

    def authored(self, row):
        return row.draft

    def usage_key(self, row):
        return row.key.for_branch(DRAFT_BRANCH)


class PreviewRuntime(_StudioRuntime):
    """The unit page of Studio: `author_view`, or `student_view` where a block has none."""

    wrapper = "PreviewRuntime"
    service_name = "preview"
    is_author_mode = True

    def __init__(self, request: Any, course_key: Any):
        self.request = request
        super().__init__(request.user, course_key, services.preview_services(request.user))

    def field_data_for(self, row, authored):
        store = fielddata.SessionStore(self.request.session)
        has_author_view = getattr(block_class(row.block_type), "has_author_view", False)
        return (fielddata.preview_field_data if has_author_view else fielddata.lms_field_data)(authored, store)


class StudioRuntime(_StudioRuntime):
    """The editor of Studio and its handlers."""

    wrapper = "StudioRuntime"
    service_name = "studio"

    def __init__(self, request: Any, course_key: Any):
        super().__init__(request.user, course_key, services.studio_services(request.user))

    def field_data_for(self, row, authored):
        return fielddata.studio_field_data(authored)


def plain(usage_key: UsageKey) -> UsageKey:
    """The key without branch and version."""
    return usage_key.for_branch(None) if hasattr(usage_key, "for_branch") else usage_key


def find_row(usage_key: UsageKey) -> Block:
    """The row of a block, or 404."""
    row = Block.objects.select_related("unit__course").filter(key=plain(usage_key)).first()
    if row is None:
        raise Http404(f"there is no block {quote(str(usage_key))}")
    return row
