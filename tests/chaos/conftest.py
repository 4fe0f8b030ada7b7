"""What a run met, for the summary."""

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line."""
    from tests.chaos.test_small_run import LINES

    for line in LINES:
        terminalreporter.write_line(line)
