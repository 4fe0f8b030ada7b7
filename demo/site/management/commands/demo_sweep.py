"""`demo_sweep`: what an operator's cron does on a platform."""

import logging
import time

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import close_old_connections

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Run the product's sweep again and again."""

    help = "Run zoom_sweep every so many seconds until stopped."

    def add_arguments(self, parser):
        """The pace."""
        parser.add_argument("--every", type=float, default=30, help="Seconds between two sweeps.")

    def handle(self, *args, **options):
        """One sweep that fails does not stop the next."""
        if "zoom_sweep" not in get_commands():
            log.warning("there is no command zoom_sweep: nothing to sweep")
        while True:
            time.sleep(options["every"])
            if "zoom_sweep" in get_commands():
                try:
                    call_command("zoom_sweep", now=True)
                except Exception:  # one failed round must not end the loop
                    log.exception("a sweep failed")
            close_old_connections()
