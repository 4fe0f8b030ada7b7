"""
Deliveries: is this from Zoom, and what does it say?

`verify` works on the raw bytes, before anything is parsed. `parse` is for bodies that were verified, and yet takes any
bytes: what cannot be a delivery is `NotJson`, `Malformed` or `TooLarge`; a field in a form that nobody can store or
read is read as absent. No other exception leaves either.

Order of deliveries means nothing, and a repeat is the same event: see `x-zm-request-id`. Sources: Zoom's page
"Webhooks" and the types of its own library.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from zoom_xblock.client.errors import Malformed, NotJson, NotSigned, Stale, TooLarge, WrongSignature
from zoom_xblock.client.reading import read_int, read_text, read_time
from zoom_xblock.client.results import Event, EventParticipant, Kind, Registrant

SIGNATURE_HEADER = "x-zm-signature"
TIMESTAMP_HEADER = "x-zm-request-timestamp"
REQUEST_ID_HEADER = "x-zm-request-id"

MAX_AGE_SECONDS = 300
MOST_BYTES = 1024 * 1024
MOST_DEPTH = 32
ID_LIMIT = 255

_WEBINAR_TYPES = frozenset({5, 6, 9})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNFIT = re.compile(r"[\x00\ud800-\udfff]")
_NAME = re.compile(r"[!-~]{1,128}")


def signature(secret: str, timestamp: str, raw: bytes) -> str:
    """What Zoom writes into `x-zm-signature` for these bytes."""
    key = secret.encode("utf-8", "surrogatepass")
    return "v0=" + hmac.new(key, b"v0:" + timestamp.encode() + b":" + raw, hashlib.sha256).hexdigest()


def verify(
    secret: str | Iterable[str],
    headers: Mapping[str, str],
    raw: bytes,
    now: datetime,
    max_age_seconds: float = MAX_AGE_SECONDS,
) -> str:
    """
    Raise unless one of the secrets (several while one is being replaced) signed these bytes within `max_age_seconds` of
    `now`, before or after. Returns that secret, since `validation_answer` needs the same. An empty secret verifies
    nothing.

    Raises `NotSigned`, `WrongSignature`, `Stale`. `headers` may be any mapping, in any case of letters.
    """
    known = [one for one in ([secret] if isinstance(secret, str) else secret) if one]
    given, timestamp = _header(headers, SIGNATURE_HEADER), _header(headers, TIMESTAMP_HEADER)
    if not known or not given or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise NotSigned
    sent = given.encode("utf-8", "surrogatepass")
    matching = [one for one in known if hmac.compare_digest(signature(one, timestamp, raw).encode(), sent)]
    if not matching:
        raise WrongSignature
    if abs(int(timestamp) - (now - _EPOCH).total_seconds()) > max_age_seconds:
        raise Stale
    return matching[0]


def validation_answer(secret: str, plain_token: str) -> dict[str, str]:
    """The body to answer `endpoint.url_validation` with, status 200."""
    if not secret or not plain_token:
        raise Malformed
    key, text = secret.encode("utf-8", "surrogatepass"), plain_token.encode("utf-8", "surrogatepass")
    return {"plainToken": plain_token, "encryptedToken": hmac.new(key, text, hashlib.sha256).hexdigest()}


def parse(raw: bytes) -> Event:
    """Read a delivery's body. Raises `TooLarge`, `NotJson`, `Malformed`."""
    if len(raw) > MOST_BYTES:
        raise TooLarge
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise NotJson from None
    body = _fit(body)
    if not isinstance(body, dict) or not isinstance(body.get("event"), str) or not _NAME.fullmatch(body["event"]):
        raise Malformed
    return _event(body)


def _event(body: dict[str, Any]) -> Event:
    name: str = body["event"]
    payload = _dict(body.get("payload"))
    thing = _dict(payload.get("object"))
    zoom_id = read_int(thing.get("id"))
    is_user = name.startswith("user.")
    return Event(
        name=name,
        kind=_kind(name, thing),
        account_id=_id(payload.get("account_id")),
        occurred_at=_from_milliseconds(body.get("event_ts")) or _from_milliseconds(payload.get("event_ts")),
        zoom_id=zoom_id if zoom_id is not None and zoom_id > 0 and not is_user else None,
        uuid=_id(thing.get("uuid")),
        host_id=_id(thing.get("host_id")),
        started_at=read_time(thing.get("start_time")),
        ended_at=read_time(thing.get("end_time")),
        practice_session=thing.get("practice_session") is True,
        participant=_participant(thing.get("participant"), name),
        registrant=_registrant(thing.get("registrant")),
        plain_token=_id(payload.get("plainToken")),
        client_id=_id(payload.get("client_id")),
        user_id=_id(thing.get("id")) if is_user else _id(payload.get("user_id")),
        operation=_id(payload.get("operation")) or _id(payload.get("scope")),
        occurrence_ids=_occurrence_ids(thing.get("occurrences")),
        breakout_room_uuid=_id(thing.get("breakout_room_uuid")),
        user_data_retention=_flag(payload.get("user_data_retention")),
        download_token=read_text(body.get("download_token")),
        object=thing,
        old_object=_dict(payload.get("old_object")),
    )


def _participant(value: object, name: str) -> EventParticipant | None:
    """Waiting-room events give one `date_time`, which is the coming or the going as the event's name says."""
    if not isinstance(value, dict):
        return None
    moment = read_time(value.get("date_time"))
    going = name.endswith(("_left", "_left_waiting_room", "_admitted", "_left_breakout_room", "_jbh_joined"))
    return EventParticipant(
        connection=_id(value.get("user_id")),
        zoom_user_id=_id(value.get("id")) or _id(value.get("participant_user_id")),
        participant_uuid=_id(value.get("participant_uuid")),
        registrant_id=_id(value.get("registrant_id")),
        customer_key=_id(value.get("customer_key")),
        name=read_text(value.get("user_name")),
        email=read_text(value.get("email")),
        joined_at=read_time(value.get("join_time")) or (None if going else moment),
        left_at=read_time(value.get("leave_time")) or (moment if going else None),
        leave_reason=read_text(value.get("leave_reason")),
        phone=bool(read_text(value.get("phone_number"))),
    )


def _registrant(value: object) -> Registrant | None:
    if not isinstance(value, dict):
        return None
    return Registrant(
        registrant_id=_id(value.get("id")),
        email=read_text(value.get("email")),
        status=_id(value.get("status")),
        join_url=read_text(value.get("join_url")) or None,
        first_name=read_text(value.get("first_name")),
        last_name=read_text(value.get("last_name")),
    )


def _kind(name: str, thing: dict[str, Any]) -> Kind | Literal[""]:
    subject = name.partition(".")[0]
    if subject == "recording":
        subject = "webinar" if read_int(thing.get("type")) in _WEBINAR_TYPES else "meeting"
    kinds: dict[str, Kind] = {"meeting": "meeting", "webinar": "webinar"}
    return kinds.get(subject, "")


def _occurrence_ids(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(one for row in listed if isinstance(row, dict) and (one := _id(row.get("occurrence_id"))))


def _id(value: object) -> str:
    """An opaque id; one too long for any of Zoom's, or with marks in it that no database keeps, is none."""
    text = read_text(value)
    return text if len(text) <= ID_LIMIT and "\ufffd" not in text else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _flag(value: object) -> bool | None:
    return {"true": True, "false": False}.get(str(value).lower())


def _from_milliseconds(value: object) -> datetime | None:
    milliseconds = read_int(value)
    if milliseconds is None or not 0 < milliseconds < 10**14:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _header(headers: Mapping[str, str], name: str) -> str:
    for key, value in headers.items():
        if isinstance(key, str) and isinstance(value, str) and key.lower() == name:
            return value
    return ""


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _fit(value: Any, depth: int = 0) -> Any:
    """
    The same JSON with NUL and lone surrogates replaced (no database takes them); deeper than any delivery is
    `Malformed`.
    """
    if depth > MOST_DEPTH:
        raise Malformed
    if isinstance(value, str):
        return _UNFIT.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_UNFIT.sub("\ufffd", key): _fit(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_fit(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
