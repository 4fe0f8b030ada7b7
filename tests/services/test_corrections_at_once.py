"""On MariaDB, where rows are locked one by one: every decision is kept, every score told once."""

from __future__ import annotations

from tests.mariadb import run_on_mariadb


def test_what_stands_is_what_was_decided_last_and_nothing_is_lost(tmp_path):
    facts = run_on_mariadb("tests.services.corrections_worker", tmp_path, seconds=55)
    assert facts["errors"] == []
    assert facts["unfit"] == 0
    assert facts["audit"] == facts["changed"] > 0


def test_jobs_that_tell_the_same_scores_at_once_tell_each_once(tmp_path):
    facts = run_on_mariadb("tests.services.scores_worker", tmp_path, seconds=55)
    assert facts == {"errors": [], "told": 50, "twice": 0, "owed": 0}
