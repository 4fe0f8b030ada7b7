"""Ids of other courses and sessions, tried by the staff of one; and units that learners do not see."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from opaque_keys.edx.keys import CourseKey

from demo.site.models import Block, Course, CourseRole, Enrollment, Unit
from tests.conftest import make_block, wishes_of
from tests.fuzz.people import everything
from zoom_xblock.models import (
    Assignment,
    Connection,
    Correction,
    Meeting,
    Occurrence,
    Placement,
    Recording,
    Result,
    Segment,
    Sitting,
)
from zoom_xblock.models.fields import digest
from zoom_xblock.services import placements, registrations, settlement, worklist
from zoom_xblock.services.meetings import save_session

pytestmark = pytest.mark.django_db

LINK = "https://us02web.zoom.us/rec/share/theirs"


@pytest.fixture
def theirs(session, site, jobs):
    """Another course with a session, a learner, a guest, a recording and a date; its staff teaches nothing else."""
    key = CourseKey.from_string("course-v1:Other+Course+1")
    course = Course.objects.create(key=key, title="Another course")
    Unit.objects.create(
        course=course, key=key.make_usage_key("vertical", "u"), section="S", subsection="S", title="U", position=1
    )
    people = get_user_model().objects
    staff = people.create_user("foreign", "foreign@example.edu", "x", first_name="Fiona", last_name="Foreign")
    pupil = people.create_user("pupil", "pupil@example.edu", "x", first_name="Paula", last_name="Pupil")
    CourseRole.objects.create(user=staff, course=course, role=CourseRole.STAFF)
    Enrollment.objects.create(user=pupil, course=course)
    row = make_block(key, "theirs", display_name="Their secret topic")
    meeting = save_session(usage_key=row.key, user_id=staff.pk, wishes=wishes_of(row)).meeting
    placement = Placement.objects.for_usage_key(row.key)
    sitting = Sitting.objects.create(
        meeting=meeting,
        uuid="Theirs==",
        uuid_digest=digest("Theirs=="),
        started_at=timezone.now() - timedelta(hours=2),
        ended_at=timezone.now() - timedelta(hours=1),
        record=Sitting.Record.FINAL,
    )
    Segment.objects.create(
        sitting=sitting,
        fact_digest=digest("theirs", 1),
        connection="1",
        joined_at=sitting.started_at,
        left_at=sitting.ended_at,
        name="Their guest",
        email="guest@example.org",
        source="record",
    )
    recording = Recording.objects.create(
        meeting=meeting, uuid="Theirs==", uuid_digest=digest("Theirs=="), share_url=LINK, told_at=timezone.now()
    )
    date = Occurrence.objects.create(
        meeting=meeting,
        occurrence_id="1648194360000",
        starts_at=timezone.now() + timedelta(days=9),
        duration_minutes=60,
    )
    Placement.objects.update(shown={"show_recordings": True})
    return {
        "key": row.key, "meeting": meeting, "placement": placement, "pupil": pupil, "staff": staff,
        "recording": recording, "date": date,
    }  # fmt: skip


@pytest.fixture
def ours(site):
    """The browser of this course's staff, who authors it, too."""
    client = Client(raise_request_exception=False)
    client.force_login(site.author)
    return client


def lms(client, key, handler, data, course_key=None):
    path = f"/courses/{course_key or key.course_key}/xblock/{key}/handler/{handler}"
    return client.post(path, json.dumps(data), content_type="application/json")


def studio(client, key, handler, data):
    return client.post(f"/studio/xblock/{key}/handler/{handler}", json.dumps(data), content_type="application/json")


def guest_keys(theirs):
    """As the browser of their staff has them."""
    return [row.key for row in worklist.unknown(usage_key=theirs["key"], staff_id=theirs["staff"].pk).rows]


def test_nobody_of_another_course_can_be_decided_about(theirs, ours, usage_key):
    said = lms(ours, usage_key, "decide", {"user_ids": [theirs["pupil"].pk], "verdict": "present", "reason": "x"})
    assert said.json()["decided"] is False
    assert not Correction.objects.exists()
    assert not Result.objects.exists()


def test_a_block_of_another_course_answers_nobody_of_ours(theirs, ours, usage_key):
    before = everything()
    for handler in ("roster", "picture", "decide", "recount", "worklist", "worklist_search", "state", "register"):
        for course_key in (theirs["key"].course_key, usage_key.course_key):
            answer = lms(ours, theirs["key"], handler, {"text": "p", "user_ids": [1]}, course_key)
            assert answer.status_code in (403, 404), handler
            assert b"secret topic" not in answer.content
    for handler in ("save_session", "check_session", "link_session", "unlink_session", "move_date", "remove_date"):
        assert studio(ours, theirs["key"], handler, {"occurrence_id": "1648194360000"}).status_code == 403, handler
    assert everything() == before


def test_participants_of_another_session_are_neither_assigned_nor_forgotten(theirs, ours, usage_key, site):
    [key] = guest_keys(theirs)
    for name, more in (("worklist_assign", {"user_id": site.learner1.pk}), ("worklist_dismiss", {})):
        assert lms(ours, usage_key, name, {"keys": [key], **more}).status_code == 400
    assert not Assignment.objects.exists()
    worklist.dismiss(usage_key=theirs["key"], staff_id=theirs["staff"].pk, keys=[key])
    lms(ours, usage_key, "worklist_undo", {"keys": [key]})
    assert Assignment.objects.get().key_digest == key


def test_a_learner_of_another_course_is_no_one_to_assign_to_or_to_find(theirs, ours, usage_key):
    answer = lms(ours, usage_key, "worklist_assign", {"keys": ["0" * 64], "user_id": theirs["pupil"].pk})
    assert answer.status_code == 400
    assert lms(ours, usage_key, "worklist_search", {"text": "pupil"}).json()["people"] == []
    assert b"pupil" not in lms(ours, usage_key, "roster", {"search": ""}).content
    assert b"pupil" not in ours.get(f"/zoom/courses/{usage_key.course_key}?q=pupil").content.replace(
        b'value="pupil"', b""
    )


def test_a_recording_of_another_session_is_not_opened_by_a_key_of_ours(theirs, ours, usage_key, site, client):
    number = theirs["recording"].pk
    client.force_login(site.learner1)
    for browser in (ours, client):
        for key in (usage_key, theirs["key"]):
            answer = browser.get(f"/zoom/recording/{key}/{number}/")
            assert answer.status_code in (403, 404)
            assert LINK not in str(answer.headers)


def test_a_date_of_another_series_is_neither_moved_nor_removed(theirs, ours, usage_key, zoom):
    form = {"occurrence_id": theirs["date"].occurrence_id, "start_date": "2031-01-01", "start_time": "10:00",
            "duration_minutes": "30"}  # fmt: skip
    for handler in ("move_date", "remove_date"):
        assert studio(ours, usage_key, handler, form).json()["saved"] is False
    assert not [one for one in zoom.control("meetings")["meetings"] if one["deleted_at"]]
    theirs["date"].refresh_from_db()
    assert theirs["date"].duration_minutes == 60


def test_a_session_of_a_host_who_is_not_ours_is_not_linked_nor_said_to_exist(theirs, ours, site, zoom):
    Connection.objects.update(host_policy="list", allowed_hosts="nobody@example.edu")
    row = make_block(site.course_key, "linking")
    listed = studio(ours, row.key, "sessions_to_link", {"host_email": "author@example.edu"}).json()
    assert "sessions" not in listed
    known = studio(ours, row.key, "link_session", {"reference": str(theirs["meeting"].zoom_id)}).json()
    unknown = studio(ours, row.key, "link_session", {"reference": "81234567890"}).json()
    assert known["saved"] is False
    assert known == unknown


def test_rows_of_another_course_are_not_made_with_ours(theirs, ours, usage_key):
    other = make_block(theirs["key"].course_key, "unmade")
    before = everything()
    rows = [{"usage_key": str(other.key), "date": "2031-01-01", "time": "10:00"}]
    ours.post(
        f"/studio/zoom/courses/{usage_key.course_key}/make", json.dumps({"rows": rows}), content_type="application/json"
    )
    assert everything() == before


def test_fields_that_no_form_has_change_nothing(session, ours, usage_key, site):
    """Mass assignment: what a handler does not read does not reach a row or a field."""
    before = Meeting.objects.values().get()
    sent = {"keeps": True, "meeting_id": 1, "zoom_id": 1, "state": "gone", "host_email": "evil@example.com",
            "is_link": True, "start": "2001-01-01T00:00:00Z", "visible_to_staff_only": True}  # fmt: skip
    assert studio(ours, usage_key, "keep_session", sent).status_code == 200
    assert Meeting.objects.values().get() == before
    draft = Block.objects.get(key=usage_key).draft
    assert not {"start", "visible_to_staff_only", "state", "zoom_id"} & set(draft)
    answer = lms(ours, usage_key, "decide", {"user_ids": [site.learner1.pk], "verdict": "excused", "reason": "Ill.",
                 "staff_id": site.admin.pk, "score": 1, "is_complete": True, "made_by": site.admin.pk})  # fmt: skip
    assert answer.json()["decided"] is True
    assert Correction.objects.get().made_by == site.author


def test_learners_of_another_course_with_the_same_session_are_not_named(theirs, ours, usage_key, site, jobs):
    """One meeting on purpose in two courses: each team sees its own people, in tables and files."""
    Placement.objects.filter(pk=theirs["placement"].pk).update(
        meeting=Placement.objects.for_usage_key(usage_key).meeting
    )
    registrations.request_place(usage_key=theirs["key"], user_id=theirs["pupil"].pk)
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    meeting = Placement.objects.for_usage_key(usage_key).meeting
    assert meeting.registrations.exclude(registrant_id="").count() == 2
    sitting = Sitting.objects.create(
        meeting=meeting,
        uuid="Both==",
        uuid_digest=digest("Both=="),
        started_at=timezone.now() - timedelta(hours=2),
        ended_at=timezone.now() - timedelta(hours=1),
        record=Sitting.Record.FINAL,
    )
    for number, one in enumerate(meeting.registrations.all()):
        Segment.objects.create(
            sitting=sitting, fact_digest=digest("both", number), connection=str(number), name=f"Name {number}",
            joined_at=sitting.started_at, left_at=sitting.ended_at, registrant_id=one.registrant_id, source="record",
        )  # fmt: skip
    settlement.decide_meeting(meeting.pk)
    staff = Client()
    staff.force_login(theirs["staff"])
    for client, key, seen, unseen in (
        (ours, usage_key, "learner1", "pupil"),
        (staff, theirs["key"], "pupil", "learner1"),
    ):
        answers = [
            lms(client, key, "roster", {}).content,
            lms(client, key, "picture", {}).content,
            b"".join(client.get(f"/zoom/roster/{key}.csv").streaming_content),
            b"".join(client.get(f"/zoom/evidence/{key}.json").streaming_content),
        ]
        for number, answer in enumerate(answers):
            assert seen.encode() in answer, (seen, number)
            assert unseen.encode() not in answer, (unseen, number)


# -- what the platform hides from learners ---------------------------------------------------------------------------


@pytest.fixture
def hidden(session, block_row, usage_key, site, jobs):
    """A unit that was open to learners, one of whom has a place, and is for the course team only now."""
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    Meeting.objects.update(starts_at=timezone.now() + timedelta(minutes=5))
    recording = Recording.objects.create(
        meeting=session, uuid="aB==", uuid_digest=digest("aB=="), share_url=LINK, told_at=timezone.now()
    )
    block_row.published = {**block_row.published, "show_recordings": True, "visible_to_staff_only": True}
    block_row.save()
    return recording


@pytest.mark.parametrize("is_read", [True, False], ids=["after the publish was read", "before"])
def test_what_is_hidden_from_learners_is_so_at_our_own_addresses(hidden, usage_key, site, client, is_read):
    Placement.objects.update(shown=None)
    if is_read:
        placements.reconcile_course(str(usage_key.course_key))
    addresses = [f"/zoom/calendar/{usage_key}", f"/zoom/recording/{usage_key}/{hidden.pk}/"]
    client.force_login(site.learner1)
    for address in addresses:
        assert client.get(address).status_code == 404, address
    if is_read:
        assert client.get(f"/zoom/join/{usage_key}").status_code == 409
    client.force_login(site.author)
    for address in addresses:
        assert client.get(address).status_code in (200, 302), address


def test_what_is_shown_again_is_open_again(hidden, block_row, usage_key, site, client):
    placements.reconcile_course(str(usage_key.course_key))
    block_row.published = {**block_row.published, "visible_to_staff_only": False}
    block_row.save()
    placements.reconcile_course(str(usage_key.course_key))
    client.force_login(site.learner1)
    for address in ("calendar/{}", "join/{}", f"recording/{{}}/{hidden.pk}/"):
        assert client.get("/zoom/" + address.format(usage_key)).status_code in (200, 302)
