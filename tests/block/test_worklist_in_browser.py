"""The work list in a browser: one click, several at once, a search, by keyboard; and axe."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.axe import problems
from tests.browser import signed_in
from tests.classroom import BEGAN, make_classroom
from zoom_xblock.models import Assignment, Segment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Where pictures go, where somebody wants to look.
PICTURES = os.environ.get("SCREENSHOTS")
HOSTILE = '<img src=x onerror="window.hacked=1"> {name} an extraordinarily-long-name-without-any-place-to-break'


@pytest.fixture
def room(site, block_row, jobs):
    """A small class, and people who came without a link of their own."""
    made = make_classroom(block_row.key, learners=8, registered=5)
    guests = [
        ("Ana Alvarez 0", {"connection": "1"}),
        (HOSTILE, {"connection": "2", "email": "somebody@example.org"}),
        ("1415***0123", {"connection": "3", "is_phone": True}),
        ("Björn", {"zoom_user_id": "U", "email": made.users[5].email, "is_internal": True}),
        ("Someone", {"registrant_id": "Foreign"}),
    ]
    for number, (name, said) in enumerate(guests):
        Segment.objects.create(
            sitting=made.sitting, fact_digest=f"guest{number}", source="record", name=name,
            joined_at=BEGAN + timedelta(minutes=number), left_at=BEGAN + timedelta(minutes=50), **said,
        )  # fmt: skip
    made.is_counted()
    return made


@pytest.fixture
def opens(chromium, live_server, block_row, site, jobs):
    """`opens()` is the unit as the author sees it. Whatever the browser complains of fails the test."""
    with signed_in(chromium, live_server, complains=is_complaint) as page_of:
        yield lambda **more: page_of(site.author, f"/xblock/{block_row.key}?view=student_view", **more)


def is_complaint(line):
    """Whether it is one of ours: a refused call shows there, too, whatever is done about it."""
    return line.type == "error" and not line.text.startswith("Failed to load resource")


def part(page):
    """The work list."""
    return page.locator("[data-zoom-worklist]")


def rows_of(page):
    """Who is on it."""
    return part(page).locator("[data-work=rows] > li")


def looked_at(page, name):
    """A picture for who wants one, in light and dark; nothing that axe finds, and nothing wider than the page."""
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.setAttribute('data-theme', theme)", theme)
        page.wait_for_timeout(60)
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            part(page).screenshot(path=Path(PICTURES) / f"work-{name}-{theme}.png")
        assert problems(page, "[data-zoom-worklist]") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_one_click_and_its_undoing_by_keyboard(opens, room, site):
    page = opens()
    expect(rows_of(page)).to_have_count(5)
    assert page.evaluate("window.hacked") is None
    expect(part(page)).to_contain_text("<img src=x")
    looked_at(page, "list")
    press = part(page).get_by_role("button", name="same address: Björn")
    press.focus()
    page.keyboard.press("Enter")
    expect(rows_of(page)).to_have_count(4)
    expect(part(page).locator("[data-work=announce]")).to_contain_text("1 person is now known")
    assert Assignment.objects.get().user == room.users[5]
    assert page.evaluate("document.activeElement.className").startswith("zoom-work__name")
    part(page).locator("summary").click()
    looked_at(page, "settled")
    part(page).get_by_role("button", name="Undo").click()
    expect(rows_of(page)).to_have_count(5)
    assert not Assignment.objects.exists()


def test_somebody_else_is_found_by_a_search(opens, room):
    page = opens()
    row = rows_of(page).filter(has_text="1415***0123")
    choose = row.get_by_role("button", name="Choose a learner")
    choose.click()
    expect(choose).to_have_attribute("aria-expanded", "true")
    search = part(page).get_by_label("Who was 1415***0123?")
    expect(search).to_be_focused()
    search.fill("nobody of this name")
    expect(part(page).locator("[data-work=found-count]")).to_contain_text("No learner")
    page.keyboard.press("Escape")
    expect(choose).to_be_focused()
    expect(choose).to_have_attribute("aria-expanded", "false")
    choose.click()
    search.fill(room.users[2].username)
    found = part(page).locator("[data-work=found] button")
    expect(found).to_have_count(1)
    looked_at(page, "search")
    found.click()
    expect(rows_of(page)).to_have_count(4)
    assert Assignment.objects.get().user == room.users[2]


def test_several_at_once(opens, room):
    page = opens()
    for name in ("Ana Alvarez 0", "Someone"):
        part(page).get_by_role("checkbox", name=f"Select {name}").check()
    expect(part(page).locator("[data-work=selected]")).to_have_text("Selected: 2")
    part(page).get_by_role("button", name="Choose a learner…", exact=True).click()
    part(page).get_by_label("Who was that? Selected: 2").fill(room.users[1].username)
    part(page).locator("[data-work=found] button").click()
    expect(rows_of(page)).to_have_count(3)
    assert Assignment.objects.filter(user=room.users[1]).count() == 2
    part(page).get_by_label("Select all").check()
    part(page).get_by_role("button", name="All nobody").click()
    expect(part(page)).to_contain_text("Everybody who was there is known.")
    assert Assignment.objects.filter(user=None).count() == 3
    looked_at(page, "empty")


def test_a_lost_connection_is_said_and_nothing_is_lost(opens, room):
    page = opens()
    page.route("**/handler/worklist_dismiss", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    rows_of(page).first.get_by_role("button", name="Nobody: ").click()
    expect(part(page).get_by_role("alert")).to_contain_text("could not be reached")
    expect(rows_of(page)).to_have_count(5)
    page.unroute("**/handler/worklist_dismiss")
    rows_of(page).first.get_by_role("button", name="Nobody: ").click()
    expect(rows_of(page)).to_have_count(4)
    expect(part(page).get_by_role("alert")).to_be_hidden()


def test_narrow_and_from_right_to_left(opens, room):
    page = opens(viewport={"width": 320, "height": 700})
    part(page).scroll_into_view_if_needed()  # it is asked for when somebody gets there
    part(page).get_by_role("button", name="Choose a learner… 1415").click()
    looked_at(page, "narrow")
    page.evaluate("document.documentElement.dir = 'rtl'")
    looked_at(page, "rtl")
