"""On MariaDB, as the platform has it: a collation without case, no partial constraints, DDL outside transactions."""

from __future__ import annotations

import pytest

from tests.mariadb import run_on_mariadb


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """What a process found on a database of its own."""
    return run_on_mariadb("tests.models.mariadb_worker", tmp_path_factory.mktemp("mariadb"), seconds=110)


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
