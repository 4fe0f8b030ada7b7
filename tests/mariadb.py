"""MariaDB for tests: a process of its own on a database of its own, which is dropped afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.races.conftest import listens

ROOT = Path(__file__).parents[1]


def run_on_mariadb(module: str, var: Path, *, seconds: int) -> dict[str, Any]:
    """What this module prints last, run with an empty database; the test is skipped aloud where no server listens."""
    if not listens(3306):
        pytest.skip("NOT TESTED ON MARIADB: no server listens on 127.0.0.1:3306")
    pymysql = pytest.importorskip("pymysql", reason="NOT TESTED ON MARIADB: no driver is installed")
    name = f"zoom_test_{uuid.uuid4().hex[:12]}"

    def admin(statement: str) -> None:
        with pymysql.connect(host="127.0.0.1", user="root", password="") as link, link.cursor() as cursor:
            cursor.execute(statement)

    admin(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    own = {"DEMO_DATABASE_URL": f"mysql://root@127.0.0.1:3306/{name}", "DEMO_VAR": str(var)}
    command = [sys.executable, "-W", "ignore", "-m", module]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, timeout=seconds, check=False
        )
    finally:
        admin(f"DROP DATABASE IF EXISTS {name}")
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])
