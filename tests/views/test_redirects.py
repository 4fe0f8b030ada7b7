"""Where our redirects lead: to Zoom, to ourselves, and nowhere else, whatever is stored or sent."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.conftest import LOG_LINES
from zoom_xblock.models import Meeting, Registration
from zoom_xblock.services import registrations

pytestmark = pytest.mark.django_db

STRANGERS = [
    "https://evil.example/w/1?tk=x",
    "https://zoom.us.evil.example/w/1",
    "https://zoom.us@evil.example/w/1",
    "https://evil.example#@zoom.us/w/1",
    "https://evil.example\\@zoom.us/w/1",
    "http://zoom.us/w/1",
    "//evil.example/w/1",
    "/admin/",
    "javascript:alert(1)",
    "https://zoom.us/w/1\r\nSet-Cookie: a=b",
]


@pytest.fixture
def registered(session, usage_key, site, jobs):
    """learner1 has a place, and the session begins in five minutes."""
    registrations.request_place(usage_key=usage_key, user_id=site.learner1.pk)
    jobs.run()
    Meeting.objects.update(starts_at=timezone.now() + timedelta(minutes=5))
    return Registration.objects.get()


@pytest.mark.parametrize("link", STRANGERS)
def test_a_join_link_that_leads_elsewhere_sends_nobody_there(registered, usage_key, site, client, link):
    registered.join_url = link
    registered.save()
    client.force_login(site.learner1)
    answer = client.get(f"/zoom/join/{usage_key}")
    assert answer.status_code == 409
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert "evil" not in answer.content.decode() + "".join(LOG_LINES[-20:])


def test_an_event_does_not_put_a_strangers_link_in_the_place_of_ours(registered, zoom, client, jobs):
    raw = {
        "event": "meeting.registration_approved",
        "event_ts": int(timezone.now().timestamp() * 1000),
        "payload": {
            "account_id": registered.meeting.account_id,
            "object": {
                "id": str(registered.meeting.zoom_id),
                "registrant": {"id": registered.registrant_id, "join_url": "https://evil.example/w/1"},
            },
        },
    }
    before = registered.join_url
    for link in ("https://evil.example/w/1", before + "&again=1"):
        raw["payload"]["object"]["registrant"]["join_url"] = link
        body = json.dumps(raw)
        answer = client.post("/zoom/end_meeting", body, content_type="application/json", headers=zoom.signed(body))
        assert answer.status_code == 204
        jobs.run(within_seconds=5)
        registered.refresh_from_db()
        assert "evil" not in registered.join_url
    assert registered.join_url == before + "&again=1"  # Zoom's own is taken


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "?next=//evil.example", "\r\nX: y"])
def test_the_way_back_to_a_page_of_ours_is_made_by_us(site, client, back):
    client.force_login(site.admin)
    answer = client.post("/zoom/settings/do/again", {"delivery": "1", "back": back})
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/config/services/zoom/deliveries"


@pytest.mark.parametrize("path", ["//evil.example/zoom/join/x", "/zoom/join/x?next=//evil.example", "/zoom/settings"])
def test_the_log_in_returns_to_this_site(site, client, path):
    answer = client.get(path)
    assert answer.status_code in (302, 404)
    assert not answer.get("Location", "/").startswith(("//", "http"))


def test_the_host_of_a_request_is_not_in_what_others_are_sent(session, usage_key, site, client, settings):
    """A forged Host header changes where nobody is sent but its own sender."""
    client.force_login(site.author)
    for host in ("evil.example", "testserver:80@evil.example"):
        assert client.get(f"/zoom/calendar/{usage_key}", headers={"host": host}).status_code == 400
    assert (
        b"evil" not in client.get(f"/zoom/calendar/{usage_key}", headers={"x-forwarded-host": "evil.example"}).content
    )
