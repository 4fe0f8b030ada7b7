"""What Zoom posts, and what strangers post."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time

import pytest
from django.test import Client

from demo.zoom import seed
from tests.conftest import compact, post_delivery
from zoom_xblock.models import Delivery, Endpoint
from zoom_xblock.services import connections, inbox

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = ["/zoom/end_meeting", "/zoom/end", "/zoom/end_meeting/", "/zoom/end/"]
BODY = compact(
    {
        "event": "meeting.ended",
        "event_ts": 1767607265890,
        "payload": {
            "account_id": "Acc0untAAAAAAAAAAAAAAA",
            "object": {
                "id": "84512345678",
                "uuid": "aBcD1234EfGh5678IjKl9w==",
                "topic": "Álgebra",
                "end_time": "2026-01-05T10:01:05Z",
            },
        },
    }
)


@pytest.fixture
def configured(site, jobs):
    """A site that knows the webhook secret."""
    return connections.save_app(client_id="id", client_secret="secret", webhook_secret=seed.SECRET_TOKEN, host_email="")


def signed(raw, *, secret=seed.SECRET_TOKEN, timestamp=None):
    """Zoom's headers, computed here once more from Zoom's own description."""
    raw = raw if isinstance(raw, bytes) else raw.encode()
    timestamp = str(int(time.time() if timestamp is None else timestamp))
    message = b"v0:" + timestamp.encode() + b":" + raw
    return {
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": "v0=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest(),
        "x-zm-request-id": hashlib.sha256(raw).hexdigest()[:22],
    }


@pytest.mark.parametrize("path", PATHS)
def test_a_signed_delivery_is_stored_and_answered(configured, client, path):
    assert post_delivery(client, path, BODY, signed(BODY)).status_code == 204
    stored = Delivery.objects.get()
    assert (stored.event, stored.zoom_id, stored.body, stored.endpoint) == (
        "meeting.ended",
        84512345678,
        BODY,
        path.strip("/").split("/")[1],
    )


def test_no_session_and_no_token_are_needed(configured):
    strict = Client(enforce_csrf_checks=True)
    assert post_delivery(strict, "/zoom/end_meeting", BODY, signed(BODY)).status_code == 204


def test_the_request_makes_one_insert_and_calls_nobody(configured, client, django_assert_num_queries, settings):
    settings.ZOOM_XBLOCK_API_BASE_URL = "http://127.0.0.1:1"
    with django_assert_num_queries(2):  # the secret, the insert
        post_delivery(client, "/zoom/end_meeting", BODY, signed(BODY))


def test_the_same_delivery_twice_is_stored_once(configured, client, jobs):
    headers = signed(BODY)
    assert [post_delivery(client, "/zoom/end_meeting", BODY, headers).status_code for _ in range(3)] == [204] * 3
    assert Delivery.objects.count() == 1
    assert [job[0] for job in jobs.queue] == ["process_waiting"]


def test_a_later_attempt_of_zoom_is_the_same_delivery(configured, client):
    """Each attempt has a new timestamp and signature; the request id stays."""
    first, second = signed(BODY), signed(BODY, timestamp=time.time() - 60)
    assert first["x-zm-signature"] != second["x-zm-signature"]
    post_delivery(client, "/zoom/end_meeting", BODY, first)
    assert post_delivery(client, "/zoom/end_meeting", BODY, second).status_code == 204
    assert Delivery.objects.count() == 1


def test_without_a_request_id_the_body_is_the_key(configured, client):
    other = BODY.replace("84512345678", "84512345679")
    for raw in (BODY, BODY, other):
        given = {**signed(raw)}
        given.pop("x-zm-request-id")
        assert post_delivery(client, "/zoom/end_meeting", raw, given).status_code == 204
    assert Delivery.objects.count() == 2


def test_an_event_we_do_not_know_is_answered_2xx(configured, client):
    raw = compact({"event": "phone.ringing_at_night", "event_ts": 1, "payload": {"account_id": "x", "object": {}}})
    assert post_delivery(client, "/zoom/end", raw, signed(raw)).status_code == 204


@pytest.mark.parametrize("path", PATHS)
def test_url_validation_is_answered_on_both_paths(configured, client, path):
    raw = compact(
        {
            "event": "endpoint.url_validation",
            "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"},
            "event_ts": 1767603600456,
        }
    )
    answer = post_delivery(client, path, raw, signed(raw))
    expected = hmac.new(seed.SECRET_TOKEN.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest()
    assert (answer.status_code, answer.json()) == (
        200,
        {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": expected},
    )
    assert Endpoint.objects.get().validated_at
    assert Delivery.objects.count() == 0


def test_the_worked_example_of_the_reference_is_accepted_in_its_time(site, jobs, client, settings):
    """Signature accepted by Zoom's own receiver: secret, timestamp and body as published."""
    settings.ZOOM_XBLOCK_DELIVERY_MAX_AGE_SECONDS = 10**9
    connections.save_app(client_id="id", client_secret="s", webhook_secret="wh_secret_7Qb2LmZk91xTfRcA", host_email="")
    raw = (
        '{"event":"meeting.started","event_ts":1767603600123,"payload":{"account_id":"Acc0untAAAAAAAAAAAAAAA","object":'
        '{"id":"84512345678","uuid":"aBcD1234EfGh5678IjKl9w==","host_id":"Hst0000AAAAAAAAAAAAAAA",'
        '"topic":"Algebra live","type":2,'
        '"start_time":"2026-01-05T09:00:00Z","timezone":"Europe/Madrid","duration":60}}}'
    )
    assert len(raw.encode()) == 310
    headers = {
        "x-zm-request-timestamp": "1767603600",
        "x-zm-signature": "v0=ea957714e16bf5e422ae904a6f6c138d68613a2118b8fc028b3d4604f7ac156c",
    }
    assert post_delivery(client, "/zoom/end_meeting", raw, headers).status_code == 204


NO_TOKEN = '{"event":"endpoint.url_validation","payload":{}}'
#: Signed when they are sent: a signature is good for five minutes.
HOSTILE = {
    "unsigned": (BODY, dict, 401),
    "signed with another secret": (BODY, lambda: signed(BODY, secret="another"), 401),
    "signed with an empty secret": (BODY, lambda: signed(BODY, secret=""), 401),
    "signature of another body": (BODY, lambda: signed(BODY + " "), 401),
    "six minutes old": (BODY, lambda: signed(BODY, timestamp=time.time() - 360), 401),
    "six minutes ahead": (BODY, lambda: signed(BODY, timestamp=time.time() + 400), 401),
    "timestamp that is no number": (BODY, lambda: {**signed(BODY), "x-zm-request-timestamp": "now"}, 401),
    "signature cut short": (BODY, lambda: {**signed(BODY), "x-zm-signature": "v0=ab"}, 401),
    "not JSON": ("event=meeting.ended", lambda: signed("event=meeting.ended"), 400),
    "empty": ("", lambda: signed(""), 400),
    "a list": ("[]", lambda: signed("[]"), 400),
    "no event": ("{}", lambda: signed("{}"), 400),
    "an event that is a number": ('{"event":7}', lambda: signed('{"event":7}'), 400),
    "invalid UTF-8": (b'{"event":"\xff"}', lambda: signed(b'{"event":"\xff"}'), 400),
    "nested deeply": ("[" * 100_000, lambda: signed("[" * 100_000), 400),
    "validation without a token": (NO_TOKEN, lambda: signed(NO_TOKEN), 400),
    "over a megabyte": ("x" * 1_048_577, lambda: signed("x" * 1_048_577), 413),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("path", PATHS[:2])
def test_a_strangers_delivery_is_refused_and_leaves_nothing(configured, client, caplog, case, path):
    raw, signs, status = HOSTILE[case]
    headers = signs()
    with caplog.at_level(logging.DEBUG):
        answer = post_delivery(client, path, raw, headers)
    assert answer.status_code == status
    assert Delivery.objects.count() == 0
    [line] = [record for record in caplog.records if record.name == "zoom_xblock.webhooks"]
    said = line.getMessage()
    assert said.startswith(f"delivery refused endpoint={path.rsplit('/', 1)[1]} reason=")
    assert said.endswith(f"status={status}")
    assert ("reason=stale" in said) == case.startswith("six")
    logged = " ".join(str(vars(record)) for record in caplog.records if record.name.startswith("zoom_xblock"))
    assert seed.SECRET_TOKEN not in logged
    assert headers.get("x-zm-signature", "no signature") not in logged


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head"])
def test_other_methods_are_refused(configured, client, method):
    answer = getattr(client, method)("/zoom/end_meeting")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"


def test_an_announced_size_is_believed_before_the_body_is_read(configured, client):
    answer = client.generic(
        "POST", "/zoom/end_meeting", b"{}", content_type="application/json", CONTENT_LENGTH="99999999"
    )
    assert answer.status_code == 413


def test_a_site_without_secret_accepts_nothing(site, client, jobs):
    assert post_delivery(client, "/zoom/end_meeting", BODY, signed(BODY, secret="")).status_code == 401
    assert Delivery.objects.count() == 0


def test_the_body_is_ciphertext_at_rest(configured, client):
    from django.db import connection as database

    post_delivery(client, "/zoom/end_meeting", BODY, signed(BODY))
    with database.cursor() as cursor:
        cursor.execute("SELECT body FROM zoom_xblock_delivery")
        assert b"Algebra" not in bytes(cursor.fetchone()[0])


def test_a_broker_that_is_away_loses_no_delivery(configured, client, settings):
    settings.ZOOM_XBLOCK_PLATFORM = "tests.views.test_webhooks.BrokenBroker"
    assert post_delivery(client, "/zoom/end_meeting", BODY, signed(BODY)).status_code == 204
    assert Delivery.objects.get().next_try_at


class BrokenBroker:
    """A door whose `later` behaves as the contract says when the broker is away: it logs and returns."""

    def later(self, *args, **kwargs):
        return None


def test_lone_surrogates_and_nul_are_stored_readably(configured, client, jobs):
    raw = (
        '{"event":"meeting.participant_joined","payload":{"account_id":"x","object":{"id":"1","uuid":"u",'
        '"participant":{"user_name":"a\\ud800\\u0000b"}}}}'
    )
    assert post_delivery(client, "/zoom/end_meeting", raw, signed(raw)).status_code == 204
    jobs.run()
    assert json.loads(Delivery.objects.get().body)["event"] == "meeting.participant_joined"
    assert Delivery.objects.get().state == Delivery.State.IGNORED


def test_a_delivery_costs_one_insert_and_no_other_query(configured, client, django_assert_num_queries):
    first, second = BODY, BODY.replace("10:01:05", "10:01:06")
    post_delivery(client, PATHS[0], first, signed(first))  # the process has read the secret
    with django_assert_num_queries(1):
        assert post_delivery(client, PATHS[0], second, signed(second)).status_code == 204


def test_a_new_secret_counts_at_once_and_strangers_cost_no_reading(configured, client, monkeypatch, jobs):
    post_delivery(client, PATHS[0], BODY, signed(BODY))
    configured_again = connections.save_app(
        client_id="id", client_secret="secret", webhook_secret="another", host_email=""
    )
    assert configured_again.webhook_secret == "another"
    other = BODY.replace("10:01:05", "10:01:07")
    monkeypatch.setattr(inbox, "SECRET_DOUBTED_SECONDS", 0.0)
    assert post_delivery(client, PATHS[0], other, signed(other, secret="another")).status_code == 204
    monkeypatch.setattr(inbox, "SECRET_DOUBTED_SECONDS", 60.0)
    reads = []
    monkeypatch.setattr(connections, "the_connection", lambda: reads.append(1))
    forged = BODY.replace("10:01:05", "10:01:08")
    for _attempt in range(20):
        assert post_delivery(client, PATHS[0], forged, signed(forged, secret="guess")).status_code == 401
    assert reads == []
