"""The spy in the place of the platform's TrackMiddleware."""

import json

import pytest

from demo.site import tracking


@pytest.fixture
def browser(course, visit):
    return visit("learner1")


def text(settings):
    return settings.DEMO_TRACKING_LOG.read_text()


def test_every_request_is_recorded_with_its_fields(browser, settings):
    browser.get("/nowhere?code=secret-in-query")
    browser.post("/nowhere/secret-in-path", {"client_secret": "secret-in-form"})
    for secret in ("secret-in-query", "secret-in-path", "secret-in-form"):
        assert secret in text(settings)


def test_nothing_is_cut_off(browser, settings):
    browser.post("/nowhere", {"filler": "x" * 600, "late": "secret-behind-512-characters"})
    assert "secret-behind-512-characters" in text(settings)


def test_only_the_platforms_field_names_are_masked(browser):
    browser.post("/nowhere", {"password": "one", "new_password": "two", "token": "three"})
    seen = tracking.entries()[-1]["event"]["POST"]
    assert seen == {"password": "*" * 8, "new_password": "*" * 8, "token": ["three"]}


def test_json_body_is_not_seen(browser, settings):
    browser.post("/nowhere", json.dumps({"client_secret": "in-json"}), content_type="application/json")
    assert "in-json" not in text(settings)


def test_ignored_paths_are_not_recorded(browser, settings):
    settings.TRACKING_IGNORE_URL_PATTERNS = [r"^/zoom/"]
    browser.get("/zoom/return?code=secret")
    browser.get("/not/zoom/return?code=seen")
    assert "secret" not in text(settings)
    assert "seen" in text(settings)


def test_plugin_settings_keep_the_products_paths_out():
    from demo.site import settings

    for path in (r"^/zoom/", r"^/admin/config/services/zoom"):
        assert settings.TRACKING_IGNORE_URL_PATTERNS.count(path) == 1
    assert r"^/static" in settings.TRACKING_IGNORE_URL_PATTERNS
