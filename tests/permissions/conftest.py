"""How many calls were made, told at the end."""

from __future__ import annotations

from collections import Counter
from typing import Any

#: Answers by class, of all who called.
OUTCOMES: Counter[str] = Counter()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The counts."""
    if OUTCOMES:
        each = ", ".join(f"{name} {count:,}" for name, count in sorted(OUTCOMES.items()))
        terminalreporter.write_line(f"permissions tried: {sum(OUTCOMES.values()):,} calls ({each})")
