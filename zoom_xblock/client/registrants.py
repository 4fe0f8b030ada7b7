"""
Registrants: a learner's place in a meeting and her personal link. Zoom takes the same address on the same meeting three
times a day: register once, keep id and link, and after a lost answer look her up instead of adding her again.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoom_xblock.client.calls import PATHS, Calls
from zoom_xblock.client.results import Kind, Registrant
from zoom_xblock.client.shapes import added_registrant_from, registrant_from

STATUSES = ("approved", "pending", "denied")
NAME_LIMIT = 64


class RegistrantCalls(Calls):
    """Add, find, list, cancel."""

    def add_registrant(self, kind: Kind, zoom_id: int, email: str, first_name: str, last_name: str = "") -> Registrant:
        """
        Register one person. `first_name` may not be blank; names are cut at Zoom's 64 characters. The status is
        "pending", without a link, where the host approves by hand.

        Raises `RegistrationOff`, `HostCannotRegister`, `Full`, `Over`, `NotAllowed` (Basic host), `Gone`, `RateLimited`
        (3 a day), `Invalid`.
        """
        first_name, last_name = first_name.strip()[:NAME_LIMIT], last_name.strip()[:NAME_LIMIT]
        if not email or not first_name:
            raise ValueError("e-mail and first name are required")
        json = {"email": email, "first_name": first_name}
        if last_name:
            json["last_name"] = last_name
        body = self._call("POST", _path(kind), segments={"id": zoom_id}, json=json, key="registrant_id")
        return added_registrant_from(body, email=email, first_name=first_name, last_name=last_name)

    def registrants(
        self, kind: Kind, zoom_id: int, status: str = "approved", *, page_size: int = 300
    ) -> Iterator[list[Registrant]]:
        """Registrants with one status, page by page; Zoom lists one status at a time."""
        return self._pages(
            _path(kind),
            "registrants",
            registrant_from,
            segments={"id": zoom_id},
            params={"status": status},
            page_size=page_size,
        )

    def find_registrant(self, kind: Kind, zoom_id: int, email: str) -> Registrant | None:
        """The registrant with this address, whatever her status; None where there is none."""
        wanted = email.strip().casefold()
        for status in STATUSES:
            for page in self.registrants(kind, zoom_id, status):
                for row in page:
                    if row.email.strip().casefold() == wanted:
                        return row
        return None

    def cancel_registrant(self, kind: Kind, zoom_id: int, registrant_id: str, email: str = "") -> None:
        """Take a place away again: the personal link stops working."""
        who = {"id": registrant_id, "email": email} if email else {"id": registrant_id}
        json = {"action": "cancel", "registrants": [who]}
        self._call("PUT", _path(kind) + "/status", segments={"id": zoom_id}, label="medium", json=json)


def _path(kind: Kind) -> str:
    return f"/{PATHS[kind]}/{{id}}/registrants"
