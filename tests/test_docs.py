"""What the documentation promises is held to the code."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).parents[1]
PACKAGE, DOCS = ROOT / "zoom_xblock", ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(DOCS.rglob("*.md")),
    *sorted((ROOT / "demo").rglob("*.md")),
    ROOT / "tutor" / "README.md",
]


def page(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / name).read_text(encoding="utf-8")


def code(name: str) -> str:
    """A module of the package."""
    return (PACKAGE / name).read_text(encoding="utf-8")


def settings_read() -> set[str]:
    """Every setting that `conf` reads."""
    return {f"ZOOM_XBLOCK_{name}" for name in re.findall(r'_get\("(\w+)"', code("conf.py"))}


def test_every_setting_is_on_its_page_and_every_one_there_exists():
    annotated = set(re.findall(r"\.\. setting_name: (ZOOM_XBLOCK_\w+)", code("conf.py")))
    rows = [line for line in page("settings.md").splitlines() if line.startswith("| `ZOOM_XBLOCK_")]
    assert annotated == settings_read() == {name for row in rows for name in re.findall(r"`(ZOOM_XBLOCK_\w+)`", row)}


@pytest.mark.parametrize("path", [path for path in PAGES if path.parent.name != "tutor"], ids=lambda path: path.name)
def test_no_page_speaks_of_a_setting_that_is_not_there(path):
    of_tutor = (ROOT / "tutor" / "README.md").read_text(encoding="utf-8")  # held by tests/tutor
    known = settings_read() | set(re.findall(r"ZOOM_XBLOCK_\w+", of_tutor))
    assert set(re.findall(r"\bZOOM_XBLOCK_\w+", path.read_text(encoding="utf-8"))) <= known


def test_every_check_is_on_its_page_and_every_one_there_exists():
    codes = set(re.findall(r'id="zoom_xblock\.(\w+)"', code("checks.py")))
    assert codes
    codes |= set(re.findall(r'"([EW]\d{3})":', code("services/doctor.py")))
    assert codes == set(re.findall(r"^\| `(?:zoom_xblock\.)?([EW]\d{3})`", page("checks.md"), re.MULTILINE))


def test_every_command_with_its_options_is_in_operations():
    commands = {path.stem: path for path in (PACKAGE / "management" / "commands").glob("zoom_*.py")}
    section = page("operations.md").split("\n## What to run\n")[1].split("\n### ")[0]
    rows = dict(re.findall(r"^\| `(zoom_\w+)` \|(.*)$", section, re.MULTILINE))
    assert set(rows) == set(commands)
    for name, path in commands.items():
        for option in re.findall(r'add_argument\(\s*"(--[\w-]+)"', path.read_text(encoding="utf-8")):
            assert option in rows[name], f"{name} {option}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_speaks_of_a_command_that_is_not_there(path):
    for name in re.findall(r"manage\.py (?:lms |cms )?(zoom_\w+)", path.read_text(encoding="utf-8")):
        assert (PACKAGE / "management" / "commands" / f"{name}.py").exists(), name


def jobs_there() -> set[str]:
    """Names of the Celery tasks, without the package."""
    return set(re.findall(r'@shared_task\(name="zoom_xblock\.(\w+)"', code("tasks.py")))


def test_every_job_is_in_operations_and_every_one_there_exists():
    section = page("operations.md").split("\n## Jobs\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == jobs_there()


def test_every_metric_is_in_operations():
    names = set()
    for path in PACKAGE.rglob("*.py"):
        for kind, name in re.findall(r'metrics\.(count|took)\(\s*"(\w+)"', path.read_text(encoding="utf-8")):
            names.add(f"zoom_xblock_{name}_{'total' if kind == 'count' else 'seconds'}")
    assert names
    assert names <= set(re.findall(r"`(zoom_xblock_\w+)`", page("operations.md")))


def events_emitted() -> set[str]:
    """Names of events that some service tells: the words in the first argument of what tells them."""
    found = set()
    for path in (PACKAGE / "services").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in ("_tell", "_emit", "emit", "_telling"):
                    words = [one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
                    found |= {word for word in words if isinstance(word, str)}
    return found


def test_every_event_is_on_its_page():
    from zoom_xblock.services import announce

    emitted = events_emitted() | set(announce.EVENTS)
    assert {"joined", "participant_assigned"} <= events_emitted()
    assert emitted == set(re.findall(r"`zoom_xblock\.(\w+)`", page("events.md"))) - {"api"}


def test_every_permission_is_on_its_page():
    for model in apps.get_app_config("zoom_xblock").get_models():
        for name, _words in model._meta.permissions:
            assert f"`zoom_xblock.{name}`" in page("permissions.md")
            assert f"`zoom_xblock.{name}`" in page("for-admins.md")


def test_the_drawings_name_every_room_every_table_and_only_jobs_that_are_there():
    text = page("architecture.md")
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.rglob("*.py"))} - {"migrations"}
    rooms |= {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert {room for room in rooms if not re.search(rf"\b{room}\b", text)} == set()
    models = {model.__name__ for model in apps.get_app_config("zoom_xblock").get_models()}
    assert {name for name in models if not re.search(rf"\b{name}\b", text)} == set()
    drawing = text.split("sequenceDiagram")[1].split("```")[0]
    told = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", drawing)) - {"zoom_sweep"}
    assert told
    assert told <= jobs_there()


def test_what_decisions_and_drawings_name_exists():
    """`module.verb(` and `Model.field`: a decision that the code has left behind is found here."""
    models = {model.__name__: model for model in apps.get_app_config("zoom_xblock").get_models()}
    checked = 0
    for path in [*sorted((DOCS / "decisions").glob("*.md")), DOCS / "architecture.md"]:
        text = path.read_text(encoding="utf-8")
        for name, field in re.findall(r"`([A-Z]\w+)\.(\w+)[`(]", text):
            if name in models:
                assert hasattr(models[name], field), f"{path.name}: {name}.{field}"
                checked += 1
        for module, verb in re.findall(r"`(?:services\.)?([a-z]\w+)\.([a-z]\w+)\(", text):
            for room in ("zoom_xblock.services", "zoom_xblock"):
                if (PACKAGE / room.removeprefix("zoom_xblock").strip(".") / f"{module}.py").exists() or (
                    room == "zoom_xblock" and (PACKAGE / module).is_dir()
                ):
                    assert hasattr(import_module(f"{room}.{module}"), verb), f"{path.name}: {module}.{verb}"
                    checked += 1
                    break
    assert checked > 20


def plain(text: str) -> str:
    """Words without marks of emphasis, links and line breaks."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    return " ".join(text.replace("**", "").replace("*", "").split())


def test_a_sentence_of_the_readme_is_found_by_name():
    """docs/architecture.md says where each lives: the words are the README's, and what is named is there."""
    text = page("architecture.md").split("## Where a sentence of the README lives\n")[1]
    said = re.findall(r'^\| "([^"]+)" \|', text, re.MULTILINE)
    assert len(said) > 20
    readme = plain(README)
    assert [words for words in said if words not in readme] == []
    named = set(re.findall(r"`([\w/]+(?:/|\.py))`", text))
    assert len(named) > 40
    assert {name for name in named if not ((PACKAGE / name).exists() or (ROOT / name).exists())} == set()


#: What guides put in italics and is not ours: buttons and menus of the platform and of Zoom.
OF_OTHERS = {
    "Add New Component → Advanced → Zoom session",
    "Settings → Advanced Settings → Advanced Module List",
    "View this course as",
    "General App",
    "Admin-managed",
}


@pytest.mark.parametrize("path", sorted(DOCS.glob("for-*.md")), ids=lambda path: path.name)
def test_guides_call_things_what_the_pages_call_them(path):
    """Whatever stands in italics and begins with a capital is a word that people read on a page."""
    sources = [*(PACKAGE / "screens").glob("*.py"), *(PACKAGE / "templates").rglob("*.html")]
    shown = "".join(source.read_text(encoding="utf-8") for source in sources)
    said = re.findall(r"(?<![*\w])\*([A-Z][^*\n]+)\*(?![*\w])", path.read_text(encoding="utf-8"))
    assert said
    for words in set(said) - OF_OTHERS:
        assert words.removesuffix(" …") in shown, words


def anchors(text: str) -> set[str]:
    """How GitHub links to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_leads_somewhere(path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        leads_to = (path.parent / name) if name else path
        assert leads_to.exists(), target
        if anchor:
            assert anchor in anchors(leads_to.read_text(encoding="utf-8")), target


def test_the_readme_leads_to_every_page():
    for path in DOCS.glob("*.md"):
        assert f"(docs/{path.name})" in README, path.name


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:`|^)make ([a-z-]{3,})", README + contributing, re.MULTILINE))
    assert {"demo", "test"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_repository_names_no_machine_and_no_registry():
    """Paths of somebody's machine, and hosts of package registries, are nobody's business."""
    private = re.compile(r"/(?:root|home)/\w|/work/\w|pypi\.org|registry\.npmjs|files\.pythonhosted")
    folders = ("zoom_xblock", "demo", "tests", "docs", "tools", "requirements", "tutor", ".ci", "bench", "chaos")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    readable = {".py", ".md", ".sh", ".txt", ".toml", ".html", ".js", ".css", ".json", ".yml", ".yaml", ".po", ""}
    for path in files:
        if path.suffix in readable and "__pycache__" not in path.parts and path != Path(__file__):
            found = private.search(path.read_text(encoding="utf-8", errors="replace"))
            assert not found, f"{path}: {found.group()}"
