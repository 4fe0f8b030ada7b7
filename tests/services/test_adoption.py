"""A session that Zoom has made and whose answer was lost is found by the next save, and nobody else's is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from demo.zoom import seed
from tests.conftest import make_block
from tests.services.test_meetings import at_zoom, save
from zoom_xblock.models import Meeting, Placement
from zoom_xblock.services import adoption, meetings, outside_transaction
from zoom_xblock.services.errors import ZoomSaid

pytestmark = pytest.mark.django_db

CREATE = ("POST", "/v2/users/*/meetings")
LISTS = ["meeting:read:list_meetings:admin", "webinar:read:list_webinars:admin"]


@pytest.fixture
def remembered(monkeypatch):
    """As on a database with row locks: the mark lasts, so without one nothing is looked for."""
    monkeypatch.setattr(adoption, "is_undone_with_the_caller", lambda: False)


def mark_of(row):
    """What is remembered of a session in the making."""
    placement = Placement.objects.for_usage_key(row.key)
    return placement.creating if placement is not None else None


@pytest.mark.parametrize("kind", ["meeting", "webinar"])
def test_a_lost_answer_is_adopted_by_the_next_save(remembered, connected, site, zoom, kind):
    row = make_block(site.course_key, kind=kind)
    zoom.fault("POST", f"/v2/users/*/{kind}s", drop=True, when="after", times=1)
    with pytest.raises(ZoomSaid, match="unreachable"):
        save(site, row)
    [lost] = at_zoom(zoom)
    assert mark_of(row)["topic"] == "Algebra live"
    saved = save(site, row)
    assert (saved.is_adopted, saved.is_new, saved.differences) == (True, True, [])
    assert [one["id"] for one in at_zoom(zoom)] == [saved.meeting.zoom_id] == [lost["id"]]
    assert saved.meeting.made_by_us
    assert mark_of(row) is None


def test_what_was_changed_in_the_form_meanwhile_is_told_to_the_adopted_one(remembered, connected, site, zoom):
    row = make_block(site.course_key)
    zoom.fault(*CREATE, status=500, when="after", times=1)
    with pytest.raises(ZoomSaid, match="zoom_down"):
        save(site, row)
    saved = save(site, row, display_name="A better name", duration_minutes=90, entry="waiting_room")
    assert saved.is_adopted
    [only] = at_zoom(zoom)
    assert (only["topic"], only["duration"], saved.differences) == ("A better name", 90, [])


def test_a_series_is_adopted_with_its_dates(remembered, connected, site, zoom):
    row = make_block(site.course_key, recurrence={"every": "day", "count": 3})
    zoom.fault(*CREATE, drop=True, when="after", times=1)
    with pytest.raises(ZoomSaid):
        save(site, row)
    saved = save(site, row)
    assert saved.is_adopted
    assert saved.meeting.occurrences.count() == 3


@pytest.mark.parametrize("fault", [{"status": 400, "body": {"code": 300, "message": "x"}}, {"rate_limit": "per_host"}])
def test_what_zoom_certainly_did_not_make_is_not_remembered(remembered, connected, site, zoom, fault):
    row = make_block(site.course_key)
    zoom.fault(*CREATE, times=1, **fault)
    with pytest.raises(ZoomSaid):
        save(site, row)
    assert mark_of(row) is None


def test_what_zoom_did_not_make_after_all_is_made_anew(remembered, connected, site, zoom):
    row = make_block(site.course_key)
    zoom.fault(*CREATE, status=502, times=1)
    with pytest.raises(ZoomSaid):
        save(site, row)
    saved = save(site, row)
    assert (saved.is_adopted, len(at_zoom(zoom))) == (False, 1)


def test_while_nobody_can_look_nothing_is_made(remembered, connected, site, zoom):
    row = make_block(site.course_key)
    zoom.fault(*CREATE, drop=True, when="after", times=1)
    with pytest.raises(ZoomSaid):
        save(site, row)
    zoom.fault("GET", "/v2/users/*/meetings", status=503, times=1)
    with pytest.raises(ZoomSaid, match="zoom_down"):
        save(site, row)
    assert len(at_zoom(zoom)) == 1
    assert save(site, row).is_adopted


def test_an_app_that_may_not_list_makes_another_one(remembered, connected, site, zoom, caplog):
    row = make_block(site.course_key)
    zoom.fault(*CREATE, drop=True, when="after", times=1)
    with pytest.raises(ZoomSaid):
        save(site, row)
    refusal = {"code": 4711, "message": f"Invalid access token, does not contain scopes:[{LISTS[0]}]."}
    zoom.fault("GET", "/v2/users/*/meetings", status=400, body=refusal, times=1)
    assert not save(site, row).is_adopted
    assert "no permission to list" in caplog.text


def test_the_row_that_could_not_be_written_is_made_up_for(remembered, connected, site, zoom, monkeypatch):
    row = make_block(site.course_key)

    def broken(*_args, **_more):
        raise DatabaseError("gone away")

    with monkeypatch.context() as patch:
        patch.setattr(meetings, "create_row", broken)
        with pytest.raises(DatabaseError):
            save(site, row)
    assert mark_of(row)
    assert save(site, row).is_adopted
    assert len(at_zoom(zoom)) == 1


def test_what_the_callers_transaction_undid_is_adopted_by_its_label(connected, site, zoom):
    """SQLite: mark and rows are gone with the transaction; the label of the meeting is not."""
    assert outside_transaction.is_undone_with_the_caller()
    row = make_block(site.course_key)
    with transaction.atomic():
        save(site, row)
        transaction.set_rollback(True)  # Studio could not save the block
    assert Meeting.objects.count() == 0
    saved = save(site, row, duration_minutes=90)
    assert saved.is_adopted
    assert [one["id"] for one in at_zoom(zoom)] == [saved.meeting.zoom_id]


# -- nobody else's ----------------------------------------------------------------------------------------------------


def twin(zoom, row, **more):
    """A session of the same name and hour that somebody made on Zoom's pages."""
    start = row.draft["starts_at"].replace("+00:00", "Z")
    wanted = {"topic": "Algebra live", "type": 2, "start_time": start, "duration": 60, **more}
    return zoom.control("meetings", host="author@example.edu", **wanted)["number"]


def test_somebodys_session_of_the_same_name_and_hour_is_left_alone(connected, site, zoom):
    row = make_block(site.course_key)
    twin(zoom, row)
    assert not save(site, row).is_adopted
    assert len(at_zoom(zoom)) == 2


def test_the_lost_session_of_another_block_is_left_alone(remembered, connected, site, zoom):
    one, two = make_block(site.course_key, name="one"), make_block(site.course_key, name="two")
    for row in (one, two):
        zoom.fault(*CREATE, drop=True, when="after", times=1)
        with pytest.raises(ZoomSaid):
            save(site, row)
    lost = {one["id"] for one in at_zoom(zoom)}
    adopted = [save(site, row) for row in (two, one)]
    assert all(saved.is_adopted for saved in adopted)
    assert {saved.meeting.zoom_id for saved in adopted} == lost
    labels = {
        saved.meeting.zoom_id: zoom.control(f"meetings/{saved.meeting.zoom_id}")["settings"]["custom_keys"][0]["value"]
        for saved in adopted
    }
    for row, saved in zip((two, one), adopted, strict=True):
        assert labels[saved.meeting.zoom_id] == Placement.objects.for_usage_key(row.key).usage_digest


def test_without_a_label_only_what_was_made_since_is_adopted(remembered, connected, site, zoom):
    zoom.control(f"accounts/{seed.ACCOUNT_ID}", "PATCH", locked_settings={"custom_keys": []})
    row = make_block(site.course_key)
    twin(zoom, row)
    zoom.fault(*CREATE, status=500, times=1)
    with pytest.raises(ZoomSaid):
        save(site, row)
    placement = Placement.objects.for_usage_key(row.key)
    placement.creating["since"] = (timezone.now() + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    placement.save()
    assert not save(site, row).is_adopted  # the twin is older than our wish
    other = make_block(site.course_key, name="other", display_name="Lost")
    zoom.fault(*CREATE, drop=True, when="after", times=1)
    with pytest.raises(ZoomSaid):
        save(site, other)
    assert save(site, other).is_adopted


def test_a_session_that_has_a_block_already_is_left_alone(remembered, session, site, zoom):
    row = make_block(site.course_key, name="again")
    zoom.fault(*CREATE, status=500, times=1)
    with pytest.raises(ZoomSaid):
        save(site, row)
    assert not save(site, row).is_adopted
    assert len(at_zoom(zoom)) == 2


def test_after_another_wish_for_host_or_kind_the_lost_one_is_left(remembered, connected, site, zoom, caplog):
    row = make_block(site.course_key)
    zoom.fault(*CREATE, drop=True, when="after", times=1)
    with pytest.raises(ZoomSaid):
        save(site, row)
    saved = save(site, row, kind="webinar")
    assert not saved.is_adopted
    assert saved.meeting.kind == "webinar"
    assert mark_of(row) is None
    assert "is left" in caplog.text


def test_a_session_that_somebody_deleted_meanwhile_is_made_anew(remembered, connected, site, zoom):
    row = make_block(site.course_key)
    zoom.fault(*CREATE, drop=True, when="after", times=1)
    with pytest.raises(ZoomSaid):
        save(site, row)
    zoom.control(f"meetings/{at_zoom(zoom)[0]['id']}?silent=1", "DELETE")
    assert not save(site, row).is_adopted
    assert len(at_zoom(zoom)) == 1


def test_the_mark_holds_no_secret(remembered, connected, site, zoom):
    row = make_block(site.course_key)
    zoom.fault(*CREATE, drop=True, when="after", times=1)
    with pytest.raises(ZoomSaid):
        save(site, row, passcode="s3cret")
    assert "s3cret" not in str(mark_of(row))
    assert set(mark_of(row)) == {"since", "kind", "host", "topic", "starts_at"}


def test_a_lost_answer_means_that_zoom_may_have_acted():
    from zoom_xblock.client import errors

    assert adoption.may_have_acted(errors.Unreachable(sent=True))
    assert not adoption.may_have_acted(errors.Unreachable(sent=False))
    assert adoption.may_have_acted(errors.ZoomDown())
    assert adoption.may_have_acted(errors.Garbled())
    assert not adoption.may_have_acted(errors.Invalid())
    assert not adoption.may_have_acted(errors.RateLimited())
