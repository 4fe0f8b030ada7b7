"""A course's sessions on one page: for authors in Studio, for the course team in the LMS."""

from __future__ import annotations

import json
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from demo.site.models import Block, CourseRole
from tests.conftest import make_block
from zoom_xblock.models import Meeting, Placement, Result
from zoom_xblock.models.meeting import usage_digest

pytestmark = pytest.mark.django_db


@pytest.fixture
def lms(site):
    """The page in the LMS."""
    return lambda query="": f"/zoom/courses/{site.course_key}/{query}"


@pytest.fixture
def studio(site):
    """The page in Studio."""
    return f"/studio/zoom/courses/{site.course_key}/"


@pytest.fixture
def author(site):
    """Somebody who teaches the course."""
    client = Client()
    client.force_login(site.author)
    return client


def placed(row, number, *, days=-1, rule=None, **facts):
    """A session in this block, a day ago if not said otherwise."""
    meeting = Meeting.objects.create(
        zoom_id=81000000000 + number,
        kind="meeting",
        topic=row.draft["display_name"],
        duration_minutes=60,
        time_zone="Europe/Madrid",
        **{
            "starts_at": timezone.now() + timedelta(days=days),
            "state": "ended" if days < 0 else "scheduled",
            **facts,
        },
    )
    return Placement.objects.create(
        usage_key=row.key,
        usage_digest=usage_digest(row.key),
        course_key=row.key.course_key,
        meeting=meeting,
        required_seconds=2700,
        rule=rule or {"completion": "minutes", "required_minutes": 45},
        shown={"topic": row.draft["display_name"]},
    )


def stood(placement, user, seconds, **facts):
    """What was decided of a learner."""
    facts = {"state": "final", "is_complete": seconds >= 2700, **facts}
    return Result.objects.create(
        placement=placement,
        user=user,
        attended_seconds=seconds,
        required_seconds=2700,
        decided_at=timezone.now(),
        **facts,
    )


def cells(answer):
    """The table as text: by user name, the cell of each session."""
    page = unescape(answer.content.decode())
    found = {}
    for line in page.split("<tbody>")[-1].split("<tr>")[1:]:
        name = line.split('class="quiet">')[1].split("<")[0].split(" · ")[0].strip()
        found[name] = [part.split(">", 1)[1].split("<")[0] for part in line.split("<td")[1:]]
    return found


# -- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["", "attendance.csv"])
def test_learners_are_refused_and_others_sent_to_log_in(site, client, end):
    address = f"/zoom/courses/{site.course_key}/{end}"
    assert client.get(address).status_code == 302
    client.force_login(site.learner1)
    answer = client.get(address)
    assert answer.status_code == 403
    assert site.learner2.email not in answer.content.decode()


def test_studio_is_for_authors_and_not_for_limited_staff(site, client, studio):
    limited = get_user_model().objects.create_user("limited")
    CourseRole.objects.create(user=limited, course=site_course(), role=CourseRole.LIMITED)
    for user in (site.learner1, limited):
        client.force_login(user)
        assert client.get(studio).status_code == 403
        answer = client.post(studio + "make/", data=json.dumps({"rows": []}), content_type="application/json")
        assert answer.status_code == 403


def test_nothing_is_made_from_the_lms(site, author, lms):
    answer = author.post(lms("make/"), data="{}", content_type="application/json")
    assert answer.status_code == 403


def test_a_form_of_another_site_is_refused(site, studio):
    client = Client(enforce_csrf_checks=True)
    client.force_login(site.author)
    answer = client.post(studio + "make/", data='{"rows": []}', content_type="application/json")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "key", ["nonsense", "course-v1:a+b", "%00", "library-v1:a+b", "block-v1:a+b+c+type@zoom+block@d"]
)
def test_a_broken_address_is_a_sentence(author, key):
    for prefix in ("/zoom", "/studio/zoom"):
        assert author.get(f"{prefix}/courses/{key}/").status_code in (403, 404)


def test_the_block_leads_there(site, author, block_row, lms, studio):
    """From the course team's part in the LMS, and from the preview in Studio, each to its own."""
    placed(block_row, 1)
    unit = author.get(f"/xblock/{block_row.key}?view=student_view").content.decode()
    assert f'href="{lms()}"' in unit or f'href="{lms()[:-1]}"' in unit
    outline = author.get("/studio/").content.decode()
    assert f'href="{lms()}"' in outline or f'href="{lms()[:-1]}"' in outline
    answer = author.get(lms(), headers={"Referer": "http://testserver/studio/"})
    assert answer["Location"] == studio


def test_the_page_is_not_kept_by_anybody(author, lms):
    assert "no-store" in author.get(lms())["Cache-Control"]


# -- Studio ---------------------------------------------------------------------------------------------------------


def site_course():
    """The seeded course."""
    from demo.site.models import Course

    return Course.objects.get(key="course-v1:DemoX+Zoom+2026")


def test_those_that_need_dates_come_first(site, author, studio):
    past = (timezone.now() - timedelta(days=300)).isoformat()
    future = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
    ready = make_block(site.course_key, "ready", display_name="Ready one", starts_at=future.isoformat())
    _ready(ready, future)
    gone = make_block(site.course_key, "gone", display_name="Gone one")
    placed(gone, 2, days=1, state="gone")
    make_block(site.course_key, "copy", display_name="Copied one")
    make_block(site.course_key, "old", display_name="<b>Old</b> one", starts_at=past)
    make_block(site.course_key, "none", display_name="Dateless one", starts_at=None)
    other = make_block(site.course_key, "other", display_name="Other one", starts_at=future.isoformat())
    _ready(other, future, topic="Another topic", options={"entry": "open"})
    page = author.get(studio).content.decode()
    order = [page.index(name) for name in (">Dateless one", "Copied one", "Gone one", "Other one", "Ready one")]
    assert order == sorted(order)
    assert page.index("Old") < page.index("Copied one")
    assert "&lt;b&gt;Old&lt;/b&gt; one" in page
    assert "<b>Old" not in page
    for word in ("Needs a date", "Needs its own session", "No longer at Zoom", "Differs from Zoom", "Ready"):
        assert word in page
    assert "letting people in" in page


def _ready(row, starts_at, **facts):
    placement = placed(row, Meeting.objects.count() + 50, days=3)
    facts = {"starts_at": starts_at, **facts}
    Meeting.objects.filter(pk=placement.meeting_id).update(**facts)
    return placement


def test_several_are_made_at_once(connected, site, author, studio, zoom):
    rows = [make_block(site.course_key, f"s{number}", display_name=f"Session {number}") for number in range(3)]
    day = (timezone.now() + timedelta(days=30)).date().isoformat()
    data = {"rows": [{"usage_key": str(row.key), "date": day, "time": "09:30"} for row in rows[:2]]}
    answer = author.post(studio + "make/", data=json.dumps(data), content_type="application/json")
    assert [row["ok"] for row in answer.json()["rows"]] == [True, True], answer.content
    assert answer.json()["message"].startswith("2 sessions were made.")
    assert Placement.objects.filter(meeting__isnull=False).count() == 2
    stored = Block.objects.get(pk=rows[0].pk).draft["starts_at"]
    assert stored.startswith(day)
    meeting = Meeting.objects.first()
    assert meeting.starts_at.astimezone(zone("Europe/Madrid")).strftime("%Y-%m-%d %H:%M") == f"{day} 09:30"
    again = author.post(studio + "make/", data=json.dumps(data), content_type="application/json")
    assert [row["ok"] for row in again.json()["rows"]] == [False, False]
    assert Placement.objects.filter(meeting__isnull=False).count() == 2


def zone(name):
    """A time zone."""
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def test_one_that_fails_leaves_the_others(connected, site, author, studio, zoom):
    good = make_block(site.course_key, "good", display_name="Good")
    past = make_block(site.course_key, "past", display_name="Past")
    day = (timezone.now() + timedelta(days=30)).date().isoformat()
    data = {
        "rows": [
            {"usage_key": str(past.key), "date": "2020-01-01", "time": "09:30"},
            {"usage_key": str(good.key), "date": day, "time": "09:30"},
            {"usage_key": "block-v1:DemoX+Zoom+2026+type@zoom+block@never", "date": day, "time": "09:30"},
            {"usage_key": str(past.key).replace("past", "nope"), "date": "", "time": ""},
        ]
    }
    rows = {
        row["usage_key"]: row
        for row in author.post(studio + "make/", data=json.dumps(data), content_type="application/json").json()["rows"]
    }
    assert rows[str(good.key)]["ok"]
    assert not rows[str(past.key)]["ok"]
    assert all(row["message"] for row in rows.values())
    assert Placement.objects.filter(meeting__isnull=False).count() == 1


def test_a_time_that_the_clocks_skip_is_said_so(connected, site, author, studio):
    row = make_block(site.course_key, "gap")
    data = {"rows": [{"usage_key": str(row.key), "date": "2030-03-31", "time": "02:30"}]}
    answer = author.post(studio + "make/", data=json.dumps(data), content_type="application/json").json()
    assert "clocks" in answer["rows"][0]["message"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "7",
        "null",
        "{",
        '{"rows": 7}',
        '{"rows": []}',
        '{"rows": [7]}',
        '{"rows": [{"usage_key": 7}]}',
        '{"rows": [{"usage_key": ""}]}',
        json.dumps({"rows": [{"usage_key": "x" * 300}]}),
        json.dumps({"rows": [{"usage_key": "x", "date": "2030-01-01", "time": "09:00"}] * 51}),
        "[" * 10_000,
        '{"rows": "' + "x" * 200_000 + '"}',
    ],
)
def test_what_is_no_form_of_ours_changes_nothing(site, author, studio, body):
    answer = author.post(studio + "make/", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert not Placement.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"date": 7}, {"date": "2030-13-01"}, {"time": "25:00"}, {"date": "9999-12-31"}, {"time": "\ud800"}]
)
def test_a_row_that_cannot_be_read_is_told_at_the_row(site, author, studio, wrong):
    row = make_block(site.course_key, "one")
    data = {"rows": [{"usage_key": str(row.key), "date": "2030-01-01", "time": "09:00", **wrong}]}
    answer = author.post(studio + "make/", data=json.dumps(data), content_type="application/json")
    assert answer.status_code == 200
    assert [one["ok"] for one in answer.json()["rows"]] == [False]
    assert not Placement.objects.exists()


def test_an_ordinary_form_is_not_taken(site, author, studio):
    assert author.post(studio + "make/", data={"rows": "[]"}).status_code == 400
