"""The door to the platform: `current()` is the implementation that the site names in `ZOOM_XBLOCK_PLATFORM`."""

from __future__ import annotations

from django.utils.module_loading import import_string

from zoom_xblock import conf
from zoom_xblock.platform.base import BlockWishes, CompletionOff, Person, Platform, PlatformError

__all__ = ["BlockWishes", "CompletionOff", "Person", "Platform", "PlatformError", "current"]


def current() -> Platform:
    """The door of this site. Made anew at each call: implementations keep no state, and tests change the setting."""
    door: Platform = import_string(conf.platform_path())()
    return door
