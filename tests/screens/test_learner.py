from __future__ import annotations

import itertools
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.screens.factories import STARTS_AT, learner_facts
from zoom_xblock.attendance import Policy
from zoom_xblock.queries.timetable import DateShown
from zoom_xblock.screens import learner

OPENS_AT = STARTS_AT - timedelta(minutes=15)

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


def test_before_the_way_in_opens_there_is_no_link_and_it_says_from_when():
    state = shown(registration="registered", is_open=False, opens_at=OPENS_AT)
    assert state["join_url"] is None
    assert state["opens_at"] == OPENS_AT.isoformat()
    assert "from Thursday, June 4, 2026, 1:45 p.m. (Europe/Berlin) on" in state["message"]


@pytest.mark.parametrize(
    ("before", "seconds"), [(timedelta(seconds=1), 30), (timedelta(minutes=2), 120), (timedelta(days=9), 300)]
)
def test_a_page_that_waits_for_the_opening_asks_about_then_and_never_often(before, seconds):
    facts = learner_facts(registration="registered", is_open=False, opens_at=OPENS_AT)
    assert learner.state(facts, "learner", now=OPENS_AT - before)["poll_after_seconds"] == seconds


def test_a_session_that_ended_before_its_time_says_until_when_it_may_go_on():
    state = shown(phase="ended", registration="registered", resumes_until=STARTS_AT + timedelta(hours=1))
    assert state["headline"] == "This session is over."
    assert "before 3 p.m." in state["message"]
    assert state["poll_after_seconds"] == 15


def test_a_planned_time_that_nobody_came_to_is_not_called_a_session():
    state = shown(phase="ended", registration="registered", took_place=False)
    assert state["headline"] == "The planned time of this session is over."
    assert state["poll_after_seconds"] == 300


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
        awaits = phase == "ended" and registration == "registered"
        has_minutes = viewer == "learner" and (certainty != "none" or awaits)
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


@pytest.mark.parametrize(
    ("attended", "is_complete", "share"),
    [(0, False, 0), (1350, False, 50), (2699, False, 99), (2700, True, 100), (9999, True, 100), (60, True, 100)],
)
def test_the_meter_is_full_for_those_who_are_complete_and_never_fuller(attended, is_complete, share):
    state = shown(registration="registered", certainty="final", attended_seconds=attended, is_complete=is_complete)
    assert state["attendance"]["share_percent"] == share


def test_the_script_starts_with_the_state_that_the_page_shows():
    page = learner.page(learner_facts(registration="registered"), "learner")
    args = learner.init_args(page)
    assert args["state"] == page["state"]
    assert args["zone"] == "Europe/Berlin"
    assert "{time}" in args["text"]["yourTime"]
    assert json.loads(json.dumps(args)) == args


def test_the_script_starts_without_a_date_too():
    assert learner.init_args(learner.page(learner_facts(phase="unplaced", starts_at=None), "learner"))["zone"] is None


def test_the_time_is_shown_in_the_zone_of_the_readers_account_too():
    page = learner.page(learner_facts(), "learner", reader_zone="Asia/Kathmandu")
    assert page["local"] == "In your time zone: 5:45 p.m. – 6:45 p.m."
    assert learner.init_args(page)["readerZone"] == "Asia/Kathmandu"
    assert learner.page(learner_facts(), "learner", reader_zone="Pacific/Auckland")["local"].startswith(
        "In your time zone: Friday, June 5, 2026"
    )
    for unknown in ("Europe/Paris", "Mars/Olympus", "../etc"):  # the same clock, or no zone at all
        assert learner.page(learner_facts(), "learner", reader_zone=unknown)["local"] == ""
    assert learner.init_args(learner.page(learner_facts(), "learner", reader_zone="Mars/Olympus"))["readerZone"] is None
    assert learner.page(learner_facts(), "learner")["local"] == ""


def dates(*standings: str):
    """A weekly series of these."""
    return tuple(
        DateShown(str(number), STARTS_AT + timedelta(weeks=number), 60, standing)
        for number, standing in enumerate(standings)
    )


def test_the_dates_of_a_series_are_listed_and_the_next_one_stands_out():
    page = learner.page(learner_facts(dates=dates("over", "removed", "next", "later")), "learner")
    assert [(date["key"], date["name"]) for date in page["dates"]] == [
        ("0", "Over"), ("1", "Cancelled"), ("2", "Next"), ("3", ""),
    ]  # fmt: skip
    assert page["state"]["dates"] == {"0": "over", "1": "removed", "2": "next", "3": "later"}
    assert learner.page(learner_facts(dates=dates("next")), "learner")["dates"] == []


def test_a_page_can_tell_that_its_dates_are_no_longer_right():
    before, after = dates("over", "next"), dates("over", "over")
    assert shown(dates=before)["timetable"] == shown(dates=after)["timetable"]
    moved = (before[0], DateShown("1", before[1].starts_at + timedelta(hours=1), 60, "next"))
    assert shown(dates=before)["timetable"] != shown(dates=moved)["timetable"]


@pytest.mark.parametrize("viewer", ["visitor", "outsider", "masquerade", "preview"])
def test_who_is_not_of_the_course_gets_no_calendar_no_numbers_no_recordings(viewer):
    facts = learner_facts(
        registration="registered", recordings=1, shows={"show_recordings": True}, zoom_number="81234567890",
        dial_in=({"country": "US", "city": "", "number": "+1 555", "type": "toll"},),
    )  # fmt: skip
    page = learner.page(facts, viewer, course_url="https://lms/x", recordings=[RECORDING])
    assert (page["calendar"], page["dial_in"], page["recordings"]) == (None, [], [])
    assert page["state"]["phone_number"] == ""
    assert not page["has_help"]


RECORDING = SimpleNamespace(pk=7, started_at=STARTS_AT, duration_minutes=58)


def test_recordings_are_links_of_ours_and_only_where_the_author_shows_them():
    facts = learner_facts(phase="ended", recordings=1, shows={"show_recordings": True})
    [one] = learner.page(facts, "learner", recordings=[RECORDING])["recordings"]
    assert one["url"].startswith("/zoom/recording/block-v1:")
    assert one["url"].rstrip("/").endswith("/7")
    assert one["duration"] == "58 minutes"
    assert learner.page(learner_facts(phase="ended"), "learner", recordings=[RECORDING])["recordings"] == []


def test_calendar_links_lead_to_the_course_and_only_where_the_author_offers_them():
    page = learner.page(learner_facts(), "learner", course_url="https://lms.example/jump")
    assert {link["name"] for link in page["calendar"]["links"]} == {
        "Google Calendar", "Outlook.com", "Microsoft 365", "Yahoo",
    }  # fmt: skip
    assert all("https%3A%2F%2Flms.example%2Fjump" in link["url"] for link in page["calendar"]["links"])
    assert learner.page(learner_facts(shows={"show_calendar": False}), "learner")["calendar"] is None
    assert learner.page(learner_facts(phase="ended"), "learner")["calendar"] is None
    assert learner.page(learner_facts(starts_at=None), "learner")["calendar"] is None


def test_the_number_to_type_on_a_phone_is_shown_to_who_has_a_place():
    assert shown(registration="registered", zoom_number="81234567890")["phone_number"] == "812 3456 7890"
    assert shown(registration="pending")["phone_number"] == ""
    assert shown(registration="registered", phase="ended", zoom_number="81234567890")["phone_number"] == ""


@pytest.mark.parametrize("resumes", [None, STARTS_AT])
def test_the_host_may_open_a_room_again_that_closed_too_soon(resumes):
    state = shown("staff", phase="ended", resumes_until=resumes)
    assert bool(state["start_url"]) == (resumes is not None)


def test_what_the_rule_asks_for_stands_on_the_page():
    page = learner.page(learner_facts(policy=Policy(completion="joining"), required_seconds=0), "learner")
    assert page["rules"] == ["Complete as soon as you join."]


def test_while_zooms_record_is_awaited_it_says_until_when():
    state = shown(
        phase="ended", registration="registered", certainty="provisional", final_by=STARTS_AT + timedelta(days=1)
    )
    assert "becomes final by Friday, June 5, 2026, 2 p.m. (Europe/Berlin)." in state["message"]
