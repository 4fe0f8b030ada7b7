"""The editor in a browser, in a page that is as unkind to it as Studio's editor frame."""

from __future__ import annotations

import shutil

import pytest
from django.test import Client
from playwright.sync_api import expect, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
#: The faint border that Studio's frame gives every field.
FAINT = "rgb(231, 231, 231)"


@pytest.fixture(scope="module")
def chromium():
    """Headless Chromium for this module."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    # Playwright's loop runs in the thread of the test; Django would refuse it the database.
    patch = pytest.MonkeyPatch()
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()
    patch.undo()


@pytest.fixture
def editor(chromium, live_server, block_row, site, settings):
    """The author's editor. Whatever the browser complains of fails the test."""
    author = Client()
    author.force_login(site.author)
    context = chromium.new_context(base_url=live_server.url)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": author.cookies[name].value, "url": live_server.url}])
    page, errors = context.new_page(), []
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(f"/studio/xblock/{block_row.key}/edit")
    yield page
    context.close()
    assert errors == []


def border_of(field):
    """The colour of a field's border."""
    return field.evaluate("node => getComputedStyle(node).borderTopColor")


def test_grading_is_switched_on_without_an_error(editor):
    """A group without a place for errors had none to clear, and the script threw."""
    points = editor.get_by_label("Points for full attendance")
    expect(points).to_be_hidden()
    editor.get_by_label("Attendance counts in the gradebook").check()
    expect(points).to_be_visible()
    points.fill("5")


def test_fields_keep_borders_that_can_be_seen_and_say_what_is_wrong(editor):
    topic, date, duration = (editor.get_by_label(name) for name in ("Topic", "Date", "Duration in minutes"))
    sound = border_of(date)
    assert FAINT not in (border_of(topic), sound)
    topic.fill("")
    duration.fill("0")
    assert border_of(duration) not in (FAINT, sound)  # it has the focus
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(duration).to_have_attribute("aria-invalid", "true")
    expect(topic).to_be_focused()
    assert border_of(duration) not in (FAINT, sound)
    assert border_of(date) == sound
