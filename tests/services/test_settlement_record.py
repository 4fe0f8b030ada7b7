"""Zoom's record: read page by page, kept whole or not at all, the same however often and by however many it is read."""

from __future__ import annotations

import math
import tracemalloc
from datetime import timedelta

import pytest
from django.utils import timezone

from zoom_xblock import client as zoom_client
from zoom_xblock.client import Participant
from zoom_xblock.models import Meeting, Registration, Result, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import connections, record, registrations, settlement, sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sitting(began):
    """A sitting that is over, of a meeting that Zoom need not know."""
    meeting = Meeting.objects.create(kind="meeting", zoom_id=81234567890, starts_at=began, duration_minutes=60)
    return over(meeting, "u==", began)


def over(meeting, uuid, began):
    """A sitting whose record is awaited."""
    return Sitting.objects.create(
        meeting=meeting, uuid=uuid, uuid_digest=digest(uuid), started_at=began, ended_at=began + timedelta(hours=1),
        record="awaited", next_try_at=timezone.now(),
    )  # fmt: skip


def person(began, number, first=0, last=50, **more):
    """One row of a record."""
    row = {
        "registrant_id": f"Rg{number}",
        "connection": str(16778240 + number),
        "zoom_user_id": "",
        "name": f"Person {number}",
        "email": "",
        "joined_at": began + timedelta(minutes=first),
        "left_at": began + timedelta(minutes=last),
        "waiting": False,
        "customer_key": "",
        "internal": None,
        "room": "main",
    }
    return Participant(**{**row, **more})


def kept():
    """What is stored of the record, in order."""
    rows = Segment.objects.filter(source="record").order_by("fact_digest")
    return list(rows.values_list("fact_digest", "registrant_id", "joined_at", "left_at", "is_internal", "room"))


def test_what_zoom_says_about_a_presence_is_kept(sitting, began):
    rows = [
        person(began, 1, internal=True, zoom_user_id="zU1", email="a@example.edu"),
        person(began, 2, internal=False, registrant_id=""),
        person(began, 3, zoom_user_id="zU3"),  # a report does not say `internal_user`, but whose id it is
        person(began, 4, room="breakout", left_at=None),
        person(began, 5, name="𝔘𝔫𝔦 😀" * 90, connection="9" * 90),
    ]
    assert record.keep(sitting, [rows]) == 5
    found = {one.name[:9]: one for one in Segment.objects.all()}
    assert [found[f"Person {number}"].is_internal for number in (1, 2, 3, 4)] == [True, False, True, None]
    assert (found["Person 4"].room, found["Person 4"].left_at) == ("breakout", None)
    first = found["Person 1"]
    assert (first.zoom_user_id, first.email, first.joined_at) == ("zU1", "a@example.edu", began)
    assert [len(one.name) for one in Segment.objects.filter(registrant_id="Rg5")] == [255]
    sitting.refresh_from_db()
    assert (sitting.record, sitting.settled_at is not None) == ("final", True)


def test_equal_rows_on_one_page_and_on_two_are_one_presence(sitting, began):
    one, other = person(began, 1), person(began, 2)
    assert record.keep(sitting, [[one, one], [other, one]]) == 2
    assert len(kept()) == 2


def test_a_record_that_breaks_off_counts_for_nobody_and_is_read_again(sitting, began):
    def breaks_off():
        yield [person(began, 1), person(began, 2)]
        raise zoom_client.errors.ZoomDown(status=500)

    Segment.objects.create(
        sitting=sitting, source="live", fact_digest="x", registrant_id="Rg1", joined_at=began, left_at=timezone.now()
    )
    with pytest.raises(zoom_client.ZoomError):
        record.keep(sitting, breaks_off())
    sitting.refresh_from_db()
    assert sitting.record == "awaited"
    from zoom_xblock.services import counting

    assert [one.source for one in counting.counting_segments(sitting)] == ["live"]
    # What the first reading had and the second has not was no part of the record.
    assert record.keep(sitting, [[person(began, 2)], [person(began, 3)]]) == 2
    assert {row[1] for row in kept()} == {"Rg2", "Rg3"}


def test_two_workers_who_read_the_same_record_end_in_the_same_rows(sitting, began):
    pages = [[person(began, number) for number in range(first, first + 3)] for first in (0, 3, 6)]
    inner = []

    def slow():
        for number, page in enumerate(pages):
            if number == 1 and not inner:
                inner.append(record.keep(Sitting.objects.get(pk=sitting.pk), pages))
            yield page

    assert record.keep(sitting, slow()) == 9
    assert (inner, len(kept())) == ([9], 9)


def test_read_again_unchanged_nothing_is_written(sitting, began, django_assert_num_queries):
    pages = [[person(began, number) for number in range(9)]]
    record.keep(sitting, pages)
    before = list(Segment.objects.values())
    with django_assert_num_queries(5):  # what is there, how many there are, the sitting, and its transaction
        record.keep(sitting, pages)
    assert list(Segment.objects.values()) == before


def test_an_event_lends_its_registrant_to_the_record_by_the_number_of_the_connection(sitting, began):
    live = {"sitting": sitting, "source": "live", "registrant_id": "RgLive", "joined_at": began}
    Segment.objects.create(fact_digest="a", connection="16778241", **live)
    rows = [person(began, 1, registrant_id=""), person(began, 2, registrant_id=""), person(began, 3)]
    record.keep(sitting, [rows])
    assert dict(Segment.objects.filter(source="record").values_list("name", "registrant_id")) == {
        "Person 1": "RgLive",
        "Person 2": "",
        "Person 3": "Rg3",
    }


def test_a_long_record_is_never_held_whole(sitting, began):
    """Twenty thousand presences: what is held of each is its digest, and not itself."""

    def pages():
        for first in range(0, 20_000, 300):
            yield [person(began, number) for number in range(first, min(first + 300, 20_000))]

    tracemalloc.start()
    try:
        assert record.keep(sitting, pages()) == 20_000
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert held < 12_000_000


def test_calls_to_zoom_are_one_for_each_page_and_few_besides(session, usage_key, zoom, jobs, client, began, caplog):
    registrants = zoom.control(f"meetings/{session.zoom_id}/registrants", count=700)
    assert len(registrants["registrants"]) == 700
    people = [{"registrant_id": one["id"], "segments": [[0, 3000]]} for one in registrants["registrants"]]
    done = zoom.play(session.zoom_id, start_at=began, minutes=60, people=people, send=False)
    sitting = over(session, done["uuid"], began)
    caplog.set_level("INFO", logger="zoom_xblock.client")
    settlement.settle_sitting(sitting.pk)
    calls = [one for one in caplog.records if one.name == "zoom_xblock.client" and " -> " in one.getMessage()]
    rows = Segment.objects.filter(source="record").count()
    assert rows == 701
    assert len(calls) <= math.ceil(rows / 300) + 2


def test_settling_at_the_same_time_as_another_worker_is_put_off_and_not_lost(sitting, jobs):
    from zoom_xblock.services.leases import lease

    with lease(sitting, seconds=60) as mine:
        assert mine
        settlement.settle_sitting(sitting.pk)
    assert [name for name, _args, _wait in jobs.queue] == ["settle_sitting"]
    jobs.queue.clear()
    with lease(sitting.meeting, seconds=60):
        settlement.decide_meeting(sitting.meeting_id)
    assert [name for name, _args, _wait in jobs.queue] == ["decide_meeting"]


# -- whom Zoom knows, over both ways to ask ---------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["report", "past participants", "events"])
def test_signed_in_people_count_by_their_address_whichever_way_zoom_is_asked(
    session, usage_key, block_row, site, zoom, jobs, client, began, source, settings
):
    block_row.published = {**block_row.published, "counts_email": True}
    block_row.save()
    zoom.control("users", email=site.learner1.email, type=1)
    if source == "past participants":
        connection = connections.the_connection()
        connection.scopes = " ".join(one for one in connection.granted_scopes if not one.startswith("report:"))
        connection.save()
    if source == "events":
        settings.ZOOM_XBLOCK_REPORT_DELAYS_SECONDS = [1, 2]
        zoom.fault("GET", "/v2/report/*", status=400, body={"code": 200, "message": "No permission."}, times=None)
    registrations.request_place(usage_key=usage_key, user_id=site.learner2.pk)
    jobs.run()
    zoom.held()
    people = [
        {"user": site.learner1.email, "segments": [[0, 50 * 60]]},
        {"name": "Learner Three", "segments": [[0, 50 * 60]]},
        {"email": site.learner2.email, "segments": [[0, 46 * 60]]},
    ]
    zoom.play(session.zoom_id, start_at=began, minutes=60, people=people)
    assert set(zoom.deliver(client)) == {204}
    jobs.run(within_seconds=60)
    got = dict(Result.objects.filter(attended_seconds__gt=0).values_list("user__username", "attended_seconds"))
    assert got == {"learner1": 50 * 60, "learner2": 46 * 60}
    state = Sitting.objects.get().record
    assert state == ("live_final" if source == "events" else "final")


def test_when_she_first_came_is_kept_with_her_place_also_if_events_were_lost(
    session, usage_key, site, zoom, jobs, client, began
):
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    registrations.request_place(usage_key=usage_key, user_id=site.learner2.pk)
    jobs.run()
    zoom.held()
    people = [{"email": site.learner1.email, "segments": [[300, 600], [900, 2000]]}]
    zoom.play(session.zoom_id, start_at=began, minutes=60, people=people)
    zoom.deliver(client, [one for one in zoom.held() if one["event"] == "meeting.ended"])
    jobs.run(within_seconds=60)
    came = dict(Registration.objects.values_list("user__username", "joined_at"))
    assert came == {"learner1": began + timedelta(seconds=300), "learner2": None}


def test_the_sweep_finds_what_is_owed_in_every_way(session, usage_key, site, jobs):
    from zoom_xblock.models import Placement

    placement, now = Placement.objects.get(), timezone.now()
    assert sweep.sweep()["pay_owed"] == 0
    result = Result.objects.create(placement=placement, user=site.learner1, decided_at=now, is_complete=True)
    assert sweep.sweep()["pay_owed"] == 1
    Result.objects.filter(pk=result.pk).update(completed_at=now)
    assert sweep.sweep()["pay_owed"] == 0
    Result.objects.filter(pk=result.pk).update(is_complete=False, verdict="absent")
    assert sweep.sweep()["pay_owed"] == 1
    Result.objects.filter(pk=result.pk).update(withdrawn_at=now)
    assert sweep.sweep()["pay_owed"] == 0
    Result.objects.filter(pk=result.pk).update(score=0.5)
    assert sweep.sweep()["pay_owed"] == 1
