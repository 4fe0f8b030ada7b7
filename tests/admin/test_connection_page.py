"""The connection page: who sees it, what it saves, what it never shows, and the way to Zoom and back."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import get_resolver, include, re_path, resolve, reverse
from django.urls.resolvers import URLResolver

from demo.zoom import seed
from zoom_xblock.models import Connection
from zoom_xblock.services import connections

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/config/services/zoom"


def save(client, **form):
    """Save the form as the page's script does."""
    fields = {"client_id": "", "client_secret": "", "webhook_secret": "", "host_email": "", **form}
    return client.post(PAGE, data=json.dumps(fields), content_type="application/json")


@pytest.fixture
def admin_client(site):
    """The superuser's browser."""
    client = Client()
    client.force_login(site.admin)
    return client


@pytest.fixture
def configured(admin_client, zoom):
    """Credentials saved through the page."""
    answer = save(
        admin_client,
        client_id=seed.CLIENT_ID,
        client_secret=seed.CLIENT_SECRET,
        webhook_secret=seed.SECRET_TOKEN,
        host_email="author@example.edu",
    )
    assert answer.json() == {"saved": True}
    return admin_client


def to_zoom(client):
    """Press *Add to ZOOM*; the address of the consent page."""
    answer = client.post(reverse("zoom_xblock:oauth_start"))
    assert answer.status_code == 302
    return answer["Location"]


def back(client, zoom, address, **changes):
    """Allow at Zoom, and come back."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    code = zoom.control(
        "consent", client_id=seed.CLIENT_ID, redirect_uri=query["redirect_uri"], code_challenge=query["code_challenge"]
    )["code"]
    return client.get("/zoom/oauth/callback", {"code": code, "state": query["state"], **changes}, follow=True)


def banners(answer):
    """The messages on the page."""
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.parametrize("address", [PAGE, PAGE + "/"])
def test_a_superuser_opens_the_page_in_front_of_admins_catch_all(admin_client, address):
    answer = admin_client.get(address)
    assert answer.status_code == 200
    assert answer.templates[0].name == "zoom_xblock/admin/connection.html"


def test_reverse_is_right(site):
    assert reverse("admin:zoom_settings").rstrip("/?") == PAGE
    assert resolve(PAGE).url_name == "zoom_settings"


def test_anonymous_is_sent_to_log_in(site, client):
    answer = client.get(PAGE)
    assert answer.status_code == 302
    assert "login" in answer["Location"]


def test_staff_without_the_permission_is_refused(site, client):
    site.author.is_staff = True
    site.author.save()
    client.force_login(site.author)
    assert client.get(PAGE).status_code == 403
    assert save(client, client_id="mine").status_code == 403
    assert client.post(reverse("zoom_xblock:oauth_start")).status_code == 403
    assert client.get("/zoom/oauth/callback", {"code": "c", "state": "s"}).status_code == 403
    assert Connection.objects.count() == 0


def test_staff_with_the_permission_is_let_in(site, client):
    site.author.is_staff = True
    site.author.save()
    site.author.user_permissions.add(Permission.objects.get(codename="administer_zoom"))
    client.force_login(site.author)
    assert client.get(PAGE).status_code == 200


def test_the_permission_without_staff_is_not_enough(site, client):
    site.learner1.user_permissions.add(Permission.objects.get(codename="administer_zoom"))
    client.force_login(site.learner1)
    assert client.get(PAGE).status_code == 403
    assert client.get("/zoom/settings/").status_code == 403


def test_saved_secrets_never_come_back_to_the_browser(configured):
    page = configured.get(PAGE).content.decode()
    assert seed.CLIENT_ID in page
    assert "author@example.edu" in page
    assert seed.CLIENT_SECRET not in page
    assert seed.SECRET_TOKEN not in page
    assert Connection.objects.get().client_secret == seed.CLIENT_SECRET


def test_an_empty_secret_field_keeps_the_secret(configured):
    save(configured, client_id=seed.CLIENT_ID, host_email="other@example.edu")
    kept = Connection.objects.get()
    assert (kept.client_secret, kept.webhook_secret, kept.host_email) == (
        seed.CLIENT_SECRET,
        seed.SECRET_TOKEN,
        "other@example.edu",
    )


def test_an_ordinary_form_is_refused_because_the_platform_would_log_it(admin_client):
    answer = admin_client.post(PAGE, {"client_id": "id", "client_secret": "secret"})
    assert answer.status_code == 400
    assert not Connection.objects.filter(client_id="id").exists()


@pytest.mark.parametrize("body", ["", "[]", "7", '{"client_id": 7}', "{" * 5000, '{"client_id": {"a": 1}}'])
def test_what_is_no_form_of_ours_is_refused(admin_client, body):
    assert admin_client.post(PAGE, data=body, content_type="application/json").status_code == 400


def test_a_wrong_field_is_said_at_the_field(admin_client):
    answer = save(admin_client, client_id="with space", host_email="nobody")
    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"client_id", "host_email"}


def test_saving_needs_the_csrf_token(site):
    client = Client(enforce_csrf_checks=True)
    client.force_login(site.admin)
    assert save(client, client_id="id").status_code == 403


def test_the_page_renders_without_a_call_to_zoom(configured, settings):
    settings.ZOOM_XBLOCK_API_BASE_URL = settings.ZOOM_XBLOCK_OAUTH_BASE_URL = "http://127.0.0.1:1"
    assert configured.get(PAGE).status_code == 200


def test_the_addresses_to_paste_are_the_sites_own(configured, settings):
    settings.LMS_ROOT_URL = "https://courses.example.edu"
    page = configured.get(PAGE, secure=True, headers={"host": "testserver"}).content.decode()
    assert "https://courses.example.edu/zoom/end_meeting" in page
    assert "https://courses.example.edu/zoom/end" in page
    assert "https://testserver/zoom/oauth/callback" in page


def test_consent_ends_on_the_same_page_under_two_green_banners(configured, zoom):
    answer = back(configured, zoom, to_zoom(configured))
    assert answer.redirect_chain[-1][0].rstrip("/") == PAGE
    assert banners(answer)[-2:] == ["Connected to Zoom with zoom-admin@example.edu", "Updated Zoom account mapping"]
    assert "success" in answer.content.decode()
    assert "zoom-admin@example.edu" in answer.content.decode()
    assert Connection.objects.get().account_id == seed.ACCOUNT_ID


def test_declining_is_said(configured, zoom):
    state = parse_qs(urlsplit(to_zoom(configured)).query)["state"][0]
    answer = configured.get("/zoom/oauth/callback", {"error": "access_denied", "state": state}, follow=True)
    assert "not allowed at Zoom" in banners(answer)[-1]
    assert not Connection.objects.get().is_connected


def test_another_browser_cannot_finish_the_consent(configured, zoom, site):
    address = to_zoom(configured)
    other = Client()
    other.force_login(site.admin)
    answer = back(other, zoom, address)
    assert "another browser" in banners(answer)[-1]
    assert not Connection.objects.get().is_connected


def test_the_way_to_zoom_carries_no_secret_and_a_fresh_state(configured):
    first, second = to_zoom(configured), to_zoom(configured)
    states = {parse_qs(urlsplit(address).query)["state"][0] for address in (first, second)}
    assert len(states) == 2
    assert all(len(state) >= 40 for state in states)
    assert seed.CLIENT_SECRET not in first
    assert "code_challenge_method=S256" in first


def test_the_tracking_log_of_the_platform_holds_no_secret(configured, zoom, settings):
    """A spy stands in the place of the platform's middleware; see the course site."""
    settings.DEMO_TRACKING_LOG.write_text("")
    address = to_zoom(configured)
    back(configured, zoom, address)
    save(configured, client_id=seed.CLIENT_ID, client_secret=seed.CLIENT_SECRET, webhook_secret=seed.SECRET_TOKEN)
    configured.get("/course/")
    log = settings.DEMO_TRACKING_LOG.read_text()
    assert "/course/" in log
    for secret in zoom.control("secrets")["secrets"]:
        assert secret not in log
    assert "/zoom/" not in log


def test_retired_jwt_settings_are_named(configured, zoom, settings):
    settings.ZOOM_API_KEY = "old"
    answer = back(configured, zoom, to_zoom(configured))
    assert "ZOOM_API_KEY" in banners(answer)[-1]


@pytest.mark.parametrize("order", ["plugins first", "admin first"])
def test_the_page_is_found_in_both_orders_of_url_inclusion(order, settings, site):
    """On the platform plugin URLs come after admin's catch-all; a plugin URL below /admin/ would be dead there."""
    plugin = re_path(r"^zoom/", include("zoom_xblock.urls"))
    django_admin = re_path(r"^admin/", admin.site.urls)
    patterns = [plugin, django_admin] if order == "plugins first" else [django_admin, plugin]
    root = URLResolver(get_resolver().pattern, patterns)
    assert root.resolve(PAGE).url_name == "zoom_settings"
    assert root.resolve("/zoom/end").url_name == "receive"
    assert root.resolve("/admin/auth/user/").url_name == "auth_user_changelist"


def test_wrapping_twice_adds_one_route():
    from django.contrib.admin.sites import AdminSite

    from zoom_xblock.admin import serve_connection_page

    other = AdminSite(name="other")
    serve_connection_page(other)
    serve_connection_page(other)
    assert len([pattern for pattern in other.get_urls() if pattern.name == "zoom_settings"]) == 1


def test_disconnected_and_unreadable_are_states_and_no_errors(configured, zoom, settings):
    back(configured, zoom, to_zoom(configured))
    settings.ZOOM_XBLOCK_ENCRYPTION_KEYS = ["a key that opens nothing"]
    assert "cannot be read" in configured.get(PAGE).content.decode()
    connections.note_disconnected("removed_at_zoom")


def test_removed_at_zoom_is_said(configured, zoom):
    back(configured, zoom, to_zoom(configured))
    connections.note_disconnected("removed_at_zoom")
    assert "removed the app at Zoom" in configured.get(PAGE).content.decode()
