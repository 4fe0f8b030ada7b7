"""The app at Zoom as it is in force: what settings fix, and for the rest what the connection page stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zoom_xblock import conf

if TYPE_CHECKING:
    from zoom_xblock.models.connection import Connection

FIELDS = ("client_id", "client_secret", "webhook_secret", "host_email", "server_account_id")


@dataclass(frozen=True)
class App:
    """
    The values in force. `fixed` names, by field, the setting (or environment variable) that fixes it; "app_kind" is
    fixed with the account id. A secret that no key opens is empty here.
    """

    kind: str
    client_id: str
    client_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    host_email: str = ""
    server_account_id: str = ""
    fixed: dict[str, str] = field(default_factory=dict)

    @property
    def is_server(self) -> bool:
        """Whether it is a server-to-server app: an account id, and no consent."""
        return self.kind == "server"

    @property
    def missing(self) -> list[str]:
        """Which fields are still empty without which nothing can be connected."""
        needed = ["client_id", "client_secret", "webhook_secret"] + (["server_account_id"] if self.is_server else [])
        return [name for name in needed if not getattr(self, name)]


def app_of(connection: Connection) -> App:
    """The app in force for this row."""
    fixed = conf.fixed_app_values()
    values = {name: fixed.get(name) or str(getattr(connection, name) or "") for name in FIELDS}
    kind = "server" if "server_account_id" in fixed else str(connection.app_kind)
    by = {name: f"ZOOM_XBLOCK_{name.upper()}" for name in FIELDS if name in fixed}
    if "server_account_id" in fixed:
        by["app_kind"] = by["server_account_id"]
    return App(kind=kind, fixed=by, **values)
