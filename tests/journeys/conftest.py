"""Both servers, a worker and a browser, as a person would meet them. Skipped, loudly, where there is no Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.testing import DemoStack
from tests.browser import launched

#: Where pictures go: beside the demo's state, or into the documentation when they are to be renewed.
PICTURES = Path(os.environ.get("SCREENSHOTS") or Path(os.environ.get("DEMO_VAR", "var")) / "screenshots")

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def stack() -> Iterator[DemoStack]:
    """Everything on free ports, each job delivered twice as brokers may."""
    kept = os.environ.get("JOURNEY_VAR")  # a folder to look into afterwards
    with DemoStack(environment={"DEMO_JOBS_TWICE": "1"}, var=Path(kept) if kept else None) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium. For one module: Playwright's event loop must be gone before other tests use the database."""
    with launched() as running:
        yield running


class Person:
    """Somebody with a browser of her own."""

    def __init__(self, stack: DemoStack, browser: Any, name: str) -> None:
        self.stack, self.name = stack, name
        self.context = browser.new_context(viewport=DESKTOP, timezone_id="Europe/London", locale="en-GB")
        self.problems: list[str] = []
        self.page = self.tab()

    def tab(self) -> Any:
        """A new tab; whatever its console says of errors is kept."""
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)
        return page

    def goes_to(self, address: str) -> Any:
        """Open an address of the course site, logging in by the form where needed."""
        if not self.context.cookies(self.stack.site_url):
            self.stack.log_in(self.page, self.name, address)
        else:
            self.page.goto(self.stack.site_url + address)
        return self.page

    def picture(self, name: str, *, page: Any = None) -> None:
        """The page at desktop and at phone width."""
        page = page or self.page
        PICTURES.mkdir(parents=True, exist_ok=True)
        for suffix, size in (("", DESKTOP), ("-phone", PHONE)):
            page.set_viewport_size(size)
            page.wait_for_timeout(150)  # a resize is laid out
            page.screenshot(path=PICTURES / f"{name}{suffix}.png", full_page=True)
        page.set_viewport_size(DESKTOP)


@pytest.fixture(scope="module")
def person(stack: DemoStack, browser: Any) -> Any:
    """`person("learner1")`: the same one each time."""
    people: dict[str, Person] = {}

    def find(name: str) -> Person:
        if name not in people:
            people[name] = Person(stack, browser, name)
        return people[name]

    yield find
    for one in people.values():
        one.context.close()
