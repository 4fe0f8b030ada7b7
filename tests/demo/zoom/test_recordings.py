"""Cloud recordings: who may, what they look like, Q32, Q38."""

import pytest
import requests

from demo.zoom.seed import ACCOUNT_ID, CLIENT_ID


@pytest.fixture
def recorded(zoom, api):
    """An ended meeting that recorded itself; its number."""
    number = api.meeting(settings={"auto_recording": "cloud"})["id"]
    zoom.control(f"meetings/{number}/play", minutes=30, people=[{"name": "Guest"}])
    return number


def test_recording_has_files_and_one_timeline_without_the_usual_fields(zoom, api, recorded):
    body = api.get(f"/meetings/{recorded}/recordings").json()
    assert body["type"] == "2", "a string here"
    assert body["recording_count"] == len(body["recording_files"]) == 4
    video = body["recording_files"][0]
    assert (video["file_type"], video["recording_type"]) == ("MP4", "shared_screen_with_speaker_view")
    assert video["meeting_id"] == body["uuid"]
    timeline = next(one for one in body["recording_files"] if one["file_type"] == "TIMELINE")
    assert not {"id", "status", "file_size", "recording_type", "play_url"} & set(timeline)
    zoom.control("options", recording_file_meeting_id="number")
    assert api.get(f"/meetings/{recorded}/recordings").json()["recording_files"][0]["meeting_id"] == str(recorded)


def test_download_wants_a_bearer_header_and_redirects(zoom, api, recorded):
    body = api.get(f"/meetings/{recorded}/recordings", include_fields="download_access_token", ttl=60).json()
    url = body["recording_files"][0]["download_url"]
    assert requests.get(url).status_code == 401
    bearer = {"Authorization": f"Bearer {body['download_access_token']}"}
    first = requests.get(url, headers=bearer, allow_redirects=False)
    assert first.status_code == 302
    assert requests.get(url, headers=bearer).status_code == 200
    assert requests.get(url, headers={"Authorization": api.session.headers["Authorization"]}).status_code == 200
    zoom.control("clock", advance=61)
    assert requests.get(url, headers=bearer).status_code == 401


def test_play_page_wants_the_passcode(api, recorded):
    body = api.get(f"/meetings/{recorded}/recordings").json()
    url = body["recording_files"][0]["play_url"]
    assert 'name="passcode"' in requests.get(url).text
    assert 'name="passcode"' not in requests.get(url, params={"pwd": body["recording_play_passcode"]}).text
    assert 'name="passcode"' not in requests.post(url, data={"passcode": body["password"]}).text


def test_no_recording_is_3301_and_not_permitted_is_http_200(zoom, api, recorded):
    answer = api.get(f"/meetings/{api.meeting()['id']}/recordings")
    assert (answer.status_code, answer.json()) == (
        404,
        {"code": 3301, "message": "There is no recording for this meeting."},
    )
    zoom.control(f"accounts/{ACCOUNT_ID}", "PATCH", recordings_permitted=False)
    answer = api.get(f"/meetings/{recorded}/recordings")
    assert (answer.status_code, answer.json()["code"]) == (200, 200)


def test_recording_is_listed_trashed_and_told(zoom, client_of, receiver, recorded):
    made = zoom.control(
        "apps",
        name="Wide",
        scopes=[
            "cloud_recording:read:list_user_recordings:admin",
            "cloud_recording:delete:meeting_recording:admin",
            "cloud_recording:read:list_recording_files:admin",
        ],
    )
    wide = client_of(client_id=made["client_id"])
    assert wide.get("/users/author@example.edu/recordings").json()["meetings"][0]["id"] == recorded
    assert wide("DELETE", f"/meetings/{recorded}/recordings").status_code == 204
    assert wide.get(f"/meetings/{recorded}/recordings").json()["code"] == 3301
    assert len(wide.get("/users/author@example.edu/recordings", trash="true").json()["meetings"]) == 1
    zoom.control("deliveries/wait", "POST")
    assert "recording.trashed" in receiver.events


def test_completed_event_carries_a_token_and_a_numeric_type(zoom, api, receiver):
    number = api.meeting()["id"]
    zoom.control(f"meetings/{number}/play", minutes=30, people=[{"name": "Guest"}])
    zoom.control("recordings", number=number)
    zoom.control("deliveries/wait", "POST")
    body = receiver.bodies("recording.completed")[0]
    assert isinstance(body["payload"]["object"]["id"], int)
    assert body["payload"]["object"]["type"] == 2
    url = body["payload"]["object"]["recording_files"][0]["download_url"]
    assert requests.get(url, headers={"Authorization": f"Bearer {body['download_token']}"}).status_code == 200
    assert CLIENT_ID


def test_basic_host_does_not_record_to_the_cloud(api):
    assert (
        api.meeting(host="basic@example.edu", settings={"auto_recording": "cloud"})["settings"]["auto_recording"]
        == "none"
    )
