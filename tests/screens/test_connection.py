from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from zoom_xblock.health import HostsFacts, TokenHealth, features
from zoom_xblock.models import App, Connection
from zoom_xblock.screens import connection, connection_answers

SET_AT = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
ADDRESSES = {
    "redirect": "https://lms.example.edu/zoom/oauth/callback",
    "end_meeting": "https://lms.example.edu/zoom/end_meeting",
    "end": "https://lms.example.edu/zoom/end",
}


def facts(**values: object) -> SimpleNamespace:
    """A site as `queries.SiteFacts` gives it; nothing set unless told otherwise."""
    endpoints = {name: {"validated_at": None, "received_at": None} for name in ("end_meeting", "end")}
    row = {
        "client_id": "",
        "host_email": "",
        "client_secret": "",
        "client_secret_set_at": None,
        "webhook_secret": "",
        "webhook_secret_set_at": None,
        "app_kind": "oauth",
        "server_account_id": "",
        "access_token": "",
        "refresh_token": "",
        "expires_at": None,
        "zoom_email": "",
        "account_id": "",
        "connected_at": None,
        "is_connected": False,
        "is_configured": False,
        "state": "new",
        "state_reason": "",
        "scopes": "",
        "granted_scopes": frozenset(),
        **values,
    }
    names = ("client_id", "client_secret", "webhook_secret", "host_email", "server_account_id")
    app = App(kind=str(row["app_kind"]), **{name: str(row[name]) for name in names})
    settings = Connection(slot=1, scopes=str(row["scopes"]))
    settings.state, settings.access_token = str(row["state"]), str(row["access_token"])
    return SimpleNamespace(
        connection=SimpleNamespace(**row),
        app=app,
        endpoints=endpoints,
        waiting=0,
        failed=0,
        token=TokenHealth("good", SET_AT),
        features=features(settings),
        hosts=HostsFacts(),
        policy="default",
        allowed_hosts=[],
        removal=[],
        test=None,
        next_jobs=[],
        other_account=None,
        retired_jwt_settings=[],
        has_stored_jwt=False,
    )


CREDENTIALS = {
    "client_id": "client-1",
    "client_secret": "hush-client",
    "client_secret_set_at": SET_AT,
    "webhook_secret": "hush-webhook",
    "webhook_secret_set_at": SET_AT,
    "is_configured": True,
}
GRANT = {
    **CREDENTIALS,
    "access_token": "hush-access",
    "refresh_token": "hush-refresh",
    "is_connected": True,
    "state": "connected",
    "zoom_email": "it@example.edu",
}


def field(shown: dict, name: str) -> dict:
    """A field of the form."""
    return next(one for one in shown["fields"] if one["name"] == name)


def test_no_secret_reaches_the_page():
    shown = connection.page(facts(**GRANT), ADDRESSES)
    assert "hush" not in json.dumps(shown, default=str)
    assert field(shown, "client_secret")["set_at"] == SET_AT


def test_a_secret_that_cannot_be_read_counts_as_not_set():
    shown = connection.page(facts(**{**CREDENTIALS, "client_secret": "", "is_configured": False}), ADDRESSES)
    assert field(shown, "client_secret")["set_at"] is None


@pytest.mark.parametrize(
    ("values", "tone", "part"),
    [
        ({}, "waiting", "Enter your Zoom app's credentials"),
        (CREDENTIALS, "waiting", "blue button"),
        (GRANT, "good", "Connected to Zoom as it@example.edu."),
        ({**CREDENTIALS, "state": "disconnected", "state_reason": "removed_at_zoom"}, "bad", "removed the app"),
        ({**CREDENTIALS, "state": "disconnected"}, "bad", "Check the app"),
        ({**GRANT, "is_connected": False, "access_token": ""}, "bad", "encryption keys"),
        ({**CREDENTIALS, "client_secret": "", "is_configured": False}, "bad", "encryption keys"),
    ],
    ids=["fresh", "configured", "connected", "removed", "no reason known", "token unreadable", "secret unreadable"],
)
def test_the_status_line_says_how_it_stands(values, tone, part):
    status = connection.page(facts(**values), ADDRESSES)["status"]
    assert status["tone"] == tone
    assert part in status["text"]


def test_each_address_comes_with_its_own_events():
    meetings, webinars = connection.page(facts(), ADDRESSES)["events"]
    assert meetings["address"] == ADDRESSES["end_meeting"]
    assert webinars["address"] == ADDRESSES["end"]
    assert "meeting.ended" in meetings["events"]
    assert "app_deauthorized" in meetings["events"]
    assert all(event.startswith("webinar.") for event in webinars["events"])


@pytest.mark.parametrize(
    "names", [connection.SCOPES, *connection.EVENTS.values()], ids=["scopes", "meetings", "webinars"]
)
def test_nothing_is_listed_twice(names):
    assert len(names) == len(set(names))


def test_every_refused_field_gets_a_sentence():
    answer = connection_answers.refusal({"client_id": "malformed", "host_email": "malformed", "else": "malformed"})
    assert answer["saved"] is False
    assert set(answer["errors"]) == {"client_id", "host_email", "else"}
    assert all(answer["errors"].values())
