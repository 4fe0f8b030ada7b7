"""The site's Zoom account: credentials, consent, tokens, and the end of it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection as database
from django.utils import timezone

from demo.zoom import seed
from zoom_xblock import client as zoom_client
from zoom_xblock.models import Connection, ConsentRequest
from zoom_xblock.services import connections
from zoom_xblock.services.errors import InvalidWishes, NotConnected, ZoomSaid

pytestmark = pytest.mark.django_db

REDIRECT = "http://testserver/zoom/oauth/callback"


def begin(site, session_key="a session"):
    """Press *Add to ZOOM*; what Zoom is told."""
    address = connections.begin_consent(user_id=site.admin.pk, session_key=session_key, redirect_uri=REDIRECT)
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def allow(zoom, query):
    """Press *Allow* at the stand-in; the code."""
    return zoom.control(
        "consent", client_id=seed.CLIENT_ID, redirect_uri=REDIRECT, code_challenge=query["code_challenge"]
    )["code"]


@pytest.fixture
def configured(site, zoom):
    """Credentials saved, not connected."""
    return connections.save_app(
        client_id=seed.CLIENT_ID, client_secret=seed.CLIENT_SECRET, webhook_secret=seed.SECRET_TOKEN, host_email=""
    )


def test_consent_stores_tokens_and_who_it_is(connected):
    assert connected.is_connected
    assert connected.zoom_email == "zoom-admin@example.edu"
    assert connected.account_id == seed.ACCOUNT_ID
    assert "meeting:write:meeting:admin" in connected.granted_scopes


def test_no_secret_stands_in_the_rows_of_the_database(connected):
    secrets = [connected.access_token, connected.refresh_token, seed.CLIENT_SECRET, seed.SECRET_TOKEN]
    assert all(secrets)
    with database.cursor() as cursor:
        for table in (Connection._meta.db_table, ConsentRequest._meta.db_table):
            cursor.execute(f"SELECT * FROM {table}")
            raw = "".join(
                bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
                for row in cursor.fetchall()
                for value in row
            )
            assert not [secret for secret in secrets if secret in raw]


def test_a_key_that_opens_nothing_is_a_state_and_loses_nothing(connected, settings):
    token = connected.access_token
    right = settings.ZOOM_XBLOCK_ENCRYPTION_KEYS
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["another key"]
    with pytest.raises(NotConnected):
        connections.client(patient=False)
    connections.save_app(client_id=connected.client_id, host_email="other@example.edu")
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = right
    assert connections.the_connection().access_token == token


def test_a_new_key_in_front_still_opens_what_the_old_one_closed(connected, settings):
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["new key", *settings.ZOOM_XBLOCK_ENCRYPTION_KEYS]
    assert connections.client(patient=False).me().email == "zoom-admin@example.edu"


def test_state_works_once(site, zoom, configured):
    query = begin(site)
    finish = {"user_id": site.admin.pk, "session_key": "a session", "state": query["state"], "error": ""}
    connections.finish_consent(**finish, code=allow(zoom, query))
    with pytest.raises(connections.ConsentRefused, match="replayed"):
        connections.finish_consent(**finish, code=allow(zoom, query))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"session_key": "another session"}, "foreign_state"),
        ({"user": "author"}, "foreign_state"),
        ({"state": "made up"}, "unknown_state"),
        ({"state": ""}, "unknown_state"),
        ({"error": "access_denied", "code": ""}, "declined"),
        ({"code": ""}, "declined"),
    ],
    ids=lambda value: str(value),
)
def test_a_return_that_is_not_ours_changes_nothing(site, zoom, configured, change, reason):
    query = begin(site)
    user = getattr(site, change.pop("user", "admin"))
    returned = {"session_key": "a session", "state": query["state"], "code": allow(zoom, query), "error": "", **change}
    with pytest.raises(connections.ConsentRefused, match=reason):
        connections.finish_consent(user_id=user.pk, **returned)
    assert not connections.the_connection().is_connected


def test_a_consent_that_took_too_long_is_refused(site, zoom, configured):
    query = begin(site)
    ConsentRequest.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(connections.ConsentRefused, match="expired"):
        connections.finish_consent(
            user_id=site.admin.pk, session_key="a session", state=query["state"], code=allow(zoom, query), error=""
        )


def test_a_wrong_client_secret_says_so_and_connects_nothing(site, zoom, configured):
    connections.save_app(client_id=seed.CLIENT_ID, client_secret="wrong", host_email="")
    query = begin(site)
    with pytest.raises(ZoomSaid, match="bad_credentials"):
        connections.finish_consent(
            user_id=site.admin.pk, session_key="a session", state=query["state"], code=allow(zoom, query), error=""
        )
    assert connections.the_connection().state == Connection.State.NEW


def test_consent_cannot_begin_without_credentials(site, zoom):
    with pytest.raises(NotConnected, match="not_configured"):
        begin(site)


def test_an_expired_token_is_refreshed_once_and_stored_before_use(connected, zoom):
    Connection.objects.update(expires_at=timezone.now())
    assert connections.client(patient=False).me().email == "zoom-admin@example.edu"
    fresh = connections.the_connection()
    assert fresh.access_token != connected.access_token
    assert fresh.refresh_token != connected.refresh_token
    assert fresh.expires_at > timezone.now() + timedelta(minutes=50)
    # The new pair works as well: what was stored is what Zoom gave.
    Connection.objects.update(expires_at=timezone.now())
    assert connections.client(patient=False).me().id


def test_a_token_that_zoom_no_longer_takes_is_renewed_within_the_call(connected, zoom):
    zoom.control("tokens/expire", which="access")
    assert connections.client(patient=False).me().email == "zoom-admin@example.edu"


def test_a_refused_refresh_disconnects_once_and_says_why(connected, zoom):
    zoom.control("revoke", client_id=seed.CLIENT_ID, silent=True)
    Connection.objects.update(expires_at=timezone.now())
    with pytest.raises(zoom_client.errors.Disconnected):
        connections.client(patient=False).me()
    broken = connections.the_connection()
    assert (broken.state, broken.state_reason) == (Connection.State.DISCONNECTED, "grant_refused")
    assert not broken.access_token
    with pytest.raises(NotConnected, match="disconnected"):
        connections.client(patient=False)


def test_a_fault_of_zooms_breaks_no_connection(connected, zoom):
    Connection.objects.update(expires_at=timezone.now())
    zoom.fault("POST", "/oauth/token", status=503, times=1)
    with pytest.raises(zoom_client.errors.ZoomDown):
        connections.client(patient=False).me()
    assert connections.the_connection().is_connected
    assert connections.client(patient=False).me().id


def test_a_lost_answer_to_a_refresh_ends_in_a_clear_reconnect(connected, zoom, settings):
    settings.ZOOM_XBLOCK_READ_TIMEOUT_SECONDS = 2
    Connection.objects.update(expires_at=timezone.now())
    zoom.fault("POST", "/oauth/token", drop=True, when="after", times=1)
    with pytest.raises(zoom_client.ZoomError):
        connections.client(patient=False).me()
    with pytest.raises(zoom_client.errors.Disconnected):
        connections.client(patient=False).me()
    assert connections.the_connection().state_reason == "refresh_lost"


def test_disconnecting_erases_here_and_revokes_there(connected, zoom):
    connections.disconnect()
    gone = connections.the_connection()
    assert (gone.access_token, gone.refresh_token, gone.state_reason) == ("", "", "by_admin")
    grants = [grant for grant in zoom.control("state")["grants"] if not grant.get("ended_at")]
    assert grants == []


def test_another_client_id_ends_the_grant_of_the_old_one(connected):
    connections.save_app(client_id="another", client_secret="secret", host_email="")
    assert connections.the_connection().state_reason == "credentials_changed"


def test_clearing_the_client_id_clears_the_secrets(connected):
    connections.save_app(client_id="", host_email="")
    cleared = connections.the_connection()
    assert (cleared.client_secret, cleared.webhook_secret, cleared.access_token) == ("", "", "")
    assert cleared.client_secret_set_at is None


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"client_id": "with space"}, "client_id"),
        ({"client_id": "x" * 256}, "client_id"),
        ({"host_email": "nobody"}, "host_email"),
        ({"client_secret": "two words"}, "client_secret"),
        ({"webhook_secret": "x" * 501}, "webhook_secret"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_field(site, form, field):
    with pytest.raises(InvalidWishes) as refused:
        connections.save_app(**{"client_id": "fine", "host_email": "", **form})
    assert list(refused.value.fields) == [field]
    assert connections.the_connection().client_id == ""


def test_a_forged_api_address_gets_no_token(connected):
    Connection.objects.update(api_url="https://evil.example.com")
    assert connections.client(patient=False).me().email == "zoom-admin@example.edu"
