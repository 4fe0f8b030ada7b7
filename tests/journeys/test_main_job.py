"""
The main job in Chromium over both servers: from an empty site to a completed session, for a meeting and for a webinar.

Every step by the way a person takes. Only the stand-in's clock is set back before the session and forward after it, so
that three quarters of an hour take seconds; deliveries are held while its clock is wrong, since their signed timestamps
would be, too.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from demo.zoom import seed

pytestmark = pytest.mark.browser

PAGE = "/admin/config/services/zoom"
KINDS = ["meeting", "webinar"]
UNITS = {"meeting": "live-session", "webinar": "webinar"}
TOPICS = {"meeting": "Algebra live: limits and continuity", "webinar": "Guest lecture: who invented zero?"}


@pytest.fixture(scope="module")
def connected(stack, person):
    """Step 1: the admin connects Zoom."""
    admin = person("admin")
    page = admin.goes_to(PAGE)
    expect(page.get_by_role("button", name="Add to ZOOM")).to_be_disabled()
    admin.picture("1-connection-fresh")
    page.get_by_label("Client ID").fill(seed.CLIENT_ID)
    page.get_by_label("Client secret").fill(seed.CLIENT_SECRET)
    page.get_by_label("Webhook secret token").fill(seed.SECRET_TOKEN)
    page.get_by_label("Host account e-mail").fill("author@example.edu")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".success")).to_have_text("Saved.")
    page.get_by_role("button", name="Add to ZOOM").click()
    page.wait_for_url(f"{stack.zoom_url}/oauth/authorize*")
    admin.picture("2-consent")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(re.compile(re.escape(stack.site_url + PAGE)))
    banners = page.locator(".success")
    expect(banners.nth(0)).to_have_text("Connected to Zoom with zoom-admin@example.edu")
    expect(banners.nth(1)).to_have_text("Updated Zoom account mapping")
    admin.picture("3-connection-connected")
    body = page.content()
    assert seed.CLIENT_SECRET not in body
    assert seed.SECRET_TOKEN not in body
    assert admin.problems == []


@pytest.fixture(scope="module", params=KINDS)
def session(request, stack, person, connected):
    """Step 2: the author makes, changes and publishes a session. Its kind and its number at Zoom."""
    kind = request.param
    author = person("author")
    page = author.goes_to("/studio/")
    unit = page.locator(f'[data-unit="{UNITS[kind]}"]')
    unit.get_by_role("button", name=re.compile("^Add Zoom session")).click()
    page.locator(f'[data-unit="{UNITS[kind]}"]').get_by_role("link", name=re.compile("^Edit")).first.click()
    page.wait_for_url("**/edit")
    page.get_by_role("radio", name=kind.capitalize()).check()
    page.get_by_label("Topic", exact=True).fill("A topic that will change")
    soon = datetime.now(ZoneInfo("Europe/Madrid")) + timedelta(minutes=10)  # the way in is open already
    page.get_by_label("Date", exact=True).fill(soon.strftime("%Y-%m-%d"))
    page.get_by_label("Time", exact=True).fill(soon.strftime("%H:%M"))
    page.get_by_label("Time zone", exact=True).fill("Europe/Madrid")
    page.get_by_label("Duration in minutes", exact=True).fill("60")
    page.get_by_label("Minutes to attend", exact=True).fill("45")
    author.picture(f"4-editor-{kind}")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/studio/(#.*)?$"))
    [made] = [one for one in stack.control("meetings")["meetings"] if one["kind"] == kind and not one["deleted_at"]]
    assert made["topic"] == "A topic that will change"

    page.locator(f'[data-unit="{UNITS[kind]}"]').get_by_role("link", name=re.compile("^Edit")).first.click()
    page.wait_for_url("**/edit")
    page.get_by_label("Topic", exact=True).fill(TOPICS[kind])
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/studio/(#.*)?$"))
    [changed] = [one for one in stack.control("meetings")["meetings"] if one["kind"] == kind and not one["deleted_at"]]
    assert (changed["id"], changed["topic"]) == (made["id"], TOPICS[kind])
    page.locator(f'[data-unit="{UNITS[kind]}"]').get_by_role("button", name=re.compile("^Publish")).click()
    page.wait_for_load_state()
    author.picture(f"5-studio-{kind}")
    assert author.problems == []
    return kind, made["id"]


def state_of(page):
    """What the learner's page says."""
    return page.locator(".zoom-xblock [data-zoom=headline]")


def join(person, name, kind):
    """Step 3 and 4: open the unit, get the personal link, join by it. The tab with the room."""
    learner = person(name)
    page = learner.goes_to(f"/course/{UNITS[kind]}/")
    link = page.get_by_role("link", name=re.compile("^Join"))
    expect(link).to_be_visible()
    with learner.context.expect_page() as opened:
        link.click()
    room = opened.value
    room.get_by_role("button", name="Join", exact=True).click()
    expect(room.get_by_text("You are in the")).to_be_visible()
    return room


def test_who_stayed_is_complete_and_who_left_early_is_not(stack, person, session):
    kind, number = session
    learner = person("learner1")
    page = learner.goes_to(f"/course/{UNITS[kind]}/")
    expect(state_of(page)).to_have_text("You are registered.")
    learner.picture(f"6-learner-before-{kind}")
    registered = stack.control(f"meetings/{number}")["registrants"]
    assert [one["email"] for one in registered] == ["learner1@example.edu"]
    page.reload()
    expect(state_of(page)).to_have_text("You are registered.")
    assert len(stack.control(f"meetings/{number}")["registrants"]) == 1

    stack.control("deliveries/hold", {})
    stack.control("clock", {"advance": -55 * 60})
    host = person("author")
    host.goes_to("/studio/")
    with host.context.expect_page() as opened:
        unit = host.page.locator(f'[data-unit="{UNITS[kind]}"]')
        unit.get_by_role("link", name=re.compile("Start as host")).click()
    hosts_room = opened.value
    hosts_room.get_by_role("button", name=re.compile("^Start the")).click()
    expect(hosts_room.get_by_text("You are in the")).to_be_visible()
    stayed = join(person, "learner1", kind)
    left = join(person, "learner2", kind)
    stack.control("clock", {"advance": 20 * 60})
    left.get_by_role("button", name="Leave").click()
    expect(left.get_by_text("You have left.")).to_be_visible()
    stack.control("clock", {"reset": True})
    stack.control("deliveries/flush", {})

    page.bring_to_front()

    def runs():
        page.reload()
        return state_of(page).text_content() == "You are in the session."

    stack.eventually(runs)
    expect(page.locator(".zoom-xblock [data-zoom=counted]")).to_contain_text("55 of the 45 minutes required")
    expect(page.locator(".zoom-xblock [data-zoom=verdict]")).to_contain_text("Provisional")
    learner.picture(f"7-learner-during-{kind}")

    stayed.get_by_role("button", name="Leave").click()
    hosts_room.get_by_role("button", name=re.compile("for all")).click()
    expect(hosts_room.get_by_text("You ended the")).to_be_visible()
    page.bring_to_front()
    expect(page.locator(".zoom-xblock [data-zoom=verdict]")).to_have_text("Complete.", timeout=40_000)
    page.reload()
    expect(page.get_by_text(re.compile("We counted .*: 55 of the 45 minutes required."))).to_be_visible()
    learner.picture(f"8-learner-after-{kind}")

    other = person("learner2")
    other.goes_to(f"/course/{UNITS[kind]}/")
    expect(other.page.get_by_text(re.compile("We counted .*: 20 of the 45 minutes required."))).to_be_visible()
    other.picture(f"9-learner-left-early-{kind}")
    assert completions(stack) == {("learner1", kind)} | ({("learner1", "meeting")} if kind == "webinar" else set())
    for one in (learner, other, host):
        assert one.problems == []


def test_the_ended_event_came_to_the_address_for_its_kind(stack, session):
    kind, _number = session
    [ended] = stack.control(f"deliveries?event={kind}.ended")["deliveries"]
    assert ended["url"].endswith("/zoom/end_meeting" if kind == "meeting" else "/zoom/end")
    [attempt] = ended["attempts"]
    assert attempt["status"] == 204


def test_both_addresses_were_validated_by_zoom(stack, connected):
    def validated():
        found = [one for one in stack.control("state")["subscriptions"] if one["client_id"] == seed.CLIENT_ID]
        return all(one["active"] and one["validated_at"] for one in found) and found

    assert len(stack.eventually(validated)) == 2


def test_no_secret_stands_in_the_tracking_log_or_in_any_other(stack, connected, session):
    secrets = [one for one in stack.control("secrets")["secrets"] if len(one) > 8]
    assert len(secrets) > 10
    found = [path.name for path in (stack.var / "log").rglob("*") if path.is_file() and "zoom" not in path.name]
    assert found
    texts = {path: path.read_text(errors="replace") for path in (stack.var / "log").rglob("*") if path.is_file()}
    texts[stack.var / "tracking.log"] = stack.tracking_log
    assert "/course/" in stack.tracking_log
    ours = {path: text for path, text in texts.items() if not path.name.startswith("zoom")}
    leaks = {path.name for path, text in ours.items() for one in secrets if one in text}
    assert leaks == set()


def completions(stack):
    """(learner, kind) of every completion of 1.0 of a zoom block, read from edx-completion's table."""
    import sqlite3

    database = sqlite3.connect(f"file:{stack.var / 'site.sqlite3'}?mode=ro", uri=True)
    rows = database.execute(
        "SELECT u.username, c.block_key FROM completion_blockcompletion c JOIN auth_user u ON u.id = c.user_id "
        "WHERE c.completion = 1.0 AND c.block_key LIKE '%type@zoom%'"
    ).fetchall()
    kinds = {
        str(key): "webinar" if "webinar" in fields else "meeting"
        for key, fields in database.execute("SELECT key, published FROM demo_site_block WHERE block_type = 'zoom'")
    }
    database.close()
    return {(name, kinds[key]) for name, key in rows}
