"""What spans several sessions: the pages of a course in LMS and Studio, and those of the connection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.accessibility.states import LONG, Shown, State, state, unfolded
from tests.accessibility.states.of_studio import saved
from tests.admin.test_connection_lists import delivery, host
from tests.admin.test_connection_page import back, to_zoom
from tests.conftest import make_block
from tests.views.test_course import placed, stood
from zoom_xblock.models import Connection, Endpoint, SelfTest
from zoom_xblock.services import connections

SETTINGS = "/admin/config/services/zoom"
STATES: list[State] = []


# -- the sessions of a course ---------------------------------------------------------------------------------------

COURSE_LMS, COURSE_STUDIO = "Course page in the LMS", "Course page in Studio"


def _course(it: Any, prefix: str, query: str = "", act: Callable[[Any], None] | None = None) -> Shown:
    return Shown(f"{prefix}/courses/{it.site.course_key}/{query}", "author", "html", act)


def some_blocks(it: Any) -> None:
    past = (timezone.now() - timedelta(days=350)).replace(microsecond=0).isoformat()
    future = (timezone.now() + timedelta(days=9)).replace(microsecond=0)
    key = it.site.course_key
    make_block(key, "old", display_name="Algebra I", starts_at=past)
    make_block(key, "copy", display_name="Algebra II <b>", starts_at=future.isoformat())
    make_block(key, "none", display_name=LONG, starts_at=None, kind="webinar")
    placed(make_block(key, "ready", display_name="Ready"), 1, days=9, starts_at=future, options={})
    placed(make_block(key, "other", display_name="Differs"), 2, days=12, options={"entry": "open"})


def some_held(it: Any) -> None:
    held = [placed(make_block(it.site.course_key, f"n{number}"), number, days=-number - 1) for number in range(5)]
    for number, session in enumerate(held):
        stood(session, it.site.learner1, 2700 - number * 300)
        stood(session, it.site.learner2, 0, verdict="excused", is_complete=True)


@state(STATES, COURSE_LMS, "no session")
def _(it: Any) -> Shown:
    return _course(it, "/zoom")


@state(STATES, COURSE_LMS, "who has completed what")
def _(it: Any) -> Shown:
    some_held(it)
    return _course(it, "/zoom")


@state(STATES, COURSE_LMS, "nobody is found")
def _(it: Any) -> Shown:
    some_held(it)
    return _course(it, "/zoom", "?q=nobody+at+all&missing=any")


@state(STATES, COURSE_STUDIO, "no session")
def _(it: Any) -> Shown:
    return _course(it, "/studio/zoom")


@state(STATES, COURSE_STUDIO, "what is to be made, and what is there")
def _(it: Any) -> Shown:
    some_blocks(it)
    return _course(it, "/studio/zoom")


@state(STATES, COURSE_STUDIO, "nothing was selected")
def _(it: Any) -> Shown:
    some_blocks(it)
    return _course(it, "/studio/zoom", "", lambda page: page.locator("[data-make]").click())


@state(STATES, COURSE_STUDIO, "one was made, one refused")
def _(it: Any) -> Shown:
    it.wants("connected")
    some_blocks(it)

    def makes(page: Any) -> None:
        for number, year in ((0, "2020"), (1, str(timezone.now().year + 1))):
            page.locator("[data-date]").nth(number).fill(f"{year}-02-01")
            page.locator("[data-time]").nth(number).fill("10:00")
            page.locator("[data-date]").nth(number).dispatch_event("change")
        page.locator("[data-make]").click()
        for outcome in ("yes", "no"):
            page.locator(f"[data-result][data-ok={outcome}]:visible").wait_for()

    return _course(it, "/studio/zoom", "", makes)


# -- the connection page --------------------------------------------------------------------------------------------

CONNECTION, HOSTS, DELIVERIES = "Connection page", "Hosts", "Deliveries"


def _settings(part: str = "", act: Callable[[Any], None] | None = None) -> Shown:
    return Shown(SETTINGS + part, "admin", ".zoom-page", act)


def _configured(it: Any) -> Any:
    it.wants("zoom")
    return it.configured


@state(STATES, CONNECTION, "fresh")
def _(it: Any) -> Shown:
    return _settings("", unfolded)


@state(STATES, CONNECTION, "a wrong value")
def _(it: Any) -> Shown:
    def saves(page: Any) -> None:
        page.locator("#zoom-client_id").fill("with space")
        page.locator("[data-zoom-save]").click()
        page.locator("#zoom-client_id-error:visible").wait_for()

    return _settings("", saves)


@state(STATES, CONNECTION, "the other kind of app")
def _(it: Any) -> Shown:
    return _settings("", lambda page: page.locator("[data-zoom-kind-choice][value=server]").check())


@state(STATES, CONNECTION, "fixed by the site's settings")
def _(it: Any) -> Shown:
    it.settings.ZOOM_XBLOCK_CLIENT_ID = "fixed-client-id"
    it.settings.ZOOM_XBLOCK_CLIENT_SECRET = "hush-fixed-secret"
    it.settings.ZOOM_XBLOCK_SERVER_ACCOUNT_ID = "DemoUniversityAccount1"
    return _settings()


@state(STATES, CONNECTION, "configured")
def _(it: Any) -> Shown:
    _configured(it)
    return _settings()


@state(STATES, CONNECTION, "connected")
def _(it: Any) -> Shown:
    it.wants("connected")
    for name in ("end_meeting", "end"):
        Endpoint.objects.update_or_create(name=name, defaults={"validated_at": timezone.now()})
    return _settings("", unfolded)


@state(STATES, CONNECTION, "permissions are missing, deliveries have failed")
def _(it: Any) -> Shown:
    it.wants("connected")
    scopes = Connection.objects.get().scopes.split()
    Connection.objects.update(scopes=" ".join(one for one in scopes if not one.startswith(("webinar:", "report:"))))
    delivery(state="failed", error="OperationalError: database is locked", attempts=12)
    return _settings()


def _tested(it: Any, state_: str, steps: tuple[str, ...]) -> Shown:
    it.wants("connected")
    test = SelfTest.objects.create(begun_at=timezone.now(), topic="Test", state=state_)
    names = ("create", "register", "read", "report", "delete", "event")
    for position, (name, one) in enumerate(zip(names, steps, strict=True)):
        test.steps.create(position=position, name=name, state=one, at=timezone.now())
    return _settings()


@state(STATES, CONNECTION, "a test is running")
def _(it: Any) -> Shown:
    return _tested(it, "running", ("passed", "running", "waiting", "waiting", "waiting", "waiting"))


@state(STATES, CONNECTION, "a test has failed")
def _(it: Any) -> Shown:
    return _tested(it, "failed", ("passed", "failed", "skipped", "skipped", "passed", "skipped"))


@state(STATES, CONNECTION, "another account was allowed")
def _(it: Any) -> Shown:
    client = _configured(it)
    saved(it)
    Connection.objects.update(account_id="AnotherAccount", zoom_email="it@college.example.edu")
    back(client, it.zoom, to_zoom(client))
    return _settings()


@state(STATES, CONNECTION, "sessions depend on it")
def _(it: Any) -> Shown:
    saved(it)
    return _settings("", unfolded)


@state(STATES, CONNECTION, "saving would disconnect")
def _(it: Any) -> Shown:
    saved(it)

    def saves(page: Any) -> None:
        page.locator("#zoom-client_id").fill("")
        page.locator("[data-zoom-save]").click()
        page.locator("[data-zoom-anyway]:visible").wait_for()

    return _settings("", saves)


@state(STATES, CONNECTION, "removed at Zoom")
def _(it: Any) -> Shown:
    it.wants("connected")
    connections.note_disconnected("removed_at_zoom")
    return _settings()


@state(STATES, HOSTS, "nobody known, not connected")
def _(it: Any) -> Shown:
    return _settings("/hosts")


@state(STATES, HOSTS, "listed, in pages")
def _(it: Any) -> Shown:
    it.wants("connected")
    host("ada@example.edu", is_licensed=True, has_webinar=True, webinar_capacity=500, meeting_capacity=300)
    host("eve@example.edu", is_licensed=True, is_active=False, has_webinar=False)
    for number in range(50):
        host(f"user{number:03}@example.edu", is_licensed=False)
    return _settings("/hosts")


@state(STATES, DELIVERIES, "none")
def _(it: Any) -> Shown:
    return _settings("/deliveries")


@state(STATES, DELIVERIES, "of every kind")
def _(it: Any) -> Shown:
    for number, one in enumerate(("waiting", "done", "ignored", "failed")):
        delivery(state=one, error="OperationalError: database is locked" if one == "failed" else "", attempts=number)
    return _settings("/deliveries")


@state(STATES, DELIVERIES, "nothing fits the filter")
def _(it: Any) -> Shown:
    delivery()
    return _settings("/deliveries?state=failed")
