"""`manage.py zoom_doctor`: what is wrong with the connection to Zoom, without asking Zoom."""

import json
import sys
from typing import Any

from django.core import checks
from django.core.management.base import BaseCommand
from django.db import DatabaseError, transaction

from zoom_xblock.services import backlog


class Command(BaseCommand):
    """The checks of this app, those that read the database included."""

    help = "Say what is wrong with the connection to Zoom, and what to do. Exit status 1 where there is an error."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        """For machines."""
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings."""
        found = checks.run_checks(tags=["zoom_xblock"], include_deployment_checks=True, databases=["default"])
        found.sort(key=lambda message: (-message.level, message.id))
        failed = any(message.level >= checks.ERROR for message in found)
        if options["json"]:
            rows = [
                {
                    "code": message.id,
                    "level": "error" if message.level >= checks.ERROR else "warning",
                    "message": message.msg,
                    "hint": message.hint,
                }
                for message in found
            ]
            answer = {"healthy": not failed, "findings": rows, "work": self._work()}
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            for message in found:
                word = "error" if message.level >= checks.ERROR else "warning"
                self.stdout.write(f"{word} {message.id}: {message.msg}\n    {message.hint}")
            if not found:
                self.stdout.write("Everything is as it should be.")
        if failed:
            sys.exit(1)

    @staticmethod
    def _work() -> dict[str, Any] | None:
        """How the work is going; None before the tables are there."""
        try:
            with transaction.atomic():
                return backlog.report()
        except DatabaseError:
            return None
