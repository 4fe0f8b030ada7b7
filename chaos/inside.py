"""
What has to run inside the site, in a process of its own: `python -m chaos.inside prepare <plan.json> | connect`.

Prints JSON on its last line.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

from demo.zoom.testing import Control


def prepare(wanted: dict[str, Any]) -> dict[str, Any]:
    """
    A migrated, connected course with its people and sessions. Clickers have no place yet; they ask for it themselves.

    `wanted`: `{"learners": n, "sessions": [{"name", "learners", "clickers", "required_minutes", "is_graded",
    "ago_minutes",
    "planned_minutes"}]}`.
    """
    from django.conf import settings
    from django.core.management import call_command

    from demo import crowd

    call_command("migrate", verbosity=0, interactive=False)
    call_command("demo_seed", verbosity=0)
    zoom = Control(os.environ["ZOOM_URL"])
    crowd.connect(zoom, settings.DEMO_SITE_URL)
    users = crowd.people(wanted["learners"])
    now = datetime.now(UTC).replace(microsecond=0)
    sessions = []
    for one in wanted["sessions"]:
        starts_at = now - timedelta(minutes=one["ago_minutes"])
        made = crowd.session(
            zoom,
            one["name"],
            starts_at=starts_at,
            minutes=one["planned_minutes"],
            required_minutes=one["required_minutes"],
            has_score=one["is_graded"],
        )
        clicking = set(one["clickers"])
        crowd.register(zoom, made.meeting, [users[number - 1] for number in one["learners"] if number not in clicking])
        sessions.append(
            {
                "name": one["name"],
                "zoom_id": made.meeting.zoom_id,
                "usage_key": str(made.usage_key),
                "starts_at": starts_at.timestamp(),
            }
        )
    clickers = sorted({number for one in wanted["sessions"] for number in one["clickers"]})
    return {
        "sessions": sessions,
        "user_ids": [user.pk for user in users],
        "cookies": {str(number): _logged_in(users[number - 1]) for number in clickers},
    }


def _logged_in(user: Any) -> str:
    """A session of this user, as a log-in would have made it."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return store.session_key


def connect() -> dict[str, Any]:
    """What an administrator does who reads that the site is disconnected: she connects it again."""
    from django.conf import settings

    from demo import crowd

    crowd.connect(Control(os.environ["ZOOM_URL"]), settings.DEMO_SITE_URL)
    return {"ok": True}


def main() -> None:
    """One verb."""
    django.setup()
    verb = sys.argv[1]
    found = prepare(json.loads(Path(sys.argv[2]).read_text())) if verb == "prepare" else connect()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
