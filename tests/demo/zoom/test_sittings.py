"""Sittings and what is known of them afterwards: Q2, Q5-Q10, Q14, Q15; past meetings, participants, reports."""

from urllib.parse import quote

import pytest

from demo.zoom.seed import ACCOUNT_ID, CLIENT_ID

NINE = 1_893_920_400  # 2030-01-06T09:00:00Z


@pytest.fixture
def morning(zoom):
    """The clock stands on 2030-01-06, an hour before the sittings of these tests."""
    zoom.control("clock", freeze=True, set=NINE - 3600)
    return zoom


@pytest.fixture
def api(morning, client_of):
    return client_of(client_id=CLIENT_ID)


@pytest.fixture
def number(api):
    return api.meeting()["id"]


def evening(zoom, api):
    """Two hours after nine, with a token that still works."""
    zoom.control("clock", set=NINE + 2 * 3600)
    api.session.headers.update(zoom.bearer(client_id=CLIENT_ID))
    return api


def play(zoom, number, people, **besides):
    return zoom.control(f"meetings/{number}/play", **{"start_at": NINE, "minutes": 60, "people": people, **besides})


def participants(api, number, kind="meeting", **query):
    answer = api.get(f"/report/{kind}s/{number}/participants", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["participants"]


def test_report_has_one_row_per_join_and_waiting_rows_apart(zoom, api, number):
    ana = api.register(number)["registrant_id"]
    play(
        zoom,
        number,
        [
            {"registrant_id": ana, "waiting_room": 120, "join_after": 60, "leave_after": 1800},
            {"registrant_id": ana, "join_after": 1870, "leave_after": 3000},
            {"name": "Guest", "join_after": 300},
        ],
    )
    rows = participants(evening(zoom, api), number, include_fields="registrant_id")
    assert set(rows[0]) == {
        "id",
        "user_id",
        "participant_user_id",
        "name",
        "user_email",
        "join_time",
        "leave_time",
        "duration",
        "failover",
        "status",
        "customer_key",
        "bo_mtg_id",
        "registrant_id",
    }
    mine = [
        (row["status"], row["join_time"][11:19], row["leave_time"][11:19], row["duration"])
        for row in rows
        if row["registrant_id"] == ana
    ]
    assert mine == [
        ("in_waiting_room", "09:01:00", "09:03:00", 120),
        ("in_meeting", "09:03:00", "09:30:00", 1620),
        ("in_meeting", "09:31:10", "09:50:00", 1130),
    ]
    numbers = [int(row["user_id"]) for row in rows]
    assert len(set(numbers)) == len(rows) == 5
    assert min(numbers) >= 16778240
    guest = next(row for row in rows if row["name"] == "Guest")
    assert (guest["id"], guest["user_email"], guest["registrant_id"]) == ("", "", "")


def test_report_without_the_field_has_no_registrant(zoom, api, number):
    play(zoom, number, [{"name": "Guest"}])
    assert "registrant_id" not in participants(evening(zoom, api), number)[0]


def test_guests_addresses_are_blank_and_members_shown(zoom, api, number):
    ana = api.register(number)["registrant_id"]
    play(zoom, number, [{"registrant_id": ana}, {"user": "colleague@example.edu"}])
    rows = {row["name"]: row for row in participants(evening(zoom, api), number)}
    assert (rows["Ana López"]["user_email"], rows["Ana López"]["id"]) == ("", "")
    assert rows["Cleo Colleague"]["user_email"] == "colleague@example.edu"
    assert len(rows["Cleo Colleague"]["id"]) == 22
    zoom.control("options", registrant_email_in_reports=True)
    rows = {row["name"]: row for row in participants(api, number)}
    assert rows["Ana López"]["user_email"] == "ana@example.edu"


def test_past_participants_carry_the_registrant_and_whether_internal(zoom, api, number):
    ana = api.register(number)["registrant_id"]
    uuid = play(zoom, number, [{"registrant_id": ana}])["uuid"]
    rows = (
        evening(zoom, api)
        .get(f"/past_meetings/{quote(quote(uuid, safe=''), safe='')}/participants")
        .json()["participants"]
    )
    assert set(rows[0]) == {
        "id",
        "user_id",
        "name",
        "user_email",
        "join_time",
        "leave_time",
        "duration",
        "failover",
        "status",
        "internal_user",
        "registrant_id",
    }
    assert {(row["name"], row["internal_user"]) for row in rows} == {("Ada Author", True), ("Ana López", False)}
    assert {row["registrant_id"] for row in rows} == {"", ana}


def test_single_person_leaves_an_empty_list(zoom, api, number):
    uuid = play(zoom, number, [{"user": "author@example.edu", "join_after": 60}])["uuid"]
    api = evening(zoom, api)
    assert participants(api, number) == []
    answer = api.get(f"/past_meetings/{quote(quote(uuid, safe=''), safe='')}/participants").json()
    assert (answer["participants"], answer["total_records"], answer["next_page_token"]) == ([], 0, "")
    assert api.get(f"/past_meetings/{number}").json()["participants_count"] == 2, "joins, not people"


def test_running_meeting_has_no_past(zoom, api, number):
    zoom.control("clock", set=NINE)
    zoom.control(f"meetings/{number}/start", "POST")
    api.session.headers.update(zoom.bearer(client_id=CLIENT_ID))
    for path in (
        f"/past_meetings/{number}",
        f"/past_meetings/{number}/participants",
        f"/past_meetings/{number}/instances",
        f"/report/meetings/{number}/participants",
        f"/report/meetings/{number}",
    ):
        if path == f"/report/meetings/{number}":
            continue
        answer = api.get(path)
        assert (answer.status_code, answer.json()) == (
            404,
            {"code": 3001, "message": "The meeting ID is invalid or the meeting has not ended."},
        ), path


def test_data_come_after_the_delay(zoom, api, number):
    zoom.control("options", report_delay_seconds=900)
    play(zoom, number, [{"name": "Guest"}])
    zoom.control("clock", set=NINE + 3600 + 899)
    api.session.headers.update(zoom.bearer(client_id=CLIENT_ID))
    assert api.get(f"/report/meetings/{number}/participants").json()["code"] == 3001
    zoom.control("options", report_before_ready="empty")
    assert participants(api, number) == []
    zoom.control("clock", advance=2)
    assert len(participants(api, number)) == 2


def test_delay_can_be_cut_short_for_one_sitting(zoom, api, number):
    zoom.control("options", report_delay_seconds=9000)
    uuid = play(zoom, number, [{"name": "Guest"}])["uuid"]
    api = evening(zoom, api)
    assert api.get(f"/report/meetings/{number}/participants").status_code == 404
    zoom.control("sittings/ready", uuid=uuid)
    assert len(participants(api, number)) == 2


def test_room_that_empties_and_fills_again_has_another_uuid(zoom, api, number):
    done = zoom.control(
        f"meetings/{number}/people",
        base_at=NINE,
        people=[
            {"name": "A", "segments": [[0, 600], [670, 1200]]},
            {"name": "B", "segments": [[60, 590], [700, 1100]]},
        ],
    )
    assert len(set(done["sittings"])) == 2
    api = evening(zoom, api)
    listed = api.get(f"/past_meetings/{number}/instances").json()["meetings"]
    assert [one["uuid"] for one in listed] == done["sittings"]
    assert [one["start_time"] for one in listed] == ["2030-01-06T09:00:00Z", "2030-01-06T09:11:10Z"]
    assert {row["join_time"] for row in participants(api, number)} == {"2030-01-06T09:11:10Z", "2030-01-06T09:11:40Z"}
    first = participants(api, quote(quote(done["sittings"][0], safe=""), safe=""))
    assert {row["leave_time"] for row in first} == {"2030-01-06T09:10:00Z", "2030-01-06T09:09:50Z"}


def test_meeting_is_read_with_the_uuid_of_its_next_sitting(zoom, api, number):
    before = api.get(f"/meetings/{number}").json()["uuid"]
    assert play(zoom, number, [])["uuid"] == before
    assert play(zoom, number, [], start_at=NINE + 4000)["uuid"] != before


@pytest.mark.parametrize(
    ("uuid", "once", "twice"),
    [
        ("/abc//DEF+gh==", "%2Fabc%2F%2FDEF%2Bgh%3D%3D", "%252Fabc%252F%252FDEF%252Bgh%253D%253D"),
        ("ab/cd+ef==", "ab%2Fcd%2Bef%3D%3D", "ab%252Fcd%252Bef%253D%253D"),
        ("abcd+ef==", "abcd%2Bef%3D%3D", "abcd%252Bef%253D%253D"),
    ],
)
def test_uuids_encoded_twice_are_found_and_once_only_without_leading_or_double_slash(
    zoom, api, number, uuid, once, twice
):
    assert (quote(uuid, safe=""), quote(quote(uuid, safe=""), safe="")) == (once, twice)
    zoom.control(f"meetings/{number}/start", uuid=uuid, at=NINE)
    zoom.control(f"meetings/{number}/join", name="Guest", at=NINE + 60)
    zoom.control(f"meetings/{number}/end", at=NINE + 3600)
    api = evening(zoom, api)

    def call(encoded, tail=""):
        return api.session.get(f"{zoom.url}/v2/past_meetings/{encoded}{tail}")

    assert call(twice).json()["uuid"] == uuid
    assert len(call(twice, "/participants").json()["participants"]) == 2
    plain = uuid.startswith("/") or "//" in uuid
    assert call(once).status_code == (404 if plain else 200)
    if plain:
        assert call(once).json()["code"] == 3001
        assert call(once, "/participants").status_code == 404


def test_awkward_uuids_can_be_had_on_request(zoom, api):
    zoom.control("options", uuids="awkward")
    uuid = api.get(f"/meetings/{api.meeting()['id']}").json()["uuid"]
    assert uuid.startswith("/")
    assert "//" in uuid
    assert len(uuid) == 24


def test_past_meeting_counts_joins_and_minutes(zoom, api, number):
    play(zoom, number, [{"name": "A", "leave_after": 600}, {"name": "A", "join_after": 1200, "leave_after": 1800}])
    past = evening(zoom, api).get(f"/past_meetings/{number}").json()
    assert (past["start_time"], past["end_time"], past["duration"]) == (
        "2030-01-06T09:00:00Z",
        "2030-01-06T10:00:00Z",
        60,
    )
    assert (past["participants_count"], past["total_minutes"]) == (3, 80)
    assert (past["user_name"], past["source"]) == ("Ada Author", "Zoom for Open edX (demo)")


def test_breakout_rows_overlap_the_main_room_unless_chosen(zoom, api, number):
    people = [{"name": "A", "join_after": 0, "leave_after": 3000, "rooms": [["Red", 600, 1200]]}]
    play(zoom, number, people)
    rows = [row for row in participants(evening(zoom, api), number) if row["name"] == "A"]
    assert [(row["bo_mtg_id"], row["duration"]) for row in rows] == [("", 3000), ("Red", 600)]
    zoom.control("options", breakout_ends_main=True)
    play(zoom, number, people, start_at=NINE + 3700, minutes=55)
    rows = [row for row in participants(evening_after(zoom, api), number) if row["name"] == "A"]
    assert [(row["bo_mtg_id"], row["duration"]) for row in rows] == [("", 600), ("Red", 600), ("", 1800)]


def evening_after(zoom, api):
    zoom.control("clock", set=NINE + 4 * 3600)
    api.session.headers.update(zoom.bearer(client_id=CLIENT_ID))
    return api


def test_customer_key_is_cut_at_35(zoom, api, number):
    play(zoom, number, [{"name": "A", "customer_key": "k" * 40}])
    assert {row["customer_key"] for row in participants(evening(zoom, api), number)} == {"", "k" * 35}


def test_account_without_names_shows_none(zoom, api, number):
    zoom.control(f"accounts/{ACCOUNT_ID}", "PATCH", blank_names=True)
    ana = api.register(number)["registrant_id"]
    play(zoom, number, [{"registrant_id": ana}])
    rows = participants(evening(zoom, api), number, include_fields="registrant_id")
    assert {(row["name"], row["user_email"]) for row in rows} == {("", "")}
    assert {row["registrant_id"] for row in rows} == {"", ana}


def test_phone_is_a_row_of_its_own(zoom, api, number):
    play(zoom, number, [{"phone": "+34 600 000 000", "join_after": 10}])
    assert "+34 600 000 000" in {row["name"] for row in participants(evening(zoom, api), number)}


def test_plans_close_the_past(zoom, api):
    number = api.meeting(host="basic@example.edu", settings={})["id"]
    play(zoom, number, [{"name": "Guest"}])
    api = evening(zoom, api)
    for path in (
        f"/past_meetings/{number}",
        f"/past_meetings/{number}/participants",
        f"/report/meetings/{number}/participants",
    ):
        answer = api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (400, 200)
    zoom.control(f"accounts/{ACCOUNT_ID}", "PATCH", plan="free")
    answer = api.get(f"/report/meetings/{number}/participants")
    assert (answer.status_code, answer.json()) == (
        200,
        {"code": 200, "message": f"Only available for Paid or ZMP account: {ACCOUNT_ID}."},
    )


def test_after_a_year_it_is_12702(zoom, api, number):
    play(zoom, number, [{"name": "Guest"}])
    zoom.control("clock", set=NINE + 366 * 86400)
    api.session.headers.update(zoom.bearer(client_id=CLIENT_ID))
    answer = api.get(f"/past_meetings/{number}/participants")
    assert (answer.status_code, answer.json()["code"]) == (400, 12702)


def test_webinar_reports_absentees_and_instances(zoom, client_of, api):
    wide = zoom.control("apps", name="Wide", scopes=["webinar:read:list_absentees:admin"])
    number = api.meeting(kind="webinar")["id"]
    ana, ben = (api.register(number, f"{name}@example.org", kind="webinar")["registrant_id"] for name in ("ana", "ben"))
    uuid = play(zoom, number, [{"registrant_id": ana, "join_after": 60}])["uuid"]
    api = evening(zoom, api)
    assert {row["registrant_id"] for row in participants(api, number, "webinar", include_fields="registrant_id")} == {
        "",
        ana,
    }
    assert api.get(f"/past_webinars/{number}/instances").json() == {
        "webinars": [{"uuid": uuid, "start_time": "2030-01-06T09:00:00Z"}]
    }
    twice = quote(quote(uuid, safe=""), safe="")
    assert len(api.get(f"/past_webinars/{twice}/participants").json()["participants"]) == 2
    away = client_of(client_id=wide["client_id"]).get(f"/past_webinars/{twice}/absentees").json()["registrants"]
    assert [one["id"] for one in away] == [ben]


def test_report_summary_and_users_report(zoom, client_of, api, number):
    wide = zoom.control("apps", name="Wide", scopes=["report:read:meeting:admin", "report:read:user:admin"])
    api.patch(f"/meetings/{number}", {"settings": {"custom_keys": [{"key": "course", "value": "algebra"}]}})
    play(zoom, number, [{"name": "Guest"}])
    evening(zoom, api)
    reader = client_of(client_id=wide["client_id"])
    assert reader.get(f"/report/meetings/{number}").json()["custom_keys"] == [{"key": "course", "value": "algebra"}]
    month = {"from": "2030-01-01", "to": "2030-01-31"}
    assert len(reader.get("/report/users/author@example.edu/meetings", **month).json()["meetings"]) == 1
    wrong = {"from": "2029-10-01", "to": "2030-01-31"}
    assert reader.get("/report/users/author@example.edu/meetings", **wrong).json()["code"] == 300


def test_report_pages_hold_every_row_once(zoom, api, number):
    play(zoom, number, [{"name": f"G{place}", "join_after": place} for place in range(700)])
    api, seen, token, calls = evening(zoom, api), [], "", 0
    while True:
        page = api.get(f"/report/meetings/{number}/participants", page_size=300, next_page_token=token).json()
        seen += [row["user_id"] for row in page["participants"]]
        token, calls = page["next_page_token"], calls + 1
        if not token:
            break
    assert (len(seen), len(set(seen)), calls) == (701, 701, 3)


def test_independent_record_says_who_was_where_when(zoom, api, number):
    ana = api.register(number)["registrant_id"]
    uuid = play(zoom, number, [{"registrant_id": ana, "waiting_room": 60, "join_after": 0, "leave_after": 600}])["uuid"]
    found = zoom.control(f"record?uuid={quote(uuid, safe='')}")
    mine = [
        (row["place"], row["from"] - NINE, row["to"] - NINE) for row in found["rows"] if row["registrant_id"] == ana
    ]
    assert mine == [("waiting room", 0, 60), ("main", 60, 600)]
    assert found["sittings"][uuid] == {"started_at": NINE, "ended_at": NINE + 3600, "number": number}
