"""
Shorter leases and waits, so that a run of a minute sees what a site sees in an hour.

Only how long is waited changes, never what is done. On a site these are constants of the product.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from importlib import import_module

from django.apps import AppConfig

log = logging.getLogger(__name__)

#: Seconds instead of the product's own, by the names of its modules' constants.
SECONDS = {
    "inbox": {"LEASE_SECONDS": 8, "SWEEP_AFTER_SECONDS": 15},
    "registrations": {"LEASE_SECONDS": 8, "SWEEP_AFTER_SECONDS": 15, "NOT_CONNECTED_RETRY_SECONDS": 6},
    "settlement": {"LEASE_SECONDS": 8},
    "record": {"UNHEARD_SOONEST_SECONDS": 3.0, "UNHEARD_LATEST_SECONDS": 8.0},
    "catching_up": {"CLAIM_SECONDS": 10},
    "sweep": {"TURN_SECONDS": 2, "CLAIM": timedelta(seconds=25)},
}


class HurryConfig(AppConfig):
    """Applied at the start of each process of a run."""

    name = "chaos"
    label = "chaos_hurry"

    def ready(self) -> None:
        """Set what is there; a constant that has gone is said."""
        for module, constants in SECONDS.items():
            try:
                loaded = import_module(f"zoom_xblock.services.{module}")
            except ImportError:
                log.warning("there is no services.%s to hurry", module)
                continue
            for name, seconds in constants.items():
                if hasattr(loaded, name):
                    setattr(loaded, name, seconds)
                else:
                    log.info("services.%s has no %s", module, name)
