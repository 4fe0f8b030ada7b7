"""Starting a session as its host."""

from __future__ import annotations

from opaque_keys.edx.keys import UsageKey

from zoom_xblock import client as zoom
from zoom_xblock import platform
from zoom_xblock.models import Meeting, Placement
from zoom_xblock.services import connections
from zoom_xblock.services.errors import Forbidden, Unplaced, ZoomSaid


def start_link(*, usage_key: UsageKey, user_id: int) -> str:
    """
    A fresh link that starts the session as its host, for the host and the alternative hosts among the course team only.

    It carries the host's own log-in at Zoom (Zoom, "start_url"), so nobody else gets it, whatever her role in the
    course. Raises Forbidden, Unplaced, NotConnected or ZoomSaid.
    """
    door = platform.current()
    course_key = usage_key.context_key
    if door.is_masquerading(user_id, course_key):
        raise Forbidden("not_staff")
    if not (door.is_course_staff(user_id, course_key) or door.can_author(user_id, course_key)):
        raise Forbidden("not_staff")
    placement = Placement.objects.for_usage_key(usage_key)
    if placement is None or placement.meeting is None or placement.meeting.state == Meeting.State.GONE:
        raise Unplaced()
    if not is_host(placement.meeting, user_id):
        raise Forbidden("not_host")
    try:
        return connections.client(patient=False).host_link(placement.meeting.kind, placement.meeting.zoom_id)
    except zoom.ZoomError as error:
        raise ZoomSaid(error) from error


def is_host(meeting: Meeting, user_id: int) -> bool:
    """Whether this user's address is the host's or an alternative host's. Zoom's addresses do not differ by case."""
    person = platform.current().person(user_id)
    if person is None or not person.email or not person.is_active:
        return False
    hosts = {meeting.host_email, *meeting.alternative_hosts.split(",")}
    return person.email.casefold() in {host.strip().casefold() for host in hosts if host.strip()}
