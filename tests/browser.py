"""Headless Chromium for tests, one way to start it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def launched() -> Iterator[Any]:
    """A running browser; the test is skipped where there is none on this machine."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@contextmanager
def signed_in(
    chromium: Any, live_server: Any, *, complains: Callable[[Any], bool] = lambda line: line.type == "error"
) -> Iterator[Callable[..., Any]]:
    """
    `page_of(user, address, **context)` is a page as this user sees it; a complaint of the browser fails the test.
    """
    contexts: list[Any] = []
    errors: list[str] = []

    def page_of(user: Any, address: str, **more: Any) -> Any:
        client = Client()
        client.force_login(user)
        more = {"viewport": {"width": 1280, "height": 900}, **more}
        context = chromium.new_context(base_url=live_server.url, **more)
        contexts.append(context)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if complains(line) else None)
        page.goto(address)
        return page

    yield page_of
    for context in contexts:
        context.close()
    assert errors == []
