from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import translation

from zoom_xblock.screens import page


def test_a_time_is_shown_on_the_clock_of_its_zone():
    when = page.when(datetime(2026, 6, 4, 12, 0, tzinfo=UTC), 90, "Europe/Berlin")
    assert when == {
        "iso": "2026-06-04T12:00:00+00:00",
        "ends_iso": "2026-06-04T15:30:00+02:00",
        "date": "June 4, 2026",
        "weekday": "Thursday",
        "time": "2 p.m.",
        "ends_time": "3:30 p.m.",
        "ends_date": "",
        "zone": "Europe/Berlin",
        "zone_name": "Europe/Berlin",
        "offset": "UTC+2",
        "month": "Jun",
        "day": "4",
    }


def test_no_time_is_none():
    assert page.when(None, 60, "UTC") is None


def test_an_end_on_another_day_names_that_day():
    assert page.when(datetime(2026, 6, 4, 21, 30, tzinfo=UTC), 60, "Europe/Berlin")["ends_date"] == "June 5, 2026"


def test_an_end_after_the_clocks_changed_is_on_the_new_clock():
    when = page.when(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 60, "Europe/Berlin")
    assert (when["time"], when["ends_time"]) == ("1:30 a.m.", "3:30 a.m.")


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("UTC", ""),
        ("Europe/London", "UTC"),
        ("Asia/Kathmandu", "UTC+5:45"),
        ("America/St_Johns", "UTC−3:30"),
        ("America/New_York", "UTC−5"),
    ],
)
def test_the_distance_from_utc_is_that_of_the_day(zone, offset):
    assert page.when(datetime(2026, 1, 15, 12, 0, tzinfo=UTC), 60, zone)["offset"] == offset


@pytest.mark.parametrize("name", ["", "Nowhere", "Europe", "../../etc/passwd", "\x00", "a" * 500], ids=repr)
def test_a_zone_that_an_import_brought_and_nobody_knows_is_utc(name):
    assert page.zone(name).key == "UTC"


def test_underscores_in_zones_are_for_machines():
    assert page.when(datetime(2026, 6, 4, 12, 0, tzinfo=UTC), 60, "America/New_York")["zone_name"] == "America/New York"


def test_dates_are_written_in_the_readers_language():
    with translation.override("de"):
        when = page.when(datetime(2026, 6, 4, 12, 0, tzinfo=UTC), 60, "Europe/Berlin")
    assert (when["weekday"], when["date"], when["time"]) == ("Donnerstag", "4. Juni 2026", "14:00")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 minutes"),
        (59.999, "0 minutes"),
        (60, "1 minute"),
        (119.9, "1 minute"),
        (120, "2 minutes"),
        (5400, "90 minutes"),
    ],
)
def test_minutes_are_whole_and_rounded_down(seconds, text):
    assert page.minutes(seconds) == text


@pytest.mark.parametrize(("kind", "name"), [("meeting", "Meeting"), ("webinar", "Webinar"), ("party", "Meeting")])
def test_kinds_have_names(kind, name):
    assert page.kind_name(kind) == name
