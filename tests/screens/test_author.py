from __future__ import annotations

import pytest

from tests.screens.factories import STARTS_AT, author_facts, meeting, wishes
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
