"""The wheel: everything that the product needs at a site, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "zoom_xblock"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """Built from a copy, so that nothing built earlier can help."""
    source = tmp_path_factory.mktemp("source")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    for path in PACKAGE.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            target = source / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    for name in ("demo", "tests"):  # what must stay out has to be there to be left out
        (source / name).mkdir()
        (source / name / "__init__.py").touch()
    built = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(built), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return zipfile.ZipFile(next(built.glob("*.whl")))


def shipped() -> set[str]:
    """Every file of the package that is in the repository."""
    return {
        str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_file_of_the_package_is_in_the_wheel(wheel):
    assert shipped() <= set(wheel.namelist())


@pytest.mark.parametrize(
    ("folder", "ending"),
    [
        ("templates", ".html"),
        ("assets/public", ".js"),
        ("assets/public", ".css"),
        ("static", ".js"),
        ("migrations", ".py"),
    ],
)
def test_the_wheel_carries_what_is_not_imported(wheel, folder, ending):
    prefix = f"zoom_xblock/{folder}/"
    assert [name for name in wheel.namelist() if name.startswith(prefix) and name.endswith(ending)]


def test_nothing_else_is_in_the_wheel(wheel):
    foreign = {name for name in wheel.namelist() if not name.startswith("zoom_xblock/")}
    assert all(".dist-info/" in name for name in foreign), foreign
    assert {name for name in wheel.namelist() if name.startswith("zoom_xblock/")} == shipped()


def test_the_platform_finds_block_and_app_by_their_entry_points(wheel):
    points = wheel.read(next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))).decode()
    assert "[xblock.v1]\nzoom = zoom_xblock:ZoomXBlock" in points
    assert "[lms.djangoapp]\nzoom_xblock = zoom_xblock.apps:ZoomConfig" in points
    assert "[cms.djangoapp]\nzoom_xblock = zoom_xblock.apps:ZoomConfig" in points


def test_licence_and_name(wheel):
    metadata = wheel.read(next(name for name in wheel.namelist() if name.endswith("METADATA"))).decode()
    assert "Name: zoom-xblock" in metadata
    assert "AGPL-3.0" in metadata


def test_the_package_imports_without_django():
    code = "import sys, zoom_xblock; assert 'django' not in sys.modules; print(zoom_xblock.__version__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


def test_the_app_config_imports_nothing_of_the_platform():
    """An import that fails in `apps.py` makes the app vanish with one log line; so there is none."""
    code = (
        "import sys, zoom_xblock.apps;"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'xblock', 'celery', 'requests'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
