"""Ways to a grant: consent with the blue button, or the token of a server-to-server app. One account per site."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import conf, queries
from zoom_xblock.health import PENDING_MINUTES
from zoom_xblock.models import Connection, ConsentRequest, Registration, Sitting, app_of
from zoom_xblock.models.fields import digest
from zoom_xblock.services import disconnecting, transport
from zoom_xblock.services import tokens as stored
from zoom_xblock.services.credentials import oauth_app, the_connection
from zoom_xblock.services.errors import ConsentRefused, InvalidWishes, NotConnected, OtherAccount, ZoomSaid

CONSENT_MINUTES = 10


@dataclass(frozen=True)
class Connected:
    """
    What connecting led to. `removed_jwt`: stored credentials of the retired JWT app were erased just now;
    `retired_jwt_settings`: settings of it that are no longer used and safe to delete.
    """

    zoom_email: str
    account_id: str
    retired_jwt_settings: list[str]
    removed_jwt: bool = False


@dataclass(frozen=True)
class _Grant:
    """Tokens, and whose they are."""

    tokens: zoom.Tokens
    account_id: str
    zoom_user_id: str
    zoom_email: str
    user_id: int


def begin_consent(*, user_id: int, session_key: str, redirect_uri: str) -> str:
    """
    The address of Zoom's consent page for this person, with a one-time `state` and a PKCE challenge.

    Raises NotConnected("not_configured") while the app's credentials are incomplete, "no_consent" for an app that
    needs none.
    """
    app = app_of(the_connection())
    if app.missing:
        raise NotConnected("not_configured")
    if app.is_server:
        raise NotConnected("no_consent")
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
        client_id=app.client_id,
        redirect_uri=redirect_uri,
        state=state,
        code_challenge=challenge,
    )


def finish_consent(*, user_id: int, session_key: str, state: str, code: str, error: str) -> Connected:
    """
    Take Zoom's return: exchange the code, learn who it is, store both in one row.

    Raises ConsentRefused (unknown_state, foreign_state, replayed, expired, declined, consent_failed) or ZoomSaid
    (bad_redirect, bad_credentials, bad_code, …), and nothing was changed; OtherAccount, and the grant is kept aside.
    """
    request = _take_consent_request(user_id, session_key, state)
    if error and error != "access_denied":
        raise ConsentRefused("consent_failed")
    if error or not code:
        raise ConsentRefused("declined")
    connection = the_connection()
    http = transport.pool(patient=False)
    try:
        given = zoom.oauth.exchange_code(
            http,
            oauth_app(app_of(connection)),
            code=code,
            redirect_uri=request.redirect_uri,
            code_verifier=request.code_verifier,
        )
        me = zoom.ZoomClient(http, stored.Given(given.access_token), transport.api_base(given.api_url)).me()
    except zoom.ZoomError as trouble:
        raise ZoomSaid(trouble) from trouble
    return _take(connection, _Grant(given, me.account_id, me.id, me.email, user_id))


def connect_server(*, user_id: int) -> Connected:
    """
    Connect a server-to-server app: a first token, and who the host is. No consent, and no `me` at Zoom.

    Raises NotConnected("not_configured"), InvalidWishes where there is no host's address or Zoom knows none with it,
    ZoomSaid, OtherAccount.
    """
    connection = the_connection()
    app = app_of(connection)
    if app.missing or not app.is_server:
        raise NotConnected("not_configured")
    if not app.host_email:
        raise InvalidWishes({"host_email": "required"})
    http = transport.pool(patient=False)
    try:
        given = zoom.oauth.account_token(http, oauth_app(app), app.server_account_id)
        host = zoom.ZoomClient(http, stored.Given(given.access_token), transport.api_base(given.api_url)).user(
            app.host_email
        )
    except zoom.errors.UserGone as trouble:
        raise InvalidWishes({"host_email": "unknown_at_zoom"}) from trouble
    except zoom.ZoomError as trouble:
        raise ZoomSaid(trouble) from trouble
    return _take(connection, _Grant(given, host.account_id or app.server_account_id, host.id, host.email, user_id))


def confirm_other_account(*, user_id: int) -> Connected:
    """
    Go over to the account that was kept aside. Raises ConsentRefused("expired") when it is no longer, or another
    person allowed it.
    """
    connection = the_connection()
    grant = _pending(connection)
    if grant is None or grant.user_id != user_id:
        raise ConsentRefused("expired")
    return _settle(connection, grant)


def drop_other_account() -> None:
    """Stay with the present account: forget the other's grant here, and end it at Zoom."""
    connection = the_connection()
    grant = _pending(connection)
    Connection.objects.filter(pk=connection.pk).update(pending_grant=None, pending_at=None)
    if grant is not None:
        disconnecting.revoke(app_of(connection), grant.tokens.access_token)


def forget_lapsed() -> None:
    """Erase what was kept aside for longer than a person had to decide (the sweep calls it)."""
    lapsed = timezone.now() - timedelta(minutes=PENDING_MINUTES)
    Connection.objects.filter(pending_at__lte=lapsed).update(pending_grant=None, pending_at=None)


# -- inside ---------------------------------------------------------------------------------------------------------


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


def _take(connection: Connection, grant: _Grant) -> Connected:
    """Settle on it, or keep it aside where it is another account's and sessions depend on the present one."""
    if connection.account_id and connection.account_id != grant.account_id:
        sessions = disconnecting.removal()
        if sessions:
            connection.pending_grant, connection.pending_at = _packed(grant), timezone.now()
            connection.save(update_fields=["pending_grant", "pending_at"])
            raise OtherAccount(connection.zoom_email, grant.zoom_email, sessions)
    return _settle(connection, grant)


def _settle(connection: Connection, grant: _Grant) -> Connected:
    changed = stored.adopt(connection, grant.tokens)
    now = timezone.now()
    had_jwt = connection.retired_jwt not in (None, "")
    values: dict[str, Any] = {
        "account_id": grant.account_id,
        "zoom_user_id": grant.zoom_user_id,
        "zoom_email": grant.zoom_email,
        "state": Connection.State.CONNECTED,
        "state_reason": "",
        "state_changed_at": now,
        "connected_at": now,
        "connected_by_id": grant.user_id,
        "refreshed_at": None,
        "pending_grant": None,
        "pending_at": None,
        "retired_jwt": None,
        "hosts_error": None,
    }
    if connection.account_id != grant.account_id:
        values |= {"hosts_refreshed_at": None, "hosts_tried_at": None}
    for name, value in values.items():
        setattr(connection, name, value)
    connection.save(update_fields=[*changed, *(name for name in values if name != "connected_by_id"), "connected_by"])
    wake_what_waited()
    return Connected(grant.zoom_email, grant.account_id, conf.retired_jwt_settings(), removed_jwt=had_jwt)


def _packed(grant: _Grant) -> str:
    """The address in front, for pages; the rest is JSON."""
    tokens = {
        "access_token": grant.tokens.access_token,
        "refresh_token": grant.tokens.refresh_token,
        "expires_at": (timezone.now() + timedelta(seconds=grant.tokens.expires_in_seconds)).isoformat(),
        "scopes": sorted(grant.tokens.scopes),
        "api_url": grant.tokens.api_url,
    }
    rest = {"tokens": tokens, "account_id": grant.account_id, "zoom_user_id": grant.zoom_user_id}
    return f"{grant.zoom_email}\n{json.dumps({**rest, 'user_id': grant.user_id})}"


def _pending(connection: Connection) -> _Grant | None:
    if queries.other_account(connection) is None:
        return None
    email, _line, rest = str(connection.pending_grant).partition("\n")
    kept = json.loads(rest)
    tokens = kept["tokens"]
    left = (datetime.fromisoformat(tokens.pop("expires_at")) - timezone.now()).total_seconds()
    given = zoom.Tokens(
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        expires_in_seconds=max(1, int(left)),
        scopes=frozenset(tokens["scopes"]),
        api_url=tokens["api_url"],
    )
    return _Grant(given, kept["account_id"], kept["zoom_user_id"], email, kept["user_id"])


def wake_what_waited() -> None:
    """What could not be done without a connection is due now; the sweep hands it out."""
    now = timezone.now()
    Registration.objects.filter(state=Registration.State.PENDING, next_try_at__gt=now).update(next_try_at=now)
    Sitting.objects.filter(record=Sitting.Record.AWAITED, next_try_at__gt=now).update(next_try_at=now)
