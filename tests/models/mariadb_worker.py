"""What the MariaDB test does, in a process of its own with `DEMO_DATABASE_URL`; prints one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

import django


def main() -> None:
    """Migrate there and back and there, then try what MySQL is known to get wrong."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "demo.site.settings"
    try:
        import MySQLdb  # noqa: F401
    except ImportError:
        import pymysql

        pymysql.version_info = (2, 2, 7, "final", 0)
        pymysql.install_as_MySQLdb()
    django.setup()
    from django.core.management import call_command

    for target in (None, "zero", None):
        call_command("migrate", *(["zoom_xblock", target] if target else []), verbosity=0)
    sys.stdout.write(json.dumps(found()) + "\n")


def found() -> dict[str, Any]:
    """The facts that the test looks at."""
    from django.contrib.auth import get_user_model
    from django.db import IntegrityError, connection, transaction
    from opaque_keys.edx.keys import UsageKey

    from zoom_xblock.models import Meeting, Placement, Registration, Result, Segment, Sitting
    from zoom_xblock.models.fields import digest
    from zoom_xblock.models.meeting import usage_digest
    from zoom_xblock.services import sittings

    def refused(make: Any) -> bool:
        try:
            with transaction.atomic():
                make()
        except IntegrityError:
            return True
        return False

    facts: dict[str, Any] = {"vendor": connection.vendor}
    meeting = Meeting.objects.create(kind="meeting", zoom_id=2**62, topic="Álgebra 🎓 𝒳")
    facts["topic"] = Meeting.objects.get(pk=meeting.pk).topic
    facts["sittings"] = len(
        {sittings.sitting_of(meeting, uuid).pk for uuid in ("aBcD==", "abcd==", "ABCD==", "àbcd==")}
    )
    keys = [UsageKey.from_string(f"block-v1:X+Y+Z+type@zoom+block@{name}") for name in ("live", "Live", "LIVE")]
    for key in keys:
        Placement.objects.create(usage_key=key, usage_digest=usage_digest(key), course_key=key.context_key)
    facts["placements"] = [str(Placement.objects.for_usage_key(key).usage_key) == str(key) for key in keys]
    users = [get_user_model().objects.create(username=f"u{number}") for number in range(2)]
    for user, registrant_id in zip(users, ("RgA", "rGa"), strict=True):
        Registration.objects.create(meeting=meeting, user=user, registrant_id=registrant_id)
    who = dict(Registration.objects.values_list("registrant_id", "user_id"))
    facts["registrants"] = [who["RgA"] == users[0].pk, who["rGa"] == users[1].pk]
    sitting, placement = Sitting.objects.first(), Placement.objects.first()
    Segment.objects.create(sitting=sitting, source="live", fact_digest=digest("a"), name="𝔘𝔫𝔦 😀")
    from django.utils import timezone

    Result.objects.create(placement=placement, user=users[0], decided_at=timezone.now())
    facts["refused"] = [
        refused(lambda: Registration.objects.create(meeting=meeting, user=users[0])),
        refused(lambda: Segment.objects.create(sitting=sitting, source="live", fact_digest=digest("a"))),
        refused(lambda: Result.objects.create(placement=placement, user=users[0], decided_at=timezone.now())),
        refused(lambda: Meeting.objects.create(kind="webinar", zoom_id=2**62)),
    ]
    facts["taken"] = takers(meeting.pk)
    return facts


def takers(meeting_id: int) -> int:
    """How many of eight threads, each with a connection of its own, get the lease at once."""
    from django.db import connection

    from zoom_xblock.models import Meeting
    from zoom_xblock.services.leases import lease

    start, stay, taken = threading.Barrier(8), threading.Barrier(8), []

    def take() -> None:
        start.wait()
        with lease(Meeting.objects.get(pk=meeting_id), seconds=60) as mine:
            taken.append(bool(mine))
            stay.wait()
        connection.close()

    threads = [threading.Thread(target=take) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sum(taken)


if __name__ == "__main__":
    main()
