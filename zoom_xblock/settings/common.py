"""
Defaults that must exist before the site's own values.

Our own settings need none (`zoom_xblock.conf` reads them with defaults when they are used). What the platform reads is
prepared here.
"""

from typing import Any

#: The platform's tracking middleware logs GET, POST and path of every request but those that match: OAuth returns with
#: a code.
UNTRACKED_PATHS = [r"^/zoom/", r"^/admin/config/services/zoom"]


def leave_untracked(settings: Any) -> None:
    """Keep our paths out of the tracking log. A new list: the platform's may be shared between modules."""
    tracked = list(getattr(settings, "TRACKING_IGNORE_URL_PATTERNS", []))
    settings.TRACKING_IGNORE_URL_PATTERNS = tracked + [path for path in UNTRACKED_PATHS if path not in tracked]


def plugin_settings(settings: Any) -> None:
    """`settings` is the module being built, not `django.conf.settings`."""
    leave_untracked(settings)
