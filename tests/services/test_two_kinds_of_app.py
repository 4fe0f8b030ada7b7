"""Both ways to connect, what settings fix, and what is left of the retired JWT app."""

from __future__ import annotations

import pytest

from demo.zoom import seed
from zoom_xblock import client as zoom_client
from zoom_xblock.models import Connection
from zoom_xblock.services import connections
from zoom_xblock.services.errors import InvalidWishes, NotConnected, ZoomSaid

pytestmark = pytest.mark.django_db


def save_server(**changes):
    """Credentials of the demo's server-to-server app."""
    return connections.save_app(
        **{
            "client_id": seed.SERVER_CLIENT_ID,
            "client_secret": seed.SERVER_CLIENT_SECRET,
            "webhook_secret": seed.SERVER_SECRET_TOKEN,
            "host_email": "author@example.edu",
            "app_kind": "server",
            "server_account_id": seed.ACCOUNT_ID,
            **changes,
        }
    )


def test_a_server_app_connects_without_consent_and_names_its_host(site, zoom):
    save_server()
    connected = connections.connect_server(user_id=site.admin.pk)
    assert (connected.zoom_email, connected.account_id) == ("author@example.edu", seed.ACCOUNT_ID)
    row = connections.the_connection()
    assert row.is_connected
    assert row.refresh_token == ""
    assert connections.host_reference(row) == "author@example.edu"
    with pytest.raises(NotConnected, match="no_consent"):
        connections.begin_consent(user_id=site.admin.pk, session_key="s", redirect_uri="http://testserver/")


def test_a_server_apps_token_is_asked_for_again_when_it_runs_out(site, zoom):
    save_server()
    connections.connect_server(user_id=site.admin.pk)
    before = connections.the_connection().access_token
    Connection.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert connections.client(patient=False).user("author@example.edu").email == "author@example.edu"
    assert connections.the_connection().access_token != before


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"server_account_id": "wrong"}, ZoomSaid, "bad_credentials"),
        ({"client_secret": "wrong"}, ZoomSaid, "bad_credentials"),
        ({"host_email": "nobody@example.edu"}, InvalidWishes, "invalid"),
        ({"host_email": ""}, InvalidWishes, "invalid"),
        ({"server_account_id": ""}, NotConnected, "not_configured"),
    ],
)
def test_a_server_app_that_is_wrong_somewhere_says_where(site, zoom, changes, error, says):
    save_server(**changes)
    with pytest.raises(error, match=says):
        connections.connect_server(user_id=site.admin.pk)
    assert connections.the_connection().state == Connection.State.NEW


def test_a_disabled_server_app_ends_in_the_same_visible_state(site, zoom):
    save_server()
    connections.connect_server(user_id=site.admin.pk)
    zoom.control(f"apps/{seed.SERVER_CLIENT_ID}", "PATCH", enabled=False)
    with pytest.raises(zoom_client.errors.Disconnected):
        connections.client(patient=False).user("author@example.edu")
    row = connections.the_connection()
    assert (row.state, row.state_reason) == ("disconnected", "app_disabled")


def test_another_kind_of_app_ends_the_grant(connected):
    save_server()
    assert connections.the_connection().state_reason == "credentials_changed"


@pytest.mark.parametrize("way", ["settings", "environment"])
def test_what_settings_fix_is_in_force_named_and_stored_nowhere(site, zoom, settings, monkeypatch, way):
    fixed = {"CLIENT_ID": seed.CLIENT_ID, "CLIENT_SECRET": seed.CLIENT_SECRET, "WEBHOOK_SECRET": seed.SECRET_TOKEN}
    for name, value in fixed.items():
        if way == "settings":
            setattr(settings, f"ZOOM_XBLOCK_{name}", value)
        else:
            monkeypatch.setenv(f"ZOOM_XBLOCK_{name}", value)
    connections.save_app(client_id="mine", client_secret="mine", webhook_secret="mine", host_email="author@example.edu")
    row = connections.the_connection()
    assert (row.client_id, row.client_secret, row.webhook_secret) == ("", "", "")
    assert row.host_email == "author@example.edu"
    app = connections.app_of(row)
    assert (app.client_id, app.client_secret) == (seed.CLIENT_ID, seed.CLIENT_SECRET)
    assert app.fixed == {
        "client_id": "ZOOM_XBLOCK_CLIENT_ID",
        "client_secret": "ZOOM_XBLOCK_CLIENT_SECRET",
        "webhook_secret": "ZOOM_XBLOCK_WEBHOOK_SECRET",
    }
    assert row.is_configured
    assert seed.CLIENT_SECRET not in repr(app)


def test_a_fixed_account_id_makes_it_a_server_app(site, zoom, settings):
    settings.ZOOM_XBLOCK_SERVER_ACCOUNT_ID = seed.ACCOUNT_ID
    save_server(app_kind="oauth", server_account_id="other")
    assert connections.app_of(connections.the_connection()).is_server
    assert connections.connect_server(user_id=site.admin.pk).account_id == seed.ACCOUNT_ID


def test_stored_jwt_credentials_are_erased_with_the_next_connection_and_said_so(site, zoom, settings):
    settings.ZOOM_API_KEY = "left by an earlier plugin"
    save_server()
    connections.import_retired_jwt(api_key="old-key", api_secret="old-secret")
    from zoom_xblock import queries

    assert queries.site_facts().has_stored_jwt
    connected = connections.connect_server(user_id=site.admin.pk)
    assert connected.removed_jwt
    assert connected.retired_jwt_settings == ["ZOOM_API_KEY"]
    assert connections.the_connection().retired_jwt is None
    assert not connections.connect_server(user_id=site.admin.pk).removed_jwt
