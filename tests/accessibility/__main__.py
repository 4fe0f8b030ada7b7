"""`python -m tests.accessibility`: look at every screen, and print what was looked at."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.exit(pytest.main([str(Path(__file__).parent), "-q", "-p", "no:xdist", "-p", "no:warnings", *sys.argv[1:]]))
