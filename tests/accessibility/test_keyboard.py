"""
The walks of docs/accessibility.md, by keyboard alone: who sees no pointer gets through every task, never loses the
focus, and is told what became of it.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.accessibility.keys import Keys
from tests.accessibility.states.of_a_course import a_room
from tests.accessibility.states.of_the_site import SETTINGS, some_blocks, some_held
from tests.admin.test_connection_lists import delivery
from tests.block.test_author_handlers import unlinked
from tests.block.test_learner_in_browser import Stage
from tests.conftest import make_block
from zoom_xblock.models import Assignment, Connection, Correction, Meeting, Placement, Registration

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def opens(inside):
    """`opens(address, user)`: the page, under somebody's keys. Whatever the browser complains of fails the test."""

    def page_of(address, user):
        return Keys(inside, inside.opens(address, user=user))

    yield page_of
    assert inside.complaints == []


# -- learner --------------------------------------------------------------------------------------------------------


def test_a_learner_is_registered_joins_and_takes_the_date_along(it, opens, site):
    stage = Stage(site).session(5).registered("pending")
    keys = opens(f"/xblock/{stage.block.key}", site.learner1)
    Registration.objects.update(state="registered", registrant_id="Rq1")
    keys.hears("You are registered")
    keys.goes_to("link", r"^Join meeting \(opens in a new tab\)")
    keys.goes_to("DisclosureTriangle", "Add to your calendar")
    keys.press("Enter").goes_to("link", r"^Calendar file")
    keys.goes_to("DisclosureTriangle", "Join by phone")
    keys.press("Space").goes_to("link", r"\+34 917")


def test_a_learner_reads_what_was_counted(it, opens, site):
    stage = Stage(site).session(-180, state="ended", fields={"show_recordings": True}).registered()
    stage.run((2, 31), (35, 60)).result(54, is_complete=True).recorded()
    keys = opens(f"/xblock/{stage.block.key}", site.learner1)
    meter = keys.page.get_by_role("progressbar", name="Your attendance")
    expect(meter).to_have_accessible_description(re.compile("^We counted .+: 54 of the 45 minutes required"))
    keys.goes_to("link", r"opens in a new tab")


# -- author ---------------------------------------------------------------------------------------------------------


def editor(it, opens):
    """The editor of the component, its first check answered."""
    keys = opens(f"/studio/xblock/{it.block_row.key}/edit", it.site.author)
    keys.page.wait_for_function("document.querySelector('[data-zoom=when]').textContent")
    return keys


def test_an_author_is_told_what_is_wrong_and_saves(it, opens, connected, block_row):
    keys = editor(it, opens)
    keys.goes_to("textbox", "^Topic")
    keys.type("")
    keys.press("Delete").goes_to("spinbutton", "^Duration in minutes")
    keys.type("0").goes_to("button", "^Save$")
    keys.press("Enter")
    told = keys.is_at("textbox", "^Topic")
    assert told["states"]["invalid"] == "true"
    assert "Please fill this in" in told["description"]
    keys.hears("Topic: Please fill this in")
    keys.type("Algebra by keyboard").goes_to("spinbutton", "^Duration in minutes")
    keys.type("60").goes_to("button", "^Save$")
    keys.press("Enter")
    keys.page.wait_for_url("**/studio/#*")
    assert Meeting.objects.get().topic == "Algebra by keyboard"


def test_an_author_makes_a_series_moves_a_date_and_removes_one(it, opens, connected, block_row):
    keys = editor(it, opens)
    keys.goes_to("DisclosureTriangle", "^Repetition")
    keys.press("Enter").goes_to("combobox", "^Repeats|^Repetition|^How often")
    keys.press("ArrowDown", "ArrowDown")
    keys.goes_to("spinbutton", "dates")
    keys.type("3")
    expect(keys.page.locator('[data-zoom="preview-list"] li')).to_have_count(3)
    keys.goes_to("button", "^Save$")
    keys.press("Enter")
    keys.page.wait_for_url("**/studio/#*")
    keys = editor(it, opens)
    keys.goes_to("DisclosureTriangle", "^Repetition")
    keys.press("Enter").goes_to("button", "^Move ")
    keys.press("Enter")
    keys.is_at("Date", "^Date")
    keys.goes_to("button", "^Cancel$")
    keys.press("Enter")
    keys.is_at("button", "^Move ")
    keys.goes_to("button", "^Remove ")
    keys.press("Enter")
    keys.is_at("button", "^Keep|^No")
    keys.goes_to("button", "^Yes, remove it", key="Shift+Tab")
    keys.press("Enter")
    keys.is_at("button", "^(Move|Remove) ")
    keys.hears("The session is up to date at Zoom")


def test_an_author_links_what_is_there(it, opens, connected, block_row, site):
    unlinked(site)
    unlinked(site, "Guest lecture")
    block_row.draft = {}
    block_row.save()
    keys = editor(it, opens)
    keys.goes_to("radio", "^Make a new session")
    keys.press("ArrowDown").is_at("radio", "^Use an existing session")
    keys.hears("Found: 2")
    keys.goes_to("searchbox", "^Search")
    keys.type("guest").hears("Found: 1")
    keys.goes_to("radio", "^Guest lecture")
    keys.press("Space").goes_to("button", "^Link this session")
    keys.press("Enter").is_at("alert", "")
    keys.hears("Registration is switched on")
    keys.goes_to("button", "^I agree, link it")
    keys.press("Enter")
    keys.page.wait_for_url("**/studio/#*")
    assert Placement.objects.get().meeting is not None


def test_an_author_meets_somebody_elses_change(it, opens, session, block_row, zoom):
    keys = editor(it, opens)
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", topic="Renamed by the host")
    keys.goes_to("textbox", "^Topic")
    keys.type("Mine").press("Enter").is_at("alert", "")
    keys.hears("Topic: now “Renamed by the host”")
    keys.goes_to("button", "^Save mine anyway")
    keys.goes_to("button", "^Load what they saved")
    keys.press("Enter").is_at("textbox", "^Topic")
    keys.hears("The form now shows what was saved meanwhile")


def test_an_author_keeps_a_session(it, opens, session, site):
    keys = opens("/studio/", site.author)
    keys.goes_to("checkbox", "^Keep this session at Zoom")
    keys.press("Space").hears("stays at Zoom")
    keys.is_at("checkbox", "^Keep this session at Zoom")
    assert Placement.objects.get().keeps_meeting is True


# -- course team ----------------------------------------------------------------------------------------------------


def test_the_course_team_finds_decides_and_reads_it_again(it, opens, block_row, site):
    a_room(it)
    keys = opens(f"/xblock/{block_row.key}?view=student_view", site.author)
    keys.page.locator("[data-staff=rows] > tr").nth(7).wait_for()
    keys.goes_to("searchbox", "^Search for a name")
    keys.type("pupil").hears("8 learners found")
    keys.goes_to("checkbox", "^Select .*Ana")
    keys.press("Space").goes_to("button", "^Decide$", key="Shift+Tab")
    keys.press("Enter")
    told = keys.is_at("textbox", "^Reason")
    assert "Please say why" in told["description"]
    keys.hears("Please say why")
    keys.type("They sat together").goes_to("button", "^Decide$")
    keys.press("Enter").hears("Decided for 1 learner")
    keys.keeps_focus()
    keys.is_at("region", "Learners")
    assert Correction.objects.get().reason == "They sat together"
    told = keys.goes_to("button", "^Decisions about")
    assert told["states"]["expanded"] is False
    keys.press("Enter")
    assert keys.is_at("button", "^Decisions about")["states"]["expanded"] is True
    told = keys.goes_to("DisclosureTriangle", "^Presence over time")
    keys.press("Enter").hears("learners? at once")


def test_the_course_team_counts_again_and_sorts(it, opens, block_row, site):
    a_room(it)
    keys = opens(f"/xblock/{block_row.key}?view=student_view", site.author)
    keys.goes_to("button", "^Count again")
    keys.press("Enter").keeps_focus()
    keys.is_at("button", "^Count again")
    for name in ("^Export as CSV", "^Evidence file", "^All sessions of this course"):
        keys.goes_to("link", name)
    keys.goes_to("button", "^Minutes$")
    keys.press("Enter").is_at("button", "^Minutes$")
    expect(keys.page.locator("th[aria-sort=ascending]")).to_have_text("Minutes")


def test_the_course_team_says_who_it_was(it, opens, block_row, site):
    a_room(it, guests=5)
    keys = opens(f"/xblock/{block_row.key}?view=student_view", site.author)
    keys.page.locator("[data-zoom-worklist]").scroll_into_view_if_needed()
    keys.page.locator("[data-work=rows] > li").first.wait_for()
    told = keys.goes_to("button", "^Choose a learner.* 1415")
    keys.press("Enter").is_at("searchbox", "^Who was 1415")
    keys.type("nobody of this name").hears("No learner")
    keys.press("Escape")
    told = keys.is_at("button", "^Choose a learner.* 1415")
    assert told["states"]["expanded"] is False
    keys.goes_to("button", "^Nobody: ")
    keys.press("Enter").keeps_focus()
    keys.hears("nobody|Nobody")
    assert Assignment.objects.count() == 1
    keys.goes_to("DisclosureTriangle", "^1 decision")
    keys.press("Enter").goes_to("button", "^Undo")
    keys.press("Enter").keeps_focus()
    expect(keys.page.locator("[data-work=rows] > li")).to_have_count(5)


# -- the sessions of a course ---------------------------------------------------------------------------------------


def test_several_sessions_are_made(it, opens, connected, site):
    some_blocks(it)
    keys = opens(f"/studio/zoom/courses/{site.course_key}/", site.author)
    keys.goes_to("button", "^Make selected")
    keys.press("Enter").is_at("alert", "")
    keys.hears("Select at least one")
    keys.goes_to("checkbox", "^Algebra II", key="Shift+Tab")
    keys.press("Space").goes_to("button", "^Make selected")
    keys.press("Enter").hears("1 session was made")
    keys.keeps_focus()


def test_who_is_missing_what(it, opens, site):
    some_held(it)
    keys = opens(f"/zoom/courses/{site.course_key}/", site.author)
    keys.goes_to("searchbox", "^Search")
    keys.type("learner1").press("Enter")
    keys.page.wait_for_url("**q=learner1*")
    keys.goes_to("link", "^Download everybody as CSV")
    keys.goes_to("region", "^Table of learners")


# -- administrator --------------------------------------------------------------------------------------------------


def test_an_administrator_enters_the_credentials(it, opens, site):
    keys = opens(SETTINGS, site.admin)
    keys.goes_to("radio", "^Zoom OAuth app")
    keys.press("ArrowDown").is_at("radio", "^Server-to-server app")
    keys.press("ArrowUp").is_at("radio", "^Zoom OAuth app")
    keys.goes_to("button", "^Copy redirect address")
    keys.press("Enter").hears("Copied|copied")
    keys.goes_to("textbox", "^Client ID")
    keys.type("with space").goes_to("button", "^Save$")
    keys.press("Enter")
    assert keys.is_at("textbox", "^Client ID")["states"]["invalid"] == "true"
    keys.type("goodClientId00000001").goes_to("button", "^Save$")
    with keys.page.expect_navigation():
        keys.press("Enter")
    assert Connection.objects.get().client_id == "goodClientId00000001"


def test_an_administrator_tests_chooses_hosts_and_disconnects(it, opens, session, site):
    keys = opens(SETTINGS, site.admin)
    for name in ("^Hosts", "^Deliveries"):
        keys.goes_to("link", name)
    keys.goes_to("button", "^Test the connection")
    keys.press("Enter").keeps_focus()
    keys.is_at("button", "^Test the connection")
    keys.goes_to("DisclosureTriangle", "^Disconnect all the same")
    keys.press("Enter").goes_to("checkbox", "^I know that")
    keys.press("Space").goes_to("button", "^Disconnect anyway")
    with keys.page.expect_navigation():
        keys.press("Enter")
    expect(keys.page.get_by_text("Disconnected from Zoom.")).to_be_visible()


def test_an_administrator_says_who_may_be_chosen(it, opens, connected, site):
    keys = opens(f"{SETTINGS}/hosts", site.admin)
    keys.goes_to("radio", "")
    keys.press("ArrowDown")
    chosen = keys.focused()["name"]
    keys.goes_to("button", "^Save$")
    with keys.page.expect_navigation():
        keys.press("Enter")
    assert keys.goes_to("radio", "")["name"] == chosen


def test_an_administrator_has_a_delivery_processed_again(it, opens, connected, site):
    delivery(state="failed", error="OperationalError: database is locked", attempts=12)
    keys = opens(f"{SETTINGS}/deliveries", site.admin)
    keys.goes_to("combobox", "^State")
    keys.goes_to("region", "^Table of deliveries")
    keys.goes_to("button", "^Process again")
    with keys.page.expect_navigation():
        keys.press("Enter")
    expect(keys.page.locator(".messagelist")).to_contain_text("processed again")


# -- a walk that would fail -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "wrong"),
    [
        ("<button></button>", "nothing is said of"),
        ("<button style='outline: none; box-shadow: none'>Go</button>", "nobody sees"),
        ("<button onclick='this.remove()'>Go</button>", "the focus is lost"),
        ("<button tabindex='-1'>Go</button>", "is not met"),
    ],
)
def test_a_walk_fails_where_it_should(it, opens, site, html, wrong):
    row = make_block(site.course_key, starts_at=None)
    keys = opens(f"/xblock/{row.key}", site.learner1)
    keys.page.evaluate("html => { document.body.innerHTML = `<main>${html}</main>`; }", html)

    def walk():
        keys.goes_to("button", "^Go", most=4)
        keys.press("Enter").keeps_focus()

    with pytest.raises(AssertionError, match=wrong):
        walk()
