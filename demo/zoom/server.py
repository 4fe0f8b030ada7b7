"""The HTTP server: one process, a thread per connection, HTTP/1.1 with keep-alive."""

import json
import logging
import threading
from pathlib import Path

from flask import Flask, Response, g, request
from werkzeug.serving import WSGIRequestHandler, make_server

from . import (
    control,
    control_deliveries,
    control_meetings,
    control_people,
    frontdoor,
    oauth_pages,
    recording_pages,
    rooms,
    router,
)
from .endpoints import Warden
from .errors import ZoomError
from .frontier import Frontier, raw_path
from .state import Keeper
from .world import World

# Modules that declare calls of the API.
from . import changes, meeting_extras, meetings, recordings, registrants, reports, users  # noqa: F401  isort:skip

log = logging.getLogger(__name__)


def create_app(world):
    """The WSGI application over a world."""
    app = Flask("demo.zoom", root_path=str(Path(__file__).parent))
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = 256 * 1024 * 1024
    app.config["WORLD"] = world

    @app.before_request
    def read_all():
        g.world = world
        request.get_data(cache=True)  # an unread body would be taken for the next request of the connection

    @app.route("/v2/", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @app.route("/v2/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def api(rest):
        status, body, headers = router.answer(
            world,
            method=request.method,
            raw_path=raw_path(request.environ)[len("/v2") :],
            authorization=request.headers.get("Authorization"),
            query=request.args.to_dict(),
            read_body=_json_body,
        )
        text = (
            b""
            if body is None
            else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
        )
        return Response(text, status, headers, content_type="application/json;charset=UTF-8")

    for part in (
        frontdoor,
        oauth_pages,
        rooms,
        recording_pages,
        control,
        control_people,
        control_meetings,
        control_deliveries,
    ):
        app.register_blueprint(part.blueprint)
    return app


def _json_body():
    raw = request.get_data() if request.method in ("POST", "PUT", "PATCH") else b""
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise ZoomError(400, 300, "Request Body should be a valid JSON object.") from None
    if not isinstance(body, dict):
        raise ZoomError(400, 300, "Request Body should be a valid JSON object.")
    return body


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "ZoomStandIn"

    wbufsize = 65536  # head and body leave together

    def run_wsgi(self):
        """One call. Unlike werkzeug's own, it keeps the connection: the application has always read the whole body."""
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        self.environ = environ = self.make_environ()
        head = ["500 Internal Server Error", []]

        def start(status, headers, exc_info=None):
            head[:] = [status, headers]
            return lambda _: None

        try:
            parts = self.server.app(environ, start)
            body = b"".join(parts)
            if hasattr(parts, "close"):
                parts.close()
        except ConnectionAbortedError:
            self.close_connection = True
            return
        except Exception:  # the server goes on, and the log has it
            log.exception("%s failed", environ["REQUEST_METHOD"])
            head[:], body = ["500 Internal Server Error", []], b""
        code, _, reason = head[0].partition(" ")
        if code in ("413", "500"):
            self.close_connection = True  # the body may not have been read
        self.send_response(int(code), reason)
        for name, value in head[1]:
            if name.lower() != "content-length":
                self.send_header(name, value)
        if code not in ("204", "304"):
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if environ["REQUEST_METHOD"] != "HEAD" and code not in ("204", "304"):
            self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, code="-", size="-"):
        """Say nothing of ordinary requests: addresses hold tokens."""

    def log(self, kind, message, *args):
        """Warnings only, through logging."""
        log.warning(message, *args)


class Running:
    """A stand-in that is listening; ``url`` is its address."""

    def __init__(self, host, port, *, public_url=None, state=None, seed=None, seed_demo=None, **options):
        self.world = World("", seed=seed, options=options)
        self._server = make_server(
            host, port, Frontier(self.world, create_app(self.world)), threaded=True, request_handler=_Handler
        )
        self._server.daemon_threads = True
        shown = f"[{host}]" if ":" in host else host
        self.url = (public_url or f"http://{shown}:{self._server.port}").rstrip("/")
        self.world.base_url = self.url
        self.keeper = Keeper(self.world, state) if state else None
        restored = self.keeper.restore() if self.keeper else False
        self._warden = Warden(self.world)
        if seed_demo and not restored:
            from .seed import seed_demo as plant

            plant(self.world, seed_demo)
        if self.keeper:
            self.keeper.start()
        self._warden.start()

    def run(self):
        """Serve until ``stop``."""
        self._server.serve_forever(poll_interval=0.2)

    def stop(self):
        """End serving and write the state."""
        self._warden.stop()
        self._server.shutdown()
        self._server.server_close()
        if self.keeper:
            self.keeper.stop()


def start(host="127.0.0.1", port=0, **options):
    """A stand-in in threads of this process."""
    running = Running(host, port, **options)
    threading.Thread(target=running.run, name="zoom-stand-in", daemon=True).start()
    return running


def serve(host="127.0.0.1", port=8001, **options):
    """Serve in this thread until interrupted.

    ``public_url``: address that links carry; ``state``: file that keeps the world; ``seed``: number that makes ids
    repeatable; ``seed_demo``: address of the demo's course site; the rest are options of the world.
    """
    running = Running(host, port, **options)
    print(f"Stand-in Zoom at {running.url}", flush=True)
    try:
        running.run()
    except KeyboardInterrupt:
        pass
    finally:
        running._warden.stop()
        if running.keeper:
            running.keeper.stop()
