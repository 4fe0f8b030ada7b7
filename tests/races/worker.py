"""
A process with the course site's settings that does one thing and prints JSON: `python -m tests.races.worker <verb> …`.

The environment chooses database and stand-in, as for the demo (`DEMO_DATABASE_URL`, `DEMO_VAR`, `ZOOM_URL`).
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import sys
import time
from typing import Any


def begin() -> None:
    """Django, with limits of time short enough for a test."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.site.settings")
    import django
    from django.conf import settings

    django.setup()
    settings.ZOOM_XBLOCK_CONNECT_TIMEOUT_SECONDS = 1
    settings.ZOOM_XBLOCK_READ_TIMEOUT_SECONDS = float(os.environ.get("RACE_READ_SECONDS", "5"))


def connect() -> dict[str, Any]:
    """Tables, an admin, and a consent."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser("admin", "admin@example.edu", "admin")
    return reconnect()


def reconnect() -> dict[str, Any]:
    """A consent, and a token that is over."""
    from urllib.parse import parse_qs, urlsplit

    import requests
    from django.contrib.auth import get_user_model

    from demo.zoom import seed
    from zoom_xblock.models import Connection
    from zoom_xblock.services import connections

    admin = get_user_model().objects.get(username="admin")
    Connection.objects.update(leased_until=None)
    connections.save_app(
        client_id=seed.CLIENT_ID, client_secret=seed.CLIENT_SECRET, webhook_secret=seed.SECRET_TOKEN, host_email=""
    )
    redirect = "http://testserver/zoom/oauth/callback"
    address = connections.begin_consent(user_id=admin.pk, session_key="s", redirect_uri=redirect)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    asked = {"client_id": seed.CLIENT_ID, "redirect_uri": redirect, "code_challenge": query["code_challenge"]}
    code = requests.post(f"{os.environ['ZOOM_URL']}/control/consent", json=asked, timeout=10).json()["code"]
    connections.finish_consent(user_id=admin.pk, session_key="s", state=query["state"], code=code, error="")
    return expire()


def expire() -> dict[str, Any]:
    """The token is over, as far as we know."""
    from django.utils import timezone

    from zoom_xblock.models import Connection

    Connection.objects.update(expires_at=timezone.now(), refreshed_at=None)
    return state()


def renewed_by_hand() -> dict[str, Any]:
    """The token is good for an hour, as far as we know."""
    from datetime import timedelta

    from django.utils import timezone

    from zoom_xblock.models import Connection

    Connection.objects.update(expires_at=timezone.now() + timedelta(hours=1), refreshed_at=None)
    return state()


def state() -> dict[str, Any]:
    """How the connection is; tokens as digests."""
    from zoom_xblock.services import connections

    row = connections.the_connection()
    return {
        "state": str(row.state),
        "reason": row.state_reason,
        "token": _digest(row.access_token),
        "error": row.refresh_error or "",
        "leased": row.leased_until is not None,
        "doubtful": row.refresh_begun_at is not None,
    }


def rotate() -> dict[str, Any]:
    """Everything under a new key; the old one still opens."""
    from dataclasses import asdict

    from django.conf import settings

    from zoom_xblock.services import doctor, key_rotation

    old = settings.ZOOM_XBLOCK_ENCRYPTION_KEYS
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["a new key", *old]
    first, again = key_rotation.rotate(), key_rotation.rotate()
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["a new key"]
    met = call()
    found = [finding.code for finding in doctor.diagnose()]
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = [*old, "a new key"]
    key_rotation.rotate()
    return {"first": asdict(first), "again": asdict(again), "error": met["error"], "found": found}


def race(count: str) -> dict[str, Any]:
    """So many processes call Zoom at the same moment; what each of them met."""
    from django.db import connections as databases

    databases.close_all()
    together = multiprocessing.get_context("fork")
    barrier, answers = together.Barrier(int(count)), together.Queue()
    children = [together.Process(target=_runner, args=(barrier, answers)) for _ in range(int(count))]
    for child in children:
        child.start()
    met = [answers.get(timeout=90) for _ in children]
    for child in children:
        child.join(10)
    return {"answers": met, "processes": len({one["pid"] for one in met}), "state": state()}


def call(in_transaction: str = "") -> dict[str, Any]:
    """One call to Zoom, within a transaction or not."""
    from contextlib import nullcontext

    from django.db import transaction

    from zoom_xblock.models import Connection
    from zoom_xblock.services import connections

    with transaction.atomic() if in_transaction else nullcontext():
        started = time.monotonic()
        try:
            if in_transaction:
                Connection.objects.count()  # a snapshot, where the database keeps one
            email = connections.client(patient=False).me().email
            return {"email": email, "error": "", "seconds": time.monotonic() - started}
        except Exception as error:  # what it was is what the race is told
            return {"email": "", "error": type(error).__name__, "seconds": time.monotonic() - started}


def _runner(barrier: Any, answers: Any) -> None:
    barrier.wait(60)
    answers.put({**call(), "pid": os.getpid()})


def _digest(token: str) -> str:
    return hashlib.sha256(str(token).encode()).hexdigest()[:12] if token else ""


if __name__ == "__main__":
    begin()
    verb, *arguments = sys.argv[1:]
    print(json.dumps(globals()[verb](*arguments)))  # noqa: T201
