"""Webinars: what differs from meetings (Zoom: "Webinars" API), Q22, Q26, Q29, Q32."""

PLAN = (
    "Webinar plan is missing. You must subscribe to the webinar plan and enable webinars for this user in order to "
    "perform this action: "
)


def test_webinar_has_types_settings_and_links_of_its_own(zoom, api):
    made = api.meeting(kind="webinar", password="abc123")
    assert made["type"] == 5
    assert "waiting_room" not in made["settings"]
    assert "join_before_host" not in made["settings"]
    assert "practice_session" in made["settings"]
    assert "encrypted_passcode" in made
    read = api.get(f"/webinars/{made['id']}").json()
    assert "status" not in read
    link = api.register(made["id"], kind="webinar")["join_url"]
    assert link.startswith(f"{zoom.url}/w/{made['id']}?tk=")
    assert "&pwd=" in link
    assert "&uuid=WN_" in link


def test_host_without_the_add_on_is_refused_with_code_200(zoom, api):
    answer = api.post("/users/colleague@example.edu/webinars", {"type": 5, "start_time": "2030-01-07T09:00:00Z"})
    user_id = api.get("/users/colleague@example.edu").json()["id"]
    assert (answer.status_code, answer.json()) == (400, {"code": 200, "message": f"{PLAN}{user_id}."})


def test_lost_add_on_shows_as_http_200_in_some_places(zoom, api):
    number = api.meeting(kind="webinar")["id"]
    zoom.control("users/author@example.edu", "PATCH", webinar=False)
    assert api.get(f"/webinars/{number}").status_code == 400
    listing = api.get(f"/webinars/{number}/registrants")
    assert (listing.status_code, listing.json()["code"]) == (200, 200)
    assert listing.json()["message"].startswith(PLAN)


def test_ending_without_the_plan_is_http_200_with_a_text(zoom, client_of):
    made = zoom.control("apps", name="All", scopes=["webinar:write:webinar:admin", "webinar:update:status:admin"])
    api = client_of(client_id=made["client_id"])
    number = api.meeting(kind="webinar")["id"]
    zoom.control(f"meetings/{number}/start", "POST")
    assert api("PUT", f"/webinars/{number}/status", {"action": "end"}).status_code == 204
    zoom.control("users/author@example.edu", "PATCH", webinar=False)
    answer = api("PUT", f"/webinars/{number}/status", {"action": "end"})
    assert (answer.status_code, answer.json()["code"]) == (200, 200)


def test_meeting_calls_on_a_webinar_are_3000_and_never_404(api):
    number = api.meeting(kind="webinar")["id"]
    for answer in (
        api.get(f"/meetings/{number}"),
        api.patch(f"/meetings/{number}", {"topic": "x"}),
        api("DELETE", f"/meetings/{number}"),
        api.get(f"/meetings/{number}/registrants"),
    ):
        assert (answer.status_code, answer.json()) == (400, {"code": 3000, "message": "Cannot access webinar info."})


def test_webinar_calls_on_a_meeting_are_refused(api):
    answer = api.get(f"/webinars/{api.meeting()['id']}")
    assert (answer.status_code, answer.json()["code"]) == (400, 300)
    missing = api.get("/webinars/91234567890")
    assert (missing.status_code, missing.json()) == (
        404,
        {"code": 3001, "message": "Webinar does not exist: 91234567890."},
    )


def test_host_cannot_register(api):
    number = api.meeting(kind="webinar")["id"]
    answer = api.post(f"/webinars/{number}/registrants", {"email": "author@example.edu", "first_name": "Ada"})
    assert (answer.status_code, answer.json()) == (400, {"code": 3027, "message": "Host cannot register."})


def test_webinar_without_registration_is_3000(api):
    number = api.meeting(kind="webinar", settings={"approval_type": 2})["id"]
    answer = api.post(f"/webinars/{number}/registrants", {"email": "a@b.org", "first_name": "A"})
    assert (answer.status_code, answer.json()) == (
        400,
        {"code": 3000, "message": f"This webinar does not have registration as required: {number}."},
    )


def test_restricted_number_is_kept(api):
    number = api.meeting(kind="webinar", settings={"approval_type": 0, "registrants_restrict_number": 1})["id"]
    api.register(number, "a@example.org", kind="webinar")
    answer = api.post(f"/webinars/{number}/registrants", {"email": "b@example.org", "first_name": "B"})
    assert (answer.status_code, answer.json()["code"]) == (400, 3043)


def test_alternative_hosts_use_commas(api):
    good = api.meeting(kind="webinar", settings={"alternative_hosts": "colleague@example.edu,zoom-admin@example.edu"})
    assert good["settings"]["alternative_hosts"].count(",") == 1
    wrong = {
        "type": 5,
        "start_time": "2030-01-07T09:00:00Z",
        "settings": {"alternative_hosts": "colleague@example.edu;zoom-admin@example.edu"},
    }
    assert api.post("/users/author@example.edu/webinars", wrong).json()["code"] == 300


def test_webinar_series_and_list(zoom, client_of):
    made = zoom.control("apps", scopes=["webinar:write:webinar:admin", "webinar:read:list_webinars:admin"])
    api = client_of(client_id=made["client_id"])
    made = api.meeting(kind="webinar", type=9, recurrence={"type": 1, "end_times": 3})
    assert len(made["occurrences"]) == 3
    path = "/users/author@example.edu/webinars"
    assert [row["id"] for row in api.get(path).json()["webinars"]] == [made["id"]]
    assert api.get(path, type="live").json()["code"] == 300


def test_panelists_are_listed_but_not_answered(zoom, client_of):
    made = zoom.control(
        "apps",
        name="All",
        scopes=[
            "webinar:write:webinar:admin",
            "webinar:write:panelist:admin",
            "webinar:read:list_panelists:admin",
            "webinar:delete:panelist:admin",
        ],
    )
    api = client_of(client_id=made["client_id"])
    path = f"/webinars/{api.meeting(kind='webinar')['id']}/panelists"
    answer = api.post(path, {"panelists": [{"name": "Eva", "email": "eva@example.org"}]})
    assert (answer.status_code, set(answer.json())) == (201, {"id", "updated_at"})
    assert api.get(path).json()["panelists"][0]["email"] == "eva@example.org"
    assert api("DELETE", path).status_code == 204
    assert api.get(path).json()["total_records"] == 0
