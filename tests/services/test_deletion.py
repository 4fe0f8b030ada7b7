"""What becomes of a session whose block is gone: late, once, and only where nobody else has it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from demo.site.models import Block
from tests.conftest import make_block
from tests.services.test_linking import by_hand, link
from tests.services.test_meetings import at_zoom, save
from zoom_xblock.models import Meeting, Placement, Registration, Result, Sitting
from zoom_xblock.services import deletion, placements, registrations
from zoom_xblock.services.errors import Busy, Forbidden, Unplaced
from zoom_xblock.services.leases import lease

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def after_an_hour(settings):
    """An undo is possible for an hour."""
    settings.ZOOM_XBLOCK_DELETE_AFTER_SECONDS = 3600


def remove(row, *, since=timedelta(hours=2)):
    """The component goes, draft and published; the course was published since."""
    Block.objects.filter(key=row.key).delete()
    placements.reconcile_course(str(row.key.course_key))
    pass_time(row, since)


def pass_time(row, since):
    """So long ago."""
    Placement.objects.filter(usage_key=row.key, unpublished_since__isnull=False).update(
        unpublished_since=timezone.now() - since
    )


def run_all(jobs, *, slots=deletion.SLOTS):
    """The sweeps of an hour, with what they queue."""
    now = timezone.now()
    for slot in range(slots):
        deletion.sweep(now + timedelta(seconds=deletion.SLOT_SECONDS * slot))
        jobs.run(most=10_000)


def test_a_deleted_components_session_goes_and_its_history_stays(session, block_row, site, zoom, jobs, client):
    registrations.request_place(usage_key=block_row.key, user_id=site.learner1.pk)
    jobs.run()
    remove(block_row)
    run_all(jobs)
    assert at_zoom(zoom) == []
    session.refresh_from_db()
    assert session.state == Meeting.State.GONE
    assert Placement.objects.get().meeting == session
    assert Registration.objects.count() == 1
    zoom.deliver(client)  # Zoom's own word of it changes nothing
    jobs.run()
    run_all(jobs)
    session.refresh_from_db()
    assert session.state == Meeting.State.GONE


def test_within_the_time_it_is_kept_and_a_component_that_comes_back_has_it(session, block_row, site, zoom, jobs):
    draft = block_row.draft
    remove(block_row, since=timedelta(minutes=59))
    run_all(jobs, slots=1)
    assert len(at_zoom(zoom)) == 1
    row = make_block(site.course_key, **draft)  # undo, discarded changes, import: the same key again
    pass_time(row, timedelta(hours=5))
    placements.reconcile_course(str(row.key.course_key))
    run_all(jobs)
    assert len(at_zoom(zoom)) == 1
    assert not save(site, row, has_moved=False).is_new


def test_a_component_that_is_back_without_having_been_published_keeps_it(session, block_row, site, zoom, jobs):
    draft = block_row.draft
    remove(block_row)
    row = make_block(site.course_key, **draft)
    Block.objects.filter(pk=row.pk).update(published=None)
    run_all(jobs)
    assert len(at_zoom(zoom)) == 1


@pytest.mark.parametrize("left", ["published", "draft"])
def test_draft_and_published_must_both_be_gone(session, block_row, zoom, jobs, left):
    gone = {"draft": "published", "published": "draft"}[left]
    Block.objects.filter(key=block_row.key).update(**{gone: None})
    placements.reconcile_course(str(block_row.key.course_key))
    pass_time(block_row, timedelta(days=30))
    run_all(jobs)
    assert len(at_zoom(zoom)) == 1


def test_a_draft_that_was_never_published_has_its_time_from_when_it_was_last_seen(session, block_row, zoom, jobs):
    Block.objects.filter(key=block_row.key).update(published=None)
    placements.reconcile_course(str(block_row.key.course_key))
    pass_time(block_row, timedelta(days=30))
    deletion.sweep()  # sees it
    Block.objects.filter(key=block_row.key).delete()
    run_all(jobs, slots=1)
    assert len(at_zoom(zoom)) == 1
    pass_time(block_row, timedelta(hours=2))
    run_all(jobs, slots=1)
    assert at_zoom(zoom) == []


def test_a_draft_that_goes_without_any_event_is_noticed_within_the_hour(session, block_row, zoom, jobs):
    Block.objects.filter(key=block_row.key).delete()
    assert Placement.objects.get().unpublished_since is None
    run_all(jobs)
    assert Placement.objects.get().unpublished_since is not None
    pass_time(block_row, timedelta(hours=2))
    run_all(jobs)
    assert at_zoom(zoom) == []


def test_a_whole_course_that_goes_takes_its_sessions_along(session, block_row, site, zoom, jobs):
    from demo.site.models import Course

    Course.objects.filter(key=site.course_key).delete()
    run_all(jobs)
    pass_time(block_row, timedelta(hours=2))
    run_all(jobs)
    assert at_zoom(zoom) == []


def test_what_was_linked_is_never_deleted(connected, block_row, site, zoom, jobs):
    link(site, block_row, by_hand(zoom))
    remove(block_row)
    run_all(jobs)
    assert len(at_zoom(zoom)) == 1
    deletion.delete_at_zoom(Placement.objects.get().pk)
    assert len(at_zoom(zoom)) == 1


def test_ours_stays_while_another_component_has_it_and_goes_with_the_last(session, block_row, site, zoom, jobs):
    other = make_block(site.course_key, name="second")
    link(site, other, session.zoom_id)
    remove(block_row)
    run_all(jobs)
    assert len(at_zoom(zoom)) == 1
    remove(other)
    pass_time(block_row, timedelta(hours=2))
    run_all(jobs)
    assert at_zoom(zoom) == []


def test_another_component_that_may_still_come_back_keeps_it(session, block_row, site, zoom, jobs):
    other = make_block(site.course_key, name="second")
    link(site, other, session.zoom_id)
    remove(other, since=timedelta(minutes=5))
    remove(block_row)
    pass_time(other, timedelta(minutes=5))
    run_all(jobs, slots=1)
    assert len(at_zoom(zoom)) == 1


def test_the_author_may_keep_it(session, block_row, site, zoom, jobs):
    deletion.keep(usage_key=block_row.key, user_id=site.author.pk, keeps=True)
    remove(block_row)
    run_all(jobs)
    assert len(at_zoom(zoom)) == 1
    deletion.delete_at_zoom(Placement.objects.get().pk)
    assert len(at_zoom(zoom)) == 1
    deletion.keep(usage_key=block_row.key, user_id=site.author.pk, keeps=False)
    pass_time(block_row, timedelta(hours=2))
    run_all(jobs)
    assert at_zoom(zoom) == []


@pytest.mark.parametrize("what", ["over", "live", "unsettled"])
def test_what_was_held_or_is_being_held_stays(session, block_row, zoom, jobs, what):
    if what == "over":
        Meeting.objects.update(starts_at=timezone.now() - timedelta(hours=1))
    elif what == "live":
        Meeting.objects.update(state=Meeting.State.LIVE)
    else:
        Sitting.objects.create(meeting=session, uuid="u", uuid_digest="u", record=Sitting.Record.AWAITED)
    remove(block_row)
    deletion.sweep()
    jobs.run()
    deletion.delete_at_zoom(Placement.objects.get().pk)
    assert len(at_zoom(zoom)) == 1


def test_of_a_series_with_dates_to_come_nothing_is_left(connected, block_row, site, zoom, jobs):
    meeting = save(site, block_row, recurrence={"every": "day", "count": 3}).meeting
    Meeting.objects.update(starts_at=timezone.now() - DAY)
    assert meeting.occurrences.count() == 3
    remove(block_row)
    run_all(jobs)
    assert at_zoom(zoom) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "body": {"code": 200, "message": "No permission."}},
        {"status": 500},
        {"drop": True},
        {"rate_limit": "daily"},
        {"status": 400, "body": {"code": 3002, "message": "In progress."}},
    ],
    ids=str,
)
def test_a_refusal_is_tried_again_after_an_hour_and_not_by_every_sweep(session, block_row, zoom, jobs, fault, settings):
    settings.ZOOM_XBLOCK_DELETE_AFTER_SECONDS = 86_400
    Meeting.objects.update(starts_at=timezone.now() + 5 * DAY)
    remove(block_row, since=timedelta(days=2))
    zoom.fault("DELETE", "/v2/meetings/*", times=1, **fault)
    deletion.sweep()
    jobs.run()
    assert len(at_zoom(zoom)) == 1
    session.refresh_from_db()
    assert session.state == Meeting.State.SCHEDULED
    assert deletion.sweep()["delete_at_zoom"] == 0
    assert deletion.sweep(timezone.now() + timedelta(minutes=61))["delete_at_zoom"] == 1
    jobs.queue.clear()
    pass_time(block_row, timedelta(days=2))
    deletion.sweep()
    jobs.run()
    assert at_zoom(zoom) == []


def test_not_connected_is_no_crash_and_tried_again(session, block_row, zoom, jobs):
    from zoom_xblock.services import connections

    remove(block_row)
    connections.note_disconnected("grant_refused")
    deletion.delete_at_zoom(Placement.objects.get().pk)
    session.refresh_from_db()
    assert session.state == Meeting.State.SCHEDULED
    assert Placement.objects.get().unpublished_since is not None


def test_one_that_is_gone_at_zoom_already_is_gone(session, block_row, zoom, jobs):
    zoom.control(f"meetings/{session.zoom_id}?silent=1", "DELETE")
    remove(block_row)
    run_all(jobs)
    session.refresh_from_db()
    assert session.state == Meeting.State.GONE


def test_a_platform_that_cannot_answer_deletes_nothing(session, block_row, zoom, jobs, monkeypatch):
    from demo.site.door import DemoPlatform
    from zoom_xblock.platform import PlatformError

    def broken(*_args):
        raise PlatformError("the modulestore is away")

    remove(block_row)
    for verb in ("published_wishes", "has_draft"):
        monkeypatch.setattr(DemoPlatform, verb, broken)
    deletion.sweep()
    jobs.run()
    deletion.delete_at_zoom(Placement.objects.get().pk)
    assert len(at_zoom(zoom)) == 1


def test_while_somebody_saves_or_links_nothing_is_deleted(session, block_row, zoom):
    remove(block_row)
    placement = Placement.objects.get()
    for row in (placement, session):
        with lease(row, seconds=60):
            deletion.delete_at_zoom(placement.pk)
        assert len(at_zoom(zoom)) == 1
    deletion.delete_at_zoom(placement.pk)
    assert at_zoom(zoom) == []
    deletion.delete_at_zoom(placement.pk)  # twice, and of one that is not
    deletion.delete_at_zoom(10**9)


def test_results_stay(session, block_row, site, zoom, jobs):
    placement = Placement.objects.get()
    Result.objects.create(placement=placement, user_id=site.learner1.pk, decided_at=timezone.now())
    remove(block_row)
    run_all(jobs)
    assert Result.objects.count() == 1


def test_only_authors_keep_and_only_what_there_is(session, block_row, site):
    with pytest.raises(Forbidden):
        deletion.keep(usage_key=block_row.key, user_id=site.learner1.pk, keeps=True)
    with pytest.raises(Unplaced):
        deletion.keep(usage_key=make_block(site.course_key, name="new").key, user_id=site.author.pk, keeps=True)
    with lease(Placement.objects.get(), seconds=60), pytest.raises(Busy):
        deletion.keep(usage_key=block_row.key, user_id=site.author.pk, keeps=True)


def test_the_sweep_finds_it(session, block_row, zoom, jobs):
    from zoom_xblock.services import sweep

    remove(block_row)
    assert sweep.sweep()["delete_at_zoom"] == 1
