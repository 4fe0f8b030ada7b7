"""What learners and the course team meet in the LMS: the unit, its roster and work list, the refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.accessibility.states import Shown, State, state, unfolded
from tests.block.test_learner_in_browser import STATES as OF_A_LEARNER
from tests.block.test_learner_in_browser import Stage
from tests.classroom import BEGAN, make_classroom
from tests.conftest import make_block
from zoom_xblock.models import Result, Segment
from zoom_xblock.services import corrections

STATES: list[State] = []


# -- a learner's unit -----------------------------------------------------------------------------------------------

UNIT = "Unit"


def _of_a_learner(name: str) -> Callable[[Any], Shown]:
    def make(it: Any) -> Shown:
        stage = OF_A_LEARNER[name](Stage(it.site))
        return Shown(f"/xblock/{stage.block.key}", "learner1", ".zoom-xblock--student", unfolded)

    return make


for _name in OF_A_LEARNER:
    STATES.append(State(UNIT, _name, _of_a_learner(_name)))


@state(STATES, UNIT, "not set up")
def _(it: Any) -> Shown:
    row = make_block(it.site.course_key, starts_at=None)
    return Shown(f"/xblock/{row.key}", "learner1", ".zoom-xblock--student", unfolded)


@state(STATES, UNIT, "signed out meanwhile")
def _(it: Any) -> Shown:
    stage = Stage(it.site).session(5).registered("pending")

    def waits(page: Any) -> None:
        page.locator("[data-zoom=notice]:visible").wait_for()

    return Shown(f"/xblock/{stage.block.key}", "learner1", ".zoom-xblock--student", waits, {"/handler/": 401})


@state(STATES, UNIT, "seen by the course team")
def _(it: Any) -> Shown:
    stage = Stage(it.site).session(-20, state="live")
    return Shown(f"/xblock/{stage.block.key}", "author", ".zoom-xblock--student", unfolded)


# -- the course team's part -----------------------------------------------------------------------------------------

ROSTER, WORK = "Roster", "Work list"
HOSTILE = "<b>iPad</b> an extraordinarily-long-name-without-any-place-to-break-it-or-to-hyphenate"


def a_room(it: Any, *, learners: int = 8, live: bool = False, guests: int = 0) -> Any:
    row = it.block_row
    row.published = {**row.published, "required_minutes": 30, "has_score": True, "weight": 10}
    row.save()
    made = make_classroom(row.key, learners=learners, registered=learners - 2, has_score=True, live=live)
    facts = [
        {"name": "Ana Alvarez 0", "connection": "1"},
        {"name": HOSTILE, "connection": "2", "email": "somebody@example.org"},
        {"name": "1415***0123", "connection": "3", "is_phone": True},
        {"name": "Björn", "zoom_user_id": "U", "email": made.users[-1].email, "is_internal": True},
        {"name": "Someone", "registrant_id": "Foreign"},
    ][:guests]
    for number, said in enumerate(facts):
        Segment.objects.create(
            sitting=made.sitting, fact_digest=f"guest{number}", source="record",
            joined_at=BEGAN + timedelta(minutes=number), left_at=BEGAN + timedelta(minutes=50), **said,
        )  # fmt: skip
    made.is_counted()
    return made


def _roster(it: Any, act: Callable[[Any], None] | None = None, part: str = ".zoom-staff") -> Shown:
    def filled(page: Any) -> None:
        page.locator("[data-staff=rows] > tr").first.wait_for()
        if act:
            act(page)

    return Shown(f"/xblock/{it.block_row.key}?view=student_view", "author", part, filled)


def _decided(it: Any, room: Any, number: int, verdict: str) -> None:
    corrections.decide(
        usage_key=it.block_row.key, staff_id=it.site.author.pk, user_ids=[room.users[number].pk], verdict=verdict,
        reason="Was in hospital <b>that day</b>",
    )  # fmt: skip


@state(STATES, ROSTER, "nobody there")
def _(it: Any) -> Shown:
    make_classroom(it.block_row.key, learners=1, registered=0)
    return _roster(it)


@state(STATES, ROSTER, "live")
def _(it: Any) -> Shown:
    a_room(it, live=True)
    return _roster(it)


@state(STATES, ROSTER, "afterwards, with doubts and flags")
def _(it: Any) -> Shown:
    room = a_room(it)
    room.was_there(room.users[3], 0, 62, name="Farid's mother", connection="99")
    Segment.objects.filter(registrant_id=f"Reg{room.users[4].pk}").update(is_phone=True)
    room.is_counted()
    Result.objects.filter(user=room.users[2]).update(is_complete=True, counted_complete=False)
    return _roster(it)


@state(STATES, ROSTER, "nobody is found")
def _(it: Any) -> Shown:
    a_room(it)

    def searches(page: Any) -> None:
        page.locator("[data-staff=search]").fill("nobody at all")
        page.locator(".zoom-staff__nobody").wait_for()

    return _roster(it, searches)


@state(STATES, ROSTER, "deciding, refused without a reason")
def _(it: Any) -> Shown:
    a_room(it)

    def decides(page: Any) -> None:
        page.locator("[data-staff=rows] input[type=checkbox]").first.check()
        page.locator("[data-staff=apply]").click()
        page.locator("[data-staff=wrong]:visible").wait_for()

    return _roster(it, decides)


@state(STATES, ROSTER, "what was decided of somebody")
def _(it: Any) -> Shown:
    room = a_room(it)
    _decided(it, room, 0, "excused")
    _decided(it, room, 1, "absent")

    def opens(page: Any) -> None:
        page.locator("[data-focus^='history:']").first.click()
        page.locator(".zoom-staff__history").wait_for()

    return _roster(it, opens)


@state(STATES, ROSTER, "presence over time, and as tables")
def _(it: Any) -> Shown:
    a_room(it)

    def opens(page: Any) -> None:
        page.locator("[data-staff=picture] > summary").click()
        page.locator(".zoom-staff__bar").first.wait_for()
        page.locator(".zoom-staff__behind > summary").click()

    return _roster(it, opens)


@state(STATES, ROSTER, "the site cannot be reached")
def _(it: Any) -> Shown:
    a_room(it)

    def breaks(page: Any) -> None:
        it.inside.broken["/handler/roster"] = 502
        page.locator("[data-sort=minutes]").click()
        page.locator("[data-staff=error]:visible").wait_for()

    return _roster(it, breaks)


def _work(it: Any, act: Callable[[Any], None] | None = None, guests: int = 5) -> Shown:
    a_room(it, guests=guests)

    def filled(page: Any) -> None:
        page.locator("[data-zoom-worklist]").scroll_into_view_if_needed()
        if guests:
            page.locator("[data-work=rows] > li").first.wait_for()
        if act:
            act(page)

    return _roster(it, filled, "[data-zoom-worklist]")


@state(STATES, WORK, "nobody unknown")
def _(it: Any) -> Shown:
    return _work(it, guests=0)


@state(STATES, WORK, "five unknown")
def _(it: Any) -> Shown:
    return _work(it)


@state(STATES, WORK, "several chosen, a learner looked for")
def _(it: Any) -> Shown:
    def chooses(page: Any) -> None:
        page.locator("[data-work=all]").check()
        page.locator("[data-work=choose-several]").click()
        page.locator("[data-work=search]").fill("pupil")
        page.locator("[data-work=found] button").first.wait_for()

    return _work(it, chooses)


@state(STATES, WORK, "one is settled")
def _(it: Any) -> Shown:
    def settles(page: Any) -> None:
        page.locator(".zoom-work__row .zoom-work__buttons button").last.click()
        page.locator("[data-work=settled] > summary").click()
        page.locator("[data-work=settled-rows] button").wait_for()

    return _work(it, settles)


@state(STATES, WORK, "the site cannot be reached")
def _(it: Any) -> Shown:
    def breaks(page: Any) -> None:
        it.inside.broken["/handler/worklist_dismiss"] = 502
        page.locator(".zoom-work__row .zoom-work__buttons button").last.click()
        page.locator("[data-work=error]:visible").wait_for()

    return _work(it, breaks)


# -- a page of one sentence -----------------------------------------------------------------------------------------

REFUSED = "Refusal"


@state(STATES, REFUSED, "too early to join")
def _(it: Any) -> Shown:
    stage = Stage(it.site).session(26 * 60).registered()
    return Shown(f"/zoom/join/{stage.block.key}", "learner1", "html")


@state(STATES, REFUSED, "no recording")
def _(it: Any) -> Shown:
    return Shown(f"/zoom/recording/{it.block_row.key}/7/", "learner1", "html")


@state(STATES, REFUSED, "no calendar entry")
def _(it: Any) -> Shown:
    return Shown(f"/zoom/calendar/{it.block_row.key}", "learner1", "html")


@state(STATES, REFUSED, "not of the course team")
def _(it: Any) -> Shown:
    return Shown(f"/zoom/courses/{it.site.course_key}/", "learner1", "html")
