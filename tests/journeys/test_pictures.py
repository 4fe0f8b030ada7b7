"""
The pictures of the guides (`docs/for-*.md`), taken of the running pages, so that they cannot show what is no more.

Always: what a picture is of is there, under the words that the guides use. With `SCREENSHOTS=docs/screenshots` the
pictures are taken anew.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.block.test_author_handlers import unlinked
from tests.block.test_learner_in_browser import Stage
from tests.browser import signed_in
from tests.classroom import BEGAN, Classroom, make_classroom
from tests.conftest import make_block, wishes_of
from tests.views.test_course import placed, stood
from zoom_xblock.models import Endpoint, Placement, Result, Segment, Sitting
from zoom_xblock.services import corrections, hosts
from zoom_xblock.services.meetings import save_session

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]

DOCS = Path(__file__).parents[2] / "docs"
#: Where pictures go; nowhere if not said.
FOLDER = os.environ.get("SCREENSHOTS")
WIDTH = 1100
#: No picture may make a page of the documentation heavy.
MOST_BYTES = 200_000
GUESTS = [
    ("Ana Alvarez 0", {"connection": "1"}),
    ("iPad of the Bauers", {"connection": "2", "email": "bauer.family@example.org"}),
    ("1415***0123", {"connection": "3", "is_phone": True}),
    ("Visitor", {"registrant_id": "Foreign"}),
]


@pytest.fixture(scope="module", autouse=True)
def database_beside_the_loop():
    """Playwright's loop runs in the thread of the test; Django would refuse it the database."""
    patch = pytest.MonkeyPatch()
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    yield
    patch.undo()


@pytest.fixture
def opens(browser, live_server, site, jobs):
    """`opens("author", "/studio/")`: a page as somebody sees it. Whatever the browser complains of fails the test."""
    how = {
        "viewport": {"width": WIDTH, "height": 900},
        "timezone_id": "Europe/Madrid",
        "locale": "en-GB",
        "reduced_motion": "reduce",
    }
    with signed_in(browser, live_server) as page_of:
        yield lambda name, address: page_of(getattr(site, name), address, **how)


@pytest.fixture
def classroom(site, block_row, jobs):
    """Fourteen learners of whom twelve came, four guests, and two decisions of the course team."""
    block_row.published = {**block_row.published, "required_minutes": 30, "has_score": True, "weight": 10}
    block_row.save()
    made = make_classroom(block_row.key, learners=14, registered=12, has_score=True)
    for number, (name, said) in enumerate(GUESTS):
        Segment.objects.create(
            sitting=made.sitting, fact_digest=f"guest{number}", source="record", name=name,
            joined_at=BEGAN + timedelta(minutes=number), left_at=BEGAN + timedelta(minutes=50), **said,
        )  # fmt: skip
    made.is_counted()
    _decided(made, site, 0, "excused", "Was in hospital that day, letter of 3 March")
    _decided(made, site, 2, "present", "Sat beside Ana at one laptop; the host confirms it")
    Result.objects.filter(user=made.users[9]).update(is_complete=True, counted_complete=False)
    return made


def _decided(room: Classroom, site: Any, number: int, verdict: str, reason: str) -> None:
    user_ids = [room.users[number].pk]
    key = room.placement.usage_key
    corrections.decide(usage_key=key, staff_id=site.author.pk, user_ids=user_ids, verdict=verdict, reason=reason)


def picture(part: Any, name: str, *, down_to: Any = None, height: int | None = None, width: int = WIDTH) -> None:
    """
    Take it, if it is asked for: the part, with what follows of it down to another, or as much as `height` says; in a
    window `width` wide.
    """
    expect(part).to_be_visible()
    if not FOLDER:
        return
    path = Path(FOLDER) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page = part.page
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    page.wait_for_timeout(200)  # a resize is laid out
    box, last = part.bounding_box(), (down_to or part).bounding_box()
    left, reach = min(box["x"], last["x"]), last["y"] + last["height"] - box["y"]
    right = max(one["x"] + one["width"] for one in (box, last))
    clip = {"x": left, "y": box["y"], "width": right - left, "height": min(reach, height or reach)}
    page.screenshot(path=path, full_page=True, clip=clip, animations="disabled")
    assert path.stat().st_size < MOST_BYTES, f"{name}: {path.stat().st_size} bytes"


def open_editor(opens: Any, row: Any) -> Any:
    """The editor, its first check answered."""
    page = opens("author", "/studio/")
    with page.expect_response(lambda answer: "check_session" in answer.url):
        page.goto(f"/studio/xblock/{row.key}/edit")
    return page


def next_monday() -> str:
    """A date that is to come, as the browser's field takes it."""
    now = timezone.now()
    return (now + timedelta(days=7 + (-now.weekday()) % 7)).strftime("%Y-%m-%d")


def test_the_editor(opens, connected, block_row, zoom):
    page = open_editor(opens, block_row)
    form = page.locator(".zoom-xblock").first
    for label in ("Topic", "Date", "Time", "Time zone", "Duration in minutes", "Minutes to attend"):
        expect(page.get_by_label(label, exact=True)).to_be_visible()
    with page.expect_response(lambda answer: "check_session" in answer.url):
        page.get_by_label("Topic", exact=True).fill("Algebra live: limits and continuity")
        page.get_by_label("Date", exact=True).fill(next_monday())
        page.get_by_label("Time", exact=True).fill("10:00")
        page.get_by_label("Time", exact=True).blur()
    picture(form, "editor")

    groups = page.locator("summary.zoom-xblock__summary")
    expect(groups).to_contain_text(
        ["Repetition", "Host", "Who gets in", "Sound, video", "Completion and grade", "What learners see"]
    )
    groups.filter(has_text="Repetition").click()
    page.locator('[data-control="every"]').select_option("week")
    with page.expect_response(lambda answer: "check_session" in answer.url):
        page.locator('[data-control="count"]').fill("4")
        page.locator('[data-control="count"]').blur()
    expect(page.locator('[data-zoom="preview-list"] li')).to_have_count(4)
    groups.filter(has_text="Completion and grade").click()
    page.locator('[data-control="has_score"]').check()
    expect(page.get_by_label("Points for full attendance")).to_be_visible()
    picture(page.locator("details.zoom-xblock__fold[open]").filter(has_text="Repetition"), "editor-repetition")
    picture(page.locator("details.zoom-xblock__fold[open]").filter(has_text="Completion and grade"), "editor-rule")


def test_linking_what_is_at_zoom_already(opens, connected, block_row, site, zoom):
    unlinked(site, "Guest lecture: who invented zero?")
    unlinked(site, "Office hour")
    block_row.draft = {}
    block_row.save()
    page = open_editor(opens, block_row)
    page.get_by_label("Use an existing session").check()
    expect(page.get_by_text("Found: 2")).to_be_visible()
    page.get_by_label("Guest lecture").check()
    expect(page.get_by_role("button", name="Link this session", exact=True)).to_be_visible()
    picture(page.locator(".zoom-xblock").first, "editor-link", height=1100)


def test_the_preview_in_studio(opens, connected, block_row, site, zoom):
    wishes = {**block_row.draft, "display_name": "Algebra live: limits and continuity", "mute_on_entry": True}
    block_row.draft = block_row.published = wishes
    block_row.save()
    save_session(usage_key=block_row.key, user_id=site.author.pk, wishes=wishes_of(block_row))
    page = opens("author", "/studio/")
    card = page.locator(".zoom-xblock--author").first
    expect(card.get_by_text("At Zoom", exact=True)).to_be_visible()
    expect(card.get_by_role("link", name=re.compile("^Start as host"))).to_be_visible()
    expect(card.get_by_label("Keep this session at Zoom")).to_be_visible()
    expect(card.get_by_role("link", name=re.compile("^All Zoom sessions of this course"))).to_be_visible()
    picture(card, "studio-card")


WRITTEN = {"display_name": "Algebra live: limits and continuity"}
LEARNER = {
    "before": lambda stage: stage.session(26 * 60, fields=WRITTEN).registered(),
    "during": lambda stage: (
        stage.session(-50, state="live", fields=WRITTEN).registered().run((2, 31), (35, None), ended=False)
    ),
    "after": lambda stage: (
        stage.session(-180, state="ended", fields={**WRITTEN, "show_recordings": True})
        .registered()
        .run((2, 31), (35, 60))
        .result(54, is_complete=True)
        .recorded()
    ),
}
SAID = {"before": "You are registered.", "during": "You are in the session.", "after": "Complete."}


@pytest.mark.parametrize("name", LEARNER)
def test_what_a_learner_sees(opens, site, name):
    stage = LEARNER[name](Stage(site))
    Sitting.objects.filter(record="live_final").update(record="final")  # Zoom's record has come
    Segment.objects.filter(sitting__record="final").update(source="record")
    page = opens("learner1", f"/xblock/{stage.block.key}")
    card = page.locator(".zoom-xblock--student")
    expect(card.get_by_role("heading", name=WRITTEN["display_name"])).to_be_visible()
    expect(card.get_by_text(SAID[name]).first).to_be_visible()
    if name == "before":
        expect(card.get_by_text("Bring your questions")).to_be_visible()
        expect(card.get_by_text("Add to your calendar")).to_be_visible()
    if name == "during":
        expect(card.get_by_role("link", name=re.compile("^Join"))).to_be_visible()
    if name == "after":
        expect(card.get_by_text(re.compile("We counted .+ and .+: 54 of the 45 minutes required"))).to_be_visible()
        expect(card.get_by_text("Recordings", exact=True)).to_be_visible()
    picture(card, f"learner-{name}")


def test_what_the_course_team_sees(opens, classroom, block_row):
    page = opens("author", f"/xblock/{block_row.key}?view=student_view")
    team = page.locator(".zoom-staff")
    expect(team.get_by_role("heading", name="Attendance", exact=True)).to_be_visible()
    rows = team.locator("tbody[data-staff=rows] > tr")
    expect(rows.nth(13)).to_be_visible()
    for name in ("Export as CSV", "Evidence file", "All sessions of this course"):
        expect(team.get_by_role("link", name=re.compile(f"^{name}"))).to_be_visible()
    work = team.locator("[data-zoom-worklist]")
    expect(work.get_by_text("Who was it?")).to_be_visible()
    expect(work.locator("[data-work=rows] > li")).to_have_count(len(GUESTS))
    picture(work, "worklist")

    team.get_by_label("Search for a name, user name or address").fill("pupil")
    expect(rows).to_have_count(len(classroom.users))
    team.get_by_role("button", name="User name", exact=True).click()
    expect(rows.first).to_contain_text(classroom.users[0].username)
    picture(team.get_by_role("search"), "roster", down_to=rows.nth(9), width=1240)

    rows.first.get_by_role("button", name=re.compile("^Decisions about")).click()
    expect(rows.nth(1)).to_contain_text("Was in hospital that day")
    rows.nth(2).get_by_role("checkbox").check()
    expect(team.get_by_text("Selected: 1")).to_be_visible()
    for name in ("Decision", "Reason (kept with the decision)"):
        expect(team.get_by_label(name, exact=True)).to_be_visible()
    team.get_by_label("Reason (kept with the decision)").fill("Joined from a colleague’s telephone")
    picture(team.locator("[data-staff=decision]"), "corrections", down_to=rows.nth(4), width=1240)

    team.get_by_text("Presence over time").click()
    expect(team.locator(".zoom-staff__bar").first).to_be_visible()
    picture(team.locator("[data-staff=picture]"), "presence")


def test_the_sessions_of_a_course(opens, connected, site):
    now = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0)
    for number, title in enumerate(("Algebra I: sets", "Algebra II: groups", "Algebra III: rings")):
        date = now - timedelta(days=350 - 7 * number)
        make_block(site.course_key, f"new{number}", display_name=title, starts_at=date.isoformat())
    titles, made = ("Opening", "Limits", "Continuity", "Derivatives"), []
    for number, title in enumerate(titles):
        date = now - timedelta(days=30 - 7 * number)
        row = make_block(site.course_key, f"made{number}", display_name=title, starts_at=date.isoformat())
        made.append(placed(row, number, days=-1, starts_at=date, options={}))
    there = {site.learner1: (2900, 2750, 3300, 3000), site.learner2: (2800, 900, 0, 2700)}
    for user, minutes in there.items():
        for placement, seconds in zip(made, minutes, strict=True):
            stood(placement, user, seconds)
    assert Placement.objects.count() == len(titles)

    studio = opens("author", f"/studio/zoom/courses/{site.course_key}/")
    expect(studio.get_by_role("heading", name="To be made")).to_be_visible()
    expect(studio.get_by_role("heading", name="Sessions that are there")).to_be_visible()
    expect(studio.get_by_role("button", name="Make selected")).to_be_visible()
    studio.get_by_label("Select all").check()
    studio.get_by_label("Weeks after the earlier dates").fill("52")
    studio.get_by_role("button", name="Fill in dates").click()
    picture(studio.locator("main"), "course-studio")

    lms = opens("author", f"/zoom/courses/{site.course_key}/")
    for name in ("Sessions", "Learners"):
        expect(lms.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(lms.locator("tbody").last).to_contain_text("learner1")
    picture(lms.locator("main"), "course-lms")


def test_the_connection_page(opens, site, zoom):
    page = opens("admin", "/admin/config/services/zoom")
    for name in ("Make an app at Zoom", "Enter its credentials", "Allow it to work with your account"):
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_role("button", name="Add to ZOOM")).to_be_disabled()
    picture(
        page.locator(".zoom-page"),
        "connection-fresh",
        down_to=page.get_by_role("region", name="Make an app at Zoom"),
        width=1280,
    )


def test_the_connection_page_once_connected(opens, connected, zoom):
    hosts.refresh_hosts()
    for name in ("end_meeting", "end"):
        Endpoint.objects.update_or_create(name=name, defaults={"validated_at": timezone.now()})
    page = opens("admin", "/admin/config/services/zoom")
    expect(page.get_by_role("button", name="Test the connection")).to_be_visible()
    expect(page.get_by_text("Every permission that is used was granted.")).to_be_visible()
    expect(page.get_by_role("link", name="Hosts", exact=True)).to_be_visible()
    test = page.get_by_role("region", name="Test the connection")
    picture(page.locator(".zoom-page"), "connection", down_to=test, width=1280)


def test_every_picture_is_shown_somewhere_and_light_enough():
    texts = "".join(path.read_text(encoding="utf-8") for path in [*DOCS.rglob("*.md"), DOCS.parent / "README.md"])
    pictures = sorted((DOCS / "screenshots").glob("*.png"))
    assert pictures
    for path in pictures:
        assert f"screenshots/{path.name}" in texts, f"{path.name} is in no page"
        assert path.stat().st_size < MOST_BYTES, path.name
