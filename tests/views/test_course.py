"""A course's sessions on one page: for authors in Studio, for the course team in the LMS."""

from __future__ import annotations

import csv
import io
import json
import time
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from demo import crowd
from demo.site.models import Block, CourseRole
from tests.conftest import make_block
from zoom_xblock.models import Meeting, Placement, Result
from zoom_xblock.models.meeting import usage_digest

pytestmark = pytest.mark.django_db

#: Queries of the demo around a page: its transaction, session and user, and the frame's question who may author.
AROUND = 5


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
        starts_at=timezone.now() + timedelta(days=days),
        duration_minutes=60,
        time_zone="Europe/Madrid",
        **{"state": "ended" if days < 0 else "scheduled", **facts},
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


# -- LMS ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(site):
    """Three sessions: two over, one to come."""
    rows = [make_block(site.course_key, f"s{number}", display_name=f"Session {number}") for number in range(3)]
    return [placed(row, number, days=days) for number, (row, days) in enumerate(zip(rows, (-3, -2, 2), strict=True))]


def test_who_is_missing_what(site, author, lms, three):
    stood(three[0], site.learner1, 2700)
    stood(three[1], site.learner1, 2100)
    stood(three[0], site.learner2, 0, verdict="excused", is_complete=True)
    stood(three[1], site.learner2, 2699)
    stood(three[0], site.learner3, 3000, verdict="absent", is_complete=False)
    stood(three[2], site.learner3, 600, state="provisional")
    table = cells(author.get(lms()))
    assert table["learner1"] == ["Complete", "10 minutes short", "To come"]
    assert table["learner2"] == ["Excused", "1 minute short", "To come"]
    assert table["learner3"] == ["Absent", "Not there", "10 minutes"]
    assert "author" not in table


def test_search_and_who_misses(site, author, lms, three):
    for user in (site.learner1, site.learner2, site.learner3):
        stood(three[0], user, 2700)
    stood(three[1], site.learner1, 2700)
    assert set(cells(author.get(lms("?q=learner2")))) == {"learner2"}
    assert cells(author.get(lms("?q=nobody"))) == {}
    assert "learner1" not in cells(author.get(lms("?missing=any")))
    assert "learner2" in cells(author.get(lms("?missing=any")))
    assert "learner1" not in cells(author.get(lms(f"?missing={three[1].pk}")))
    assert "learner2" not in cells(author.get(lms(f"?missing={three[0].pk}")))
    assert cells(author.get(lms(f"?missing={three[2].pk}"))) == {}  # to come: nobody misses it yet
    for hostile in (
        "?missing=7' OR 1=1",
        "?after=-1",
        "?after=%00",
        "?q=%00",
        "?after=" + "9" * 30,
        "?q=" + "a" * 3000,
    ):
        assert author.get(lms(hostile)).status_code == 200


def test_pages_of_fifty_reach_everybody_once(site, author, lms, three):
    crowd.people(120)
    seen, address = [], lms()
    for _page in range(10):
        answer = author.get(address)
        seen += list(cells(answer))
        following = answer.content.decode().split('rel="next" href="')
        if len(following) == 1:
            break
        address = lms(unescape(following[1].split('"')[0]))
    assert len(seen) == len(set(seen))
    assert len([name for name in seen if name.startswith("crowd")]) == 120


def test_names_are_text(site, author, lms, three):
    site.learner1.first_name, site.learner1.last_name = "<script>alert(1)</script>", "x"
    site.learner1.save()
    page = author.get(lms()).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_csv_has_everybody_and_no_formula(site, author, lms, three):
    site.learner1.first_name, site.learner1.last_name = "=HYPERLINK(1)", ""
    site.learner1.save()
    three[0].shown = {"topic": '@Session, "one"'}
    three[0].save()
    stood(three[0], site.learner1, 2750)
    answer = author.get(lms("attendance.csv"))
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][5].startswith('\'@Session, "one"')
    own = next(row for row in rows if row[0] == "learner1")
    assert own[1] == "'=HYPERLINK(1)"
    assert own[3:7] == ["1", "1", "Complete", "45"]
    assert len(rows) == 1 + len([name for name in vars(site) if name.startswith("learner")])


def test_a_course_without_sessions_says_so(site, author, lms, studio):
    assert "No component" in author.get(lms()).content.decode()
    assert "no Zoom session yet" in author.get(studio).content.decode()


@pytest.mark.parametrize("query", ["", "?missing=any", "?q=crowd"])
def test_queries_do_not_grow_with_people(site, author, lms, three, query, django_assert_max_num_queries):
    crowd.people(700)
    with django_assert_max_num_queries(8 + AROUND):
        assert author.get(lms(query)).status_code == 200


def test_ten_thousand_learners_in_twenty_sessions(site, author, lms, django_assert_max_num_queries):
    people = crowd.people(10_000)
    placements = [
        placed(make_block(site.course_key, f"m{number}", display_name=f"Session {number}"), number)
        for number in range(20)
    ]
    now = timezone.now()
    for placement in placements:
        Result.objects.bulk_create(
            [
                Result(
                    placement=placement, user=user, attended_seconds=2000, required_seconds=2700, decided_at=now,
                    state="final",
                )
                for user in people[::20]
            ],
            batch_size=5000,
        )  # fmt: skip
    with django_assert_max_num_queries(8 + AROUND):
        began = time.perf_counter()
        answer = author.get(lms())
        took = time.perf_counter() - began
    assert len(cells(answer)) == 50
    assert took < 3  # measured at a fraction of it
