"""A learner's place at a meeting: asked for when the unit opens, made by a job, used at the moment of joining."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import IntegrityError
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import client as zoom
from zoom_xblock import platform
from zoom_xblock.models import Meeting, Placement, Registration
from zoom_xblock.services import connections
from zoom_xblock.services.errors import Forbidden, NotConnected, ServiceError, Unplaced, trouble_of
from zoom_xblock.services.leases import lease
from zoom_xblock.services.retry import LONGEST_COUNTDOWN_SECONDS, delay_seconds

log = logging.getLogger("zoom_xblock.registrations")

#: A job looks for the learner and adds her: at most four calls.
LEASE_SECONDS = 60
#: A refusal may be mended (a licence, a setting, a seat); who opens the unit again after this long is tried again.
REFUSED_RETRY_SECONDS = 600
#: While the site is not connected, pending registrations are tried again this often (and at once after connecting).
NOT_CONNECTED_RETRY_SECONDS = 300


def request_place(*, usage_key: UsageKey, user_id: int) -> Registration:
    """
    Ask for a place at the session of this block; a job does the rest. Asking again changes nothing.

    Raises Forbidden for people who are not enrolled, who teach the course or who only look through somebody's eyes;
    Unplaced without a session.
    """
    door = platform.current()
    course_key = usage_key.context_key
    if door.is_masquerading(user_id, course_key):
        raise Forbidden("masquerade")
    if door.is_course_staff(user_id, course_key):
        raise Forbidden("staff")
    if not door.is_enrolled(user_id, course_key):
        raise Forbidden()
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None:
        raise Unplaced()
    registration = Registration.objects.filter(meeting=placement.meeting, user_id=user_id).first()
    if registration is not None:
        return _asked_again(registration)
    if placement.meeting.state == Meeting.State.GONE:
        raise Unplaced("gone")
    try:
        registration = Registration.objects.create(
            meeting=placement.meeting, user_id=user_id, next_try_at=timezone.now() + timedelta(seconds=60)
        )
    except IntegrityError:  # the same learner in two windows: the other one was first
        return Registration.objects.get(meeting=placement.meeting, user_id=user_id)
    door.later("register", registration.pk)
    return registration


def register(registration_id: int) -> None:
    """Make the registrant at Zoom (job). Done already, or being done: nothing happens."""
    registration = Registration.objects.select_related("meeting").filter(pk=registration_id).first()
    if registration is None or registration.state != Registration.State.PENDING:
        return
    with lease(registration, seconds=LEASE_SECONDS) as mine:
        if not mine:
            return
        registration = Registration.objects.select_related("meeting").get(pk=registration_id)
        if registration.state != Registration.State.PENDING:
            return
        registration.attempts += 1
        try:
            registrant = _registrant_for(registration)
        except NotConnected as error:
            _try_again(registration, error.slug, NOT_CONNECTED_RETRY_SECONDS)
        except zoom.ZoomError as error:
            wait = delay_seconds(error, registration.attempts)
            if wait is None:
                _give_up(registration, trouble_of(error))
            else:
                _try_again(registration, trouble_of(error), wait)
        except ServiceError as error:
            _give_up(registration, error.slug)
        else:
            _keep(registration, registrant)


def place_of(*, meeting_id: int, user_id: int) -> Registration | None:
    """The learner's registration, whatever its state."""
    return Registration.objects.filter(meeting_id=meeting_id, user_id=user_id).first()


def join_link(*, usage_key: UsageKey, user_id: int) -> str:
    """
    The personal link of this learner, for a redirect at the moment of joining.

    Raises Forbidden (not enrolled, or looking through somebody's eyes), Unplaced, or ServiceError with the state that
    stands in the way.
    """
    door = platform.current()
    if door.is_masquerading(user_id, usage_key.context_key) or not door.is_enrolled(user_id, usage_key.context_key):
        raise Forbidden()
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None or placement.unpublished_since is not None:
        raise Unplaced()
    registration = place_of(meeting_id=placement.meeting.pk, user_id=user_id)
    if registration is None or not registration.join_url:
        raise ServiceError("not_registered")
    return str(registration.join_url)


# -- inside ---------------------------------------------------------------------------------------------------------


def _asked_again(registration: Registration) -> Registration:
    if registration.may_ask_again:
        refused = Registration.objects.filter(pk=registration.pk, state=Registration.State.FAILED)
        again = {"state": Registration.State.PENDING, "next_try_at": timezone.now() + timedelta(seconds=60)}
        if refused.update(**again) == 1:  # of two windows one sends the job
            platform.current().later("register", registration.pk)
        registration.refresh_from_db()
    return registration


def _registrant_for(registration: Registration) -> zoom.Registrant:
    meeting = registration.meeting
    person = platform.current().person(registration.user_id)
    if person is None or not person.is_active:
        raise ServiceError("account_gone")
    client = connections.client(patient=True)
    if registration.attempts > 1:
        # Zoom lets the same address be added three times a day: what an earlier try may have made is looked for first.
        found = client.find_registrant(meeting.kind, meeting.zoom_id, person.email)
        if found is not None:
            registration.email = person.email
            return found
    first, last = _names(person.name or person.username)
    registration.email = person.email
    return client.add_registrant(meeting.kind, meeting.zoom_id, email=person.email, first_name=first, last_name=last)


def _names(full_name: str) -> tuple[str, str]:
    """First and last name within Zoom's 64 characters each; the first one is never empty."""
    words = full_name.split()
    first, last = (words[0], " ".join(words[1:])) if words else ("-", "")
    return first[:64], last[:64]


def _keep(registration: Registration, registrant: zoom.Registrant) -> None:
    registration.registrant_id = registrant.registrant_id
    registration.join_url = registrant.join_url or ""
    registration.state = Registration.State.REGISTERED if registrant.join_url else Registration.State.AWAITING_APPROVAL
    registration.error, registration.next_try_at, registration.registered_at = "", None, timezone.now()
    registration.save(
        update_fields=[
            "registrant_id",
            "join_url",
            "state",
            "error",
            "next_try_at",
            "registered_at",
            "email",
            "attempts",
        ]
    )


def _try_again(registration: Registration, slug: str, wait_seconds: float) -> None:
    registration.error = slug
    registration.next_try_at = timezone.now() + timedelta(seconds=wait_seconds)
    registration.save(update_fields=["error", "next_try_at", "attempts"])
    if wait_seconds <= LONGEST_COUNTDOWN_SECONDS:
        platform.current().later("register", registration.pk, countdown_seconds=wait_seconds)


def _give_up(registration: Registration, slug: str) -> None:
    log.error("registration refused registration_id=%s reason=%s", registration.pk, slug)
    registration.error, registration.state = slug, Registration.State.FAILED
    registration.next_try_at = timezone.now() + timedelta(seconds=REFUSED_RETRY_SECONDS)
    registration.save(update_fields=["error", "state", "next_try_at", "attempts"])
