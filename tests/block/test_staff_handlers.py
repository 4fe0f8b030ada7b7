"""The course team's handlers, by everybody who can reach them, with whatever a browser may send."""

from __future__ import annotations

import json
import unicodedata
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from demo.site.models import Course, CourseRole, Enrollment
from tests.classroom import BEGAN, make_classroom
from zoom_xblock.models import Assignment, Correction, Meeting, Registration, Result, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import registrations

pytestmark = pytest.mark.django_db

HANDLERS = ("roster", "picture", "decide", "recount")


@pytest.fixture
def room(site, block_row, jobs):
    """Twelve learners, ten with a place; counted."""
    block_row.published = {**block_row.published, "required_minutes": 30, "has_score": True, "weight": 10}
    block_row.save()
    made = make_classroom(block_row.key, learners=12, registered=10, has_score=True)
    made.is_counted()
    jobs.queue.clear()
    return made


@pytest.fixture
def call(block_row, site):
    """Press something in the LMS, as the author if nobody else is named."""

    def press(handler, data=None, *, who="author", client=None, studio=False):
        if client is None:
            client = Client()
            if who:
                client.force_login(getattr(site, who) if isinstance(who, str) else who)
        key = block_row.key
        address = (
            f"/studio/xblock/{key}/handler/{handler}"
            if studio
            else (f"/courses/{key.course_key}/xblock/{key}/handler/{handler}")
        )
        body = data if isinstance(data, str) else json.dumps({} if data is None else data)
        return client.post(address, data=body, content_type="application/json")

    return press


@pytest.fixture
def table(call):
    """The rows by user name, for a wish."""

    def rows(**wish):
        return {row["username"]: row for row in call("roster", wish).json()["rows"]}

    return rows


# -- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("handler", HANDLERS)
def test_everybody_but_the_team_of_this_course_is_refused(room, call, site, handler, django_user_model):
    elsewhere = django_user_model.objects.create(username="elsewhere")
    other = Course.objects.create(key="course-v1:Other+Course+1", title="Another")
    CourseRole.objects.create(user=elsewhere, course=other, role=CourseRole.INSTRUCTOR)
    beta = django_user_model.objects.create(username="beta")
    CourseRole.objects.create(user=beta, course=Course.objects.get(key=site.course_key), role=CourseRole.BETA)
    data = {"user_ids": [room.users[0].pk], "verdict": "present", "reason": "x"}
    for who in ("learner1", elsewhere, beta, None):
        answer = call(handler, data, who=who)
        assert answer.status_code in (302, 403), (handler, who)
        assert b"pupil" not in answer.content
    assert Correction.objects.count() == 0
    assert call(handler, data).status_code == 200


@pytest.mark.parametrize("chosen", ["learner", "learner1"])
@pytest.mark.parametrize("handler", HANDLERS)
def test_who_looks_as_a_learner_sees_and_settles_nothing(room, call, site, handler, chosen):
    client = Client()
    client.force_login(site.author)
    client.post("/course/view-as/", {"as": chosen})
    data = {"user_ids": [room.users[0].pk], "verdict": "present", "reason": "x"}
    answer = call(handler, data, client=client)
    assert answer.status_code == 403
    assert Correction.objects.count() == 0


@pytest.mark.parametrize("handler", HANDLERS)
def test_studio_shows_nobody(room, call, handler):
    data = {"user_ids": [room.users[0].pk], "verdict": "present", "reason": "x"}
    assert call(handler, data, studio=True).status_code == 403
    assert Correction.objects.count() == 0


def test_only_the_team_gets_the_part_below_the_card(room, block_row, site):
    for who, is_there in (("author", True), ("learner1", False)):
        client = Client()
        client.force_login(getattr(site, who))
        page = client.get(f"/xblock/{block_row.key}?view=student_view").content.decode()
        assert ("zoom-staff__table" in page, "ZoomXBlockStaff" in page) == (is_there, is_there)
        assert "pupil0" not in page


# -- the table -------------------------------------------------------------------------------------------------------


def test_everybody_of_the_course_is_in_it_with_what_stands(room, table, site):
    rows = table()
    assert len(rows) == 12 + 3
    hers = rows[room.users[5].username]
    assert (hers["minutes"], hers["requirement"], hers["completion"], hers["grade"]) == (
        "40", "30 min", "Complete", "10 of 10",
    )  # fmt: skip
    assert hers["state"] == {"slug": "final", "text": "Final"}
    assert hers["joined"].startswith("03/02/2026 10:05")
    missing = rows[room.users[11].username]
    assert missing["registration"]["text"] == "Not registered"
    assert (missing["state"]["slug"], missing["minutes"], missing["grade"]) == ("waiting", "–", "–")
    assert not set(rows) & {"author", "admin"}


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("name", lambda row: unicodedata.normalize("NFKD", row["name"].casefold())[0]),
        ("username", lambda row: row["username"]),
        ("minutes", lambda row: -1 if row["minutes"] == "–" else int(row["minutes"])),
        ("completion", lambda row: row["complete"]),
        ("grade", lambda row: -1 if row["grade"] == "–" else float(row["grade"].split(" ")[0])),
    ],
)
def test_orders_both_ways(room, call, sort, key):
    for descending in (False, True):
        rows = call("roster", {"sort": sort, "descending": descending}).json()["rows"]
        values = [key(row) for row in rows if row["name"][0] != "Đ"]
        assert values == sorted(values, reverse=descending)
        assert len(set(values)) > 1


@pytest.mark.parametrize("sort", ["registered", "joined"])
def test_whoever_has_no_such_time_stands_last_either_way(room, call, sort):
    firsts = []
    for descending in (False, True):
        rows = call("roster", {"sort": sort, "descending": descending}).json()["rows"]
        has = [row[sort] != "–" for row in rows]
        assert has == sorted(has, reverse=True)
        firsts.append(rows[0]["username"])
    assert firsts[0] != firsts[1]


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ("PUPIL", 12), ("cagla", 1), ("grossmann", 1), ("@example.edu", 15), ("%", 0), ("_", 0), ("' OR 1=1 --", 0),
        ("\x00", 15), ("\ud800", 15), ("a" * 5000, 0), ([], 15), (None, 15), ({"a": 1}, 15),
    ],
)  # fmt: skip
def test_searching(room, call, search, count):
    answer = call("roster", {"search": search})
    assert answer.status_code == 200
    assert answer.json()["total"] == count


@pytest.mark.parametrize(
    ("only", "count"),
    [
        ("all", 15), ("registered", 10), ("unregistered", 5), ("complete", 4), ("incomplete", 11), ("in_now", 0),
        ("ask", 0), ("decided", 0), ("nonsense", 15), (["all"], 15),
    ],
)  # fmt: skip
def test_filters(room, call, only, count):
    assert call("roster", {"only": only}).json()["total"] == count


@pytest.mark.parametrize("handler", ["roster", "picture", "decide", "recount"])
@pytest.mark.parametrize("data", ["[]", "7", "null", '"x"', "[" * 20_000, "{", '{"a": ' * 40 + "1" + "}" * 40])
def test_what_is_no_form_at_all_is_turned_away(room, call, handler, data):
    assert call(handler, data).status_code == 400
    assert Correction.objects.count() == 0


@pytest.mark.parametrize("data", ['{"page": -1}', '{"page": 1e9}', '{"page": true}',
                                  '{"page": "2"}', '{"sort": {}}', '{"sort": "password"}'])  # fmt: skip
def test_whatever_is_sent_the_first_page_is_answered(room, call, data):
    answer = call("roster", data)
    assert answer.status_code == 200
    assert (answer.json()["page"], answer.json()["total"]) == (1, 15)


def test_pages_have_everybody_once(site, block_row, call, jobs):
    make_classroom(block_row.key, learners=117, registered=60)
    names = []
    for page in (1, 2, 3, 4):
        answer = call("roster", {"page": page, "sort": "minutes"}).json()
        assert answer["pages"] == 3
        names += [row["username"] for row in answer["rows"]] if page < 4 else []
    assert answer["page"] == 3  # behind the last page there is the last page
    assert len(names) == len(set(names)) == 120


def test_what_is_seen_of_how_somebody_was_there(room, table, site):
    room.was_there(room.users[0], 0, 60, connection="p1", name="Ana's grandmother")
    room.was_there(room.users[1], 2, 50, connection="p2")
    room.was_there(room.users[2], 55, 58, connection="p3")  # after the others: no two at once
    live = {"source": "live", "is_phone": True}
    room.was_there(room.users[3], 0, 9, connection="p4", **live)  # Zoom's record does not say it, its event did
    guest = Segment.objects.create(
        sitting=room.sitting, fact_digest="g", source="record", name="Guest", connection="c9", joined_at=BEGAN,
        left_at=BEGAN + timedelta(minutes=10),
    )  # fmt: skip
    key = f"{room.sitting.uuid} {guest.connection}"
    Assignment.objects.create(
        meeting=room.meeting, by="connection", key=key, key_digest=digest("connection", key), user=room.users[10],
        made_at=BEGAN,
    )  # fmt: skip
    Enrollment.objects.filter(user=room.users[4]).update(is_active=False)
    rows = table()
    flags = {number: [flag["slug"] for flag in rows[room.users[number].username]["flags"]] for number in range(12)}
    assert flags == {
        0: ["shared"], 1: ["devices"], 2: [], 3: ["phone"], 4: ["outsider"], 5: [], 6: [], 7: [], 8: [], 9: [],
        10: ["assignment"], 11: [],
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_from_a_telephone_as_zoom_tells_it(session, site, block_row, zoom, jobs, client, call):
    """The event says so, Zoom's record does not; the registrant's minutes count all the same."""
    for learner in (site.learner1, site.learner2):
        registrations.request_place(usage_key=block_row.key, user_id=learner.pk)
    jobs.run()
    zoom.held()
    people = [
        {"email": "learner1@example.edu", "phone": "+34600123456", "segments": [[60, 3060]]},
        {"email": "learner2@example.edu", "segments": [[60, 3060]]},
    ]
    zoom.play(session.zoom_id, start_at=timezone.now() - timedelta(hours=2), minutes=60, people=people)
    assert set(zoom.deliver(client)) == {204}
    jobs.run(within_seconds=60)
    assert Sitting.objects.get().record == "final"
    rows = {row["username"]: row for row in call("roster").json()["rows"]}
    assert [flag["slug"] for flag in rows["learner1"]["flags"]] == ["phone"]
    assert rows["learner2"]["flags"] == []
    assert (rows["learner1"]["minutes"], rows["learner1"]["completion"]) == ("50", "Complete")


def test_two_ids_that_differ_in_case_are_two_people(room, table):
    Registration.objects.filter(user=room.users[0]).update(registrant_id="AbC")
    Registration.objects.filter(user=room.users[1]).update(registrant_id="aBc")
    room.was_there(room.users[0], 0, 60, registrant_id="AbC", is_phone=True)
    rows = table()
    assert rows[room.users[0].username]["flags"]
    assert not rows[room.users[1].username]["flags"]


def test_in_the_waiting_room_nobody_is_in(site, block_row, call, jobs):
    room = make_classroom(block_row.key, learners=3, registered=3, live=True)
    Segment.objects.all().delete()
    room.was_there(room.users[0], 1, None, source="live", room="waiting")
    room.was_there(room.users[1], 1, None, source="live")
    answer = call("roster").json()
    assert [row["username"] for row in answer["rows"] if row["in_now"]] == [room.users[1].username]
    assert "1 in now" in answer["summary"]
    assert answer["poll_after_seconds"]
    assert call("roster", {"only": "in_now"}).json()["total"] == 1


def test_what_runs_is_counted_provisionally_in_the_table_and_in_its_order(site, block_row, call, jobs):
    room = make_classroom(block_row.key, learners=8, registered=8, live=True, counted="scheduled")
    for sort in ("name", "minutes"):
        rows = {row["username"]: row for row in call("roster", {"sort": sort}).json()["rows"]}
        hers = [rows[user.username] for user in room.users]
        assert [row["state"]["slug"] for row in hers] == ["provisional"] * 8
        assert [row["minutes"] for row in hers[:4]] == ["5", "59", "19", "57"]  # number 1 is in until the planned end
    minutes = [
        int(row["minutes"]) for row in call("roster", {"sort": "minutes"}).json()["rows"] if row["minutes"] != "–"
    ]
    assert minutes == sorted(minutes)
    assert len(minutes) == 8


def test_before_the_session_everybody_waits_also_after_a_decision_was_taken_back(site, block_row, call, jobs):
    room = make_classroom(block_row.key, learners=2)
    Sitting.objects.all().delete()
    Meeting.objects.update(state="scheduled")
    ids = [room.users[0].pk]
    call("decide", {"user_ids": ids, "verdict": "present", "reason": "By mistake"})
    call("decide", {"user_ids": ids, "verdict": "counted", "reason": "Sorry"})
    jobs.run()
    rows = call("roster").json()["rows"]
    assert {row["state"]["slug"] for row in rows} == {"waiting"}
    [row] = [row for row in rows if row["id"] == ids[0]]
    assert [one["text"] for one in row["decisions"]] == ["As counted", "Marked present"]


def test_without_a_session_the_table_says_so(site, block_row, call):
    answer = call("roster").json()
    assert (answer["rows"], answer["summary"]) == ([], "There is no session yet.")
    assert call("picture").status_code == 409
    assert call("recount").status_code == 409


# -- deciding --------------------------------------------------------------------------------------------------------


def test_a_decision_shows_at_once_and_says_by_whom_and_why(room, call, table, jobs):
    said = call("decide", {"user_ids": [room.users[0].pk], "verdict": "excused", "reason": "Ill <i>at home</i>"}).json()
    assert said == {"decided": True, "errors": {}, "message": "Decided for 1 learner."}
    hers = table()[room.users[0].username]
    assert hers["state"] == {"slug": "corrected", "text": "Excused"}
    [decision] = hers["decisions"]
    assert (decision["text"], decision["reason"]) == ("Excused", "Ill <i>at home</i>")
    assert decision["by"].startswith("author, ")
    assert decision["change"] == "Before: not complete, 5 minutes. After: complete, 5 minutes."
    again = call(
        "decide", {"user_ids": [room.users[0].pk], "verdict": "excused", "reason": "Ill <i>at home</i>"}
    ).json()
    assert again["message"].startswith("Nothing changed")
    assert [job[0] for job in jobs.queue] == ["pay_owed"]


@pytest.mark.parametrize("data", ["{}", '{"user_ids": "1", "verdict": [], "reason": 7}',
                                  '{"user_ids": [null], "verdict": "present", "reason": "x"}',
                                  '{"user_ids": [1.5], "verdict": "present", "reason": "x"}'])  # fmt: skip
def test_a_decision_that_cannot_be_meant_is_a_sentence(room, call, data):
    answer = call("decide", data)
    assert answer.status_code == 200
    assert answer.json()["decided"] is False
    assert answer.json()["message"]
    assert Correction.objects.count() == 0


def test_doubtful_completions_are_asked_about(room, call):
    Result.objects.filter(user=room.users[5]).update(counted_complete=False)
    answer = call("roster", {"only": "ask"}).json()
    assert [(row["username"], row["asks"]) for row in answer["rows"]] == [(room.users[5].username, True)]
    assert answer["asks_text"].startswith("1 learner was given")
    call("decide", {"user_ids": [room.users[5].pk], "verdict": "present", "reason": "Kept"})
    assert call("roster").json()["asks"] == 0


# -- how many queries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("handler", ["roster", "picture"])
def test_the_number_of_learners_makes_no_difference(site, block_row, jobs, handler, django_assert_max_num_queries):
    from zoom_xblock import platform
    from zoom_xblock.queries.everybody import Sources, Wish
    from zoom_xblock.queries.picture import picture
    from zoom_xblock.queries.roster import roster
    from zoom_xblock.services import counting

    room = make_classroom(block_row.key, learners=400, registered=350)
    room.is_counted()
    door = platform.current()
    with django_assert_max_num_queries(8):
        sources = Sources(door.learners(block_row.key.course_key, limit=20_000), door.people, counting.WhoIs)
        if handler == "roster":
            assert roster(block_row.key, Wish(sort="minutes", search="e"), sources).rows
        else:
            assert picture(block_row.key, Wish(), "", sources, BEGAN).bars
