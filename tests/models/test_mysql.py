"""
An upgrade, every index, and a meeting whose learners only case tells apart, on MariaDB as sites have it.

What single rows do there is in `test_mariadb`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.mariadb import run_on_mariadb


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process found on a database of its own."""
    return run_on_mariadb("tests.models.mysql_worker", tmp_path_factory.mktemp("mysql"), seconds=110)


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
