"""
Who may import whom (docs/decisions/0001). Imports inside functions count, too; a room that is not in the table fails.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "zoom_xblock"

MAY_IMPORT = {
    "client": set(),
    "attendance": set(),
    "conf": set(),
    "scopes": set(),
    "usage_keys": set(),
    "series": set(),
    "screens": {"scopes", "attendance", "series"},
    "models": {"conf", "usage_keys"},
    "platform": {"conf", "usage_keys", "tasks"},
    "health": {"models", "conf", "scopes"},
    "queries": {"models", "attendance", "conf", "health", "series"},
    "services": {
        "client",
        "attendance",
        "models",
        "queries",
        "platform",
        "conf",
        "usage_keys",
        "health",
        "scopes",
        "series",
    },
    "signals": {"services", "platform"},
    "block": {"block_parts", "services", "usage_keys"},
    "block_parts": {"services", "queries", "screens", "platform", "conf", "usage_keys", "attendance", "series"},
    "views": {"services", "queries", "screens", "platform", "conf", "client"},
    "admin": {"services", "queries", "screens", "platform", "conf", "models", "views"},
    "jobs": {"services"},
    "api": {"services", "queries"},
    "xapi": set(),
    "tasks": {"jobs", "services", "conf", "screens"},
    "management": {"services", "conf", "screens"},
    "checks": {"conf", "models", "services", "screens"},
    "settings": set(),
    "apps": {"checks", "signals", "client", "xapi"},
    "urls": {"views"},
    "__init__": {"block"},
    "migrations": {"models"},
}

#: The platform's own packages: the door may know them, which is these files.
PLATFORM = {"lms", "cms", "common", "openedx", "xmodule", "completion", "crum", "eventtracking"}

DOOR = [PACKAGE / "platform" / "openedx.py", *sorted((PACKAGE / "platform").glob("openedx_*.py"))]

NEVER = {
    "client": {"django", "xblock", "celery", "opaque_keys"} | PLATFORM,
    "attendance": {"django", "xblock", "celery", "requests", "opaque_keys"} | PLATFORM,
    "series": {"django", "xblock", "celery", "requests", "opaque_keys"} | PLATFORM,
    "services": {"celery", "requests", "xblock"} | PLATFORM,
    "screens": {"xblock", "celery", "requests", "opaque_keys"} | PLATFORM,
}


def rooms() -> list[str]:
    """Folders with Python in them, and modules, at the top of the package."""
    folders = [path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.rglob("*.py"))]
    return sorted(folders + [path.stem for path in PACKAGE.glob("*.py")])


def imports_of(room: str) -> dict[Path, set[str]]:
    """The dotted names imported by each file of the room."""
    files = sorted((PACKAGE / room).rglob("*.py")) if (PACKAGE / room).is_dir() else [PACKAGE / f"{room}.py"]
    return {path: _imports(path) for path in files}


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # `from zoom_xblock import queries` names the room in the second half; a relative one says its package.
            package = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = ".".join([*package, node.module] if node.module else package)
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("room", rooms())
def test_room_keeps_its_doors(room):
    assert room in MAY_IMPORT, "a new room needs a line in the table"
    for path, names in imports_of(room).items():
        ours = {name.split(".")[1] for name in names if name.startswith("zoom_xblock.")}
        assert ours - {room, "__version__"} <= MAY_IMPORT[room], f"{path} imports {sorted(ours - MAY_IMPORT[room])}"
        theirs = {name.split(".")[0] for name in names}
        assert not theirs & NEVER.get(room, set()), f"{path} imports {sorted(theirs & NEVER[room])}"


def test_only_the_door_knows_the_platform():
    for room in rooms():
        for path, names in imports_of(room).items():
            foreign = {name.split(".")[0] for name in names} & PLATFORM
            assert not foreign or path in DOOR, f"{path} imports {sorted(foreign)}"


@pytest.mark.parametrize("path", DOOR, ids=lambda path: path.stem)
def test_the_door_imports_the_platform_inside_functions_only(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {
        (node.names[0].name if isinstance(node, ast.Import) else node.module or "").split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not top & PLATFORM


def test_nobody_reaches_past_the_door_to_its_parts():
    for room in rooms():
        for path, names in imports_of(room).items():
            parts = [name for name in names if name.startswith("zoom_xblock.platform.openedx_")]
            assert not parts or path in DOOR, f"{path} imports {parts}"


def test_no_room_knows_that_there_is_a_demo():
    for path in PACKAGE.rglob("*.py"):
        assert not any(name.split(".")[0] in ("demo", "tests") for name in _imports(path)), path


def test_the_stand_in_zoom_knows_neither_the_product_nor_the_course_site():
    for path in (ROOT / "demo" / "zoom").rglob("*.py"):
        assert not any(name.startswith(("zoom_xblock", "demo.site")) for name in _imports(path)), path


def test_the_house_says_the_same():
    """The table of docs/decisions/0001: each room is there, with what it may import and nothing else."""
    house = (ROOT / "docs" / "decisions" / "0001-the-house.md").read_text(encoding="utf-8")
    said: dict[str, set[str]] = {}
    for line in house.splitlines():
        cells = [set(re.findall(r"`(\w+)`", cell)) & set(MAY_IMPORT) for cell in line.split("|")]
        if len(cells) == 6:
            said |= dict.fromkeys(cells[1], cells[3])
    assert said == MAY_IMPORT


def test_the_table_bites():
    """The check that cannot fail is none: a forbidden import is found where there is one."""
    found = _imports(ROOT / "demo" / "site" / "door.py")
    assert any(name.startswith("zoom_xblock.") for name in found)
    assert any(name.startswith("completion.") for name in found)
