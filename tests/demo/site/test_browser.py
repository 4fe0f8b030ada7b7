"""The browser's side: how blocks are started, and what a page does when one of them speaks."""

from urllib.parse import quote

import pytest
from playwright.sync_api import expect, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def chromium():
    # Playwright's loop runs in the thread of the test; Django would refuse it the database, until the last flush.
    patch = pytest.MonkeyPatch()
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()
    patch.undo()


@pytest.fixture
def page(chromium, live_server):
    """A page that fails its test when the console shows an error: a broken script, or one that the policy refuses."""
    context = chromium.new_context(base_url=live_server.url)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert errors == []


def log_in(page, name, then):
    page.goto(f"/login/?next={quote(then)}")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(name)
    page.get_by_role("button", name="Log in", exact=True).click()


def test_lms_starts_a_block_with_a_node_and_its_arguments(stub, page):
    log_in(page, "learner1", "/course/live-session/")
    out = page.locator("[data-out]")
    expect(out).to_contain_text("node /courses/")
    expect(out).to_contain_text("</script>")
    page.get_by_role("button", name="Post").click()
    expect(out).to_have_text("asked by learner1")


def test_studio_starts_a_block_with_jquery_and_posts_to_the_preview(stub, page):
    log_in(page, "author", "/studio/")
    out = page.locator("[data-out]")
    expect(out).to_contain_text("jquery /studio/preview/xblock/")
    page.get_by_role("button", name="Post").click()
    expect(out).to_have_text("asked by author")


@pytest.fixture
def editor(stub, page):
    log_in(page, "author", f"/studio/xblock/{stub.key}/edit")
    expect(page.locator("[data-out]")).to_contain_text("jquery /studio/xblock/")
    return page


def test_save_shows_that_it_has_begun_and_leaves_when_it_has_ended(editor):
    editor.get_by_role("button", name="Start", exact=True).click()
    expect(editor.get_by_role("alert")).to_have_text("Saving")
    editor.get_by_role("button", name="End", exact=True).click()
    editor.wait_for_url("**/studio/#stub")


def test_cancel_leaves(editor):
    editor.get_by_role("button", name="Cancel", exact=True).click()
    editor.wait_for_url("**/studio/#stub")


def test_error_stays_and_is_said_in_the_blocks_words(editor):
    editor.get_by_role("button", name="Fail", exact=True).click()
    expect(editor.get_by_role("alert")).to_have_text("Not saved It is away")


def test_error_without_a_title_has_the_platforms_own(editor):
    editor.get_by_role("button", name="Fail badly").click()
    expect(editor.get_by_role("alert")).to_contain_text("OpenAssessment Save Error")


def test_frame_follows_the_height_of_its_page(stub, page):
    log_in(page, "learner1", "/course/live-session/framed/")
    frame = page.frame_locator("iframe")
    expect(frame.locator("[data-out]")).to_contain_text("node")
    expect(page.locator("iframe")).not_to_have_attribute("height", "300")


def test_view_as_is_chosen_and_said(stub, page):
    log_in(page, "author", "/course/live-session/")
    page.get_by_label("View this course as").select_option("learner2")
    page.get_by_role("button", name="View", exact=True).click()
    expect(page.get_by_text("You see what learner2 sees.")).to_be_visible()
    expect(page.locator("[data-out]")).to_contain_text("node")  # its script has begun
    page.get_by_role("button", name="Post").click()
    expect(page.locator("[data-out]")).to_have_text("asked by learner2")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_is_wider_than_its_window(stub, page, width):
    page.set_viewport_size({"width": width, "height": 800})
    log_in(page, "author", "/")
    for path in ("/", "/studio/", f"/studio/xblock/{stub.key}/edit", "/course/live-session/", "/login/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
