"""Where no secret may be: everything that people, operators and other systems get to see of a busy site."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core import serializers
from django.utils import timezone

from demo.zoom import seed
from tests.admin.test_connection_page import PAGE, admin_client, back, configured, save, to_zoom  # noqa: F401
from tests.conftest import wishes_of
from zoom_xblock import models, queries
from zoom_xblock.client import errors
from zoom_xblock.models import Connection, Delivery
from zoom_xblock.services import connections, consent, doctor, self_test, tokens, transport
from zoom_xblock.services.meetings import save_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy(configured, zoom, site, jobs, settings, tmp_path, block_row):  # noqa: F811
    """Connected through the page, a session made, events delivered, the connection tested; what was shown meanwhile."""
    settings.DEMO_TRACKING_LOG = tmp_path / "tracking.log"
    shown = [back(configured, zoom, to_zoom(configured)).content]
    save(
        configured,
        client_id=seed.CLIENT_ID,
        client_secret=seed.CLIENT_SECRET,
        webhook_secret=seed.SECRET_TOKEN,
        host_email="author@example.edu",
    )
    meeting = save_session(usage_key=block_row.key, user_id=site.author.pk, wishes=wishes_of(block_row)).meeting
    configured.post("/admin/config/services/zoom/do/hosts")
    self_test.begin(user_id=site.admin.pk)
    queued = list(jobs.queue)
    jobs.run(within_seconds=5)
    zoom.play(meeting.zoom_id, start_at=timezone.now() - timedelta(minutes=20), minutes=10, people=[{"name": "Guest"}])
    zoom.deliver(configured)
    queued += list(jobs.queue)
    jobs.run(within_seconds=5)
    for path in ("", "/hosts", "/deliveries", "/test"):
        answer = configured.get(PAGE + path)
        assert answer.status_code == 200
        shown.append(answer.content)
    return {"shown": b"\n".join(shown).decode(), "queued": json.dumps(queued), "meeting": meeting}


@pytest.fixture
def secrets(busy, zoom):
    """All that the stand-in issued, and what we hold."""
    row = connections.the_connection()
    held = {row.access_token, row.refresh_token, seed.CLIENT_SECRET, seed.SECRET_TOKEN}
    issued = {secret for secret in zoom.control("secrets")["secrets"] if len(secret) >= 8}
    assert held <= issued
    return issued


def holds(text, secrets):
    return sorted(secret[:8] for secret in secrets if secret in text)


def test_pages_and_banners_hold_none(busy, secrets):
    assert len(secrets) > 10
    assert holds(busy["shown"], secrets) == []


def test_the_platforms_tracking_log_holds_none(busy, secrets, settings):
    log = settings.DEMO_TRACKING_LOG
    assert holds(log.read_text(encoding="utf-8") if log.exists() else "", secrets) == []


def test_arguments_of_jobs_hold_none(busy, secrets):
    assert busy["queued"] != "[]"
    assert holds(busy["queued"], secrets) == []


def test_the_history_of_djangos_admin_holds_none(busy, secrets):
    text = "\n".join(f"{entry.object_repr} {entry.change_message}" for entry in LogEntry.objects.all())
    assert holds(text, secrets) == []


def test_how_objects_describe_themselves_holds_none(busy, secrets):
    row = connections.the_connection()
    given = transport.pool(patient=False)
    things = [
        row,
        row.app,
        queries.site_facts(),
        queries.deliveries(),
        doctor.diagnose(),
        connections.client(patient=False),
        tokens.Stored(),
        given,
        *Delivery.objects.all(),
        *models.Registration.objects.all(),
        *models.SelfTest.objects.all(),
    ]
    things.append(consent._Grant(_tokens(row), row.account_id, row.zoom_user_id, row.zoom_email, 1))
    assert holds("\n".join(f"{thing!r} {thing}" for thing in things), secrets) == []


def _tokens(row):
    from zoom_xblock.client import Tokens

    return Tokens(row.access_token, row.refresh_token, 3600, frozenset(), None)


def test_errors_that_reach_people_hold_none(busy, secrets, zoom, site):
    from zoom_xblock.services.errors import ZoomSaid

    token = connections.the_connection().access_token
    zoom.fault("GET", "/v2/users/me", status=400, body={"code": 300, "message": f"No, Bearer {token}"}, times=None)
    with pytest.raises(errors.Refused) as refused:
        connections.client(patient=False).me()
    said = ZoomSaid(refused.value)
    text = f"{refused.value!s} {refused.value!r} {refused.value.message} {said!s} {said!r} {said.fields}"
    assert holds(text, secrets) == []


def test_olx_holds_none(busy, secrets, block_row):
    assert holds(json.dumps(block_row.draft) + json.dumps(block_row.published), secrets) == []


def test_fixtures_hold_ciphertext_that_the_same_keys_open_again(busy, secrets):
    """`dumpdata` decrypts fields of this kind by itself: ours must not."""
    everything = [*Connection.objects.all(), *Delivery.objects.all(), *models.Registration.objects.all()]
    text = serializers.serialize("json", everything)
    assert holds(text, secrets) == []
    loaded = [one.object for one in serializers.deserialize("json", text)]
    assert loaded[0].access_token == connections.the_connection().access_token
    assert [str(one.body) for one in loaded if isinstance(one, Delivery)] == [
        str(one.body) for one in Delivery.objects.all()
    ]
