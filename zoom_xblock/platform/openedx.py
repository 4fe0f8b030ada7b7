"""
The door to Open edX: this file and `openedx_*.py` beside it are the only ones that know the platform.

Every import of it stands inside a function, because `lms`, `cms`, `common`, `openedx` and `xmodule` exist only there,
and some of them do harm when the other service imports them. Paths and signatures are those of
`openedx/openedx-platform`, the same in Teak, Ulmo and Verawood unless said otherwise; `docs/platform.md` lists them.

Keys may come with a branch or version, as Studio and people's addresses give them: over there such a key is another.
"""

from __future__ import annotations

import importlib
import json
import operator
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from opaque_keys.edx.keys import LearningContextKey

from zoom_xblock import conf
from zoom_xblock.platform import broker
from zoom_xblock.platform.openedx_blocks import Blocks
from zoom_xblock.platform.openedx_common import events_of, log, plain_course
from zoom_xblock.platform.openedx_outcomes import Outcomes
from zoom_xblock.platform.openedx_people import People


class OpenEdxPlatform(People, Blocks, Outcomes):
    """The LMS or Studio that has us in its `INSTALLED_APPS`."""

    @property
    def service(self) -> str:
        """`settings.SERVICE_VARIANT` is "lms" or "cms" (lms/envs/common.py, cms/envs/common.py)."""
        return "studio" if getattr(settings, "SERVICE_VARIANT", "lms") == "cms" else "lms"

    def connect(self, *, course_published: Callable[..., None], person_retired: Callable[..., None]) -> None:
        """
        `SignalHandler.course_published` (xmodule/modulestore/django.py, sent in Studio's process, `course_key=`);
        `USER_RETIRE_LMS_MISC` (openedx/core/djangoapps/user_api/accounts/signals.py, sent in the LMS's, `user=`).

        The first is a class attribute, which a plugin's `signals_config` cannot name: hence connected by hand.
        """
        signals = (
            ("xmodule.modulestore.django", "SignalHandler.course_published", course_published),
            ("openedx.core.djangoapps.user_api.accounts.signals", "USER_RETIRE_LMS_MISC", person_retired),
        )
        for module, path, receiver in signals:
            try:
                signal = operator.attrgetter(path)(importlib.import_module(module))
            except (ImportError, AttributeError) as error:
                log.info("signal not connected: %s.%s (%s)", module, path, type(error).__name__)
                continue
            signal.connect(receiver, dispatch_uid=f"zoom_xblock.{path}", weak=False)

    def emit(self, event: str, data: dict[str, Any], *, user_id: int, course_key: LearningContextKey) -> None:
        """
        `get_tracker(name="default").context(name, ctx)` and `emit(name=None, data=None)` (event-tracking,
        eventtracking/tracker.py). The person is in the data, too: xAPI looks for her there first.
        """
        from eventtracking import tracker

        try:
            course_key = plain_course(course_key)
            facts = {**data, "user_id": user_id, "course_id": str(course_key)}
            with events_of(course_key), tracker.get_tracker().context("zoom_xblock.person", {"user_id": user_id}):
                tracker.emit(f"zoom_xblock.{event}", facts)
        except Exception:  # a site's event backends raise what they like; what is told of has happened all the same
            log.exception("event not written event=%s", event)

    def later(self, job: str, *args: Any, countdown_seconds: float = 0) -> None:
        """`Task.apply_async` (Celery) after commit; the LMS's queue where Studio sends and the site names one."""

        from zoom_xblock import tasks

        # Here and not after the commit: there, nobody could tell a mistake of ours from a broker that is away.
        task, plain_args = getattr(tasks, job), json.loads(json.dumps(args))
        queue = conf.lms_queue() if self.service == "studio" else None

        def send() -> None:
            try:
                with broker.producer() as producer:
                    task.apply_async(
                        args=plain_args,
                        countdown=countdown_seconds or None,
                        producer=producer,
                        retry=False,
                        **({"queue": queue} if queue else {}),
                    )
            except Exception:  # kombu, redis and amqp each have their own; the row waits for the sweep
                log.exception("job not queued, left to the sweep job=%s", job)

        transaction.on_commit(send)
