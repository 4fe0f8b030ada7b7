"""
A browser without a server: every request that Chromium makes is answered by Django's test client, in the same process.

So the pages are the real ones, with their scripts and handlers, and the database is the test's own, rolled back after
each. Hundreds of pages are looked at in the time in which a server and a browser for each would show a few.
"""

from __future__ import annotations

import contextvars
import mimetypes
import re
from importlib import resources
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import translation

ORIGIN = "http://testserver"
DESKTOP = (1280, 900, 1)
#: A telephone, or a window of 1280 px at 400 %.
NARROW = (320, 700, 1)
#: A window of 1280 px whose page is shown at 200 %.
ZOOMED = (640, 450, 2)

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

_static: dict[str, tuple[bytes, str]] = {}


class Inside:
    """One page of one browser, used again and again; `user` and `language` say who looks, and in which language."""

    def __init__(self, browser: Any) -> None:
        self.context = browser.new_context(
            base_url=ORIGIN, viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, timezone_id="Europe/Madrid",
            locale="en-GB",
        )  # fmt: skip
        # In every page from its beginning: sending half a megabyte each time would take longer than most looks.
        self.context.add_init_script(AXE)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.context.route("**/*", self._answer)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)
        self._window = self.context.new_cdp_session(self.page)
        self.client, self.language = Client(), "en"
        self._test = contextvars.copy_context()
        #: What a test lets fail: part of an address to the status that answers it.
        self.broken: dict[str, int] = {}

    def close(self) -> None:
        """Nobody looks any more."""
        self.context.close()

    def opens(
        self, address: str, *, user: Any = None, language: str = "en", broken: dict[str, int] | None = None
    ) -> Any:
        """The page at an address; `broken`: what fails from the beginning."""
        self.client, self.language = Client(), language
        # Playwright calls back in a context of its own, in which Django would open another connection.
        self._test = contextvars.copy_context()
        self.complaints.clear()
        self.broken = dict(broken or {})
        if user is not None:
            self.client.force_login(user)
        self.page.goto(ORIGIN + address, wait_until="load")
        return self.page

    def window(self, size: tuple[int, int, float]) -> None:
        """Width and height in CSS pixels, and device pixels to each."""
        width, height, scale = size
        self._window.send(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False},
        )

    def _hear(self, line: Any) -> None:
        if line.type == "error" and not line.text.startswith("Failed to load resource"):
            self.complaints.append(line.text)

    def _answer(self, route: Any) -> None:
        request = route.request
        path = request.url.removeprefix(ORIGIN)
        if not request.url.startswith(ORIGIN):
            route.abort()
        elif path.startswith("/static/"):
            body, kind = _file(path.removeprefix("/static/").partition("?")[0])
            route.fulfill(body=body, content_type=kind, headers={"Cache-Control": "max-age=9999"})
        elif status := next((status for part, status in self.broken.items() if part in path), 0):
            route.fulfill(status=status, body="<h1>Bad gateway</h1>")
        else:
            self._ask(route, request, path)

    def _ask(self, route: Any, request: Any, path: str) -> None:
        answer = self._test.run(self._django, request, path)
        body, kind = answer.getvalue(), answer.headers.get("Content-Type", "text/html")
        if kind.startswith("text/html") and request.resource_type == "document":
            body = turned(body.decode(), self.language).encode()
        route.fulfill(status=answer.status_code, body=body, content_type=kind)

    def _django(self, request: Any, path: str) -> Any:
        kind, sent = request.headers.get("content-type", ""), request.post_data_buffer or b""
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
        with translation.override(self.language):
            answer = self.client.generic(request.method, path, sent, content_type=kind, **headers)
            while answer.status_code in (301, 302, 303) and answer["Location"].removeprefix(ORIGIN).startswith("/"):
                answer = self.client.get(answer["Location"].removeprefix(ORIGIN))
            return answer


def turned(html: str, language: str) -> str:
    """The page of a site that is in this language: the demo's own frame knows English only."""
    direction = "rtl" if language == "ar" else "ltr"
    return re.sub(r"<html\b[^>]*>", f'<html lang="{language}" dir="{direction}">', html, count=1)


def _file(name: str) -> tuple[bytes, str]:
    if name not in _static:
        found = finders.find(name)
        body = b"" if found is None else Path(found).read_bytes()
        _static[name] = (body, mimetypes.guess_type(name)[0] or "application/octet-stream")
    return _static[name]
