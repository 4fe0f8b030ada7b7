"""
An upgrade, every index, and a meeting whose learners only case tells apart, on MariaDB as sites have it.

What single rows do there is in `test_mariadb`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.races.conftest import listens

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a process found on a database of its own, which is dropped afterwards."""
    if not listens(3306):
        pytest.skip("NOT TESTED ON MARIADB: no server listens on 127.0.0.1:3306")
    pymysql = pytest.importorskip("pymysql", reason="NOT TESTED ON MARIADB: no driver is installed")
    name = f"zoom_upgrade_{uuid.uuid4().hex[:12]}"

    def admin(statement: str) -> None:
        with pymysql.connect(host="127.0.0.1", user="root", password="") as link, link.cursor() as cursor:
            cursor.execute(statement)

    admin(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    try:
        address = {"DEMO_DATABASE_URL": f"mysql://root@127.0.0.1:3306/{name}"}
        own = {"DEMO_VAR": str(tmp_path_factory.mktemp("mysql"))}
        command = [sys.executable, "-W", "ignore", "-m", "tests.models.mysql_worker"]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | address | own, capture_output=True, text=True, timeout=110, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        yield json.loads(done.stdout.strip().splitlines()[-1])
    finally:
        admin(f"DROP DATABASE IF EXISTS {name}")


def test_the_ground_is_as_harsh_as_a_sites(found):
    assert found["vendor"] == "mysql"
    assert found["case_is_no_difference"]
    assert found["collation"] == "utf8mb4_unicode_ci"


def test_rows_of_the_first_schema_live_on_in_the_newest(found):
    assert found["changed"] == []
    assert {"connection", "delivery", "meeting", "placement", "registration", "result"} <= set(found["tables"])


def test_every_unique_column_and_constraint_is_an_index_and_none_was_left_out(found):
    """A partial constraint would be: Django warns, and makes none."""
    assert found["unique"] >= 20
    assert found["missing"] == []


def test_no_index_is_longer_than_the_database_allows(found):
    assert found["longest_index_bytes"] <= 3072


def test_four_byte_characters_are_kept_in_topics_and_names(found):
    assert found["topic"] == "Álgebra 🎓 𝒳"
    assert found["names"]["RgAbC"] == "first 😀"


def test_minutes_go_to_whose_registrant_it_is_and_not_to_whose_id_looks_alike(found):
    assert found["attended"] == {"first": [3000, True], "second": [600, False]}
    assert found["shown"] == {"first": 3000, "second": 600}


def test_forgetting_a_person_forgets_nobody_whose_id_looks_alike(found):
    assert found["names"] == {"RgAbC": "first 😀", "rGaBc": ""}
