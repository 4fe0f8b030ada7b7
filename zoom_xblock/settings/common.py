"""
Defaults that must exist before the site's own values.

Our own settings need none (`zoom_xblock.conf` reads them with defaults when they are used). What the platform reads is
prepared here.
"""

from importlib.util import find_spec
from typing import Any

#: The platform's tracking middleware logs GET, POST and path of every request but those that match: OAuth returns with
#: a code.
UNTRACKED_PATHS = [r"^/zoom/", r"^/admin/config/services/zoom"]


def leave_untracked(settings: Any) -> None:
    """Keep our paths out of the tracking log. A new list: the platform's may be shared between modules."""
    tracked = list(getattr(settings, "TRACKING_IGNORE_URL_PATTERNS", []))
    settings.TRACKING_IGNORE_URL_PATTERNS = tracked + [path for path in UNTRACKED_PATHS if path not in tracked]


#: Our tracking events (docs/events.md) that event-routing-backends may turn into xAPI statements.
XAPI_EVENTS = [f"zoom_xblock.{event}" for event in ("joined", "attended", "completed", "corrected")]


def allow_xapi(settings: Any) -> None:
    """
    Put our events on the lists of event-routing-backends, where that is installed.

    Plugins come in no promised order: it adds its events to the list it finds, and hands that very list to its backends
    (event_routing_backends/settings/common.py), so ours are added in place; and to the sets that it makes of the list.
    What the site has put there in another form is the site's.
    """
    if find_spec("event_routing_backends") is None:
        return
    if not hasattr(settings, "EVENT_TRACKING_BACKENDS_ALLOWED_XAPI_EVENTS"):
        settings.EVENT_TRACKING_BACKENDS_ALLOWED_XAPI_EVENTS = []
    allowed = settings.EVENT_TRACKING_BACKENDS_ALLOWED_XAPI_EVENTS
    if not isinstance(allowed, list):
        return
    allowed += [event for event in XAPI_EVENTS if event not in allowed]
    backends = getattr(settings, "EVENT_TRACKING_BACKENDS", None) or {}
    processors = backends.get("event_transformer", {}).get("OPTIONS", {}).get("processors", [])
    whitelists = [one.get("OPTIONS", {}).get("whitelist") for one in processors]
    for names in [getattr(settings, "EVENT_BUS_TRACKING_LOGS", None), *whitelists]:
        if isinstance(names, set):
            names.update(XAPI_EVENTS)


def plugin_settings(settings: Any) -> None:
    """`settings` is the module being built, not `django.conf.settings`."""
    leave_untracked(settings)
    allow_xapi(settings)
