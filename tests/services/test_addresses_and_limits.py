"""Zoom's addresses only, and never longer than the site allows."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest
from django.utils import timezone

from tests.services.test_connections import allow, begin
from zoom_xblock import conf
from zoom_xblock.client import errors
from zoom_xblock.models import Connection
from zoom_xblock.services import connections, starting
from zoom_xblock.services.errors import ZoomSaid

pytestmark = pytest.mark.django_db


class Trap:
    """Somebody else's server: remembers whatever reaches it."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.caught = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                link, _address = self.socket.accept()
            except OSError:
                return
            self.caught.append(link.recv(4096))
            link.close()


@pytest.fixture
def trap():
    made = Trap()
    yield made
    made.socket.close()


def forged(connected, address):
    """A token endpoint's answer that names another API."""
    return {
        "access_token": connected.access_token,
        "refresh_token": "forged-refresh-token",
        "token_type": "bearer",
        "expires_in": 3600,
        "scope": connected.scopes,
        "api_url": address,
    }


def test_a_forged_api_address_of_a_refresh_gets_no_call(connected, zoom, trap):
    Connection.objects.update(expires_at=timezone.now())
    zoom.fault("POST", "/oauth/token", status=200, body=forged(connected, trap.url), times=1)
    assert connections.client(patient=False).me().email == "zoom-admin@example.edu"
    assert connections.the_connection().api_url == ""
    assert trap.caught == []


def test_a_forged_api_address_of_a_consent_gets_no_call(connected, site, zoom, trap):
    query = begin(site)
    code = allow(zoom, query)
    zoom.fault("POST", "/oauth/token", status=200, body=forged(connected, trap.url), times=1)
    with suppress(ZoomSaid):  # the second consent has ended the first one's token
        connections.finish_consent(
            user_id=site.admin.pk, session_key="a session", state=query["state"], code=code, error=""
        )
    assert trap.caught == []


def test_an_address_stored_by_whomever_gets_no_call(connected, trap):
    Connection.objects.update(api_url=trap.url)
    assert connections.client(patient=False).me().email == "zoom-admin@example.edu"
    assert trap.caught == []


def test_a_forged_start_link_sends_nobody_there(session, site, zoom, trap):
    zoom.fault(
        "GET", f"/v2/meetings/{session.zoom_id}", status=200, body={"id": session.zoom_id, "start_url": trap.url}
    )
    session.placements.get()
    site.author.email = session.host_email
    site.author.save()
    with pytest.raises(ZoomSaid, match="garbled"):
        starting.start_link(usage_key=session.placements.get().usage_key, user_id=site.author.pk)
    assert trap.caught == []


def test_the_limits_are_three_and_ten_seconds():
    assert (conf.connect_timeout_seconds(), conf.read_timeout_seconds()) == (3, 10)


def test_a_slow_zoom_is_given_up_in_time(connected, zoom, settings):
    settings.ZOOM_XBLOCK_CONNECT_TIMEOUT_SECONDS, settings.ZOOM_XBLOCK_READ_TIMEOUT_SECONDS = 0.5, 1
    zoom.fault("GET", "/v2/users/me", delay=4, times=None)
    started = time.monotonic()
    with pytest.raises(errors.Unreachable):
        connections.client(patient=False).me()
    assert time.monotonic() - started < 2.5


def test_a_zoom_that_takes_no_calls_is_told_from_one_that_may_have_acted(connected, settings):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.ZOOM_XBLOCK_API_BASE_URL = f"http://127.0.0.1:{port}"
    Connection.objects.update(api_url="")
    with pytest.raises(errors.Unreachable) as unreachable:
        connections.client(patient=False).me()
    assert not unreachable.value.sent
