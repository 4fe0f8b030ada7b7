"""A series and its single dates as they come back from the editor's form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.screens.test_editor_parse import series, wrong_fields
from zoom_xblock.screens import editor_answers, editor_parse
from zoom_xblock.screens.editor_parse import WrongForm, parse


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({}, {"every": "week", "interval": 1, "weekdays": [4], "count": 5}),
        ({"weekdays": ["3", 1, 3]}, {"every": "week", "interval": 1, "weekdays": [1, 3], "count": 5}),
        ({"every": "day", "interval": 90}, {"every": "day", "interval": 90, "count": 5}),
        (
            {"every": "month", "monthly_by": "day", "month_day": 31},
            {"every": "month", "interval": 1, "month_day": 31, "count": 5},
        ),
        (
            {"every": "month", "monthly_by": "weekday", "month_week": "-1", "month_weekday": "5"},
            {"every": "month", "interval": 1, "month_week": -1, "month_weekday": 5, "count": 5},
        ),
        (
            {"ends_by": "until", "until": "2026-07-01"},
            {"every": "week", "interval": 1, "weekdays": [4], "until": "2026-07-01"},
        ),
        ({"every": "never", "count": "garbage"}, {}),
    ],
    ids=str,
)
def test_the_parts_of_a_series_become_its_rule(values, rule):
    assert parse(series(**values)).wishes["recurrence"] == rule


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"weekdays": []}, {"weekdays": "required"}),
        ({"weekdays": [8]}, {"weekdays": "malformed"}),
        ({"weekdays": "1,2"}, {"weekdays": "malformed"}),
        ({"weekdays": [[1]]}, {"weekdays": "malformed"}),
        ({"interval": 13}, {"interval": "out_of_range"}),
        ({"every": "month", "interval": 4}, {"interval": "out_of_range"}),
        ({"every": "day", "interval": 91}, {"interval": "out_of_range"}),
        ({"count": 0}, {"count": "out_of_range"}),
        ({"count": 61}, {"count": "out_of_range"}),
        ({"ends_by": "until", "until": ""}, {"until": "required"}),
        ({"ends_by": "until", "until": "2026-06-03"}, {"until": "before_start"}),
        ({"every": "year"}, {"every": "unknown_choice"}),
    ],
    ids=str,
)
def test_a_series_that_zoom_would_not_take_is_refused_at_its_field(values, wrong):
    assert wrong_fields(series(**values)) == wrong


def test_the_limit_that_is_told_is_that_of_the_unit():
    with pytest.raises(WrongForm) as caught:
        parse(series(interval=13))
    said = editor_answers.refusal(caught.value.fields, "invalid", facts=caught.value.facts)["errors"]
    assert said == {"interval": "Choose a whole number between 1 and 12."}


def test_a_date_is_moved_by_its_id_on_the_sessions_clock():
    sent = {
        "occurrence_id": "1780000000000",
        "start_date": "2026-06-05",
        "start_time": "14:00",
        "duration_minutes": "30",
    }
    found = editor_parse.single_date(sent, "Europe/Berlin", wants_start=True)
    assert found == ("1780000000000", datetime(2026, 6, 5, 12, 0, tzinfo=UTC), 30)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        {},
        {"occurrence_id": ["1"]},
        {"occurrence_id": "1&x=2"},
        {"occurrence_id": "1" * 65},
        {"occurrence_id": "1", "start_date": "2026-03-29", "start_time": "02:30", "duration_minutes": 30},
        {"occurrence_id": "1", "start_date": "2026-06-05", "start_time": "14:00", "duration_minutes": 0},
        {"occurrence_id": "1", "start_date": "", "start_time": "14:00", "duration_minutes": 30},
    ],
    ids=str,
)
def test_an_odd_date_is_refused_at_the_list(sent):
    with pytest.raises(WrongForm) as caught:
        editor_parse.single_date(sent, "Europe/Berlin", wants_start=True)
    assert set(caught.value.fields) <= {"date"}
