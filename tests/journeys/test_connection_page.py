"""
The connection page in Chromium over both servers, in every state that an admin meets: fresh, configured, connected,
tested, permissions missing, another account, removing, disconnected by Zoom; light and dark.
"""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from demo.zoom import seed
from tests.axe import problems
from tests.journeys.conftest import DESKTOP, PICTURES

pytestmark = pytest.mark.browser

PAGE = "/admin/config/services/zoom"


def pictures(person, name):
    """Light at desktop and phone width, dark at desktop width."""
    person.page.evaluate("window.scrollTo(0, 0)")  # the admin's sidebar follows the scroll
    person.picture(name)
    person.page.emulate_media(color_scheme="dark")
    person.page.wait_for_timeout(400)  # the admin's links change their colour by and by
    person.page.screenshot(path=PICTURES / f"{name}-dark.png", full_page=True)
    person.page.emulate_media(color_scheme="light")
    sound(person.page, name)


def sound(page, name):
    """What axe finds in our part, in light and dark: nothing."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(400)  # the admin's links change their colour by and by
        assert problems(page, ".zoom-page") == [], f"{name}, {scheme}"
    page.emulate_media(color_scheme="light")


def fits(page, width):
    """Whether nothing sticks out sideways at this width."""
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(100)
    wide = page.evaluate(
        "document.querySelector('.zoom-page').scrollWidth - document.querySelector('.zoom-page').clientWidth"
    )
    page.set_viewport_size(DESKTOP)
    return wide <= 0


@pytest.fixture(scope="module")
def admin(person):
    return person("admin")


def test_fresh_then_configured_then_connected(stack, admin):
    page = admin.goes_to(PAGE)
    expect(page.get_by_role("button", name="Add to ZOOM")).to_be_disabled()
    pictures(admin, "connection-fresh")
    assert fits(page, 320)

    page.get_by_role("radio", name=re.compile("^Server-to-server app")).check()
    expect(page.get_by_label("Account ID")).to_be_visible()
    expect(page.locator("#zoom-redirect")).to_be_hidden()
    page.get_by_role("radio", name=re.compile("^Zoom OAuth app")).check()
    expect(page.get_by_label("Account ID")).to_be_hidden()

    page.get_by_label("Client ID").fill("with space")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#zoom-client_id-error")).to_be_visible()
    expect(page.get_by_label("Client ID")).to_be_focused()
    admin.problems.clear()  # a refused save is a red line in the console

    page.get_by_label("Client ID").fill(seed.CLIENT_ID)
    page.get_by_label("Client secret").fill(seed.CLIENT_SECRET)
    page.get_by_label("Webhook secret token").fill(seed.SECRET_TOKEN)
    page.get_by_label("Host account e-mail").fill("author@example.edu")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".success")).to_have_text("Saved.")
    expect(page.get_by_text("Set on").first).to_be_visible()
    pictures(admin, "connection-configured")

    page.get_by_role("button", name="Add to ZOOM").click()
    page.wait_for_url(f"{stack.zoom_url}/oauth/authorize*")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(re.compile(re.escape(stack.site_url + PAGE)))
    expect(page.locator(".success")).to_have_text(
        ["Connected to Zoom with zoom-admin@example.edu", "Updated Zoom account mapping"]
    )
    expect(page.locator("main, #content").get_by_text("Every permission that is used was granted.")).to_be_visible()

    def validated():
        page.goto(stack.site_url + PAGE)
        return page.get_by_text("Zoom has not checked the address").count() == 0

    stack.eventually(validated)
    pictures(admin, "connection-connected")
    assert fits(page, 320)
    assert admin.problems == []


def test_copying_says_so(admin):
    page = admin.goes_to(PAGE)
    page.get_by_text("Addresses, events and scopes to paste at Zoom").click()
    button = page.get_by_role("button", name="Copy redirect address")
    button.press("Enter")
    expect(page.locator("[data-zoom-copy=zoom-redirect]")).to_contain_text("Copied")
    expect(page.locator("[data-zoom-announce]")).to_have_text("Copied")


def test_the_connection_is_tested_step_by_step(stack, admin):
    page = admin.goes_to(PAGE)
    page.get_by_role("button", name="Test the connection").click()
    steps = page.locator("[data-zoom-test-steps] > li")
    expect(steps).to_have_count(6)
    expect(page.locator("[data-zoom-test-state]")).to_have_text("The connection works.", timeout=40_000)
    expect(page.locator("[data-zoom-test-steps] [data-tone=good]")).to_have_count(6)
    expect(page.get_by_role("button", name="Test the connection")).to_be_enabled()
    pictures(admin, "connection-tested")
    page.reload()
    expect(page.locator("[data-zoom-test-state]")).to_have_text("The connection works.")
    assert [one for one in stack.control("meetings")["meetings"] if not one["deleted_at"]] == []
    assert admin.problems == []


def test_a_test_goes_on_while_nobody_looks(stack, admin):
    page = admin.goes_to(PAGE)
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("[data-zoom-test-steps] > li").first).to_be_visible()
    page.goto(stack.site_url + PAGE + "/hosts")
    page.goto(stack.site_url + PAGE)
    expect(page.locator("[data-zoom-test-state]")).to_have_text("The connection works.", timeout=40_000)


def test_hosts_are_listed_and_the_policy_is_kept(stack, admin):
    page = admin.goes_to(PAGE)
    page.get_by_role("link", name="Hosts", exact=True).click()

    def listed():
        page.get_by_role("button", name="Refresh").click()
        expect(page.locator(".success")).to_contain_text("Zoom is being asked")
        page.wait_for_timeout(1000)
        page.goto(stack.site_url + PAGE + "/hosts")
        return page.get_by_text("basic@example.edu").count() and page.get_by_text("up to").count()

    stack.eventually(listed)
    pictures(admin, "connection-hosts")
    assert fits(page, 320)
    page.get_by_role("radio", name=re.compile("^Only those on the list")).check()
    page.get_by_label("The list, one e-mail address a line").fill("nobody")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".error")).to_contain_text("no e-mail address")
    page.get_by_role("radio", name=re.compile("^Only those on the list")).check()
    page.get_by_label("The list, one e-mail address a line").fill("colleague@example.edu")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("radio", name=re.compile("^Only those on the list"))).to_be_checked()
    row = page.get_by_role("row", name=re.compile("colleague@example.edu"))
    expect(row).to_contain_text("By every author")
    expect(page.get_by_role("row", name=re.compile("basic@example.edu"))).to_contain_text("not on the list")
    page.get_by_role("radio", name=re.compile("^The connected host and")).check()
    page.get_by_role("button", name="Save", exact=True).click()


def test_a_failed_delivery_is_found_and_processed_again(stack, admin):
    with sqlite3.connect(stack.var / "site.sqlite3", timeout=20) as database:
        database.execute(
            "UPDATE zoom_xblock_delivery SET state='failed', attempts=12, error='OperationalError: database is locked'"
            " WHERE id = (SELECT max(id) FROM zoom_xblock_delivery)"
        )
    page = admin.goes_to(PAGE)
    expect(page.get_by_text("1 event could not be processed.")).to_be_visible()
    page.get_by_role("link", name="Look at them").click()
    page.wait_for_url("**/deliveries?state=failed")
    rows = page.locator(".zoom-table tbody tr")
    expect(rows).to_have_count(1)
    expect(page.get_by_text("database is locked")).to_be_visible()
    pictures(admin, "connection-deliveries")
    assert fits(page, 320)
    page.get_by_role("button", name=re.compile("^Process again")).press("Enter")
    expect(page.locator(".success")).to_contain_text("processed again")

    def processed():
        page.goto(stack.site_url + PAGE + "/deliveries?state=failed")
        return page.get_by_text("Nothing fits this filter.").count()

    stack.eventually(processed)
    page.get_by_role("link", name="Show all").click()
    expect(rows.first).to_contain_text("Not for this site")  # it is about the test meeting
    pictures(admin, "connection-deliveries-all")


def test_missing_scopes_are_named(stack, admin):
    [granted] = [one["scopes"] for one in stack.control("state")["apps"] if one["client_id"] == seed.CLIENT_ID]
    kept = [scope for scope in granted if not scope.startswith(("webinar:", "report:"))]
    stack.control(f"apps/{seed.CLIENT_ID}", {"scopes": kept}, method="PATCH")
    consent(stack, admin)
    page = admin.page
    expect(page.get_by_text("3 features lack some.")).to_be_visible()
    expect(page.locator("#zoom-missing")).to_contain_text("webinar:write:webinar:admin")
    expect(page.get_by_text("webinar:write:admin").first).to_be_visible()
    expect(page.get_by_text("Meetings work in full; webinars cannot be chosen.")).to_be_visible()
    pictures(admin, "connection-missing")
    assert fits(page, 320)
    stack.control(f"apps/{seed.CLIENT_ID}", {"scopes": granted}, method="PATCH")
    consent(stack, admin)
    assert admin.problems == []


def consent(stack, person):
    page = person.goes_to(PAGE)
    page.get_by_role("button", name="Add to ZOOM").click()
    page.wait_for_url(f"{stack.zoom_url}/oauth/authorize*")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(re.compile(re.escape(stack.site_url + PAGE)))


def test_disconnecting_is_refused_while_sessions_are_to_come(stack, person, admin):
    author = person("author")
    page = author.goes_to("/studio/")
    unit = page.locator('[data-unit="live-session"]')
    unit.get_by_role("button", name=re.compile("^Add Zoom session")).click()
    page.locator('[data-unit="live-session"]').get_by_role("link", name=re.compile("^Edit")).first.click()
    page.wait_for_url("**/edit")
    page.get_by_label("Topic", exact=True).fill("Algebra live: limits and continuity")
    page.get_by_label("Date", exact=True).fill((datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d"))
    page.get_by_label("Time", exact=True).fill("10:00")
    page.get_by_label("Duration in minutes", exact=True).fill("60")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/studio/(#.*)?$"))

    page = admin.goes_to(PAGE)
    section = page.get_by_role("region", name="Disconnect", exact=True)
    link = section.get_by_role("link", name=re.compile("^Algebra live"))
    expect(link).to_have_attribute("href", re.compile("/studio/"))
    section.get_by_text("Disconnect all the same").click()
    pictures(admin, "connection-removing")
    assert fits(page, 320)
    section.locator("form").evaluate("form => form.submit()")  # past the browser's own check of the box
    expect(page.locator(".error")).to_contain_text("Not disconnected: 1 session is still to come.")
    expect(page.get_by_role("button", name="Disconnect anyway")).to_be_visible()

    page.get_by_label("Client ID").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("1 session is still to come")
    expect(page.get_by_role("button", name="Save and disconnect anyway")).to_be_visible()
    admin.problems.clear()
    page.reload()
    expect(page.locator(".zoom-status").first).to_contain_text("Connected to Zoom")


def test_another_account_is_asked_about(stack, admin):
    with sqlite3.connect(stack.var / "site.sqlite3", timeout=20) as database:
        database.execute(
            "UPDATE zoom_xblock_connection SET account_id='AnotherAccount', zoom_email='it@college.example.edu'"
        )
    consent(stack, admin)
    page = admin.page
    question = page.get_by_role("region", name="Another Zoom account: which one shall it be?")
    expect(question).to_contain_text("it@college.example.edu")
    expect(question).to_contain_text("zoom-admin@example.edu")
    pictures(admin, "connection-other-account")
    assert fits(page, 320)
    question.get_by_role("button", name="Keep it@college.example.edu").click()
    expect(page.locator(".success")).to_contain_text("nothing has changed")
    expect(question).to_have_count(0)
    consent(stack, admin)
    question.get_by_role("button", name="Change to zoom-admin@example.edu").click()
    expect(page.locator(".success").first).to_have_text("Connected to Zoom with zoom-admin@example.edu")
    assert admin.problems == []


def test_disconnected_by_zoom_says_why_and_what_to_do(stack, admin):
    stack.control("revoke", {"client_id": seed.CLIENT_ID})
    page = admin.goes_to(PAGE)

    def ended():
        page.reload()
        return page.get_by_text("Somebody removed the app at Zoom.").count()

    stack.eventually(ended)
    pictures(admin, "connection-disconnected")
    consent(stack, admin)
    expect(page.locator(".zoom-status").first).to_contain_text("Connected to Zoom")


def test_disconnecting_knowingly(stack, admin):
    page = admin.goes_to(PAGE)
    page.get_by_text("Disconnect all the same").click()
    page.get_by_role("checkbox", name=re.compile("^I know that")).check()
    page.get_by_role("button", name="Disconnect anyway").click()
    expect(page.locator(".success")).to_have_text("Disconnected from Zoom.")
    expect(page.locator(".zoom-status").first).to_contain_text("Disconnected by an administrator")
    assert admin.problems == []


def test_it_is_listed_on_the_admins_index(stack, admin):
    page = admin.goes_to("/admin/")
    page.get_by_role("link", name="Connection to Zoom").click()
    page.wait_for_url(re.compile(re.escape(PAGE)))


def test_no_secret_was_ever_tracked(stack, admin):
    secrets = [one for one in stack.control("secrets")["secrets"] if len(one) > 8]
    assert secrets
    assert not [one for one in secrets if one in stack.tracking_log]
    assert f'"event_type": "{PAGE}' not in stack.tracking_log
