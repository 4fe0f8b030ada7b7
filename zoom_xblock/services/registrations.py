"""A learner's place at a meeting: asked for when the unit opens, made by a job, used at the moment of joining."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import client as zoom
from zoom_xblock import conf, platform, queries
from zoom_xblock.models import Meeting, Placement, Registration, Sitting
from zoom_xblock.platform import Person
from zoom_xblock.services import connections
from zoom_xblock.services.errors import Forbidden, NotConnected, ServiceError, Unplaced, trouble_of
from zoom_xblock.services.leases import again_when_free, lease
from zoom_xblock.services.retry import LONGEST_COUNTDOWN_SECONDS, delay_seconds

log = logging.getLogger("zoom_xblock.registrations")

#: A job looks for the learner and adds her: at most four calls.
LEASE_SECONDS = 60
#: A refusal may be mended (a licence, a setting, a seat); who opens the unit again after this long is tried again.
REFUSED_RETRY_SECONDS = 600
#: What lost its job is taken up by the sweep after this long.
SWEEP_AFTER_SECONDS = 60
#: While the site is not connected, pending registrations are tried again this often (and at once after connecting).
NOT_CONNECTED_RETRY_SECONDS = 300
#: From when learners can join where nothing else was read of the published block.
JOIN_MINUTES_BEFORE = 15


class TooEarly(ServiceError):
    """The way in is not open yet: from `opens_at` on, for the date that begins at `starts_at`."""

    slug = "too_early"

    def __init__(self, opens_at: datetime, starts_at: datetime, time_zone: str) -> None:
        self.opens_at, self.starts_at, self.time_zone = opens_at, starts_at, time_zone
        super().__init__()


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
            meeting=placement.meeting,
            user_id=user_id,
            next_try_at=timezone.now() + timedelta(seconds=SWEEP_AFTER_SECONDS),
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
            again_when_free("register", registration)
            return
        registration = Registration.objects.select_related("meeting").get(pk=registration_id)
        if registration.state != Registration.State.PENDING:
            return
        registration.attempts += 1
        try:
            registrant = _registrant_for(registration)
        except (NotConnected, zoom.errors.Disconnected) as error:
            # Also where this very job has found the grant dead: whoever connects again must not find it given up.
            _try_again(registration, trouble_of(error), NOT_CONNECTED_RETRY_SECONDS)
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

    Raises Forbidden (not enrolled, looking through somebody's eyes, or "staff", who get no place), Unplaced, TooEarly,
    or ServiceError with the state that stands in the way ("not_registered", "session_over"). A session that runs lets
    everybody in who has a place, whatever the timetable says.
    """
    door = platform.current()
    if door.is_masquerading(user_id, usage_key.context_key):
        raise Forbidden()
    if not door.is_enrolled(user_id, usage_key.context_key):
        raise Forbidden("staff" if door.is_course_staff(user_id, usage_key.context_key) else "forbidden")
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None or placement.unpublished_since is not None:
        raise Unplaced()
    registration = place_of(meeting_id=placement.meeting.pk, user_id=user_id)
    if registration is None or not registration.join_url:
        if door.is_course_staff(user_id, usage_key.context_key):
            raise Forbidden("staff")
        raise ServiceError("not_registered")
    if isinstance(placement.shown, dict) and placement.shown.get("is_hidden"):
        raise Unplaced()  # the platform shows the unit to the course team only
    _check_door(placement)
    # Events bring links, too: whoever could sign one must not be able to send a class to a page that looks like Zoom's.
    if not zoom.allowed_api_url(registration.join_url, conf.stand_in_bases()):
        log.error("join link leads away from zoom registration_id=%s", registration.pk)
        raise ServiceError("garbled")
    return str(registration.join_url)


# -- inside ---------------------------------------------------------------------------------------------------------


def _check_door(placement: Placement) -> None:
    """Raise TooEarly, or ServiceError("session_over"), or Unplaced("gone"), unless a learner may go in now."""
    meeting = placement.meeting
    assert meeting is not None
    now, before = timezone.now(), _join_minutes_before(placement)
    standing = queries.standing_of(meeting, now)
    if standing.phase == "gone":
        raise Unplaced("gone")
    if standing.is_open(before, now):
        return
    opens_at = standing.opens_at(before)
    if opens_at is None or standing.current is None:
        raise ServiceError("session_over")
    raise TooEarly(opens_at, standing.current.starts_at, meeting.time_zone)


def _join_minutes_before(placement: Placement) -> int:
    """As the published block says, as last read; asked of it where that is not known."""
    shown = placement.shown
    if not isinstance(shown, dict) or "join_minutes_before" not in shown:
        wishes = platform.current().published_wishes(placement.usage_key)
        shown = wishes.fields if wishes is not None else {}
    value = shown.get("join_minutes_before")
    return value if isinstance(value, int) and not isinstance(value, bool) else JOIN_MINUTES_BEFORE


def _asked_again(registration: Registration) -> Registration:
    if registration.may_ask_again:
        refused = Registration.objects.filter(pk=registration.pk, state=Registration.State.FAILED)
        again = {
            "state": Registration.State.PENDING,
            "next_try_at": timezone.now() + timedelta(seconds=SWEEP_AFTER_SECONDS),
        }
        if refused.update(**again) == 1:  # of two windows one sends the job
            platform.current().later("register", registration.pk)
        registration.refresh_from_db()
    return registration


def _registrant_for(registration: Registration) -> zoom.Registrant:
    meeting = registration.meeting
    door = platform.current()
    person = door.person(registration.user_id)
    if person is None or not person.is_active:
        raise ServiceError("account_gone")
    # The job may run long after the unit was opened; one meeting may stand in several courses.
    courses = set(meeting.placements.values_list("course_key", flat=True))
    if courses and not any(door.is_enrolled(person.user_id, course_key) for course_key in courses):
        raise ServiceError("not_enrolled")
    address = sent_address(person)
    client = connections.client(patient=True)
    if registration.attempts > 1:
        # Zoom lets the same address be added three times a day: what an earlier try may have made is looked for first.
        found = client.find_registrant(meeting.kind, meeting.zoom_id, address)
        if found is not None:
            registration.email = address
            return found
    first, last = _names(sent_name(person))
    registration.email = address
    return client.add_registrant(meeting.kind, meeting.zoom_id, email=address, first_name=first, last_name=last)


def sent_address(person: Person) -> str:
    """
    The address that Zoom gets for this person: her own, or an alias that is the same in all her sessions, and of which
    nobody without the site's oldest key can tell whose it is. Aliases are never mailed.
    """
    if not conf.sends_aliases():
        return person.email
    secret = conf.encryption_keys()[-1]  # the oldest: a new key in front does not rename everybody
    mark = salted_hmac("zoom_xblock.alias", str(person.user_id), secret=secret, algorithm="sha256").hexdigest()
    return f"learner-{mark[:24]}@{conf.alias_domain()}"


def sent_name(person: Person) -> str:
    """The name that Zoom gets for this person, as the site wishes; never empty."""
    wish, name = conf.sent_name(), " ".join(person.name.split())
    if wish == "username" or not name:
        return person.username
    return name.split()[0] if wish == "first" else name


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
    with transaction.atomic():
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
        _count_again_if_settled(registration.meeting_id)


def _count_again_if_settled(meeting_id: int) -> None:
    """
    Zoom may have known her before we did: its answer was lost, she came, and everybody was counted without her. Noted
    as not decided, so that the sweep finds it, too.
    """
    if Sitting.objects.filter(meeting_id=meeting_id, settled_at__isnull=False).exists():
        Meeting.objects.filter(pk=meeting_id).update(decided_at=None)
        platform.current().later("decide_meeting", meeting_id)


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
