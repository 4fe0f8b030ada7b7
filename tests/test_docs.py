"""What the documentation promises is held to the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_readme_and_every_one_there_exists():
    conf = (ROOT / "zoom_xblock" / "conf.py").read_text(encoding="utf-8")
    annotated = set(re.findall(r"\.\. setting_name: (ZOOM_XBLOCK_\w+)", conf))
    read = {f"ZOOM_XBLOCK_{name}" for name in re.findall(r'_get\("(\w+)"', conf)}
    assert annotated == read
    assert set(re.findall(r"`(ZOOM_XBLOCK_\w+)`", README)) == read


def test_every_check_is_in_the_readme():
    checks = (ROOT / "zoom_xblock" / "checks.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'id="zoom_xblock\.(\w+)"', checks))
    assert codes
    doctor = (ROOT / "zoom_xblock" / "services" / "doctor.py").read_text(encoding="utf-8")
    codes |= set(re.findall(r'"([EW]\d{3})":', doctor))
    assert codes <= set(re.findall(r"`(?:zoom_xblock\.)?([EW]\d{3})`", README))


def test_every_link_and_picture_of_the_readme_leads_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:`|^)make ([a-z-]{3,})", README, re.MULTILINE))
    assert {"demo", "test"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_repository_names_no_machine_and_no_registry():
    """Paths of somebody's machine, and hosts of package registries, are nobody's business."""
    private = re.compile(r"/(?:root|home)/\w|/work/\w|pypi\.org|registry\.npmjs|files\.pythonhosted")
    folders = ("zoom_xblock", "demo", "tests", "docs", "tools", "requirements", "tutor", ".ci")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    readable = {".py", ".md", ".sh", ".txt", ".toml", ".html", ".js", ".css", ".json", ".yml", ".yaml", ""}
    for path in files:
        if path.suffix in readable and "__pycache__" not in path.parts and path != Path(__file__):
            found = private.search(path.read_text(encoding="utf-8", errors="replace"))
            assert not found, f"{path}: {found.group()}"
