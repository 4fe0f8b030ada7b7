"""Two tabs, two authors, the course and Zoom's own pages: nobody loses a change unseen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.conftest import wishes_of
from tests.services.test_meetings import at_zoom, save, writes
from zoom_xblock.models import Meeting, Placement
from zoom_xblock.queries.author import NO_MEETING, token_of
from zoom_xblock.services import meetings
from zoom_xblock.services.errors import ChangedMeanwhile, ZoomSaid

pytestmark = pytest.mark.django_db


def save_seen(site, row, seen, **changes):
    """The author saves a form that was filled when the token was this."""
    return meetings.save_session(
        usage_key=row.key, user_id=site.author.pk, wishes=wishes_of(row, has_moved=False, **changes), seen=seen
    )


def test_a_form_that_is_up_to_date_is_saved(session, block_row, site):
    saved = save_seen(site, block_row, token_of(session), display_name="New")
    assert saved.meeting.topic == "New"


def test_the_second_of_two_tabs_is_told_and_may_overwrite_knowingly(session, block_row, site, zoom):
    both = token_of(session)
    save_seen(site, block_row, both, display_name="Tab one")
    with pytest.raises(ChangedMeanwhile) as told:
        save_seen(site, block_row, both, display_name="Tab two")
    assert told.value.differences == ["display_name"]
    assert at_zoom(zoom)[0]["topic"] == "Tab one"
    session.refresh_from_db()
    saved = save_seen(site, block_row, token_of(session), display_name="Tab two")
    assert saved.meeting.topic == "Tab two"


def test_two_tabs_that_ask_for_the_same_are_no_conflict(session, block_row, site, zoom):
    both = token_of(session)
    save_seen(site, block_row, both, display_name="Same")
    zoom.held()
    assert not save_seen(site, block_row, both, display_name="Same").was_sent
    assert writes(zoom) == []


def test_two_tabs_of_a_new_block_make_one_session(connected, block_row, site, zoom):
    meetings.save_session(usage_key=block_row.key, user_id=site.author.pk, wishes=wishes_of(block_row), seen=NO_MEETING)
    with pytest.raises(ChangedMeanwhile) as told:
        save_seen(site, block_row, NO_MEETING, display_name="The other tab", duration_minutes=90)
    assert set(told.value.differences) == {"display_name", "duration_minutes"}
    [only] = at_zoom(zoom)
    assert only["topic"] == "Algebra live"


def test_what_zoom_changed_behind_our_back_is_told_by_name_and_nothing_is_sent(session, block_row, site, zoom):
    seen = token_of(session)
    later = (session.starts_at + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", start_time=later, settings={"waiting_room": True})
    zoom.held()
    with pytest.raises(ChangedMeanwhile) as told:
        save_seen(site, block_row, seen, display_name="Mine", entry="host_first")
    # Not the topic: that is the author's own change.
    assert set(told.value.differences) == {"starts_at", "entry"}
    assert writes(zoom) == []
    session.refresh_from_db()
    assert session.options["entry"] == "waiting_room"  # the next form shows it


def test_what_others_changed_and_the_author_asks_for_too_is_no_conflict(session, block_row, site, zoom):
    seen = token_of(session)
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", topic="Both of us")
    assert not save_seen(site, block_row, seen, display_name="Both of us").was_sent


def test_a_row_from_before_the_columns_is_filled_without_alarm(session, block_row, site):
    Meeting.objects.update(options=None, agenda=None, recurrence=None, dial_in=None, read_at=None)
    session.refresh_from_db()
    saved = save_seen(site, block_row, token_of(session), display_name="Mine", entry="waiting_room")
    assert saved.meeting.topic == "Mine"
    assert saved.meeting.options["entry"] == "waiting_room"


def test_a_session_that_went_while_the_form_was_open_is_not_made_anew_unseen(session, block_row, site, zoom):
    seen = token_of(session)
    Meeting.objects.update(state=Meeting.State.GONE)
    with pytest.raises(ChangedMeanwhile):
        save_seen(site, block_row, seen, display_name="Mine")
    assert len(at_zoom(zoom)) == 1
    session.refresh_from_db()
    assert save_seen(site, block_row, token_of(session)).is_new


def test_an_answer_to_an_older_question_changes_nothing(session, zoom, monkeypatch):
    """A job reads, a save writes and reads back, and then the job comes to write down what it had read."""
    from zoom_xblock.services import connections

    asked_at = timezone.now()
    old = connections.client(patient=True).read_meeting("meeting", session.zoom_id)
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", topic="Newer")
    meetings.refresh_meeting(session.pk)
    assert meetings.keep(session, old, asked_at=asked_at) is False
    session.refresh_from_db()
    assert session.topic == "Newer"


def test_a_save_of_a_session_that_zoom_lost_is_doubted_before_it_is_believed(session, block_row, site, zoom, jobs):
    zoom.control(f"meetings/{session.zoom_id}?silent=1", "DELETE")
    with pytest.raises(ZoomSaid, match="gone"):
        save(site, block_row, display_name="x")
    session.refresh_from_db()
    assert session.state == Meeting.State.SCHEDULED
    assert [(name, args) for name, args, _wait in jobs.queue] == [("refresh_meeting", [session.pk])]
    Meeting.objects.update(missing_since=timezone.now() - timedelta(minutes=11))
    jobs.run(within_seconds=3600)
    session.refresh_from_db()
    assert session.state == Meeting.State.GONE


def test_lost_news_are_found_again(session, block_row, site, zoom):
    assert meetings.to_refresh() == []
    Meeting.objects.update(read_at=timezone.now() - timedelta(hours=7))
    assert meetings.to_refresh() == [session.pk]
    meetings.refresh_meeting(session.pk)
    assert meetings.to_refresh() == []
    Meeting.objects.update(read_at=None)
    assert meetings.to_refresh() == [session.pk]
    Meeting.objects.update(starts_at=timezone.now() - timedelta(days=1))
    assert meetings.to_refresh() == []  # over: nothing to come


def test_a_series_with_a_date_to_come_is_read_again_too(connected, block_row, site):
    meeting = save(site, block_row, recurrence={"every": "day", "count": 3}).meeting
    Meeting.objects.update(read_at=None, starts_at=timezone.now() - timedelta(days=1))
    assert meetings.to_refresh() == [meeting.pk]


def test_a_session_not_ours_to_read_is_not_asked_for_by_every_sweep(session, zoom):
    from zoom_xblock.client import errors

    Meeting.objects.update(read_at=None)
    zoom.fault("GET", "/v2/meetings/*", status=400, body={"code": 200, "message": "No permission."}, times=1)
    with pytest.raises(errors.NotAllowed):
        meetings.refresh_meeting(session.pk)
    assert meetings.to_refresh() == []


@pytest.mark.parametrize("event", ["updated", "deleted", "recovered"])
def test_events_of_zoom_reach_the_rows_within_a_job(session, block_row, client, zoom, jobs, event):
    path = f"meetings/{session.zoom_id}"
    if event == "updated":
        zoom.control(path, "PATCH", topic="By the host", duration=30)
    else:
        zoom.control(path, "DELETE")
        Meeting.objects.update(missing_since=timezone.now() - timedelta(minutes=11))
    if event == "recovered":
        zoom.deliver(client)
        jobs.run()
        session.refresh_from_db()
        assert session.state == Meeting.State.GONE
        zoom.control(f"{path}/recover", "POST")
    assert set(zoom.deliver(client)) == {204}
    jobs.run()
    session.refresh_from_db()
    if event == "updated":
        assert (session.topic, session.duration_minutes) == ("By the host", 30)
    else:
        assert session.state == (Meeting.State.GONE if event == "deleted" else Meeting.State.SCHEDULED)


def test_what_has_ended_and_is_moved_waits_again(session, block_row, site):
    Meeting.objects.update(state=Meeting.State.ENDED)
    save(site, block_row, starts_at=(timezone.now() + timedelta(days=2)).replace(microsecond=0).isoformat())
    session.refresh_from_db()
    assert session.state == Meeting.State.SCHEDULED
    assert Placement.objects.get().meeting == session
