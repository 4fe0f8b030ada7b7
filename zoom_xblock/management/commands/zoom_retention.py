"""`manage.py zoom_retention`: forget what names people in sessions long over (docs/privacy.md)."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from zoom_xblock import conf
from zoom_xblock.services import retention


class Command(BaseCommand):
    """Apply `ZOOM_XBLOCK_RETENTION_DAYS`."""

    help = "Forget presences, addresses, join links, recordings' links and deliveries older than the site's term."

    def add_arguments(self, parser: CommandParser) -> None:
        """Only one: to look first."""
        parser.add_argument("--dry-run", action="store_true", help="only say what would be forgotten")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until nothing is due, in batches, and print the counts by kind."""
        days = conf.retention_days()
        if not days:
            self.stdout.write("ZOOM_XBLOCK_RETENTION_DAYS is not set: nothing is ever forgotten.")
            return
        if options["dry_run"]:
            self._tell(f"older than {days} days, would be forgotten", retention.apply(is_dry_run=True))
            return
        total = dict.fromkeys(retention.KINDS, 0)
        while any((counts := retention.apply()).values()):
            for kind, count in counts.items():
                total[kind] += count
        self._tell(f"older than {days} days, forgotten", total)

    def _tell(self, what: str, counts: dict[str, int]) -> None:
        listed = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
        self.stdout.write(f"{what}: {listed or 'nothing'}")
