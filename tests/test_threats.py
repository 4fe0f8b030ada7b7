"""The page of threats: each proof exists, dependencies are as pinned, and what it says of all our code is so."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
OURS = ROOT / "zoom_xblock"


def test_every_proof_exists():
    proofs = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)
    assert len(proofs) > 50
    assert len(proofs) == PAGE.count("::")
    for path, name in proofs:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^\s*def {name}\(", text, re.MULTILINE), f"{path} has no {name}"


def test_every_row_has_a_proof():
    rows = [line for line in PAGE.split("## What our answers")[0].splitlines() if line.startswith("| ")]
    rows = [line for line in rows if not line.startswith("| Who |")]
    assert len(rows) > 25
    for line in rows:
        assert "::test_" in line, line[:80]


def test_everybody_whom_the_permissions_know_is_looked_at():
    from tests.permissions.table import PEOPLE

    for who in set(PEOPLE) - {"anonymous", "limited staff"}:
        assert who in PAGE, who
    for who in ("anybody on the internet", "forges Zoom", "author", "another plugin", "database", "logs"):
        assert who in PAGE, who


def test_requirements_and_pins_are_those_of_the_files():
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    wanted = setup.split("install_requires=[")[1].split("]," + chr(10))[0]
    needs = dict(re.findall(r'"([A-Za-z0-9-]+)(?:\[\w+\])?(>=[\d.]+)"', wanted))
    listed = re.findall(r"^\| ([A-Za-z0-9-]+) \| (>=[\d.]+) \| ([\w. ]+) \| ([\w. ]+) \|$", PAGE, re.MULTILINE)
    assert {name: least for name, least, *_ in listed} == needs
    for column, stack in enumerate(("teak", "main-2026")):
        text = (ROOT / "requirements" / f"{stack}-constraints.txt").read_text(encoding="utf-8")
        pins = {name.lower(): pin for name, pin in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}
        for name, _least, *versions in listed:
            assert versions[column] == pins.get(name.lower(), "not pinned"), (stack, name)


def test_continuous_integration_audits_what_we_depend_on():
    assert "pip-audit" in (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_the_policy_leads_here():
    assert "docs/threats.md" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_nothing_of_ours_writes_markup_by_hand():
    """Escaping is the template's and the browser's: nowhere in our code is it switched off."""
    in_python = re.compile(r"mark_safe|format_html|SafeString|autoescape")
    in_templates = re.compile(
        r"\|\s*safe\b|autoescape|<script(?![^>]*src=)|<style|\sstyle=|\son(?:click|load|error|submit|change|input|focus|blur|key\w+|mouse\w+)="
    )
    in_scripts = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.html\(")
    for ending, wrong in ((".py", in_python), (".html", in_templates), (".js", in_scripts)):
        files = [path for path in OURS.rglob(f"*{ending}") if "translations" not in path.parts]
        assert files
        for path in files:
            found = wrong.search(path.read_text(encoding="utf-8"))
            assert not found, f"{path}: {found.group()}"
