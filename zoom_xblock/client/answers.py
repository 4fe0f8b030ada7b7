"""
What an answer of Zoom's API means: the value asked for, or which error.

The order of judgement: a 429 and a 5xx by status, for those say nothing about the subject; then Zoom's code; then
the status. Texts decide only where one code has several meanings: 3000, 4700, page tokens under 300, and the plan texts
that come with HTTP 200.

Sources: Zoom's pages "API errors" and "Rate limits", its OpenAPI document for meetings, and answers seen in production.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from requests.structures import CaseInsensitiveDict

from zoom_xblock.client import errors
from zoom_xblock.client.errors import ZoomError
from zoom_xblock.client.http import Answer, zoom_code

#: What an endpoint speaks about: 3001 means "deleted" on "live" ones and "not yet" on "past" ones (past meetings and
#: reports).
Family = Literal["live", "past", "users", "recordings"]

_DAY_SECONDS = 86_400.0
_DAILY = re.compile(r"daily|GMT 00:00|in one day", re.IGNORECASE)
_SCOPES = re.compile(r"scopes?\s*:?\s*\[([^\]]*)\]", re.IGNORECASE)
_PLAN = re.compile(r"only available for paid|plan is missing|no permission", re.IGNORECASE)

_BY_CODE: dict[int, type[errors.Refused]] = {
    124: errors.Disconnected,
    200: errors.NotAllowed,
    300: errors.Invalid,
    1001: errors.UserGone,
    1010: errors.UserGone,
    1120: errors.UserGone,
    3001: errors.Gone,
    3002: errors.InProgress,
    3003: errors.NotHost,
    3027: errors.HostCannotRegister,
    3035: errors.Full,
    3038: errors.Over,
    3043: errors.Full,
    3161: errors.NotAllowed,
    3301: errors.NoRecording,
    4702: errors.BadCredentials,
    4704: errors.BadCredentials,
    4709: errors.BadRedirect,
    4711: errors.ScopeMissing,
    4717: errors.Disconnected,
    4733: errors.BadCode,
    4734: errors.BadCode,
    4735: errors.Disconnected,
    4738: errors.Disconnected,
    4741: errors.Disconnected,
    12702: errors.TooOld,
}


def error_for(
    status: int,
    body: object,
    headers: Mapping[str, str],
    endpoint_family: Family = "live",
    *,
    text: str = "",
    now: datetime | None = None,
) -> ZoomError:
    """
    Which error an answer is. `body` is the parsed JSON (None: there was none), `text` a body that was not JSON; `now`
    replaces Zoom's `Date` header and our clock when a time to wait is worked out. A 401 is read as final: renewing the
    token is tried before.
    """
    headers = CaseInsensitiveDict(headers)
    fields = body if isinstance(body, dict) else {}
    code = zoom_code(body)
    said = fields.get("message")
    message = said if isinstance(said, str) else text
    about: dict[str, Any] = {"code": code, "status": status, "tracking_id": headers.get("x-zm-trackingid")}

    if status == 429 or code == 429:
        seconds, daily = wait_for(headers, message, now=now)
        return errors.RateLimited(message, retry_after_seconds=seconds, daily=daily, **{**about, "code": code or 429})
    if status >= 500 or status == 408:
        return errors.ZoomDown(message, **about)
    if code is None:
        return _by_status(status, body, message, about)
    about["fields"] = _fields(fields)
    if code == 3000:
        return _code_3000(message)(message, **about)
    if code == 404:
        return _code_404(endpoint_family, message, about)
    if code == 3001 and endpoint_family == "past":
        return errors.NotReady(message, code=code, status=status, tracking_id=about["tracking_id"])
    if code == 300 and "page token" in message.lower():
        return errors.PageLapsed(message, code=code, status=status, tracking_id=about["tracking_id"])
    if code in (4700, 4711):
        scopes = _scopes(message)
        if code == 4711 or scopes or status != 401:
            return errors.ScopeMissing(message, scopes=scopes, **about)
    if code in _BY_CODE:
        return _BY_CODE[code](message, **about)
    if status == 401:
        return errors.Disconnected(message, **about)
    return errors.Refused(message, **about)


def token_refused(answer: Answer) -> bool:
    """
    Whether another access token may help: any 401, and Zoom's code for a bad token, but not a missing scope.
    """
    if answer.code == 4711:
        return False
    return answer.status == 401 or answer.code == 124


def expect(answer: Answer, key: str | None, endpoint_family: Family) -> dict[str, Any]:
    """
    The body of a good answer, or the error raised. `key`: what a good body holds (None: the endpoint promises no body).
    A body with `code` and `message` and without the key is an error, whatever the status.
    """
    body, good = answer.body, 200 <= answer.status < 300
    if good and isinstance(body, dict):
        if key is not None and key in body:
            return body
        if zoom_code(body) is None and not isinstance(body.get("message"), str) and key is None:
            return body
    elif good and key is None and body is None and not answer.text:
        return {}
    raise error_for(answer.status, body, answer.headers, endpoint_family, text=answer.text)


def wait_for(headers: Mapping[str, str], message: str, *, now: datetime | None = None) -> tuple[float, bool]:
    """
    How many seconds a 429 asks us to wait, and whether a day's limit is spent. Between 1 s and a day.

    `Retry-After` is an ISO time (what Zoom sends), an HTTP date, or seconds. Without one that can be read, a daily
    limit lasts until midnight UTC and any other one second. Dates are measured on Zoom's own clock, the `Date` header.
    """
    headers = CaseInsensitiveDict(headers)
    daily = bool(_DAILY.search(message)) or "daily" in headers.get("X-RateLimit-Type", "").lower()
    clock = now or _moment(headers.get("Date", "")) or datetime.now(UTC)
    value = headers.get("Retry-After", "").strip()
    until = _moment(value)
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
        seconds = float(value)
    elif until is not None:
        seconds = (until - clock).total_seconds()
    elif daily:
        midnight = clock.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        seconds = (midnight - clock).total_seconds()
    else:
        seconds = 1.0
    return min(max(seconds, 1.0), _DAY_SECONDS), daily


def _moment(value: str) -> datetime | None:
    """An ISO time or an HTTP date; one without a zone is UTC."""
    readers: tuple[Callable[[str], datetime], ...] = (datetime.fromisoformat, parsedate_to_datetime)
    for read in readers:
        try:
            moment = read(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _by_status(status: int, body: object, message: str, about: dict[str, Any]) -> ZoomError:
    """
    No code to go by. A refusal without one may come from anything on the way, so it ends nothing for good, except where
    Zoom's words do.
    """
    if status < 400 and _PLAN.search(message):
        return errors.NotAllowed(message, **about)
    if status == 401 and (isinstance(body, dict) or not message):
        return errors.Disconnected(message, **about)
    if status == 403 and isinstance(body, dict):
        return errors.NotAllowed(message, **about)
    return errors.Garbled(message or "Zoom's answer could not be read.", **about)


def _code_3000(message: str) -> type[errors.Refused]:
    said = message.lower()
    if "webinar info" in said:
        return errors.WrongKind
    if "does not have registration" in said:
        return errors.RegistrationOff
    return errors.Refused


def _code_404(family: Family, message: str, about: dict[str, Any]) -> ZoomError:
    """404 as a code means "registration not enabled" on live endpoints."""
    if family == "past":
        return errors.NotReady(message, code=about["code"], status=about["status"], tracking_id=about["tracking_id"])
    kind = {"live": errors.RegistrationOff, "users": errors.UserGone, "recordings": errors.NoRecording}[family]
    return kind(message, **about)


def _scopes(message: str) -> list[str]:
    found = _SCOPES.search(message)
    return [scope for part in found.group(1).split(",") if (scope := part.strip())] if found else []


def _fields(body: Mapping[str, object]) -> list[tuple[str, str]]:
    listed = body.get("errors")
    rows = listed if isinstance(listed, list) else []
    return [(str(row.get("field", "")), str(row.get("message", ""))) for row in rows[:50] if isinstance(row, dict)]
