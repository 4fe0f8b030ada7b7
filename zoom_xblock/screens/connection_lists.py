"""The site admin's lists: who may be host, and what Zoom has delivered."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from zoom_xblock.screens.connection_answers import sentence


def hosts(facts: Any, page: Any, links: dict[str, Any]) -> dict[str, Any]:
    """The account's users and the policy, from `queries.SiteFacts` and a page of `queries.HostRow`."""
    return {
        "part": "hosts",
        "links": links,
        "failed": facts.failed,
        "is_connected": facts.connection.is_connected,
        "policies": [
            {"value": value, "name": name, "help": text, "is_chosen": value == facts.policy}
            for value, name, text in _policies()
        ],
        "allowed": "\n".join(facts.allowed_hosts),
        "hosts": {
            "refreshed_at": facts.hosts.refreshed_at,
            "trouble": sentence(facts.hosts.trouble) if facts.hosts.trouble else "",
            "rows": [{"row": row, "may_be_chosen": _may_be_chosen(row, facts)} for row in page.rows],
            "pages": _pages(page, {}),
            "total": page.total,
        },
    }


def _policies() -> list[tuple[str, str, str]]:
    return [
        (
            "default",
            _("The connected host and the author’s own address"),
            _(
                "The host account named in step 2 (or who connected), and whoever writes the session, where she is a Zoom user."
            ),
        ),
        ("own", _("Only the author’s own address"), _("Each teacher hosts her own sessions and needs a Zoom user.")),
        ("list", _("Only those on the list"), _("The addresses below, whoever writes the session.")),
        ("everyone", _("Everyone in the Zoom account"), _("Any active user that the table below shows.")),
    ]


def _may_be_chosen(row: Any, facts: Any) -> str:
    """By whom, in a word or two."""
    if not row.is_active:
        return _("No, inactive")
    email = row.email.casefold()
    if facts.policy == "everyone":
        return _("By every author")
    if facts.policy == "list":
        listed = {address.casefold() for address in facts.allowed_hosts}
        return _("By every author") if email in listed else _("No, not on the list")
    connected = (facts.app.host_email or facts.connection.zoom_email).casefold()
    if facts.policy == "default" and email == connected:
        return _("By every author")
    return _("By herself only")


def deliveries(
    page: Any, event_names: list[str], state: str, event: str, links: dict[str, Any], *, failed: int
) -> dict[str, Any]:
    """Deliveries as a page of `queries.DeliveryRow`, with the filter that chose them."""
    chosen = {name: value for name, value in (("state", state), ("event", event)) if value}
    here = chosen | ({"page": page.number} if page.number > 1 else {})
    return {
        "part": "deliveries",
        "links": links,
        "failed": failed,
        "state": state,
        "event": event,
        "states": [{"value": value, "name": name, "is_chosen": value == state} for value, name in _states().items()],
        "event_names": event_names,
        "back": f"?{urlencode(here)}" if here else "",
        "deliveries": {
            "rows": [
                {
                    "row": row,
                    "state_name": _states().get(row.state, row.state),
                    "tone": {"done": "good", "failed": "bad", "new": "waiting"}.get(row.state, "none"),
                    "may_run_again": row.state != "new",
                    "error": row.error,
                }
                for row in page.rows
            ],
            "pages": _pages(page, chosen),
        },
    }


def _states() -> dict[str, str]:
    return {"new": _("Waiting"), "done": _("Processed"), "ignored": _("Not for this site"), "failed": _("Given up")}


def _pages(page: Any, chosen: dict[str, str]) -> dict[str, Any]:
    def address(number: int) -> str:
        return f"?{urlencode(chosen | {'page': number})}" if 1 <= number <= page.pages else ""

    return {
        "number": page.number,
        "count": page.pages,
        "previous": address(page.number - 1),
        "next": address(page.number + 1),
    }
