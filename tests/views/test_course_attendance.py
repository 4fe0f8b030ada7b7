"""Who is missing what, over all sessions of a course: for the course team in the LMS."""

# ruff: noqa: F811 - fixtures are taken over from the neighbour by their names
from __future__ import annotations

import csv
import io
import time
from html import unescape

import pytest
from django.utils import timezone

from demo import crowd
from tests.conftest import make_block
from tests.views.test_course import author, cells, lms, placed, stood, studio  # noqa: F401
from zoom_xblock.models import Result

pytestmark = pytest.mark.django_db

#: Queries of the demo around a page: its transaction, session and user, and the frame's question who may author.
AROUND = 5


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
