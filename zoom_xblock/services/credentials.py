"""The app at Zoom: what is stored of it, what settings fix, and the row that holds both."""

from __future__ import annotations

import json

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import conf
from zoom_xblock.models import App, Connection, app_of
from zoom_xblock.services import disconnecting
from zoom_xblock.services.errors import InvalidWishes

#: Longest values; account ids of Zoom have 22 characters.
_LONGEST = {"client_id": 255, "server_account_id": 64, "client_secret": 500, "webhook_secret": 500}


def the_connection() -> Connection:
    """The site's one row, made when it is first asked for."""
    connection: Connection = Connection.objects.get_or_create(slot=1)[0]
    return connection


def oauth_app(app: App) -> zoom.OAuthApp:
    """The app as the client takes it."""
    return zoom.OAuthApp(app.client_id, app.client_secret, conf.oauth_base_url())


def save_app(
    *,
    client_id: str,
    host_email: str,
    client_secret: str | None = None,
    webhook_secret: str | None = None,
    app_kind: str | None = None,
    server_account_id: str | None = None,
    knowingly: bool = False,
) -> Connection:
    """
    Store the app's credentials. What is None stays as it is, and so does what settings fix. Clearing the client id
    clears both secrets and revokes the grant at Zoom; another client id, account id or kind ends the grant as well.

    Raises InvalidWishes with the fields that are wrong, SessionsDepend where the grant would end under sessions still
    to come and not `knowingly`. Not inside a transaction: Zoom may be asked to revoke.
    """
    connection = the_connection()
    before = app_of(connection)
    texts = {"client_id": client_id, "host_email": host_email, "server_account_id": server_account_id}
    secrets = {"client_secret": client_secret, "webhook_secret": webhook_secret}
    given = {name: value.strip() for name, value in {**texts, **secrets}.items() if value is not None}
    wrong = _wrong(given)
    if app_kind is not None and app_kind not in Connection.AppKind.values:
        wrong["app_kind"] = "unknown"
    if wrong:
        raise InvalidWishes(wrong)

    given = {name: value for name, value in given.items() if name not in before.fixed}
    cleared = given.get("client_id") == ""
    if cleared:
        given |= {name: "" for name in secrets if name not in before.fixed}
    kind = before.kind if app_kind is None or "app_kind" in before.fixed else app_kind
    same_app = {name: given.get(name, getattr(before, name)) for name in ("client_id", "server_account_id")}
    if kind != Connection.AppKind.SERVER:
        same_app["server_account_id"] = before.server_account_id
    ends = kind != before.kind or any(getattr(before, name) != value for name, value in same_app.items())
    ends = ends and connection.state != Connection.State.NEW
    if ends and connection.is_connected and not knowingly:
        disconnecting.refuse_while_sessions_depend()

    now, token = timezone.now(), str(connection.access_token or "")
    changed = disconnecting.drop_grant(connection, "by_admin" if cleared else "credentials_changed") if ends else []
    for name, value in given.items():
        setattr(connection, name, value)
        changed.append(name)
        if name in secrets:
            setattr(connection, f"{name}_set_at", now if value else None)
            changed.append(f"{name}_set_at")
    if "app_kind" not in before.fixed and kind != connection.app_kind:
        connection.app_kind = kind
        changed.append("app_kind")
    if changed:
        connection.save(update_fields=changed)
    if ends:
        disconnecting.revoke(before, token)
    return connection


def import_retired_jwt(*, api_key: str, api_secret: str) -> None:
    """
    Keep what an earlier plugin stored of Zoom's retired JWT app, so that the page can say that it is dropped.

    Nobody can use it any more; the next connection erases it.
    """
    connection = the_connection()
    connection.retired_jwt = json.dumps({"api_key": api_key, "api_secret": api_secret})
    connection.save(update_fields=["retired_jwt"])


def _wrong(given: dict[str, str]) -> dict[str, str]:
    wrong = {
        name: "malformed"
        for name, longest in _LONGEST.items()
        if len(given.get(name, "")) > longest or any(ord(letter) < 33 for letter in given.get(name, ""))
    }
    if given.get("host_email"):
        try:
            validate_email(given["host_email"])
        except ValidationError:
            wrong["host_email"] = "malformed"
        if len(given["host_email"]) > 254:
            wrong["host_email"] = "malformed"
    return wrong
