"""
*Test the connection*: a round trip against the account, one step after another, cleaned up whatever happens.

Its meeting is remembered on the test alone and is no `Meeting` of ours, so that it never counts as a session.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import platform
from zoom_xblock.models import Delivery, Endpoint, SelfTest, SelfTestStep
from zoom_xblock.services import connections
from zoom_xblock.services.errors import NotConnected, trouble_of
from zoom_xblock.services.leases import is_free, lease

log = logging.getLogger("zoom_xblock.self_test")

#: At most six calls to Zoom.
LEASE_SECONDS = 120
#: Zoom delivers within seconds; after this an event that was to be expected has not come.
EVENT_WAIT = timedelta(seconds=30)
EVENT_POLL_SECONDS = 2
#: A run that nobody has touched for so long was killed.
STALE = timedelta(minutes=3)
#: What could not be deleted for so long is left to a person (the doctor names it).
CLEANING_LAPSES = timedelta(days=2)
#: Zoom keeps a scheduled meeting for a year or so; nobody plans anything that far ahead.
AHEAD = timedelta(days=300)
KEPT = 20

#: A made-up learner. The domain is reserved (RFC 2606): nobody reads what is sent there.
LEARNER = ("zoom-connection-test@example.com", "Connection", "Test")

STEPS = ("token", "create", "register", "read", "delete", "event")


def begin(*, user_id: int) -> int:
    """Begin a test, or join the one that is under way; its id. A job does the rest."""
    running = SelfTest.objects.exclude(state__in=_OVER).filter(begun_at__gt=timezone.now() - STALE).first()
    if running is not None:
        return int(running.pk)
    old = SelfTest.objects.filter(needs_cleaning=False, state__in=_OVER).order_by("-pk")
    SelfTest.objects.filter(pk__in=list(old.values_list("pk", flat=True)[KEPT : KEPT + 100])).delete()
    test = SelfTest.objects.create(
        begun_by_id=user_id,
        begun_at=timezone.now(),
        topic=f"Connection test {secrets.token_hex(8)}, deleted in a moment",
    )
    SelfTestStep.objects.bulk_create(
        [SelfTestStep(test=test, position=position, name=name) for position, name in enumerate(STEPS)]
    )
    platform.current().later("run_self_test", test.pk)
    return int(test.pk)


def run_self_test(test_id: int) -> None:
    """Go through the steps (job). Called again while the event is awaited, and after a kill, to tidy up."""
    test = SelfTest.objects.filter(pk=test_id).exclude(state__in=_OVER).first()
    if test is None:
        return
    with lease(test, seconds=LEASE_SECONDS) as mine:
        test = SelfTest.objects.filter(pk=test_id).exclude(state__in=_OVER).first() if mine else None
        if test is None:
            return
        if test.state == SelfTest.State.WAITING:
            _save(test, state=SelfTest.State.RUNNING)
            _walk(test)
        elif not test.steps.filter(name="event", state=SelfTestStep.State.RUNNING).exists():
            _interrupted(test)
        if not test.is_over:
            _await_event(test)


def clean_self_test(test_id: int) -> None:
    """Delete at Zoom what a test has left there (job)."""
    test = SelfTest.objects.filter(pk=test_id, needs_cleaning=True).first()
    if test is None:
        return
    with lease(test, seconds=LEASE_SECONDS) as mine:
        if mine:
            _clean(test)


def leftovers() -> list[tuple[str, int]]:
    """The jobs that tests have left undone: killed in the middle, or a meeting still at Zoom."""
    now = timezone.now()
    free = is_free(now)
    killed = SelfTest.objects.filter(free, begun_at__lt=now - STALE).exclude(state__in=_OVER)
    dirty = SelfTest.objects.filter(free, needs_cleaning=True, state__in=_OVER, begun_at__gt=now - CLEANING_LAPSES)
    return [("run_self_test", pk) for pk in killed.values_list("pk", flat=True)] + [
        ("clean_self_test", pk) for pk in dirty.values_list("pk", flat=True)
    ]


# -- inside ---------------------------------------------------------------------------------------------------------

_OVER = (SelfTest.State.PASSED, SelfTest.State.FAILED)


def _save(test: SelfTest, **values: object) -> None:
    for name, value in values.items():
        setattr(test, name, value)
    test.save(update_fields=list(values))


def _mark(test: SelfTest, name: str, state: str, detail: str = "") -> None:
    test.steps.filter(name=name).update(state=state, detail=detail[:40], at=timezone.now())


def _walk(test: SelfTest) -> None:
    """Every step until one fails; what was made is deleted in any case."""
    try:
        client = connections.client(patient=True)
    except NotConnected as error:
        _mark(test, "token", SelfTestStep.State.FAILED, error.slug)
        _finish(test)
        return
    steps: dict[str, Callable[[SelfTest, zoom.ZoomClient], None]] = {
        "token": _token,
        "create": _create,
        "register": _register,
        "read": _read,
    }
    try:
        for name, step in steps.items():
            _mark(test, name, SelfTestStep.State.RUNNING)
            try:
                step(test, client)
            except (zoom.ZoomError, _Missing) as error:
                slug = error.slug if isinstance(error, _Missing) else trouble_of(error)
                log.warning("self test failed step=%s reason=%s", name, slug)
                _mark(test, name, SelfTestStep.State.FAILED, slug)
                break
            _mark(test, name, SelfTestStep.State.PASSED)
    finally:
        if test.needs_cleaning:
            _mark(test, "delete", SelfTestStep.State.RUNNING)
            _clean(test)
    if _failed(test):
        _finish(test)
    else:
        _mark(test, "event", SelfTestStep.State.RUNNING)


class _Missing(Exception):
    """What was made is not there as it should be."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__(slug)


def _host(test: SelfTest) -> str:
    return connections.host_reference(connections.the_connection())


def _token(test: SelfTest, client: zoom.ZoomClient) -> None:
    client.user(_host(test))


def _create(test: SelfTest, client: zoom.ZoomClient) -> None:
    body = zoom.meeting_body(
        "meeting",
        topic=test.topic,
        starts_at=(timezone.now() + AHEAD).replace(microsecond=0),
        duration_minutes=15,
        timezone="UTC",
        entry="host_first",
    )
    # From here on there may be a meeting, whether or not its number reaches us.
    _save(test, needs_cleaning=True)
    try:
        made = client.create_meeting("meeting", _host(test), body)
    except (zoom.errors.Refused, zoom.errors.RateLimited):
        _save(test, needs_cleaning=False)
        raise
    _save(test, zoom_id=made.zoom_id)


def _register(test: SelfTest, client: zoom.ZoomClient) -> None:
    client.add_registrant("meeting", test.zoom_id or 0, *LEARNER)


def _read(test: SelfTest, client: zoom.ZoomClient) -> None:
    found = client.read_meeting("meeting", test.zoom_id or 0)
    if not found.has_registration:
        raise _Missing("registration_off")
    if client.find_registrant("meeting", test.zoom_id or 0, LEARNER[0]) is None:
        raise _Missing("registrant_missing")


def _clean(test: SelfTest) -> None:
    try:
        client = connections.client(patient=True)
        for zoom_id in [test.zoom_id] if test.zoom_id else _by_topic(test, client):
            try:
                client.delete_meeting("meeting", zoom_id)
            except zoom.errors.Gone:
                log.info("self test's meeting was gone already test_id=%s", test.pk)
    except (zoom.ZoomError, NotConnected) as error:
        log.warning("self test's meeting not deleted yet test_id=%s reason=%s", test.pk, trouble_of(error))
        _mark(test, "delete", SelfTestStep.State.FAILED, trouble_of(error))
        return
    _save(test, needs_cleaning=False)
    _mark(test, "delete", SelfTestStep.State.PASSED)


def _by_topic(test: SelfTest, client: zoom.ZoomClient) -> list[int]:
    """The meetings that are called as this test's: the answer with its number was lost."""
    pages = client.meetings_of(_host(test), "meeting")
    return [row.zoom_id for page in pages for row in page if row.topic == test.topic]


def _interrupted(test: SelfTest) -> None:
    running = test.steps.filter(state=SelfTestStep.State.RUNNING)
    running.exclude(name="delete").update(state=SelfTestStep.State.FAILED, detail="interrupted", at=timezone.now())
    if test.needs_cleaning:
        _clean(test)
    _finish(test)


def _await_event(test: SelfTest) -> None:
    """Any event about the test's meeting will do: which of them the subscription has is for Zoom to know."""
    if Delivery.objects.filter(zoom_id=test.zoom_id).exists():
        _mark(test, "event", SelfTestStep.State.PASSED)
    elif not Endpoint.objects.filter(name="end_meeting", validated_at__isnull=False).exists():
        _mark(test, "event", SelfTestStep.State.SKIPPED, "not_validated")
    else:
        deleted = test.steps.get(name="delete").at
        if deleted is not None and deleted > timezone.now() - EVENT_WAIT:
            platform.current().later("run_self_test", test.pk, countdown_seconds=EVENT_POLL_SECONDS)
            return
        _mark(test, "event", SelfTestStep.State.FAILED, "no_event")
    _finish(test)


def _failed(test: SelfTest) -> bool:
    return bool(test.steps.filter(state=SelfTestStep.State.FAILED).exists())


def _finish(test: SelfTest) -> None:
    test.steps.filter(state__in=(SelfTestStep.State.WAITING, SelfTestStep.State.RUNNING)).update(
        state=SelfTestStep.State.SKIPPED
    )
    state = SelfTest.State.FAILED if _failed(test) else SelfTest.State.PASSED
    _save(test, state=state, finished_at=timezone.now())
