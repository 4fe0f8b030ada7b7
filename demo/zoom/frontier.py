"""What surrounds every call: tracking id, faults, and no two writes on one path at once."""

import contextlib
import io
import json
import socket
import threading
import time
import uuid
from urllib.parse import urlsplit

from .faults import answer_of

_WRITES = ("PATCH", "PUT", "DELETE")
_CONCURRENT = "Too many concurrent requests. A request on this resource is under way."


def raw_path(environ):
    """The path as it came, still percent-encoded (PATH_INFO is decoded already)."""
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "")
    if "://" in target.split("?", 1)[0]:
        target = urlsplit(target)._replace(scheme="", netloc="").geturl()
    return target.split("?", 1)[0]


class Frontier:
    """WSGI around the application."""

    def __init__(self, world, app):
        self._world, self._app = world, app
        self._writing, self._lock = set(), threading.Lock()

    def __call__(self, environ, start_response):
        """The WSGI entry."""
        method, path = environ["REQUEST_METHOD"], raw_path(environ)
        start = _tracked(start_response)
        if path.startswith(("/control", "/static")):
            return self._app(environ, start)
        key = None
        if method in _WRITES and path.startswith("/v2/") and self._world.options.concurrent_writes == "refuse":
            with self._lock:
                taken = path in self._writing
                self._writing.add(path)
            if taken:
                _read_ahead(environ)
                return _plain(start, 429, {"code": 429, "message": _CONCURRENT}, {})
            key = path
        try:
            fault = self._world.faults.match(method, path)
            return self._app(environ, start) if fault is None else self._faulty(fault, environ, start)
        finally:
            if key is not None:
                with self._lock:
                    self._writing.discard(key)

    def _faulty(self, fault, environ, start):
        _read_ahead(environ)
        answers = fault.status is not None or fault.rate_limit
        if fault.when == "before":
            time.sleep(fault.delay)
            if fault.drop:
                _hang_up(environ)
            if not answers:
                return self._app(environ, start)
        else:
            kept = []

            def keep(status, headers, exc_info=None):
                kept[:] = [status, headers]
                return lambda _: None

            parts = self._app(environ, keep)
            body = b"".join(parts)
            if hasattr(parts, "close"):
                parts.close()
            time.sleep(fault.delay)
            if fault.drop:
                _hang_up(environ)
            if not answers:
                start(kept[0], kept[1])
                return [body]
        with self._world.lock:
            midnight = self._world.limits.midnight()
        return _plain(start, *answer_of(fault, midnight))


def _plain(start, status, body, headers):
    kind = "application/json;charset=UTF-8"
    if isinstance(body, str):
        text, kind = body.encode(), "text/html; charset=utf-8"
    else:
        text = json.dumps(body).encode()
    named = {name.lower() for name in headers}
    head = [(name, str(value)) for name, value in headers.items()]
    if "content-type" not in named:
        head.append(("Content-Type", kind))
    start(f"{status} {'OK' if status < 400 else 'Refused'}", [*head, ("Content-Length", str(len(text)))])
    return [text]


def _read_ahead(environ):
    """Take the whole body off the connection, so that an answer can be given without the application."""
    chunked = environ.get("wsgi.input_terminated")
    stream = environ["wsgi.input"]
    raw = stream.read() if chunked else stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(raw)
    environ["CONTENT_LENGTH"] = str(len(raw))


def _hang_up(environ):
    """Close the connection without an answer."""
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("dropped by request")


def _tracked(start_response):
    def start(status, headers, exc_info=None):
        headers = [*headers, ("x-zm-trackingid", f"v=2.0;clid=us02;rid=WEB_{uuid.uuid4().hex}")]
        return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

    return start
