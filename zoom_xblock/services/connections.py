"""
The site's Zoom account, for everybody who needs a client: who it is, and how to reach it.

What the connection page does is in `credentials`, `consent`, `tokens` and `ending`, and can be called here.
"""

from __future__ import annotations

from zoom_xblock import client as zoom
from zoom_xblock.models import Connection, app_of
from zoom_xblock.services import transport
from zoom_xblock.services.consent import (
    CONSENT_MINUTES,
    Connected,
    begin_consent,
    confirm_other_account,
    connect_server,
    drop_other_account,
    finish_consent,
)
from zoom_xblock.services.credentials import import_retired_jwt, save_app, the_connection
from zoom_xblock.services.disconnecting import disconnect, note_disconnected, removal
from zoom_xblock.services.errors import ConsentRefused, NotConnected, OtherAccount, SessionsDepend
from zoom_xblock.services.tokens import Stored

__all__ = [
    "CONSENT_MINUTES",
    "Connected",
    "ConsentRefused",
    "OtherAccount",
    "SessionsDepend",
    "app_of",
    "begin_consent",
    "client",
    "confirm_other_account",
    "connect_server",
    "disconnect",
    "drop_other_account",
    "finish_consent",
    "host_reference",
    "import_retired_jwt",
    "note_disconnected",
    "removal",
    "save_app",
    "the_connection",
]


def client(*, patient: bool) -> zoom.ZoomClient:
    """
    A client with the site's grant. `patient` for jobs (safe calls are repeated), not for a person who waits.

    Raises NotConnected where there is none.
    """
    connection = the_connection()
    if not connection.is_connected:
        raise NotConnected("disconnected" if connection.state == Connection.State.DISCONNECTED else "not_connected")
    return zoom.ZoomClient(transport.pool(patient=patient), Stored(), transport.api_base(connection.api_url))


def is_account_wide(connection: Connection) -> bool:
    """Whether the app may act for every user of the account, or for the one who consented only."""
    return app_of(connection).is_server or any(scope.endswith(":admin") for scope in connection.granted_scopes)


def host_reference(connection: Connection, host_email: str = "") -> str:
    """Whom to name as the host in Zoom's addresses: a user-managed app may act for itself only."""
    if not is_account_wide(connection):
        return "me"
    return host_email or app_of(connection).host_email or connection.zoom_user_id
