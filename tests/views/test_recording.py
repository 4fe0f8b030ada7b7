"""The way to a recording."""

from __future__ import annotations

import pytest
from django.utils import timezone

from demo.site.models import Enrollment
from tests.services.test_recordings import shown, told  # noqa: F401
from zoom_xblock.models import Placement, Recording
from zoom_xblock.services import recordings

pytestmark = pytest.mark.django_db

PLAY = "https://us02web.zoom.us/rec/play/pLaY"


@pytest.fixture
def address(shown, usage_key, jobs):  # noqa: F811
    """Our own address of a recording."""
    recordings.note(shown, told(shown, "completed", 1, files=[PLAY]))
    return f"/zoom/recording/{usage_key}/{Recording.objects.get().pk}/"


@pytest.mark.parametrize("who", ["learner1", "author"])
def test_who_is_enrolled_or_teaches_is_sent_on(address, site, client, who):
    client.force_login(getattr(site, who))
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"] == f"{PLAY}?pwd=play%2Fpass%3D"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer.content == b""


def test_nobody_else_is(address, site, client):
    assert client.get(address)["Location"].startswith("/login/")
    client.force_login(site.learner1)
    Enrollment.objects.filter(user=site.learner1).update(is_active=False)
    answer = client.get(address)
    assert answer.status_code == 403
    assert "zoom.us" not in answer.content.decode()


@pytest.mark.parametrize(
    "undo",
    [
        lambda: Placement.objects.update(shown={"show_recordings": False}),
        lambda: Placement.objects.update(shown={"show_recordings": "yes"}),
        lambda: Placement.objects.update(unpublished_since=timezone.now()),
        lambda: Recording.objects.update(removed_at=timezone.now()),
        lambda: Recording.objects.update(files=""),
        lambda: Recording.objects.update(files="{nonsense"),
        lambda: Recording.objects.update(files='[{"play_url": "https://evil.example/"}]'),
        lambda: Recording.objects.update(share_url="https://evil.example/zoom.us"),
        lambda: Placement.objects.update(meeting=None),
    ],
)
def test_what_is_not_shown_any_more_is_said_so(address, site, client, undo):
    client.force_login(site.learner1)
    undo()
    answer = client.get(address)
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "not available any more" in text
    assert not any(secret in text for secret in ("pLaY", "play/pass", "evil"))


def test_a_number_of_another_session_opens_nothing(address, site, usage_key, client):
    client.force_login(site.learner1)
    other = f"/zoom/recording/{usage_key}/{Recording.objects.get().pk + 1}/"
    assert client.get(other).status_code == 404
    elsewhere = address.replace(str(usage_key), str(usage_key).replace("algebra", "other"))
    assert client.get(elsewhere).status_code == 404


@pytest.mark.parametrize("key", ["nonsense", "block-v1:a+b", "lib-block-v1:x"])
def test_a_broken_address_is_a_sentence(site, client, key):
    client.force_login(site.learner1)
    assert client.get(f"/zoom/recording/{key}/1/").status_code == 404
    assert client.get("/zoom/recording/x/" + "9" * 40).status_code == 404


@pytest.mark.parametrize("part", ["-1", "x", "1e9", "٣", "99", ""])
def test_a_part_that_there_is_not_opens_nothing_else(address, site, client, part):
    client.force_login(site.learner1)
    answer = client.get(address, {"part": part})
    assert answer.status_code in (302, 404)
    assert answer.get("Location", PLAY).startswith(PLAY)


def test_it_is_for_looking_only(address, site, client):
    client.force_login(site.learner1)
    assert client.post(address).status_code == 405
