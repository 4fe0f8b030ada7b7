"""How a session repeats: rules, dates, and the way to Zoom and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from demo.zoom import recurrence as zooms
from zoom_xblock import series

MADRID = "Europe/Madrid"
FIVE_MINUTES = timedelta(minutes=5)


def at(text: str, zone: str = MADRID) -> datetime:
    """A wall clock's time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def days(rule, starts_at, zone=MADRID):
    """The dates as the wall clock shows them."""
    return [one.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") for one in series.expand(rule, starts_at, zone)]


@pytest.mark.parametrize("nothing", [None, {}])
def test_nothing_is_a_single_date(nothing):
    assert series.check(nothing) == {}
    assert series.expand(nothing, at("2026-03-28T10:00"), MADRID) == [datetime(2026, 3, 28, 9, tzinfo=UTC)]
    assert series.to_zoom(nothing, at("2026-03-28T10:00"), MADRID) is None


def test_a_rule_is_normalised():
    rule = {"count": 3, "weekdays": [5, 1, 5], "every": "week"}
    assert series.check(rule) == {"every": "week", "interval": 1, "weekdays": [1, 5], "count": 3}
    assert series.check(series.check(rule)) == series.check(rule)


@pytest.mark.parametrize(
    ("rule", "slug"),
    [
        ("weekly", "malformed"),
        ([], "malformed"),
        (7, "malformed"),
        ({"count": 3}, "required"),
        ({"every": "", "count": 3}, "required"),
        ({"every": "year", "count": 3}, "malformed"),
        ({"every": ["day"], "count": 3}, "malformed"),
        ({"every": "day", "count": 3, "zoom_id": 1}, "malformed"),
        ({"every": "day"}, "required"),
        ({"every": "day", "count": 3, "until": "2026-01-01"}, "malformed"),
        ({"every": "day", "count": True}, "malformed"),
        ({"every": "day", "count": "3"}, "malformed"),
        ({"every": "day", "count": 0}, "out_of_range"),
        ({"every": "day", "count": 61}, "too_many_dates"),
        ({"every": "day", "count": 10**30}, "out_of_range"),
        ({"every": "day", "count": 3, "interval": 91}, "out_of_range"),
        ({"every": "day", "count": 3, "interval": 0}, "out_of_range"),
        ({"every": "day", "count": 3, "weekdays": [1]}, "malformed"),
        ({"every": "day", "until": "tomorrow"}, "malformed"),
        ({"every": "day", "until": "2026-02-30"}, "malformed"),
        ({"every": "day", "until": ""}, "required"),
        ({"every": "day", "until": 5}, "malformed"),
        ({"every": "week", "count": 3}, "required"),
        ({"every": "week", "count": 3, "weekdays": []}, "required"),
        ({"every": "week", "count": 3, "weekdays": "1"}, "malformed"),
        ({"every": "week", "count": 3, "weekdays": [True]}, "malformed"),
        ({"every": "week", "count": 3, "weekdays": [8]}, "out_of_range"),
        ({"every": "week", "count": 3, "weekdays": [1], "interval": 13}, "out_of_range"),
        ({"every": "month", "count": 3}, "required"),
        ({"every": "month", "count": 3, "month_day": 32}, "out_of_range"),
        ({"every": "month", "count": 3, "month_day": 1, "interval": 4}, "out_of_range"),
        ({"every": "month", "count": 3, "month_week": 0, "month_weekday": 1}, "out_of_range"),
        ({"every": "month", "count": 3, "month_week": 5, "month_weekday": 1}, "out_of_range"),
        ({"every": "month", "count": 3, "month_week": 1}, "required"),
        ({"every": "month", "count": 3, "month_weekday": 1}, "required"),
        ({"every": "month", "count": 3, "month_week": 1, "month_weekday": 8}, "out_of_range"),
        ({"every": "month", "count": 3, "month_week": 1, "month_weekday": 1, "month_day": 3}, "malformed"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(rule, slug):
    with pytest.raises(ValueError, match=f"^{slug}$"):
        series.check(rule)


def test_the_wall_clock_is_kept_over_both_changes_of_the_clocks():
    rule = {"every": "week", "weekdays": [1], "count": 3}
    dates = series.expand(rule, at("2026-03-23T10:00"), MADRID)
    assert [one.hour for one in dates] == [9, 8, 8]
    assert days(rule, at("2026-10-19T10:00")) == ["2026-10-19 10:00", "2026-10-26 10:00", "2026-11-02 10:00"]


def test_an_hour_that_the_clocks_skip_comes_later_and_one_that_comes_twice_first():
    daily = {"every": "day", "count": 2}
    assert days(daily, at("2026-03-28T02:30")) == ["2026-03-28 02:30", "2026-03-29 03:30"]
    assert [one.hour for one in series.expand(daily, at("2026-10-24T02:30"), MADRID)] == [0, 0]


def test_days_of_the_week_begin_with_the_first_that_fits():
    rule = {"every": "week", "weekdays": [1, 3], "count": 3}
    assert days(rule, at("2026-01-06T10:00")) == ["2026-01-07 10:00", "2026-01-12 10:00", "2026-01-14 10:00"]


def test_every_other_week_counts_from_sunday_as_zoom_does():
    rule = {"every": "week", "interval": 2, "weekdays": [1, 7], "count": 4}
    # Wednesday the 7th: its week began on Sunday the 4th, the one after next begins on the 18th.
    assert [one[:10] for one in days(rule, at("2026-01-07T10:00"))] == [
        "2026-01-18",
        "2026-01-19",
        "2026-02-01",
        "2026-02-02",
    ]


def test_months_without_the_day_are_left_out():
    rule = {"every": "month", "month_day": 31, "count": 3}
    assert [one[:10] for one in days(rule, at("2026-01-31T10:00"))] == ["2026-01-31", "2026-03-31", "2026-05-31"]


def test_weekdays_of_a_month():
    last = {"every": "month", "month_week": -1, "month_weekday": 5, "count": 2}
    second = {"every": "month", "month_week": 2, "month_weekday": 2, "count": 2}
    assert [one[:10] for one in days(last, at("2026-01-01T10:00"))] == ["2026-01-30", "2026-02-27"]
    assert [one[:10] for one in days(second, at("2026-01-14T10:00"))] == ["2026-02-10", "2026-03-10"]


def test_until_a_day_counts_that_day_in_the_zone_of_the_session():
    rule = {"every": "day", "until": "2026-01-07"}
    assert [one[:10] for one in days(rule, at("2026-01-05T23:30"))] == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert series.to_zoom(rule, at("2026-01-05T23:30"), MADRID)["end_date_time"] == "2026-01-07T22:59:59Z"


def test_a_series_that_ends_before_it_begins_has_no_dates():
    assert series.expand({"every": "day", "until": "2026-01-01"}, at("2026-01-05T10:00"), MADRID) == []


def test_too_many_dates_until_a_day_are_refused_and_never_cut():
    rule = {"every": "day", "until": "2026-03-05"}
    assert len(series.expand(rule, at("2026-01-05T10:00"), MADRID)) == 60
    with pytest.raises(ValueError, match="too_many_dates"):
        series.expand({**rule, "until": "2026-03-06"}, at("2026-01-05T10:00"), MADRID)


def test_the_end_of_the_calendar_is_no_crash():
    with pytest.raises(ValueError, match="out_of_range"):
        series.expand({"every": "month", "month_day": 1, "count": 5}, at("9999-11-01T10:00"), MADRID)


@pytest.mark.parametrize("body", [None, {}, [], "x", {"type": 9}, {"type": "2", "weekly_days": "9"}, {"type": {}}])
def test_what_zoom_says_strangely_is_no_rule(body):
    assert series.from_zoom(body) == {}


def test_zooms_numbers_may_be_texts():
    body = {"type": "2", "repeat_interval": "1", "weekly_days": "2, 4", "end_times": "10"}
    assert series.from_zoom(body) == {"every": "week", "interval": 1, "weekdays": [1, 3], "count": 10}


@st.composite
def rules(draw):
    """A rule of the field."""
    every = draw(st.sampled_from(["day", "week", "month"]))
    rule = {"every": every, "interval": draw(st.integers(1, series.LONGEST_INTERVAL[every]))}
    if every == "week":
        rule["weekdays"] = sorted(draw(st.sets(st.integers(1, 7), min_size=1)))
    elif every == "month":
        if draw(st.booleans()):
            rule["month_day"] = draw(st.integers(1, 31))
        else:
            rule |= {"month_week": draw(st.sampled_from([-1, 1, 2, 3, 4])), "month_weekday": draw(st.integers(1, 7))}
    if draw(st.booleans()):
        rule["count"] = draw(st.integers(1, 60))
    else:
        rule["until"] = draw(st.dates(date(2026, 1, 1), date(2027, 12, 31))).isoformat()
    return rule


starts = st.integers(0, 364 * 24 * 12).map(lambda number: datetime.fromisoformat("2026-01-01") + number * FIVE_MINUTES)
zones = st.sampled_from([MADRID, "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"])


@settings(max_examples=300, deadline=None)
@given(rule=rules(), wall=starts, zone=zones)
def test_zoom_has_the_same_dates_and_the_same_rule(rule, wall, zone):
    starts_at = wall.replace(tzinfo=ZoneInfo(zone))
    assume(starts_at.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall)  # no hour that is skipped
    try:
        ours = series.expand(rule, starts_at, zone)
    except ValueError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert refused == "too_many_dates"
        return
    told = zooms.checked(series.to_zoom(rule, starts_at, zone), fixed_time=True)
    theirs = [datetime.fromtimestamp(one, UTC) for one in zooms.dates(starts_at.timestamp(), zone, told)]
    assert ours == theirs
    assert series.from_zoom(told, zone) == series.check(rule)


@settings(max_examples=200, deadline=None)
@given(rule=rules(), wall=starts, zone=zones)
def test_dates_ascend_keep_the_hour_and_fit_the_rule(rule, wall, zone):
    starts_at = wall.replace(tzinfo=ZoneInfo(zone))
    try:
        dates = series.expand(rule, starts_at, zone)
    except ValueError:
        return
    assert dates == sorted(set(dates))
    assert len(dates) <= min(60, rule.get("count", 60))
    first = starts_at.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    for one in dates:
        local = one.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert abs(
            timedelta(hours=local.hour, minutes=local.minute) - timedelta(hours=first.hour, minutes=first.minute)
        ) in (timedelta(0), timedelta(minutes=30), timedelta(hours=1))  # but for the hour that the clocks skip
        assert "weekdays" not in rule or local.isoweekday() in rule["weekdays"]
        assert "month_day" not in rule or local.day == rule["month_day"]
        assert "until" not in rule or local.date().isoformat() <= rule["until"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
KEYS = ["every", "interval", "weekdays", "month_day", "month_week", "month_weekday", "count", "until", "x"]


@settings(max_examples=400, deadline=None)
@given(
    rule=json_values | st.dictionaries(st.sampled_from(KEYS), json_values | st.sampled_from(["day", "week", "month"]))
)
def test_hostile_rules_are_refused_with_a_slug_or_are_rules(rule):
    try:
        checked, slug = series.check(rule), ""
    except ValueError as error:
        checked, slug = {}, str(error)
    assert slug in ("", "malformed", "required", "out_of_range", "too_many_dates")
    assert series.check(checked) == checked


@settings(max_examples=300, deadline=None)
@given(
    body=json_values
    | st.dictionaries(
        st.sampled_from(
            [
                "type",
                "repeat_interval",
                "weekly_days",
                "monthly_day",
                "monthly_week",
                "monthly_week_day",
                "end_times",
                "end_date_time",
            ]
        ),
        json_values,
    )
)
def test_whatever_zoom_says_is_a_rule_or_nothing(body):
    rule = series.from_zoom(body, MADRID)
    assert series.check(rule) == rule
