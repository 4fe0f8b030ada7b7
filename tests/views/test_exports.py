"""The course team's files over HTTP: for whom, in what form, and that no spreadsheet can be made to do anything."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from demo.site.models import Course, CourseRole
from tests.classroom import make_classroom
from zoom_xblock.attendance import check
from zoom_xblock.models import Placement
from zoom_xblock.screens import exports
from zoom_xblock.services import corrections

pytestmark = pytest.mark.django_db

PATHS = ("/zoom/roster/{}.csv", "/zoom/evidence/{}.json")


@pytest.fixture
def room(site, block_row, jobs):
    """Twelve learners, ten with a place; counted."""
    block_row.published = {**block_row.published, "required_minutes": 30, "has_score": True}
    block_row.save()
    made = make_classroom(block_row.key, learners=12, registered=10, has_score=True)
    made.is_counted()
    return made


def get(path, key, user=None):
    """What somebody gets there."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.get(path.format(key))


def body(response):
    """All of a streamed answer."""
    return b"".join(response.streaming_content)


def table(response):
    """The rows of the CSV by user name, under the titles."""
    text = body(response).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    return {row["User name"]: row for row in rows}


@pytest.mark.parametrize("path", PATHS)
def test_staff_of_this_course_and_nobody_else(room, site, block_row, path, django_user_model):
    elsewhere = django_user_model.objects.create(username="elsewhere")
    other = Course.objects.create(key="course-v1:Other+Course+1", title="Another")
    CourseRole.objects.create(user=elsewhere, course=other, role=CourseRole.STAFF)
    for user in (site.learner1, elsewhere, room.users[0]):
        answer = get(path, block_row.key, user)
        assert answer.status_code == 403
        assert b"pupil" not in answer.content
        assert "no-store" in answer["Cache-Control"]
    assert get(path, block_row.key).status_code == 302
    assert get(path, block_row.key, site.author).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_not_from_studio(room, site, block_row, path):
    assert get("/studio" + path, block_row.key, site.author).status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_an_address_of_nothing(site, block_row, path):
    assert get(path, "nonsense", site.author).status_code == 404
    assert get(path, block_row.key, site.author).status_code == 404  # there is no session
    assert Placement.objects.count() == 0


@pytest.mark.parametrize("path", PATHS)
def test_files_are_files_and_stay_nowhere(room, site, block_row, path):
    answer = get(path, block_row.key, site.author)
    assert answer.streaming
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert body(answer)
    client = Client()
    client.force_login(site.author)
    assert client.post(path.format(block_row.key)).status_code == 405


def test_the_table_as_spreadsheets_read_it(room, site, block_row):
    corrections.decide(
        usage_key=block_row.key, staff_id=site.author.pk, user_ids=[room.users[0].pk], verdict="present",
        reason='=HYPERLINK("http://evil.example.com","click")',
    )  # fmt: skip
    answer = get(PATHS[0], block_row.key, site.author)
    raw = body(answer)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = table(get(PATHS[0], block_row.key, site.author))
    assert len(rows) == 12 + 3
    hers = rows[room.users[0].username]
    assert hers["Reason"] == '\'=HYPERLINK("http://evil.example.com","click")'
    assert (hers["Decision"], hers["Decided by"], hers["Complete"], hers["State"]) == (
        "Marked present", "author", "yes", "Marked present",
    )  # fmt: skip
    other = rows[room.users[5].username]
    assert (other["Minutes"], other["Seconds"], other["Score"]) == ("40", "2400", "1.0")
    assert other["Joined at (Europe/Madrid)"] == "2026-03-02 10:05:00"
    assert other["Name"] == room.users[5].get_full_name()
    assert rows[room.users[11].username]["Registration"] == "Not registered"


def test_names_that_are_formulas_stand_as_text(room, site, block_row):
    user = room.users[0]
    user.first_name, user.last_name = "=cmd|' /C calc'!A0", "\u202eX"
    user.save()
    name = table(get(PATHS[0], block_row.key, site.author))[user.username]["Name"]
    assert name.startswith("'=cmd")


@given(st.text())
def test_no_cell_begins_a_formula(text):
    cell = exports.safe(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not cell.startswith(("\t", "\r", "\n"))
    assert "\x00" not in cell
    assert cell in (text.replace("\x00", ""), "'" + text.replace("\x00", ""))


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8), min_size=17, max_size=17))
def test_a_row_comes_back_as_it_went(cells):
    written = csv.writer(exports._Echo(), lineterminator="\r\n").writerow([exports.safe(cell) for cell in cells])
    [read] = csv.reader(io.StringIO(written, newline=""))
    assert read == [exports.safe(cell) for cell in cells]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", 'a"; filename="x', "ünï cødé", "\r\nSet-Cookie: a", "", "a" * 999]
)
def test_the_name_of_a_file_is_plain(name):
    assert exports.plain(name)
    assert len(exports.plain(name)) <= 60
    assert exports.plain(name).replace("-", "").replace("_", "").isalnum()


def test_the_evidence_over_http_agrees_with_itself(room, site, block_row):
    document = json.loads(body(get(PATHS[1], block_row.key, site.author)))
    assert check.check(document).differences == []


@pytest.mark.parametrize("path", PATHS)
def test_five_hundred_are_one_page(site, block_row, jobs, django_assert_max_num_queries, path):
    room = make_classroom(block_row.key, learners=490, registered=400)
    room.is_counted()
    client = Client()
    client.force_login(site.author)
    with django_assert_max_num_queries(24):  # log-in and permissions among them
        text = body(client.get(path.format(block_row.key)))
    assert text.count(b"pupil00") >= 490
