"""
The Django app and its place in Open edX: plain strings only.

The platform logs an error here once and then starts without us, so nothing but Django is imported before `ready()`.
"""

from django.apps import AppConfig

_URLS = {"namespace": "zoom_xblock", "regex": r"^zoom/", "relative_path": "urls"}
_SETTINGS = {"common": {"relative_path": "settings.common"}, "production": {"relative_path": "settings.production"}}

#: Every logger of ours, so that each is guarded against secrets.
LOGGERS = (
    "announce",
    "block",
    "budget",
    "catching_up",
    "client",
    "connections",
    "deletion",
    "handover",
    "hosts",
    "inbox",
    "jobs",
    "leases",
    "meetings",
    "metrics",
    "people",
    "platform",
    "recordings",
    "registrations",
    "retention",
    "self_test",
    "settlement",
    "signals",
    "sweep",
    "webhooks",
    "worklist",
)


class ZoomConfig(AppConfig):
    """Zoom sessions, in the LMS and in Studio (https://docs.openedx.org, "Django app plugins")."""

    name = "zoom_xblock"
    label = "zoom_xblock"
    verbose_name = "Zoom"
    # The platform's own default is AutoField: without this line every site would want a migration that we do not ship.
    default_auto_field = "django.db.models.BigAutoField"

    plugin_app = {
        "url_config": {"lms.djangoapp": _URLS, "cms.djangoapp": _URLS},
        "settings_config": {"lms.djangoapp": _SETTINGS, "cms.djangoapp": _SETTINGS},
    }

    def ready(self) -> None:
        """Register checks, connect signals, guard logs. No query, no network: this runs in every process."""
        from zoom_xblock import checks, signals
        from zoom_xblock.client import masking

        masking.guard(f"zoom_xblock.{name}" for name in LOGGERS)
        checks.register()
        signals.connect()
        speak_xapi()


def speak_xapi() -> None:
    """Register our events with event-routing-backends, where the site has it; one that we cannot use is no error."""
    import logging

    from django.apps import apps

    if not apps.is_installed("event_routing_backends"):
        return
    try:
        from zoom_xblock import xapi  # noqa: F401 - importing registers
    except ImportError:
        logging.getLogger("zoom_xblock.announce").warning("no xAPI statements from Zoom sessions", exc_info=True)
