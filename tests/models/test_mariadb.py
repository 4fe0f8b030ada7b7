"""On MariaDB, as the platform has it: a collation without case, no partial constraints, DDL outside transactions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.races.conftest import listens

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """What a process found on a database of its own; skipped aloud where no server listens."""
    if not listens(3306):
        pytest.skip("NOT TESTED ON MARIADB: no server listens on 127.0.0.1:3306")
    pymysql = pytest.importorskip("pymysql")
    name = f"zoom_models_{os.getpid()}"

    def admin(statement):
        link = pymysql.connect(host="127.0.0.1", user="root", password="")
        with link.cursor() as cursor:
            cursor.execute(statement)
        link.close()

    admin(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.models.mariadb_worker"],
            cwd=ROOT,
            env={
                **os.environ,
                "DEMO_DATABASE_URL": f"mysql://root@127.0.0.1:3306/{name}",
                "DEMO_VAR": str(tmp_path_factory.mktemp("mariadb")),
            },
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        yield json.loads(done.stdout.strip().splitlines()[-1])
    finally:
        admin(f"DROP DATABASE IF EXISTS {name}")


def test_migrations_go_forwards_back_and_forwards_again(facts):
    assert facts["vendor"] == "mysql"


def test_four_byte_characters_are_kept(facts):
    assert facts["topic"] == "Álgebra 🎓 𝒳"


def test_uuids_that_differ_in_case_or_accent_are_sittings_of_their_own(facts):
    assert facts["sittings"] == 4


def test_usage_keys_that_differ_in_case_are_placements_of_their_own(facts):
    assert facts["placements"] == [True, True, True]


def test_registrant_ids_that_differ_in_case_are_different_people(facts):
    assert facts["registrants"] == [True, True]


def test_unique_constraints_are_really_there(facts):
    assert facts["refused"] == [True, True, True, True]


def test_of_many_takers_one_gets_the_lease(facts):
    assert facts["taken"] == 1
