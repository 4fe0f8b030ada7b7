"""The site admin's page: how Zoom is connected, and what to paste where."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

#: What the app at Zoom needs, as Zoom's app page lists it ("OAuth scopes granular"). Account-wide apps have `:admin`
#: after each.
SCOPES = [
    "user:read:user:admin",
    "user:read:list_users:admin",
    "user:read:settings:admin",
    "meeting:write:meeting:admin",
    "meeting:read:meeting:admin",
    "meeting:update:meeting:admin",
    "meeting:delete:meeting:admin",
    "meeting:write:registrant:admin",
    "meeting:read:list_registrants:admin",
    "meeting:update:registrant_status:admin",
    "meeting:read:past_meeting:admin",
    "meeting:read:list_past_instances:admin",
    "meeting:read:list_past_participants:admin",
    "meeting:read:participant:admin",
    "webinar:write:webinar:admin",
    "webinar:read:webinar:admin",
    "webinar:update:webinar:admin",
    "webinar:delete:webinar:admin",
    "webinar:write:registrant:admin",
    "webinar:read:list_registrants:admin",
    "webinar:update:registrant_status:admin",
    "webinar:read:list_past_instances:admin",
    "webinar:read:list_past_participants:admin",
    "report:read:list_meeting_participants:admin",
    "report:read:list_webinar_participants:admin",
]

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


def page(facts: Any, addresses: dict[str, str]) -> dict[str, Any]:
    """The context of the template, from `queries.SiteFacts`. Secrets are there as dates only."""
    connection = facts.connection
    is_connected = connection.is_connected
    return {
        "connection": {
            "client_id": connection.client_id,
            "host_email": connection.host_email,
            "client_secret_set_at": connection.client_secret_set_at if connection.client_secret else None,
            "webhook_secret_set_at": connection.webhook_secret_set_at if connection.webhook_secret else None,
            "zoom_email": connection.zoom_email,
            "account_id": connection.account_id,
            "connected_at": connection.connected_at,
            "is_connected": is_connected,
            "is_configured": connection.is_configured,
        },
        "status": _status(connection),
        "addresses": addresses,
        "scopes": SCOPES,
        "events": [
            {"name": name, "address": addresses[name], "events": EVENTS[name], **facts.endpoints[name]}
            for name in ("end_meeting", "end")
        ],
        "waiting": facts.waiting,
        "failed": facts.failed,
    }


def _status(connection: Any) -> dict[str, str]:
    """tone and sentence for the line at the top."""
    if connection.is_connected:
        return {"tone": "good", "text": _("Connected to Zoom as %(email)s.") % {"email": connection.zoom_email}}
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
        return {"tone": "bad", "text": sentence(connection.state_reason or "disconnected")}
    if connection.is_configured:
        return {"tone": "waiting", "text": _("Not connected yet. Press “Add to ZOOM” and allow the app at Zoom.")}
    return {"tone": "waiting", "text": _("Not connected yet. Enter your Zoom app's credentials and save them first.")}


def sentence(slug: str) -> str:
    """What happened on the way to Zoom and back, and what to do."""
    sentences = {
        "not_configured": _("Enter client id, client secret and webhook secret token, and save them first."),
        "declined": _(
            "The app was not allowed at Zoom, so nothing was connected. Press “Add to ZOOM” again when you are ready."
        ),
        "unknown_state": _(
            "This return from Zoom belongs to no request of this site. Nothing was changed; press “Add to ZOOM” again."
        ),
        "foreign_state": _(
            "This return from Zoom was begun by somebody else or in another browser. Nothing was changed."
        ),
        "replayed": _("This return from Zoom was used already. Nothing was changed."),
        "expired": _("The consent took longer than ten minutes. Nothing was changed; press “Add to ZOOM” again."),
        "bad_credentials": _(
            "Zoom refuses client id and client secret. Compare them with the app's page at Zoom and save them again."
        ),
        "bad_redirect": _(
            "Zoom refuses the redirect address. Paste the one shown below into the app's page at Zoom, letter by letter."
        ),
        "bad_code": _("Zoom's consent had expired. Press “Add to ZOOM” again."),
        "scope_missing": _("The app at Zoom lacks permissions. Add the scopes shown below, then connect again."),
        "unreachable": _("Zoom did not answer. Nothing was changed; try again in a minute."),
        "zoom_down": _("Zoom has a fault at the moment. Nothing was changed; try again in a few minutes."),
        "removed_at_zoom": _("Somebody removed the app at Zoom. Press “Add to ZOOM” to connect again."),
        "grant_refused": _("Zoom no longer accepts this site's grant. Press “Add to ZOOM” to connect again."),
        "credentials_changed": _("The app's client id was changed. Press “Add to ZOOM” to connect with it."),
        "by_admin": _("Disconnected by an administrator of this site."),
    }
    return sentences.get(slug, _("Zoom refused the connection. Check the app at Zoom and try again."))


def refusal(fields: dict[str, str]) -> dict[str, Any]:
    """The answer to a save that changed nothing."""
    sentences = {
        "client_id": _("A client id has no spaces and at most 255 characters."),
        "host_email": _("This is not an e-mail address."),
        "client_secret": _("A secret has no spaces and at most 500 characters."),
        "webhook_secret": _("A secret has no spaces and at most 500 characters."),
    }
    return {
        "saved": False,
        "message": _("Nothing was saved. Please look at the marked fields."),
        "errors": {name: sentences.get(name, _("This does not look right.")) for name in fields},
    }
