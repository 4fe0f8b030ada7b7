"""Deliveries: remembered in the request, worked on in a job, each effect once."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import platform
from zoom_xblock.models import Connection, Delivery, Endpoint, Meeting, Registration
from zoom_xblock.models.fields import digest
from zoom_xblock.services import connections, recordings, sittings, watch
from zoom_xblock.services.errors import NotConnected, trouble_of
from zoom_xblock.services.leases import again_when_free, lease
from zoom_xblock.services.retry import LONGEST_COUNTDOWN_SECONDS, delay_seconds

log = logging.getLogger("zoom_xblock.inbox")

#: Rows only, no call to Zoom: whoever takes longer is dead.
LEASE_SECONDS = 20
#: After so many failures a person must look (the admin page lists them and can start them again).
GIVE_UP_AFTER_ATTEMPTS = 12
#: The user is no longer in the account, or may do nothing there any more.
USER_GONE = ("user.deleted", "user.deactivated", "user.disassociated")


#: How long a process remembers the secret, and how soon it reads it again when a signature is wrong.
SECRET_KEPT_SECONDS = 10.0
SECRET_DOUBTED_SECONDS = 1.0
_secret: tuple[str, float] = "", float("-inf")
#: What lost its job is taken up by the sweep after this long.
SWEEP_AFTER_SECONDS = 60


class WorkerLost(Exception):
    """Every worker that took this delivery died over it."""


def webhook_secret(*, refused: str | None = None) -> str:
    """
    The secret that deliveries are signed with; empty while none is set (then no delivery is accepted).

    Remembered in the process for a few seconds, so that a delivery costs one insert and no query. `refused` is the
    secret under which a signature was wrong: it may have been changed since, so it is read again, once a second at
    most, whatever strangers send.
    """
    global _secret
    now = time.monotonic()
    known, read_at = _secret
    age = now - read_at
    if age > (SECRET_KEPT_SECONDS if refused is None or refused != known else SECRET_DOUBTED_SECONDS):
        known = connections.app_of(connections.the_connection()).webhook_secret
        _secret = known, now
    return known


def forget_secret() -> None:
    """The next delivery reads it anew."""
    global _secret
    _secret = "", float("-inf")


def remember(*, endpoint: str, request_id: str, raw: bytes, event: zoom.Event, received_at: datetime) -> bool:
    """
    Store a verified delivery and queue its work: one insert. False where it is here already.

    Attempts of Zoom at the same delivery share `x-zm-request-id`; where that is absent the body itself is the key.
    """
    delivery = Delivery(
        digest=digest("id", request_id) if request_id else digest("body", endpoint, raw.hex()),
        endpoint=endpoint,
        event=event.name[:80],
        zoom_id=event.zoom_id,
        body=raw.decode("utf-8"),
        received_at=received_at,
        next_try_at=received_at + timedelta(seconds=SWEEP_AFTER_SECONDS),
    )
    try:
        _insert(delivery)
    except IntegrityError:
        return False
    platform.current().later("process_delivery", delivery.pk)
    return True


def note_validated(endpoint: str, at: datetime) -> None:
    """Zoom has validated one of our addresses."""
    Endpoint.objects.update_or_create(name=endpoint, defaults={"validated_at": at})


def process_delivery(delivery_id: int) -> None:
    """Do what a delivery asks for (job). Repeats, and deliveries in work, change nothing."""
    delivery = Delivery.objects.filter(pk=delivery_id, state=Delivery.State.NEW).first()
    if delivery is None:
        return
    # The try is counted before it begins: a delivery that kills its worker is given up, too.
    with lease(delivery, seconds=LEASE_SECONDS, attempts=F("attempts") + 1) as mine:
        if not mine:
            again_when_free("process_delivery", delivery)
            return
        delivery = Delivery.objects.get(pk=delivery_id)
        if delivery.state != Delivery.State.NEW:
            return
        if delivery.attempts > GIVE_UP_AFTER_ATTEMPTS:
            _failed(delivery, WorkerLost())
            return
        try:
            # One transaction: what an event changes and that it is done are true together or not at all.
            with transaction.atomic():
                state = _apply(delivery)
                Delivery.objects.filter(pk=delivery_id).update(
                    state=state, processed_at=timezone.now(), next_try_at=None, error="", leased_until=None
                )
            mine.ended()
        except Exception as error:  # whatever it is, the delivery must stay findable and the others must go on
            _failed(delivery, error)
        else:
            watch.count("deliveries", state=state)
            waited = (timezone.now() - delivery.received_at).total_seconds()
            watch.took("delivery_wait", max(0.0, waited))


def process_again(delivery_id: int) -> None:
    """Start a delivery once more that was given up (or done: its effects are idempotent)."""
    Delivery.objects.filter(pk=delivery_id).update(
        state=Delivery.State.NEW,
        attempts=0,
        error="",
        next_try_at=timezone.now() + timedelta(seconds=SWEEP_AFTER_SECONDS),
    )
    platform.current().later("process_delivery", delivery_id)


# -- inside ---------------------------------------------------------------------------------------------------------


def _insert(delivery: Delivery) -> None:
    """Once more where the first try met a deadlock, or a connection that the database had dropped meanwhile."""
    try:
        delivery.save(force_insert=True)
    except OperationalError:
        if connection.in_atomic_block:
            raise
        log.warning("delivery not stored at once event=%s", delivery.event, exc_info=True)
        connection.close_if_unusable_or_obsolete()
        delivery.pk = None
        delivery.save(force_insert=True)


def _apply(delivery: Delivery) -> str:
    event = zoom.webhooks.parse(str(delivery.body).encode())
    connection = connections.the_connection()
    if event.name == "app_deauthorized":
        return _deauthorized(connection, event)
    if event.name in USER_GONE and event.user_id and event.user_id == connection.zoom_user_id:
        connections.note_disconnected("host_gone")
        return Delivery.State.DONE
    if not event.account_id or event.account_id != connection.account_id:
        return Delivery.State.IGNORED  # one app may serve many accounts; another's events are not ours
    meeting = Meeting.objects.filter(zoom_id=event.zoom_id).first() if event.zoom_id is not None else None
    if meeting is None:
        return Delivery.State.IGNORED  # somebody's meeting that has nothing to do with a course
    if event.name.startswith("recording."):
        return Delivery.State.DONE if recordings.note(meeting, event) else Delivery.State.IGNORED
    if event.name.endswith((".started", ".ended")) or event.presence is not None:
        sittings.record(meeting, event)
    elif event.name.endswith((".updated", ".deleted", ".recovered", ".permanently_deleted")):
        platform.current().later("refresh_meeting", meeting.pk)  # the event may list only some of what changed
    elif event.registrant is not None and ".registration_" in event.name:
        _registration(meeting, event)
    else:
        return Delivery.State.IGNORED
    return Delivery.State.DONE


def _deauthorized(connection: Connection, event: zoom.Event) -> str:
    if event.account_id != connection.account_id or (
        event.client_id and event.client_id != connections.app_of(connection).client_id
    ):
        return Delivery.State.IGNORED
    if connection.connected_at and event.occurred_at and event.occurred_at < connection.connected_at:
        return Delivery.State.IGNORED  # late: the site has been connected again since
    connections.note_disconnected("removed_at_zoom")
    return Delivery.State.DONE


def _registration(meeting: Meeting, event: zoom.Event) -> None:
    """A person at Zoom approved or cancelled somebody's registration by hand."""
    registrant = event.registrant
    assert registrant is not None
    for registration in meeting.registrations.exclude(registrant_id=""):
        if registration.registrant_id != registrant.registrant_id:
            continue
        if event.name.endswith("_approved") and registrant.join_url:
            registration.state, registration.join_url = Registration.State.REGISTERED, registrant.join_url
        elif event.name.endswith(("_cancelled", "_denied")):
            registration.state, registration.error = Registration.State.FAILED, "cancelled_at_zoom"
            registration.join_url = ""
        else:
            continue
        registration.save(update_fields=["state", "join_url", "error"])


def _failed(delivery: Delivery, error: Exception) -> None:
    attempts = delivery.attempts
    wait = delay_seconds(error, attempts)
    if wait is None:
        # Not one of Zoom's: a deadlock, a bug, a broken body. Tried again a few times, since a body once lost cannot be
        # had again.
        wait = min(2.0**attempts, 3600.0)
    hopeless = isinstance(error, zoom.BadDelivery) or attempts >= GIVE_UP_AFTER_ATTEMPTS
    reason = trouble_of(error) if isinstance(error, zoom.ZoomError | NotConnected) else type(error).__name__
    log.log(
        logging.ERROR if hopeless else logging.WARNING,
        "%s delivery_id=%s event=%s reason=%s attempts=%s",
        "delivery given up" if hopeless else "delivery not processed yet",
        delivery.pk,
        delivery.event,
        reason,
        attempts,
        exc_info=not isinstance(error, zoom.ZoomError),
    )
    watch.count("deliveries", state="failed" if hopeless else "put_off")
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.FAILED if hopeless else Delivery.State.NEW,
        error=reason[:255],
        next_try_at=None if hopeless else timezone.now() + timedelta(seconds=wait),
    )
    if not hopeless and wait <= LONGEST_COUNTDOWN_SECONDS:
        platform.current().later("process_delivery", delivery.pk, countdown_seconds=wait)
