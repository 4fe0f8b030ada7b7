"""One browser for the room, and the table of what was looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.accessibility.inside import Inside
from tests.admin.test_connection_page import admin_client, configured  # noqa: F401


@pytest.fixture(scope="module")
def inside(chromium: Any) -> Iterator[Inside]:
    """The one page that all look at."""
    one = Inside(chromium)
    yield one
    one.close()


class Wanted:
    """The fixtures of a test by their names, each made when it is first wanted."""

    def __init__(self, request: Any) -> None:
        self._request = request

    def __getattr__(self, name: str) -> Any:
        return self._request.getfixturevalue(name)

    def wants(self, *names: str) -> None:
        """Make fixtures of which only that they are there is wanted."""
        for name in names:
            self._request.getfixturevalue(name)


@pytest.fixture
def it(request: Any, site: Any) -> Wanted:
    """For states, which want few fixtures each."""
    return Wanted(request)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What was looked at: of each screen its states, and how many checks of each kind."""
    states: dict[str, set[str]] = {}
    checks: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        said = dict(getattr(report, "user_properties", ()))
        if "screen" in said:
            states.setdefault(said["screen"], set()).add(said["state"])
            checks.update(said["checks"])
    if not states:
        return
    terminalreporter.section("looked at")
    for screen, names in states.items():
        terminalreporter.write_line(f"{screen:<24} {len(names):>3} states")
    count = sum(map(len, states.values()))
    terminalreporter.write_line(f"{len(states)} screens, {count} states, 2 directions, {sum(checks.values())} checks:")
    for kind, number in checks.items():
        terminalreporter.write_line(f"  {kind:<24} {number:>4}")
