"""`manage.py zoom_sweep`: for cron, every minute or so. Deliveries do the work; this repairs what they missed."""

from typing import Any

from django.core.management.base import BaseCommand

from zoom_xblock.services.sweep import sweep


class Command(BaseCommand):
    """Queue every job that is due."""

    help = "Queue every Zoom job that is due: safe to run every minute, and twice at once."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the counts by kind where anything was due."""
        counts = {job: count for job, count in sweep().items() if count}
        if counts:
            self.stdout.write("queued: " + ", ".join(f"{count} {job}" for job, count in sorted(counts.items())))
