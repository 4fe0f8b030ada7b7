"""
Who it was: a table of people who are, say they are, or look like somebody, each with whose minutes it makes.

Every case runs over Zoom's record and over the live record that became final.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from completion.models import BlockCompletion
from django.contrib.auth import get_user_model
from django.utils import timezone

from demo.site.models import Course, CourseRole, Enrollment
from tests.conftest import make_block
from zoom_xblock.models import Assignment, Meeting, Placement, Registration, Result, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.services import counting, people, settlement

pytestmark = pytest.mark.django_db(transaction=True)

ONE, TWO = "RgLearner0neAbCdEfGhIj", "RgLearnerTw0AbCdEfGhIj"
ANA = "learner1@example.edu"
UUID = "aBcD1234EfGh5678IjKl9w=="


def seen(first: int, last: int, connection: str = "16778241", **said: Any) -> dict[str, Any]:
    """One presence as Zoom reports it, in minutes from the beginning."""
    return {"first": first, "last": last, "connection": connection, **said}


@dataclass
class Case:
    """`minutes` by user name; whoever is not named has none, or no result at all. `unknown`: for the work list."""

    presences: list[dict[str, Any]]
    minutes: dict[str, int]
    unknown: int = 0
    allowed: bool = False
    assigned: list[tuple[str, str, str | None]] = field(default_factory=list)
    before: str = ""


CASES = {
    "her own link": Case([seen(0, 50, registrant_id=ONE)], {"learner1": 50}),
    "a link she shared: whoever uses it is counted as her, once": Case(
        [seen(0, 40, registrant_id=ONE), seen(10, 50, "2", registrant_id=ONE, name="Somebody else")], {"learner1": 50}
    ),
    "a link she shared with another learner who is signed in": Case(
        [seen(0, 40, registrant_id=ONE, zoom_user_id="zU2", email="learner2@example.edu", is_internal=True)],
        {"learner1": 40},
        allowed=True,
    ),
    "joined twice: two devices, and again": Case(
        [seen(0, 20, registrant_id=ONE), seen(5, 20, "2", registrant_id=ONE), seen(30, 40, "3", registrant_id=ONE)],
        {"learner1": 30},
    ),
    "by phone, with the number that goes with her link": Case(
        [seen(0, 50, registrant_id=ONE, name="+34 600 000 000")], {"learner1": 50}
    ),
    "by phone, with nothing": Case([seen(0, 50, name="+34 600 000 000")], {}, unknown=1),
    "a guest with a learner's name": Case([seen(0, 50, name="Learner One")], {}, unknown=1, allowed=True),
    "two of one name, one of them a guest": Case(
        [seen(0, 50, registrant_id=ONE, name="Ana López"), seen(0, 55, "2", name="Ana López")],
        {"learner1": 50},
        unknown=1,
        allowed=True,
    ),
    "a guest with a learner's address, of whom Zoom says nothing": Case(
        [seen(0, 50, email=ANA, is_internal=None)], {}, unknown=1, allowed=True
    ),
    "a guest with a learner's address, not of the account": Case(
        [seen(0, 50, email=ANA, is_internal=False, zoom_user_id="zForeign")], {}, unknown=1, allowed=True
    ),
    "signed in with a learner's address": Case(
        [seen(0, 50, email=ANA, is_internal=True)], {"learner1": 50}, allowed=True
    ),
    "signed in with a learner's address, written otherwise": Case(
        [seen(0, 50, email=" Learner1@Example.EDU", is_internal=True)], {"learner1": 50}, allowed=True
    ),
    "signed in, and the author does not allow it": Case([seen(0, 50, email=ANA, is_internal=True)], {}, unknown=1),
    "signed in with an address that two learners have": Case(
        [seen(0, 50, email=ANA, is_internal=True)], {}, unknown=1, allowed=True, before="a namesake's address"
    ),
    "signed in with an address that only begins like a learner's": Case(
        [seen(0, 50, email="learner1@example.ed", is_internal=True)], {}, unknown=1, allowed=True
    ),
    "signed in with the address of somebody who is not enrolled": Case(
        [seen(0, 50, email="outsider@example.edu", is_internal=True)], {}, unknown=1, allowed=True
    ),
    "signed in with the teacher's address": Case(
        [seen(0, 50, email="author@example.edu", is_internal=True)], {}, unknown=1, allowed=True
    ),
    "signed in, with a registrant made on Zoom's own form and a learner's address typed there": Case(
        [seen(0, 50, registrant_id="RgFromZoomsForm", email=ANA, is_internal=True)], {}, unknown=1, allowed=True
    ),
    "her registrant of another meeting": Case(
        [seen(0, 50, registrant_id="RgElsewhere")], {}, unknown=1, before="a place elsewhere"
    ),
    "an id that differs only by case": Case([seen(0, 50, registrant_id=ONE.swapcase())], {}, unknown=1),
    "one registrant that Zoom gave to two of ours": Case(
        [seen(0, 50, registrant_id=ONE)], {}, unknown=1, before="one registrant for two"
    ),
    "nobody at all: everything blank": Case([seen(0, 50, connection="")], {}, unknown=1, allowed=True),
    "a guest assigned by connection, and his next connection": Case(
        [seen(0, 20, "41", name="Ana's tablet"), seen(20, 50, "42", name="Ana's tablet")],
        {"learner1": 20},
        unknown=1,
        assigned=[("connection", f"{UUID} 41", "learner1")],
    ),
    "a guest assigned by his number at Zoom, and joining again": Case(
        [seen(0, 20, "41", zoom_user_id="zGuest"), seen(20, 50, "42", zoom_user_id="zGuest")],
        {"learner1": 50},
        assigned=[("zoom_user", "zGuest", "learner1")],
    ),
    "a number at Zoom that differs only by case": Case(
        [seen(0, 20, "41", zoom_user_id="ZgUEST")], {}, unknown=1, assigned=[("zoom_user", "zGuest", "learner1")]
    ),
    "a foreign registrant, assigned, and joining again": Case(
        [seen(0, 20, "41", registrant_id="RgForeign"), seen(20, 50, "42", registrant_id="RgForeign")],
        {"learner2": 50},
        assigned=[("registrant", "RgForeign", "learner2")],
    ),
    "assigned to her, beside her own link: the moments of both, once": Case(
        [seen(0, 30, registrant_id=ONE), seen(20, 50, "41", name="Tablet")],
        {"learner1": 50},
        assigned=[("connection", f"{UUID} 41", "learner1")],
    ),
    "an assignment cannot take away who came with her own link": Case(
        [seen(0, 50, "41", registrant_id=ONE, zoom_user_id="zU1")],
        {"learner1": 50},
        assigned=[("zoom_user", "zU1", "learner2"), ("registrant", ONE, "learner2")],
    ),
    "dismissed, though signed in with a learner's address": Case(
        [seen(0, 50, "41", email=ANA, is_internal=True)],
        {},
        allowed=True,
        assigned=[("connection", f"{UUID} 41", None)],
    ),
    "assigned to somebody who is not a learner": Case(
        [seen(0, 50, "41")], {}, assigned=[("connection", f"{UUID} 41", "outsider")]
    ),
    "the same connection number in another sitting": Case(
        [seen(0, 50, "41")], {}, unknown=1, assigned=[("connection", "another== 41", "learner1")]
    ),
    "a beta tester with a place": Case([seen(0, 50, registrant_id=ONE)], {}, before="a beta tester"),
    "staff with a place from before": Case([seen(0, 50, registrant_id=ONE)], {}, before="staff"),
    "unenrolled after joining": Case([seen(0, 50, registrant_id=ONE)], {}, before="unenrolled"),
    "the waiting room only": Case([seen(0, 50, registrant_id=ONE, room="waiting")], {}),
    "a breakout room only": Case([seen(0, 50, registrant_id=ONE, room="breakout")], {"learner1": 50}),
}


@pytest.fixture
def place(site, jobs):
    """A session that is over, and two learners with places at it."""
    row = make_block(site.course_key)
    began = (timezone.now() - timedelta(hours=2)).replace(microsecond=0)
    meeting = Meeting.objects.create(kind="meeting", zoom_id=81234567890, starts_at=began, duration_minutes=60)
    placement = Placement.objects.create(
        usage_key=row.key, usage_digest=usage_digest(row.key), course_key=site.course_key, meeting=meeting
    )
    sitting = Sitting.objects.create(
        meeting=meeting, uuid=UUID, uuid_digest=digest(UUID), started_at=began, ended_at=began + timedelta(hours=1),
        settled_at=timezone.now(),
    )  # fmt: skip
    site.outsider = get_user_model().objects.create(username="outsider", email="outsider@example.edu")
    for user, registrant_id in ((site.learner1, ONE), (site.learner2, TWO)):
        Registration.objects.create(meeting=meeting, user=user, registrant_id=registrant_id, state="registered")
    return row, meeting, placement, sitting


def arrange(before, site, meeting):
    """What is otherwise than usual."""
    course = Course.objects.get(key=site.course_key)
    if before == "a namesake's address":
        other = get_user_model().objects.create(username="namesake", email=ANA.upper())
        Enrollment.objects.create(course=course, user=other, is_active=True)
    elif before == "a place elsewhere":
        other = Meeting.objects.create(kind="meeting", zoom_id=82222222222)
        Registration.objects.create(meeting=other, user=site.learner1, registrant_id="RgElsewhere", state="registered")
    elif before == "one registrant for two":
        Registration.objects.filter(meeting=meeting).update(registrant_id=ONE)
    elif before in ("a beta tester", "staff"):
        role = CourseRole.BETA if before == "a beta tester" else CourseRole.STAFF
        CourseRole.objects.create(course=course, user=site.learner1, role=role)
    elif before == "unenrolled":
        Enrollment.objects.filter(user=site.learner1).update(is_active=False)


def report(sitting, source, presences):
    """Zoom's record, or what events said."""
    for number, one in enumerate(presences):
        said = {name: value for name, value in one.items() if name not in ("first", "last")}
        Segment.objects.create(
            sitting=sitting,
            source=source,
            fact_digest=digest(source, number),
            joined_at=sitting.started_at + timedelta(minutes=one["first"]),
            left_at=sitting.started_at + timedelta(minutes=one["last"]),
            **said,
        )
    sitting.record = Sitting.Record.FINAL if source == Segment.Source.RECORD else Sitting.Record.LIVE_FINAL
    sitting.save()


@pytest.mark.parametrize("source", list(Segment.Source))
@pytest.mark.parametrize("name", CASES)
def test_who_gets_whose_minutes(name, source, place, site):
    case, (row, meeting, placement, sitting) = CASES[name], place
    row.published = {**row.published, "counts_email": case.allowed}
    row.save()
    arrange(case.before, site, meeting)
    report(sitting, source, case.presences)
    for by, key, username in case.assigned:
        user = getattr(site, username) if username else None
        Assignment.objects.create(
            meeting=meeting, by=by, key=key, key_digest=counting.key_digest(by, key), user=user, made_at=timezone.now()
        )
    settlement.decide_meeting(meeting.pk)
    got = dict(Result.objects.filter(attended_seconds__gt=0).values_list("user__username", "attended_seconds"))
    assert {who: seconds // 60 for who, seconds in got.items()} == case.minutes
    enough = {who for who, minutes in case.minutes.items() if minutes >= 45}
    assert set(BlockCompletion.objects.values_list("user__username", flat=True)) == enough
    placement.refresh_from_db()
    resolver = counting.who_is(meeting, placement)
    left = [one for one in counting.counting_segments(sitting) if resolver.who(one).by == "unknown"]
    assert len(left) == case.unknown
    assert all(resolver(one) is None for one in left)
    # Asked about these people alone, nothing else comes out.
    alone = counting.tally(
        meeting, placement, counting.policy_of(placement), user_ids=[site.learner1.pk, site.learner2.pk]
    )
    learners = {site.learner1.pk: "learner1", site.learner2.pk: "learner2"}
    if case.before not in ("a beta tester", "staff", "unenrolled"):
        assert {learners[pk]: one.attended_us // 60_000_000 for pk, one in alone.reported.items()} == case.minutes


def test_a_retired_learner_keeps_what_was_counted_and_gets_nothing_new(place, site):
    _row, meeting, _placement, sitting = place
    report(sitting, "record", [seen(0, 30, registrant_id=ONE, name="Learner One", email=ANA)])
    settlement.decide_meeting(meeting.pk)
    people.forget_person(site.learner1.pk)
    Enrollment.objects.filter(user=site.learner1).update(is_active=False)
    before = Result.objects.filter(user=site.learner1).values().get()
    assert before["attended_seconds"] == 30 * 60
    Segment.objects.update(left_at=sitting.started_at + timedelta(minutes=59))
    settlement.decide_meeting(meeting.pk)
    assert Result.objects.filter(user=site.learner1).values().get() == before
    assert not BlockCompletion.objects.exists()


def test_who_it_was_is_told_with_the_reason(place, site):
    _row, meeting, placement, sitting = place
    report(sitting, "record", [seen(0, 9, registrant_id=ONE), seen(0, 9, "7"), seen(0, 9, "8")])
    key = f"{UUID} 7"
    Assignment.objects.create(
        meeting=meeting,
        by="connection",
        key=key,
        key_digest=counting.key_digest("connection", key),
        made_at=timezone.now(),
    )
    resolver = counting.who_is(meeting, placement)
    said = [resolver.who(one) for one in Segment.objects.order_by("connection")]
    assert [(who.user_id, who.by) for who in said] == [
        (site.learner1.pk, "registration"),
        (None, "dismissed"),
        (None, "unknown"),
    ]


def test_many_addresses_are_looked_up_together(place, site, django_assert_max_num_queries):
    _row, meeting, placement, sitting = place
    course = Course.objects.get(key=site.course_key)
    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"many{number}", email=f"many{number}@example.edu") for number in range(60)
    )
    users = list(get_user_model().objects.filter(username__startswith="many"))
    Enrollment.objects.bulk_create(Enrollment(course=course, user=user, is_active=True) for user in users)
    report(
        sitting, "record", [seen(0, 9, str(n), email=user.email, is_internal=True) for n, user in enumerate(users)]
    )  # fmt: skip
    policy = counting.Policy(counts_email=True)
    with django_assert_max_num_queries(counting.ADDRESSES_ONE_BY_ONE + 12):
        found = counting.tally(meeting, placement, policy)
    assert set(found.reported) == {user.pk for user in users}
