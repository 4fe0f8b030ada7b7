"""
The house keeps itself in order: a long file says at its head why it is long.

What a file knows is found by its name. One that grows has mostly learnt a second thing, which wants a file of its own;
where it has not, its head says so in a line that begins with `Longer than 400 lines:`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES = 400
HEAD_LINES = 10
REASON = f"Longer than {MOST_LINES} lines: "
KINDS = {".py", ".js", ".css", ".html", ".sh", ".md"}
FOLDERS = ("zoom_xblock", "demo", "tests", "bench", "chaos", "docs", "tools", "tutor", ".ci")


def sources() -> list[Path]:
    """Every file that somebody wrote: sources, styles, templates and pages."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found += ROOT.iterdir()
    return sorted(path for path in found if path.is_file() and path.suffix in KINDS)


def doubts(text: str) -> str:
    """What is wrong with the length of a file, or nothing."""
    lines = text.splitlines()
    reasons = [line.split(REASON)[1] for line in lines[:HEAD_LINES] if REASON in line]
    if len(lines) <= MOST_LINES:
        return "gives a reason for a length that it has not" if reasons else ""
    return "" if reasons and len(reasons[0].split()) >= 4 else f"has {len(lines)} lines, and its head does not say why"


def test_a_long_file_says_at_its_head_why_it_is_long():
    files = sources()
    assert len(files) > 500
    found = {str(path.relative_to(ROOT)): doubts(path.read_text(encoding="utf-8")) for path in files}
    assert {path: doubt for path, doubt in found.items() if doubt} == {}


@pytest.mark.parametrize(
    ("head", "lines", "is_well"),
    [
        ("", 400, True),
        ("", 401, False),
        (f"# {REASON}one table, read as a whole.", 401, True),
        (f"# {REASON}because.", 401, False),
        (f"# {REASON}one table, read as a whole.", 390, False),
    ],
    ids=["short", "long", "long with a reason", "no reason", "not long any more"],
)
def test_the_rule_bites(head, lines, is_well):
    assert (doubts("\n".join([head, *["x"] * (lines - 1)])) == "") is is_well


def test_a_reason_far_below_the_head_is_none():
    assert doubts("\n".join([*["x"] * HEAD_LINES, f"# {REASON}nobody reads it there.", *["x"] * MOST_LINES]))
