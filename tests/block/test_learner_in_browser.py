"""
The learner's page in a browser, in every state: what axe-core finds, whether it fits a narrow telephone, and what the
script does with time zones, the clock and hidden tabs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from tests.axe import OF_THE_SITE, problems
from tests.conftest import make_block
from zoom_xblock.models import Meeting, Occurrence, Placement, Recording, Registration, Result, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Where pictures of all states go, if somebody wants to look at them.
PICTURES = os.environ.get("SCREENSHOTS")
MINUTE = timedelta(minutes=1)
DESKTOP, PHONE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}, {"width": 320, "height": 640}


class Stage:
    """A session of learner1, set up row by row."""

    def __init__(self, site: SimpleNamespace) -> None:
        self.site = site
        self.now = timezone.now().replace(second=0, microsecond=0)

    def session(self, starts_in: float, *, state: str = "scheduled", fields: dict[str, Any] | None = None) -> Stage:
        """A published component and its meeting, so many minutes from now."""
        self.start = self.now + starts_in * MINUTE
        self.block = make_block(
            self.site.course_key,
            starts_at=self.start.isoformat(),
            description="Bring your questions about limits.\n\nWe record the first half.",
            **(fields or {}),
        )
        self.meeting = Meeting.objects.create(
            kind="meeting",
            zoom_id=81234567890,
            starts_at=self.start,
            duration_minutes=60,
            state=state,
            time_zone="Europe/Madrid",
            has_registration=True,
            dial_in=[
                {"country": "ES", "city": "Madrid", "number": "+34 917 873 431", "type": "toll"},
                {"country": "US", "city": "New York", "number": "+1 646 558 8656", "type": "toll"},
            ],
        )
        self.placement = Placement.objects.create(
            usage_key=self.block.key,
            usage_digest=usage_digest(self.block.key),
            course_key=self.site.course_key,
            meeting=self.meeting,
        )
        return self

    def registered(self, state: str = "registered", error: str = "") -> Stage:
        """Her place."""
        Registration.objects.create(
            meeting=self.meeting,
            user=self.site.learner1,
            state=state,
            error=error,
            registrant_id="Rq1" if state == "registered" else "",
            join_url="https://zoom.us/w/81234567890?tk=secret",
        )
        return self

    def run(self, *spans: tuple[float, float | None], ended: bool = True) -> Stage:
        """One sitting from the start on, with her presences in minutes after it."""
        sitting = Sitting.objects.create(
            meeting=self.meeting,
            uuid=f"u{Sitting.objects.count()}",
            uuid_digest=digest(str(Sitting.objects.count())),
            started_at=self.start,
            ended_at=self.start + 60 * MINUTE if ended else None,
            record="live_final" if ended else "live",
        )
        for number, (begin, end) in enumerate(spans):
            Segment.objects.create(
                sitting=sitting,
                source="live",
                fact_digest=str(number),
                registrant_id="Rq1",
                joined_at=self.start + begin * MINUTE,
                left_at=None if end is None else self.start + end * MINUTE,
            )
        return self

    def result(self, minutes: float, **values: Any) -> Stage:
        """What was decided."""
        Result.objects.create(
            placement=self.placement,
            user=self.site.learner1,
            attended_seconds=int(minutes * 60),
            decided_at=self.now,
            **{"state": "final", **values},
        )
        return self

    def series(self, weeks: int, removed: int | None = None) -> Stage:
        """Weekly dates, the first one when the session starts."""
        Meeting.objects.update(recurrence={"every": "week", "interval": 1, "count": weeks})
        for week in range(weeks):
            Occurrence.objects.create(
                meeting=self.meeting,
                occurrence_id=str(week),
                starts_at=self.start + timedelta(weeks=week),
                duration_minutes=60,
                status="deleted" if week == removed else "available",
            )
        return self

    def recorded(self) -> Stage:
        """Two recordings."""
        for number in range(2):
            Recording.objects.create(
                meeting=self.meeting,
                uuid=str(number),
                uuid_digest=str(number),
                told_at=self.now,
                started_at=self.start + number * 30 * MINUTE,
                duration_minutes=28,
                share_url="https://zoom.us/rec/share/secret",
            )
        return self


LONG = "Grundlagen der Donaudampfschifffahrtsgesellschaftskapitänswissenschaften " * 2

STATES: dict[str, Callable[[Stage], Stage]] = {
    "before": lambda stage: stage.session(26 * 60).registered(),
    "pending": lambda stage: stage.session(60).registered("pending", "zoom_down"),
    "refused": lambda stage: stage.session(60).registered("failed", "full"),
    "approval": lambda stage: stage.session(60).registered("approval"),
    "open": lambda stage: stage.session(5, fields={"counted": "custom", "opens_minutes": -5}).registered(),
    "live": lambda stage: stage.session(-20, state="live").registered().run(ended=False),
    "inside": lambda stage: stage.session(-50, state="live").registered().run((2, 31), (35, None), ended=False),
    "provisional": lambda stage: stage.session(-70, state="ended").registered().run((2, 31), (35, 60)),
    "waiting": lambda stage: stage.session(-70, state="ended").registered().run(),
    "complete": lambda stage: (
        stage.session(-180, state="ended").registered().run((2, 31), (35, 60)).result(54, is_complete=True)
    ),
    "short": lambda stage: stage.session(-180, state="ended").registered().run((2, 41)).result(39),
    "present": lambda stage: (
        stage.session(-180, state="ended").registered().result(0, is_complete=True, verdict="present")
    ),
    "absent": lambda stage: stage.session(-180, state="ended").registered().run((0, 60)).result(60, verdict="absent"),
    "hidden": lambda stage: (
        stage.session(-180, state="ended", fields={"show_attendance": False}).registered().run((0, 9)).result(9)
    ),
    "series": lambda stage: (
        stage.session(-180, state="ended", fields={"dates": "all", "completion": "percent"})
        .registered()
        .series(4, removed=2)
        .run((2, 31), (35, 60))
        .result(54)
    ),
    "recordings": lambda stage: (
        stage.session(-180, state="ended", fields={"show_recordings": True})
        .registered()
        .run((0, 60))
        .result(60, is_complete=True)
        .recorded()
    ),
    "missed": lambda stage: stage.session(-300).registered(),
    "gone": lambda stage: stage.session(60, state="gone").registered(),
    "long": lambda stage: stage.session(26 * 60, fields={"display_name": LONG, "has_score": True}).registered(),
}

#: Those which between them show every colour: looked at on a dark page, and from right to left, too.
IN_THE_DARK = ("pending", "inside", "provisional", "complete", "absent", "series", "recordings", "gone", "long")


class Reader:
    """learner1 with a browser: opens the page of a stage."""

    def __init__(self, chromium: Any, live_server: Any, site: SimpleNamespace, settings: Any) -> None:
        self.chromium, self.url, self.site, self.settings = chromium, live_server.url, site, settings
        self.contexts: list[Any] = []
        self.errors: list[str] = []

    def opens(self, stage: Stage, *, who: str = "learner1", **context: Any) -> Any:
        """The unit's page for somebody; whatever the browser complains of fails the test."""
        client, user = Client(), getattr(self.site, who)
        client.force_login(user)
        made = self.chromium.new_context(
            base_url=self.url,
            **{"viewport": DESKTOP, "timezone_id": "Europe/Madrid", "locale": "en-GB", **context},
        )
        self.contexts.append(made)
        name = self.settings.SESSION_COOKIE_NAME
        made.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.url}])
        page = made.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        page.goto(f"/xblock/{stage.block.key}")
        expect(page.locator(".zoom-xblock--student")).to_be_visible()
        return page


@pytest.fixture
def reader(chromium, live_server, site, settings, jobs):
    """Somebody who reads."""
    somebody = Reader(chromium, live_server, site, settings)
    yield somebody
    for context in somebody.contexts:
        context.close()
    assert somebody.errors == []


def sticks_out(page: Any) -> int:
    """How many pixels of our part are wider than the window."""
    return page.evaluate(
        """() => Math.max(0, ...Array.from(document.querySelectorAll('.zoom-xblock--student, .zoom-xblock--student *'))
            .filter(node => !node.closest('.zoom-xblock__aside') && node.getClientRects().length)
            .map(node => Math.ceil(node.getBoundingClientRect().right - document.documentElement.clientWidth)))"""
    )


def paint(page: Any, name: str) -> None:
    """A picture for who wants to look."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"learner-{name}.png", full_page=True)


def dark(page: Any) -> None:
    """As on a site with a dark theme."""
    page.evaluate("document.documentElement.dataset.theme = 'dark'; document.body.style.background = '#10161d'")


@pytest.mark.parametrize("name", STATES)
def test_a_state_reads_well_for_everybody(reader, site, name):
    page = reader.opens(STATES[name](Stage(site)))
    for details in page.locator("details").all():
        details.evaluate("node => { node.open = true }")
    paint(page, name)
    assert problems(page, ".zoom-xblock--student", without=OF_THE_SITE) == []
    for size in (PHONE, NARROW):
        page.set_viewport_size(size)
        assert sticks_out(page) == 0
        paint(page, f"{name}-{size['width']}")
    if name not in IN_THE_DARK:
        return
    dark(page)
    assert problems(page, ".zoom-xblock--student", without=OF_THE_SITE) == []
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert sticks_out(page) == 0
    paint(page, f"{name}-rtl")
    page.set_viewport_size(DESKTOP)
    paint(page, f"{name}-dark")


@pytest.mark.parametrize(
    ("zone", "start", "span"),
    [
        ("Asia/Kathmandu", "15:45", "15:47"),
        ("America/St_Johns", "07:30", "07:32"),
        ("Pacific/Auckland", "22:00", "22:02"),
    ],
)
def test_times_are_in_the_readers_zone_as_well(reader, site, zone, start, span):
    stage = Stage(site)
    stage.now = timezone.now().replace(month=6, day=4, hour=13, minute=0, second=0, microsecond=0) - timedelta(days=365)
    stage.session(-180, state="ended").registered().run((2, 31), (35, 60)).result(54, is_complete=True)
    page = reader.opens(stage, timezone_id=zone)
    expect(page.locator("[data-zoom=local]")).to_contain_text(f"In your time zone: {start}")
    expect(page.locator("[data-zoom=counted]")).to_contain_text(
        "12:02 p.m.–12:31 p.m. and 12:35 p.m.–1 p.m.: 54 of the 45"
    )
    expect(page.locator("[data-zoom=spans-local]")).to_contain_text(f"In your time zone: {span}")
    paint(page, f"zone-{zone.rpartition('/')[2]}")


def test_the_zone_of_the_account_goes_before_that_of_the_browser(reader, site):
    from demo.site.models import Preference

    Preference.objects.create(user=site.learner1, key="time_zone", value="Asia/Kathmandu")
    stage = Stage(site).session(26 * 60).registered()
    page = reader.opens(stage, timezone_id="Europe/Madrid")
    expect(page.locator("[data-zoom=local]")).to_contain_text("In your time zone")
    expect(page.locator("[data-zoom=opens]")).to_contain_text("In your time zone")


def test_in_the_sessions_own_zone_nothing_is_said_twice(reader, site):
    page = reader.opens(Stage(site).session(26 * 60).registered(), timezone_id="Europe/Madrid")
    expect(page.locator("[data-zoom=local]")).to_be_hidden()
    expect(page.locator("[data-zoom=opens]")).to_be_hidden()
    expect(page.locator("[data-zoom=until]")).to_have_text("in 26 hours")


def test_the_link_appears_by_itself_when_the_way_in_opens(reader, site):
    stage = Stage(site).session(60).registered()
    opens_soon = timezone.now() + timedelta(minutes=15, seconds=2)
    Meeting.objects.update(starts_at=opens_soon)
    page = reader.opens(stage)
    join = page.get_by_role("link", name="Join meeting")
    expect(page.locator("[data-zoom=headline]")).to_have_text("You are registered.")
    expect(join).to_be_hidden()
    expect(join).to_be_visible(timeout=18_000)
    assert join.get_attribute("href") == f"/zoom/join/{stage.block.key}"


def test_a_hidden_page_asks_nothing_and_has_no_clock(reader, site):
    stage = Stage(site).session(5).registered("pending")
    page = reader.opens(stage)
    page.evaluate(
        """() => {
          Object.defineProperty(document, 'hidden', {configurable: true, get: () => true});
          document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    page.wait_for_timeout(300)  # an answer on its way
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4_000)  # it would have asked after two seconds
    assert asked == []
    with page.expect_response("**/handler/state"):  # answered: the server is done with the database
        page.evaluate(
            """() => {
              Object.defineProperty(document, 'hidden', {configurable: true, get: () => false});
              document.dispatchEvent(new Event('visibilitychange'));
            }"""
        )


def test_a_page_whose_dates_have_moved_says_so(reader, site):
    stage = Stage(site).session(5).registered("pending")
    page = reader.opens(stage)
    Meeting.objects.update(starts_at=stage.start + timedelta(days=1), read_at=timezone.now())
    expect(page.locator("[data-zoom=notice]")).to_contain_text("The dates of this session have changed")


def test_news_reach_an_open_page_and_are_announced(reader, site):
    stage = Stage(site).session(5).registered("pending")
    page = reader.opens(stage)
    expect(page.locator("[data-zoom=headline]")).to_have_text("Registering you with Zoom…")
    Registration.objects.update(state="registered", registrant_id="Rq1")
    expect(page.locator("[data-zoom=headline]")).to_have_text("You are registered.")
    expect(page.locator("[data-zoom=announce]")).to_contain_text("You are registered.")
    expect(page.get_by_role("link", name="Join meeting")).to_be_visible()
    page.get_by_text("Join by phone").click()
    expect(page.get_by_text("812 3456 7890")).to_be_visible()


def test_the_page_is_worked_by_keyboard_alone(reader, site):
    page = reader.opens(STATES["open"](Stage(site)))
    for _step in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('summary') !== null"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Calendar file (.ics)")).to_be_visible()


def test_nothing_moves_for_who_asked_for_no_motion(reader, site):
    page = reader.opens(STATES["live"](Stage(site)), reduced_motion="reduce")
    assert page.evaluate("document.getAnimations().length") == 0
