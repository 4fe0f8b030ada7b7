"""The same once more after the site's YAML, which may have replaced what `common` prepared."""

from typing import Any

from zoom_xblock.settings.common import leave_untracked


def plugin_settings(settings: Any) -> None:
    """Never overwrites a value that the site has set."""
    leave_untracked(settings)
