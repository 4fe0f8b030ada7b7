"""The editor and the preview in a browser, in a page that is as unkind to them as Studio's editor frame."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from tests.axe import COLOURS, RULES, problems
from tests.block.test_author_handlers import unlinked
from zoom_xblock.models import Meeting, Placement

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: The faint border that Studio's frame gives every field.
FAINT = "rgb(231, 231, 231)"
#: By how much anything of ours is wider than its place.
STICKS_OUT = """
() => Math.max(...[...document.querySelectorAll('.zoom-xblock')].map((one) => one.scrollWidth - one.clientWidth))
"""
#: As long as German makes its words.
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenverordnungsänderungsbesprechung"


@pytest.fixture
def page(chromium, live_server, site, settings):
    """The author's browser, in New York. Whatever it complains of fails the test."""
    author = Client()
    author.force_login(site.author)
    context = chromium.new_context(base_url=live_server.url, timezone_id="America/New_York", locale="en-US")
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": author.cookies[name].value, "url": live_server.url}])
    page, errors = context.new_page(), []
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def editor(page, block_row):
    """The editor of a component that has a date and no session."""
    return open_editor(page, block_row)


def open_editor(page, row):
    """The editor, its first check answered."""
    with page.expect_response(lambda answer: "check_session" in answer.url):
        page.goto(f"/studio/xblock/{row.key}/edit")
    return page


def type_and_wait(page, **values):
    """Fill in fields; what the server says to them is there afterwards."""
    with page.expect_response(lambda answer: "check_session" in answer.url):
        for name, value in values.items():
            control = page.locator(f'[data-control="{name}"]')
            if control.evaluate("node => node.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
                control.dispatch_event("change")


def unfold(page, title):
    """Open one of the groups."""
    page.locator("summary", has_text=title).first.click()


def save(page, name="Save"):
    """Press the button, and wait for what the server answers."""
    with page.expect_response(lambda answer: "save_session" in answer.url or "link_session" in answer.url):
        page.get_by_role("button", name=name, exact=True).click()


def sound(page, *, every_width=False):
    """
    No violation that axe finds (in the dark, of its colours), and nothing that sticks out sideways at 320 px, whichever
    way one writes.
    """
    for theme, rules in (("", RULES), ("zoom-theme-dark", COLOURS)):
        page.evaluate("name => { document.documentElement.className = name }", theme)
        assert problems(page, ".zoom-xblock", rules=rules) == [], theme
    page.evaluate("document.documentElement.className = ''")
    before = page.viewport_size
    for width in (320, 1280) if every_width else (320,):
        page.set_viewport_size({"width": width, "height": 800})
        for direction in ("ltr", "rtl"):
            page.evaluate("name => document.documentElement.setAttribute('dir', name)", direction)
            assert page.evaluate(STICKS_OUT) <= 0, (width, direction)
    page.evaluate("document.documentElement.removeAttribute('dir')")
    page.set_viewport_size(before)


def border_of(field):
    """The colour of a field's border."""
    return field.evaluate("node => getComputedStyle(node).borderTopColor")


def test_a_new_component_asks_little_and_begins_tomorrow_on_the_authors_clock(page, connected, block_row, zoom):
    block_row.draft = {}
    block_row.save()
    open_editor(page, block_row)
    expect(page.locator('[data-control="time_zone"]')).to_have_value("America/New_York")
    expect(page.locator('[data-zoom="when"]')).to_contain_text("America/New York")
    shown = page.locator("[data-control]:visible")
    names = set(shown.evaluate_all("nodes => nodes.map(node => node.dataset.control)"))
    assert names == {
        "kind", "display_name", "start_date", "start_time", "time_zone", "duration_minutes", "completion",
        "required_minutes",
    }  # fmt: skip
    sound(page)
    save(page)
    page.wait_for_url("**/studio/#*")
    assert Meeting.objects.get().time_zone == "America/New_York"


def test_every_group_opened_is_accessible_and_fits(editor):
    for summary in editor.locator("summary").all():
        summary.click()
    editor.locator('[data-control="display_name"]').fill(f"{LONG} {LONG}"[:200])
    editor.locator('[data-control="has_score"]').check()
    editor.locator('[data-control="counted"]').select_option("custom")
    editor.locator('[data-control="passcode_choice"]').select_option("own")
    expect(editor.get_by_label("Points for full attendance")).to_be_visible()
    sound(editor, every_width=True)


def test_fields_keep_borders_that_can_be_seen_and_say_what_is_wrong(editor):
    topic, date, duration = (editor.get_by_label(name, exact=True) for name in ("Topic", "Date", "Duration in minutes"))
    sound_border = border_of(date)
    assert FAINT not in (border_of(topic), sound_border)
    topic.fill("")
    duration.fill("0")
    assert border_of(duration) not in (FAINT, sound_border)  # it has the focus
    unfold(editor, "Who gets in")
    editor.locator('[data-control="passcode_choice"]').select_option("own")
    editor.locator('[data-control="passcode"]').fill("ä")
    unfold(editor, "Who gets in")
    save(editor)
    expect(duration).to_have_attribute("aria-invalid", "true")
    expect(topic).to_be_focused()
    expect(editor.locator('[data-control="passcode"]')).to_be_visible()  # its group opened
    assert border_of(duration) not in (FAINT, sound_border)
    assert border_of(date) == sound_border
    expect(editor.get_by_role("alert").filter(visible=True)).to_contain_text("Topic: Please fill this in.")
    expect(topic).to_have_accessible_description("What learners read here and at Zoom. Please fill this in.")
    editor.get_by_role("link", name="Your passcode").click()
    expect(editor.locator('[data-control="passcode"]')).to_be_focused()
    sound(editor)


def test_the_browser_says_at_once_what_the_server_would_say(editor):
    duration = editor.get_by_label("Duration in minutes")
    duration.fill("2000")
    duration.blur()
    error = editor.locator('[data-zoom="error-duration_minutes"]')
    expect(error).to_have_text("Choose a whole number between 1 and 1440.")
    said = error.text_content()
    duration.fill("30")
    expect(error).to_be_hidden()
    duration.fill("2000")
    save(editor)
    expect(error).to_have_text(said)


def test_a_skipped_hour_is_refused_and_one_that_comes_twice_may_be_chosen(editor):
    error = editor.locator('[data-zoom="error-starts_at"]')
    type_and_wait(editor, start_date="2027-03-28", start_time="02:30")
    expect(error).to_have_text("This time does not exist: the clocks are put forward then. Next possible time: 3 a.m.")
    sound(editor)
    type_and_wait(editor, start_date="2027-10-31")
    expect(error).to_be_hidden()
    second = editor.get_by_label("The second time, after the clocks were put back")
    with editor.expect_response(lambda answer: "check_session" in answer.url):
        second.check()
    expect(editor.locator('[data-zoom="when"]')).to_contain_text("UTC+1")
    sound(editor)
    type_and_wait(editor, start_date="2027-11-01")
    expect(second).to_be_hidden()


def test_a_zone_is_found_by_its_city_with_the_keyboard(editor):
    zone = editor.locator('[data-control="time_zone"]')
    zone.focus()
    editor.keyboard.type("buenos aires")
    editor.keyboard.press("Tab")
    # Two zones of the list end in that name, so neither is taken for the other.
    expect(zone).to_have_value("buenos aires")
    zone.fill("tokyo")
    zone.blur()
    expect(zone).to_have_value("Asia/Tokyo")


def test_a_series_is_listed_saved_and_its_single_dates_moved_and_removed(page, connected, block_row, zoom):
    open_editor(page, block_row)
    unfold(page, "Repetition")
    type_and_wait(page, start_date="2027-01-04", start_time="10:00", every="week", count="3")
    preview = page.locator('[data-zoom="preview-list"] li')
    expect(preview).to_have_text(
        [f"Monday, Jan. {day}, 2027, 10 a.m." for day in (4, 11, 18)]
    )  # the weekday of the start was chosen
    sound(page)
    save(page)
    page.wait_for_url("**/studio/#*")
    expect(page.get_by_text("Every week: Monday, 3 dates").first).to_be_visible()
    page.locator("summary", has_text="All dates").click()
    sound(page)
    open_editor(page, block_row)
    unfold(page, "Repetition")
    expect(page.locator('[data-zoom="preview"]')).to_be_hidden()  # they are listed as Zoom has them
    dates = page.locator('[data-zoom="dates-list"] li')
    page.get_by_role("button", name=re.compile("^Move Monday, Jan. 11")).click()
    dates.nth(1).get_by_label("Date").fill("2027-01-12")
    sound(page)
    dates.nth(1).get_by_label("Date").press("Enter")
    expect(dates.nth(1)).to_contain_text("Tuesday, Jan. 12, 2027")
    expect(page.get_by_role("button", name=re.compile("^Move Tuesday, Jan. 12"))).to_be_focused()
    page.get_by_role("button", name="Remove Monday, Jan. 18").click()
    page.get_by_role("button", name="Yes, remove it").click()
    expect(page.get_by_role("button", name="Remove Monday, Jan. 18")).to_have_count(0)
    save(page)  # the form goes on with what Zoom has now
    page.wait_for_url("**/studio/#*")


def test_somebody_elses_change_is_shown_and_either_one_may_win(page, session, block_row, zoom):
    open_editor(page, block_row)
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", topic="Renamed by the host")
    page.get_by_label("Topic").fill("Mine")
    save(page)
    alert = page.get_by_role("alert").filter(visible=True)
    expect(alert).to_contain_text("Topic: now “Renamed by the host”")
    expect(page.get_by_label("Topic")).to_have_value("Mine")  # nothing typed is lost
    sound(page)
    page.get_by_role("button", name="Load what they saved").click()
    expect(page.get_by_label("Topic")).to_have_value("Renamed by the host")
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", topic="Renamed again")
    page.get_by_label("Topic").fill("Mine")
    save(page)
    save(page, "Save mine anyway")
    page.wait_for_url("**/studio/#*")
    assert Meeting.objects.get().topic == "Mine"


def test_an_existing_session_is_picked_agreed_to_linked_and_let_go(page, connected, block_row, site, zoom):
    unlinked(site)
    unlinked(site, f"Guest lecture {LONG}")
    block_row.draft = {}
    block_row.save()
    open_editor(page, block_row)
    page.get_by_label("Use an existing session").check()
    expect(page.get_by_text("Found: 2")).to_be_visible()
    sound(page)
    page.get_by_label("Search").fill("guest")
    expect(page.get_by_text("Found: 1")).to_be_visible()
    page.get_by_label("Guest lecture").check()
    save(page, "Link this session")
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("Registration is switched on")
    assert not Placement.objects.filter(meeting__isnull=False).exists()
    sound(page)
    save(page, "I agree, link it")
    page.wait_for_url("**/studio/#*")
    expect(page.get_by_text("it is never deleted with this component")).to_be_visible()
    sound(page)
    open_editor(page, block_row)
    sound(page)
    page.get_by_role("button", name="Unlink this session").click()
    page.wait_for_url("**/studio/#*")
    expect(page.get_by_text("needs its own session").first).to_be_visible()


def test_what_zoom_decided_otherwise_is_read_before_the_editor_closes(page, connected, block_row, zoom):
    zoom.control("accounts/DemoUniversityAccount1", "PATCH", locked_settings={"waiting_room": True})
    open_editor(page, block_row)
    save(page)
    notes = page.get_by_role("status").filter(has_text="Zoom decided otherwise")
    expect(notes).to_contain_text("Letting people in: Zoom has “Waiting room”.")
    expect(notes).to_be_focused()
    sound(page)
    page.get_by_role("button", name="Close").click()
    page.wait_for_url("**/studio/#*")


@pytest.mark.parametrize("state", ["own", "foreign host", "gone", "copy", "unpublished"])
def test_the_preview_is_accessible_and_fits_in_each_state(page, session, block_row, site, state):
    if state == "foreign host":
        Meeting.objects.update(host_email=f"{LONG.lower()}@example.edu", topic=LONG)
    elif state == "gone":
        Meeting.objects.update(state=Meeting.State.GONE)
    elif state == "copy":
        Placement.objects.all().delete()
        starts_at = (timezone.now() - timedelta(days=9)).isoformat()
        block_row.draft = {**block_row.draft, "starts_at": starts_at, "display_name": LONG, "description": LONG}
        block_row.save()
    elif state == "unpublished":
        block_row.published = None
        block_row.save()
    page.goto("/studio/")
    sound(page)
    if state in ("gone", "copy"):
        page.goto(f"/studio/xblock/{block_row.key}/edit")
        expect(page.get_by_label("Use an existing session")).to_be_visible()
        sound(page)


def test_a_session_is_kept_by_a_tick(page, session):
    page.goto("/studio/")
    page.get_by_label("Keep this session at Zoom").check()
    expect(page.get_by_text("The session stays at Zoom when this component is deleted.")).to_be_visible()
    assert Placement.objects.get().keeps_meeting is True


def test_a_message_that_appears_does_not_swallow_the_click_that_brought_it(editor):
    duration = editor.get_by_label("Duration in minutes")
    duration.fill("0")
    fold = editor.locator("summary", has_text="Who gets in")
    fold.scroll_into_view_if_needed()
    box = fold.bounding_box()
    editor.mouse.move(box["x"] + 30, box["y"] + 4)
    editor.mouse.down()
    editor.wait_for_timeout(50)
    editor.mouse.up()
    expect(editor.locator('[data-zoom="error-duration_minutes"]')).to_be_visible()
    expect(editor.locator('[data-control="passcode_choice"]')).to_be_visible()


def test_from_the_first_field_to_the_save_with_the_keyboard_alone(page, connected, block_row, zoom):
    open_editor(page, block_row)
    page.locator('[data-zoom="mode-new"]').focus()
    seen = set()
    for _step in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.dataset.control || document.activeElement.dataset.zoom || ''"))
        if "save" in seen:
            break
    assert {"display_name", "start_date", "start_time", "time_zone", "duration_minutes", "completion", "save"} <= seen
    with page.expect_response(lambda answer: "save_session" in answer.url):
        page.keyboard.press("Enter")
    page.wait_for_url("**/studio/#*")
    assert Meeting.objects.count() == 1


def test_only_the_one_name_of_each_script_is_on_the_page(editor):
    names = editor.evaluate("Object.keys(window).filter(name => /zoom/i.test(name))")
    assert names == ["ZoomXBlockShared", "ZoomXBlockEditor"]
