"""What we ask for, and the least that has to be sent when it changes."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from zoom_xblock.client import changes, meeting_body
from zoom_xblock.client.shapes import meeting_from

STARTS = datetime(2026, 1, 5, 10, 0, 30, 999, tzinfo=ZoneInfo("Europe/Madrid"))
WEEKLY = {"type": 2, "repeat_interval": 1, "weekly_days": "2,4", "end_times": 10}


def body(kind="meeting", **more):
    """A usual body."""
    usual = {"topic": "Algebra", "starts_at": STARTS, "duration_minutes": 60, "timezone": "Europe/Madrid"}
    return meeting_body(kind, **(usual | more))


def as_zoom_has_it(sent, kind="meeting"):
    """What Zoom says after it took a body."""
    return meeting_from(kind, {"id": 845, **sent, "settings": {**sent["settings"], "host_video": False}})


def test_the_defaults():
    assert body() == {
        "topic": "Algebra",
        "agenda": "",
        "type": 2,
        "start_time": "2026-01-05T09:00:30Z",
        "timezone": "Europe/Madrid",
        "duration": 60,
        "settings": {
            "approval_type": 0,
            "registrants_email_notification": False,
            "registrants_confirmation_email": False,
            "use_pmi": False,
        },
    }


@pytest.mark.parametrize(
    ("kind", "recurrence", "number"),
    [("meeting", None, 2), ("meeting", WEEKLY, 8), ("webinar", None, 5), ("webinar", WEEKLY, 9)],
)
def test_types(kind, recurrence, number):
    made = body(kind, recurrence=recurrence)
    assert (made["type"], made.get("recurrence"), made["settings"].get("registration_type")) == (
        number,
        recurrence,
        1 if recurrence else None,
    )


def test_choices():
    assert body(registration=False)["settings"]["approval_type"] == 2
    assert (
        body(alternative_hosts=["a@x.example", "b@x.example"])["settings"]["alternative_hosts"]
        == "a@x.example;b@x.example"
    )
    assert (
        body("webinar", alternative_hosts=["a@x.example", "b@x.example"])["settings"]["alternative_hosts"]
        == "a@x.example,b@x.example"
    )
    assert (
        body(auto_recording="cloud", approval_type=1)["settings"] | {"auto_recording": "cloud", "approval_type": 1}
        == body(auto_recording="cloud", approval_type=1)["settings"]
    )
    assert "use_pmi" not in body("webinar")["settings"]


@pytest.mark.parametrize(
    ("entry", "waiting_room", "join_before_host"),
    [("host_first", False, False), ("waiting_room", True, False), ("open", False, True), (None, None, None)],
)
def test_who_may_be_in_before_the_host(entry, waiting_room, join_before_host):
    settings = body(entry=entry)["settings"]
    assert (settings.get("waiting_room"), settings.get("join_before_host")) == (waiting_room, join_before_host)


def test_long_texts_are_cut_where_zoom_would_refuse():
    made = body(topic="t" * 300, agenda="a" * 3000)
    assert (len(made["topic"]), len(made["agenda"])) == (200, 2000)


def test_a_start_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        body(starts_at=STARTS.replace(tzinfo=None))


@pytest.mark.parametrize("kind", ["meeting", "webinar"])
@pytest.mark.parametrize("recurrence", [None, WEEKLY])
def test_what_zoom_has_already_is_not_sent(kind, recurrence):
    sent = body(kind, recurrence=recurrence, agenda="x", alternative_hosts=["b@x.example", "a@x.example"])
    assert changes(as_zoom_has_it(sent, kind), sent) == {}


@pytest.mark.parametrize(
    ("wanted", "difference"),
    [
        ({"topic": "Geometry"}, {"topic": "Geometry"}),
        ({"agenda": "new"}, {"agenda": "new"}),
        ({"duration": 90}, {"duration": 90}),
        ({"start_time": "2026-01-05T10:00:30Z"}, {"start_time": "2026-01-05T10:00:30Z"}),
        ({"start_time": "2026-01-05T10:00:30+01:00"}, {}),
        ({"settings": {"approval_type": 2}}, {"settings": {"approval_type": 2}}),
        ({"settings": {"approval_type": 0, "host_video": True}}, {"settings": {"host_video": True}}),
        ({"settings": {"never_reported": False}}, {}),
        ({"settings": {"never_reported": True}}, {"settings": {"never_reported": True}}),
        ({"settings": {}}, {}),
        ({}, {}),
        ({"type": 8}, {"type": 8}),
    ],
)
def test_only_what_differs_is_sent(wanted, difference):
    assert changes(as_zoom_has_it(body()), wanted) == difference


def test_another_zone_takes_the_start_along():
    wanted = body(timezone="Europe/Lisbon")
    assert changes(as_zoom_has_it(body()), wanted) == {
        "timezone": "Europe/Lisbon",
        "start_time": "2026-01-05T09:00:30Z",
    }


def test_hosts_are_a_set():
    before = as_zoom_has_it(body(alternative_hosts=["A@x.example", "b@x.example"]))
    assert changes(before, body(alternative_hosts=["b@x.example", "a@x.example"])) == {}
    assert changes(before, body(alternative_hosts=["b@x.example"])) == {
        "settings": {"alternative_hosts": "b@x.example"}
    }


class TestSeries:
    before = as_zoom_has_it(body(recurrence={**WEEKLY, "weekly_days": "4,2"}))

    def test_any_change_repeats_the_recurrence_whole(self):
        assert changes(self.before, {"topic": "Geometry"}) == {
            "topic": "Geometry",
            "recurrence": {**WEEKLY, "weekly_days": "4,2"},
        }
        assert changes(self.before, body(recurrence=WEEKLY, topic="Geometry")) == {
            "topic": "Geometry",
            "recurrence": WEEKLY,
        }

    def test_days_are_a_set(self):
        assert changes(self.before, {"recurrence": WEEKLY}) == {}

    @pytest.mark.parametrize(
        "recurrence",
        [
            {**WEEKLY, "end_times": 11},
            {**WEEKLY, "weekly_days": "2"},
            {"type": 1, "end_times": 10},
            {"type": 2, "repeat_interval": 1, "weekly_days": "2,4", "end_date_time": "2026-03-01T00:00:00Z"},
        ],
    )
    def test_another_recurrence_is_sent_whole(self, recurrence):
        assert changes(self.before, {"recurrence": recurrence}) == {"recurrence": recurrence}

    def test_an_end_written_otherwise_is_the_same(self):
        before = replace(self.before, recurrence={"type": 1, "end_date_time": "2026-03-01T00:00:00Z"})
        assert changes(before, {"recurrence": {"type": 1, "end_date_time": "2026-03-01T01:00:00+01:00"}}) == {}


def test_a_start_that_zoom_lost_is_sent():
    before = replace(as_zoom_has_it(body()), starts_at=None)
    assert changes(before, body()) == {"start_time": "2026-01-05T09:00:30Z"}
    assert as_zoom_has_it(body()).starts_at == datetime(2026, 1, 5, 9, 0, 30, tzinfo=UTC)
