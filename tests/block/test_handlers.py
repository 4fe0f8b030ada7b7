"""The author's save through the door that Studio gives it, by everybody who can reach it."""

from __future__ import annotations

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from zoom_xblock.block_parts.wishes import WishesMixin
from zoom_xblock.models import Meeting, Placement

pytestmark = pytest.mark.django_db(transaction=True)

MADRID = ZoneInfo("Europe/Madrid")


def browser(user=None):
    """Somebody's browser."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def lms(client, key, handler, data=None):
    """Call a handler as the learner's page does."""
    address = f"/courses/{key.course_key}/xblock/{key}/handler/{handler}"
    return client.post(address, data=json.dumps(data or {}), content_type="application/json")


def studio(client, key, handler, data=None):
    """Call a handler as the editor does."""
    address = f"/studio/xblock/{key}/handler/{handler}"
    return client.post(address, data=json.dumps(data or {}), content_type="application/json")


def form(**changes):
    """What the editor sends."""
    start = (timezone.now() + timedelta(days=1)).astimezone(MADRID)
    return {
        "kind": "meeting",
        "display_name": "Algebra live",
        "description": "Bring <b>questions</b>.",
        "start_date": start.strftime("%Y-%m-%d"),
        "start_time": "10:00",
        "time_zone": "Europe/Madrid",
        "duration_minutes": "60",
        "required_minutes": "45",
        "has_score": False,
        "weight": "1",
        **changes,
    }


# -- the author ------------------------------------------------------------------------------------------------------


def test_the_authors_save_makes_the_meeting_and_keeps_the_wishes(connected, block_row, site, zoom):
    answer = studio(browser(site.author), block_row.key, "save_session", form(required_minutes="30")).json()
    assert (answer["saved"], answer["notes"]) == (True, [])
    block_row.refresh_from_db()
    assert block_row.draft["required_minutes"] == 30
    assert block_row.published["required_minutes"] == 45
    [made] = [one for one in zoom.control("meetings")["meetings"] if not one["deleted_at"]]
    assert made["agenda"] == "Bring <b>questions</b>."


def test_no_id_link_or_secret_of_zooms_gets_into_the_fields(connected, block_row, site, zoom):
    studio(browser(site.author), block_row.key, "save_session", form())
    block_row.refresh_from_db()
    meeting = Meeting.objects.get()
    text = json.dumps(block_row.draft)
    assert str(meeting.zoom_id) not in text
    assert not [one for one in zoom.control("secrets")["secrets"] if len(one) > 8 and one in text]
    assert set(block_row.draft) <= set(WishesMixin.wishes)


def test_what_the_browser_says_of_ids_and_hosts_is_not_believed(connected, block_row, site, zoom):
    sent = form(meeting_id=7, zoom_id="1", start_url="https://evil.example.com")
    said = studio(browser(site.author), block_row.key, "save_session", {**sent, "host_email": "evil@example.com"})
    assert set(said.json()["errors"]) == {"host_email"}
    assert Meeting.objects.count() == 0
    studio(browser(site.author), block_row.key, "save_session", sent)
    assert Meeting.objects.get().host_email == "author@example.edu"


def test_a_refused_save_changes_nothing_and_says_where(connected, block_row, site, zoom):
    before = block_row.draft
    answer = studio(browser(site.author), block_row.key, "save_session", form(display_name="", required_minutes="61"))
    said = answer.json()
    assert answer.status_code == 200
    assert said["saved"] is False
    assert set(said["errors"]) == {"display_name", "required_minutes"}
    assert all(said["errors"].values())
    block_row.refresh_from_db()
    assert block_row.draft == before
    assert Meeting.objects.count() == 0


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        ({"status": 500}, "fault"),
        ({"rate_limit": "per_second"}, "slow down"),
        ({"rate_limit": "per_host"}, "works again at"),
        ({"status": 400, "body": {"code": 200, "message": "No permission."}}, "plan"),
        ({"drop": True}, "did not answer"),
    ],
    ids=["500", "per second", "per host and day", "plan", "dropped"],
)
def test_zoom_refusing_is_a_sentence_and_nothing_is_lost(connected, block_row, site, zoom, fault, word):
    zoom.fault("POST", "/v2/users/*/meetings", times=1, **fault)
    before = block_row.draft
    said = studio(browser(site.author), block_row.key, "save_session", form()).json()
    assert said["saved"] is False
    assert word in said["message"]
    block_row.refresh_from_db()
    assert block_row.draft == before


def test_not_connected_says_who_can_mend_it(site, zoom, block_row):
    said = studio(browser(site.author), block_row.key, "save_session", form()).json()
    assert said["saved"] is False
    assert "administrator can connect it" in said["message"]


@pytest.mark.parametrize("who", ["learner1", None])
def test_nobody_but_an_author_saves(connected, block_row, site, zoom, who):
    answer = studio(browser(getattr(site, who) if who else None), block_row.key, "save_session", form())
    assert answer.status_code in (302, 403)
    assert Meeting.objects.count() == 0


def test_the_learners_door_does_not_lead_to_the_authors_save(connected, block_row, site, zoom):
    answer = lms(browser(site.learner1), block_row.key, "save_session", form())
    assert answer.status_code == 403
    assert Meeting.objects.count() == 0


@pytest.mark.parametrize("data", [[], "text", 7, None, {"kind": {}}, {"start_date": "x" * 100000}], ids=str)
def test_no_form_of_ours_ends_in_a_server_error(connected, block_row, site, zoom, data):
    address = f"/studio/xblock/{block_row.key}/handler/save_session"
    answer = browser(site.author).post(address, data=json.dumps(data), content_type="application/json")
    if isinstance(data, dict):
        assert answer.status_code == 200
        assert answer.json()["saved"] is False
    else:
        assert answer.status_code == 400


def test_a_time_that_the_clocks_skip_is_refused(connected, block_row, site, zoom):
    said = studio(
        browser(site.author), block_row.key, "save_session", form(start_date="2027-03-28", start_time="02:30")
    ).json()
    assert "clocks are put forward" in said["errors"]["starts_at"]


def test_the_editor_starts_from_what_zoom_has(session, block_row, site, zoom):
    Meeting.objects.update(topic="Renamed by the host")
    page = browser(site.author).get(f"/studio/xblock/{block_row.key}/edit").content.decode()
    assert "Renamed by the host" in page


def test_a_duplicate_has_no_session_and_says_so(session, block_row, site, zoom):
    author = browser(site.author)
    author.post(f"/studio/xblock/{block_row.key}/duplicate")
    page = author.get("/studio/").content.decode()
    assert "This component needs its own session" in page
    assert Placement.objects.count() == 1
    assert Meeting.objects.count() == 1


def test_the_preview_shows_no_number_of_a_person_and_no_link_of_zooms(session, block_row, site, zoom):
    page = browser(site.author).get("/studio/").content.decode()
    assert f"/zoom/start/{block_row.key}" in page
    assert zoom.url not in page
    assert "zak=" not in page
