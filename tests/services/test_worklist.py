"""The work list: who is on it, what staff may say of them, and what comes of it."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from zoom_xblock.models import Host, Meeting, Placement, Registration, Result, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.services import worklist
from zoom_xblock.services.errors import InvalidWishes

pytestmark = pytest.mark.django_db

NUMBERS = itertools.count(1)


@pytest.fixture
def meeting(site, block_row):
    """A session that is over, with a sitting of an hour of which Zoom's record is there."""
    made = Meeting.objects.create(
        zoom_id=81234567890,
        kind="meeting",
        host_id="HostId",
        host_email="author@example.edu",
        alternative_hosts="colleague@example.edu",
        starts_at=timezone.now() - timedelta(hours=2),
        duration_minutes=60,
    )
    place(made, block_row)
    sitting = Sitting(meeting=made, uuid="aB/c==", started_at=made.starts_at, record=Sitting.Record.FINAL)
    sitting.uuid_digest = digest(sitting.uuid)
    sitting.ended_at = made.starts_at + timedelta(hours=1)
    sitting.settled_at = timezone.now()
    sitting.save()
    return made


def place(meeting, row):
    """Put the session into a block."""
    return Placement.objects.create(
        usage_key=row.key,
        usage_digest=usage_digest(row.key),
        course_key=row.key.course_key,
        meeting=meeting,
        required_seconds=2700,
        rule={"completion": "minutes", "required_minutes": 45},
    )


def was_there(meeting, name="A guest", *, minutes=(0, 60), **said):
    """One presence in the sitting, as Zoom's record has it."""
    sitting = meeting.sittings.first()
    facts = {"source": Segment.Source.RECORD, "connection": str(next(NUMBERS)), **said}
    return Segment.objects.create(
        sitting=sitting,
        name=name,
        fact_digest=digest(next(NUMBERS)),
        joined_at=sitting.started_at + timedelta(minutes=minutes[0]),
        left_at=sitting.started_at + timedelta(minutes=minutes[1]),
        **facts,
    )


@pytest.fixture
def work(block_row, site):
    """The list as the course's author sees it in the LMS."""
    return lambda **more: worklist.unknown(usage_key=block_row.key, staff_id=site.author.pk, **more)


@pytest.fixture
def say(block_row, site):
    """Staff's three verbs."""

    def verb(name, **more):
        return getattr(worklist, name)(usage_key=block_row.key, staff_id=site.author.pk, **more)

    return verb


def names(shown):
    """Who is on the list."""
    return [row.participant.name for row in shown.rows]


# -- who is on it ---------------------------------------------------------------------------------------------------


def test_only_who_is_nobodys_is_on_it(meeting, site, work):
    Registration.objects.create(meeting=meeting, user=site.learner1, registrant_id="RegId")
    was_there(meeting, "Ours", registrant_id="RegId")
    was_there(meeting, "In another case", registrant_id="regid")
    was_there(meeting, "Waiting", room=Segment.Room.WAITING)
    was_there(meeting, "An event beside the record", source=Segment.Source.LIVE)
    was_there(meeting, "Host", zoom_user_id="HostId")
    was_there(meeting, "Host by address", email="AUTHOR@example.edu", is_internal=True)
    was_there(meeting, "Alternative", email="colleague@example.edu", is_internal=True)
    was_there(meeting, "Says to be the host", email="author@example.edu")
    was_there(meeting, "A guest")
    assert sorted(names(work())) == ["A guest", "In another case", "Says to be the host"]


def test_an_alternative_host_is_known_by_the_id_that_zoom_lists(meeting, work):
    listed = {"email": "Colleague@example.edu", "listed_at": timezone.now()}
    Host.objects.create(zoom_id="AltId", id_digest=digest("AltId"), **listed)
    was_there(meeting, "Alternative", zoom_user_id="AltId")
    was_there(meeting, "Another", zoom_user_id="altid")
    assert names(work()) == ["Another"]


def test_rows_are_people_by_the_strongest_key(meeting, work):
    was_there(meeting, "Foreign", registrant_id="X", zoom_user_id="Z1", minutes=(0, 10))
    was_there(meeting, "Foreign again", registrant_id="X", zoom_user_id="Z2", minutes=(5, 20))
    was_there(meeting, "Signed in", zoom_user_id="U", minutes=(0, 10))
    was_there(meeting, "Signed in", zoom_user_id="U", minutes=(30, 40))
    was_there(meeting, "Guest", connection="1", minutes=(0, 5))
    was_there(meeting, "Guest", connection="2", minutes=(0, 5))
    shown = {(row.participant.by, row.participant.name): row.participant for row in work().rows}
    assert len(work().rows) == 4
    foreign = shown["registrant", "Foreign again"]
    assert (foreign.seconds, foreign.joins, foreign.came_by) == (20 * 60, 2, "registrant")
    assert foreign.names == ["Foreign", "Foreign again"]
    assert shown["zoom_user", "Signed in"].seconds == 20 * 60
    assert shown["connection", "Guest"].came_by == "guest"


def test_who_called_by_phone_is_known_from_the_event_beside_the_record(meeting, work):
    was_there(meeting, "1415***0123", connection="77")
    was_there(meeting, "1415***0123", connection="77", source=Segment.Source.LIVE, is_phone=True)
    assert work().rows[0].participant.came_by == "phone"


def test_who_is_still_in_counts_until_now(meeting, work):
    sitting = meeting.sittings.first()
    sitting.ended_at, sitting.record = None, Sitting.Record.LIVE
    sitting.save()
    one = was_there(meeting, "In", source=Segment.Source.LIVE)
    Segment.objects.filter(pk=one.pk).update(left_at=None)
    [row] = work().rows
    assert row.participant.is_in
    assert row.participant.seconds >= 7000


def test_without_any_mark_a_presence_is_shown_and_cannot_be_assigned(meeting, site, work, say):
    was_there(meeting, "Ghost", connection="")
    [row] = work().rows
    assert row.key == ""
    with pytest.raises(InvalidWishes):
        say("assign", keys=[""], user_id=site.learner1.pk)


# -- suggestions ----------------------------------------------------------------------------------------------------


def suggested(work):
    """Names of the suggested by row."""
    return {row.participant.name: [(one.username, one.by) for one in row.suggestions] for row in work().rows}


def test_the_same_address_comes_before_a_similar_name(meeting, site, work):
    for number, (first, last) in enumerate([("Ana", "López"), ("Anna", "Lopes"), ("Bo", "Chen")], start=1):
        user = getattr(site, f"learner{number}")
        user.first_name, user.last_name = first, last
        user.save()
    was_there(meeting, "LOPEZ ana", email=site.learner3.email)
    was_there(meeting, "Chen")
    was_there(meeting, "Zoë Quine")
    found = suggested(work)
    assert found["LOPEZ ana"] == [("learner3", "address"), ("learner1", "name")]
    assert found["Zoë Quine"] == []
    assert "learner3" not in dict(found["Chen"])  # half a name is nobody's


def test_two_learners_of_one_name_are_both_suggested_and_neither_is_counted(meeting, site, work, jobs):
    from zoom_xblock.services import settlement

    for user in (site.learner1, site.learner2):
        user.first_name, user.last_name = "Ana", "López"
        user.save()
        Registration.objects.create(meeting=meeting, user=user, registrant_id=f"R{user.pk}")
    was_there(meeting, "Ana López")
    assert {name for name, _by in suggested(work)["Ana López"]} == {"learner1", "learner2"}
    settlement.decide_meeting(meeting.pk)
    assert not Result.objects.filter(attended_seconds__gt=0).exists()
    assert not Result.objects.filter(is_complete=True).exists()


def test_the_course_team_is_never_suggested(meeting, site, work):
    site.author.first_name, site.author.last_name = "Ada", "Author"
    site.author.save()
    was_there(meeting, "Ada Author", email=site.author.email)
    assert suggested(work)["Ada Author"] == []


# -- how it scales --------------------------------------------------------------------------------------------------


def test_pages_are_bounded_and_so_are_queries(meeting, work, django_assert_max_num_queries):
    many(meeting, 120)
    with django_assert_max_num_queries(14):
        shown = work(page=3)
    assert (len(shown.rows), shown.number, shown.pages, shown.total) == (20, 3, 3, 120)
    assert work(page=99).number == 3
    assert len(work().rows) == 50


def test_ten_thousand_participants(meeting, work, django_assert_max_num_queries):
    many(meeting, 10_000)
    with django_assert_max_num_queries(14):
        began = time.perf_counter()
        shown = work()
        took = time.perf_counter() - began
    assert shown.total == 10_000
    assert took < 3  # measured at a fraction of it; a loop that asks for each of them would take minutes


def many(meeting, count):
    """So many guests."""
    sitting = meeting.sittings.first()
    Segment.objects.bulk_create(
        [
            Segment(
                sitting=sitting,
                source=Segment.Source.RECORD,
                fact_digest=f"many{number}",
                connection=f"m{number}",
                name=f"Guest {number}",
                joined_at=sitting.started_at,
                left_at=sitting.ended_at,
            )
            for number in range(count)
        ],
        batch_size=1000,
    )
