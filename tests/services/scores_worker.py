"""
Run as a module on a database of its own: two jobs tell the gradebook the same scores at once. Prints what the site's
events say as JSON; `test_corrections_at_once` reads it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import Counter

LEARNERS, WORKERS = 50, 3


def main() -> None:
    """Threads with the same job, and then what was told of."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.site.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import DatabaseError, connections
    from django.utils import timezone

    settings.ZOOM_XBLOCK_PLATFORM = "tests.doors.QueueingPlatform"
    call_command("migrate", verbosity=0)
    call_command("demo_seed", verbosity=0)
    from demo.site import gradebook
    from tests.classroom import make_classroom
    from tests.conftest import COURSE_KEY, make_block
    from zoom_xblock.models import Result
    from zoom_xblock.services import paying

    row = make_block(COURSE_KEY, "scores", required_minutes=30, has_score=True)
    room = make_classroom(row.key, learners=LEARNERS, has_score=True)
    Result.objects.bulk_create(
        Result(placement=room.placement, user_id=user.pk, score=0.5, decided_at=timezone.now()) for user in room.users
    )
    told: Counter[int] = Counter()
    errors: list[str] = []
    publish, start = gradebook.publish_score, threading.Barrier(WORKERS)

    def counted(user, *arguments):
        told[user.pk] += 1
        return publish(user, *arguments)

    gradebook.publish_score = counted

    def pays() -> None:
        try:
            start.wait(20)
            paying.pay_owed(room.placement.pk)
        except DatabaseError as error:
            errors.append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=pays) for _number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    owed = Result.objects.exclude(score_told=0.5).count()
    facts = {"errors": errors, "told": len(told), "twice": sum(n > 1 for n in told.values()), "owed": owed}
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
