"""Faults and rate limits on request."""

import time

import pytest
import requests

from demo.zoom.seed import CLIENT_ID
from demo.zoom.testing import ControlError

QPS = "You have reached the maximum per-second rate limit for this API. Try again later."
DAILY = (
    "You have reached the maximum daily rate limit for this API. Refer to the response header for details on when you "
    "can make another request."
)


def test_next_calls_that_match_answer_as_told(zoom, api):
    zoom.control(
        "faults",
        method="GET",
        path="/v2/users/*",
        times=2,
        status=503,
        body={"reason": "down"},
        headers={"X-Why": "test"},
    )
    for _ in "12":
        answer = api.get("/users/me")
        assert (answer.status_code, answer.json(), answer.headers["X-Why"]) == (503, {"reason": "down"}, "test")
        assert answer.headers["x-zm-trackingid"]
    assert api.get("/users/me").status_code == 200
    assert zoom.control("faults")["faults"][0]["hits"] == 2


def test_skip_lets_calls_pass_first(zoom, api):
    zoom.control("faults", path="/v2/users/me", skip=1, status=500)
    assert [api.get("/users/me").status_code for _ in "123"] == [200, 500, 200]


def test_error_before_the_call_has_no_effect_and_after_it_has(zoom, api):
    body = {"topic": "x", "type": 2, "start_time": "2030-01-07T09:00:00Z"}
    zoom.control("faults", method="POST", path="/v2/users/*/meetings", status=500)
    assert api.post("/users/me/meetings", body).status_code == 500
    assert zoom.control("meetings")["meetings"] == []
    zoom.control("faults", method="POST", path="/v2/users/*/meetings", status=500, when="after")
    assert api.post("/users/me/meetings", body).status_code == 500
    assert len(zoom.control("meetings")["meetings"]) == 1


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_connection_drops_before_or_after_the_effect(zoom, api, when, count):
    zoom.control("faults", method="POST", path="/v2/*", drop=True, when=when)
    with pytest.raises(requests.ConnectionError):
        api.post("/users/me/meetings", {"topic": "x", "type": 2, "start_time": "2030-01-07T09:00:00Z"})
    assert len(zoom.control("meetings")["meetings"]) == count
    assert api.get("/users/me").status_code == 200


def test_delay_alone_only_slows(zoom, api):
    zoom.control("faults", path="/v2/users/me", delay=0.3)
    began = time.monotonic()
    assert api.get("/users/me").status_code == 200
    assert time.monotonic() - began >= 0.3
    began = time.monotonic()
    api.get("/users/me")
    assert time.monotonic() - began < 0.25


def test_slow_call_holds_up_nobody_else(zoom, api):
    zoom.control("faults", path="/v2/users/me", delay=1.0)
    import threading

    slow = threading.Thread(target=api.get, args=("/users/me",))
    slow.start()
    time.sleep(0.1)
    began = time.monotonic()
    type(api)(zoom, api.session.headers).get("/users/author@example.edu")
    assert time.monotonic() - began < 0.5
    slow.join()


@pytest.mark.parametrize(
    ("kind", "message", "type_", "dated"), [("per_second", QPS, "QPS", False), ("daily", DAILY, "Daily-limit", True)]
)
def test_429_on_request_has_zoom_s_text_and_headers(zoom, api, kind, message, type_, dated):
    zoom.control("faults", path="/v2/users/me", rate_limit=kind)
    answer = api.get("/users/me")
    assert (answer.status_code, answer.json()) == (429, {"code": 429, "message": message})
    assert answer.headers["X-RateLimit-Type"] == type_
    assert ("Retry-After" in answer.headers) == dated
    if dated:
        assert answer.headers["Retry-After"].endswith("T00:00:00Z"), "a date, not seconds"


def test_labels_can_be_limited_with_numbers(zoom, api):
    zoom.control("options", rate_limits={"Light": [None, 2], "Medium": [1, None]})
    assert api.get("/users/me").headers["X-RateLimit-Category"] == "Light"
    api.get("/users/me")
    refused = api.get("/users/me")
    assert (refused.status_code, refused.json()["message"]) == (429, DAILY)
    assert refused.headers["Retry-After"].endswith("T00:00:00Z")
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    codes = [api.get("/users").status_code for _ in range(8)]
    assert 429 in codes
    second = next(answer for answer in (api.get("/users") for _ in range(50)) if answer.status_code == 429)
    assert (second.json()["message"], second.headers["X-RateLimit-Type"]) == (QPS, "QPS")
    assert "Retry-After" not in second.headers


def test_limits_are_shared_by_all_apps_of_the_account(zoom, api, client_of):
    other = client_of(client_id=zoom.control("apps", name="Other")["client_id"])
    zoom.control("options", rate_limits={"Light": [None, 1]})
    assert api.get("/users/me").status_code == 200
    assert other.get("/users/me").status_code == 429


def test_plan_s_own_limits(zoom, api, account):
    zoom.control(f"accounts/{account}", "PATCH", plan="free")
    zoom.control("options", rate_limits="plan")
    codes = [api.get("/users/me").status_code for _ in range(12)]
    assert 4 <= codes.count(200) <= 8
    assert codes.count(429) >= 4


def test_wrong_fault_is_refused(zoom):
    for wrong in ({"when": "later"}, {"rate_limit": "never"}, {"nonsense": 1}):
        with pytest.raises(ControlError):
            zoom.control("faults", **wrong)


def test_faults_reach_the_token_endpoint_and_the_pages(zoom, basic):
    zoom.control("faults", path="/oauth/token", status=502, body="<h1>Bad gateway</h1>")
    answer = requests.post(f"{zoom.url}/oauth/token", headers=basic, data={"grant_type": "refresh_token"})
    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert CLIENT_ID


def test_faults_can_be_removed(zoom, api):
    made = zoom.control("faults", faults=[{"path": "/v2/*", "status": 500, "times": None}, {"path": "/x"}])["faults"]
    assert api.get("/users/me").status_code == 500
    zoom.control(f"faults/{made[0]['id']}", "DELETE")
    assert api.get("/users/me").status_code == 200
    zoom.control("faults", "DELETE")
    assert zoom.control("faults")["faults"] == []
