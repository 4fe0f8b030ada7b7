"""Usage keys as rows and the door want them."""

from __future__ import annotations

from opaque_keys.edx.keys import UsageKey


def plain_key(usage_key: UsageKey) -> UsageKey:
    """The key without branch and version: Studio's previews and the modulestore's blocks carry them, rows must not."""
    if hasattr(usage_key, "for_branch"):
        usage_key = usage_key.for_branch(None)
    if hasattr(usage_key, "version_agnostic"):
        usage_key = usage_key.version_agnostic()
    return usage_key
