"""What is kept about one person: handed out to her, and erased when she leaves the site for good."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import platform
from zoom_xblock.models import Assignment, Correction, Delivery, Meeting, Placement, Registration, Result, Segment
from zoom_xblock.models.fields import UNREADABLE
from zoom_xblock.services import connections, counting
from zoom_xblock.services.errors import NotConnected

log = logging.getLogger("zoom_xblock.people")

BATCH = 500


def forget_person(user_id: int) -> None:
    """
    Erase what names a person: her link, her address, the names she went by in sessions (as herself, and as the guest
    that staff took for her), what was written about her as a reason, what Zoom posted of her, and that she decided
    about others. Minutes, results and verdicts stay: they are the course's, and her user id is all they have.

    Zoom is told by a job: retirement must not wait for it, nor fail with it.
    """
    meetings: set[int] = set()
    proofs: set[str] = set()
    for registration in Registration.objects.filter(user_id=user_id).select_related("meeting"):
        meetings.add(registration.meeting_id)
        proofs |= {one for one in (registration.registrant_id, registration.email, registration.join_url) if one}
        _forget_registration(registration)
    assigned = Assignment.objects.filter(user_id=user_id)
    meetings |= set(assigned.values_list("meeting_id", flat=True))
    proofs |= {key for by, key in assigned.values_list("by", "key") if by != Assignment.By.CONNECTION}
    proofs |= set(_addresses(user_id))
    for meeting in Meeting.objects.filter(pk__in=meetings):
        named, joins = _forget_segments(meeting, user_id, proofs)
        _forget_deliveries(meeting, proofs | named, joins)
    assigned.delete()  # a key is Zoom's number of a person; what it counted for is in the result
    Assignment.objects.filter(made_by_id=user_id).update(made_by=None)
    Correction.objects.filter(user_id=user_id).update(reason="")
    Correction.objects.filter(made_by_id=user_id).update(made_by=None)


def export_person(user_id: int) -> dict[str, Any]:
    """
    All that is kept about a person and names her, as JSON: her places, presences, results, decisions about her, and
    that she was known again as a guest. Times are ISO 8601 in UTC.

    No link and no number of Zoom's by which somebody could be taken for her, and nobody else's name.
    """
    places = list(Registration.objects.filter(user_id=user_id).select_related("meeting").order_by("pk"))
    results = list(Result.objects.filter(user_id=user_id).select_related("placement__meeting").order_by("pk"))
    assignments = list(Assignment.objects.filter(user_id=user_id).select_related("meeting").order_by("pk"))
    corrections = Correction.objects.filter(user_id=user_id).select_related("placement").order_by("pk")
    meetings: dict[int, Meeting] = {place.meeting_id: place.meeting for place in places}
    meetings |= {one.meeting_id: one.meeting for one in assignments}
    for result in results:
        if result.placement.meeting is not None:
            meetings[result.placement.meeting.pk] = result.placement.meeting
    proofs = {one for place in places for one in (place.registrant_id, place.email) if one} | set(_addresses(user_id))
    keys: dict[int, list[str]] = {}
    for placement in Placement.objects.filter(meeting__in=list(meetings)).order_by("pk"):
        keys.setdefault(placement.meeting_id or 0, []).append(str(placement.usage_key))

    def session(meeting: Meeting) -> dict[str, Any]:
        return {"topic": meeting.topic, "kind": str(meeting.kind), "usage_keys": keys.get(meeting.pk, [])}

    return {
        "user_id": user_id,
        "made_at": _moment(timezone.now()),
        "registrations": [
            {
                **session(one.meeting),
                "state": str(one.state),
                "address_sent_to_zoom": one.email,
                "asked_at": _moment(one.created_at),
                "registered_at": _moment(one.registered_at),
                "joined_at": _moment(one.joined_at),
            }
            for one in places
        ],
        "presence": [
            {
                **session(meeting),
                "name_in_the_session": one.name,
                "address_in_the_session": one.email,
                "room": str(one.room),
                "told_by": str(one.source),
                "by_telephone": one.is_phone,
                "from": _moment(one.joined_at),
                "until": _moment(one.left_at),
            }
            for _pk, meeting in sorted(meetings.items())
            for one in sorted(_presences_of(meeting, user_id, proofs), key=lambda segment: segment.pk)
        ],
        "results": [
            {
                "usage_key": str(one.placement.usage_key),
                **{name: getattr(one, name) for name in _OF_RESULT},
                **{name: _moment(getattr(one, name)) for name in _TIMES_OF_RESULT},
            }
            for one in results
        ],
        "corrections": [
            {
                "usage_key": str(one.placement.usage_key),
                "verdict": str(one.verdict),
                "reason": one.reason,
                "made_at": _moment(one.made_at),
                "before": one.before,
                "after": one.after,
            }
            for one in corrections
        ],
        "assignments": [
            {**session(one.meeting), "known_by": str(one.by), "made_at": _moment(one.made_at)} for one in assignments
        ],
    }


def cancel_at_zoom(registration_id: int) -> None:
    """Take a person's registrant away at Zoom (job). Gone already, or the meeting is over: that is what was wanted."""
    registration = Registration.objects.select_related("meeting").filter(pk=registration_id).first()
    if registration is None or not registration.registrant_id:
        return
    meeting = registration.meeting
    try:
        connections.client(patient=True).cancel_registrant(meeting.kind, meeting.zoom_id, registration.registrant_id)
    except zoom.errors.Refused as error:
        log.info("registrant not cancelled registration_id=%s zoom_code=%s", registration.pk, error.code)
    except (zoom.ZoomError, NotConnected):
        platform.current().later("cancel_at_zoom", registration.pk, countdown_seconds=900)


# -- inside ---------------------------------------------------------------------------------------------------------


_OF_RESULT = (
    "attended_seconds",
    "required_seconds",
    "state",
    "is_complete",
    "counted_complete",
    "verdict",
    "score",
    "score_told",
)
_TIMES_OF_RESULT = ("joined_at", "decided_at", "completed_at", "withdrawn_at", "score_reset_at")


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _addresses(user_id: int) -> Iterator[str]:
    """
    Her address while the account still has it: the platform retires an account after telling us, or before. One that
    somebody else registered with as well is not hers alone, and finds nothing of hers.
    """
    user = get_user_model().objects.filter(pk=user_id).only("email").first()
    if user is not None and "@" in (user.email or ""):
        yield user.email


def _forget_registration(registration: Registration) -> None:
    registration.email, registration.join_url = "", ""
    registration.state, registration.error = Registration.State.FAILED, "account_gone"
    registration.next_try_at = None
    registration.save(update_fields=["email", "join_url", "state", "error", "next_try_at"])
    if registration.registrant_id:
        platform.current().later("cancel_at_zoom", registration.pk)


def _forget_segments(meeting: Meeting, user_id: int, proofs: set[str]) -> tuple[set[str], dict[str, set[str]]]:
    """
    Blank the names of the presences that are hers, whatever placement counts them so. Returns what else they say of her
    (her numbers at Zoom, addresses), and the numbers of her connections by the uuid of their sitting. Her number at
    Zoom goes as well: a presence without it is still a presence.
    """
    hers: set[int] = set()
    named: set[str] = set()
    joins: dict[str, set[str]] = {}
    uuids = dict(meeting.sittings.values_list("pk", "uuid"))
    for segment in _presences_of(meeting, user_id, proofs):
        hers.add(segment.pk)
        named |= {one for one in (segment.zoom_user_id, segment.email) if one}
        if segment.connection:
            joins.setdefault(uuids[segment.sitting_id], set()).add(segment.connection)
    for batch in _batches(sorted(hers)):
        Segment.objects.filter(pk__in=batch).update(name="", email="", zoom_user_id="", is_internal=None)
    return named, joins


def _presences_of(meeting: Meeting, user_id: int, proofs: set[str]) -> Iterator[Segment]:
    resolvers = [counting.who_is(meeting, placement) for placement in meeting.placements.all()]
    addresses = {proof.casefold() for proof in proofs if "@" in proof}
    for segment in Segment.objects.filter(sitting__meeting=meeting).iterator(chunk_size=2000):
        # An address that is hers names her, whether or not it counts anywhere. Ids are compared letter by letter.
        named = segment.registrant_id in proofs or segment.email.casefold() in addresses
        if named or any(who(segment) == user_id for who in resolvers):
            yield segment


def _forget_deliveries(meeting: Meeting, proofs: set[str], joins: dict[str, set[str]]) -> None:
    """
    Empty the stored bodies that name her. Bodies are encrypted, so each of the meeting's is opened and looked through;
    one that waits for its work still has to be worked on, and goes with the retention of deliveries.
    """
    wanted = {proof.casefold() for proof in proofs}
    settled = Q(state__in=[Delivery.State.DONE, Delivery.State.IGNORED, Delivery.State.FAILED])
    found = []
    for delivery in Delivery.objects.filter(settled, zoom_id=meeting.zoom_id).iterator(chunk_size=500):
        if delivery.body is UNREADABLE:
            continue
        texts = set(_texts(str(delivery.body)))
        if wanted & {text.casefold() for text in texts} or any(joins[uuid] & texts for uuid in texts & joins.keys()):
            found.append(delivery.pk)
    for batch in _batches(found):
        with transaction.atomic():
            for delivery in Delivery.objects.filter(pk__in=batch):
                delivery.body = "{}"
                delivery.save(update_fields=["body"])


def _texts(body: str) -> Iterator[str]:
    """Every text in a body; the body itself where it is no JSON."""
    try:
        open_ = [json.loads(body)]
    except ValueError:
        yield body
        return
    while open_:
        value = open_.pop()
        if isinstance(value, dict):
            open_.extend(value.values())
        elif isinstance(value, list):
            open_.extend(value)
        elif isinstance(value, str):
            yield value


def _batches(ids: list[int]) -> Iterable[list[int]]:
    return (ids[first : first + BATCH] for first in range(0, len(ids), BATCH))
