"""Usage keys as rows and the door want them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from opaque_keys.edx.keys import UsageKey
from opaque_keys.edx.locator import LocalId


def plain_key(usage_key: UsageKey) -> UsageKey:
    """The key without branch and version: Studio's previews and the modulestore's blocks carry them, rows must not."""
    if hasattr(usage_key, "for_branch"):
        usage_key = usage_key.for_branch(None)
    if hasattr(usage_key, "version_agnostic"):
        usage_key = usage_key.version_agnostic()
    return usage_key


def lasting(scope_ids: Any) -> Any:
    """
    The ids of a block that is being made, with a block id that no other block had before.

    What Studio pastes comes with an id that is still open, and the modulestore then takes the first number that is free
    (`zoom1`): the number of a deleted block, too, whose rows the new one would find (split.py, `_generate_block_key`).
    """
    usage_key = scope_ids.usage_id
    block_id = getattr(usage_key, "block_id", None)
    if not isinstance(block_id, LocalId) or block_id.block_id is not None:
        return scope_ids
    return scope_ids._replace(usage_id=usage_key.replace(block_id=uuid4().hex))
