"""`manage.py zoom_rotate_keys`: after a new key was put in front of ZOOM_XBLOCK_ENCRYPTION_KEYS in LMS and Studio."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from zoom_xblock.services import key_rotation


class Command(BaseCommand):
    """Put everything at rest under the first key."""

    help = "Re-encrypt every stored secret under the first of ZOOM_XBLOCK_ENCRYPTION_KEYS. Safe while everything runs."

    def add_arguments(self, parser: Any) -> None:
        """How many rows are read at a time."""
        parser.add_argument("--batch", type=int, default=key_rotation.BATCH)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the counts; fail where a value could not be read, since its key must then not be removed."""
        done = key_rotation.rotate(batch=max(1, options["batch"]))
        self.stdout.write(
            f"rotated: {done.rotated}, already under the first key: {done.current}, "
            f"changed meanwhile: {done.changed_meanwhile}, unreadable: {done.unreadable}"
        )
        if done.changed_meanwhile:
            self.stdout.write("Run it once more: some values were written while it ran.")
        if done.unreadable:
            raise CommandError("Some values are opened by no key. Restore the key they were written under.")
