"""
Sends prepared requests as fast, or as steadily, as asked: one process, raw sockets, an event loop of the system.

`python -m bench.load` with a job as JSON on standard input; figures as JSON on standard output. Requests are bytes made
before the clock runs, so that what the client costs is a read and a write for each.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import select
import socket
import sys
import time
import uuid
from collections import Counter
from typing import Any
from urllib.parse import urlsplit


def requests_for(job: dict[str, Any]) -> list[bytes]:
    """Signed deliveries of a webinar's end: people leaving, each delivery another one."""
    parts, chance = urlsplit(job["url"]), random.Random(job.get("seed", 1))
    secret, now = job["secret"].encode(), time.time()
    made = []
    for number in range(job["count"]):
        body = _left(job, number, chance, now)
        stamp = str(int(now))
        signed = hmac.new(secret, b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Content-Type: application/json; charset=utf-8\r\nUser-Agent: Zoom Marketplace/1.0a\r\n"
            f"x-zm-request-id: {uuid.UUID(int=chance.getrandbits(128))}\r\nx-zm-request-timestamp: {stamp}\r\n"
            f"x-zm-signature: v0={signed}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def _left(job: dict[str, Any], number: int, chance: random.Random, now: float) -> bytes:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - chance.randrange(30)))
    who = {
        "user_id": str(16_778_240 + number * 1024),
        "user_name": f"Learner {number}",
        "participant_uuid": f"{chance.getrandbits(128):032x}".upper(),
        "leave_time": at,
        "leave_reason": "Learner left the meeting.<br>Reason: left the meeting.",
        "email": f"learner{number}@example.edu",
        "registrant_id": f"{chance.getrandbits(128):032x}"[:22],
        "participant_user_id": "",
        "id": "",
        "phone_number": "",
    }
    thing = {
        "id": str(job.get("zoom_id", 81234567890)),
        "uuid": job.get("uuid", "aBcD1234EfGh5678IjKl9w=="),
        "host_id": "Hst0000AAAAAAAAAAAAAAA",
        "topic": "Open day",
        "type": 5,
        "start_time": "2026-01-05T09:00:00Z",
        "timezone": "UTC",
        "duration": 60,
        "participant": who,
    }
    payload = {"account_id": job.get("account_id", "DemoUniversityAccount1"), "object": thing}
    event = {"event": "webinar.participant_left", "payload": payload, "event_ts": int(now * 1000) + number}
    return json.dumps(event, separators=(",", ":")).encode()


class Client:
    """One connection that is kept, and opened anew where the server closes it."""

    def __init__(self, address: tuple[str, int], poll: Any) -> None:
        self.address, self.poll = address, poll
        self.sent_at, self.unanswered, self.buffer = 0.0, b"", b""
        self.open()

    def open(self) -> None:
        """Connect."""
        self.socket = socket.create_connection(self.address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.poll.register(self.socket, select.EPOLLIN)

    def reopen(self) -> None:
        """Connect again, as a sender does whose connection was closed."""
        self.poll.unregister(self.socket)
        self.socket.close()
        self.open()

    def send(self, request: bytes, at: float) -> None:
        """Write one request; `at` is when it was due."""
        self.sent_at, self.unanswered, self.buffer = at, request, b""
        try:
            self.socket.sendall(request)
        except OSError:
            self.reopen()
            self.socket.sendall(request)

    def read(self) -> int | None:
        """The status of a whole answer, or None while some of it is to come."""
        got = self.socket.recv(65536)
        if not got:
            if self.unanswered:  # closed between two requests: send it on a new connection
                self.reopen()
                self.socket.sendall(self.unanswered)
            return None
        self.buffer += got
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        lower = head.lower()
        if b"content-length:" in lower:
            wanted = int(lower.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(rest) < wanted:
                return None
        self.unanswered = b""
        if b"connection: close" in lower:
            self.reopen()
        return int(head[9:12])


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Send them all: closed loop (each client sends when it was answered), or `per_second` on a timetable."""
    requests = requests_for(job)
    parts, poll = urlsplit(job["url"]), select.epoll()
    clients = {}
    for _number in range(job["clients"]):
        one = Client((parts.hostname or "", parts.port or 80), poll)
        clients[one.socket.fileno()] = one
    every = 1 / job["per_second"] if job.get("per_second") else None
    idle, statuses, took, sent = list(clients.values()), Counter(), [], 0
    began = time.perf_counter()
    while len(took) < len(requests):
        now = time.perf_counter()
        while idle and sent < len(requests) and (every is None or began + sent * every <= now):
            # On a timetable, waiting for a free client counts: the sender does not slow down with the server.
            idle.pop().send(requests[sent], now if every is None else began + sent * every)
            sent += 1
        wait = 5.0 if every is None or sent == len(requests) or not idle else max(0.0, began + sent * every - now)
        for number, _what in poll.poll(wait):
            one = clients.get(number) or next(each for each in clients.values() if each.socket.fileno() == number)
            status = one.read()
            if status is not None:
                statuses[status] += 1
                took.append(time.perf_counter() - one.sent_at)
                idle.append(one)
            clients[one.socket.fileno()] = one
    seconds = time.perf_counter() - began
    took.sort()
    return {
        "seconds": seconds,
        "per_second": len(took) / seconds,
        "statuses": {str(status): count for status, count in statuses.items()},
        "median_ms": took[len(took) // 2] * 1000,
        "p99_ms": took[min(len(took) - 1, int(len(took) * 0.99))] * 1000,
        "worst_ms": took[-1] * 1000,
    }


def answer_everything() -> None:
    """A server that answers 204 to anything, for the client's own ceiling. Prints its port."""
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    poll, open_ones = select.epoll(), {}
    poll.register(server, select.EPOLLIN)
    while True:
        for number, _what in poll.poll():
            if number == server.fileno():
                one, _address = server.accept()
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                open_ones[one.fileno()] = one
                poll.register(one, select.EPOLLIN)
                continue
            one = open_ones[number]
            if one.recv(65536):
                one.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            else:
                poll.unregister(one)
                open_ones.pop(number).close()


if __name__ == "__main__":
    if sys.argv[1:] == ["answer"]:
        answer_everything()
    else:
        print(json.dumps(run(json.load(sys.stdin))))
