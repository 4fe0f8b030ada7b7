"""How many inputs were tried, told at the end; and what everybody here asks of an answer."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

#: Inputs tried by each test of this folder.
TRIED: Counter[str] = Counter()

#: Of each test. The same inputs at each `make test`; with FUZZ_EXAMPLES set, others at each run.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
settings.register_profile(
    "fuzz",
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
FUZZ = settings.get_profile("fuzz")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The counts."""
    if TRIED:
        each = ", ".join(f"{name} {count:,}" for name, count in sorted(TRIED.items()))
        terminalreporter.write_line(f"hostile inputs tried: {sum(TRIED.values()):,} ({each})")


@pytest.fixture
def tried() -> Counter[str]:
    """Where a test counts its inputs."""
    return TRIED
