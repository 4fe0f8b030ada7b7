"""The pages of a course's sessions in a browser: by keyboard; narrow, dark, from right to left; and axe."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from demo import crowd
from tests.axe import problems
from tests.browser import signed_in
from tests.conftest import make_block
from tests.views.test_course import placed, stood
from zoom_xblock.models import Placement

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Where pictures go, where somebody wants to look.
PICTURES = os.environ.get("SCREENSHOTS")


@pytest.fixture
def opens(chromium, live_server, site):
    """`opens("/studio/zoom")` is the page as the author sees it. Whatever the browser complains of fails the test."""
    with signed_in(chromium, live_server) as page_of:
        yield lambda prefix, query="": page_of(site.author, f"{prefix}/courses/{site.course_key}/{query}")


def looked_at(page, name):
    """Light, dark, narrow and from right to left: nothing that axe finds, and nothing wider than the page."""
    for view, width, scheme, direction in (
        ("light", 1280, "light", "ltr"),
        ("dark", 1280, "dark", "ltr"),
        ("phone", 320, "light", "ltr"),
        ("rtl", 390, "dark", "rtl"),
    ):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(PICTURES) / f"course-{name}-{view}.png", full_page=True)
        assert problems(page, "html") == [], view
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture
def blocks(site):
    """One of each kind."""
    past = (timezone.now() - timedelta(days=350)).replace(microsecond=0)
    future = (timezone.now() + timedelta(days=9)).replace(microsecond=0)
    made = {
        "old": make_block(site.course_key, "old", display_name="Algebra I", starts_at=past.isoformat()),
        "copy": make_block(site.course_key, "copy", display_name="Algebra II <b>", starts_at=future.isoformat()),
        "none": make_block(
            site.course_key,
            "none",
            display_name="Einführungsveranstaltung mit außerordentlich langem Titel, der nirgends zu Ende geht",
            starts_at=None,
            kind="webinar",
        ),
        "ready": make_block(site.course_key, "ready", display_name="Ready", starts_at=future.isoformat()),
        "other": make_block(site.course_key, "other", display_name="Differs", starts_at=future.isoformat()),
    }
    placed(made["ready"], 1, days=9, starts_at=future, options={})
    placed(made["other"], 2, days=12, options={"entry": "open"})
    return made


def test_several_sessions_are_made_by_keyboard(connected, opens, blocks):
    page = opens("/studio/zoom")
    expect(page.get_by_role("heading", level=2).first).to_have_text("To be made")
    looked_at(page, "studio")
    page.evaluate("document.documentElement.dir = 'ltr'")
    page.get_by_role("button", name="Make selected").click()
    expect(page.get_by_role("alert")).to_contain_text("Select at least one")
    page.get_by_label("Algebra I", exact=True).focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-selected]")).to_have_text("Selected: 1")
    page.get_by_label("Weeks after the earlier dates").fill("52")
    page.get_by_role("button", name="Fill in dates").click()
    expect(page.locator(f"[data-row='{blocks['old'].key}'] [data-date]")).not_to_have_value("")
    page.get_by_label("Algebra II").check()
    page.locator(f"[data-row='{blocks['copy'].key}'] [data-date]").fill("2020-01-01")
    page.get_by_role("button", name="Make selected").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("1 session was made.")
    expect(page.locator(f"[data-row='{blocks['old'].key}'] [data-result]")).to_have_text("Made")
    expect(page.locator(f"[data-row='{blocks['old'].key}'] [data-state]")).to_have_text("Made")
    wrong = page.locator(f"[data-row='{blocks['copy'].key}']")
    expect(wrong.locator("[data-result]")).to_contain_text("past")
    expect(wrong.locator("[data-date]")).to_be_focused()
    assert Placement.objects.filter(meeting__isnull=False).count() == 3
    looked_at(page, "studio-made")
    page.reload()
    expect(page.get_by_text("Algebra I", exact=True).first).to_be_visible()
    expect(page.locator("[data-row]")).to_have_count(2)


def test_who_is_missing_what_can_be_read_by_everybody(opens, site, blocks):
    sessions = [placed(make_block(site.course_key, f"n{number}"), 10 + number, days=-number - 1) for number in range(7)]
    crowd.people(60)
    for number, session in enumerate(sessions):
        stood(session, site.learner1, 2700 - number * 300)
        stood(session, site.learner2, 0, verdict="excused", is_complete=True)
    page = opens("/zoom")
    expect(page.locator("tbody tr")).to_have_count(50)
    looked_at(page, "lms")
    page.evaluate("document.documentElement.dir = 'ltr'")
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_role("link", name="First page")).to_be_visible()
    page.get_by_label("Search").fill("learner1")
    page.get_by_label("Show", exact=True).first.select_option("any")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("5 minutes short")


def test_a_course_without_sessions(opens):
    looked_at(opens("/studio/zoom"), "studio-empty")
    looked_at(opens("/zoom"), "lms-empty")
