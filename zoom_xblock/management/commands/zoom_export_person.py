"""`manage.py lms zoom_export_person`: what is kept about one person, for whoever answers her request."""

import json
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from zoom_xblock.services import people


class Command(BaseCommand):
    """Print it as JSON."""

    help = "Print as JSON what Zoom sessions keep about one person: places, presences, results, decisions about her."

    def add_arguments(self, parser: Any) -> None:
        """Whom."""
        parser.add_argument("username", nargs="?", help="the account's user name")
        parser.add_argument("--user-id", type=int, help="or its number, where the account is retired")

    def handle(self, *args: Any, **options: Any) -> None:
        """The account has to exist: a mistyped name must not look like somebody about whom nothing is kept."""
        username, user_id = options["username"], options["user_id"]
        if (username is None) == (user_id is None):
            raise CommandError("Name a user, or give --user-id")
        wanted = {"username": username} if username is not None else {"pk": user_id}
        user = get_user_model().objects.filter(**wanted).first()
        if user is None:
            raise CommandError(f"There is no user {username if username is not None else user_id}")
        self.stdout.write(json.dumps(people.export_person(user.pk), indent=2, ensure_ascii=False))
