"""Series at Zoom: made, changed, their dates kept, moved and removed singly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.conftest import make_block, wishes_of
from tests.services.test_meetings import at_zoom, save, writes
from zoom_xblock import series
from zoom_xblock.models import Meeting, Occurrence
from zoom_xblock.queries.author import token_of
from zoom_xblock.services import meetings, occurrences, registrations
from zoom_xblock.services.errors import Busy, Forbidden, InvalidWishes, Unplaced, ZoomSaid
from zoom_xblock.services.leases import lease
from zoom_xblock.services.meetings import SAVE_LEASE_SECONDS, placement_of

pytestmark = pytest.mark.django_db

DAILY = {"every": "day", "count": 4}


@pytest.fixture
def daily(connected, block_row, site):
    """A series of four days."""
    return save(site, block_row, recurrence=DAILY).meeting


def rows(meeting):
    """Its dates as we have them."""
    return list(meeting.occurrences.order_by("starts_at").values_list("starts_at", "duration_minutes", "status"))


def occurrence(meeting, number):
    """One of them."""
    return meeting.occurrences.order_by("starts_at")[number]


@pytest.mark.parametrize("kind", ["meeting", "webinar"])
@pytest.mark.parametrize(
    "rule",
    [
        {"every": "day", "interval": 3, "count": 5},
        {"every": "week", "weekdays": [1, 3, 7], "count": 6},
        {"every": "week", "interval": 2, "weekdays": [5], "until": "2027-03-05"},
        {"every": "month", "month_day": 15, "count": 3},
        {"every": "month", "month_week": -1, "month_weekday": 2, "count": 3},
    ],
    ids=str,
)
def test_a_series_is_made_with_registration_for_all_dates(connected, zoom, site, kind, rule):
    zoom.control("clock", set="2026-12-01T08:00:00Z")
    row = make_block(site.course_key, kind=kind, starts_at="2027-01-04T10:00:00+01:00", recurrence=rule)
    saved = save(site, row)
    assert saved.differences == []
    [made] = at_zoom(zoom)
    assert made["type"] == (8 if kind == "meeting" else 9)
    assert (made["settings"]["approval_type"], made["settings"]["registration_type"]) == (0, 1)
    starts_at = datetime(2027, 1, 4, 9, tzinfo=UTC)
    planned = series.expand(rule, starts_at, "Europe/Madrid")
    assert [start for start, _minutes, _status in rows(saved.meeting)] == planned
    assert saved.meeting.starts_at == planned[0]
    assert saved.meeting.recurrence == series.check(rule)
    assert not save(site, row, has_moved=False).was_sent
    assert not save(site, row).was_sent  # not even when the start is said to be new


def test_a_learner_registers_once_for_all_dates(daily, block_row, site, zoom, jobs):
    registrations.request_place(usage_key=block_row.key, user_id=site.learner1.pk)
    jobs.run()
    registration = daily.registrations.get()
    assert registration.state == "registered"
    assert registration.join_url
    assert len(zoom.control(f"meetings/{daily.zoom_id}")["registrants"]) == 1


def test_a_single_date_becomes_a_series_and_back(session, block_row, site, zoom):
    saved = save(site, block_row, has_moved=False, recurrence=DAILY)
    assert (saved.differences, len(rows(session))) == ([], 4)
    assert at_zoom(zoom)[0]["settings"]["registration_type"] == 1
    saved = save(site, block_row, has_moved=False, recurrence={})
    assert (saved.differences, rows(session)) == ([], [])
    session.refresh_from_db()
    assert (session.recurrence, at_zoom(zoom)[0]["type"]) == ({}, 2)


def test_another_rule_replaces_the_dates(daily, block_row, site):
    saved = save(site, block_row, recurrence={"every": "day", "interval": 2, "count": 2}, has_moved=False)
    assert saved.differences == []
    assert [status for _start, _minutes, status in rows(daily)] == ["available", "available"]


def test_a_rule_that_begins_on_another_day_takes_the_start_along(daily, block_row, site):
    weekday = (daily.starts_at.astimezone(ZoneInfo("Europe/Madrid")) + timedelta(days=2)).isoweekday()
    rule = {"every": "week", "weekdays": [weekday], "count": 2}
    saved = save(site, block_row, recurrence=rule, has_moved=False)
    assert saved.differences == []
    daily.refresh_from_db()
    assert daily.starts_at == rows(daily)[0][0]
    assert daily.starts_at.astimezone(ZoneInfo("Europe/Madrid")).isoweekday() == weekday


@pytest.mark.parametrize("policy", ["ignore", "refuse"])
def test_a_longer_series_is_told_whole(daily, block_row, site, zoom, policy):
    zoom.control("options", series_patch_without_recurrence=policy)
    saved = save(site, block_row, recurrence=DAILY, has_moved=False, duration_minutes=90)
    assert saved.differences == []
    assert {minutes for _start, minutes, _status in rows(daily)} == {90}


def test_an_end_that_zoom_words_otherwise_is_the_same(connected, block_row, site, zoom):
    until = (timezone.now() + timedelta(days=5)).date().isoformat()
    meeting = save(site, block_row, recurrence={"every": "day", "until": until}).meeting
    told = zoom.control(f"meetings/{meeting.zoom_id}")["recurrence"]
    told["end_date_time"] = told["end_date_time"].replace(":59:59Z", ":30:00Z")
    zoom.control(f"meetings/{meeting.zoom_id}", "PATCH", recurrence=told)
    assert not save(site, block_row, recurrence={"every": "day", "until": until}, has_moved=False).was_sent


def test_a_series_that_the_field_cannot_say_is_not_made_a_single_date(daily, block_row, site, zoom):
    Meeting.objects.update(recurrence={})
    zoom.control(f"meetings/{daily.zoom_id}", "PATCH", recurrence={"type": 1, "repeat_interval": 1, "end_times": 60})
    strange = {"type": 9}

    # What Zoom's pages may write and the API's form has no word for.
    import zoom_xblock.services.readback as readback

    assert series.from_zoom(strange) == {}
    original, readback.series.from_zoom = readback.series.from_zoom, lambda *_args: {}
    try:
        saved = save(site, block_row, recurrence={}, has_moved=False, display_name="Renamed")
    finally:
        readback.series.from_zoom = original
    assert at_zoom(zoom)[0]["type"] == 8
    assert at_zoom(zoom)[0]["topic"] == "Renamed"
    assert saved.differences == []


def test_until_before_the_start_is_refused(connected, block_row, site, zoom):
    with pytest.raises(InvalidWishes) as refused:
        save(site, block_row, recurrence={"every": "day", "until": timezone.now().date().isoformat()},
             starts_at=(timezone.now() + timedelta(days=3)).isoformat())  # fmt: skip
    assert refused.value.fields == {"recurrence": "no_dates"}


# -- single dates -----------------------------------------------------------------------------------------------------


def move(site, row, date, *, hours=0, minutes=60, **more):
    """The author moves one date."""
    return occurrences.move_date(
        usage_key=row.key,
        user_id=site.author.pk,
        **{
            "occurrence_id": date.occurrence_id,
            "starts_at": date.starts_at + timedelta(hours=hours),
            "duration_minutes": minutes,
            **more,
        },
    )


def remove(site, row, date):
    """The author takes one date out."""
    return occurrences.remove_date(usage_key=row.key, user_id=site.author.pk, occurrence_id=date.occurrence_id)


def test_one_date_is_moved_and_the_others_stay(daily, block_row, site):
    before = rows(daily)
    saved = move(site, block_row, occurrence(daily, 1), hours=3, minutes=30)
    assert (saved.was_sent, saved.differences) == (True, [])
    after = rows(daily)
    assert after[1] == (before[1][0] + timedelta(hours=3), 30, "available")
    assert [after[0], *after[2:]] == [before[0], *before[2:]]


def test_moving_to_where_it_is_sends_nothing(daily, block_row, site, zoom):
    zoom.held()
    assert not move(site, block_row, occurrence(daily, 1)).was_sent
    assert writes(zoom) == []


def test_one_date_is_removed_and_the_series_stays(daily, block_row, site, zoom, client, jobs):
    saved = remove(site, block_row, occurrence(daily, 2))
    assert saved.differences == []
    assert [status for _start, _minutes, status in rows(daily)] == ["available", "available", "deleted", "available"]
    zoom.deliver(client)  # Zoom tells of the deletion of a single date
    jobs.run()
    daily.refresh_from_db()
    assert daily.state == Meeting.State.SCHEDULED
    assert daily.missing_since is None
    with pytest.raises(InvalidWishes) as refused:
        remove(site, block_row, occurrence(daily, 2))
    assert refused.value.fields == {"occurrence_id": "unknown"}


def test_the_last_date_is_not_removed_singly(daily, block_row, site, zoom):
    for number in (0, 1, 2):
        remove(site, block_row, occurrence(daily, number))
    with pytest.raises(InvalidWishes) as refused:
        remove(site, block_row, occurrence(daily, 3))
    assert refused.value.fields == {"occurrence_id": "last_date"}
    assert len(at_zoom(zoom)) == 1


@pytest.mark.parametrize(
    "changes",
    [{"display_name": "Renamed"}, {"entry": "waiting_room"}, {"duration_minutes": 90}, {"passcode": "abc"}],
    ids=str,
)
def test_single_dates_survive_a_change_of_the_whole_series(daily, block_row, site, changes):
    move(site, block_row, occurrence(daily, 1), hours=3)
    remove(site, block_row, occurrence(daily, 2))
    moved = occurrence(daily, 1).starts_at
    saved = save(site, block_row, recurrence=DAILY, has_moved=False, **changes)
    assert saved.differences == []
    after = rows(daily)
    assert after[1][:2] == (moved, changes.get("duration_minutes", 60))
    assert [status for _start, _minutes, status in after] == ["available", "available", "deleted", "available"]


def test_a_removed_date_that_cannot_be_removed_again_is_told(daily, block_row, site, zoom):
    remove(site, block_row, occurrence(daily, 2))
    zoom.fault("DELETE", f"/v2/meetings/{daily.zoom_id}", status=500, times=1)
    saved = save(site, block_row, recurrence=DAILY, has_moved=False, display_name="Renamed")
    assert saved.differences == ["other_recurrence"]
    assert {status for _start, _minutes, status in rows(daily)} == {"available"}


def test_a_form_in_another_tab_does_not_undo_a_moved_date(daily, block_row, site):
    seen = token_of(daily)
    move(site, block_row, occurrence(daily, 1), hours=3)
    wishes = wishes_of(block_row, recurrence=DAILY, has_moved=False, display_name="Renamed")
    meetings.save_session(usage_key=block_row.key, user_id=site.author.pk, wishes=wishes, seen=seen)
    assert rows(daily)[1][0].hour == (daily.starts_at + timedelta(hours=3)).hour


def test_moving_the_whole_series_lays_its_dates_out_anew(daily, block_row, site):
    move(site, block_row, occurrence(daily, 1), hours=3)
    later = (daily.starts_at + timedelta(days=10)).isoformat()
    assert save(site, block_row, recurrence=DAILY, starts_at=later).differences == []
    starts = [start for start, _minutes, _status in rows(daily)]
    assert starts == [daily.starts_at + timedelta(days=10 + number) for number in range(4)]


def test_dates_that_are_over_stay_as_they_were(daily, block_row, site, zoom):
    first = occurrence(daily, 0)
    Occurrence.objects.filter(pk=first.pk).update(starts_at=timezone.now() - timedelta(days=1), occurrence_id="old")
    meetings.refresh_meeting(daily.pk)
    kept = daily.occurrences.get(occurrence_id="old")
    assert kept.status == Occurrence.Status.AVAILABLE
    assert daily.occurrences.count() == 5


def test_what_the_host_moves_and_removes_at_zoom_reaches_the_rows(daily, zoom, client, jobs):
    date, other = occurrence(daily, 1), occurrence(daily, 2)
    zoom.control(f"meetings/{daily.zoom_id}?occurrence_id={other.occurrence_id}", "DELETE")
    zoom.deliver(client)
    jobs.run()
    other.refresh_from_db()
    date.refresh_from_db()
    daily.refresh_from_db()
    assert (other.status, date.status, daily.state) == ("deleted", "available", "scheduled")


@pytest.mark.parametrize("occurrence_id", ["", "0", "x" * 65, "\x00", None, 5, "'; drop table"])
def test_dates_that_are_not_ours_are_refused(daily, block_row, site, zoom, occurrence_id):
    zoom.held()
    for verb in (
        lambda: move(site, block_row, occurrence(daily, 0), occurrence_id=occurrence_id),
        lambda: occurrences.remove_date(usage_key=block_row.key, user_id=site.author.pk, occurrence_id=occurrence_id),
    ):
        with pytest.raises(InvalidWishes) as refused:
            verb()
        assert refused.value.fields == {"occurrence_id": "unknown"}
    assert zoom.held() == []


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"starts_at": None}, {"starts_at": "required"}),
        ({"starts_at": datetime(2027, 1, 1, tzinfo=UTC).replace(tzinfo=None)}, {"starts_at": "required"}),
        ({"starts_at": datetime(2020, 1, 1, tzinfo=UTC)}, {"starts_at": "past"}),
        ({"starts_at": datetime(9999, 1, 1, tzinfo=UTC)}, {"starts_at": "malformed"}),
        ({"duration_minutes": 0}, {"duration_minutes": "out_of_range"}),
        ({"duration_minutes": 1441}, {"duration_minutes": "out_of_range"}),
        ({"duration_minutes": True}, {"duration_minutes": "out_of_range"}),
        ({"duration_minutes": "60"}, {"duration_minutes": "out_of_range"}),
    ],
    ids=str,
)
def test_where_a_date_cannot_be_moved_to(daily, block_row, site, more, fields):
    with pytest.raises(InvalidWishes) as refused:
        move(site, block_row, occurrence(daily, 0), **more)
    assert refused.value.fields == fields


def test_a_date_that_has_begun_stays(daily, block_row, site):
    date = occurrence(daily, 0)
    Occurrence.objects.filter(pk=date.pk).update(starts_at=timezone.now() - timedelta(minutes=1))
    for verb in (lambda: move(site, block_row, date, hours=5), lambda: remove(site, block_row, date)):
        with pytest.raises(InvalidWishes) as refused:
            verb()
        assert refused.value.fields == {"occurrence_id": "past"}


def test_only_authors_move_dates_and_only_one_at_a_time(daily, block_row, site):
    date = occurrence(daily, 1)
    with pytest.raises(Forbidden):
        occurrences.remove_date(usage_key=block_row.key, user_id=site.learner1.pk, occurrence_id=date.occurrence_id)
    with lease(placement_of(block_row.key, site.author.pk), seconds=SAVE_LEASE_SECONDS), pytest.raises(Busy):
        remove(site, block_row, date)
    with pytest.raises(Unplaced):
        remove(site, make_block(site.course_key, name="other"), date)


def test_a_date_that_zoom_no_longer_has_is_said_and_read_again(daily, block_row, site, zoom, jobs):
    date = occurrence(daily, 1)
    zoom.control(f"meetings/{daily.zoom_id}?occurrence_id={date.occurrence_id}", "DELETE")
    with pytest.raises(ZoomSaid) as told:
        remove(site, block_row, date)
    assert told.value.fields == {"occurrence_id": "unknown"}
    jobs.run()
    date.refresh_from_db()
    assert date.status == "deleted"


def test_a_refused_move_changes_nothing(daily, block_row, site, zoom):
    before = rows(daily)
    zoom.fault("PATCH", "/v2/meetings/*", rate_limit="per_host", times=1)
    with pytest.raises(ZoomSaid, match="daily_limit") as told:
        move(site, block_row, occurrence(daily, 1), hours=3)
    assert told.value.until is not None
    assert rows(daily) == before
