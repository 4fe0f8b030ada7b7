"""
Run as a module on a database of its own: two people decide about the same learners at once while everybody is being
counted. Prints what became of it as JSON; `test_corrections_at_once` reads it.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading

ROUNDS, LEARNERS = 10, 25


def main() -> None:
    """Three threads, and then what stands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.site.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import DatabaseError, connections

    settings.ZOOM_XBLOCK_PLATFORM = "tests.doors.QueueingPlatform"
    call_command("migrate", verbosity=0)
    call_command("demo_seed", verbosity=0)
    from tests.classroom import make_classroom
    from tests.conftest import COURSE_KEY, make_block
    from zoom_xblock.models import Correction, Result
    from zoom_xblock.services import corrections, settlement

    row = make_block(COURSE_KEY, "at-once", required_minutes=30)
    room = make_classroom(row.key, learners=LEARNERS, registered=LEARNERS // 2)
    staff = {user.username: user.pk for user in get_user_model().objects.filter(username__in=["author", "admin"])}
    ids, errors = [user.pk for user in room.users], []
    changed = dict.fromkeys(staff, 0)

    def decides(name: str, verdicts: list[str]) -> None:
        try:
            for number in range(ROUNDS):
                changed[name] += corrections.decide(
                    usage_key=row.key, staff_id=staff[name], user_ids=ids, verdict=verdicts[number % 2], reason=name
                )
        except DatabaseError as error:
            errors.append(f"{name}: {error!r}")
        finally:
            connections.close_all()

    def counts() -> None:
        try:
            for _number in range(ROUNDS):
                settlement.decide_meeting(room.meeting.pk)
        except DatabaseError as error:
            errors.append(f"machine: {error!r}")
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=decides, args=("author", ["present", "excused"])),
        threading.Thread(target=decides, args=("admin", ["absent", "present"])),
        threading.Thread(target=counts),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    unfit = 0
    for user_id in ids:
        kept = list(Correction.objects.filter(user_id=user_id).order_by("pk"))
        stands = Result.objects.get(user_id=user_id)
        pairs = itertools.pairwise(kept)
        follows = all(one.after["verdict"] == other.before["verdict"] for one, other in pairs)
        is_right = stands.verdict == kept[-1].verdict and stands.is_complete == (stands.verdict != "absent")
        unfit += not (follows and is_right)
    facts = {"errors": errors, "changed": sum(changed.values()), "audit": Correction.objects.count(), "unfit": unfit}
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
