from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.screens.factories import STARTS_AT, author_facts, form, meeting, wishes
from zoom_xblock.screens import editor


def wrong_fields(data: object) -> dict[str, str]:
    with pytest.raises(editor.WrongForm) as caught:
        editor.parse(data)
    return caught.value.fields


def test_a_complete_form_becomes_wishes():
    assert editor.parse(form()) == {
        "kind": "meeting",
        "display_name": "Cell biology",
        "description": "Bring questions.",
        "time_zone": "Europe/Berlin",
        "duration_minutes": 60,
        "required_minutes": 45,
        "has_score": False,
        "weight": 1.0,
        "starts_at": STARTS_AT,
    }


@pytest.mark.parametrize("value", [None, "", "many", "nan", "inf", "-1", 1001, True, [], "1" * 400], ids=repr)
def test_points_are_a_number_from_0_to_1000(value):
    assert wrong_fields(form(weight=value)) == {"weight": "points"}


def test_grading_is_switched_on_by_true_alone():
    assert editor.parse(form(has_score=True, weight="2.5"))["weight"] == 2.5
    assert editor.parse(form(has_score=True))["has_score"] is True
    assert editor.parse(form(has_score="yes"))["has_score"] is False


def test_what_is_not_asked_for_is_not_taken():
    assert "zoom_id" not in editor.parse(form(zoom_id=84512345678, host_email="someone@example.edu"))


def test_spaces_around_texts_go():
    assert editor.parse(form(display_name="  Cell biology \n"))["display_name"] == "Cell biology"


@pytest.mark.parametrize("data", [None, [], "text", 7, True], ids=repr)
def test_what_is_no_form_at_all_is_refused(data):
    assert wrong_fields(data) == {}


def test_an_empty_form_names_what_is_missing():
    assert wrong_fields({}) == {
        "duration_minutes": "required",
        "required_minutes": "required",
        "time_zone": "unknown",
    }


@pytest.mark.parametrize("name", ["display_name", "description", "kind", "time_zone"])
@pytest.mark.parametrize("value", [None, 5, ["a"], {"a": 1}, "nul\x00", "half \ud800"], ids=repr)
def test_texts_that_are_none_are_malformed(name, value):
    assert wrong_fields(form(**{name: value}))[name] == "malformed"


@pytest.mark.parametrize(
    ("name", "limit"), [("display_name", editor.TOPIC_MAX_LENGTH), ("description", editor.DESCRIPTION_MAX_LENGTH)]
)
def test_texts_may_be_as_long_as_zoom_takes_and_no_longer(name, limit):
    assert len(editor.parse(form(**{name: "ü" * limit}))[name]) == limit
    assert wrong_fields(form(**{name: "ü" * (limit + 1)})) == {name: "too_long"}


def test_markup_is_text_like_any_other():
    assert editor.parse(form(display_name="<b>A & B</b>"))["display_name"] == "<b>A & B</b>"


@pytest.mark.parametrize("name", ["duration_minutes", "required_minutes"])
@pytest.mark.parametrize(
    ("value", "slug"),
    [
        ("", "required"),
        (None, "required"),
        ("4.5", "out_of_range"),
        (4.5, "out_of_range"),
        (True, "out_of_range"),
        ([60], "out_of_range"),
        ("-1", "out_of_range"),
        ("100001", "out_of_range"),
        ("9" * 5000, "out_of_range"),
        ("an hour", "out_of_range"),
        (float("nan"), "out_of_range"),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_minutes_are_whole_numbers(name, value, slug):
    assert wrong_fields(form(**{name: value})) == {name: slug}


@pytest.mark.parametrize("value", [60, "60", " 60 "], ids=repr)
def test_minutes_may_come_as_number_or_text(value):
    assert editor.parse(form(duration_minutes=value))["duration_minutes"] == 60


@pytest.mark.parametrize(
    "value", ["Europe/Atlantis", "CET+1", "../etc/passwd", "/etc/passwd", "Europe", "", "europe/berlin"], ids=repr
)
def test_zones_are_those_of_the_list(value):
    assert wrong_fields(form(time_zone=value)) == {"time_zone": "unknown"}


@pytest.mark.parametrize(
    "values",
    [
        {"start_date": ""},
        {"start_time": ""},
        {"start_date": "04.06.2026"},
        {"start_date": "2026-02-30"},
        {"start_time": "25:00"},
        {"start_date": None},
        {"start_time": 14},
        {"start_date": ["2026-06-04"]},
    ],
    ids=repr,
)
def test_a_start_needs_a_date_and_a_time(values):
    assert wrong_fields(form(**values)) == {"starts_at": "required"}


def test_seconds_and_offsets_in_a_time_are_not_believed():
    assert editor.parse(form(start_time="14:00:59.5+09:00"))["starts_at"] == STARTS_AT


def test_a_time_that_the_clocks_skip_is_refused():
    assert wrong_fields(form(start_date="2026-03-29", start_time="02:30")) == {"starts_at": "gap"}


@pytest.mark.parametrize(("clock", "hour"), [("01:59", 0), ("03:00", 1)])
def test_times_on_either_side_of_the_gap_exist(clock, hour):
    starts_at = editor.parse(form(start_date="2026-03-29", start_time=clock))["starts_at"]
    assert starts_at == datetime(2026, 3, 29, hour, int(clock[3:]), tzinfo=UTC)


def test_of_a_time_that_comes_twice_the_first_is_meant():
    starts_at = editor.parse(form(start_date="2026-10-25", start_time="02:30"))["starts_at"]
    assert starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "zone"), [("0001-01-01", "Europe/Berlin"), ("9999-12-31", "America/New_York")], ids=["first", "last"]
)
def test_the_ends_of_the_calendar_are_refused_not_stumbled_over(day, zone):
    assert wrong_fields(form(start_date=day, start_time="23:59" if day > "5" else "00:00", time_zone=zone)) == {
        "starts_at": "malformed"
    }


def test_every_wrong_field_is_named_at_once():
    fields = wrong_fields(form(display_name=7, start_time="", duration_minutes="", required_minutes="x"))
    assert set(fields) == {"display_name", "starts_at", "duration_minutes", "required_minutes"}


def test_a_refusal_has_a_sentence_for_each_field_even_for_reasons_unknown():
    answer = editor.refusal({"starts_at": "gap", "display_name": "no_such_slug"}, "invalid")
    assert answer["saved"] is False
    assert answer["message"]
    assert "clocks" in answer["errors"]["starts_at"]
    assert answer["errors"]["display_name"]


def test_a_success_tells_what_zoom_decided_otherwise_and_skips_what_it_cannot_name():
    answer = editor.success(True, ["other_start", "no_such_slug"])
    assert answer == {
        "saved": True,
        "message": "The session was made at Zoom.",
        "notes": ["Zoom kept another start."],
    }


def test_the_form_shows_the_start_on_the_clock_of_its_zone():
    values = editor.page(author_facts(), wishes(), is_new=False)["values"]
    assert (values["start_date"], values["start_time"]) == ("2026-06-04", "14:00")


def test_what_the_form_shows_is_what_it_saves():
    values = editor.page(author_facts(meeting=meeting()), wishes(), is_new=False)["values"]
    names = ("kind", "display_name", "description", "start_date", "start_time", "time_zone")
    sent = {name: values[name] for name in names} | {"duration_minutes": "60", "required_minutes": "45"}
    assert editor.parse(sent) == wishes()


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
        assert editor.parse(form(time_zone=zone))["time_zone"] == zone


def test_the_script_starts_with_plain_json():
    args = editor.init_args(editor.page(author_facts(), wishes(starts_at=None), is_new=True))
    assert json.loads(json.dumps(args)) == args
    assert args["isNew"] is True
