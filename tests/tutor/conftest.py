"""
The real `tutor` command line of each supported release, in a root of its own.

There is no container engine behind it: in front of whatever the machine has stand a `docker` and a `kubectl` that only
remember what they were asked.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PLUGIN = "zoom-xblock"
#: 20 is Teak, 21 Ulmo, 22 Verawood.
RELEASES = [
    line.split("==")[1].split(".")[0]
    for line in (ROOT / "requirements" / "tutor.txt").read_text(encoding="utf-8").splitlines()
    if line.startswith("tutor==")
]

REMEMBERS = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["CALLS"], "a", encoding="utf-8") as calls:
    calls.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
if "ls" in sys.argv:
    print("[]")  # which compose projects are running
"""


class Tutor:
    """One Tutor with a root."""

    def __init__(self, command: Path, folder: Path) -> None:
        self.command, self.folder = command, folder
        self.root, self.env = folder / "root", folder / "root" / "env"
        self._calls = folder / "calls"

    def run(self, *arguments: str) -> str:
        """Run a command that must succeed; what it printed."""
        tools = self.folder / "bin"
        if not tools.exists():
            tools.mkdir(parents=True)
            for name in ("docker", "kubectl"):
                (tools / name).write_text(REMEMBERS, encoding="utf-8")
                (tools / name).chmod(0o755)
        here = {
            "CALLS": str(self._calls),
            "HOME": str(self.folder),
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "TUTOR_PLUGINS_ROOT": str(self.folder / "plugins"),
            "TUTOR_ROOT": str(self.root),
        }
        # Whatever the developer has configured for a Tutor of their own stays out.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TUTOR_")}
        done = subprocess.run(
            [self.command, *arguments],
            env={**inherited, **here},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"tutor {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def save(self, **settings: Any) -> None:
        """`tutor config save`, with these settings."""
        sets = [f"--set={name}={json.dumps(value)}" for name, value in settings.items()]
        self.run("config", "save", *sets)

    def calls(self) -> list[list[str]]:
        """What `docker` and `kubectl` were asked, in order."""
        if not self._calls.exists():
            return []
        return [json.loads(line) for line in self._calls.read_text(encoding="utf-8").splitlines()]

    def files(self) -> dict[str, str]:
        """Every rendered text file, by its path."""
        return {
            str(path.relative_to(self.env)): path.read_text(encoding="utf-8", errors="replace")
            for path in sorted(self.env.rglob("*"))
            if path.is_file()
        }

    def text(self, path: str) -> str:
        """One rendered file."""
        return (self.env / path).read_text(encoding="utf-8")

    def yaml(self, path: str) -> Any:
        """A rendered YAML file."""
        return yaml.safe_load(self.text(path))

    def manifests(self, path: str) -> list[dict[str, Any]]:
        """Rendered Kubernetes objects."""
        return [one for one in yaml.safe_load_all(self.text(path)) if one]

    def config(self) -> dict[str, Any]:
        """What Tutor keeps: config.yml."""
        return yaml.safe_load((self.root / "config.yml").read_text(encoding="utf-8"))

    def settings(self, path: str) -> dict[str, Any]:
        """The `ZOOM_XBLOCK_*` values that a rendered settings module sets at its top; it must be Python."""
        tree = ast.parse(self.text(path), path)
        compile(tree, path, "exec")
        return {
            target.id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id.startswith("ZOOM_XBLOCK_")
        }

    def copy(self, folder: Path) -> Tutor:
        """The same, to be changed."""
        shutil.copytree(self.root, folder / "root")
        return Tutor(self.command, folder)


@pytest.fixture(scope="session")
def environments() -> Path:
    """`.venv`, with a Tutor of each release and the plugin as it is now; made on first use."""
    try:
        done = subprocess.run(
            [ROOT / "tools" / "tutor.sh", sys.executable], capture_output=True, text=True, timeout=110, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("TUTOR IS NOT TESTED: tools/tutor.sh took more than 110 seconds; run it once, then try again")
    if done.returncode != 0:
        reason = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        pytest.skip(f"TUTOR IS NOT TESTED: tools/tutor.sh failed: {reason}")
    return ROOT / ".venv"


@pytest.fixture(scope="session", params=RELEASES, ids=[f"tutor-{release}" for release in RELEASES])
def tutor(request: Any, environments: Path, tmp_path_factory: Any) -> Tutor:
    """Enabled and saved, nothing else set. To be looked at; `mine` is there to be changed."""
    one = Tutor(environments / f"tutor-{request.param}" / "bin" / "tutor", tmp_path_factory.mktemp("tutor"))
    one.run("plugins", "enable", PLUGIN)
    one.save()
    return one


@pytest.fixture
def mine(tutor: Tutor, tmp_path: Path) -> Tutor:
    """A copy of it."""
    return tutor.copy(tmp_path)
