"""
Zoom's API for us. Plain values in, frozen values of `results` out, errors of `errors`; the calls are in the modules by
subject.

    client = ZoomClient(Transport(patient=True), tokens, base_url)
    for page in client.past_participants("meeting", uuid):
        ...

Lists are iterators over pages, so that callers write in bulk and hold one page; nothing is asked of Zoom before the
first page is taken.
"""

from __future__ import annotations

from zoom_xblock.client.meetings import MeetingCalls
from zoom_xblock.client.past import PastCalls
from zoom_xblock.client.registrants import RegistrantCalls
from zoom_xblock.client.users import UserCalls


class ZoomClient(UserCalls, MeetingCalls, RegistrantCalls, PastCalls):
    """
    All calls, for one grant. `ZoomClient(transport, tokens, base_url)`: `tokens` a `TokenSource`, `base_url` the API's
    address with or without `/v2`. Keeps no state between calls; it may be made anew for each job.
    """
