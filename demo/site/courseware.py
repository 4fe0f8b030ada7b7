"""
What authors do to a course: the only writer of blocks.

The rules are the split modulestore's. Saving changes the draft. What is published or discarded is a unit. A copy
takes every explicitly set field with it. Deleting takes the draft away; learners keep the published copy until the
unit is published.
"""

from __future__ import annotations

import copy
import logging
import uuid
from typing import Any

from django.db import transaction
from django.db.models import Max
from opaque_keys.edx.keys import CourseKey
from xblock.core import XBlock
from xblock.fields import Scope

from demo.site import signals
from demo.site.models import Block, Course, CourseRole, Unit
from demo.site.runtime import block_class, plain

log = logging.getLogger(__name__)


@transaction.atomic
def create_block(
    unit: Unit, block_type: str, *, fields: dict[str, Any] | None = None, name: str | None = None
) -> Block:
    """A new component at the end of the unit: a draft that learners do not see."""
    last = unit.blocks.aggregate(last=Max("position"))["last"]
    key = unit.course.key.make_usage_key(block_type, name or uuid.uuid4().hex)
    block = Block.objects.create(
        unit=unit,
        key=key,
        block_type=block_type,
        position=0 if last is None else last + 1,
        draft=fields or {},
    )
    signals.send_after_commit(signals.block_created, usage_key=key)
    return block


def update_item(block: XBlock, user_id: int | None = None) -> None:
    """
    Keep what the block's fields hold now as its draft.

    Studio calls this after every handler of an author, whatever the handler answered.
    """
    block.save()
    fields = {name: value for name, value in block.authored_copy.items() if name != "parent"}
    row = Block.objects.get(key=plain(block.scope_ids.usage_id))
    if row.draft is not None and row.draft != fields:
        Block.objects.filter(pk=row.pk).update(draft=fields)
    signals.send_after_commit(signals.block_updated, usage_key=row.key)


@transaction.atomic
def duplicate_block(source: Block, load: Any) -> Block:
    """
    Copy a draft and put it behind its source, as Studio's Duplicate does.

    `load` binds a row in Studio's runtime: the new block's own hook `studio_post_duplicate(store, source_item)` is
    called, if it has one.
    """
    fields = copy.deepcopy(source.draft or {})
    declared = block_class(source.block_type).fields
    fields = {name: value for name, value in fields.items() if _is_copied(declared, name)}
    if "display_name" in declared:
        shown = fields.get("display_name") or declared["display_name"].default or source.block_type
        fields["display_name"] = f"Duplicate of '{shown}'"
    source.unit.blocks.filter(position__gt=source.position).update(position=_one_further())
    made = Block.objects.create(
        unit=source.unit,
        key=source.key.course_key.make_usage_key(source.block_type, uuid.uuid4().hex),
        block_type=source.block_type,
        position=source.position + 1,
        draft=fields,
    )
    block = load(made)
    if hook := getattr(block, "studio_post_duplicate", None):
        hook(Store(), load(source))
        update_item(block)
    signals.send_after_commit(signals.block_duplicated, usage_key=made.key, source_usage_key=source.key)
    return made


def _is_copied(declared: dict[str, Any], name: str) -> bool:
    # Fields of the platform's mixins are not on the bare class; they are settings and copied as well.
    return name not in declared or declared[name].scope in (Scope.settings, Scope.content)


def _one_further() -> Any:
    from django.db.models import F

    return F("position") + 1


class Store:
    """As much of the modulestore as a block's hooks are given."""

    def update_item(self, block: XBlock, user_id: int | None) -> XBlock:
        """Keep the block's draft."""
        update_item(block, user_id)
        return block

    def get_item(self, usage_key: Any) -> Any:
        """Not offered here."""
        raise NotImplementedError


@transaction.atomic
def delete_block(block: Block) -> None:
    """Take the draft away. A block that learners see stays theirs until the unit is published."""
    if block.published is None:
        block.delete()
    else:
        Block.objects.filter(pk=block.pk).update(draft=None)
    signals.send_after_commit(signals.block_deleted, usage_key=block.key)


@transaction.atomic
def publish_unit(unit: Unit) -> None:
    """Show learners the drafts of the whole unit. The signal names the unit, never a block in it."""
    for block in unit.blocks.all():
        if block.draft is None:
            block.delete()
        else:
            Block.objects.filter(pk=block.pk).update(published=block.draft)
    signals.send_after_commit(signals.unit_published, usage_key=unit.key)
    signals.send_after_commit(signals.course_published, course_key=unit.course.key)


@transaction.atomic
def discard_changes(unit: Unit) -> None:
    """Go back to what is published. A deleted block comes back, and no signal tells of it."""
    for block in unit.blocks.all():
        if block.published is None:
            block.delete()
        else:
            Block.objects.filter(pk=block.pk).update(draft=block.published)


@transaction.atomic
def rerun_course(source: Course, run: str) -> Course:
    """
    A new run of a course, as Studio's Re-run makes it: the same block ids under a new key, drafts and published copies
    with every explicitly set field, the team, and nobody enrolled. No signal tells of single blocks.
    """
    key = CourseKey.from_string(f"course-v1:{source.key.org}+{source.key.course}+{run}")
    made = Course.objects.create(key=key, title=source.title)
    for role in source.roles.all():
        CourseRole.objects.create(user_id=role.user_id, course=made, role=role.role)
    for unit in source.units.prefetch_related("blocks"):
        blocks = list(unit.blocks.all())
        unit.pk, unit.course, unit.key = None, made, unit.key.map_into_course(key)
        unit.save(force_insert=True)
        for block in blocks:
            block.pk, block.unit, block.key = None, unit, block.key.map_into_course(key)
            block.save(force_insert=True)
    signals.send_after_commit(signals.course_published, course_key=key)
    return made


def change_draft(row: Block, fields: dict[str, Any]) -> None:
    """Write some fields of a component's draft, as its own editor would. A field that it does not have: KeyError."""
    declared = block_class(row.block_type).fields
    stored = {name: declared[name].to_json(value) for name, value in fields.items()}
    Block.objects.filter(pk=row.pk).update(draft={**row.draft, **stored})
    signals.send_after_commit(signals.block_updated, usage_key=row.key)


def fields_of(block_type: str, stored: dict[str, Any]) -> dict[str, Any]:
    """
    What a copy of a block says when it is asked: its `wishes`, or where a class names none, all that authors can set.

    With defaults, and read as the block itself reads them. What cannot be read is told of, and is the default.
    """
    declared = block_class(block_type).fields
    authored = [name for name, field in declared.items() if field.scope in (Scope.settings, Scope.content)]
    values = {}
    for name in getattr(block_class(block_type), "wishes", authored):
        field = declared[name]
        values[name] = field.default
        if name in stored:
            try:
                values[name] = field.from_json(stored[name])
            except Exception as error:  # a field's type raises what it likes; one value must not hide a whole course
                log.warning("a stored value is no %s: %s block_type=%s", name, type(error).__name__, block_type)
    return values


def course_key_of(usage_key: Any) -> CourseKey:
    """The course in which a usage key lies, without branch."""
    return plain(usage_key).course_key
