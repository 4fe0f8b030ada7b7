"""The end of a connection, whoever ended it, and the one letter about it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock import conf, platform, queries
from zoom_xblock.health import FutureSession
from zoom_xblock.models import App, Connection, app_of
from zoom_xblock.services import transport
from zoom_xblock.services.errors import SessionsDepend

log = logging.getLogger("zoom_xblock.connections")

#: Ends that an admin chose need no letter.
CHOSEN = ("by_admin", "credentials_changed")
#: A letter that could not be sent is tried again; after a week nobody waits for it.
LETTER_LAPSES = timedelta(days=7)


def removal() -> list[FutureSession]:
    """What depends on the connection: every session still to come, with its address in Studio."""
    door, found = platform.current(), []
    for session in queries.future_sessions():
        with suppress(platform.PlatformError):  # an address less is no reason to fail
            session = replace(session, url=door.studio_url(session.usage_key))
        found.append(session)
    return found


def refuse_while_sessions_depend() -> None:
    """Raise SessionsDepend where sessions are still to come."""
    sessions = removal()
    if sessions:
        raise SessionsDepend(sessions)


def disconnect(*, knowingly: bool = False) -> None:
    """
    Erase the grant here and revoke it at Zoom; attendance, meetings and credentials stay.

    Raises SessionsDepend while sessions are to come, unless `knowingly`. What Zoom answers does not matter: the grant
    is forgotten here in any case. Not inside a transaction.
    """
    connection = Connection.objects.filter(slot=1).first()
    if connection is None or connection.state == Connection.State.NEW:
        return
    if connection.is_connected and not knowingly:
        refuse_while_sessions_depend()
    app, token = app_of(connection), str(connection.access_token or "")
    connection.save(update_fields=drop_grant(connection, "by_admin"))
    revoke(app, token)


def note_disconnected(reason: str, *, refused_access_token: str | None = None) -> None:
    """
    Zoom ended the grant (an event, or a refused token): the same state whatever the way it was learnt, and one letter.

    A grant that has replaced the one whose token was refused is left alone.
    """
    connection = Connection.objects.filter(slot=1).first()
    if connection is None or connection.state != Connection.State.CONNECTED:
        return
    if refused_access_token is not None and connection.access_token != refused_access_token:
        return
    seen = Connection.objects.filter(
        pk=connection.pk, state=Connection.State.CONNECTED, connected_at=connection.connected_at
    )
    changed = drop_grant(connection, reason)
    # One UPDATE decides who of many notices it: there is one entry into the state, and one letter for it.
    if seen.update(**{name: getattr(connection, name) for name in changed}) == 1:
        log.error("Zoom is disconnected reason=%s", reason)
        platform.current().later("tell_admins")


def drop_grant(connection: Connection, reason: str) -> list[str]:
    """Forget tokens and scopes on the instance; the names of the fields to save. Who it was stays, for reconnecting."""
    connection.access_token = connection.refresh_token = connection.scopes = ""
    connection.expires_at = connection.refresh_begun_at = connection.refresh_failed_at = None
    connection.refresh_error = None
    connection.pending_grant = connection.pending_at = None
    connection.state, connection.state_reason = Connection.State.DISCONNECTED, reason
    connection.state_changed_at = timezone.now()
    return [
        "access_token",
        "refresh_token",
        "scopes",
        "expires_at",
        "refresh_begun_at",
        "refresh_failed_at",
        "refresh_error",
        "pending_grant",
        "pending_at",
        "state",
        "state_reason",
        "state_changed_at",
    ]


def revoke(app: App, token: str) -> None:
    """End a grant at Zoom, as far as Zoom lets us. Tokens of server-to-server apps end by themselves."""
    if not token or app.is_server or not app.client_secret:
        return
    try:
        oauth_app = zoom.OAuthApp(app.client_id, app.client_secret, conf.oauth_base_url())
        zoom.oauth.revoke(transport.pool(patient=False), oauth_app, token)
    except zoom.ZoomError as trouble:
        log.warning("grant not revoked at Zoom zoom_code=%s", trouble.code)


def letters_owed() -> bool:
    """Whether the admins have not been written to about the present disconnection."""
    return _untold().exists()


def tell_admins(words: Callable[[str, str, str], tuple[str, str]]) -> None:
    """
    Write to the site's admins that Zoom is disconnected (job): once for each time it happened.

    `words` makes subject and text from the site's address, the Zoom account's e-mail and the reason's slug.
    """
    connection = _untold().first()
    if connection is None:
        return
    now = timezone.now()
    if _untold().filter(pk=connection.pk).update(admins_told_at=now) != 1:
        return
    people = _admins()
    if not people:
        log.error("nobody to write to: neither ADMINS nor a superuser has an address")
        return
    try:
        send_mail(*words(conf.site_url(), connection.zoom_email, connection.state_reason), None, people)
    except Exception:  # mail servers fail in many ways; the sweep tries again
        Connection.objects.filter(pk=connection.pk, admins_told_at=now).update(admins_told_at=None)
        log.exception("admins not written to about the disconnection")


def _untold() -> QuerySet[Connection]:
    untold = Q(admins_told_at__isnull=True) | Q(admins_told_at__lt=F("state_changed_at"))
    recent = timezone.now() - LETTER_LAPSES
    return Connection.objects.filter(untold, state=Connection.State.DISCONNECTED, state_changed_at__gte=recent).exclude(
        state_reason__in=CHOSEN
    )


def _admins() -> list[str]:
    """`ADMINS`, else superusers with an address."""
    people = [address for _name, address in getattr(settings, "ADMINS", [])]
    if people:
        return people
    superusers = get_user_model().objects.filter(is_superuser=True, is_active=True).exclude(email="")
    return list(superusers.order_by("pk").values_list("email", flat=True)[:20])
