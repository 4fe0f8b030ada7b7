"""A stand-in in a process of its own, emptied before each test; and an endpoint that remembers what it was sent."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from demo.zoom.seed import ACCOUNT_ID, CLIENT_ID, CLIENT_SECRET, SECRET_TOKEN
from demo.zoom.signing import answer_to
from demo.zoom.testing import ZoomProcess

SITE = "http://127.0.0.1:9"  # nothing listens on the discard port


class Client:
    """Calls the API with one access token."""

    def __init__(self, zoom, headers):
        self.zoom, self.session = zoom, requests.Session()
        self.session.trust_env = False
        self.session.headers.update(headers)

    def __call__(self, method, path, body=None, **query):
        return self.session.request(method, f"{self.zoom.url}/v2{path}", json=body, params=query or None)

    def get(self, path, **query):
        return self("GET", path, **query)

    def post(self, path, body, **query):
        return self("POST", path, body, **query)

    def patch(self, path, body, **query):
        return self("PATCH", path, body, **query)

    def meeting(self, host="author@example.edu", kind="meeting", **fields):
        """Create one and return its object; registration is on and the date ahead unless said otherwise."""
        wanted = {
            "topic": "Algebra live",
            "type": 5 if kind == "webinar" else 2,
            "start_time": "2030-01-07T09:00:00Z",
            "duration": 60,
            "settings": {"approval_type": 0},
            **fields,
        }
        answer = self.post(f"/users/{host}/{kind}s", wanted)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def register(self, number, email="ana@example.edu", kind="meeting", **fields):
        """Register somebody and return the answer's object."""
        answer = self.post(
            f"/{kind}s/{number}/registrants", {"email": email, "first_name": "Ana", "last_name": "López", **fields}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()


class Receiver:
    """An endpoint. ``calls`` are (path, headers, raw body); ``plan`` lists answers to come: status or seconds."""

    def __init__(self):
        self.calls, self.plan, self.lock = [], [], threading.Lock()
        self.secret, self.validates = SECRET_TOKEN, True
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["content-length"]))
                status, answer = receiver.take(self.path, self.headers, raw)
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path, headers, raw):
        body = json.loads(raw)
        if body["event"] == "endpoint.url_validation" and self.validates:
            plain = body["payload"]["plainToken"]
            return 200, json.dumps({"plainToken": plain, "encryptedToken": answer_to(self.secret, plain)}).encode()
        with self.lock:
            self.calls.append((path, headers, raw))
            step = self.plan.pop(0) if self.plan else 200
        if isinstance(step, float):
            time.sleep(step)
            step = 200
        return step, b""

    @property
    def events(self):
        return [json.loads(raw)["event"] for _, _, raw in self.calls]

    def bodies(self, event):
        return [body for body in (json.loads(raw) for _, _, raw in self.calls) if body["event"] == event]

    def wait(self, count, seconds=5):
        until = time.monotonic() + seconds
        while len(self.calls) < count and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.calls) >= count, f"{len(self.calls)} of {count} came: {self.events}"
        return self.calls


@pytest.fixture(scope="session")
def process():
    with ZoomProcess(retry_scale=0.0002, report_delay=0, validation_retry_seconds=0.1) as running:
        yield running


@pytest.fixture
def zoom(process):
    """The demo's world, for a site that is not there."""
    process.reset(seed_demo=SITE)
    return process


@pytest.fixture
def api(zoom):
    """The demo's app, authorized by the account's owner."""
    return Client(zoom, zoom.bearer(client_id=CLIENT_ID))


@pytest.fixture
def client_of(zoom):
    """A client for another app or user."""
    return lambda **who: Client(zoom, zoom.bearer(**who))


@pytest.fixture
def own(zoom, client_of):
    """An app of the user-managed kind, authorized by the author."""
    app = zoom.control("apps", name="Own", kind="user-managed", redirect_uris=[f"{SITE}/back"])
    return client_of(client_id=app["client_id"], user="author@example.edu")


@pytest.fixture
def receiver(zoom, api):
    """An endpoint that gets every event of the demo's app, validated."""
    made = Receiver()
    found = zoom.control("subscriptions", client_id=CLIENT_ID, url=f"{made.url}/hook", events=["*"])
    assert found["subscriptions"][0]["validated"]
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def basic():
    """The demo app's Basic header."""
    return {"Authorization": "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()}


@pytest.fixture
def account():
    return ACCOUNT_ID
