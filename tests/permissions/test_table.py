"""Every handler and every view, called by everybody, against the table."""

from __future__ import annotations

import inspect
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from opaque_keys.edx.keys import CourseKey

from demo.site.models import Course, CourseRole, Enrollment
from tests.block.test_handlers import form
from tests.fuzz.people import everything
from tests.permissions import table
from tests.permissions.conftest import OUTCOMES
from tests.permissions.table import HANDLERS, IN, LOG_IN, NOT_THERE, PEOPLE, REFUSED, TASKS, VIEWS, Row
from zoom_xblock import tasks
from zoom_xblock.block import ZoomXBlock
from zoom_xblock.models import Meeting, Placement, Recording
from zoom_xblock.models.fields import digest
from zoom_xblock.services import registrations
from zoom_xblock.urls import urlpatterns
from zoom_xblock.views.connection_actions import ACTIONS

pytestmark = pytest.mark.django_db

OF_THE_CLASS = {name for name in dir(ZoomXBlock) if getattr(getattr(ZoomXBlock, name, None), "_is_xblock_handler", 0)}


def key_of(row: Row) -> str:
    """The name of the URL."""
    return row.name.split()[1].removeprefix("admin:zoom_")


# -- nothing is missing ---------------------------------------------------------------------------------------------


def test_every_handler_has_its_rows():
    for where in ("LMS", "Studio", "preview"):
        assert {row.name for row in HANDLERS if row.where == where} == OF_THE_CLASS
    assert len({(row.name, row.where) for row in HANDLERS}) == len(HANDLERS)


def test_every_view_has_its_rows():
    names = {pattern.name for pattern in urlpatterns}
    for where in ("LMS", "Studio"):
        assert {key_of(row) for row in VIEWS if row.where == where and "admin:" not in row.name} == names
    of_admin = {name for one in admin.site.get_urls() if (name := getattr(one, "name", "") or "").startswith("zoom_")}
    assert {f"zoom_{key_of(row)}" for row in VIEWS if "admin:" in row.name} == of_admin
    for start in ("POST settings_do ", "POST admin:zoom_settings_do "):
        assert {row.name.removeprefix(start) for row in VIEWS if row.name.startswith(start)} == set(ACTIONS)


def test_every_job_has_its_row_and_takes_ids_only():
    jobs = {name: job for name, job in vars(tasks).items() if getattr(job, "name", "") == f"zoom_xblock.{name}"}
    assert set(jobs) == set(TASKS)
    allowed = ("_id", "_ids", "course_key")
    for name, job in jobs.items():
        assert all(word.endswith(allowed) for word in inspect.signature(job.run).parameters), name


def test_the_page_is_the_table():
    assert table.PAGE.read_text(encoding="utf-8") == table.render()


# -- everybody, everywhere ------------------------------------------------------------------------------------------


@pytest.fixture
def stage(session, site, usage_key, block_row, jobs, zoom):
    """A session that can be joined, with a recording and places; everybody's accounts by what they are."""
    people = get_user_model().objects
    course = Course.objects.get(key=site.course_key)
    other = Course.objects.create(key=CourseKey.from_string("course-v1:Other+Course+1"), title="Another course")
    made = {
        "anonymous": None,
        "unenrolled": people.create_user("stranger", "stranger@example.edu", "x"),
        "learner": site.learner1,
        "beta tester": people.create_user("beta", "beta@example.edu", "x"),
        "masquerading staff": site.author,
        "staff of another course": people.create_user("foreign", "foreign@example.edu", "x"),
        "limited staff": people.create_user("limited", "limited@example.edu", "x"),
        "course staff": site.author,
        "global staff": people.create_user("global", "global@example.edu", "x", is_staff=True),
        "superuser": site.admin,
    }
    assert tuple(made) == PEOPLE
    Enrollment.objects.create(user=made["beta tester"], course=course)
    CourseRole.objects.create(user=made["beta tester"], course=course, role=CourseRole.BETA)
    CourseRole.objects.create(user=made["limited staff"], course=course, role=CourseRole.LIMITED)
    for role in (CourseRole.STAFF, CourseRole.INSTRUCTOR):
        CourseRole.objects.create(user=made["staff of another course"], course=other, role=role)
    for who in table.LEARNERS:
        registrations.request_place(usage_key=usage_key, user_id=made[who].pk)
    jobs.run()
    Meeting.objects.update(starts_at=timezone.now() + timedelta(minutes=5))
    Placement.objects.update(shown={"show_recordings": True, "join_minutes_before": 15})
    address = "https://us02web.zoom.us/rec/share/abc"
    recording = Recording.objects.create(
        meeting=session, uuid="aBc==", uuid_digest=digest("aBc=="), share_url=address, told_at=timezone.now()
    )
    return {"people": made, "key": usage_key, "learner": site.learner1.pk, "recording": recording.pk, "zoom": zoom}


def browser(stage: dict[str, Any], who: str, looks_as: str | None = None) -> Client:
    """Her browser; masquerading staff looks as the learner named, or as any learner."""
    client = Client(raise_request_exception=False)
    if stage["people"][who] is not None:
        client.force_login(stage["people"][who])
    if who == "masquerading staff":
        session = client.session
        session[f"masquerade {stage['key'].course_key}"] = {"role": "learner", "username": looks_as}
        session.save()
    return client


def sent(stage: dict[str, Any], row: Row) -> dict[str, Any]:
    """A request that the handler would take."""
    return {
        "decide": {"user_ids": [stage["learner"]], "verdict": "excused", "reason": "Was ill."},
        "worklist_search": {"text": "le"},
        "worklist_assign": {"keys": ["0" * 64], "user_id": stage["learner"]},
        "worklist_dismiss": {"keys": ["0" * 64]},
        "worklist_undo": {"keys": ["0" * 64]},
        "save_session": form(),
        "check_session": form(),
        "link_session": {"reference": "81234567890"},
        "move_date": {
            "occurrence_id": "1",
            "start_date": "2031-01-01",
            "start_time": "10:00",
            "duration_minutes": "60",
        },
        "remove_date": {"occurrence_id": "1"},
        "keep_session": {"keeps": True},
        "course_make": {"rows": []},
    }.get(row.name.split()[-1], {})


def handled(stage: dict[str, Any], client: Client, row: Row) -> Any:
    """The answer of a handler."""
    key = stage["key"]
    path = {
        "LMS": f"/courses/{key.course_key}/xblock/{key}/handler/{row.name}",
        "Studio": f"/studio/xblock/{key}/handler/{row.name}",
        "preview": f"/studio/preview/xblock/{key}/handler/{row.name}",
    }[row.where]
    return client.post(path, json.dumps(sent(stage, row)), content_type="application/json")


def viewed(stage: dict[str, Any], client: Client, row: Row) -> Any:
    """The answer of a view."""
    method, name, *more = row.name.split()
    key = stage["key"]
    values = {
        "receive": {"endpoint": "end_meeting"},
        "settings_part": {"part": "hosts"},
        "settings_do": {"action": more[0] if more else ""},
        "recording": {"usage_key": key, "recording_id": stage["recording"]},
        "course": {"course_key": key.course_key},
        "course_make": {"course_key": key.course_key},
        "course_export": {"course_key": key.course_key},
    }.get(key_of(row))
    if values is None:
        values = {"usage_key": key} if name in ("join", "start", "calendar", "roster_csv", "evidence") else {}
    namespace = "zoom_xblock" if row.where == "LMS" else "zoom_xblock_in_studio"
    path = reverse(name if ":" in name else f"{namespace}:{name}", kwargs=values)
    if method == "GET":
        return client.get(path)
    if more == ["signed"]:
        raw = json.dumps({"event": "meeting.unknown", "event_ts": 1, "payload": {"object": {"id": "1"}}})
        headers = stage["zoom"].signed(raw)
        return client.post(path, raw, content_type="application/json", headers=headers)
    if more:
        return client.post(path, {"policy": "default", "delivery": "1"})
    return client.post(path, json.dumps(sent(stage, row)), content_type="application/json")


def outcome(answer: Any) -> str:
    """Which class an answer is of. What is let in may find nothing to do there: that is no refusal."""
    if answer.status_code in (401, 403):
        return REFUSED
    if answer.status_code == 302 and urlsplit(answer["Location"]).path in ("/login/", "/admin/login/"):
        return LOG_IN
    if answer.status_code == 404:
        return NOT_THERE
    assert answer.status_code < 500, answer.content[-300:]
    return IN


def differences(stage: dict[str, Any], who: str, rows: list[Row], looks_as: str | None = None) -> list[str]:
    """Where she gets what the table does not say; and that who is not let in changes nothing."""
    client, wrong = browser(stage, who, looks_as), []
    calls = [(row, viewed if row in VIEWS else handled) for row in rows]
    before = everything()
    for row, call in sorted(calls, key=lambda one: one[0].expected(who) == IN):
        if before is not None and row.expected(who) == IN:
            assert everything() == before, f"{who} was refused, and changed something"
            before = None
        answer = call(stage, client, row)
        got = outcome(answer)
        OUTCOMES[got] += 1
        if got != row.expected(who):
            wrong.append(f"{row.name} in {row.where} by {who}: {got} ({answer.status_code}), not {row.expected(who)}")
    return wrong


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_gets_what_the_table_says(stage, who):
    wrong = differences(stage, who, VIEWS + HANDLERS)
    assert not wrong, "\n".join(wrong)


def test_staff_who_looks_as_a_certain_learner_gets_no_more(stage):
    wrong = differences(stage, "masquerading staff", HANDLERS, "learner1")
    assert not wrong, "\n".join(wrong)


def test_a_masquerade_writes_nothing_in_the_lms(stage):
    for looks_as in (None, "learner1"):
        client, before = browser(stage, "masquerading staff", looks_as), everything()
        for row in HANDLERS:
            if row.where == "LMS":
                handled(stage, client, row)
        assert everything() == before


def test_a_job_with_an_id_of_nothing_does_nothing(stage, jobs):
    before = everything()
    for name in TASKS:
        job = getattr(tasks, name)
        words = inspect.signature(job.run).parameters
        if not words:
            continue
        values = {"user_ids": [10**9], "course_key": "course-v1:No+Such+Course"}
        job(*(values.get(word, 10**9) for word in words))
    assert everything() == before


def test_every_post_of_ours_asks_for_a_csrf_token(stage):
    """All but Zoom's, which has its signature; the handlers' is the platform's."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(stage["people"]["superuser"])
    before = everything()
    for row in VIEWS:
        if row.name.startswith("POST ") and "receive" not in row.name:
            assert viewed(stage, client, row).status_code == 403, row.name
    assert everything() == before
