"""On MariaDB, where rows are locked one by one: every decision is kept, every score told once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.races.conftest import listens

ROOT = Path(__file__).parents[2]


def run_on_mariadb(module, tmp_path):
    """A worker with a database of its own; what it printed."""
    if not listens(3306):
        pytest.skip("NOT TESTED ON MARIADB: no server listens on 127.0.0.1:3306")
    pymysql = pytest.importorskip("pymysql")
    name = f"zoom_at_once_{os.getpid()}"

    def admin(statement):
        link = pymysql.connect(host="127.0.0.1", user="root", password="")
        with link.cursor() as cursor:
            cursor.execute(statement)
        link.close()

    admin(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", module],
            cwd=ROOT,
            env={
                **os.environ,
                "DEMO_DATABASE_URL": f"mysql://root@127.0.0.1:3306/{name}",
                "DEMO_VAR": str(tmp_path),
            },
            capture_output=True,
            text=True,
            timeout=55,
            check=False,
        )
    finally:
        admin(f"DROP DATABASE IF EXISTS {name}")
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_what_stands_is_what_was_decided_last_and_nothing_is_lost(tmp_path):
    facts = run_on_mariadb("tests.services.corrections_worker", tmp_path)
    assert facts["errors"] == []
    assert facts["unfit"] == 0
    assert facts["audit"] == facts["changed"] > 0


def test_jobs_that_tell_the_same_scores_at_once_tell_each_once(tmp_path):
    facts = run_on_mariadb("tests.services.scores_worker", tmp_path)
    assert facts == {"errors": [], "told": 50, "twice": 0, "owed": 0}
