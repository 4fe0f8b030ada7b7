"""The site's token: refreshed by one process at a time, stored before anybody uses it."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import conf
from zoom_xblock.models import Connection, app_of
from zoom_xblock.services import disconnecting, transport
from zoom_xblock.services.credentials import oauth_app, the_connection
from zoom_xblock.services.errors import trouble_of
from zoom_xblock.services.leases import lease
from zoom_xblock.services.outside_transaction import outside_transaction

log = logging.getLogger("zoom_xblock.connections")

#: A token with less left is refreshed first: it must survive the calls that follow.
TOKEN_MARGIN_SECONDS = 60
#: A token younger than this that is refused is not refreshed once more: that would be a loop.
YOUNG_SECONDS = 60
#: Zoom has rotated when we write; a database that blinks must not cost the connection.
WRITE_TRIES = 4


def lease_seconds() -> float:
    """A refresh takes one call and two writes; after this a killed one is given up."""
    return conf.connect_timeout_seconds() + conf.read_timeout_seconds() + 7


class Given:
    """A token that was just given and cannot be renewed."""

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def current(self) -> str:
        """The token."""
        return self._access_token

    def renew(self, stale_access_token: str) -> str:
        """There is no other."""
        raise zoom.errors.Disconnected("the token just given was refused")


class Stored:
    """The token in the row."""

    def current(self) -> str:
        """A token that lasts for the calls that follow."""
        connection = _connected()
        if connection.token_expires_within(TOKEN_MARGIN_SECONDS):
            return outside_transaction(lambda: renewed(str(connection.access_token)))
        return str(connection.access_token)

    def renew(self, stale_access_token: str) -> str:
        """
        Zoom refused this token: another one, or the same where it is so young that another would be no better.
        """
        connection = _connected()
        if connection.access_token == stale_access_token and _is_young(connection):
            Connection.objects.filter(pk=connection.pk).update(
                refresh_error="token_refused", refresh_failed_at=timezone.now()
            )
            return stale_access_token
        return outside_transaction(lambda: renewed(stale_access_token))


def renewed(stale_access_token: str) -> str:
    """
    A token other than the stale one. Whoever gets the lease asks Zoom; the others wait for what it stores.

    No transaction is open while Zoom is asked. A process that is killed in between leaves its lease to expire; if Zoom
    had rotated by then, the next refresh is refused and the connection says "reconnect".
    """
    deadline = time.monotonic() + lease_seconds() + 2
    while True:
        connection = _connected()
        if connection.access_token != stale_access_token:
            return str(connection.access_token)
        with lease(connection, seconds=lease_seconds()) as mine:
            if mine:
                return _refresh(stale_access_token)
        if time.monotonic() > deadline:
            raise zoom.errors.Unreachable("another process is still refreshing the token")
        time.sleep(0.1)


def adopt(connection: Connection, tokens: zoom.Tokens) -> list[str]:
    """Put new tokens on the instance; the names of the fields to save."""
    now = timezone.now()
    connection.access_token = tokens.access_token
    connection.refresh_token = tokens.refresh_token or ""
    connection.expires_at = now + timedelta(seconds=tokens.expires_in_seconds)
    connection.scopes = " ".join(sorted(tokens.scopes))
    connection.api_url = tokens.api_url or ""
    connection.refreshed_at = now
    connection.refresh_begun_at = connection.refresh_failed_at = connection.refresh_error = None
    return [
        "access_token",
        "refresh_token",
        "expires_at",
        "scopes",
        "api_url",
        "refreshed_at",
        "refresh_begun_at",
        "refresh_failed_at",
        "refresh_error",
    ]


# -- inside ---------------------------------------------------------------------------------------------------------


def _connected() -> Connection:
    connection = the_connection()
    if not connection.is_connected:
        raise zoom.errors.Disconnected("not connected")
    return connection


def _is_young(connection: Connection) -> bool:
    since = connection.refreshed_at
    return since is not None and since > timezone.now() - timedelta(seconds=YOUNG_SECONDS)


def _refresh(stale_access_token: str) -> str:
    connection = _connected()
    if connection.access_token != stale_access_token:  # refreshed between our look and our lease
        return str(connection.access_token)
    app, row = app_of(connection), Connection.objects.filter(pk=connection.pk)
    was_lost = connection.refresh_begun_at is not None
    row.update(refresh_begun_at=timezone.now())
    http = transport.pool(patient=False)
    try:
        if app.is_server:
            tokens = zoom.oauth.account_token(http, oauth_app(app), app.server_account_id)
        else:
            tokens = zoom.oauth.refresh(http, oauth_app(app), str(connection.refresh_token))
    except zoom.errors.Disconnected as error:
        reason = "app_disabled" if error.code in (4717, 4738) else "refresh_lost" if was_lost else "grant_refused"
        disconnecting.note_disconnected(reason, refused_access_token=stale_access_token)
        raise
    except zoom.ZoomError as error:
        _failed(connection, error, was_lost)
        raise
    _store(connection, tokens, stale_access_token)
    return tokens.access_token


def _failed(connection: Connection, error: zoom.ZoomError, was_lost: bool) -> None:
    """Note that it failed. Where Zoom may have rotated all the same, `refresh_begun_at` stays as a mark of doubt."""
    acted = isinstance(error, zoom.errors.ZoomDown | zoom.errors.Garbled) or (
        isinstance(error, zoom.errors.Unreachable) and error.sent
    )
    changes: dict[str, object] = {"refresh_error": trouble_of(error), "refresh_failed_at": timezone.now()}
    if not acted and not was_lost:
        changes["refresh_begun_at"] = None
    log.warning("token not refreshed reason=%s zoom_code=%s", changes["refresh_error"], error.code)
    Connection.objects.filter(pk=connection.pk).update(**changes)


def _store(connection: Connection, tokens: zoom.Tokens, stale_access_token: str) -> None:
    """
    Write both tokens, in one statement, over the grant they were refreshed from and over no other.

    Somebody may have connected anew or disconnected while Zoom was slow; what they stored counts.
    """
    names = adopt(connection, tokens)
    values = {name: getattr(connection, name) for name in names}
    same_grant = Connection.objects.filter(
        pk=connection.pk, state=Connection.State.CONNECTED, connected_at=connection.connected_at
    )
    for attempt in range(1, WRITE_TRIES + 1):
        try:
            with transaction.atomic():
                if same_grant.update(**values) != 1:
                    raise zoom.errors.Disconnected("disconnected while the token was refreshed")
            return
        except DatabaseError:
            if attempt == WRITE_TRIES or transaction.get_connection().in_atomic_block:
                log.exception("refreshed token not stored attempts=%s", attempt)
                raise
            transaction.get_connection().close_if_unusable_or_obsolete()
            time.sleep(0.2 * attempt)
