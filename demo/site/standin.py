"""What the first page wants to know from the stand-in Zoom. Nothing else here talks to it but the product."""

from __future__ import annotations

import requests
from django.conf import settings


def demo_app() -> list[tuple[str, str]] | None:
    """
    What an admin pastes into the connection page, as (name, value).

    None where the stand-in is away, or knows no app that returns to this site.
    """
    try:
        state = requests.get(f"{settings.DEMO_ZOOM_URL}/control/state", timeout=1).json()
        ours = next(app for app in state["apps"] if any(_is_ours(address) for address in app["redirect_uris"]))
        hosts = [user["email"] for user in state["users"] if user["webinar"] and user["role"] != "owner"]
        return [
            ("Client ID", ours["client_id"]),
            ("Client secret", ours["client_secret"]),
            ("Webhook secret token", ours["secret_token"]),
            ("Host account e-mail", hosts[0] if hosts else state["users"][0]["email"]),
        ]
    except (requests.RequestException, ValueError, LookupError, StopIteration):
        return None


def _is_ours(address: str) -> bool:
    return address.startswith(settings.DEMO_SITE_URL)
