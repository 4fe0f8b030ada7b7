"""The site's Zoom account: credentials, consent, tokens, and the client that uses them."""

from __future__ import annotations

import logging
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import conf
from zoom_xblock.models import Connection, ConsentRequest, Registration, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services.errors import InvalidWishes, NotConnected, ServiceError, ZoomSaid
from zoom_xblock.services.leases import lease

log = logging.getLogger("zoom_xblock.connections")

CONSENT_MINUTES = 10
#: A token with less left is refreshed first: it must survive the calls that follow.
TOKEN_MARGIN_SECONDS = 60
#: A refresh takes one call; after this a killed one is given up.
REFRESH_LEASE_SECONDS = 20


class ConsentRefused(ServiceError):
    """Zoom's return could not be accepted; `slug` says why: declined, expired, replayed, foreign, …"""


@dataclass(frozen=True)
class Connected:
    """What a consent led to."""

    zoom_email: str
    account_id: str
    retired_jwt_settings: list[str]


def the_connection() -> Connection:
    """The site's one row, made when it is first asked for."""
    connection: Connection = Connection.objects.get_or_create(slot=1)[0]
    return connection


def save_app(
    *, client_id: str, host_email: str, client_secret: str | None = None, webhook_secret: str | None = None
) -> Connection:
    """
    Store the app's credentials. A secret that is None stays as it is; clearing the client id clears both secrets and
    the grant.

    Raises InvalidWishes with the fields that are wrong.
    """
    client_id, host_email = client_id.strip(), host_email.strip()
    wrong: dict[str, str] = {}
    if len(client_id) > 255 or any(ord(letter) < 33 for letter in client_id):
        wrong["client_id"] = "malformed"
    if host_email:
        try:
            validate_email(host_email)
        except ValidationError:
            wrong["host_email"] = "malformed"
    for name, value in (("client_secret", client_secret), ("webhook_secret", webhook_secret)):
        if value is not None and (len(value) > 500 or any(ord(letter) < 33 for letter in value.strip())):
            wrong[name] = "malformed"
    if wrong:
        raise InvalidWishes(wrong)

    connection, now = the_connection(), timezone.now()
    changed = ["client_id", "host_email"]
    if connection.client_id != client_id and connection.state != Connection.State.NEW:
        changed += _drop_grant(connection, "credentials_changed")
    connection.client_id, connection.host_email = client_id, host_email
    if not client_id:
        client_secret = webhook_secret = ""
    for name, value in (("client_secret", client_secret), ("webhook_secret", webhook_secret)):
        if value is not None:
            setattr(connection, name, value.strip())
            setattr(connection, f"{name}_set_at", now if value.strip() else None)
            changed += [name, f"{name}_set_at"]
    connection.save(update_fields=changed)
    return connection


def begin_consent(*, user_id: int, session_key: str, redirect_uri: str) -> str:
    """
    The address of Zoom's consent page for this person, with a one-time `state` and a PKCE challenge.

    Raises NotConnected("not_configured") while the app's credentials are incomplete.
    """
    connection = the_connection()
    if not connection.is_configured:
        raise NotConnected("not_configured")
    state = secrets.token_urlsafe(32)
    verifier, challenge = zoom.oauth.pkce_pair()
    ConsentRequest.objects.filter(created_at__lt=timezone.now() - timedelta(days=1)).delete()
    ConsentRequest.objects.create(
        state_digest=digest(state),
        user_id=user_id,
        session_digest=digest(session_key),
        code_verifier=verifier,
        redirect_uri=redirect_uri,
    )
    return zoom.oauth.authorize_url(
        conf.oauth_base_url(),
        client_id=connection.client_id,
        redirect_uri=redirect_uri,
        state=state,
        code_challenge=challenge,
    )


def finish_consent(*, user_id: int, session_key: str, state: str, code: str, error: str) -> Connected:
    """
    Take Zoom's return: exchange the code, learn who it is, store both in one row.

    Raises ConsentRefused (nothing changed) or ZoomSaid.
    """
    request = _take_consent_request(user_id, session_key, state)
    if error or not code:
        raise ConsentRefused("declined")
    connection = the_connection()
    transport = _transport(patient=False)
    try:
        tokens = zoom.oauth.exchange_code(
            transport,
            _app(connection),
            code=code,
            redirect_uri=request.redirect_uri,
            code_verifier=request.code_verifier,
        )
        me = zoom.ZoomClient(transport, _Given(tokens.access_token), _api_base(tokens.api_url)).me()
    except zoom.ZoomError as trouble:
        raise ZoomSaid(trouble) from trouble
    adopted = _adopt(connection, tokens)
    connection.account_id, connection.zoom_user_id, connection.zoom_email = me.account_id, me.id, me.email
    connection.state, connection.state_reason = Connection.State.CONNECTED, ""
    connection.state_changed_at = connection.connected_at = timezone.now()
    connection.connected_by_id = user_id
    connection.save(
        update_fields=[
            *adopted,
            "account_id",
            "zoom_user_id",
            "zoom_email",
            "state",
            "state_reason",
            "state_changed_at",
            "connected_at",
            "connected_by",
        ]
    )
    _wake_what_waited()
    return Connected(me.email, me.account_id, conf.retired_jwt_settings())


def disconnect() -> None:
    """
    Erase the grant here and revoke it at Zoom. What Zoom answers does not matter: it is forgotten here in any case.
    """
    connection = the_connection()
    token = connection.access_token
    connection.save(update_fields=_drop_grant(connection, "by_admin"))
    if token and connection.client_secret:
        try:
            zoom.oauth.revoke(_transport(patient=False), _app(connection), token)
        except zoom.ZoomError as trouble:
            log.warning("grant not revoked at Zoom zoom_code=%s", trouble.code)


def note_disconnected(reason: str, *, refused_access_token: str | None = None) -> None:
    """
    Zoom ended the grant (an event, or a refused token): the same state whatever the way it was learnt.

    A grant that has replaced the one whose token was refused is left alone.
    """
    connection = the_connection()
    if refused_access_token is not None and connection.access_token != refused_access_token:
        return
    if connection.state == Connection.State.CONNECTED:
        log.error("Zoom is disconnected reason=%s", reason)
        connection.save(update_fields=_drop_grant(connection, reason))


def client(*, patient: bool) -> zoom.ZoomClient:
    """
    A client with the site's grant. `patient` for jobs (safe calls are repeated), not for a person who waits.

    Raises NotConnected where there is none.
    """
    connection = the_connection()
    if not connection.is_connected:
        raise NotConnected("disconnected" if connection.state == Connection.State.DISCONNECTED else "not_connected")
    return zoom.ZoomClient(_transport(patient=patient), _Stored(), _api_base(connection.api_url))


def host_reference(connection: Connection, host_email: str = "") -> str:
    """Whom to name as the host in Zoom's addresses: a user-managed app may act for itself only."""
    account_wide = connection.app_kind == Connection.AppKind.SERVER or any(
        scope.endswith(":admin") for scope in connection.granted_scopes
    )
    return (host_email or connection.host_email or connection.zoom_user_id) if account_wide else "me"


# -- inside ---------------------------------------------------------------------------------------------------------


def _app(connection: Connection) -> zoom.OAuthApp:
    return zoom.OAuthApp(str(connection.client_id), str(connection.client_secret), conf.oauth_base_url())


def _transport(*, patient: bool) -> zoom.Transport:
    return _shared_transport(
        conf.connect_timeout_seconds(), conf.read_timeout_seconds(), patient, tuple(conf.stand_in_bases())
    )


@lru_cache(maxsize=8)
def _shared_transport(
    connect_seconds: float, read_seconds: float, patient: bool, bases: tuple[str, ...]
) -> zoom.Transport:
    """
    One pool of connections for each way of calling: a new TLS handshake for every call would cost more than the call.
    """
    return zoom.Transport(connect_seconds=connect_seconds, read_seconds=read_seconds, patient=patient, bases=bases)


def _api_base(answered: str | None) -> str:
    """The regional base that Zoom answered, where it is Zoom's (or the stand-in's); a forged one never gets a token."""
    if answered and zoom.allowed_api_url(answered, conf.stand_in_bases()):
        return answered
    return conf.api_base_url()


def _take_consent_request(user_id: int, session_key: str, state: str) -> ConsentRequest:
    request = ConsentRequest.objects.filter(state_digest=digest(state)).first() if state else None
    if request is None:
        raise ConsentRefused("unknown_state")
    if request.user_id != user_id or request.session_digest != digest(session_key):
        raise ConsentRefused("foreign_state")
    # One UPDATE decides: of two returns with the same state exactly one goes on.
    unused = ConsentRequest.objects.filter(pk=request.pk, used_at__isnull=True)
    if unused.update(used_at=timezone.now()) != 1:
        raise ConsentRefused("replayed")
    if request.created_at < timezone.now() - timedelta(minutes=CONSENT_MINUTES):
        raise ConsentRefused("expired")
    return request


def _adopt(connection: Connection, tokens: zoom.Tokens) -> list[str]:
    connection.access_token = tokens.access_token
    connection.refresh_token = tokens.refresh_token or ""
    connection.expires_at = timezone.now() + timedelta(seconds=tokens.expires_in_seconds)
    connection.scopes = " ".join(sorted(tokens.scopes))
    connection.api_url = tokens.api_url or ""
    return ["access_token", "refresh_token", "expires_at", "scopes", "api_url"]


def _wake_what_waited() -> None:
    """What could not be done without a connection is due now; the sweep hands it out."""
    now = timezone.now()
    Registration.objects.filter(state=Registration.State.PENDING, next_try_at__gt=now).update(next_try_at=now)
    Sitting.objects.filter(record=Sitting.Record.AWAITED, next_try_at__gt=now).update(next_try_at=now)


def _drop_grant(connection: Connection, reason: str) -> list[str]:
    connection.access_token = connection.refresh_token = connection.scopes = ""
    connection.expires_at = None
    connection.state, connection.state_reason = Connection.State.DISCONNECTED, reason
    connection.state_changed_at = timezone.now()
    return ["access_token", "refresh_token", "scopes", "expires_at", "state", "state_reason", "state_changed_at"]


class _Given:
    """A token that was just given and cannot be renewed."""

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def current(self) -> str:
        return self._access_token

    def renew(self, stale_access_token: str) -> str:
        raise zoom.errors.Disconnected("the token just given was refused")


class _Stored:
    """The site's token: refreshed by one process at a time, stored before anybody uses it."""

    def current(self) -> str:
        connection = the_connection()
        if not connection.is_connected:
            raise zoom.errors.Disconnected("not connected")
        if connection.token_expires_within(TOKEN_MARGIN_SECONDS):
            return self.renew(connection.access_token)
        return str(connection.access_token)

    def renew(self, stale_access_token: str) -> str:
        """
        A token other than the stale one. Whoever gets the lease asks Zoom; the others wait for what it stores.

        No transaction is open while Zoom is asked. A process that is killed in between leaves its lease to expire; if
        Zoom had rotated by then, the next refresh is refused and the connection says "reconnect".
        """
        deadline = time.monotonic() + REFRESH_LEASE_SECONDS + conf.read_timeout_seconds()
        while True:
            connection = the_connection()
            if not connection.is_connected:
                raise zoom.errors.Disconnected("not connected")
            if connection.access_token != stale_access_token:
                return str(connection.access_token)
            with lease(connection, seconds=REFRESH_LEASE_SECONDS) as mine:
                if mine:
                    return self._refresh(stale_access_token)
            if time.monotonic() > deadline:
                raise zoom.errors.Unreachable("another process is still refreshing the token")
            time.sleep(0.1)

    def _refresh(self, stale_access_token: str) -> str:
        connection = the_connection()
        if connection.access_token != stale_access_token:  # refreshed between our look and our lease
            return str(connection.access_token)
        try:
            tokens = zoom.oauth.refresh(_transport(patient=False), _app(connection), str(connection.refresh_token))
        except zoom.errors.Disconnected:
            note_disconnected("grant_refused", refused_access_token=stale_access_token)
            raise
        with transaction.atomic():
            connection.save(update_fields=_adopt(connection, tokens))
        return tokens.access_token
