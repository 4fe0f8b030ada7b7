"""Meetings: create, read, change, delete, list (Zoom: "Meetings" API), quirks Q3, Q17, Q23-Q30."""

import re
import threading

import pytest

WEEKLY = {"type": 2, "repeat_interval": 1, "weekly_days": "2,4", "end_times": 5}


def test_create_answers_201_with_the_documented_fields(zoom, api):
    made = api.meeting(agenda="a" * 2000, password="abc_12", timezone="Europe/Madrid")
    assert isinstance(made["id"], int)
    assert made["id"] > 2**32
    assert made["host_email"] == "author@example.edu"
    assert made["start_time"] == "2030-01-07T09:00:00Z"
    assert (made["type"], made["duration"], made["timezone"]) == (2, 60, "Europe/Madrid")
    assert "uuid" not in made, "a create does not promise one"
    assert made["join_url"].startswith(f"{zoom.url}/j/{made['id']}?pwd=")
    assert made["registration_url"].startswith(zoom.url)
    assert made["start_url"].startswith(f"{zoom.url}/s/{made['id']}?zak=")
    assert made["settings"]["approval_type"] == 0


def test_reading_adds_uuid_and_status_and_a_fresh_start_url(api):
    made = api.meeting()
    read = api.get(f"/meetings/{made['id']}").json()
    assert re.fullmatch(r"[A-Za-z0-9+/]{22}==", read["uuid"])
    assert read["status"] == "waiting"
    assert read["start_url"] != api.get(f"/meetings/{made['id']}").json()["start_url"]


def test_local_start_time_is_read_in_the_named_zone(api):
    assert (
        api.meeting(start_time="2030-07-01T09:00:00", timezone="Europe/Madrid")["start_time"] == "2030-07-01T07:00:00Z"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic", "x" * 201),
        ("topic", 5),
        ("agenda", "x" * 2001),
        ("type", 5),
        ("type", True),
        ("duration", "60"),
        ("password", "x" * 11),
        ("password", "with space"),
        ("timezone", "Mars/Base"),
        ("start_time", "tomorrow"),
        ("start_time", "2030-13-01T00:00:00Z"),
        ("settings.jbh_time", 7),
        ("settings.approval_type", 3),
        ("settings.waiting_room", "yes"),
        ("settings.auto_recording", "always"),
        ("settings.custom_keys", [{"key": "k" * 65, "value": ""}]),
    ],
)
def test_wrong_field_is_named(api, field, value):
    inner = field.removeprefix("settings.")
    body = {"settings": {inner: value}} if inner != field else {field: value}
    answer = api.post("/users/me/meetings", body)
    assert answer.status_code == 400
    assert answer.json() == {
        "code": 300,
        "message": "Validation Failed.",
        "errors": [{"field": field, "message": "Invalid field."}],
    }


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff", b"[" * 100000], ids=["cut", "list", "not utf-8", "deep"])
def test_body_that_is_no_json_object_is_300(zoom, api, raw):
    answer = api.session.post(f"{zoom.url}/v2/users/me/meetings", data=raw)
    assert (answer.status_code, answer.json()["code"]) == (400, 300)


def test_type_2_without_start_becomes_instant(api):
    made = api.post("/users/me/meetings", {"topic": "x", "type": 2}).json()
    assert made["type"] == 1
    assert "start_time" not in made


def test_type_3_silently_has_no_registration(api):
    made = api.meeting(type=3, start_time=None)
    assert (made["settings"]["approval_type"], "start_time" in made) == (2, False)
    assert api.patch(f"/meetings/{made['id']}", {"settings": {"approval_type": 0}}).status_code == 204
    assert api.get(f"/meetings/{made['id']}").json()["settings"]["approval_type"] == 2
    refused = api.post(f"/meetings/{made['id']}/registrants", {"email": "a@b.org", "first_name": "A"})
    assert (refused.status_code, refused.json()) == (
        404,
        {"code": 404, "message": f"Registration has not been enabled for this meeting: {made['id']}."},
    )


def test_waiting_room_switches_off_join_before_host(api):
    made = api.meeting(settings={"waiting_room": True, "join_before_host": True})
    assert made["settings"]["join_before_host"] is False


def test_account_locks_override_what_was_asked(zoom, api, account):
    zoom.control(f"accounts/{account}", "PATCH", locked_settings={"waiting_room": True}, require_passcode=True)
    made = api.meeting(settings={"waiting_room": False, "join_before_host": True})
    assert (made["settings"]["waiting_room"], made["settings"]["join_before_host"]) == (True, False)
    assert made["password"]
    api.patch(f"/meetings/{made['id']}", {"settings": {"waiting_room": False}})
    assert api.get(f"/meetings/{made['id']}").json()["settings"]["waiting_room"] is True


def test_alternative_hosts_use_semicolons_and_licensed_members(zoom, api):
    made = api.meeting(settings={"alternative_hosts": "colleague@example.edu;zoom-admin@example.edu"})
    assert made["settings"]["alternative_hosts"] == "colleague@example.edu;zoom-admin@example.edu"
    for wrong in ("colleague@example.edu,zoom-admin@example.edu", "basic@example.edu", "stranger@example.org"):
        answer = api.post("/users/me/meetings", {"settings": {"alternative_hosts": wrong}})
        assert answer.json()["errors"][0]["field"] == "settings.alternative_hosts"
    zoom.control("options", alternative_hosts="drop")
    assert api.meeting(settings={"alternative_hosts": "basic@example.edu"})["settings"]["alternative_hosts"] == ""


def test_default_password_makes_one(api):
    assert len(api.meeting(default_password=True)["password"]) == 6
    assert "password" not in api.meeting()


def test_schedule_for_wants_the_privilege(zoom, api):
    body = {"topic": "x", "schedule_for": "colleague@example.edu"}
    refused = api.post("/users/author@example.edu/meetings", body)
    assert (refused.status_code, refused.json()["code"]) == (400, 3000)
    ids = {user["email"]: user["id"] for user in api.get("/users").json()["users"]}
    zoom.control("users/author@example.edu", "PATCH", schedules_for=[ids["colleague@example.edu"]])
    made = api.post("/users/author@example.edu/meetings", body).json()
    assert (made["host_email"], made["assistant_id"]) == ("colleague@example.edu", ids["author@example.edu"])


def test_weekly_series_keeps_the_wall_clock_over_a_change_of_season(api):
    made = api.meeting(type=8, start_time="2030-03-25T09:00:00", timezone="Europe/Madrid", recurrence=WEEKLY)
    assert [one["start_time"] for one in made["occurrences"]] == [
        "2030-03-25T08:00:00Z",
        "2030-03-27T08:00:00Z",
        "2030-04-01T07:00:00Z",
        "2030-04-03T07:00:00Z",
        "2030-04-08T07:00:00Z",
    ]
    assert {one["status"] for one in made["occurrences"]} == {"available"}
    assert all(one["occurrence_id"].isdigit() for one in made["occurrences"])


@pytest.mark.parametrize(
    ("rule", "dates"),
    [
        ({"type": 1, "repeat_interval": 2, "end_times": 3}, ["01-07", "01-09", "01-11"]),
        ({"type": 1, "end_date_time": "2030-01-09T23:00:00Z"}, ["01-07", "01-08", "01-09"]),
        ({"type": 3, "monthly_day": 31, "end_times": 3}, ["01-31", "03-31", "05-31"]),
        ({"type": 3, "monthly_week": -1, "monthly_week_day": 6, "end_times": 2}, ["01-25", "02-22"]),
        ({"type": 3, "monthly_week": 2, "monthly_week_day": 1, "end_times": 2}, ["01-13", "02-10"]),
    ],
    ids=["every other day", "until a date", "the 31st", "last friday", "second sunday"],
)
def test_series_lays_out_its_dates(api, rule, dates):
    made = api.meeting(type=8, recurrence=rule)
    assert [one["start_time"][5:10] for one in made["occurrences"]] == dates


@pytest.mark.parametrize(
    "rule",
    [
        None,
        {},
        {"type": 4},
        {"type": 1, "repeat_interval": 91},
        {"type": 2, "weekly_days": "8"},
        {"type": 1, "end_times": 61},
        {"type": 1, "end_times": 2, "end_date_time": "2031-01-01T00:00:00Z"},
        {"type": 3, "monthly_week": 0, "monthly_week_day": 1},
    ],
    ids=str,
)
def test_wrong_recurrence_is_300(api, rule):
    answer = api.post("/users/me/meetings", {"type": 8, "start_time": "2030-01-07T09:00:00Z", "recurrence": rule})
    assert (answer.status_code, answer.json()["code"]) == (400, 300)


def test_one_date_can_move_and_be_deleted(api):
    made = api.meeting(type=8, recurrence=WEEKLY)
    number, dates = made["id"], [one["occurrence_id"] for one in made["occurrences"]]
    moved = {"start_time": "2030-01-07T11:00:00Z", "duration": 90, "agenda": "moved", "topic": "not allowed here"}
    assert api.patch(f"/meetings/{number}", moved, occurrence_id=dates[0]).status_code == 204
    one = api.get(f"/meetings/{number}", occurrence_id=dates[0]).json()
    assert (one["start_time"], one["duration"], one["agenda"], one["topic"]) == (
        "2030-01-07T11:00:00Z",
        90,
        "moved",
        "Algebra live",
    )
    assert api("DELETE", f"/meetings/{number}", occurrence_id=dates[1]).status_code == 204
    states = {row["occurrence_id"]: row["status"] for row in api.get(f"/meetings/{number}").json()["occurrences"]}
    assert (states[dates[0]], states[dates[1]]) == ("available", "deleted")
    again = api("DELETE", f"/meetings/{number}", occurrence_id=dates[1])
    assert (again.status_code, again.json()["code"]) == (400, 3000)


def test_past_dates_show_on_request(zoom, api):
    made = api.meeting(type=8, recurrence=WEEKLY)
    zoom.control("clock", set="2030-01-10T00:00:00Z")
    fresh = type(api)(zoom, zoom.bearer(client_id="demoZoomClientId000001"))
    assert len(fresh.get(f"/meetings/{made['id']}").json()["occurrences"]) == 3
    assert len(fresh.get(f"/meetings/{made['id']}", show_previous_occurrences="true").json()["occurrences"]) == 5


def test_series_moved_without_its_recurrence_is_lost(zoom, api):
    number = api.meeting(type=8, recurrence=WEEKLY)["id"]
    later = {"start_time": "2030-02-04T09:00:00Z", "topic": "New"}
    assert api.patch(f"/meetings/{number}", later).status_code == 204
    read = api.get(f"/meetings/{number}").json()
    assert (read["start_time"], read["topic"]) == ("2030-01-07T09:00:00Z", "New")
    assert api.patch(f"/meetings/{number}", {**later, "recurrence": WEEKLY}).status_code == 204
    assert api.get(f"/meetings/{number}").json()["occurrences"][0]["start_time"] == "2030-02-04T09:00:00Z"
    zoom.control("options", series_patch_without_recurrence="refuse")
    assert api.patch(f"/meetings/{number}", later).json()["code"] == 300


def test_past_start_is_ignored_with_204(api):
    number = api.meeting()["id"]
    assert api.patch(f"/meetings/{number}", {"start_time": "2001-01-01T00:00:00Z", "topic": "New"}).status_code == 204
    read = api.get(f"/meetings/{number}").json()
    assert (read["start_time"], read["topic"]) == ("2030-01-07T09:00:00Z", "New")


def test_refused_change_changes_nothing(api):
    number = api.meeting()["id"]
    assert api.patch(f"/meetings/{number}", {"topic": "New", "settings": {"alternative_hosts": "x"}}).status_code == 400
    assert api.get(f"/meetings/{number}").json()["topic"] == "Algebra live"


def test_change_answers_204_without_a_body(api):
    answer = api.patch(f"/meetings/{api.meeting()['id']}", {"topic": "New"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_missing_meeting_is_3001(api):
    for number in ("81234567890", "0"):
        answer = api.get(f"/meetings/{number}")
        assert (answer.status_code, answer.json()) == (
            404,
            {"code": 3001, "message": f"Meeting does not exist: {number}."},
        )
    assert api("DELETE", "/meetings/81234567890").json() == {
        "code": 3001,
        "message": "Meeting with this 81234567890 is not found or has expired.",
    }
    assert api.get("/meetings/abc").json()["code"] == 300


def test_deleted_meeting_is_gone_and_can_be_recovered(api):
    number = api.meeting()["id"]
    assert api("DELETE", f"/meetings/{number}").status_code == 204
    assert api.get(f"/meetings/{number}").json()["code"] == 3001
    assert api.patch(f"/meetings/{number}", {"topic": "x"}).json()["code"] == 3001


def test_recover_brings_it_back(zoom, client_of):
    made = zoom.control(
        "apps",
        name="All",
        scopes=[
            "meeting:write:meeting:admin",
            "meeting:delete:meeting:admin",
            "meeting:update:status:admin",
            "meeting:read:meeting:admin",
        ],
    )
    api = client_of(client_id=made["client_id"])
    number = api.meeting()["id"]
    api("DELETE", f"/meetings/{number}")
    assert api("PUT", f"/meetings/{number}/status", {"action": "recover"}).status_code == 204
    assert api.get(f"/meetings/{number}").status_code == 200
    zoom.control(f"meetings/{number}/start", "POST")
    assert api.get(f"/meetings/{number}").json()["status"] == "started"
    assert api("PUT", f"/meetings/{number}/status", {"action": "end"}).status_code == 204
    assert api.get(f"/meetings/{number}").json()["status"] == "waiting"


def test_running_meeting_cannot_be_deleted_nor_an_ended_one(zoom, api):
    number = api.meeting()["id"]
    zoom.control("clock", set="2030-01-07T09:00:00Z")
    api = type(api)(zoom, zoom.bearer(client_id="demoZoomClientId000001"))
    zoom.control(f"meetings/{number}/start", "POST")
    assert api("DELETE", f"/meetings/{number}").json()["code"] == 3002
    zoom.control("clock", advance=1800)
    zoom.control(f"meetings/{number}/end", "POST")
    zoom.control("clock", advance=1700)
    assert api.get(f"/meetings/{number}").status_code == 200
    zoom.control("clock", advance=200)
    api = type(api)(zoom, zoom.bearer(client_id="demoZoomClientId000001"))
    assert api("DELETE", f"/meetings/{number}").json()["code"] == 3007
    zoom.control("options", delete_ended="allow")
    assert api("DELETE", f"/meetings/{number}").status_code == 204


def test_numbers_lapse_thirty_days_after_their_last_use(zoom, api):
    number = api.meeting()["id"]
    zoom.control("clock", set="2030-02-06T09:59:00Z")
    later = type(api)(zoom, zoom.bearer(client_id="demoZoomClientId000001"))
    assert later.get(f"/meetings/{number}").status_code == 200
    zoom.control("clock", advance=120)
    assert later.get(f"/meetings/{number}").json()["code"] == 3001


def test_hundred_writes_per_host_and_day_with_the_misleading_headers(zoom, api):
    zoom.control("options", daily_write_limit=3)
    number = api.meeting()["id"]
    for topic in "ab":
        assert api.patch(f"/meetings/{number}", {"topic": topic}).status_code == 204
    refused = api.patch(f"/meetings/{number}", {"topic": "c"})
    assert (refused.status_code, refused.json()["code"]) == (429, 429)
    assert refused.json()["message"] == (
        "You have exceeded the daily rate limit (3) of Meeting Create/Update API requests permitted for this "
        "particular user. You may resume these requests at GMT 00:00:00."
    )
    assert "Retry-After" not in refused.headers
    assert refused.headers["X-RateLimit-Category"] == "Light"
    assert (refused.headers["X-RateLimit-Limit"], refused.headers["X-RateLimit-Remaining"]) == ("6000", "5893")
    webinar = api.post("/users/author@example.edu/webinars", {"type": 5, "start_time": "2030-01-07T09:00:00Z"})
    assert (
        webinar.json()["message"]
        == "A maximum of (3) webinars can be created and updated for a single user in one day."
    )
    assert api.meeting(host="colleague@example.edu"), "another host has a count of their own"
    zoom.control("clock", advance=86400)
    fresh = type(api)(zoom, zoom.bearer(client_id="demoZoomClientId000001"))
    assert fresh.patch(f"/meetings/{number}", {"topic": "c"}).status_code == 204


def test_default_limit_is_a_hundred(api):
    number = api.meeting()["id"]
    assert [api.patch(f"/meetings/{number}", {"topic": str(n)}).status_code for n in range(100)] == [204] * 99 + [429]


@pytest.fixture
def lister(zoom, client_of):
    """An app that may list meetings, which the smallest set of scopes does not include."""
    made = zoom.control(
        "apps",
        name="Lister",
        scopes=[f"meeting:{scope}:admin" for scope in ("write:meeting", "delete:meeting", "read:list_meetings")],
    )
    return client_of(client_id=made["client_id"])


def test_list_holds_unexpired_scheduled_ones(zoom, lister):
    api = lister
    kept = api.meeting(agenda="a" * 300)
    api.post("/users/author@example.edu/meetings", {"topic": "instant", "type": 1})
    api("DELETE", f"/meetings/{api.meeting()['id']}")
    rows = api.get("/users/author@example.edu/meetings").json()["meetings"]
    assert [row["id"] for row in rows] == [kept["id"]]
    assert len(rows[0]["agenda"]) == 250
    assert "settings" not in rows[0]
    assert api.get("/users/author@example.edu/meetings", type="live").json()["meetings"] == []
    zoom.control(f"meetings/{kept['id']}/start", "POST")
    assert len(api.get("/users/author@example.edu/meetings", type="live").json()["meetings"]) == 1
    assert api.get("/users/author@example.edu/meetings", type="nonsense").json()["code"] == 300


def test_list_of_upcoming_dates_and_ranges(lister):
    api = lister
    api.meeting(type=8, recurrence=WEEKLY)
    path = "/users/author@example.edu/meetings"
    assert len(api.get(path, type="upcoming").json()["meetings"]) == 5
    ranged = api.get(path, type="upcoming", **{"from": "2030-01-09", "to": "2030-01-14"}).json()["meetings"]
    assert [row["start_time"][:10] for row in ranged] == ["2030-01-09", "2030-01-14"]


def test_two_writes_on_one_meeting_at_once_are_refused(zoom, api):
    number = api.meeting()["id"]
    zoom.control("faults", faults=[{"method": "PATCH", "path": f"/v2/meetings/{number}", "delay": 0.4}])
    slow = threading.Thread(target=api.patch, args=(f"/meetings/{number}", {"topic": "slow"}))
    slow.start()
    threading.Event().wait(0.15)
    other = type(api)(zoom, api.session.headers)
    assert other.patch(f"/meetings/{number}", {"topic": "quick"}).status_code == 429
    slow.join()
    assert other.get(f"/meetings/{number}").json()["topic"] == "slow"


def test_invitation_and_invite_links(zoom, client_of):
    made = zoom.control(
        "apps",
        name="All",
        scopes=["meeting:write:meeting:admin", "meeting:read:invitation:admin", "meeting:write:invite_links:admin"],
    )
    api = client_of(client_id=made["client_id"])
    number = api.meeting()["id"]
    assert "Algebra live" in api.get(f"/meetings/{number}/invitation").json()["invitation"]
    links = api.post(f"/meetings/{number}/invite_links", {"attendees": [{"name": "Ana"}]})
    assert links.json()["attendees"][0]["name"] == "Ana"
    assert api.post(f"/meetings/{number}/invite_links", {"attendees": [{"name": "x" * 65}]}).json()["code"] == 300
