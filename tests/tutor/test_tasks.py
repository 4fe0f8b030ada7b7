"""What runs in the platform's containers: the tasks of `tutor local do init`, and the loop of the sweeping service."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.tutor.conftest import PLUGIN, ROOT

TASKS = ROOT / "tutor" / "tutorzoomxblock" / "tasks"
SWITCH = "completion.enable_completion_tracking"

MANAGE = """#!/bin/sh
echo "$*" >> manage.calls
case "$*" in
  *" check "*) exit {check} ;;
  *" --list") printf 'Switches:\\n{switches}\\n' ;;
  *zoom_sweep) [ "$(grep -c zoom_sweep manage.calls)" != 1 ] ;;  # the first one fails
esac
"""


class Container:
    """A folder with a `manage.py` that remembers what it was asked."""

    def __init__(self, folder: Path, *, check: int = 0, switches: str = "") -> None:
        self.folder = folder
        self.add("manage.py", MANAGE.format(check=check, switches=switches))

    def add(self, name: str, script: str) -> None:
        """An executable."""
        path = self.folder / name
        path.write_text(script, encoding="utf-8")
        path.chmod(0o755)

    def run(self, *command: str) -> Any:
        """Run a command there."""
        path = f"{self.folder}:/usr/local/bin:/usr/bin:/bin"
        return subprocess.run(
            command, cwd=self.folder, env={"PATH": path}, capture_output=True, text=True, timeout=30, check=False
        )

    def task(self, service: str) -> Any:
        """Run a task as Tutor does."""
        return self.run("sh", "-e", "-c", (TASKS / f"{service}.sh").read_text(encoding="utf-8"))

    def calls(self) -> list[str]:
        """What `manage.py` was asked."""
        return (self.folder / "manage.calls").read_text(encoding="utf-8").splitlines()


def tasks_run(tutor: Any) -> list[tuple[str, str]]:
    """Service and script of each task that was handed to docker, in order."""
    runs = [call for call in tutor.calls() if "run" in call]
    assert all(call[-4:-1] == ["sh", "-e", "-c"] for call in runs)
    return [(call[-5].removesuffix("-job"), call[-1]) for call in runs]


def test_init_checks_both_services_after_both_have_migrated(mine):
    mine.run("local", "do", "init")
    tasks = tasks_run(mine)
    for service in ("lms", "cms"):
        migrated = next(place for place, (_, script) in enumerate(tasks) if f"./manage.py {service} migrate" in script)
        checked = next(place for place, (where, script) in enumerate(tasks) if f"{service} check --deploy" in script)
        assert migrated < checked
        assert tasks[checked][0] == service


def test_init_can_be_limited_to_the_plugin(mine):
    mine.run("local", "do", "init", "--limit", PLUGIN)
    scripts = [(TASKS / f"{service}.sh").read_text(encoding="utf-8").strip() for service in ("lms", "cms")]
    assert [script.strip() for _, script in tasks_run(mine)] == scripts


@pytest.mark.parametrize("service", ["lms", "cms"])
def test_init_fails_where_the_package_is_not_ready_and_says_what_to_do(tmp_path, service):
    container = Container(tmp_path, check=1)
    done = container.task(service)
    assert done.returncode == 1
    assert "tutor images build openedx" in done.stderr
    assert container.calls() == [f"{service} check --deploy --tag zoom_xblock"]


def test_studios_task_is_content_when_the_check_is(tmp_path):
    assert Container(tmp_path).task("cms").returncode == 0


@pytest.mark.parametrize(
    ("switches", "created", "warned"),
    [
        pytest.param("", True, False, id="missing"),
        pytest.param(f"grades.other: off\\n{SWITCH}: on", False, False, id="on"),
        pytest.param(f"grades.other: on\\n{SWITCH}: off", False, True, id="off"),
    ],
)
def test_completion_is_turned_on_unless_somebody_turned_it_off(tmp_path, switches, created, warned):
    container = Container(tmp_path, switches=switches)
    done = container.task("lms")
    assert done.returncode == 0
    assert (f"lms waffle_switch --create {SWITCH} on" in container.calls()) is created
    assert ("WARNING" in done.stderr) is warned


def test_the_loop_goes_on_after_a_sweep_that_failed(tutor, tmp_path):
    container = Container(tmp_path)
    container.add("sleep", '#!/bin/sh\necho "$1" >> slept\n[ "$(wc -l < slept)" -lt 4 ]\n')  # the fourth one ends it
    done = container.run(*tutor.yaml("local/docker-compose.yml")["services"]["zoom-sweep"]["command"])
    assert container.calls() == ["lms zoom_sweep"] * 3
    assert (tmp_path / "slept").read_text(encoding="utf-8").split() == ["60"] * 4
    assert done.stderr.count("zoom_sweep failed") == 1
