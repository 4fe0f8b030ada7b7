"""`manage.py zoom_sweep`: every minute or so. Deliveries do the work; this repairs what they missed."""

import logging
import signal
import threading
from typing import Any

from django import db
from django.core.management.base import BaseCommand, CommandError

from zoom_xblock.services import sweep

log = logging.getLogger("zoom_xblock.sweep")


class Command(BaseCommand):
    """Queue every job that is due."""

    help = (
        "Queue every Zoom job that is due: safe to run every minute, and twice at once (the second then has nothing to "
        "do). With --every it stays and does so again and again, without starting the platform anew each time."
    )

    def add_arguments(self, parser: Any) -> None:
        """How often, and whether a sweep just made counts."""
        parser.add_argument("--every", type=float, metavar="SECONDS", help="stay, and sweep every so many seconds")
        parser.add_argument("--now", action="store_true", help="sweep even where another has just begun")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the counts by kind where anything was due."""
        every = options["every"]
        if every is None:
            self._sweep(seconds=0 if options["now"] else sweep.TURN_SECONDS)
            return
        if every < 1:
            raise CommandError("--every takes one second or more")
        ended = threading.Event()
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, lambda *_received: ended.set()) for number in numbers}
        try:
            while not ended.is_set():
                try:
                    self._sweep(seconds=0 if options["now"] else min(sweep.TURN_SECONDS, every * 0.75))
                except Exception:  # a database that is away, most likely; whoever stays must come back by herself
                    log.exception("sweep failed, tried again in %s s", every)
                db.close_old_connections()
                ended.wait(every)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _sweep(self, *, seconds: float) -> None:
        if not sweep.may_sweep(seconds):
            return
        counts = {job: count for job, count in sweep.sweep().items() if count}
        if counts:
            self.stdout.write("queued: " + ", ".join(f"{count} {job}" for job, count in sorted(counts.items())))
            self.stdout.flush()
