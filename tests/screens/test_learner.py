from __future__ import annotations

import itertools
import json

import pytest

from tests.screens.factories import learner_facts
from zoom_xblock.screens import learner

VIEWERS = ["learner", "staff", "masquerade", "preview", "visitor", "outsider"]
PHASES = ["unplaced", "gone", "scheduled", "live", "ended"]
REGISTRATIONS = ["none", "pending", "registered", "approval", "failed"]
CERTAINTIES = ["none", "provisional", "final"]


def shown(viewer: str = "learner", **facts: object) -> dict:
    return learner.state(learner_facts(**facts), viewer)


@pytest.fixture(params=VIEWERS)
def cases(request):
    """Every phase, registration and certainty for one viewer, each with the state that is shown."""
    viewer, found = request.param, []
    for phase, registration, certainty in itertools.product(PHASES, REGISTRATIONS, CERTAINTIES):
        facts = learner_facts(phase=phase, registration=registration, certainty=certainty, attended_seconds=600)
        found.append((viewer, phase, registration, certainty, learner.state(facts, viewer)))
    return found


def test_each_state_says_something_in_a_known_tone(cases):
    for *case, state in cases:
        assert state["headline"], case
        assert state["phase_name"], case
        assert state["tone"] in ("info", "good", "waiting", "bad"), case


def test_each_state_is_plain_json(cases):
    for *case, state in cases:
        assert json.loads(json.dumps(state)) == state, case


def test_only_a_registered_learner_has_a_way_in_and_only_until_the_end(cases):
    for viewer, phase, registration, certainty, state in cases:
        may_join = viewer == "learner" and phase in ("scheduled", "live") and registration == "registered"
        assert bool(state["join_url"]) == may_join, (phase, registration, certainty)


def test_only_staff_is_offered_the_start_and_only_until_the_end(cases):
    for viewer, phase, registration, certainty, state in cases:
        may_start = viewer == "staff" and phase in ("scheduled", "live")
        assert bool(state["start_url"]) == may_start, (phase, registration, certainty)


def test_only_a_learner_without_a_place_asks_for_one(cases):
    for viewer, phase, registration, certainty, state in cases:
        asks = viewer == "learner" and phase in ("scheduled", "live") and registration == "none"
        assert state["register"] == asks, (phase, registration, certainty)


def test_nobody_but_the_learner_sees_minutes(cases):
    for viewer, phase, registration, certainty, state in cases:
        has_minutes = viewer == "learner" and certainty != "none"
        assert (state["attendance"] is not None) == has_minutes, (phase, registration, certainty)


def test_only_a_learner_who_awaits_something_asks_again(cases):
    for viewer, phase, registration, certainty, state in cases:
        before = phase in ("scheduled", "live") and registration != "failed"
        after = phase == "ended" and certainty != "final" and (registration, certainty) != ("none", "none")
        awaits = viewer == "learner" and (before or after)
        assert (state["poll_after_seconds"] is not None) == awaits, (phase, registration, certainty)


def test_links_are_our_own_addresses_never_zooms(cases):
    for *case, state in cases:
        for link in (state["join_url"], state["start_url"]):
            assert link is None or link.startswith("/zoom/"), case


@pytest.mark.parametrize(
    ("facts", "headline", "tone"),
    [
        ({"phase": "unplaced"}, "Your course team has not set up this session yet.", "info"),
        ({"phase": "gone"}, "This session is not available", "bad"),
        ({"registration": "none"}, "Registering you with Zoom…", "waiting"),
        ({"registration": "pending"}, "Registering you with Zoom…", "waiting"),
        ({"registration": "approval"}, "Your registration waits for the host.", "waiting"),
        ({"registration": "failed", "registration_error": "full"}, "You are not registered.", "bad"),
        ({"registration": "registered"}, "You are registered.", "good"),
        ({"phase": "live", "registration": "registered"}, "The session is running. You can join now.", "good"),
        ({"phase": "live", "registration": "registered", "is_present": True}, "You are in the session.", "good"),
        ({"phase": "ended", "registration": "registered"}, "This session is over.", "waiting"),
        ({"phase": "ended", "registration": "registered", "certainty": "final"}, "This session is over.", "info"),
        (
            {"phase": "ended", "registration": "registered", "certainty": "final", "is_complete": True},
            "This session is over.",
            "good",
        ),
    ],
)
def test_a_learner_reads_where_she_stands(facts, headline, tone):
    state = shown(**facts)
    assert (state["headline"], state["tone"]) == (headline, tone)


@pytest.mark.parametrize(
    ("viewer", "headline"),
    [
        ("visitor", "Please sign in to join this session."),
        ("outsider", "Only learners enrolled in this course can join this session."),
        ("staff", "You teach this course."),
        ("masquerade", "You are looking as a learner."),
        ("preview", "Learners see their personal link here."),
    ],
)
def test_everybody_else_reads_why_there_is_no_place(viewer, headline):
    assert shown(viewer)["headline"] == headline


def test_a_pending_place_with_trouble_says_what_the_trouble_is_and_asks_less_often():
    calm, troubled = shown(registration="pending"), shown(registration="pending", registration_error="not_connected")
    assert "administrators" in troubled["message"]
    assert troubled["poll_after_seconds"] > calm["poll_after_seconds"]


def test_an_unknown_trouble_still_becomes_a_sentence():
    assert "course team" in shown(registration="failed", registration_error="no_such_slug")["message"]


def test_minutes_are_rounded_down():
    state = shown(registration="registered", certainty="final", attended_seconds=44 * 60 + 59.9)
    assert state["attendance"]["text"] == "We counted 44 minutes of the 45 minutes required."
    assert state["attendance"]["share_percent"] == 99


def test_one_minute_is_one_minute():
    state = shown(registration="registered", certainty="provisional", attended_seconds=119)
    assert state["attendance"]["text"].startswith("We counted 1 minute of")


@pytest.mark.parametrize(
    ("attended", "is_complete", "share"),
    [(0, False, 0), (1350, False, 50), (2699, False, 99), (2700, True, 100), (9999, True, 100), (60, True, 100)],
)
def test_the_meter_is_full_for_those_who_are_complete_and_never_fuller(attended, is_complete, share):
    state = shown(registration="registered", certainty="final", attended_seconds=attended, is_complete=is_complete)
    assert state["attendance"]["share_percent"] == share


@pytest.mark.parametrize(
    ("certainty", "is_complete", "verdict"),
    [
        ("provisional", False, "Provisional: counted from live events so far."),
        ("final", True, "Complete."),
        ("final", False, "Not complete: too short. If you think this is wrong, ask your course team."),
    ],
)
def test_the_verdict_says_how_certain_it_is(certainty, is_complete, verdict):
    state = shown(registration="registered", certainty=certainty, is_complete=is_complete)
    assert state["attendance"]["verdict"] == verdict
    assert state["attendance"]["is_final"] == (certainty == "final")


def test_without_a_requirement_nothing_is_divided_by_it():
    facts = learner_facts(
        required_seconds=0, registration="registered", certainty="final", attended_seconds=90, is_complete=True
    )
    attendance = learner.state(facts, "learner")["attendance"]
    assert attendance["text"] == "We counted 1 minute."
    assert attendance["share_percent"] == 100
    assert learner.page(facts, "learner")["requirement"] == "Complete when you have attended."


def test_the_script_starts_with_the_state_that_the_page_shows():
    page = learner.page(learner_facts(registration="registered"), "learner")
    args = learner.init_args(page)
    assert args["state"] == page["state"]
    assert args["zone"] == "Europe/Berlin"
    assert "{time}" in args["text"]["yourTime"]
    assert json.loads(json.dumps(args)) == args


def test_the_script_starts_without_a_date_too():
    assert learner.init_args(learner.page(learner_facts(phase="unplaced", starts_at=None), "learner"))["zone"] is None
