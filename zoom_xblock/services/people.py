"""People who leave the site for good."""

from __future__ import annotations

import logging

from zoom_xblock import client as zoom
from zoom_xblock import platform
from zoom_xblock.models import Registration, Segment
from zoom_xblock.services import connections
from zoom_xblock.services.errors import NotConnected

log = logging.getLogger("zoom_xblock.people")


def forget_person(user_id: int) -> None:
    """
    Erase what names a person: her link, her address, the names she went by in sessions. Minutes and results stay.

    Zoom is told by a job: retirement must not wait for it, nor fail with it.
    """
    for registration in Registration.objects.filter(user_id=user_id):
        if registration.registrant_id:
            alike = Segment.objects.filter(
                sitting__meeting_id=registration.meeting_id, registrant_id=registration.registrant_id
            ).values_list("pk", "registrant_id")
            # Compared once more in Python: the database may take ids that differ in case only for one.
            hers = [pk for pk, registrant_id in alike if registrant_id == registration.registrant_id]
            Segment.objects.filter(pk__in=hers).update(name="", email="")
        registration.email, registration.join_url = "", ""
        registration.state, registration.error = Registration.State.FAILED, "account_gone"
        registration.next_try_at = None
        registration.save(update_fields=["email", "join_url", "state", "error", "next_try_at"])
        if registration.registrant_id:
            platform.current().later("cancel_at_zoom", registration.pk)


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
