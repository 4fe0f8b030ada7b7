"""The course team's picture of presence over time, through its handler."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.block.test_staff_handlers import call, room  # noqa: F401
from tests.classroom import BEGAN
from zoom_xblock.models import Meeting

pytestmark = pytest.mark.django_db


def test_bars_and_curve_are_of_the_same_presences(room, call):  # noqa: F811
    picture = call("picture").json()
    assert len(picture["rows"]) == 15
    hers = next(row for row in picture["rows"] if row["username"] == room.users[5].username)
    assert hers["times"] == "10:05 a.m.–10:25 a.m., 10:28 a.m.–10:48 a.m."
    assert hers["minutes"] == "40 minutes"
    assert len(hers["spans"]) == 2
    assert picture["peak"] == 10 - 1  # learner 0 has left when learner 9 comes
    assert max(count for _at, count in picture["curve"]) == picture["peak"]
    assert all(0 <= place <= picture["width"] for row in picture["rows"] for span in row["spans"] for place in span)
    assert [mark["text"] for mark in picture["marks"]] == [
        "10:00",
        "10:10",
        "10:20",
        "10:30",
        "10:40",
        "10:50",
        "11:00",
    ]


def test_two_devices_are_one_learner_in_the_curve(room, call):  # noqa: F811
    before = call("picture").json()
    room.was_there(room.users[5], 5, 25, connection="second device")
    assert call("picture").json()["peak"] == before["peak"]


def test_a_series_has_a_picture_for_each_date(room, call):  # noqa: F811
    Meeting.objects.update(recurrence={"freq": "weekly"})
    for number in (0, 1):
        room.meeting.occurrences.create(
            occurrence_id=f"o{number}", starts_at=BEGAN + timedelta(days=7 * number), duration_minutes=60
        )
    assert call("picture", {"date": "o0"}).json()["peak"] == 9
    later = call("picture", {"date": "o1"}).json()
    assert (later["peak"], later["empty"], later["date"]) == (0, True, "o1")
    assert len(later["dates"]) == 2
    for nonsense in ("nope", 7, None, "x" * 10_000, ["o1"]):
        assert call("picture", {"date": nonsense}).json()["date"] == "o0"  # the last one that was held


def test_what_does_not_count_is_drawn_and_not_counted(room, call):  # noqa: F811
    room.placement.rule = {**room.placement.rule, "counted": "custom", "opens_minutes": 10, "closes_minutes": 0}
    room.placement.save()
    picture = call("picture").json()
    hers = next(row for row in picture["rows"] if row["username"] == room.users[5].username)
    assert hers["minutes"] == "35 minutes"
    assert hers["spans"][0][0] < hers["counted"][0][0]
