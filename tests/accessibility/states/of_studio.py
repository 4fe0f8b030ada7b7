"""What authors meet in Studio: the preview and the editor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.accessibility.states import LONG, Shown, State, state, unfolded
from tests.block.test_author_handlers import unlinked
from tests.conftest import wishes_of
from zoom_xblock.models import Meeting, Placement
from zoom_xblock.services.meetings import save_session

STATES: list[State] = []


# -- Studio: the preview and the editor -----------------------------------------------------------------------------

PREVIEW, EDITOR = "Preview in Studio", "Editor"


def saved(it: Any, **fields: Any) -> Any:
    """The component's session, made at Zoom by its author."""
    it.wants("connected")
    row = it.block_row
    row.draft = row.published = {**row.draft, **fields}
    row.save()
    return save_session(usage_key=row.key, user_id=it.site.author.pk, wishes=wishes_of(row)).meeting


def _preview(it: Any) -> Shown:
    return Shown("/studio/", "author", ".zoom-xblock--author", unfolded)


@state(STATES, PREVIEW, "no session yet, not connected")
def _(it: Any) -> Shown:
    it.block_row.draft = {**it.block_row.draft, "starts_at": None, "display_name": LONG, "description": LONG}
    it.block_row.save()
    return _preview(it)


@state(STATES, PREVIEW, "its session is at Zoom")
def _(it: Any) -> Shown:
    saved(it, description="Bring questions.")
    Meeting.objects.update(host_email=f"{LONG.lower()}@example.edu")
    return _preview(it)


@state(STATES, PREVIEW, "a series")
def _(it: Any) -> Shown:
    saved(it, recurrence={"every": "week", "interval": 1, "count": 3, "weekdays": [1]})
    return _preview(it)


@state(STATES, PREVIEW, "gone at Zoom")
def _(it: Any) -> Shown:
    saved(it)
    Meeting.objects.update(state=Meeting.State.GONE)
    return _preview(it)


@state(STATES, PREVIEW, "a copy that needs a session of its own")
def _(it: Any) -> Shown:
    it.wants("connected")
    past = (timezone.now() - timedelta(days=9)).isoformat()
    it.block_row.draft = {**it.block_row.draft, "starts_at": past}
    it.block_row.published = None
    it.block_row.save()
    return _preview(it)


def _editor(it: Any, act: Callable[[Any], None] | None = None) -> Shown:
    def checked(page: Any) -> None:
        page.wait_for_function("document.querySelector('[data-zoom=when]').textContent")
        if act:
            act(page)

    address = f"/studio/xblock/{it.block_row.key}/edit"
    return Shown(address, "author", ".zoom-xblock--editor", checked)


@state(STATES, EDITOR, "a new component")
def _(it: Any) -> Shown:
    it.wants("connected")
    it.block_row.draft = {}
    it.block_row.save()
    return _editor(it)


@state(STATES, EDITOR, "not connected")
def _(it: Any) -> Shown:
    it.wants("block_row")
    return _editor(it)


@state(STATES, EDITOR, "every group open, every choice made")
def _(it: Any) -> Shown:
    it.wants("connected")

    def chooses(page: Any) -> None:
        unfolded(page)
        page.locator('[data-control="has_score"]').check()
        page.locator('[data-control="counted"]').select_option("custom")
        page.locator('[data-control="passcode_choice"]').select_option("own")
        page.locator('[data-control="display_name"]').fill(f"{LONG} {LONG}"[:200])

    it.wants("block_row")
    return _editor(it, chooses)


@state(STATES, EDITOR, "refused, with what is wrong")
def _(it: Any) -> Shown:
    it.wants("connected", "block_row")

    def saves(page: Any) -> None:
        page.locator('[data-control="display_name"]').fill("")
        page.locator('[data-control="duration_minutes"]').fill("0")
        page.locator("[data-zoom=save]").click()
        page.locator("[data-zoom=summary]:visible").wait_for()

    return _editor(it, saves)


@state(STATES, EDITOR, "a time that comes twice")
def _(it: Any) -> Shown:
    it.wants("block_row")

    def types(page: Any) -> None:
        page.locator('[data-control="start_date"]').fill("2027-10-31")
        page.locator('[data-control="start_time"]').fill("02:30")
        page.locator('[data-control="start_fold"]').first.wait_for()

    return _editor(it, types)


@state(STATES, EDITOR, "a series, listed before it is made")
def _(it: Any) -> Shown:
    it.wants("block_row")

    def repeats(page: Any) -> None:
        page.locator('[data-group="repetition"] > summary').click()
        page.locator('[data-control="every"]').select_option("week")
        page.locator('[data-control="count"]').fill("3")
        page.locator('[data-zoom="preview-list"] li').first.wait_for()

    return _editor(it, repeats)


@state(STATES, EDITOR, "dates of a series: one moved, one asked about")
def _(it: Any) -> Shown:
    saved(it, recurrence={"every": "week", "interval": 1, "count": 3, "weekdays": [1]})

    def changes(page: Any) -> None:
        page.locator('[data-group="repetition"] > summary').click()
        lines = page.locator('[data-zoom="dates-list"] > li')
        lines.nth(0).locator("button").first.click()
        lines.nth(1).locator("button").last.click()

    return _editor(it, changes)


@state(STATES, EDITOR, "somebody else has changed it")
def _(it: Any) -> Shown:
    meeting = saved(it)
    number = iter(range(9))

    def saves(page: Any) -> None:
        it.zoom.control(f"meetings/{meeting.zoom_id}", "PATCH", topic=f"Renamed {next(number)} by the host")
        page.locator('[data-control="display_name"]').fill("Mine")
        page.locator("[data-zoom=save]").click()
        page.locator("[data-zoom=conflict]:visible").wait_for()

    return _editor(it, saves)


@state(STATES, EDITOR, "saved, and Zoom decided otherwise")
def _(it: Any) -> Shown:
    it.wants("connected", "block_row")
    it.zoom.control("accounts/DemoUniversityAccount1", "PATCH", locked_settings={"waiting_room": True})

    def saves(page: Any) -> None:
        page.locator("[data-zoom=save]").click()
        page.locator("[data-zoom=notes]:visible").wait_for()

    return _editor(it, saves)


@state(STATES, EDITOR, "linking: what is at Zoom, agreed to")
def _(it: Any) -> Shown:
    it.wants("connected")
    unlinked(it.site)
    unlinked(it.site, f"Guest lecture {LONG}")
    it.block_row.draft = {}
    it.block_row.save()

    def links(page: Any) -> None:
        page.locator("[data-zoom=mode-existing]").check()
        page.locator("[data-zoom=link-list] input").first.check()
        page.locator("[data-zoom=save]").click()
        page.locator("[data-zoom=agreement]:visible").wait_for()

    return _editor(it, links)


@state(STATES, EDITOR, "its session is gone at Zoom")
def _(it: Any) -> Shown:
    saved(it)
    Meeting.objects.update(state=Meeting.State.GONE)
    return _editor(it)


@state(STATES, EDITOR, "it was linked")
def _(it: Any) -> Shown:
    saved(it)
    Placement.objects.update(is_link=True)
    return _editor(it)
