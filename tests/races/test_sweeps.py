"""Two sweeps at once hand nothing out twice, and workers at once have each effect once; on each database there is."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.races.conftest import FIGURES

pytestmark = [pytest.mark.timeout(170)]

WORKER = "tests.races.worker_sweeps"


def test_sweeps_at_the_same_moment_hand_each_delivery_out_once(database):
    database.do("fill", "700", module=WORKER)
    handed = []
    for _minute in range(2):
        met = database.do("sweeps", "4", module=WORKER)["queued"]
        handed += [tuple(args) for one in met for job, args in one if job == "process_delivery"]
    counts = Counter(handed)
    FIGURES.append(
        f"sweeps on {database.vendor}: 2 × 4 at once, {len(handed)} deliveries handed out, {len(counts)} of 700"
    )
    assert max(counts.values()) == 1
    assert len(counts) == 700


def test_of_commands_at_the_same_moment_one_sweeps(database):
    database.do("fill", "20", module=WORKER)
    met = database.do("sweeps", "6", "gated", module=WORKER)["queued"]
    assert sum(bool(one) for one in met) == 1


def test_workers_that_all_have_every_job_have_each_effect_once(database):
    if database.vendor == "sqlite":
        pytest.skip("SQLite has one writer: its workers only wait for each other")
    database.do("fill", "120", module=WORKER)
    met = database.do("work", "4", module=WORKER)
    FIGURES.append(f"workers on {database.vendor}: 4 with the same 120 deliveries, {met['seconds']:.1f} s")
    assert met["errors"] == []
    assert met["states"] == {"new": 0, "done": 120, "ignored": 0, "failed": 0}
    assert (met["sittings"], met["segments"], met["whole"], met["leased"]) == (1, 60, 60, 0)


def test_what_a_killed_worker_had_is_done_by_the_next_when_its_lease_is_over(database):
    if database.vendor == "sqlite":
        pytest.skip("SQLite: the killed one's transaction held the only write lock; leases are tested elsewhere")
    database.do("fill", "2", module=WORKER)
    dying = database.start("hang", module=WORKER)
    try:
        assert dying.stdout.readline().strip() == "at work"
    finally:
        dying.kill()
        dying.communicate()
    met = database.do("work", "2", module=WORKER)
    assert met["errors"] == []
    assert met["states"] == {"new": 0, "done": 2, "ignored": 0, "failed": 0}
    assert (met["segments"], met["whole"], met["leased"]) == (1, 1, 0)
    assert database.do("tries", module=WORKER) == [2, 1]
    FIGURES.append(f"a killed worker on {database.vendor}: its delivery done {met['seconds']:.1f} s later")
