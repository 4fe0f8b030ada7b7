"""Deliveries: remembered in the request, worked on in a job, each effect once."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet, Subquery
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import conf, platform
from zoom_xblock.models import Connection, Delivery, Endpoint, Meeting, Registration, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import connections, metrics, recordings, sittings
from zoom_xblock.services.bulk import insert_one
from zoom_xblock.services.errors import NotConnected, trouble_of
from zoom_xblock.services.leases import Lease, again_when_free
from zoom_xblock.services.retry import LONGEST_COUNTDOWN_SECONDS, delay_seconds

log = logging.getLogger("zoom_xblock.inbox")

#: Rows only, no call to Zoom: whoever takes longer is dead.
LEASE_SECONDS = 20
#: After so many failures a person must look (the admin page lists them and can start them again).
GIVE_UP_AFTER_ATTEMPTS = 12
#: A job that had to wait for so long has others behind it: then so many deliveries of one meeting at most, of those
#: that came soonest after it, are done together. Such as tell who came and went.
BUSY = timedelta(seconds=1)
TOGETHER = 100
NEARBY = 400
PRESENCE = ".participant_"
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
    Store a verified delivery: one insert. False where it is here already. `handover.hand_over` brings it to a worker.

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
    return True


def note_validated(endpoint: str, at: datetime) -> None:
    """Zoom has validated one of our addresses."""
    Endpoint.objects.update_or_create(name=endpoint, defaults={"validated_at": at})


def process_delivery(delivery_id: int) -> None:
    """
    Do what a delivery asks for (job). Repeats, and deliveries in work, change nothing.

    Where the job had to wait, others wait, too: what came soon after it about the same meeting's people is done with
    it, and the jobs of those find nothing left to do.
    """
    mine, delivery = _take(delivery_id)
    if delivery is None:
        return
    if not mine:
        again_when_free("process_delivery", delivery)
        return
    try:
        if delivery.attempts > GIVE_UP_AFTER_ATTEMPTS:
            _failed(delivery, WorkerLost())
            return
        others = _take_along(delivery)
        if (others and _done_together(delivery, others)) or _done(delivery):
            mine.ended()
    finally:
        mine.end()


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


def _unlocked(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    """These rows, held; those that somebody holds just now left out, where the database can tell."""
    features = connection.features
    if not features.has_select_for_update:
        return rows
    return rows.select_for_update(skip_locked=features.has_select_for_update_skip_locked)


def _take(delivery_id: int) -> tuple[Lease, Delivery | None]:
    """
    Lease a delivery; no delivery where there is nothing to do about it.

    Tries are counted before they begin: a delivery that kills its worker is given up, too. One that another job has
    taken along counts a try, and is held while that job is at work: should nothing come of it, the sweep finds it.
    """
    mine = Lease(Delivery(pk=delivery_id), LEASE_SECONDS)
    rows = Delivery.objects.filter(pk=delivery_id, state=Delivery.State.NEW)
    delivery = rows.first()
    if delivery is None:
        return mine, None
    as_read, tries = Q(state=Delivery.State.NEW, attempts=delivery.attempts), delivery.attempts + 1
    if delivery.attempts == 0:
        mine.take(as_read, attempts=tries)
    else:
        with transaction.atomic():
            if not _unlocked(rows).values_list("pk", flat=True).first():
                return mine, None
            mine.take(as_read, attempts=tries)
    delivery.attempts = tries
    if not mine and not rows.filter(leased_until__isnull=False).exists():
        return mine, None  # done with meanwhile, or taken along
    return mine, delivery


def _take_along(delivery: Delivery) -> list[int]:
    """
    What came soon after it about the people of the same meeting, if it had to wait. Each is taken along once at most,
    so that it takes others down with it once at most.
    """
    if delivery.attempts > 1 or PRESENCE not in delivery.event or timezone.now() - delivery.received_at < BUSY:
        return []
    fresh = Delivery.objects.filter(state=Delivery.State.NEW, attempts=0, leased_until=None)
    near = fresh.filter(pk__gt=delivery.pk, pk__lte=delivery.pk + NEARBY, zoom_id=delivery.zoom_id)
    ids = list(near.filter(event__contains=PRESENCE).order_by("pk").values_list("pk", flat=True)[:TOGETHER])
    if not ids:
        return []
    try:
        with transaction.atomic():
            # Held by their keys alone: a search that holds rows may hold one of another meeting for a moment.
            others = list(_unlocked(fresh.filter(pk__in=ids)).order_by("pk").values_list("pk", flat=True))
            Delivery.objects.filter(pk__in=others).update(attempts=1)
    except OperationalError:  # a deadlock: it is done alone, and they by their own jobs
        log.info("no delivery taken along delivery_id=%s", delivery.pk, exc_info=True)
        return []
    return others


def _done(delivery: Delivery) -> bool:
    """Do it; whether it went."""
    try:
        # One transaction: what an event changes and that it is done are true together or not at all.
        with transaction.atomic():
            state = _apply(delivery)
            _note_done([delivery.pk], state)
    except Exception as error:  # whatever it is, the delivery must stay findable and the others must go on
        _failed(delivery, error)
        return False
    _watch([delivery], state)
    return True


def _done_together(delivery: Delivery, others: list[int]) -> bool:
    """Do these in one transaction; whether it went. If not, each goes its own way."""
    try:
        with transaction.atomic():
            still = Delivery.objects.filter(pk__in=others, state=Delivery.State.NEW, leased_until=None)
            rows = [delivery, *_unlocked(still).order_by("pk")]
            for state, some in (states := _apply_together(rows)).items():
                _note_done([row.pk for row in some], state)
    except Exception:  # one of them; which, is found out one by one
        log.warning("deliveries not processed together delivery_id=%s", delivery.pk, exc_info=True)
        for other in others:
            platform.current().later("process_delivery", other)
        return False
    for state, some in states.items():
        _watch(some, state)
    return True


def _note_done(ids: list[int], state: str) -> None:
    done = Delivery.objects.filter(pk__in=ids)
    done.update(state=state, processed_at=timezone.now(), next_try_at=None, error="", leased_until=None)


def _watch(done: list[Delivery], state: str) -> None:
    metrics.count("deliveries", len(done), state=state)
    for delivery in done:
        metrics.took("delivery_wait", max(0.0, (timezone.now() - delivery.received_at).total_seconds()))


def _apply_together(deliveries: list[Delivery]) -> dict[str, list[Delivery]]:
    """What `_apply` does, for many about who came and went in one meeting; the state of each after it."""
    account_id = connections.the_connection().account_id
    number = deliveries[0].zoom_id
    meeting = Meeting.objects.filter(zoom_id=number).first() if number is not None else None
    states: dict[str, list[Delivery]] = {}
    events = []
    for delivery in deliveries:
        event = zoom.webhooks.parse(str(delivery.body).encode())
        is_ours = bool(meeting) and bool(event.account_id) and event.account_id == account_id
        is_ours &= event.presence is not None
        states.setdefault(Delivery.State.DONE if is_ours else Delivery.State.IGNORED, []).append(delivery)
        if is_ours:
            events.append(event)
    if meeting is not None and events:
        sittings.record_together(meeting, events)
    return states


def _insert(delivery: Delivery) -> None:
    """Once more where the first try met a deadlock, or a connection that the database had dropped meanwhile."""
    try:
        insert_one(delivery)
    except OperationalError:
        if connection.in_atomic_block:
            raise
        log.warning("delivery not stored at once event=%s", delivery.event, exc_info=True)
        connection.close_if_unusable_or_obsolete()
        insert_one(delivery)


def _apply(delivery: Delivery) -> str:
    event = zoom.webhooks.parse(str(delivery.body).encode())
    if event.presence is not None and event.uuid and (known := _sitting(event)) is not None:
        sittings.record(known.meeting, event, known)
        return Delivery.State.DONE
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


def _sitting(event: zoom.Event) -> Sitting | None:
    """Where the run of a meeting of ours is known: it, its meeting and whose events are ours, in one query."""
    if event.zoom_id is None:
        return None
    ours = Connection.objects.filter(slot=1).values("account_id")[:1]
    known = Sitting.objects.filter(uuid_digest=digest(event.uuid), meeting__zoom_id=event.zoom_id)
    found = known.select_related("meeting").annotate(our_account_id=Subquery(ours)).first()
    is_ours = found is not None and bool(event.account_id) and event.account_id == found.our_account_id
    return found if is_ours else None


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
        if event.name.endswith("_approved") and _leads_to_zoom(registrant.join_url):
            registration.state, registration.join_url = Registration.State.REGISTERED, registrant.join_url
        elif event.name.endswith(("_cancelled", "_denied")):
            registration.state, registration.error = Registration.State.FAILED, "cancelled_at_zoom"
            registration.join_url = ""
        else:
            continue
        registration.save(update_fields=["state", "join_url", "error"])


def _leads_to_zoom(link: str | None) -> bool:
    return bool(link) and zoom.allowed_api_url(str(link), conf.stand_in_bases())


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
    metrics.count("deliveries", state="failed" if hopeless else "put_off")
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.FAILED if hopeless else Delivery.State.NEW,
        error=reason[:255],
        next_try_at=None if hopeless else timezone.now() + timedelta(seconds=wait),
    )
    if not hopeless and wait <= LONGEST_COUNTDOWN_SECONDS:
        platform.current().later("process_delivery", delivery.pk, countdown_seconds=wait)
