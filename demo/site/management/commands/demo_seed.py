"""`demo_seed`: accounts, course and switch, as often as you like."""

from django.core.management.base import BaseCommand

from demo.site.seed import seed


class Command(BaseCommand):
    """Fill the demo's database."""

    help = "Make the demo's accounts and its course, unless they are there."

    def handle(self, *args, **options):
        """Seed; what is there stays."""
        seed()
