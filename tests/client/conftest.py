"""
A small real server in the place of Zoom: it answers what a test told it to, remembers what it was asked, and can be
slow, cut off, or drip.

    server.on("GET", "/v2/users/me", Reply(json={...}), Reply(status=500))

Replies of one path are used in order, the last one again and again; a function in the place of a reply is called with
what was asked.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import settings

from zoom_xblock.client import Transport, ZoomClient

# Examples are timed by a busy machine, and say nothing about the code.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


@dataclass
class Asked:
    """One request as it arrived; `path` as sent, escapes and all."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass
class Reply:
    """What to answer. `delay_seconds` before anything; `cut`: hang up; `drip_seconds` between the bytes of the body."""

    status: int = 200
    json: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0
    drip_seconds: float = 0
    cut: bool = False


Script = Reply | Callable[[Asked], Reply]


class Server:
    """The server on a free port of loopback."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._replies: dict[tuple[str, str], list[Script]] = {}
        self.closing = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: Any) -> None:
                """Quiet."""

            def answer(self) -> None:
                server.serve(self)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def on(self, method: str, path: str, *replies: Script) -> None:
        """Answer this path (as sent, without query) with these."""
        self._replies[method, path] = list(replies)

    def stop(self) -> None:
        """Hang up."""
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        address = urlsplit(handler.path)
        asked = Asked(
            handler.command,
            address.path,
            {name: values[0] for name, values in parse_qs(address.query, keep_blank_values=True).items()},
            {name.lower(): value for name, value in handler.headers.items()},
            handler.rfile.read(int(handler.headers.get("Content-Length") or 0)),
            handler.client_address[1],
        )
        self.asked.append(asked)
        replies = self._replies.get((asked.method, asked.path), [])
        script = replies.pop(0) if len(replies) > 1 else replies[0] if replies else Reply(404, raw=b"no such page")
        reply = script(asked) if callable(script) else script
        self.closing.wait(reply.delay_seconds)
        if reply.cut:
            handler.close_connection = True
            return
        raw = reply.raw if reply.raw is not None else b"" if reply.json is None else json.dumps(reply.json).encode()
        try:
            handler.send_response(reply.status)
            for name, value in reply.headers.items():
                handler.send_header(name, value)
            if reply.status != 204:
                handler.send_header("Content-Length", str(len(raw)))
            handler.end_headers()
            if reply.drip_seconds:
                for byte in raw:
                    handler.wfile.write(bytes([byte]))
                    if self.closing.wait(reply.drip_seconds):
                        return
            else:
                handler.wfile.write(raw)
        except OSError:
            handler.close_connection = True


class Purse:
    """A token source with memory: hands out `token-1`, and the next one when the one in hand is called stale."""

    def __init__(self) -> None:
        self.number = 1
        self.renewed: list[str] = []

    def current(self) -> str:
        return f"token-{self.number}"

    def renew(self, stale_access_token: str) -> str:
        self.renewed.append(stale_access_token)
        self.number += 1
        return self.current()


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that knows no page yet."""
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def transport(server: Server) -> Transport:
    """Impatient, with short limits."""
    return Transport(bases=[server.url], connect_seconds=1, read_seconds=2)


@pytest.fixture
def pauses() -> list[float]:
    """The pauses that a patient transport made, none of which took any time."""
    return []


@pytest.fixture
def patient(server: Server, pauses: list[float]) -> Transport:
    """Patient, with short limits."""
    return Transport(bases=[server.url], connect_seconds=1, read_seconds=2, patient=True, sleep=pauses.append)


@pytest.fixture
def purse() -> Purse:
    """A token source."""
    return Purse()


@pytest.fixture
def client(server: Server, transport: Transport, purse: Purse) -> ZoomClient:
    """All calls against the server."""
    return ZoomClient(transport, purse, server.url)


def timed(call: Callable[[], object]) -> float:
    """How many seconds a call took, whatever came of it."""
    started = time.monotonic()
    with contextlib.suppress(Exception):  # the caller asks how long, not what
        call()
    return time.monotonic() - started
