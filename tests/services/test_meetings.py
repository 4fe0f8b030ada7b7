"""Saving a session: Zoom first, the block after, both or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.conftest import make_block, wishes_of
from zoom_xblock.attendance import Policy
from zoom_xblock.models import Meeting, Placement
from zoom_xblock.services import meetings
from zoom_xblock.services.errors import Busy, Forbidden, InvalidWishes, NotConnected, ZoomSaid
from zoom_xblock.services.leases import lease

pytestmark = pytest.mark.django_db


def save(site, row, **changes):
    """The author saves."""
    return meetings.save_session(usage_key=row.key, user_id=site.author.pk, wishes=wishes_of(row, **changes))


def at_zoom(zoom):
    """The meetings that the stand-in has."""
    return [one for one in zoom.control("meetings")["meetings"] if not one.get("deleted_at")]


def writes(zoom):
    """How often the host's meetings were written at Zoom."""
    return [one for one in zoom.held() if one["event"].endswith((".created", ".updated"))]


@pytest.mark.parametrize("kind", ["meeting", "webinar"])
def test_the_first_save_makes_the_meeting_with_registration_on(connected, zoom, site, kind):
    row = make_block(site.course_key, kind=kind)
    saved = save(site, row)
    [made] = at_zoom(zoom)
    assert saved.is_new
    assert saved.differences == []
    assert made["kind"] == kind
    assert made["topic"] == "Algebra live"
    assert saved.meeting.has_registration
    assert saved.meeting.zoom_id == made["id"]
    assert saved.meeting.host_email == "author@example.edu"
    assert Placement.objects.for_usage_key(row.key).meeting == saved.meeting


def test_saving_again_changes_the_same_meeting(session, block_row, zoom, site):
    save(site, block_row, display_name="Algebra II", duration_minutes=90)
    [made] = at_zoom(zoom)
    assert (made["topic"], made["duration"]) == ("Algebra II", 90)
    session.refresh_from_db()
    assert (session.topic, session.duration_minutes) == ("Algebra II", 90)


def test_nothing_is_sent_that_did_not_change(session, block_row, zoom, site):
    zoom.held()
    saved = save(site, block_row, has_moved=False)
    assert not saved.was_sent
    assert writes(zoom) == []


def test_the_required_minutes_are_ours_and_never_reach_zoom(session, block_row, zoom, site):
    zoom.held()
    saved = save(site, block_row, required_minutes=10, has_moved=False)
    assert not saved.was_sent
    assert writes(zoom) == []


@pytest.mark.parametrize(
    ("changes", "field", "slug"),
    [
        ({"display_name": "  "}, "display_name", "required"),
        ({"display_name": "x" * 201}, "display_name", "too_long"),
        ({"description": "x" * 2001}, "description", "too_long"),
        ({"duration_minutes": 0}, "duration_minutes", "out_of_range"),
        ({"duration_minutes": 1441}, "duration_minutes", "out_of_range"),
        ({"required_minutes": 61}, "required_minutes", "longer_than_session"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "unknown"),
        ({"time_zone": "../../etc/passwd"}, "time_zone", "unknown"),
        ({"display_name": "a\x00b"}, "display_name", "malformed"),
        ({"display_name": "half \ud83d of one"}, "display_name", "malformed"),
        ({"description": "\x00"}, "description", "malformed"),
        ({"starts_at": "2999-01-01T00:00:00+00:00"}, "starts_at", "malformed"),
        ({"counted": "custom", "opens_minutes": 60}, "closes_minutes", "empty_window"),
        ({"counted": "custom", "opens_minutes": 30}, "required_minutes", "longer_than_session"),
        ({"entry": "revolving door"}, "entry", "required"),
        ({"auto_recording": True}, "auto_recording", "required"),
        ({"mute_on_entry": "yes"}, "mute_on_entry", "malformed"),
        ({"passcode": "12345678901"}, "passcode", "too_long"),
        ({"passcode": "with space"}, "passcode", "malformed"),
        ({"passcode": "<script>"}, "passcode", "malformed"),
        ({"passcode": "ü"}, "passcode", "malformed"),
        ({"passcode": "12\n"}, "passcode", "malformed"),
        ({"recurrence": {"every": "day"}}, "recurrence", "required"),
        ({"recurrence": {"every": "day", "count": 61}}, "recurrence", "too_many_dates"),
        ({"recurrence": {"every": "day", "until": "2020-01-01"}}, "recurrence", "no_dates"),
        ({"recurrence": "daily"}, "recurrence", "malformed"),
        ({"alternative_hosts": ("a@x.example",) * 21}, "alternative_hosts", "too_many"),
        ({"alternative_hosts": ("a\x00@x.example",)}, "alternative_hosts", "malformed"),
        ({"alternative_hosts": ("nobody@x.example",)}, "alternative_hosts", "unknown"),
        ({"kind": "party"}, "kind", "required"),
        ({"starts_at": "2020-01-01T00:00:00+00:00"}, "starts_at", "past"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_zoom_would_refuse_or_ignore_is_refused_before(connected, block_row, zoom, site, changes, field, slug):
    with pytest.raises(InvalidWishes) as refused:
        save(site, block_row, **changes)
    assert refused.value.fields == {field: slug}
    assert at_zoom(zoom) == []


@pytest.mark.parametrize(
    ("policy", "field", "slug"),
    [
        ({"completion": "always"}, "completion", "unknown"),
        ({"counted": "x"}, "counted", "unknown"),
        ({"required_minutes": -1}, "required_minutes", "out_of_range"),
        ({"required_minutes": True}, "required_minutes", "out_of_range"),
        ({"completion": "percent", "required_percent": 101}, "required_percent", "out_of_range"),
        ({"counted": "custom", "opens_minutes": 10**9}, "opens_minutes", "out_of_range"),
        ({"dates": "all", "required_minutes": 61}, "required_minutes", "longer_than_session"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_meant_is_refused(connected, block_row, zoom, site, policy, field, slug):
    wishes = replace(wishes_of(block_row), policy=replace(Policy(), **policy))
    with pytest.raises(InvalidWishes) as refused:
        meetings.save_session(usage_key=block_row.key, user_id=site.author.pk, wishes=wishes)
    assert refused.value.fields == {field: slug}
    assert at_zoom(zoom) == []


def test_of_a_whole_series_more_may_be_asked_than_one_date_lasts(connected, block_row, site):
    weekly = {"every": "week", "weekdays": [1, 4], "count": 4}
    assert save(site, block_row, recurrence=weekly, dates="all", required_minutes=240).is_new
    with pytest.raises(InvalidWishes):
        save(site, block_row, recurrence=weekly, dates="all", required_minutes=241)


def test_an_old_session_may_be_edited_without_moving_it(session, block_row, site, zoom):
    past = (timezone.now() - timedelta(days=1)).replace(microsecond=0).isoformat()
    saved = save(site, block_row, starts_at=past, has_moved=False, display_name="Algebra, the recording")
    assert saved.meeting.topic == "Algebra, the recording"


def test_a_meeting_does_not_become_a_webinar(session, block_row, site):
    with pytest.raises(InvalidWishes) as refused:
        save(site, block_row, kind="webinar")
    assert refused.value.fields == {"kind": "fixed"}


@pytest.mark.parametrize("who", ["learner1", "admin_of_nothing"])
def test_only_authors_of_the_course_save(connected, block_row, site, zoom, who, django_user_model):
    user = getattr(site, who, None) or django_user_model.objects.create_user(who)
    with pytest.raises(Forbidden):
        meetings.save_session(usage_key=block_row.key, user_id=user.pk, wishes=wishes_of(block_row))
    assert at_zoom(zoom) == []


def test_not_connected_is_said_and_nothing_is_made(site, zoom, block_row):
    with pytest.raises(NotConnected):
        save(site, block_row)
    assert Meeting.objects.count() == 0


@pytest.mark.parametrize(("status", "slug"), [(500, "zoom_down"), (429, "rate_limited")])
def test_a_refusal_leaves_nothing_behind_and_the_next_save_works(connected, block_row, site, zoom, status, slug):
    zoom.fault("POST", "/v2/users/*/meetings", status=status, times=1)
    with pytest.raises(ZoomSaid, match=slug):
        save(site, block_row)
    assert Meeting.objects.count() == 0
    assert save(site, block_row).is_new
    assert len(at_zoom(zoom)) == 1


def test_a_basic_host_gets_no_registration_and_the_author_is_told(connected, block_row, site, zoom):
    from zoom_xblock.services import connections

    connections.save_app(client_id=connected.client_id, host_email="basic@example.edu")
    saved = save(site, block_row)
    assert saved.differences == ["no_registration"]


def test_an_unknown_host_is_said(connected, block_row, site, zoom):
    from zoom_xblock.services import connections

    connections.save_app(client_id=connected.client_id, host_email="nobody@example.edu")
    with pytest.raises(ZoomSaid, match="host_unknown"):
        save(site, block_row)


def test_two_saves_at_once_make_one_meeting(connected, block_row, site, zoom):
    placement = meetings.placement_of(block_row.key, site.author.pk)
    with lease(placement, seconds=60) as mine:
        assert mine
        with pytest.raises(Busy):
            save(site, block_row)
    assert save(site, block_row).is_new
    assert len(at_zoom(zoom)) == 1


def test_a_copy_of_the_block_has_no_meeting_and_makes_its_own(session, site, zoom):
    copy = make_block(site.course_key, name="copy")
    assert Placement.objects.for_usage_key(copy.key) is None
    assert save(site, copy).meeting != session
    assert len(at_zoom(zoom)) == 2


def test_a_change_made_at_zoom_is_read(session, zoom, jobs):
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", topic="Moved by the host")
    meetings.refresh_meeting(session.pk)
    session.refresh_from_db()
    assert session.topic == "Moved by the host"


def test_one_not_found_is_not_believed(session, zoom, jobs):
    zoom.fault("GET", f"/v2/meetings/{session.zoom_id}", status=404,
                 body={"code": 3001, "message": "Meeting does not exist"}, times=1)  # fmt: skip
    meetings.refresh_meeting(session.pk)
    session.refresh_from_db()
    assert session.state == Meeting.State.SCHEDULED
    assert session.missing_since
    meetings.refresh_meeting(session.pk)
    session.refresh_from_db()
    assert session.missing_since is None


def test_a_second_not_found_later_is(session, zoom, jobs):
    zoom.control(f"meetings/{session.zoom_id}?silent=1", "DELETE")
    meetings.refresh_meeting(session.pk)
    Meeting.objects.update(missing_since=timezone.now() - timedelta(minutes=11))
    meetings.refresh_meeting(session.pk)
    session.refresh_from_db()
    assert session.state == Meeting.State.GONE


def test_a_gone_meeting_is_replaced_by_the_next_save(session, block_row, site, zoom):
    zoom.control(f"meetings/{session.zoom_id}?silent=1", "DELETE")
    Meeting.objects.update(state=Meeting.State.GONE)
    saved = save(site, block_row)
    assert saved.is_new
    assert saved.meeting.pk != session.pk
