"""The site admin's page: how Zoom is connected, and what to paste where."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock import scopes
from zoom_xblock.screens import permissions, self_test

#: What the app at Zoom needs, as Zoom's app page lists it ("OAuth scopes granular"). Account-wide apps have `:admin`
#: after each.
SCOPES = scopes.scopes()

#: A job that is so late is waiting for somebody to look.
LATE = timedelta(minutes=3)

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
        "health": health(facts, links, now or timezone.now()) + _found(findings),
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


def health(facts: Any, links: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The lines at a glance: name, tone, sentence, and what to do where it is not green."""
    lines: list[dict[str, Any]] = []
    if facts.connection.is_connected:
        lines += [_token(facts.token), _permissions(facts.features)]
    lines += [_endpoint(name, facts.endpoints[name]) for name in ("end_meeting", "end")]
    lines += [_deliveries(facts, links), _next_job(facts.next_jobs, now)]
    if facts.connection.is_connected:
        lines.append(_hosts(facts.hosts, links))
    if facts.retired_jwt_settings or facts.has_stored_jwt:
        lines.append(_retired(facts.retired_jwt_settings))
    return lines


def _found(findings: Iterable[Any]) -> list[dict[str, Any]]:
    """What only the doctor sees."""
    lines = []
    for finding in findings:
        if finding.slug == "host_unknown":
            lines.append(
                _line(
                    _("Host account"),
                    "bad",
                    _("Zoom lists no active user %(email)s.") % {"email": finding.facts["email"]},
                    _("Correct the address in step 2, or refresh the list of hosts if the user is new."),
                )
            )
        elif finding.slug == "old_key_in_use":
            lines.append(
                _line(
                    _("Encryption"),
                    "waiting",
                    _("Some secrets are still encrypted with an older key."),
                    _("Run manage.py zoom_rotate_keys, then take the older key out of the settings."),
                )
            )
        elif finding.slug == "test_left_behind":
            lines.append(
                _line(
                    _("Test meeting"),
                    "waiting",
                    _("“%(topic)s” is still at Zoom.") % {"topic": finding.facts["topic"]},
                    _("Delete it there by hand if it stays for a day."),
                )
            )
    return lines


def _line(name: str, tone: str, text: str, advice: str = "", **more: Any) -> dict[str, Any]:
    return {"name": name, "tone": tone, "text": text, "advice": advice, **more}


def _token(token: Any) -> dict[str, Any]:
    name = _("Token")
    if token.state == "failing":
        return _line(
            name,
            "waiting",
            _("Could not be renewed on"),
            sentence(token.error)
            + " "
            + _("It is tried again with the next call to Zoom; “Test the connection” does so now."),
            at=token.failed_at,
        )
    if token.state == "expired":
        return _line(
            name, "good", _("At rest, renewed with the next call to Zoom. The last one ran out on"), at=token.expires_at
        )
    return _line(name, "good", _("Good, and renewed by itself. This one lasts until"), at=token.expires_at)


def _permissions(features: list[Any]) -> dict[str, Any]:
    name = _("Permissions")
    lacking = [row for row in features if not row.is_granted and not row.is_optional]
    if not lacking:
        return _line(name, "good", _("All granted."))
    text = ngettext("%(count)d feature lacks some.", "%(count)d features lack some.", len(lacking))
    return _line(
        name,
        "bad" if any(row.is_essential for row in lacking) else "waiting",
        text % {"count": len(lacking)},
        _("Add them to the app at Zoom, then connect again."),
        link="#zoom-permissions",
        link_text=_("Which ones"),
    )


def _next_job(jobs: list[Any], now: datetime) -> dict[str, Any]:
    name = _("Next job")
    if not jobs:
        return _line(name, "good", _("Nothing is waiting to be done."))
    job = jobs[0]
    text = {
        "process_delivery": _("Process an event, due"),
        "register": _("Register a learner, due"),
        "settle_sitting": _("Fetch the record of a session, due"),
        "refresh_hosts": _("Refresh the list of hosts, due"),
    }.get(job.job, _("A job, due"))
    if job.at < now - LATE:
        return _line(
            name,
            "waiting",
            text,
            _("That is over. Look whether the site’s Celery workers run, and the command zoom_sweep every minute."),
            at=job.at,
        )
    return _line(name, "good", text, at=job.at)


def _hosts(hosts: Any, links: dict[str, Any]) -> dict[str, Any]:
    name = _("Hosts")
    link = {"link": links["hosts"], "link_text": _("Look at them")} if "hosts" in links else {}
    if hosts.trouble:
        return _line(name, "waiting", _("Could not be listed on"), sentence(hosts.trouble), at=hosts.tried_at, **link)
    if hosts.refreshed_at is None:
        return _line(name, "waiting", _("Not listed yet."), _("That is done within a day, or on request."), **link)
    text = ngettext("%(count)d user, listed", "%(count)d users, listed", hosts.count) % {"count": hosts.count}
    return _line(name, "good", text, at=hosts.refreshed_at)


def _retired(settings: list[str]) -> dict[str, Any]:
    name = _("Retired JWT app")
    if not settings:
        return _line(name, "waiting", _("Its credentials are still stored."), _("They are dropped when you connect."))
    return _line(
        name,
        "waiting",
        _("No longer used: %(names)s.") % {"names": ", ".join(settings)},
        _("Safe to delete from the site’s settings."),
    )


def _endpoint(name: str, known: dict[str, Any]) -> dict[str, Any]:
    title = _("Webinar events") if name == "end" else _("Meeting events")
    validated, received = known["validated_at"], known["received_at"]
    if received is not None:
        advice = "" if validated else _("Zoom has not checked this address since; press “Validate” at Zoom.")
        return _line(
            title,
            "good" if validated else "waiting",
            _("Last one received"),
            advice,
            at=received,
            validated_at=validated,
        )
    if validated is not None:
        return _line(title, "good", _("None yet. Zoom checked the address"), at=validated, validated_at=validated)
    return _line(
        title,
        "waiting",
        _("None yet, and Zoom has not checked the address."),
        _("Add the event subscription of step 1 at Zoom and press “Validate” there."),
    )


def _deliveries(facts: Any, links: dict[str, Any]) -> dict[str, Any]:
    name = _("Deliveries")
    link = (
        {"link": f"{links['deliveries']}?state=failed", "link_text": _("Look at them")} if "deliveries" in links else {}
    )
    if facts.failed:
        text = ngettext(
            "%(count)d event could not be processed.", "%(count)d events could not be processed.", facts.failed
        )
        return _line(
            name,
            "bad",
            text % {"count": facts.failed},
            _("Their errors say why; process them again once mended."),
            **link,
        )
    if facts.waiting:
        text = ngettext(
            "%(count)d event is waiting to be processed.",
            "%(count)d events are waiting to be processed.",
            facts.waiting,
        )
        return _line(
            name,
            "waiting",
            text % {"count": facts.waiting},
            _("If the number does not fall within a minute, look whether the site’s Celery workers run."),
        )
    return _line(name, "good", _("None waits, none has failed."))


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
        "removed_at_zoom": _("Somebody removed the app at Zoom. Press the blue button of step 3 to connect again."),
        "grant_refused": _(
            "Zoom no longer accepts this site's grant. Press the blue button of step 3 to connect again."
        ),
        "refresh_lost": _(
            "A renewal of the token was interrupted, and Zoom no longer accepts the old one. Connect again; nothing else is lost."
        ),
        "credentials_changed": _(
            "The app's client id was changed. Press the blue button of step 3 to connect with it."
        ),
        "consent_failed": _(
            "Zoom reported an error instead of a consent. Nothing was changed; check the app's page at Zoom and try again."
        ),
        "no_consent": _("A server-to-server app needs no consent. Press “Connect to ZOOM”."),
        "other_account": _("Another Zoom account was allowed at Zoom. Nothing was changed yet; please choose below."),
        "app_disabled": _("The app is disabled at Zoom. Enable it there, then connect again."),
        "host_unknown": _("Zoom does not know the host account. Correct its e-mail address in step 2."),
        "host_gone": _("The host account is gone at Zoom. Name another one in step 2, then connect again."),
        "rate_limited": _("Zoom asks us to slow down. Nothing was changed; try again in a minute."),
        "garbled": _("Zoom answered something that we do not understand. Try again in a few minutes."),
        "by_admin": _("Disconnected by an administrator of this site."),
    }
    return sentences.get(slug, _("Zoom refused the connection. Check the app at Zoom and try again."))


def depend(count: int) -> str:
    """Why nothing was ended."""
    text = ngettext(
        "Not disconnected: %(count)d session is still to come. It is listed below.",
        "Not disconnected: %(count)d sessions are still to come. They are listed below.",
        count,
    )
    return text % {"count": count}


def question(count: int) -> dict[str, Any]:
    """The answer to a save that would end the connection under sessions still to come."""
    text = ngettext(
        "Nothing was saved: this would disconnect the site, and %(count)d session is still to come. It is listed under “Disconnect”.",
        "Nothing was saved: this would disconnect the site, and %(count)d sessions are still to come. They are listed under “Disconnect”.",
        count,
    )
    return {"saved": False, "message": text % {"count": count}, "errors": {}, "ask": "knowingly"}


def refusal(fields: dict[str, str]) -> dict[str, Any]:
    """The answer to a save that changed nothing."""
    sentences = {
        ("client_id", "malformed"): _("A client id has no spaces and at most 255 characters."),
        ("server_account_id", "malformed"): _("An account id has no spaces and at most 64 characters."),
        ("host_email", "malformed"): _("This is not an e-mail address."),
        ("host_email", "required"): _(
            "A server-to-server app needs a host account. Enter its e-mail address in step 2."
        ),
        ("host_email", "unknown_at_zoom"): _(
            "Zoom knows no user with the host account’s address. Correct it in step 2."
        ),
        ("host_policy", "unknown"): _("Choose one of the four."),
        ("allowed_hosts", "malformed"): _("Not saved: the list holds something that is no e-mail address."),
        ("client_secret", "malformed"): _("A secret has no spaces and at most 500 characters."),
        ("webhook_secret", "malformed"): _("A secret has no spaces and at most 500 characters."),
    }
    return {
        "saved": False,
        "message": _("Nothing was saved. Please look at the marked fields."),
        "errors": {name: sentences.get((name, slug), _("This does not look right.")) for name, slug in fields.items()},
    }
