"""For tests that need everything running: the whole demo on free ports, with its state in a directory of its own."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from demo.site.stack import Stack, free_port


class DemoStack(Stack):
    """
    A context manager: `with DemoStack() as stack: ...`.

    `environment` reaches every process (for example `DEMO_JOBS_TWICE`, `DEMO_REPORT_DELAYS_SECONDS`,
    `DEMO_DATABASE_URL`), `zoom_arguments` the stand-in Zoom. Logs are in `stack.var / "log"`, what the tracking
    middleware saw in `stack.tracking_log`.
    """

    def __init__(
        self,
        *,
        environment: dict[str, str] | None = None,
        zoom_arguments: list[str] | None = None,
        sweep_seconds: float = 5,
        var: Path | None = None,
    ):
        self._own_var = var is None
        super().__init__(
            var=var or Path(tempfile.mkdtemp(prefix="demo-")),
            site_port=free_port(),
            zoom_port=free_port(),
            environment=environment or {},
            zoom_arguments=zoom_arguments or [],
            sweep_seconds=sweep_seconds,
        )

    def __enter__(self) -> DemoStack:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        for child in self.children.values():
            child.kill()  # nobody needs what an orderly end would save
        if self._own_var:
            shutil.rmtree(self.var, ignore_errors=True)

    @property
    def tracking_log(self) -> str:
        """All that the course site's tracking middleware has recorded so far."""
        path = self.var / "tracking.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def control(self, path: str, body: Any = None, *, method: str | None = None) -> Any:
        """Call the stand-in's control API: GET, or POST with a body. Its JSON, or an error that shows its answer."""
        verb = method or ("GET" if body is None else "POST")
        answer = requests.request(
            verb, f"{self.zoom_url}/control/{path.lstrip('/')}".rstrip("/"), json=body, timeout=30
        )
        if not answer.ok:
            raise AssertionError(f"{verb} /control/{path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json() if answer.content else None

    def log_in(self, page: Any, name: str, then: str = "/") -> None:
        """Log in by the form, as a person does, in a Playwright page."""
        page.context.clear_cookies(name="demo_site_session")
        page.goto(f"{self.site_url}/login/?next={quote(then)}")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Password", exact=True).fill(name)
        page.get_by_role("button", name="Log in", exact=True).click()

    def eventually(self, found: Callable[[], Any], *, seconds: float = 15) -> Any:
        """The first true value of `found()`; what happens in other processes is waited for, never slept for."""
        deadline = time.monotonic() + seconds
        while not (value := found()):
            if time.monotonic() > deadline:
                raise AssertionError(f"did not happen within {seconds} seconds")
            time.sleep(0.1)
        return value
