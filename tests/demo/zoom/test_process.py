"""The process itself: command line, demo's seed, state that outlives it, speed, and that it stands alone."""

import ast
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

import demo.zoom
from demo.zoom.seed import ACCOUNT_ID, CLIENT_ID, SERVER_CLIENT_ID
from demo.zoom.testing import ZoomProcess

from .conftest import SITE, Client

HERE = Path(demo.zoom.__file__).parent


def test_help_names_every_option():
    answer = subprocess.run(
        [sys.executable, "-m", "demo.zoom", "--help"], cwd=HERE.parents[1], capture_output=True, text=True, check=True
    )
    for wanted in (
        "--port",
        "--seed-demo",
        "--retry-scale",
        "--report-delay",
        "--state",
        "daily_write_limit",
        "left_on_end",
    ):
        assert wanted in answer.stdout


def test_wrong_option_is_refused_with_a_sentence():
    answer = subprocess.run(
        [sys.executable, "-m", "demo.zoom", "--option", "nonsense=1"],
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert "no option 'nonsense'" in answer.stderr


def test_seed_has_the_demo_s_people_apps_and_subscriptions(zoom):
    state = zoom.control("state")
    people = {
        user["email"]: (user["type"], user["webinar"], user["role"], user["display_name"]) for user in state["users"]
    }
    assert people == {
        "zoom-admin@example.edu": (2, True, "owner", "Zoom Admin"),
        "author@example.edu": (2, True, "member", "Ada Author"),
        "colleague@example.edu": (2, False, "member", "Cleo Colleague"),
        "basic@example.edu": (1, False, "member", "Bo Basic"),
    }
    apps = {app["client_id"]: app for app in state["apps"]}
    assert apps[CLIENT_ID]["kind"] == "admin-managed"
    assert apps[CLIENT_ID]["redirect_uris"] == [f"{SITE}/zoom/oauth/callback"]
    assert apps[SERVER_CLIENT_ID]["kind"] == "server-to-server"
    assert {one["url"]: one["events"] for one in state["subscriptions"]} == {
        f"{SITE}/zoom/end_meeting": ["meeting.*", "recording.*", "user.*", "app_deauthorized"],
        f"{SITE}/zoom/end": ["webinar.*"],
    }
    assert state["accounts"][0]["id"] == ACCOUNT_ID


def test_state_file_outlives_the_process(tmp_path):
    kept = tmp_path / "deep" / "zoom.json"
    with ZoomProcess(seed_demo=SITE, state=kept, report_delay=0) as zoom:
        tokens = zoom.control("tokens", client_id=CLIENT_ID)
        api = Client(zoom, {"Authorization": f"Bearer {tokens['access_token']}"})
        number = api.meeting()["id"]
        link = api.register(number)["join_url"]
        zoom.control(f"meetings/{number}/play", minutes=30, people=[{"email": "ana@example.edu"}])
        zoom.control(f"meetings/{number}/start", "POST")
        before = zoom.control(f"meetings/{number}")
    assert not list(kept.parent.glob("*.new"))
    json.loads(kept.read_text())
    with ZoomProcess(seed_demo=SITE, state=kept, report_delay=0) as zoom:
        api = Client(zoom, {"Authorization": f"Bearer {tokens['access_token']}"})
        after = zoom.control(f"meetings/{number}")
        for gone in ("host_url", "join_url"):
            before.pop(gone), after.pop(gone)
        for one in (*before["registrants"], *after["registrants"]):
            one.pop("join_url")
        assert after == before
        assert len(api.get("/users").json()["users"]) == 4, "seeded once"
        assert requests.get(zoom.url + link[link.index("/w/") :]).status_code == 200
        zoom.control(f"meetings/{number}/end", "POST")
        assert len(api.get(f"/past_meetings/{number}/instances").json()["meetings"]) == 2


def test_broken_state_file_starts_empty(tmp_path):
    kept = tmp_path / "zoom.json"
    kept.write_text("{")
    with ZoomProcess(state=kept) as zoom:
        assert zoom.control("state")["meetings"] == []


def test_seed_makes_ids_repeatable():
    found = []
    for _ in "12":
        with ZoomProcess(seed=7, seed_demo=SITE) as zoom:
            found.append([user["id"] for user in zoom.control("state")["users"]])
    assert found[0] == found[1]


def test_many_calls_go_over_one_connection(zoom, api):
    answer = api.session.get(f"{zoom.url}/v2/users/me")
    assert answer.raw.version == 11
    assert answer.headers.get("Connection", "").lower() != "close"


def test_unread_and_chunked_bodies_do_not_confuse_the_next_call(zoom, api):
    assert api.session.get(f"{zoom.url}/v2/users/me", data=b"x" * 5000).status_code == 200
    assert api.session.post(f"{zoom.url}/v2/nothing", data=iter([b"{", b"}"])).status_code == 404
    assert api.session.post(f"{zoom.url}/no/such/page", data=b"x" * 70000).status_code == 404
    assert api.session.get(f"{zoom.url}/v2/users/me").status_code == 200


def test_concurrent_registrations_get_one_registrant_per_address(zoom, api):
    number, found = api.meeting()["id"], []

    def register():
        client = Client(zoom, api.session.headers)
        for place in range(20):
            found.append(client.register(number, f"p{place}@example.edu")["registrant_id"])

    threads = [threading.Thread(target=register) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (60, 20)


def test_big_sittings_take_seconds_and_pages_milliseconds(zoom, api):
    number = api.meeting(kind="webinar")["id"]
    began = time.monotonic()
    people = zoom.control(f"meetings/{number}/registrants", count=10_000)["registrants"]
    assert time.monotonic() - began < 8
    began = time.monotonic()
    crowd = [
        {"registrant_id": people[place % 10_000]["id"], "join_after": place % 600, "leave_after": 1800 + place % 900}
        for place in range(50_000)
    ]
    zoom.control(f"meetings/{number}/play", minutes=60, people=crowd, send=False)
    assert time.monotonic() - began < 15
    times, token = [], ""
    for _ in range(12):
        began = time.monotonic()
        page = api.get(
            f"/report/webinars/{number}/participants",
            page_size=300,
            include_fields="registrant_id",
            next_page_token=token,
        ).json()
        times.append(time.monotonic() - began)
        token = page["next_page_token"]
    assert page["total_records"] == 50_001
    assert sorted(times)[len(times) // 2] < 0.025, "10 ms on a quiet machine"


@pytest.mark.parametrize("module", sorted(HERE.glob("*.py")), ids=lambda path: path.stem)
def test_module_stands_alone_and_is_of_readable_length(module):
    text = module.read_text()
    assert len(text.splitlines()) <= 420
    for node in ast.walk(ast.parse(text)):
        names = (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
        for name in names:
            assert name.split(".")[0] not in ("zoom_xblock", "django", "xblock", "celery")
