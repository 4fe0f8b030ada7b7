"""The editor's form as it comes back from a browser, or from whoever says to be one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.screens.factories import STARTS_AT, form, wishes
from zoom_xblock.screens import editor_answers, editor_fields, editor_parse
from zoom_xblock.screens.editor_parse import WrongForm, parse


def wrong_fields(data: object, current: dict | None = None) -> dict[str, str]:
    with pytest.raises(WrongForm) as caught:
        parse(data, current)
    return caught.value.fields


def series(**values: object) -> dict:
    """A weekly series of five dates, as the script sends it."""
    return form(**{"every": "week", "interval": "1", "weekdays": [4], "ends_by": "count", "count": "5", **values})


def test_a_complete_form_becomes_wishes():
    parsed = parse(form())
    defaults = {one.name: one.default for one in editor_fields.FIELDS if one.is_wish}
    assert parsed.wishes == {
        **defaults,
        "display_name": "Cell biology",
        "description": "Bring questions.",
        "time_zone": "Europe/Berlin",
        "starts_at": STARTS_AT,
        "recurrence": {},
    }
    assert (parsed.host_email, parsed.alternative_hosts, parsed.passcode, parsed.seen) == (None, None, None, None)


def test_what_is_not_sent_stays_as_it_is():
    current = wishes(show_calendar=False, entry="open", recurrence={"every": "day", "interval": 2, "count": 3})
    parsed = parse(form(), current)
    assert parsed.wishes["show_calendar"] is False
    assert parsed.wishes["entry"] == "open"
    assert parsed.wishes["recurrence"] == {"every": "day", "interval": 2, "count": 3}


@pytest.mark.parametrize("value", [None, "", "many", "nan", "inf", "-1", 1001, True, [], "1" * 400], ids=repr)
def test_points_are_a_number_from_0_to_1000(value):
    assert wrong_fields(form(has_score=True, weight=value)) == {"weight": "points"}


def test_grading_is_switched_on_by_true_alone():
    assert parse(form(has_score=True, weight="2.5")).wishes["weight"] == 2.5
    assert parse(form(has_score=True)).wishes["has_score"] is True
    assert parse(form(has_score="yes")).wishes["has_score"] is False


@pytest.mark.parametrize("completion", ["minutes", "percent", "joining", "none"])
def test_what_means_nothing_beside_the_rest_is_neither_believed_nor_refused(completion):
    sent = form(completion=completion, required_minutes="45", required_percent="80", has_score=True)
    if completion != "minutes":
        sent["required_minutes"] = "garbage"
    if completion != "percent":
        sent["required_percent"] = {}
    parsed = parse(sent, wishes(required_minutes=30, required_percent=50))
    assert parsed.wishes["required_minutes"] == (45 if completion == "minutes" else 30)
    assert parsed.wishes["required_percent"] == (80 if completion == "percent" else 50)
    assert parsed.wishes["has_score"] == (completion != "none")


def test_a_webinars_form_leaves_what_only_meetings_have():
    parsed = parse(form(kind="webinar", entry="garbage", practice_session=True), wishes(entry="waiting_room"))
    assert (parsed.wishes["entry"], parsed.wishes["practice_session"]) == ("waiting_room", True)


def test_what_is_not_asked_for_is_not_taken():
    assert "zoom_id" not in parse(form(zoom_id=84512345678, start_url="https://evil.example.com")).wishes


def test_spaces_around_texts_go():
    assert parse(form(display_name="  Cell biology \n")).wishes["display_name"] == "Cell biology"


@pytest.mark.parametrize("data", [None, [], "text", 7, True], ids=repr)
def test_what_is_no_form_at_all_is_refused(data):
    assert wrong_fields(data) == {}


def test_an_empty_form_names_what_is_missing():
    assert set(wrong_fields({})) == {
        "kind", "display_name", "starts_at", "time_zone", "duration_minutes", "required_minutes",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["display_name", "description", "kind", "time_zone", "completion", "passcode_choice"])
@pytest.mark.parametrize("value", [5.5, ["a"], {"a": 1}, "nul\x00", "half \ud800"], ids=repr)
def test_texts_that_are_none_are_malformed(name, value):
    assert wrong_fields(form(**{name: value}))[name] == "malformed"


@pytest.mark.parametrize(
    ("name", "limit"),
    [("display_name", editor_fields.TOPIC_MAX_LENGTH), ("description", editor_fields.DESCRIPTION_MAX_LENGTH)],
)
def test_texts_may_be_as_long_as_zoom_takes_and_no_longer(name, limit):
    assert len(parse(form(**{name: "ü" * limit})).wishes[name]) == limit
    assert wrong_fields(form(**{name: "ü" * (limit + 1)})) == {name: "too_long"}


def test_markup_is_text_like_any_other():
    assert parse(form(display_name="<b>A & B</b>")).wishes["display_name"] == "<b>A & B</b>"


@pytest.mark.parametrize("name", ["duration_minutes", "required_minutes", "join_minutes_before"])
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
        ("٤٥", "out_of_range"),
        ("an hour", "out_of_range"),
        (float("nan"), "out_of_range"),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_minutes_are_whole_numbers(name, value, slug):
    assert wrong_fields(form(**{name: value})) == {name: slug}


@pytest.mark.parametrize("value", [60, "60", " 60 "], ids=repr)
def test_minutes_may_come_as_number_or_text(value):
    assert parse(form(duration_minutes=value)).wishes["duration_minutes"] == 60


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        (one, "unknown")
        for one in ("Europe/Atlantis", "CET+1", "../etc/passwd", "/etc/passwd", "Europe", "europe/berlin")
    ]
    + [("", "required"), (None, "required")],
    ids=repr,
)
def test_zones_are_those_of_the_list(value, slug):
    assert wrong_fields(form(time_zone=value)) == {"time_zone": slug}


@pytest.mark.parametrize(
    "values",
    [
        {"start_date": ""},
        {"start_time": ""},
        {"start_date": "04.06.2026"},
        {"start_date": "2026-02-30"},
        {"start_date": "2026-W23-4"},
        {"start_date": "20260604"},
        {"start_time": "25:00"},
        {"start_time": "14"},
        {"start_date": None},
        {"start_time": 14},
        {"start_date": ["2026-06-04"]},
    ],
    ids=repr,
)
def test_a_start_needs_a_date_and_a_time(values):
    assert wrong_fields(form(**values)) == {"starts_at": "required"}


def test_seconds_and_offsets_in_a_time_are_not_believed():
    assert parse(form(start_time="14:00:59.5+09:00")).wishes["starts_at"] == STARTS_AT


def test_a_time_that_the_clocks_skip_is_refused_with_the_next_one_that_exists():
    with pytest.raises(WrongForm) as caught:
        parse(form(start_date="2026-03-29", start_time="02:30"))
    assert caught.value.fields == {"starts_at": "gap"}
    said = editor_answers.refusal(caught.value.fields, "invalid", facts=caught.value.facts)["errors"]["starts_at"]
    assert said.endswith("Next possible time: 3 a.m.")


@pytest.mark.parametrize(("clock", "hour"), [("01:59", 0), ("03:00", 1)])
def test_times_on_either_side_of_the_gap_exist(clock, hour):
    starts_at = parse(form(start_date="2026-03-29", start_time=clock)).wishes["starts_at"]
    assert starts_at == datetime(2026, 3, 29, hour, int(clock[3:]), tzinfo=UTC)


@pytest.mark.parametrize(("fold", "hour"), [(None, 0), ("first", 0), ("second", 1)])
def test_of_a_time_that_comes_twice_the_author_chooses_and_else_the_first_is_meant(fold, hour):
    sent = form(start_date="2026-10-25", start_time="02:30", **({"start_fold": fold} if fold else {}))
    assert parse(sent).wishes["starts_at"] == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)


def test_where_nothing_comes_twice_the_choice_means_nothing():
    assert parse(form(start_fold="second")).wishes["starts_at"] == STARTS_AT


@pytest.mark.parametrize(
    ("day", "zone"),
    [("0001-01-01", "Europe/Berlin"), ("9999-12-31", "America/New_York"), ("2901-01-01", "UTC")],
    ids=["first", "last", "beyond Zoom's"],
)
def test_the_ends_of_the_calendar_are_refused_not_stumbled_over(day, zone):
    assert wrong_fields(form(start_date=day, start_time="23:59" if day > "5" else "00:00", time_zone=zone)) == {
        "starts_at": "malformed"
    }


def test_every_wrong_field_is_named_at_once():
    fields = wrong_fields(series(display_name=7, start_time="", duration_minutes="", required_minutes="x", count="61"))
    assert set(fields) == {"display_name", "starts_at", "duration_minutes", "required_minutes", "count"}


# -- rule, host, passcode --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"required_minutes": 61}, {"required_minutes": "longer_than_session"}),
        ({"required_minutes": 0}, None),
        ({"counted": "custom", "opens_minutes": -5, "closes_minutes": 5, "required_minutes": 70}, None),
        ({"counted": "custom", "opens_minutes": 30, "closes_minutes": -30}, {"closes_minutes": "empty_window"}),
        (
            {"counted": "custom", "opens_minutes": 10, "closes_minutes": 0, "required_minutes": 51},
            {"required_minutes": "longer_than_session"},
        ),
        ({"completion": "percent", "required_percent": 0}, {"required_percent": "out_of_range"}),
        ({"completion": "percent", "required_percent": 101}, {"required_percent": "out_of_range"}),
        ({"completion": "percent", "required_percent": 100}, None),
    ],
    ids=str,
)
def test_a_requirement_must_be_within_reach(values, wrong):
    if wrong is None:
        parse(form(**values))
    else:
        assert wrong_fields(form(**values)) == wrong


def test_over_all_dates_of_a_series_the_minutes_are_those_of_all():
    assert parse(series(dates="all", required_minutes=300)).wishes["required_minutes"] == 300
    assert wrong_fields(series(dates="all", required_minutes=301)) == {"required_minutes": "longer_than_session"}
    assert wrong_fields(series(dates="one", required_minutes=61)) == {"required_minutes": "longer_than_session"}


@pytest.mark.parametrize("code", ["ä", "with space", "12345678901", "semi;colon", "", "١٢٣", "nul\x00"], ids=repr)
def test_a_passcode_has_zooms_letters(code):
    assert set(wrong_fields(form(passcode_choice="own", passcode=code))) == {"passcode"}


@pytest.mark.parametrize(
    ("values", "passcode"),
    [
        ({}, None),
        ({"passcode_choice": "leave", "passcode": "x"}, None),
        ({"passcode_choice": "none", "passcode": "x"}, ""),
        ({"passcode_choice": "own", "passcode": " aB3@-_* "}, "aB3@-_*"),
    ],
    ids=str,
)
def test_a_passcode_is_left_set_or_taken_away_and_never_a_field(values, passcode):
    parsed = parse(form(**values))
    assert parsed.passcode == passcode
    assert not {"passcode", "passcode_choice"} & set(parsed.wishes)


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        ("", ()),
        ("a@example.edu; b@example.edu,a@example.edu", ("a@example.edu", "b@example.edu")),
    ],
)
def test_alternative_hosts_are_addresses_each_once(value, hosts):
    assert parse(form(alternative_hosts=value)).alternative_hosts == hosts


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        ("not an address", "malformed"),
        ("<a@example.edu>", "malformed"),
        (",".join(f"a{number}@example.edu" for number in range(21)), "too_many"),
        (["a@example.edu"], "malformed"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_alternative_hosts_that_are_none_are_refused(value, slug):
    assert wrong_fields(form(alternative_hosts=value)) == {"alternative_hosts": slug}


# -- links, and anything at all --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["", "  ", None, [], "x\x00", "1" * 2001, True, 10**20], ids=lambda value: repr(value)[:12]
)
def test_a_reference_is_a_text_of_some_length(value):
    with pytest.raises(WrongForm) as caught:
        editor_parse.reference({"reference": value})
    assert set(caught.value.fields) == {"reference"}


def test_a_link_says_nothing_of_the_session_itself():
    sent = form(
        completion="joining", show_calendar=False, display_name="Evil", duration_minutes="garbage", entry="open"
    )
    rule = editor_parse.parse_rule(sent, wishes())
    assert rule["completion"] == "joining"
    assert rule["show_calendar"] is False
    assert not set(rule) & editor_fields.OF_THE_SESSION


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([one.name for one in editor_fields.FIELDS] + ["seen"]), ANYTHING))
def test_no_form_of_any_kind_is_more_than_refused(odd):
    sent = {
        **series(has_score=True, completion="percent", required_percent=5, passcode_choice="own", passcode="a"),
        **odd,
    }
    try:
        parsed = parse(sent)
    except WrongForm as error:
        answer = editor_answers.refusal(error.fields, "invalid", facts=error.facts)
        assert all(isinstance(said, str) and said for said in answer["errors"].values())
    else:
        assert set(parsed.wishes) == {one.name for one in editor_fields.FIELDS if one.is_wish} | {
            "starts_at",
            "recurrence",
        }
