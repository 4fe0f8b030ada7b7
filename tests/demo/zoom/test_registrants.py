"""Registrants (Zoom: "Add a meeting registrant" and neighbours), Q4, Q18-Q22."""

import pytest
import requests


def test_add_answers_201_with_the_person_and_the_meeting_number(zoom, api):
    number = api.meeting(password="abc123")["id"]
    made = api.register(number)
    assert made["id"] == number, "the meeting's number, not the person"
    assert len(made["registrant_id"]) == 22
    assert made["topic"] == "Algebra live"
    assert made["start_time"] == "2030-01-07T09:00:00Z"
    assert isinstance(made["participant_pin_code"], int)
    assert made["join_url"].startswith(f"{zoom.url}/w/{number}?tk=")
    assert "&pwd=" in made["join_url"]
    row = api.get(f"/meetings/{number}/registrants").json()["registrants"][0]
    assert row["id"] == made["registrant_id"]
    assert (row["status"], row["last_name"], row["join_url"]) == ("approved", "López", made["join_url"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", None),
        ("email", "a" * 120 + "@b.example"),
        ("first_name", ""),
        ("first_name", "x" * 65),
        ("last_name", "x" * 65),
        ("last_name", 5),
        ("language", "xx"),
        ("country", "Spain"),
        ("auto_approve", "yes"),
    ],
)
def test_wrong_field_is_named(api, field, value):
    number = api.meeting()["id"]
    answer = api.post(f"/meetings/{number}/registrants", {"email": "a@b.org", "first_name": "A", field: value})
    assert (answer.status_code, answer.json()["code"]) == (400, 300)
    assert answer.json()["errors"][0]["field"] == field


def test_same_address_is_the_same_registrant(zoom, api):
    number = api.meeting()["id"]
    first = api.register(number, "ana@example.edu")
    again = api.register(number, "ANA@example.edu", first_name="Anna")
    assert (again["registrant_id"], again["join_url"]) == (first["registrant_id"], first["join_url"])
    assert api.get(f"/meetings/{number}/registrants").json()["total_records"] == 1
    zoom.control("options", readd="error")
    assert (
        api.post(f"/meetings/{number}/registrants", {"email": "ana@example.edu", "first_name": "A"}).status_code == 400
    )


def test_three_adds_per_address_and_day(zoom, api):
    number = api.meeting()["id"]
    for _ in range(3):
        api.register(number)
    answer = api.post(f"/meetings/{number}/registrants", {"email": "ana@example.edu", "first_name": "Ana"})
    assert (answer.status_code, answer.json()) == (
        429,
        {
            "code": 429,
            "message": (
                "You have exceeded the daily rate limit of (3) for Add meeting registrant API requests for the "
                "registrant (ana@example.edu). You can resume these API requests at GMT 00:00:00."
            ),
        },
    )
    assert "Retry-After" not in answer.headers
    api.register(number, "ben@example.edu")
    api.register(api.meeting()["id"])
    zoom.control("clock", advance=86400)
    fresh = type(api)(zoom, zoom.bearer(client_id="demoZoomClientId000001"))
    fresh.register(number)


def test_basic_host_has_no_registration(api):
    made = api.meeting(host="basic@example.edu")
    assert made["settings"]["approval_type"] == 0, "stored all the same"
    answer = api.post(f"/meetings/{made['id']}/registrants", {"email": "a@b.org", "first_name": "A"})
    assert answer.status_code == 400
    assert answer.json() == {"code": 200, "message": f"Only available for Paid user: {made['host_id']}"}


def test_manual_approval_hides_the_link_until_approved(api):
    number = api.meeting(settings={"approval_type": 1})["id"]
    made = api.register(number)
    assert "join_url" not in made
    assert api.get(f"/meetings/{number}/registrants").json()["registrants"] == [], "approved ones only"
    pending = api.get(f"/meetings/{number}/registrants", status="pending").json()["registrants"]
    assert [(one["id"], "join_url" in one) for one in pending] == [(made["registrant_id"], False)]
    answer = api(
        "PUT",
        f"/meetings/{number}/registrants/status",
        {"action": "approve", "registrants": [{"id": made["registrant_id"], "email": "ana@example.edu"}]},
    )
    assert answer.status_code == 204
    assert "join_url" in api.get(f"/meetings/{number}/registrants").json()["registrants"][0]


def test_auto_approve_passes_manual_approval(api):
    number = api.meeting(settings={"approval_type": 1})["id"]
    assert "join_url" in api.register(number, auto_approve=True)


def test_cancelled_registrant_loses_the_link_and_can_come_back_as_another(zoom, api):
    number = api.meeting()["id"]
    made = api.register(number)
    status = f"/meetings/{number}/registrants/status"
    assert api("PUT", status, {"action": "cancel", "registrants": [{"id": made["registrant_id"]}]}).status_code == 204
    denied = api.get(f"/meetings/{number}/registrants", status="denied").json()["registrants"]
    assert [one["status"] for one in denied] == ["denied"]
    assert requests.get(made["join_url"]).status_code == 403
    assert api.register(number)["registrant_id"] != made["registrant_id"]


def test_ten_status_changes_per_registrant_and_day(api):
    number = api.meeting()["id"]
    made = api.register(number)
    answers = [
        api(
            "PUT",
            f"/meetings/{number}/registrants/status",
            {"action": ("deny", "approve")[turn % 2], "registrants": [{"id": made["registrant_id"]}]},
        ).status_code
        for turn in range(11)
    ]
    assert answers == [204] * 10 + [429]


@pytest.mark.parametrize(
    "body",
    [
        {"action": "bless", "registrants": [{"id": "x"}]},
        {"action": "deny"},
        {"action": "deny", "registrants": [{}] * 31},
    ],
    ids=["action", "nobody", "too many"],
)
def test_wrong_status_change_is_300(api, body):
    number = api.meeting()["id"]
    assert api("PUT", f"/meetings/{number}/registrants/status", body).json()["code"] == 300


def test_full_meeting_is_3043(zoom, api):
    zoom.control("options", max_registrants=1)
    number = api.meeting()["id"]
    api.register(number)
    answer = api.post(f"/meetings/{number}/registrants", {"email": "ben@example.edu", "first_name": "Ben"})
    assert (answer.status_code, answer.json()["code"]) == (400, 3043)
    batch = api.post(f"/meetings/{number}/batch_registrants", {"registrants": []})
    assert batch.json()["code"] in (300, 4711)


def test_meeting_that_is_over_takes_nobody(zoom, api):
    number = api.meeting()["id"]
    zoom.control("clock", set="2030-01-07T10:00:01Z")
    fresh = type(api)(zoom, zoom.bearer(client_id="demoZoomClientId000001"))
    answer = fresh.post(f"/meetings/{number}/registrants", {"email": "a@b.org", "first_name": "A"})
    assert (answer.status_code, answer.json()["code"]) == (400, 3038)


def test_closed_registration_ends_with_the_start(zoom, api):
    number = api.meeting(settings={"approval_type": 0, "close_registration": True})["id"]
    zoom.control("clock", set="2030-01-07T09:00:01Z")
    fresh = type(api)(zoom, zoom.bearer(client_id="demoZoomClientId000001"))
    assert fresh.post(f"/meetings/{number}/registrants", {"email": "a@b.org", "first_name": "A"}).json()["code"] == 3038


def test_host_is_refused_in_own_meeting_unless_allowed(zoom, api):
    number, host = api.meeting()["id"], {"email": "author@example.edu", "first_name": "Ada"}
    assert api.post(f"/meetings/{number}/registrants", host).json()["code"] == 3027
    zoom.control("options", host_registers="allow")
    assert api.post(f"/meetings/{number}/registrants", host).status_code == 201


@pytest.fixture
def wide(zoom, client_of):
    """An app with the rarer registrant scopes."""
    made = zoom.control(
        "apps",
        name="Wide",
        scopes=[
            f"meeting:{scope}:admin"
            for scope in (
                "write:meeting",
                "write:registrant",
                "read:list_registrants",
                "read:registrant",
                "delete:registrant",
                "write:batch_registrants",
                "read:list_registration_questions",
                "update:registration_question",
            )
        ],
    )
    return client_of(client_id=made["client_id"])


def test_batch_takes_thirty_for_type_2_only(wide):
    number = wide.meeting()["id"]
    people = [{"email": f"p{place}@example.edu", "first_name": "P", "last_name": str(place)} for place in range(31)]
    path = f"/meetings/{number}/batch_registrants"
    assert wide.post(path, {"registrants": people}).json()["code"] == 300
    answer = wide.post(path, {"registrants": people[:30]})
    assert answer.status_code == 201
    assert {"email", "registrant_id", "join_url", "participant_pin_code"} == set(answer.json()["registrants"][0])
    series = wide.meeting(type=8, recurrence={"type": 1, "end_times": 2})["id"]
    refused = wide.post(f"/meetings/{series}/batch_registrants", {"registrants": people[:1]})
    assert (refused.status_code, refused.json()["code"]) == (400, 303)


def test_batch_into_a_full_or_closed_meeting(zoom, wide):
    number = wide.meeting()["id"]
    zoom.control("options", max_registrants=0)
    full = wide.post(
        f"/meetings/{number}/batch_registrants", {"registrants": [{"email": "a@b.org", "first_name": "A"}]}
    )
    assert (full.status_code, full.json()["code"]) == (404, 3043)
    closed = wide.meeting(settings={"approval_type": 2})["id"]
    none = wide.post(
        f"/meetings/{closed}/batch_registrants", {"registrants": [{"email": "a@b.org", "first_name": "A"}]}
    )
    assert (none.status_code, none.json()["code"]) == (404, 404)


def test_one_registrant_can_be_read_and_removed(wide):
    number = wide.meeting()["id"]
    made = wide.register(number)
    path = f"/meetings/{number}/registrants/{made['registrant_id']}"
    assert wide.get(path).json()["email"] == "ana@example.edu"
    assert wide("DELETE", path).status_code == 204
    assert wide.get(path).status_code == 404
    assert requests.get(made["join_url"]).status_code == 403


def test_dates_of_a_series_can_be_chosen(wide):
    made = wide.meeting(type=8, recurrence={"type": 1, "end_times": 3})
    dates = [one["occurrence_id"] for one in made["occurrences"]]
    path = f"/meetings/{made['id']}/registrants"
    answer = wide.post(path, {"email": "a@b.org", "first_name": "A"}, occurrence_ids=f"{dates[0]},{dates[2]}").json()
    assert [one["occurrence_id"] for one in answer["occurrences"]] == [dates[0], dates[2]]
    assert wide.get(path, occurrence_id=dates[1]).json()["registrants"] == []
    assert wide.get(path, occurrence_id=dates[2]).json()["total_records"] == 1
    assert wide.post(path, {"email": "b@b.org", "first_name": "B"}, occurrence_ids="1").json()["code"] == 3000


def test_questions_can_be_changed(wide):
    path = f"/meetings/{wide.meeting()['id']}/registrants/questions"
    assert wide.get(path).json() == {"questions": [], "custom_questions": []}
    assert wide.patch(path, {"questions": [{"field_name": "org", "required": True}]}).status_code == 204
    assert wide.get(path).json()["questions"][0]["field_name"] == "org"


def test_list_pages(zoom, api):
    number = api.meeting()["id"]
    zoom.control(f"meetings/{number}/registrants", count=65)
    seen, token = [], ""
    while True:
        page = api.get(f"/meetings/{number}/registrants", page_size=30, next_page_token=token).json()
        seen += [one["id"] for one in page["registrants"]]
        token = page["next_page_token"]
        if not token:
            break
    assert (len(seen), len(set(seen)), page["total_records"]) == (65, 65, 65)
