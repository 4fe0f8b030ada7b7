from __future__ import annotations

from datetime import timedelta

import pytest

from tests.screens.factories import STARTS_AT, author_facts, meeting, wishes
from zoom_xblock.attendance import Policy
from zoom_xblock.queries.author import DateShown
from zoom_xblock.screens import author


def notes(**values: object) -> list[tuple[str, str]]:
    draft, published = values.pop("draft", wishes()), values.pop("published", {})
    return author.page(author_facts(**values), draft, published=published)["notes"]


def test_a_session_in_order_has_no_notes():
    assert notes(meeting=meeting()) == []


@pytest.mark.parametrize(
    ("values", "tone", "part"),
    [
        ({}, "waiting", "needs its own session"),
        ({"meeting": meeting(state="gone")}, "bad", "any more"),
        ({"meeting": meeting(missing_since=STARTS_AT)}, "waiting", "ask again"),
        ({"meeting": meeting(has_registration=False)}, "bad", "licence"),
        ({"meeting": meeting(starts_at=STARTS_AT.replace(hour=15))}, "waiting", "another start"),
        ({"meeting": meeting(), "connection_state": "disconnected"}, "bad", "has ended"),
        ({"meeting": meeting(), "connection_state": "new"}, "bad", "not connected"),
    ],
    ids=["none", "gone", "doubted", "no registration", "moved", "disconnected", "never connected"],
)
def test_each_thing_that_is_missing_is_said_once(values, tone, part):
    ((said_tone, sentence),) = notes(**values)
    assert said_tone == tone
    assert part in sentence


def test_the_time_shown_is_zooms():
    page = author.page(author_facts(meeting=meeting(time_zone="Asia/Tokyo")), wishes())
    assert (page["when"]["time"], page["when"]["zone"]) == ("9 p.m.", "Asia/Tokyo")


def test_the_host_is_the_sessions_and_before_there_is_one_the_sites():
    assert author.page(author_facts(meeting=meeting()), wishes())["host"] == "rivera@example.edu"
    assert author.page(author_facts(), wishes())["host"] == "host@example.edu"


@pytest.mark.parametrize(
    ("state", "can_start"), [("scheduled", True), ("live", True), ("ended", False), ("gone", False)]
)
def test_the_start_is_our_own_address_while_there_is_something_to_start(state, can_start):
    link = author.page(author_facts(meeting=meeting(state=state)), wishes())["start_url"]
    assert bool(link) == can_start
    assert link is None or link.startswith("/zoom/start/")


@pytest.mark.parametrize(
    ("number", "grouped"), [(84512345678, "845 1234 5678"), (8451234567, "845 1234 567"), (123, "123")]
)
def test_the_number_is_grouped_as_zoom_groups_it(number, grouped):
    assert author.page(author_facts(meeting=meeting(zoom_id=number)), wishes())["meeting_number"] == grouped


@pytest.mark.parametrize(("count", "sentence"), [(0, "0 learners registered"), (1, "1 learner registered")])
def test_registrations_are_counted_in_words(count, sentence):
    assert author.page(author_facts(meeting=meeting(), registered=count), wishes())["registered"] == sentence


def test_a_component_that_was_never_saved_has_no_date():
    page = author.page(author_facts(), wishes(starts_at=None))
    assert page["when"] is None
    assert not page["has_meeting"]


def said(**values: object) -> str:
    return " ".join(sentence for _tone, sentence in notes(**values))


def test_a_copy_whose_date_is_over_is_told_to_choose_another():
    page = author.page(author_facts(), wishes(), now=STARTS_AT + timedelta(days=1))
    assert "its date is over" in page["notes"][0][1]
    assert "its date is over" not in said()


def test_what_zoom_has_otherwise_is_named():
    at_zoom = meeting(topic="Renamed", options={"entry": "waiting_room", "mute_on_entry": True})
    assert "Topic, Letting people in" in said(meeting=at_zoom)


def test_what_zoom_has_before_it_is_published_is_named():
    draft = wishes(display_name="New topic")
    assert "although it is not published yet: Topic." in said(
        meeting=meeting(topic="New topic"), draft=draft, published=wishes()
    )
    assert said(meeting=meeting(topic="New topic"), draft=draft, published=draft) == ""


def test_learners_are_counted_by_the_published_rule_and_the_author_is_told():
    sentence = said(meeting=meeting(), draft=wishes(required_minutes=30), published=wishes())
    assert "45 minutes" in sentence
    assert "30 minutes" in sentence
    other = said(meeting=meeting(), draft=wishes(has_score=True), published=wishes())
    assert "Attendance counts in the gradebook" in other
    assert said(meeting=meeting(), published=wishes()) == ""


def test_where_the_platform_cannot_say_the_rule_that_was_read_last_does():
    rule = Policy(required_minutes=20).as_json()
    assert "20 minutes" in said(meeting=meeting(), published={}, published_rule=rule)
    assert said(meeting=meeting(), published={}) == ""


def test_a_component_that_was_never_published_says_so():
    assert "not published yet: learners do not see it" in said(meeting=meeting(), published=None)


def test_a_link_and_other_places_of_the_session_are_said():
    sentence = said(meeting=meeting(), is_link=True, placed_in=3)
    assert "never deleted" in sentence
    assert "2 other components" in sentence


@pytest.mark.parametrize(("is_host", "starts", "way_in"), [(True, True, False), (False, False, True)])
def test_who_may_start_gets_the_link_and_everybody_else_a_way_in(is_host, starts, way_in):
    page = author.page(author_facts(meeting=meeting()), wishes(), is_host=is_host, learner_url="https://lms.example/x")
    assert bool(page["start_url"]) == starts
    assert page["way_in"] == way_in


def test_a_session_of_ours_may_be_kept_and_a_linked_one_needs_no_decision():
    assert author.page(author_facts(meeting=meeting(), keeps_meeting=True), wishes())["can_keep"]
    assert not author.page(author_facts(meeting=meeting(), is_link=True), wishes())["can_keep"]
    assert not author.page(author_facts(), wishes())["can_keep"]
    assert author.kept(True) != author.kept(False)


def test_the_date_shown_is_the_next_of_a_series():
    dates = [
        DateShown("1", STARTS_AT, 60),
        DateShown("2", STARTS_AT + timedelta(days=7), 60, is_removed=True),
        DateShown("3", STARTS_AT + timedelta(days=14), 45),
    ]
    facts = author_facts(meeting=meeting(), dates=dates)
    assert author.page(facts, wishes(), now=STARTS_AT + timedelta(minutes=30))["when"]["day"] == "4"
    later = author.page(facts, wishes(), now=STARTS_AT + timedelta(hours=2))
    assert (later["when"]["day"], later["duration"]) == ("18", "45 minutes")
    assert author.page(facts, wishes(), now=STARTS_AT + timedelta(days=90))["when"]["day"] == "18"


def test_the_authors_own_clock_is_shown_where_it_says_something_else():
    page = author.page(author_facts(meeting=meeting()), wishes(), author_zone="Asia/Tokyo")
    assert page["yours"] == "In your time zone: Thursday, June 4, 2026, 9 p.m."
    assert author.page(author_facts(meeting=meeting()), wishes(), author_zone="Europe/Rome")["yours"] == ""
    assert author.init_args(page)["zone"] is None  # the browser need not add its own


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (Policy(), "45 minutes"),
        (Policy(required_minutes=0), "whoever attends at all"),
        (Policy(completion="percent", counted="scheduled"), "80 % of the planned time, in the planned time"),
        (Policy(completion="joining"), "whoever joins"),
        (Policy(completion="none"), "nobody by attendance"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_the_rule_is_one_line(policy, sentence):
    assert author.requirement(policy) == sentence
