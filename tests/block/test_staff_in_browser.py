"""The course team's part of the block in a browser: by keyboard, in every state, narrow and wide; and axe."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.axe import COLOURS, RULES, problems
from tests.browser import signed_in
from tests.classroom import BEGAN, make_classroom
from zoom_xblock.models import Correction, Result, Segment
from zoom_xblock.services import corrections

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Where pictures go, where somebody wants to look.
PICTURES = os.environ.get("SCREENSHOTS")


@pytest.fixture
def opens(chromium, live_server, block_row, site, jobs):
    """`opens()` is the unit as the author sees it. Whatever the browser complains of fails the test."""
    with signed_in(chromium, live_server) as page_of:
        yield lambda **more: page_of(site.author, f"/xblock/{block_row.key}?view=student_view", **more)


@pytest.fixture
def room(site, block_row, jobs):
    """Sixty learners of whom fifty came, with all that can be seen of how."""
    block_row.published = {**block_row.published, "required_minutes": 30, "has_score": True, "weight": 10}
    block_row.save()
    made = make_classroom(block_row.key, learners=60, registered=52, has_score=True)
    made.was_there(made.users[3], 0, 62, name="Farid's mother", connection="99")
    made.was_there(made.users[4], 1, 40, connection="98")
    Segment.objects.filter(registrant_id=f"Reg{made.users[6].pk}").update(is_phone=True)
    Segment.objects.create(
        sitting=made.sitting, fact_digest="guest", source="record", name="iPhone von Jürgen", connection="97",
        joined_at=BEGAN, left_at=BEGAN + timedelta(minutes=50),
    )  # fmt: skip
    made.is_counted()
    for number in (9, 8):
        Result.objects.filter(user=made.users[number]).update(is_complete=True, counted_complete=False)
    corrections.decide(
        usage_key=block_row.key, staff_id=site.author.pk, user_ids=[made.users[0].pk], verdict="excused",
        reason="Was in hospital <b>that day</b>",
    )  # fmt: skip
    return made


def rows_of(page):
    """The learners' rows."""
    return page.locator(".zoom-staff tbody[data-staff=rows] > tr")


def part(page):
    """The course team's part."""
    return page.locator(".zoom-staff")


def looked_at(page, name):
    """A picture for people who want one; and nothing that axe finds, in light and dark."""
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.setAttribute('data-theme', theme)", theme)
        page.wait_for_timeout(100)
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            part(page).screenshot(path=Path(PICTURES) / f"staff-{name}-{theme}.png")
        # The work list in it has tests of its own.
        where = {"include": [".zoom-staff"], "exclude": ["[data-zoom-worklist]"]}
        assert problems(page, where, rules=COLOURS if theme == "dark" else RULES) == [], f"{name}, {theme}"
    page.evaluate("document.documentElement.setAttribute('data-theme', 'light')")


def test_the_table_and_what_is_found_in_it(room, opens):
    page = opens()
    expect(rows_of(page)).to_have_count(50)
    expect(part(page).get_by_text("63 learners · 52 registered")).to_be_visible()
    expect(part(page).get_by_text("1–50 of 63")).to_be_visible()
    looked_at(page, "after")
    part(page).get_by_role("button", name="Minutes", exact=True).click()
    part(page).get_by_role("button", name="Minutes", exact=True).click()
    expect(part(page).locator("th[aria-sort=descending]")).to_have_text("Minutes")
    expect(rows_of(page).first.locator("td").nth(4)).to_have_text("62")
    expect(rows_of(page).first).to_contain_text("Link shared?")
    expect(part(page).locator("[data-staff=announce]")).to_contain_text("63 learners found")
    part(page).get_by_role("button", name="Next", exact=True).last.click()
    expect(rows_of(page)).to_have_count(13)
    part(page).get_by_label("Search for a name, user name or address").fill("GROSSMANN 6")
    expect(rows_of(page)).to_have_count(1)
    expect(rows_of(page)).to_contain_text("By phone")
    part(page).get_by_label("Search for a name, user name or address").fill("nobody at all")
    expect(rows_of(page)).to_have_text("Nobody found.")
    looked_at(page, "nobody")


def test_deciding_by_keyboard_alone(room, opens, jobs):
    page = opens()
    part(page).get_by_label("Search for a name, user name or address").fill("pupil")
    expect(part(page).locator("[data-staff=announce]")).to_contain_text("60 learners found")
    part(page).get_by_role("button", name="User name", exact=True).press("Enter")
    expect(rows_of(page).first).to_contain_text(room.users[0].username)
    expect(rows_of(page).nth(1)).to_contain_text(room.users[1].username)
    names = rows_of(page).locator("th")
    first = names.first.inner_text()
    rows_of(page).nth(1).get_by_role("checkbox").press("Space")
    rows_of(page).nth(2).get_by_role("checkbox").press("Space")
    expect(part(page).get_by_text("Selected: 2")).to_be_visible()
    part(page).get_by_role("button", name="Decide", exact=True).press("Enter")
    expect(part(page).get_by_text("Please say why")).to_be_visible()
    expect(part(page).get_by_label("Reason (kept with the decision)")).to_be_focused()
    looked_at(page, "deciding")
    part(page).get_by_label("Decision", exact=True).select_option("absent")
    part(page).get_by_label("Reason (kept with the decision)").fill("They left at once")
    part(page).get_by_label("Reason (kept with the decision)").press("Enter")
    expect(part(page).locator("[data-staff=announce]")).to_have_text("Decided for 2 learners.")
    expect(rows_of(page).nth(1)).to_contain_text("Marked absent")
    assert first == names.first.inner_text()
    assert Correction.objects.filter(verdict="absent", reason="They left at once").count() == 2
    rows_of(page).nth(1).get_by_role("button", name=re.compile("^Decisions about")).press("Enter")
    expect(rows_of(page).nth(2)).to_contain_text("They left at once")
    expect(rows_of(page).nth(1).get_by_role("button", name=re.compile("^Decisions about"))).to_be_focused()
    looked_at(page, "history")


def test_a_completion_in_doubt_is_kept_or_withdrawn(room, opens):
    page = opens()
    part(page).get_by_role("button", name="Show them").click()
    expect(rows_of(page)).to_have_count(2)
    looked_at(page, "asked")
    part(page).get_by_role("button", name=re.compile("^Keep the completion of")).first.click()
    expect(rows_of(page)).to_have_count(1)
    part(page).get_by_role("button", name=re.compile("^Withdraw the completion of")).click()
    expect(rows_of(page)).to_have_text("Nobody found.")
    kept = {room.users[8].pk: None, room.users[9].pk: None}
    for result in Result.objects.filter(user__in=kept):
        kept[result.user_id] = (result.verdict, result.is_complete)
    assert sorted(kept.values(), key=str) == [("present", True), (None, False)]


def test_the_picture_has_tables_behind_it(room, opens):
    page = opens()
    expect(rows_of(page)).to_have_count(50)
    part(page).get_by_text("Presence over time").click()
    expect(part(page).locator(".zoom-staff__bar")).to_have_count(50)
    expect(
        part(page).locator("[data-picture=peak]", has_text=re.compile(r"^At most \d+ learners at once"))
    ).to_be_visible()
    part(page).get_by_text("The picture as tables").click()
    expect(part(page).locator("[data-picture=people] tr")).to_have_count(50)
    looked_at(page, "picture")


def test_live_it_fills_by_itself(site, block_row, opens, jobs, monkeypatch):
    from zoom_xblock.screens import roster as screen

    monkeypatch.setattr(screen, "POLL_SECONDS", 1)
    room = make_classroom(block_row.key, learners=6, registered=5, live=True)
    page = opens()
    expect(part(page).get_by_text("2 in now")).to_be_visible()
    rows_of(page).first.get_by_role("checkbox").focus()
    name = rows_of(page).first.locator("th").inner_text()
    room.was_there(room.users[0], 30, None, source="live")
    expect(part(page).get_by_text("3 in now")).to_be_visible()
    assert rows_of(page).first.locator("th").inner_text().startswith(name.split(" ")[0])
    expect(rows_of(page).first.get_by_role("checkbox")).to_be_focused()
    part(page).get_by_label("Show", exact=True).select_option("in_now")
    expect(rows_of(page)).to_have_count(3)
    assert int(rows_of(page).nth(1).locator("td").nth(4).inner_text()) > 60  # counted until now
    expect(rows_of(page).nth(1)).to_contain_text("Provisional")
    looked_at(page, "live")


@pytest.mark.parametrize("width", [320, 390])
def test_narrow_nothing_sticks_out(room, opens, width):
    page = opens()
    page.set_viewport_size({"width": width, "height": 800})
    expect(rows_of(page)).to_have_count(50)
    part(page).get_by_text("Presence over time").click()
    expect(part(page).locator(".zoom-staff__bar")).to_have_count(50)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    assert page.evaluate("document.querySelector('.zoom-staff').scrollWidth") <= width
    looked_at(page, f"narrow-{width}")


def test_from_right_to_left_in_long_words(room, opens):
    page = opens()
    expect(rows_of(page)).to_have_count(50)
    part(page).get_by_text("Presence over time").click()
    expect(part(page).locator(".zoom-staff__bar")).to_have_count(50)
    page.evaluate("""() => {
      document.documentElement.dir = "rtl";
      const walk = document.createTreeWalker(document.querySelector(".zoom-staff"), NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
        walk.currentNode.data = walk.currentNode.data.replace(/Minutes/, "Anwesenheitsminutenzahl");
      }
    }""")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    looked_at(page, "rtl")
