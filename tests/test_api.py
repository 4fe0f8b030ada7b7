"""What other plugins may build on: it answers rightly, in one query, and docs/api.md says all of it."""

from __future__ import annotations

import dataclasses
import inspect
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.dispatch import Signal
from django.utils import timezone

from tests.classroom import BEGAN, make_classroom
from tests.conftest import make_block
from zoom_xblock import api
from zoom_xblock.models import Meeting, Occurrence, Placement, Result
from zoom_xblock.models.meeting import usage_digest
from zoom_xblock.services import corrections

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
SECTIONS = {
    match[1]: section
    for section in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]
    if (match := re.match(r"`(\w+)", section))
}


# -- the page --------------------------------------------------------------------------------------------------------
def test_every_public_name_has_its_section_and_every_section_its_name():
    assert set(SECTIONS) == set(api.__all__)
    public = {name for name in vars(api) if not name.startswith("_") and not inspect.ismodule(getattr(api, name))}
    imported_for_types = {"annotations", "LearningContextKey", "UsageKey"}
    assert public - imported_for_types == set(api.__all__)


@pytest.mark.parametrize("name", [name for name in api.__all__ if inspect.isfunction(getattr(api, name))])
def test_the_page_has_the_signature(name):
    function = getattr(api, name)
    signature = inspect.signature(function)
    assert re.match(rf"`{name}\({', '.join(signature.parameters)}\) -> ", SECTIONS[name])
    assert function.__doc__
    assert SECTIONS[name].split(" -> ")[1].split("`")[0] == signature.return_annotation


@pytest.mark.parametrize("shape", [api.Session, api.Attendance])
def test_the_page_has_every_field(shape):
    fields = [field.name for field in dataclasses.fields(shape)]
    assert re.findall(r"^\| `(\w+)` \|", SECTIONS[shape.__name__], re.MULTILINE) == fields
    assert shape.__dataclass_params__.frozen


@pytest.mark.django_db(transaction=True)
def test_the_page_has_what_each_signal_brings(site, usage_key, jobs):
    got = {}

    def keep(sender, signal, **facts):
        got[signal] = set(facts)

    signals = {name: getattr(api, name) for name in api.__all__ if isinstance(getattr(api, name), Signal)}
    for signal in signals.values():
        signal.connect(keep)
    try:
        room = make_classroom(usage_key, live=True)
        from zoom_xblock.services import sittings

        sittings.over(room.sitting, BEGAN + timedelta(minutes=60))
        room.is_counted()
    finally:
        for signal in signals.values():
            signal.disconnect(keep)
    assert set(got) == set(signals.values())
    for name, signal in signals.items():
        for fact in got[signal]:
            assert f"`{fact}`" in SECTIONS[name], (name, fact)


# -- sessions --------------------------------------------------------------------------------------------------------
def place(course_key, name, number, **facts):
    """A block with a session."""
    key = course_key.make_usage_key("zoom", name)
    facts = {"kind": "meeting", "topic": name, "duration_minutes": 60, "time_zone": "Europe/Madrid", **facts}
    meeting = Meeting.objects.create(zoom_id=number, **facts)
    return Placement.objects.create(
        usage_key=key, usage_digest=usage_digest(key), course_key=course_key, meeting=meeting
    )


@pytest.mark.django_db
def test_the_sessions_of_a_course_by_start_in_one_query(site, django_assert_num_queries):
    now = timezone.now().replace(microsecond=0)
    place(site.course_key, "later", 1, starts_at=now + timedelta(days=2), kind="webinar")
    place(site.course_key, "never", 2, starts_at=None, duration_minutes=None)
    place(site.course_key, "gone", 3, starts_at=now - timedelta(days=2), state="gone")
    place(site.course_key, "runs", 4, starts_at=now, state="live")
    hidden = place(site.course_key, "unpublished", 5, starts_at=now)
    Placement.objects.filter(pk=hidden.pk).update(unpublished_since=now)
    key = site.course_key.make_usage_key("zoom", "none")
    Placement.objects.create(usage_key=key, usage_digest=usage_digest(key), course_key=site.course_key)
    place(site.course_key.replace(run="Other"), "elsewhere", 6, starts_at=now)
    for course_key in (site.course_key, site.course_key.for_branch("draft-branch")):
        with django_assert_num_queries(1):
            found = api.sessions_of_course(course_key)
        assert [(one.topic, one.state) for one in found] == [
            ("gone", "gone"),
            ("runs", "live"),
            ("later", "scheduled"),
            ("never", "scheduled"),
        ]
    assert found[2] == api.Session(
        usage_key=site.course_key.make_usage_key("zoom", "later"),
        topic="later",
        kind="webinar",
        starts_at=now + timedelta(days=2),
        duration_minutes=60,
        time_zone="Europe/Madrid",
        state="scheduled",
    )
    assert found[3].duration_minutes == 0


@pytest.mark.django_db
def test_a_series_has_its_next_date_and_after_all_of_them_the_last(site):
    now = timezone.now().replace(microsecond=0)
    series = place(site.course_key, "series", 1, starts_at=now - timedelta(days=7), state="ended", recurrence={"a": 1})
    for number, days in enumerate((-7, 3, 7, 14)):
        Occurrence.objects.create(
            meeting=series.meeting,
            occurrence_id=str(number),
            starts_at=now + timedelta(days=days),
            status="deleted" if days == 3 else "available",
        )
    [one] = api.sessions_of_course(site.course_key)
    assert (one.starts_at, one.state) == (now + timedelta(days=7), "scheduled")
    Occurrence.objects.filter(starts_at__gt=now).update(status="deleted")
    [one] = api.sessions_of_course(site.course_key)
    assert (one.starts_at, one.state) == (now - timedelta(days=7), "ended")


# -- attendance ------------------------------------------------------------------------------------------------------
@pytest.fixture
def room(site, block_row, jobs):
    """Three learners, of whom the first stayed 5 minutes, the second 12, the third 19 of 30, graded."""
    block_row.published = {**block_row.published, "required_minutes": 10, "has_score": True}
    block_row.save()
    return make_classroom(block_row.key, learners=3)


@pytest.mark.django_db(transaction=True)
def test_attendance_waits_is_provisional_final_and_corrected(room, site, usage_key, jobs, django_assert_num_queries):
    learner = room.users[1].pk
    with django_assert_num_queries(1):
        assert api.attendance_of(usage_key, learner) == api.Attendance(0, 1800, "waiting", False, None)
    type(room.sitting).objects.update(record="live")
    room.sitting.segments.update(source="live")
    room.is_counted()
    found = api.attendance_of(usage_key, learner)
    assert (found.attended_seconds, found.state, found.is_complete) == (720, "provisional", False)
    type(room.sitting).objects.update(record="live_final")
    room.is_counted()
    with django_assert_num_queries(1):
        found = api.attendance_of(usage_key.for_branch("draft-branch"), learner)
    assert found == api.Attendance(720, 600, "final", True, 1.0)
    corrections.decide(
        usage_key=usage_key, staff_id=site.author.pk, user_ids=[learner], verdict="absent", reason="Not she"
    )
    assert api.attendance_of(usage_key, learner) == api.Attendance(720, 600, "corrected", False, 0.0)


@pytest.mark.django_db(transaction=True)
def test_who_has_a_place_and_was_not_there_yet_waits(room, usage_key):
    Result.objects.create(placement=room.placement, user=room.users[0], required_seconds=600, decided_at=BEGAN)
    assert api.attendance_of(usage_key, room.users[0].pk).state == "waiting"


@pytest.mark.django_db
def test_where_there_is_no_session_there_is_no_attendance(site, usage_key):
    assert api.attendance_of(usage_key, site.learner1.pk) is None
    Placement.objects.create(usage_key=usage_key, usage_digest=usage_digest(usage_key), course_key=site.course_key)
    assert api.attendance_of(usage_key, site.learner1.pk) is None


# -- asking ----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_settling_counts_anew_by_a_job_and_asks_nothing_where_nothing_was(room, site, usage_key, jobs):
    assert api.settle(usage_key) is None
    assert jobs.queue == [("decide_meeting", [room.meeting.pk], 0)]
    jobs.run()
    assert Result.objects.filter(is_complete=True).count() == 2
    for key in (make_block(site.course_key, "bare").key, place(site.course_key, "unheld", 9).usage_key):
        api.settle(key)
    assert jobs.queue == []
