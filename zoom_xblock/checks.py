"""System checks: what an operator is told before users find out."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.db import DatabaseError, transaction
from django.utils.module_loading import import_string

from zoom_xblock import conf


def check_door(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """The door to the platform must exist."""
    try:
        import_string(conf.platform_path())
    except ImportError as error:
        return [
            checks.Error(
                f"ZOOM_XBLOCK_PLATFORM cannot be imported: {error}",
                hint="Remove the setting; the default is the door to Open edX.",
                id="zoom_xblock.E001",
            )
        ]
    return []


def check_encryption_key(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """A key of its own, the same in LMS and Studio."""
    if conf.has_own_encryption_key():
        return []
    return [
        checks.Warning(
            "ZOOM_XBLOCK_ENCRYPTION_KEYS is not set: Zoom's tokens are encrypted with a key made from SECRET_KEY.",
            hint="Set the same list of long random strings in LMS and Studio: each must read what the other stored.",
            id="zoom_xblock.W001",
        )
    ]


def check_retired_jwt_settings(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Credentials of Zoom's retired JWT app."""
    names = conf.retired_jwt_settings()
    if not names:
        return []
    return [
        checks.Warning(
            f"{', '.join(names)}: settings of Zoom's retired JWT app, no longer used.",
            hint="They are safe to delete.",
            id="zoom_xblock.W002",
        )
    ]


def check_connection(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """What the doctor finds. Only where checks may read the database (`check --database default`, `zoom_doctor`)."""
    if not databases or "default" not in databases:
        return []
    from zoom_xblock.screens import doctor as screen
    from zoom_xblock.services import doctor

    try:
        # Before the first migration there are no tables, and `migrate` itself runs these checks.
        with transaction.atomic():
            findings = doctor.diagnose()
    except DatabaseError:
        return []
    kinds = {doctor.ERROR: checks.Error, doctor.WARNING: checks.Warning}
    messages = []
    for finding in findings:
        sentence, advice = screen.words(finding)
        messages.append(kinds[finding.level](sentence, hint=advice, id=f"zoom_xblock.{finding.code}"))
    return messages


def register() -> None:
    """Register them; the second only for `check --deploy`, the last only where the database may be asked."""
    checks.register(check_connection, "zoom_xblock", checks.Tags.database)
    checks.register(check_door, "zoom_xblock")
    checks.register(check_encryption_key, "zoom_xblock", deploy=True)
    checks.register(check_retired_jwt_settings, "zoom_xblock")
