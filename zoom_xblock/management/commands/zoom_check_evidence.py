"""`manage.py zoom_check_evidence FILE`: whether an exported evidence file agrees with itself (docs/evidence.md)."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from zoom_xblock.services import evidence


class Command(BaseCommand):
    """As `python -m zoom_xblock.attendance.check FILE`, which needs no Django."""

    help = "Count an evidence file of a session anew. Exit status 1 where something differs, 2 where it is unreadable."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        """The file."""
        parser.add_argument("file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what there is to say."""
        status, said = evidence.check_file(options["file"])
        self.stdout.write("\n".join(said))
        if status:
            sys.exit(status)
