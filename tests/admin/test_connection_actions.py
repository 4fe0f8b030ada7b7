"""The connection page beyond its form: fixed values, kinds of app, removing, testing, its place on the index."""

from __future__ import annotations

import json

import pytest
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory
from django.urls import reverse

from demo.zoom import seed
from zoom_xblock.admin import list_connection_page
from zoom_xblock.models import Connection, SelfTest
from zoom_xblock.services import connections

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/config/services/zoom"
SERVER = {"client_id": "demoServerClientId0001", "client_secret": "demoServerClientSecret0000000001"}


@pytest.fixture
def admin_client(site):
    """The superuser's browser."""
    client = Client()
    client.force_login(site.admin)
    return client


def save(client, **form):
    """Save the form as the page's script does."""
    return client.post(PAGE, data=json.dumps(form), content_type="application/json")


def banners(answer):
    """The messages on the page."""
    return [str(message) for message in answer.context["messages"]]


def test_what_settings_fix_is_shown_and_cannot_be_typed(admin_client, settings):
    settings.ZOOM_XBLOCK_CLIENT_ID = "fixed-client-id"
    settings.ZOOM_XBLOCK_CLIENT_SECRET = "hush-fixed-secret"
    html = admin_client.get(PAGE).content.decode()
    assert "fixed-client-id" in html
    assert "ZOOM_XBLOCK_CLIENT_SECRET" in html
    assert "hush" not in html
    assert 'id="zoom-client_id"' not in html
    assert 'id="zoom-webhook_secret"' in html
    # The script sends no field for what is fixed; that must not clear anything.
    assert save(admin_client, webhook_secret="token", host_email="").json() == {"saved": True}
    assert connections.the_connection().is_configured


def test_the_kind_is_fixed_with_the_account_id(admin_client, settings):
    settings.ZOOM_XBLOCK_SERVER_ACCOUNT_ID = seed.ACCOUNT_ID
    html = admin_client.get(PAGE).content.decode()
    assert 'class="zoom-kinds" disabled' in html
    assert "ZOOM_XBLOCK_SERVER_ACCOUNT_ID" in html
    assert "Connect to ZOOM" in html


def test_a_server_to_server_app_connects_without_consent(admin_client, zoom):
    saved = save(
        admin_client,
        **SERVER,
        app_kind="server",
        server_account_id=seed.ACCOUNT_ID,
        webhook_secret="demoServerSecretTok001",
        host_email="author@example.edu",
    )
    assert saved.json() == {"saved": True}
    answer = admin_client.post(f"{PAGE}/do/connect", follow=True)
    assert banners(answer)[-2:] == ["Connected to Zoom with author@example.edu", "Updated Zoom account mapping"]
    assert "by a server-to-server app" in answer.content.decode()


@pytest.mark.parametrize(("email", "part"), [("", "needs a host account"), ("no@example.edu", "knows no user")])
def test_a_server_to_server_app_needs_a_host_that_zoom_knows(admin_client, zoom, email, part):
    save(
        admin_client,
        **SERVER,
        app_kind="server",
        server_account_id=seed.ACCOUNT_ID,
        webhook_secret="t",
        host_email=email,
    )
    assert part in banners(admin_client.post(f"{PAGE}/do/connect", follow=True))[-1]


def test_stored_credentials_of_the_jwt_app_are_removed_and_said(admin_client, zoom, connected, settings):
    connections.import_retired_jwt(api_key="key", api_secret="hush-jwt")
    html = admin_client.get(PAGE).content.decode()
    assert "Retired JWT app" in html
    assert "hush" not in html
    settings.ZOOM_API_KEY = "old"
    save(
        admin_client,
        **SERVER,
        app_kind="server",
        server_account_id=seed.ACCOUNT_ID,
        webhook_secret="t",
        host_email="author@example.edu",
    )
    said = banners(admin_client.post(f"{PAGE}/do/connect", follow=True))
    assert "Removed JWT credentials" in said
    assert "ZOOM_API_KEY" in said[-1]
    assert Connection.objects.get().retired_jwt is None


def test_disconnecting_lists_what_depends_and_is_refused(admin_client, session):
    html = admin_client.get(PAGE).content.decode()
    assert "1 session is still to come." in html
    assert "/studio/" in html
    answer = admin_client.post(f"{PAGE}/do/disconnect", follow=True)
    assert "Not disconnected" in banners(answer)[-1]
    assert '<details class="zoom-leave" open>' in answer.content.decode()
    assert connections.the_connection().is_connected


def test_disconnecting_knowingly(admin_client, session):
    admin_client.post(f"{PAGE}/do/disconnect", {"knowingly": "yes"})
    assert not connections.the_connection().is_connected
    assert "Disconnected by an administrator" in admin_client.get(PAGE).content.decode()


def test_clearing_the_credentials_is_refused_in_the_same_way(admin_client, session):
    answer = save(admin_client, client_id="", host_email="")
    assert answer.status_code == 409
    assert answer.json()["ask"] == "knowingly"
    assert connections.the_connection().is_connected
    assert save(admin_client, client_id="", host_email="", knowingly="yes").json() == {"saved": True}
    assert not connections.the_connection().is_connected


def test_a_test_is_begun_followed_and_shown(admin_client, connected, jobs):
    assert admin_client.get(f"{PAGE}/test").json() == {"is_over": True, "text": "", "steps": []}
    begun = admin_client.post(f"{PAGE}/do/test", data="{}", content_type="application/json")
    assert begun.status_code == 202
    waiting = admin_client.get(f"{PAGE}/test").json()
    assert (waiting["is_over"], len(waiting["steps"])) == (False, 6)
    assert {step["text"] for step in waiting["steps"]} == {"Not yet."}
    jobs.run(within_seconds=1)
    told = admin_client.get(f"{PAGE}/test").json()
    assert [step["tone"] for step in told["steps"][:5]] == ["good"] * 5
    assert "Read both back." in admin_client.get(PAGE).content.decode()


def test_without_a_script_the_test_ends_on_the_page(admin_client, connected, jobs):
    answer = admin_client.post(f"{PAGE}/do/test")
    assert answer["Location"] == f"{PAGE}#zoom-test"
    assert SelfTest.objects.count() == 1


def test_the_index_lists_the_page_for_those_who_may_open_it(site, client):
    client.force_login(site.admin)
    assert f'href="{reverse("admin:zoom_settings")}"' in client.get("/admin/").content.decode()
    site.author.is_staff = True
    site.author.save()
    client.force_login(site.author)
    assert "Connection to Zoom" not in client.get("/admin/").content.decode()
    site.author.user_permissions.add(Permission.objects.get(codename="administer_zoom"))
    assert "Connection to Zoom" in client.get("/admin/").content.decode()


@pytest.mark.parametrize("takes_label", [True, False], ids=["as Django's", "request alone"])
def test_wrappers_of_other_plugins_stack(site, takes_label):
    """Whoever wraps before and after us: every entry is there once."""
    request = RequestFactory().get("/admin/")
    request.user = site.admin
    other = AdminSite(name="admin")

    def wrap(name):
        inherited = other.get_app_list

        def with_label(request, app_label=None):
            return [*inherited(request, app_label), {"name": name, "models": []}]

        def alone(request):
            return [*inherited(request), {"name": name, "models": []}]

        other.get_app_list = with_label if takes_label else alone

    wrap("before")
    list_connection_page(other)
    list_connection_page(other)
    wrap("after")
    names = [str(app["name"]) for app in other.get_app_list(request)]
    assert sorted(names) == ["Zoom", "after", "before"]
    assert admin.site.get_app_list is not other.get_app_list
