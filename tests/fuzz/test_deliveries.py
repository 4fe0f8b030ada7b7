"""Any bytes with any headers, and any type in every field that is read: refused, or stored and harmless."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from demo.zoom import seed
from tests.conftest import LOG_LINES
from tests.fuzz.conftest import FUZZ
from tests.fuzz.strategies import DEPTHS, JSON, TEXT, any_of
from tests.views.test_webhooks import signed
from zoom_xblock.models import Delivery, Result, Segment, Sitting

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = st.sampled_from(["/zoom/end_meeting", "/zoom/end", "/zoom/end/"])
EVENTS = st.sampled_from(
    [
        "meeting.started",
        "meeting.ended",
        "webinar.ended",
        "meeting.participant_joined",
        "meeting.participant_left",
        "meeting.participant_joined_waiting_room",
        "meeting.participant_left_waiting_room",
        "meeting.participant_admitted",
        "meeting.participant_joined_breakout_room",
        "meeting.participant_left_breakout_room",
        "meeting.participant_jbh_joined",
        "meeting.registration_created",
        "meeting.registration_approved",
        "meeting.registration_cancelled",
        "meeting.updated",
        "meeting.deleted",
        "recording.completed",
        "recording.transcript_completed",
        "recording.deleted",
        "user.deleted",
        "user.updated",
        "app_deauthorized",
        "endpoint.url_validation",
    ]
)
PARTICIPANT = any_of(
    "user_id id participant_user_id participant_uuid registrant_id customer_key user_name email join_time leave_time "
    "date_time leave_reason phone_number public_ip private_ip"
)
FILE = any_of("id meeting_id recording_start recording_end file_type file_size play_url download_url status")
OBJECT = any_of(
    "uuid host_id start_time end_time practice_session occurrences type breakout_room_uuid topic duration timezone "
    "recording_files share_url password total_size recording_count host_email account_id"
)
PAYLOAD = any_of("event_ts plainToken client_id user_id operation scope old_object user_data_retention download_token")
HEADERS = st.dictionaries(
    st.sampled_from(["x-zm-signature", "x-zm-request-timestamp", "x-zm-request-id", "x-forwarded-for", "expect"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80)
    | st.sampled_from(["v0=", "v0=" + "0" * 64, "-1", "9" * 30, "1e9", "٣", "x" * 5000]),
    max_size=4,
)


def post(client, path, raw, headers):
    """One POST; strange marks in headers go as they would over the wire."""
    return client.generic("POST", path, raw, content_type="application/json", headers=headers)


def no_secret(*texts):
    """Neither an answer nor anything logged so far holds the secret of deliveries."""
    for text in texts:
        assert seed.SECRET_TOKEN not in text


@FUZZ
@given(path=PATHS, raw=st.binary(max_size=600) | JSON.map(lambda one: json.dumps(one).encode()), headers=HEADERS)
@example(path="/zoom/end", raw=b"", headers={})
@example(path="/zoom/end", raw=b"\xff" * 100, headers={"x-zm-signature": "é"})
@example(path="/zoom/end", raw=b"{}", headers={"x-zm-request-timestamp": "9" * 5000, "x-zm-signature": "v0="})
def test_unsigned_is_refused_whatever_it_is(connected, client, tried, path, raw, headers):
    before, lines = Delivery.objects.count(), len(LOG_LINES)
    answer = post(client, path, raw, headers)
    tried["unsigned deliveries"] += 1
    assert answer.status_code in (400, 401, 413), answer.content
    assert Delivery.objects.count() == before
    no_secret(answer.content.decode(), *LOG_LINES[lines:])


@FUZZ
@given(path=PATHS, raw=st.binary(max_size=600), request_id=st.text(st.characters(min_codepoint=32, max_codepoint=255)))
@example(path="/zoom/end", raw=b'{"event":"\xed\xa0\x80"}', request_id="")
@example(path="/zoom/end", raw=b"\xef\xbb\xbf{}", request_id="x" * 3000)
@example(path="/zoom/end", raw=b'{"event":"a.b","x":' + b"9" * 5000 + b"}", request_id="é")
def test_signed_bytes_are_refused_or_stored(connected, client, jobs, tried, path, raw, request_id):
    answer = post(client, path, raw, {**signed(raw), "x-zm-request-id": request_id})
    tried["signed bytes"] += 1
    assert answer.status_code in (200, 204, 400), answer.content
    assert not jobs.run() or not Delivery.objects.filter(state=Delivery.State.FAILED).exists()


@FUZZ
@given(
    depth=DEPTHS, opening=st.sampled_from(["[", '{"x":', '[{"y":']), where=st.sampled_from(["object", "payload", "top"])
)
def test_deep_json(connected, client, jobs, tried, depth, opening, where):
    closing = {"[": "]", '{"x":': "}", '[{"y":': "}]"}[opening]
    deep = opening * depth + "1" + closing * depth
    wrapped = {
        "top": f'{{"event":"meeting.started","x":{deep}}}',
        "payload": f'{{"event":"meeting.started","payload":{{"x":{deep}}}}}',
        "object": f'{{"event":"meeting.started","payload":{{"object":{{"id":1,"x":{deep}}}}}}}',
    }[where]
    answer = post(client, "/zoom/end", wrapped, signed(wrapped))
    tried["deep bodies"] += 1
    assert answer.status_code in (204, 400)
    jobs.run()
    assert not Delivery.objects.filter(state=Delivery.State.FAILED).exists()


@pytest.mark.parametrize("size", [1_048_575, 1_048_576, 1_048_577, 3_000_000])
@pytest.mark.parametrize("announced", [None, "0", "-5", "1e6", "9" * 40, "abc"])
def test_sizes(connected, client, jobs, tried, size, announced):
    """What is announced may be a lie; the limit is the limit."""
    frame = b'{"event":"meeting.started","x":"%s"}'
    raw = frame % (b"x" * (size - len(frame) + 2))
    assert len(raw) == size
    given_headers = signed(raw)
    more = {} if announced is None else {"CONTENT_LENGTH": announced}
    answer = client.generic("POST", "/zoom/end", raw, content_type="application/json", headers=given_headers, **more)
    tried["sizes"] += 1
    assert answer.status_code in (204, 400, 401, 413)
    assert answer.status_code != 204 or size <= 1_048_576
    jobs.run()
    assert not Delivery.objects.filter(state=Delivery.State.FAILED).exists()


@FUZZ
@given(
    event=EVENTS,
    event_ts=JSON,
    thing=OBJECT,
    participant=PARTICIPANT | JSON,
    registrant=any_of("id email status join_url first_name last_name") | JSON,
    payload=PAYLOAD,
    files=st.lists(FILE, max_size=2),
    ours=st.sampled_from(["meeting", "meeting", "meeting", "account", "nobody"]),
    zoom_id=JSON,
    many=st.booleans(),
)
def test_any_type_in_every_field_of_our_own_meeting(
    session, client, jobs, tried, event, event_ts, thing, participant, registrant, payload, files, ours, zoom_id, many
):
    """The deepest way: the account and the meeting are ours, all else is strange. Nobody gains anything by it."""
    number = str(session.zoom_id) if ours == "meeting" else zoom_id
    account = seed.ACCOUNT_ID if ours != "nobody" else "somebody"
    inner = {**thing, "id": number, "participant": participant, "registrant": registrant}
    if event.startswith("recording."):
        inner["recording_files"] = files
    body = {"event": event, "event_ts": event_ts, "payload": {**payload, "account_id": account, "object": inner}}
    if event in ("app_deauthorized", "user.deleted"):
        body["payload"]["account_id"] = "somebody"  # what ends the connection is tested by itself
    raw = json.dumps(body)
    lines = len(LOG_LINES)
    for _repeat in range(2 if many else 1):
        answer = post(client, "/zoom/end_meeting", raw, signed(raw))
        assert answer.status_code in (200, 204, 400), answer.content
    jobs.run()
    tried["signed events of our meeting"] += 1
    stuck = Delivery.objects.exclude(state__in=[Delivery.State.DONE, Delivery.State.IGNORED])
    assert list(stuck.values_list("event", "state", "error")) == []
    assert not Result.objects.filter(is_complete=True).exists()
    no_secret(answer.content.decode(), *LOG_LINES[lines:])


@FUZZ
@given(name=TEXT, email=TEXT, uuid=st.sampled_from(["a", "/a//b==", "😀", "x" * 255]), topic=TEXT)
def test_names_of_any_alphabet_are_kept(session, client, jobs, tried, name, email, uuid, topic):
    """Four-byte characters, halves of pairs, NUL: what cannot be kept is replaced, and the presence is kept."""
    who = {"user_id": "16778240", "user_name": name, "email": email, "join_time": "2026-01-05T09:00:00Z"}
    thing = {"id": str(session.zoom_id), "uuid": uuid, "topic": topic, "participant": who}
    payload = {"account_id": seed.ACCOUNT_ID, "object": thing}
    raw = json.dumps({"event": "meeting.participant_joined", "event_ts": 1767603600123, "payload": payload})
    assert post(client, "/zoom/end", raw, signed(raw)).status_code == 204
    jobs.run()
    tried["names"] += 1
    kept = Segment.objects.filter(sitting__uuid=uuid).last()
    assert kept is not None
    assert kept.joined_at is not None
    Segment.objects.all().delete()
    Sitting.objects.all().delete()
    Delivery.objects.all().delete()
