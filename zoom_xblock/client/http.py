"""
One request to Zoom: time limits, what may be repeated, what is logged. Knows nothing of tokens' lives or of Zoom's
vocabulary.

- Limits: connecting 3 s, each wait for the answer 10 s, and the whole answer no later than both together after the
  request, so that a server that drips bytes is cut off as well. An answer larger than 20 MB is not read.
- Redirects are not followed (a token would travel with them), cookies not kept, and the environment not asked for
  proxies or `.netrc`: a proxy that a site needs is passed as a configured `session`.
- Only GET is ever repeated, only by a `patient` transport (jobs; never a web request), at most twice more, after a
  random pause, and only when there was no answer or a 5xx. Everything else is for the caller to judge.
- The log has method, path template, status, Zoom's code and tracking id, milliseconds. No token, body, name, address or
  query string.
"""

from __future__ import annotations

import base64
import json as jsonlib
import logging
import os
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Literal, Protocol

import requests

from zoom_xblock.client.addresses import allowed_api_url
from zoom_xblock.client.errors import ForeignAddress, Garbled, Unreachable

log = logging.getLogger("zoom_xblock.client")

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
MOST_BYTES = 20 * 1024 * 1024
TRIES = 3

#: Zoom's rate labels (Zoom: "Rate limits"): the budget that a call draws on. "token" calls have no label of Zoom's.
Label = Literal["light", "medium", "heavy", "token"]


class TokenSource(Protocol):
    """
    Where access tokens come from. `renew` gives one other than the stale one, or raises; two callers at once cause one
    refresh.
    """

    def current(self) -> str: ...

    def renew(self, stale_access_token: str) -> str: ...


class Observer(Protocol):
    """Where measurements go: a name, and numbers only."""

    def __call__(self, name: str, **numbers: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What came back. `body` is the parsed JSON, None where there was none; `text` is the body as it came (at most 500
    characters) then.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(repr=False, default=None)
    text: str = field(repr=False, default="")

    @property
    def tracking_id(self) -> str | None:
        """Zoom's id of the exchange, which its support asks for."""
        return self.headers.get("x-zm-trackingid")

    @property
    def code(self) -> int | None:
        """Zoom's code in the body, where there is one."""
        return zoom_code(self.body)


def zoom_code(body: object) -> int | None:
    """The `code` of an error's body, as a number or as digits."""
    code = body.get("code") if isinstance(body, dict) else None
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 10:
        return int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 10**9 else None


class Transport:
    """
    A pool of connections with Zoom. `bases` are the addresses outside Zoom's domains that the operator configured (a
    stand-in).

    `spend(label)` is called before every request, repetitions included, and may raise `RateLimited` to hold it back;
    `observe` is told `"client.call"` with `status` (0: no answer), `milliseconds` and `tries` after each call.
    """

    def __init__(
        self,
        session: requests.Session | None = None,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        patient: bool = False,
        bases: Iterable[str] = (),
        spend: Callable[[Label], None] | None = None,
        observe: Observer | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.patient = patient
        self.bases = tuple(bases)
        self._given = session
        self._own: tuple[int, requests.Session] | None = None
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._spend = spend
        self._observe = observe
        self._sleep = sleep

    def send(
        self,
        method: str,
        url: str,
        *,
        template: str,
        label: Label = "light",
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        token: str | None = None,
        basic: tuple[str, str] | None = None,
    ) -> Answer:
        """
        Send one request and return whatever Zoom answered, good or bad. `template` is the path as logged.

        Raises `Unreachable` (no answer), `Garbled` (an answer too large), `ForeignAddress` (nothing was sent), and what
        `spend` raises.
        """
        if not allowed_api_url(url, self.bases):
            raise ForeignAddress("An address outside Zoom's domains was not called.")
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data: bytes | Mapping[str, str] | None = form
        if json is not None:
            headers["Content-Type"] = "application/json"
            data = jsonlib.dumps(json, allow_nan=False).encode()
        tries = TRIES if self.patient and method == "GET" else 1
        started = time.monotonic()
        for attempt in range(1, tries + 1):
            if self._spend is not None:
                self._spend(label)
            try:
                answer = self._once(method, url, params=params, data=data, headers=headers, basic=basic)
            except Unreachable as error:
                self._note(method, template, None, started, attempt)
                if attempt == tries:
                    raise
                log.debug("Trying again: %s", error)
            else:
                self._note(method, template, answer, started, attempt)
                if answer.status < 500 or attempt == tries:
                    return answer
            self._sleep(random.uniform(0.1, 0.5) * 2**attempt)  # noqa: S311 - no secret
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None,
        data: bytes | Mapping[str, str] | None,
        headers: dict[str, str],
        basic: tuple[str, str] | None,
    ) -> Answer:
        deadline = time.monotonic() + self._connect_seconds + self._read_seconds
        try:
            response = self._session().request(
                method,
                url,
                params=params,
                data=data,
                headers=headers,
                auth=_Basic(*basic) if basic else _Nobody(),
                timeout=(self._connect_seconds, self._read_seconds),
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            raise Unreachable(_KINDS.get(type(error), "no answer"), sent=_may_have_arrived(error)) from None
        with response:
            raw = _whole_body(response, deadline)
        return _answer(response, raw)

    def _session(self) -> requests.Session:
        """The pool of this process: one inherited over a fork would mix up two processes' answers."""
        if self._given is not None:
            return self._given
        if self._own is None or self._own[0] != os.getpid():
            session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._own = (os.getpid(), session)
        return self._own[1]

    def _note(self, method: str, template: str, answer: Answer | None, started: float, attempt: int) -> None:
        milliseconds = (time.monotonic() - started) * 1000
        status = answer.status if answer else 0
        level = logging.INFO if 0 < status < 400 else logging.WARNING
        code, tracking = (answer.code, answer.tracking_id) if answer else (None, None)
        log.log(
            level,
            "%s %s -> %s code=%s tracking=%s %.0f ms",
            method,
            template,
            status or "no answer",
            code,
            tracking,
            milliseconds,
        )
        if self._observe is not None:
            self._observe("client.call", status=status, milliseconds=milliseconds, tries=attempt)


class _Basic(requests.auth.AuthBase):
    """HTTP Basic in UTF-8; requests' own encodes as latin-1 and fails on what it cannot."""

    def __init__(self, user: str, secret: str) -> None:
        self._pair = (user.encode(), secret.encode())

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = "Basic " + base64.b64encode(b":".join(self._pair)).decode()
        return request


class _Nobody(requests.auth.AuthBase):
    """Adds nothing: stands where requests would look for credentials by itself."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


_KINDS: dict[type[Exception], str] = {
    requests.ConnectTimeout: "connecting took too long",
    requests.ReadTimeout: "the answer took too long",
    requests.exceptions.SSLError: "no trustworthy connection",
}


def _may_have_arrived(error: requests.RequestException) -> bool:
    """False where no connection came about."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)):
        return False
    cause = getattr(error.args[0] if error.args else None, "reason", None)
    return type(cause).__name__ not in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError")


def _whole_body(response: requests.Response, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        try:
            part = response.raw.read1(65536, decode_content=True)
        except Exception:  # requests does not translate what its pool raises here: the connection broke
            raise Unreachable("the answer broke off") from None
        if not part:
            return b"".join(parts)
        size += len(part)
        parts.append(part)
        if size > MOST_BYTES:
            raise Garbled("an answer too large to be read", status=response.status_code)
        if time.monotonic() > deadline:
            raise Unreachable("the answer took too long")


def _answer(response: requests.Response, raw: bytes) -> Answer:
    if raw.strip():
        try:
            body = jsonlib.loads(raw, parse_constant=_no_constant)
            if body is not None:
                return Answer(response.status_code, response.headers, body)
        except (ValueError, RecursionError):
            pass
    return Answer(response.status_code, response.headers, None, raw[:2000].decode("utf-8", "replace").strip()[:500])


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
