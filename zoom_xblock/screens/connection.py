"""The site admin's page: how Zoom is connected, and what to paste where."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from zoom_xblock import scopes
from zoom_xblock.screens import permissions, self_test
from zoom_xblock.screens.connection_answers import sentence
from zoom_xblock.screens.connection_health import found, health

#: What the app at Zoom needs, as Zoom's app page lists it ("OAuth scopes granular"). Account-wide apps have `:admin`
#: after each.
SCOPES = scopes.scopes()

#: The events to subscribe to, by address.
EVENTS = {
    "end_meeting": [
        "meeting.started",
        "meeting.ended",
        "meeting.updated",
        "meeting.deleted",
        "meeting.participant_joined",
        "meeting.participant_left",
        "meeting.participant_joined_waiting_room",
        "meeting.participant_left_waiting_room",
        "meeting.participant_joined_breakout_room",
        "meeting.participant_left_breakout_room",
        "meeting.registration_approved",
        "meeting.registration_cancelled",
        "meeting.registration_denied",
        "recording.completed",
        "recording.trashed",
        "recording.deleted",
        "recording.recovered",
        "app_deauthorized",
    ],
    "end": [
        "webinar.started",
        "webinar.ended",
        "webinar.updated",
        "webinar.deleted",
        "webinar.participant_joined",
        "webinar.participant_left",
        "webinar.registration_approved",
        "webinar.registration_cancelled",
        "webinar.registration_denied",
    ],
}


def page(
    facts: Any,
    addresses: dict[str, str],
    *,
    links: dict[str, Any] | None = None,
    now: datetime | None = None,
    is_leaving: bool = False,
    findings: Iterable[Any] = (),
) -> dict[str, Any]:
    """
    The context of the template, from `queries.SiteFacts`. Secrets are there as dates only.

    `is_leaving`: a press of *Disconnect* was refused, so what it takes stands open. `findings` are the doctor's; those
    which the lines at a glance say anyway are left out.
    """
    connection, app = facts.connection, facts.app
    is_connected = connection.is_connected
    links = links or {}
    granted = permissions.table(facts.features) if is_connected else []
    return {
        "connection": {
            "zoom_email": connection.zoom_email,
            "connected_at": connection.connected_at,
            "is_connected": is_connected,
            "is_configured": connection.is_configured,
        },
        "kind": app.kind,
        "kind_fixed": app.fixed.get("app_kind", ""),
        "fields": _fields(connection, app),
        "status": _status(connection, app),
        "other": facts.other_account,
        "health": health(facts, links, now or timezone.now()) + found(findings),
        "test": self_test.progress(facts.test),
        "permissions": granted,
        "missing": [scope for row in granted if row["state"] == "missing" for scope in row["missing"]],
        "addresses": addresses,
        "scopes": SCOPES,
        "events": [
            {"name": name, "address": addresses[name], "events": EVENTS[name]} for name in ("end_meeting", "end")
        ],
        "removal": {"sessions": facts.removal, "count": len(facts.removal), "is_open": is_leaving}
        if is_connected
        else None,
        "failed": facts.failed,
        "links": links,
    }


def _fields(connection: Any, app: Any) -> list[dict[str, Any]]:
    """What the form asks for, in its order. A secret is there as the date on which it was set."""
    secret = {"type": "password", "longest": 500, "is_secret": True}
    fields: list[dict[str, Any]] = [
        {
            "name": "server_account_id",
            "label": _("Account ID"),
            "type": "text",
            "longest": 64,
            "kind": "server",
            "value": app.server_account_id,
            "help": _("At Zoom: App Credentials, above the client ID."),
        },
        {
            "name": "client_id",
            "label": _("Client ID"),
            "type": "text",
            "longest": 255,
            "value": app.client_id,
            "help": _(
                "Another client ID disconnects this site until you connect again in step 3; none at all disconnects it for good."
            )
            if connection.is_connected
            else _("Of the two sets that Zoom shows, the one you test with: “Development” until the app is published."),
        },
        {
            "name": "client_secret",
            "label": _("Client secret"),
            **secret,
            "set_at": connection.client_secret_set_at if connection.client_secret else None,
            "help": _("Not set yet."),
        },
        {
            "name": "webhook_secret",
            "label": _("Webhook secret token"),
            **secret,
            "set_at": connection.webhook_secret_set_at if connection.webhook_secret else None,
            "help": _("Not set yet. It proves that an event comes from Zoom."),
        },
        {
            "name": "host_email",
            "label": _("Host account e-mail"),
            "type": "email",
            "longest": 254,
            "value": app.host_email,
            "help": _("The licensed Zoom user who hosts the sessions made here. Needed for a server-to-server app.")
            if app.is_server
            else _("The licensed Zoom user who hosts the sessions made here. Empty: the user who connects."),
        },
    ]
    return [{**field, "fixed_by": app.fixed.get(field["name"], "")} for field in fields]


def _status(connection: Any, app: Any) -> dict[str, str]:
    """tone, sentence and details for the line at the top."""
    if connection.is_connected:
        return {
            "tone": "good",
            "text": _("Connected to Zoom as %(email)s.") % {"email": connection.zoom_email},
            "details": _since(connection, app),
        }
    if connection.state == "connected" or (
        connection.client_id and connection.client_secret_set_at and not connection.client_secret
    ):
        return {
            "tone": "bad",
            "text": _(
                "The stored secrets cannot be read with this site's encryption keys. Restore the key, or enter the secrets again."
            ),
        }
    if connection.state == "disconnected":
        details = _("What was counted is kept. Connecting %(email)s again goes on where this ended.")
        return {
            "tone": "bad",
            "text": sentence(connection.state_reason or "disconnected"),
            "details": details % {"email": connection.zoom_email} if connection.zoom_email else "",
            "link": "#zoom-step-3",
        }
    if connection.is_configured:
        if app.is_server:
            return {"tone": "waiting", "text": _("Not connected yet. Press “Connect to ZOOM”.")}
        return {"tone": "waiting", "text": _("Not connected yet. Press the blue button of step 3.")}
    return {"tone": "waiting", "text": _("Not connected yet. Enter your Zoom app's credentials and save them first.")}


def _since(connection: Any, app: Any) -> str:
    """Since when, to which account, by which kind of app."""
    if connection.connected_at is None:
        return ""
    app = _("server-to-server app") if app.is_server else _("Zoom OAuth app")
    return _("Since %(since)s, Zoom account %(account)s, by a %(app)s.") % {
        "since": date_format(timezone.localtime(connection.connected_at), "DATETIME_FORMAT"),
        "account": connection.account_id,
        "app": app,
    }
