"""The Zoom course object for Open edX: a live session as a first-class part of a course."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """
    Give the block class where the `xblock.v1` entry point looks for it.

    Lazily: Django's app loading imports this package before any model can be imported. The class itself lives in
    `zoom_xblock.block`, because XBlock finds a block's resources beside the module of its class.
    """
    if name == "ZoomXBlock":
        from zoom_xblock.block import ZoomXBlock

        return ZoomXBlock
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
