"""
Users of the account. Of a user-managed app only `me` may be asked about, of a server-to-server app never `me`.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoom_xblock.client.calls import Calls
from zoom_xblock.client.results import UserSettings, ZoomUser
from zoom_xblock.client.shapes import user_from, user_settings_from


class UserCalls(Calls):
    """Who is there, and what their licences allow. A user that does not exist is `UserGone`."""

    def me(self) -> ZoomUser:
        """The user who gave the consent."""
        return self.user("me")

    def user(self, ref: str) -> ZoomUser:
        """One user, by id or e-mail."""
        return user_from(self._call("GET", "/users/{user}", segments={"user": ref}, family="users", key="id"))

    def users(self, *, status: str = "active", page_size: int = 300) -> Iterator[list[ZoomUser]]:
        """All users with this status ("active", "inactive", "pending"), page by page. Needs an `:admin` scope."""
        return self._pages("/users", "users", user_from, family="users", params={"status": status}, page_size=page_size)

    def user_settings(self, ref: str) -> UserSettings:
        """What this user's licences allow (webinars, sizes)."""
        body = self._call(
            "GET", "/users/{user}/settings", segments={"user": ref}, family="users", label="medium", key="feature"
        )
        return user_settings_from(body)
