"""Nothing that a client sends makes the stand-in stumble: a refusal in Zoom's shape, never a 500."""

import json

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SETTINGS = st.dictionaries(
    st.sampled_from(["approval_type", "jbh_time", "waiting_room", "alternative_hosts", "custom_keys", "audio", "x"]),
    ODD,
)
RULE = st.dictionaries(
    st.sampled_from(
        ["type", "repeat_interval", "weekly_days", "monthly_day", "monthly_week", "end_times", "end_date_time"]
    ),
    ODD | st.integers(-2, 9),
)
START = st.sampled_from(["2030-01-07T09:00:00Z", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "2030-02-30T00:00:00Z"])
MEETING = st.dictionaries(
    st.sampled_from(
        [
            "topic",
            "agenda",
            "type",
            "duration",
            "password",
            "timezone",
            "start_time",
            "schedule_for",
            "default_password",
        ]
    ),
    ODD | START | st.integers(1, 10),
).flatmap(lambda body: st.builds(lambda s, r: {**body, "settings": s, "recurrence": r}, SETTINGS | ODD, RULE | ODD))
PERSON = st.dictionaries(
    st.sampled_from(["email", "first_name", "last_name", "language", "country", "auto_approve", "custom_questions"]),
    ODD,
)
QUIET = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def fine(answer):
    assert answer.status_code < 500, answer.request.body
    if answer.status_code >= 400:
        assert {"code", "message"} <= set(answer.json())


@QUIET
@given(body=MEETING)
def test_any_meeting_is_made_or_refused(api, zoom, body):
    zoom.control("options", daily_write_limit=10**9)
    for kind in ("meetings", "webinars"):
        fine(api.post(f"/users/author@example.edu/{kind}", body))


@QUIET
@given(body=MEETING)
def test_any_change_is_made_or_refused(api, zoom, body):
    zoom.control("options", daily_write_limit=10**9)
    number = zoom.control("meetings")["meetings"]
    number = number[0]["number"] if number else api.meeting()["id"]
    fine(api.patch(f"/meetings/{number}", body))


@QUIET
@given(body=PERSON)
def test_any_registrant_is_taken_or_refused(api, zoom, body):
    number = zoom.control("meetings")["meetings"]
    number = number[0]["number"] if number else api.meeting()["id"]
    fine(api.post(f"/meetings/{number}/registrants", body))
    fine(api("PUT", f"/meetings/{number}/registrants/status", body))


@pytest.mark.parametrize("text", ["²", "9" * 5000, "-1", "%00", "%2F", "٣", "x" * 3000, "%ff%fe"], ids=lambda t: t[:6])
def test_any_id_is_refused(zoom, api, text):
    for path in (
        f"/meetings/{text}",
        f"/past_meetings/{text}",
        f"/past_meetings/{text}/participants",
        f"/past_meetings/{text}/instances",
        f"/meetings/{text}/recordings",
        f"/users/{text}",
        f"/webinars/{text}/registrants",
    ):
        fine(api.session.get(f"{zoom.url}/v2{path}"))


@pytest.mark.parametrize(
    "query", [{"page_size": "²"}, {"page_size": "-1"}, {"page_number": "x"}, {"next_page_token": "é"}]
)
def test_any_paging_is_answered(api, query):
    fine(api.get("/users", **query))


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "bearer x y", "Basic é", "\x01"])
def test_any_authorization_is_refused(zoom, header):
    for path in ("/v2/users/me", "/oauth/token"):
        answer = requests.post(zoom.url + path, headers={"Authorization": header.encode("latin-1", "replace")})
        assert answer.status_code in (400, 401, 404)
        json.loads(answer.text)


def test_lone_surrogate_in_a_topic_is_answered_and_sent(zoom, api, receiver):
    answer = api.session.post(
        f"{zoom.url}/v2/users/author@example.edu/meetings",
        data=b'{"topic":"\\ud800 x","type":1}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 201
    zoom.control("state")
    receiver.wait(1)
