"""Logs: every logger of ours is guarded, and the guard holds."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from zoom_xblock.apps import LOGGERS
from zoom_xblock.client.masking import SecretsFilter

ROOT = Path(__file__).parents[1]
TOKEN = "eyJhbGciOiJIUzUxMiJ9.eyJhaWQiOiJBQkMifQ.c2lnbmF0dXJl"


def test_every_logger_of_ours_is_guarded():
    named = {
        name
        for path in (ROOT / "zoom_xblock").rglob("*.py")
        for name in re.findall(r'getLogger\("zoom_xblock\.(\w+)"\)', path.read_text(encoding="utf-8"))
    }
    assert named == set(LOGGERS)
    for name in LOGGERS:
        assert any(isinstance(one, SecretsFilter) for one in logging.getLogger(f"zoom_xblock.{name}").filters), name


def test_what_looks_like_a_secret_is_masked_in_lines_and_tracebacks(caplog):
    log = logging.getLogger("zoom_xblock.inbox")
    log.warning("called with Bearer %s", TOKEN)
    log.warning("sent to https://zoom.us/w/1?tk=%s&x=1", "abcdefgh")
    try:
        raise ValueError(f"https://zoom.us/s/1?zak={TOKEN}")
    except ValueError:
        log.exception("broken")
    assert TOKEN not in caplog.text
    assert "abcdefgh" not in caplog.text
    assert "ValueError" in caplog.text


def test_an_ordinary_line_stays_as_it_is(caplog):
    logging.getLogger("zoom_xblock.client").warning("GET /users/{user} -> 401 code=%s", 124)
    assert "GET /users/{user} -> 401 code=124" in caplog.text
