"""Recordings: what events and Zoom's list say of them, in any order, and what is believed of it."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.conftest import compact
from zoom_xblock import queries
from zoom_xblock.client import webhooks
from zoom_xblock.models import Delivery, Meeting, Placement, Recording, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import inbox, recordings, sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(session, block_row):
    """The published block shows recordings."""
    block_row.published = {**block_row.published, "show_recordings": True}
    block_row.save()
    Placement.objects.update(shown={"show_recordings": True})
    return session


@pytest.fixture
def recorded(shown, zoom, site):
    """A sitting of ten minutes that Zoom has recorded; its events wait to be delivered."""
    zoom.held()
    played = zoom.play(
        shown.zoom_id, start_at=timezone.now() - timedelta(minutes=20), minutes=10, people=[{"name": "A guest"}]
    )
    zoom.control("recordings", number=shown.zoom_id, types=["MP4", "M4A", "TIMELINE"])
    return played


def told(session, name, at_seconds, *, uuid="aBcD/1==", files=None, **more):
    """An event as it comes out of the reader; `at_seconds` after noon."""
    body = {
        "event": f"recording.{name}",
        "event_ts": int(datetime(2026, 1, 5, 12, 0, at_seconds, tzinfo=UTC).timestamp() * 1000),
        "payload": {
            "account_id": session.account_id,
            "object": {
                "uuid": uuid,
                "id": session.zoom_id,
                "type": 2,
                "start_time": "2026-01-05T09:00:00Z",
                "duration": 61,
                "recording_play_passcode": "play/pass=",
                "share_url": "",
                "recording_files": [
                    {"id": url[-1], "file_type": "MP4", "status": "completed", "play_url": url} for url in files or []
                ],
                **more,
            },
        },
    }
    return webhooks.parse(compact(body).encode())


def link(usage_key, user, **more):
    """Where this person would be sent."""
    row = Recording.objects.get()
    return recordings.watch_link(usage_key=usage_key, recording_id=row.pk, user_id=user.pk, **more)


# -- through the inbox ----------------------------------------------------------------------------------------------


def test_what_zoom_has_recorded_can_be_watched(recorded, usage_key, site, client, zoom, jobs):
    zoom.deliver(client)
    jobs.run()
    [row] = queries.recordings_of(usage_key)
    assert row.duration_minutes == 10
    address = link(usage_key, site.learner1)
    assert address.startswith(f"{zoom.url}/rec/share/")
    assert "?pwd=" in address


def test_links_and_passcodes_are_ciphertext_at_rest(recorded, client, zoom, jobs):
    from django.db import connection

    zoom.deliver(client)
    jobs.run()
    with connection.cursor() as cursor:
        cursor.execute("SELECT share_url, passcode, files FROM zoom_xblock_recording")
        stored = b"".join(bytes(value) for value in cursor.fetchone())
    assert b"/rec/" not in stored
    row = Recording.objects.get()
    assert row.passcode
    assert row.passcode.encode() not in stored


def test_every_delivery_twice_and_last_first_ends_alike(recorded, client, zoom, jobs):
    zoom.deliver(client, list(reversed(zoom.held())))
    jobs.run()
    for delivery in Delivery.objects.all():
        inbox.process_again(delivery.pk)
    jobs.run()
    assert Recording.objects.count() == 1
    assert not Delivery.objects.filter(state=Delivery.State.FAILED).exists()
    assert len(json.loads(Recording.objects.get().files)) == 2  # the TIMELINE cannot be played


def thrown_away(zoom, session, is_all):
    """Zoom says that a recording, or one file of it, went into the bin."""
    if is_all:
        gone = {"code": 3301, "message": "There is no recording for this meeting."}
        zoom.fault("GET", "/v2/meetings/*/recordings", status=404, body=gone)
    body = {"uuid": Recording.objects.get().uuid, "id": session.zoom_id, "host_id": session.host_id, "type": 2}
    zoom.control("events", event="recording.trashed", object=body)


def test_a_recording_in_the_bin_is_no_longer_shown(recorded, shown, usage_key, site, client, zoom, jobs):
    zoom.deliver(client)
    jobs.run()
    thrown_away(zoom, shown, is_all=True)
    zoom.deliver(client)
    inbox.process_delivery(Delivery.objects.get(event="recording.trashed").pk)
    assert queries.recordings_of(usage_key) == []  # at once, before Zoom is asked
    zoom.control("faults", "DELETE")
    thrown_away(zoom, shown, is_all=True)
    recordings.refresh_recordings(shown.pk)
    assert queries.recordings_of(usage_key) == []
    with pytest.raises(recordings.NoSuchRecording):
        link(usage_key, site.learner1)


def test_of_a_recording_of_which_one_file_was_thrown_away_the_rest_comes_back(
    recorded, shown, usage_key, client, zoom, jobs
):
    zoom.deliver(client)
    jobs.run()
    thrown_away(zoom, shown, is_all=False)
    zoom.deliver(client)
    jobs.run()
    assert len(queries.recordings_of(usage_key)) == 1


def test_a_recording_whose_event_was_lost_is_found_by_the_sweep(recorded, usage_key, client, zoom, jobs):
    held = zoom.held()
    zoom.deliver(client, [one for one in held if not one["event"].startswith("recording.")])
    jobs.run(within_seconds=5)
    Meeting.objects.update(options={"auto_recording": "cloud"})
    Sitting.objects.update(ended_at=timezone.now() - timedelta(minutes=11))
    assert "refresh_recordings" in {job for job, _args, _wait in _swept(jobs)}
    jobs.run()
    [row] = queries.recordings_of(usage_key)
    assert row.duration_minutes == 10
    assert "refresh_recordings" not in {job for job, _args, _wait in _swept(jobs)}


@pytest.mark.parametrize(
    ("ended_minutes_ago", "automatic", "is_due"),
    [(5, "cloud", False), (15, "cloud", True), (15, "local", False), (3 * 24 * 60, "cloud", False)],
)
def test_only_what_should_be_there_is_asked_for(session, ended_minutes_ago, automatic, is_due):
    Meeting.objects.update(options={"auto_recording": automatic})
    ended_at = timezone.now() - timedelta(minutes=ended_minutes_ago)
    Sitting.objects.create(meeting=session, uuid="u", uuid_digest=digest("u"), ended_at=ended_at)
    assert recordings.due() == ([session.pk] if is_due else [])


def test_a_recording_that_is_not_there_yet_is_asked_for_more_and_more_seldom(session, zoom, jobs):
    Meeting.objects.update(options={"auto_recording": "cloud"})
    ended_at = timezone.now() - timedelta(hours=4)
    Sitting.objects.create(meeting=session, uuid="u==", uuid_digest=digest("u=="), ended_at=ended_at)
    recordings.refresh_recordings(session.pk)
    assert recordings.due() == []
    Recording.objects.update(read_at=timezone.now() - timedelta(hours=1))
    assert recordings.due() == []
    Recording.objects.update(read_at=timezone.now() - timedelta(hours=1, minutes=45))
    assert recordings.due() == [session.pk]


def test_an_app_that_may_not_list_recordings_is_not_asked_every_minute(session, zoom, jobs):
    Meeting.objects.update(options={"auto_recording": "cloud"})
    ended_at = timezone.now() - timedelta(hours=1)
    Sitting.objects.create(meeting=session, uuid="u==", uuid_digest=digest("u=="), ended_at=ended_at)
    lacking = {"code": 4711, "message": "Invalid access token, does not contain scopes"}
    zoom.fault("GET", "/v2/meetings/*/recordings", status=400, body=lacking)
    recordings.refresh_recordings(session.pk)
    assert recordings.due() == []
    assert queries.recordings_of(Placement.objects.get().usage_key) == []


# -- merging --------------------------------------------------------------------------------------------------------


def test_the_order_of_events_does_not_matter(shown, usage_key, zoom, jobs):
    base = "https://zoom.us/rec/play/"
    events = [
        told(shown, "completed", 1, files=[base + "a"]),
        told(shown, "completed", 2, files=[base + "b", base + "c"]),
        told(shown, "trashed", 3),
        told(shown, "recovered", 4),
    ]
    ends = set()
    for order in itertools.permutations(events):
        Recording.objects.all().delete()
        for event in order:
            recordings.note(shown, event)
        row = Recording.objects.get()
        ends.add((row.removed_at, row.told_at, *(one["play_url"] for one in json.loads(row.files))))
    assert ends == {(None, datetime(2026, 1, 5, 12, 0, 4, tzinfo=UTC), base + "b", base + "c")}


def test_a_late_telling_does_not_bring_back_what_was_thrown_away(shown, usage_key, jobs):
    recordings.note(shown, told(shown, "trashed", 5))
    recordings.note(shown, told(shown, "completed", 1, files=["https://zoom.us/rec/play/a"]))
    assert queries.recordings_of(usage_key) == []


def test_another_sitting_has_a_recording_of_its_own(shown, usage_key, jobs):
    for uuid in ("aB==", "Ab=="):  # they differ in case only
        recordings.note(shown, told(shown, "completed", 1, uuid=uuid, files=["https://zoom.us/rec/play/a"]))
    assert len(queries.recordings_of(usage_key)) == 2


def test_a_recording_of_another_meeting_is_not_taken_over(shown, usage_key, jobs):
    other = Meeting.objects.create(zoom_id=1, kind="meeting")
    recordings.note(other, told(shown, "completed", 1, files=["https://zoom.us/rec/play/a"]))
    assert recordings.note(shown, told(shown, "completed", 2, files=["https://zoom.us/rec/play/b"])) is False
    assert Recording.objects.get().meeting_id == other.pk


@pytest.mark.parametrize(
    "address",
    [
        "https://zoom.us.evil.example/rec/play/a",
        "https://zoom.us@evil.example/rec",
        "javascript:alert(1)",
        "http://zoom.us/rec/play/a",
        "https://zoom.us:8443/rec/play/a",
        "//evil.example/a",
        "https://evil.example/\\zoom.us",
        "https://zoom.us/rec/\n/a",
        "https://zoom.us/" + "a" * 3000,
        "https://zooṁ.us/rec/play/a",
    ],
)
def test_an_address_that_is_not_zooms_is_forgotten_at_once(shown, usage_key, site, jobs, address):
    recordings.note(shown, told(shown, "completed", 1, files=[address], share_url=address))
    assert queries.recordings_of(usage_key) == []
    row = Recording.objects.get()
    assert (row.share_url, row.files) == ("", "")
    Recording.objects.update(share_url=address)  # and were it there all the same
    with pytest.raises(recordings.NoSuchRecording):
        link(usage_key, site.learner1)


@pytest.mark.parametrize(
    "broken",
    [
        {"recording_files": "none"},
        {"recording_files": [7, None, []]},
        {"recording_files": [{"play_url": ["https://zoom.us/a"], "status": {}}]},
        {"start_time": "yesterday", "duration": "long"},
        {"duration": -(10**12)},
        {"recording_play_passcode": {"a": 1}, "share_url": 5},
    ],
)
def test_a_broken_event_does_no_harm(shown, usage_key, jobs, broken):
    recordings.note(shown, told(shown, "completed", 1, **broken))
    assert queries.recordings_of(usage_key) == []


def test_an_event_of_another_account_is_ignored(shown, zoom, client, jobs):
    raw = compact(
        {
            "event": "recording.completed",
            "event_ts": 1767608400321,
            "payload": {"account_id": "Another", "object": {"id": shown.zoom_id, "uuid": "u=="}},
        }
    )
    inbox.remember(
        endpoint="end_meeting",
        request_id="r1",
        raw=raw.encode(),
        event=webhooks.parse(raw.encode()),
        received_at=timezone.now(),
    )
    inbox.process_delivery(Delivery.objects.get().pk)
    assert Delivery.objects.get(event="recording.completed").state == Delivery.State.IGNORED
    assert not Recording.objects.exists()


# -- who may watch --------------------------------------------------------------------------------------------------


def test_parts_of_a_split_recording_can_each_be_watched(shown, usage_key, site, jobs):
    base = "https://us02web.zoom.us/rec/play/"
    recordings.note(shown, told(shown, "completed", 1, files=[base + "a?x=1", base + "b"]))
    assert link(usage_key, site.learner1) == base + "a?x=1&pwd=play%2Fpass%3D"
    assert link(usage_key, site.learner1, part=1) == base + "b?pwd=play%2Fpass%3D"
    with pytest.raises(recordings.NoSuchRecording):
        link(usage_key, site.learner1, part=2)


def test_only_what_the_published_block_shows(shown, usage_key, block_row, site, jobs):
    recordings.note(shown, told(shown, "completed", 1, files=["https://zoom.us/rec/play/a"]))
    Placement.objects.update(shown={"show_recordings": False})
    assert queries.recordings_of(usage_key) == []
    with pytest.raises(recordings.NoSuchRecording):
        link(usage_key, site.learner1)
    block_row.published = {**block_row.published, "show_recordings": False}
    block_row.save()
    Placement.objects.update(shown=None)  # not read since the column came: the block itself is asked
    with pytest.raises(recordings.NoSuchRecording):
        link(usage_key, site.learner1)
    block_row.published = {**block_row.published, "show_recordings": True}
    block_row.save()
    assert link(usage_key, site.learner1)
    Placement.objects.update(unpublished_since=timezone.now())
    with pytest.raises(recordings.NoSuchRecording):
        link(usage_key, site.learner1)


def test_recordings_of_takes_one_query_however_many_there_are(shown, usage_key, jobs, django_assert_num_queries):
    for number in range(12):
        recordings.note(
            shown, told(shown, "completed", 1, uuid=f"u{number}", files=[f"https://zoom.us/rec/play/{number}"])
        )
    with django_assert_num_queries(1):
        assert len(queries.recordings_of(usage_key)) == 12


def _swept(jobs):
    jobs.queue.clear()
    sweep.sweep()
    return list(jobs.queue)
