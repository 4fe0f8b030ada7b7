"""What the site admin's page answers: what happened on the way to Zoom and back, and why nothing was saved or ended."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


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
