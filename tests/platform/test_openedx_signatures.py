"""
What the door uses of the platform, held to a recorded list of names and signatures (`signatures.json`).

Three things must agree: the calls in `openedx.py`, read from its syntax; the list, read from the platform's source at
each release; and the stand-ins over which the contract runs. A drift of any of them is seen here, and nowhere else.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.dispatch import Signal

from zoom_xblock import signals
from zoom_xblock.platform import openedx

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "signatures.json").read_text(encoding="utf-8"))
NAMES: dict[str, dict[str, Any]] = {entry["path"]: entry for entry in RECORDED["names"]}
PLATFORM = ("lms", "cms", "common", "openedx", "xmodule", "completion", "crum", "eventtracking")
FILES = sorted(Path(openedx.__file__).parent.glob("openedx*.py"))
SOURCE = "\n".join(path.read_text(encoding="utf-8").replace("from __future__ import annotations", "") for path in FILES)
CALLED = ("function", "method")
MADE = (*CALLED, "class")


class Use(NamedTuple):
    """A name of the platform in the door: where, and the call if it is one. `()` stands for what a call gave."""

    path: str
    function: str
    line: int
    call: ast.Call | None = None


class Reader(ast.NodeVisitor):
    """Follows imported names through assignments, attributes and calls of one function."""

    def __init__(self, function: str) -> None:
        self.function, self.known, self.uses = function, {}, []

    def path_of(self, node: ast.expr) -> str | None:
        """Where the platform has what this expression stands for; None where it is none of its own."""
        if isinstance(node, ast.Name):
            return self.known.get(node.id)
        if isinstance(node, ast.Attribute):
            inner = self.path_of(node.value)
            return f"{inner}.{node.attr}" if inner else None
        if isinstance(node, ast.Call):
            inner = self.path_of(node.func)
            return f"{inner}()" if inner else None
        return None

    def _used(self, node: ast.expr, call: ast.Call | None = None) -> bool:
        path = self.path_of(node)
        if path:
            self.uses.append(Use(path, self.function, node.lineno, call))
        return bool(path)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Names that come from the platform."""
        if (node.module or "").split(".")[0] in PLATFORM:
            self.known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}

    def visit_Import(self, node: ast.Import) -> None:
        """Plain imports would hide what is used."""
        assert not any(alias.name.split(".")[0] in PLATFORM for alias in node.names), "import names, not modules"

    def visit_Assign(self, node: ast.Assign) -> None:
        """A variable stands for what it was given."""
        self.visit(node.value)
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for name, value in pairs:
                if isinstance(name, ast.Name) and (path := self.path_of(value)):
                    self.known[name.id] = path

    def visit_Call(self, node: ast.Call) -> None:
        """A call, and whatever is called on the way to it."""
        if self._used(node.func, node):
            self._visit_calls_within(node.func)
        else:
            self.visit(node.func)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            self.visit(argument)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """The whole chain at once."""
        if self._used(node):
            self._visit_calls_within(node)
        else:
            self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        """A name by itself."""
        if isinstance(node.ctx, ast.Load):
            self._used(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        """`("module", "Class.attribute", ...)`: what is imported by its path, as signals are."""
        words = [item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        if len(words) == 2 and "." in words[0] and words[0].split(".")[0] in PLATFORM:
            self.uses.append(Use(".".join(words), self.function, node.lineno))
        self.generic_visit(node)

    def _visit_calls_within(self, node: ast.expr) -> None:
        while isinstance(node, ast.Attribute):
            node = node.value
        if isinstance(node, ast.Call):
            self.visit(node)


def functions(source: str) -> Iterator[ast.FunctionDef]:
    """Every function of a module that is not inside another."""
    for node in ast.parse(source).body:
        yield from (item for item in getattr(node, "body", [node]) if isinstance(item, ast.FunctionDef))
        if isinstance(node, ast.FunctionDef):
            yield node


def uses(source: str) -> list[Use]:
    """All that a door's source uses of the platform."""
    found = []
    for function in functions(source):
        reader = Reader(function.name)
        for statement in function.body:
            reader.visit(statement)
        found += reader.uses
    return found


def entry_of(path: str) -> tuple[dict[str, Any] | None, str]:
    """The recorded name at the beginning of a path, the longest there is, and what comes after it."""
    known = [name for name in NAMES if path == name or path.startswith((f"{name}.", f"{name}()"))]
    longest = max(known, key=len, default="")
    return NAMES.get(longest), path[len(longest) :]


def signature(parameters: str) -> inspect.Signature:
    """From the recorded text."""
    return inspect.signature(eval(f"lambda {parameters}: None"))


def trouble(use: Use) -> str | None:
    """What is wrong with a use, or None."""
    entry, rest = entry_of(use.path)
    if entry is None or not _offered(entry, rest):
        return "not recorded"
    if use.call is not None and not _fits(entry, rest, use.call):
        return "called with other arguments than recorded"
    return None


def _offered(entry: dict[str, Any], rest: str) -> bool:
    if entry["kind"] in MADE and rest.startswith("()."):
        return rest[3:].removesuffix("()") in entry.get("then", ())
    if entry["kind"] == "rows":
        return set(rest.replace("()", "").split(".")) <= {"", "filter", "values_list", "values", "count"}
    return rest in {**dict.fromkeys(MADE, ("", "()")), "signal": (".send",)}.get(entry["kind"], ("",))


def _fits(entry: dict[str, Any], rest: str, call: ast.Call) -> bool:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    if entry["kind"] == "rows":
        columns = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        columns += [name.partition("__")[0] for name in named if name != "flat"]
        return set(columns) <= set(entry["columns"])
    if rest.startswith("()."):
        return not call.args and not named  # what a platform's object offers is only asked
    try:
        signature(entry["parameters"]).bind(*call.args, **named)
    except (TypeError, KeyError):
        return False
    return True


def test_all_that_the_door_uses_is_recorded_and_called_as_recorded():
    wrong = [f"{use.function}, line {use.line}: {use.path}: {trouble(use)}" for use in uses(SOURCE) if trouble(use)]
    assert wrong == []


def test_all_that_is_recorded_is_used():
    used = {entry["path"] for use in uses(SOURCE) if (entry := entry_of(use.path)[0])}
    assert set(NAMES) - used == set()


def test_each_name_was_read_in_each_release():
    for path, entry in NAMES.items():
        assert set(entry["read"]) == set(RECORDED["releases"]), path
        assert all(entry["read"].values()), path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from lms.djangoapps.courseware.access import has_access\n    has_access(1, 'staff')", "other arguments"),
        ("from lms.djangoapps.courseware.access import has_access as may\n    may(1, 2, 3, org=4)", "other arguments"),
        ("from lms.djangoapps.courseware.access import get_user_role\n    get_user_role(1, 2)", "not recorded"),
        ("from xmodule.modulestore.django import modulestore\n    modulestore().delete_item(1, 2)", "not recorded"),
        ("from common.djangoapps.student.models import CourseEnrollment as E\n    E.objects.filter(org=1)", "other"),
        ("from common.djangoapps.student.roles import OrgStaffRole\n    OrgStaffRole('x').has_user(1)", "not recorded"),
        ("from crum import get_current_user\n    who = get_current_user()\n    who.profile", "not recorded"),
        ("wanted = ('xmodule.modulestore.django', 'SignalHandler.item_deleted')", "not recorded"),
    ],
)
def test_the_reader_bites(line, expected):
    found = [trouble(use) for use in uses(f"def door():\n    {line}\n")]
    assert any(expected in (wrong or "") for wrong in found), found


@pytest.mark.parametrize("path", list(NAMES))
def test_stand_ins_and_packages_have_the_recorded_signature(standins, path):
    entry, found = NAMES[path], _found(path)
    if entry["kind"] in MADE:
        given = inspect.signature(found)
        bare = [
            parameter.replace(annotation=inspect.Parameter.empty)
            for name, parameter in given.parameters.items()
            if name != "self" and not name.startswith("_")
        ]
        assert str(inspect.Signature(bare)) == str(signature(entry["parameters"]))
    elif entry["kind"] in ("signal", "heard"):
        assert isinstance(found, Signal)
    elif entry["kind"] == "value":
        assert found == entry["value"]
    elif entry["kind"] == "exception":
        assert issubclass(found, Exception)


@pytest.mark.parametrize("path", [path for path in NAMES if path.split(".")[0] in PLATFORM[:5]])
def test_stand_ins_lie_where_the_platform_has_it(path):
    assert (HERE / "standins" / NAMES[path]["source"]).is_file()


def _found(path: str) -> Any:
    """The thing itself, walking from the longest importable module on; `()` calls."""
    words = path.split(".")
    for count in range(len(words), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(words[:count]).replace("()", ""))
        except ImportError:
            continue
        for word in words[count:]:
            found = getattr(found, word.removesuffix("()"))
            found = found() if word.endswith("()") else found
        return found
    raise AssertionError(path)


def test_docstrings_say_what_is_used_where_it_is_and_how_it_is_called():
    """Whoever reads the door must be able to look it up over there."""
    docstrings = {
        function.name: " ".join((ast.get_docstring(function) or "").split()) for function in functions(SOURCE)
    }
    missing = set()
    for use in uses(SOURCE):
        entry = entry_of(use.path)[0]
        assert entry is not None
        words, text = entry["path"].split("."), docstrings[use.function].replace('"', "'")
        name = words[-2] if entry["kind"] == "rows" else words[-1]
        said = f"{name}({entry['parameters']})" if entry["kind"] in CALLED else name
        missing |= {f"{use.function}: {wanted}" for wanted in (said, entry["source"]) if wanted not in text}
    assert sorted(missing) == []


def test_the_page_for_people_names_them_all():
    page = (HERE.parents[1] / "docs" / "platform.md").read_text(encoding="utf-8")
    for path in NAMES:
        words = path.split(".")
        name = ".".join(words[-2:]) if words[-1] in ("objects", "name") else words[-1]
        assert f"{name}`" in page, path


@pytest.mark.parametrize(
    ("path", "receiver"),
    [
        ("xmodule.modulestore.django.SignalHandler.course_published", signals.course_published),
        ("openedx.core.djangoapps.user_api.accounts.signals.USER_RETIRE_LMS_MISC", signals.person_retired),
    ],
)
def test_receivers_take_what_is_sent_and_whatever_a_later_release_adds(path, receiver):
    given = {"sender": None, "signal": None, **dict.fromkeys(NAMES[path]["sent"])}
    assert set(NAMES[path]["sent"]) <= set(inspect.signature(receiver).parameters)
    inspect.signature(receiver).bind(**given, something_new=None)
