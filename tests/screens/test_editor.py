from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.screens.factories import STARTS_AT, author_facts, meeting, wishes
from zoom_xblock.queries.author import DateShown
from zoom_xblock.screens import editor, editor_answers, editor_fields, editor_words
from zoom_xblock.screens.editor_parse import parse

WEEKLY = {"every": "week", "interval": 1, "weekdays": [1, 3], "count": 5}


def sent_by(page: dict) -> dict:
    """What the script sends for a form that nobody touched."""
    shown = page["values"]
    return {
        one.name: shown[one.name]
        for one in editor_fields.FIELDS
        if one.name != "host_email" and editor_fields.matters(one, shown)
    }


def test_the_form_shows_the_start_on_the_clock_of_its_zone():
    values = editor.page(author_facts(), wishes(), is_new=False)["values"]
    assert (values["start_date"], values["start_time"]) == ("2026-06-04", "14:00")


def test_what_the_form_shows_is_what_it_saves():
    draft = wishes(entry="waiting_room", has_score=True, weight=2.5, recurrence=WEEKLY, counted="scheduled")
    facts = author_facts(meeting=meeting(recurrence=WEEKLY, options={"entry": "waiting_room"}))
    parsed = parse(sent_by(editor.page(facts, draft, is_new=False)), editor.overlaid(facts, draft))
    assert parsed.wishes == draft
    assert parsed.passcode is None


def test_a_start_with_seconds_stays_where_it_is_when_nobody_moves_it():
    draft = wishes(starts_at=STARTS_AT.replace(second=42))
    parsed = parse(sent_by(editor.page(author_facts(), draft, is_new=False)), draft)
    assert parsed.wishes["starts_at"] == STARTS_AT.replace(second=42)


def test_the_second_of_two_equal_hours_is_shown_and_saved_as_the_second():
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    page = editor.page(author_facts(), wishes(starts_at=second), is_new=False)
    assert (page["values"]["start_time"], page["values"]["start_fold"]) == ("02:30", "second")
    assert parse(sent_by(page), wishes()).wishes["starts_at"] == second


def test_a_new_form_has_no_start_and_may_choose_its_kind():
    page = editor.page(author_facts(), wishes(starts_at=None), is_new=True)
    assert page["is_new"]
    assert not page["kind_is_fixed"]
    assert page["values"]["start_date"] == page["values"]["start_time"] == ""


@pytest.mark.parametrize(("state", "is_fixed"), [("scheduled", True), ("live", True), ("ended", True), ("gone", False)])
def test_the_kind_is_fixed_while_zoom_has_the_session(state, is_fixed):
    facts = author_facts(meeting=meeting(state=state))
    assert editor.page(facts, wishes(), is_new=False)["kind_is_fixed"] == is_fixed


def test_an_edit_starts_from_what_zoom_has():
    moved = meeting(topic="Moved", starts_at=STARTS_AT.replace(hour=15), duration_minutes=90, time_zone="Asia/Tokyo")
    values = editor.page(author_facts(meeting=moved), wishes(), is_new=False)["values"]
    assert values["display_name"] == "Moved"
    assert values["duration_minutes"] == 90
    assert (values["start_date"], values["start_time"]) == ("2026-06-05", "00:00")


def test_a_session_that_is_gone_gives_back_the_authors_own_wishes():
    facts = author_facts(meeting=meeting(state="gone", topic="Elsewhere"))
    assert editor.page(facts, wishes(), is_new=False)["values"]["display_name"] == "Cell biology"


@pytest.mark.parametrize(("state", "has_trouble"), [("connected", False), ("new", True), ("disconnected", True)])
def test_a_missing_connection_is_said_before_anything_is_typed(state, has_trouble):
    page = editor.page(author_facts(connection_state=state), wishes(), is_new=True)
    assert (page["trouble"] is not None) == has_trouble


def test_every_zone_that_is_offered_is_taken():
    offered = editor.page(author_facts(), wishes(), is_new=True)["time_zones"]
    assert {"UTC", "Europe/Berlin", "America/Argentina/ComodRivadavia"} <= set(offered)
    for zone in offered:
        assert editor_fields.readable("time_zone", zone) == zone


def test_the_script_starts_with_plain_json():
    args = editor.init_args(editor.page(author_facts(), wishes(starts_at=None), is_new=True))
    assert json.loads(json.dumps(args)) == args
    assert args["isNew"] is True


def test_the_browser_checks_by_the_servers_table_and_in_its_words():
    args = editor.init_args(editor.page(author_facts(), wishes(), is_new=False))
    assert set(args["fields"]) == {one.name for one in editor_fields.FIELDS}
    duration = args["fields"]["duration_minutes"]
    assert (duration["least"], duration["most"], duration["required"]) == (1, 1440, True)
    assert duration["messages"]["out_of_range"] == editor_words.wrong("duration_minutes", "out_of_range")
    assert editor_answers.refusal({"duration_minutes": "out_of_range"}, "invalid")["errors"] == {
        "duration_minutes": duration["messages"]["out_of_range"]
    }


def test_a_new_form_is_in_the_zone_of_the_authors_account():
    page = editor.page(author_facts(), wishes(starts_at=None), is_new=True, author_zone="Asia/Tokyo")
    assert page["values"]["time_zone"] == "Asia/Tokyo"
    assert editor.init_args(page)["hasZone"]
    draft = wishes(starts_at=None, time_zone="UTC")
    unknown = editor.page(author_facts(), draft, is_new=True, author_zone="Atlantis/Deep")
    assert unknown["values"]["time_zone"] == "UTC"
    assert not editor.init_args(unknown)["hasZone"]


def test_a_saved_form_stays_in_its_own_zone():
    page = editor.page(author_facts(), wishes(), is_new=False, author_zone="Asia/Tokyo")
    assert page["values"]["time_zone"] == "Europe/Berlin"


def test_a_copy_whose_date_is_over_must_be_given_another():
    now = STARTS_AT + timedelta(days=200)
    page = editor.page(author_facts(), wishes(), is_new=False, now=now)
    assert (page["values"]["start_date"], page["values"]["start_time"]) == ("", "14:00")
    assert "June 4, 2026" in page["over"]
    kept = editor.page(author_facts(meeting=meeting()), wishes(), is_new=False, now=now)
    assert kept["values"]["start_date"] == "2026-06-04"
    assert not kept["over"]


def test_the_form_shows_what_zoom_has_of_settings_and_series():
    at_zoom = meeting(
        options={"entry": "waiting_room", "mute_on_entry": False, "has_passcode": True, "host_video": None},
        recurrence=WEEKLY,
        agenda="Bring paper.",
        alternative_hosts="a@example.edu,b@example.edu",
    )
    page = editor.page(author_facts(meeting=at_zoom), wishes(host_video=True), is_new=False)
    shown = page["values"]
    assert (shown["entry"], shown["mute_on_entry"], shown["host_video"]) == ("waiting_room", False, True)
    assert (shown["every"], shown["weekdays"], shown["count"]) == ("week", [1, 3], 5)
    assert (shown["description"], shown["alternative_hosts"]) == ("Bring paper.", "a@example.edu, b@example.edu")
    assert "There is one now" in page["fields"]["passcode_choice"]["help"]


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": "party"},
        {"duration_minutes": "sixty"},
        {"duration_minutes": 10**9},
        {"time_zone": "Mars/Olympus"},
        {"completion": ["minutes"]},
        {"recurrence": {"every": "blue moon"}},
        {"recurrence": {"every": "week", "weekdays": "monday", "interval": [], "count": "x", "until": "soon"}},
        {"recurrence": ["every"]},
        {"weight": float("nan")},
        {"weight": "heavy"},
        {"has_score": "yes"},
        {"display_name": "half \ud800"},
        {"entry": None},
        {"required_percent": True},
    ],
    ids=str,
)
def test_what_an_import_left_that_cannot_be_meant_is_shown_as_the_default(odd):
    (name, value) = next(iter(odd.items()))
    page = editor.page(author_facts(), wishes(**odd), is_new=False)
    if name == "recurrence":
        assert page["values"]["every"] in ("never", "week")
    else:
        assert page["values"][name] == editor_fields.BY_NAME[name].default != value
    json.dumps(editor.init_args(page), allow_nan=False)
    parse(sent_by(page), editor.overlaid(author_facts(), wishes(**odd)))


@pytest.mark.parametrize(
    "odd", ["whenever", 7, STARTS_AT.replace(tzinfo=None), datetime.max.replace(tzinfo=UTC)], ids=repr
)
def test_a_start_that_cannot_be_meant_is_none(odd):
    page = editor.page(author_facts(), wishes(starts_at=odd), is_new=False, now=STARTS_AT)
    assert page["values"]["start_date"] == ""


def test_hosts_are_listed_with_what_their_licence_allows():
    hosts = [
        SimpleNamespace(
            email="a@example.edu", name="Ada", is_default=True, has_webinar=True, is_licensed=True, meeting_capacity=300
        ),
        SimpleNamespace(
            email="b@example.edu", name="", is_default=False, has_webinar=None, is_licensed=False, meeting_capacity=None
        ),
    ]
    page = editor.page(author_facts(), wishes(), is_new=True, hosts=hosts)
    texts = [one["text"] for one in page["hosts"]]
    assert texts[0] == "Ada (a@example.edu) · licensed · webinars · up to 300 people"
    assert texts[1] == "b@example.edu · no licence: registration cannot work"
    assert not page["hosts_are_many"]
    assert editor.page(author_facts(), wishes(), is_new=True, hosts=hosts * 4)["hosts_are_many"]


def test_the_dates_of_a_series_say_which_are_over_and_which_removed():
    dates = [
        DateShown("1", STARTS_AT, 60),
        DateShown("2", STARTS_AT + timedelta(days=7), 60, is_removed=True),
        DateShown("3", STARTS_AT + timedelta(days=14), 45),
    ]
    shown = editor.dates(author_facts(dates=dates), "Europe/Berlin", STARTS_AT + timedelta(hours=2))
    assert [one["state"] for one in shown] == ["over", "removed", ""]
    assert shown[2]["text"] == "Thursday, June 18, 2026, 2 p.m. (45 minutes)"
    assert (shown[2]["start_date"], shown[2]["start_time"]) == ("2026-06-18", "14:00")


def test_the_blocks_own_values_have_a_token_of_their_own():
    assert editor_fields.digest_of(wishes()) == editor_fields.digest_of(wishes())
    assert editor_fields.digest_of(wishes()) != editor_fields.digest_of(wishes(show_calendar=False))
