"""The oracle itself: it has to see what is wrong, or a clean run says nothing."""

from __future__ import annotations

import hashlib
import json

import pytest

from chaos import oracle
from chaos.plan import FULL, SMALL, make

KEY = "block-v1:DemoX+Zoom+2026+type@zoom+block@one"
SESSION = {
    "name": "one",
    "zoom_id": 81,
    "usage_key": KEY,
    "required_minutes": 1,
    "is_graded": True,
    "learners": [1, 2],
}
RECORD = {
    "sittings": {"u": {"number": 81, "started_at": 0.0, "ended_at": 200.0}},
    "rows": [
        {"uuid": "u", "registrant_id": "a", "place": "main", "from": 0.0, "to": 40.0},
        {"uuid": "u", "registrant_id": "a", "place": "room Red", "from": 30.0, "to": 70.0},
        {"uuid": "u", "registrant_id": "b", "place": "waiting room", "from": 0.0, "to": 90.0},
        {"uuid": "u", "registrant_id": "b", "place": "main", "from": 190.0, "to": None},
        {"uuid": "u", "registrant_id": "", "place": "main", "from": 0.0, "to": None},
    ],
}
REGISTRANTS = {81: [{"id": "a", "email": "crowd1@example.edu"}, {"id": "b", "email": "crowd2@example.edu"}]}


class Site(oracle.Site):
    """A site that is right, but for what a test spoils."""

    def __init__(self) -> None:
        self.completed = {(11, KEY): 1.0}
        self.told = {(11, KEY): 1.0, (12, KEY): 10 / 60}
        self.counted = {(11, KEY): (70, "final"), (12, KEY): (10, "final")}
        self.placed = {(81, 11): ("registered", "a"), (81, 12): ("registered", "b")}
        self.open: list[str] = []
        self.stored: set[str] = set()

    def completions(self):
        return self.completed

    def scores(self):
        return self.told

    def results(self):
        return self.counted

    def registrations(self):
        return self.placed

    def pending(self):
        return self.open

    def digests(self):
        return self.stored


def judged(site):
    return oracle.judge(site, sessions=[SESSION], record=RECORD, registrants=REGISTRANTS, user_ids=[11, 12])


def test_seconds_are_counted_one_by_one():
    assert oracle.attended_seconds(RECORD) == {"a": 70, "b": 10}


def test_a_site_that_is_right_is_clean():
    found = judged(Site())
    assert found.is_clean, found.all
    assert (found.learners, found.completions) == (2, 1)


def spoil_seconds(site):
    site.counted[(11, KEY)] = (69, "final")


def spoil_minutes_invented(site):
    site.counted[(12, KEY)] = (11, "final")


def spoil_completion(site):
    site.completed.clear()


def spoil_completion_invented(site):
    site.completed[(12, KEY)] = 1.0


def spoil_score(site):
    site.told[(12, KEY)] = 0.5


def spoil_score_missing(site):
    del site.told[(11, KEY)]


def spoil_place(site):
    site.placed[(81, 12)] = ("failed", "")


def spoil_registrant(site):
    site.placed[(81, 12)] = ("registered", "somebody else's")


def spoil_state(site):
    site.counted[(11, KEY)] = (70, "provisional")


def spoil_backlog(site):
    site.open.append("1 deliveries waiting")


@pytest.mark.parametrize("spoil", [one for name, one in sorted(globals().items()) if name.startswith("spoil_")])
def test_whatever_is_wrong_is_seen(spoil):
    site = Site()
    spoil(site)
    assert len(judged(site).all) >= 1


def delivery(**attempt):
    return {
        "number": 1,
        "event": "meeting.ended",
        "request_id": "r",
        "attempts": [{"at": "now", "status": 204, "error": "", **attempt}],
    }


def test_deliveries_answered_and_not_stored_or_too_late_are_seen():
    site, found = Site(), oracle.Verdict()
    oracle.judge_deliveries(found, site, [delivery(ms=5.0)])
    assert len(found.lost) == 1
    site.stored.add(hashlib.sha256(b"id\x1fr").hexdigest())
    for late in (delivery(ms=3001.0), delivery(ms=3000.0, status=None, error="no answer within 3 s")):
        found = oracle.Verdict()
        oracle.judge_deliveries(found, site, [late])
        assert (len(found.late), found.lost) == (1, [])


def test_effects_told_twice_are_seen(tmp_path):
    once = {"event_type": "edx.completion.block_completion.changed", "event": {"user_id": 11, "block_id": KEY}}
    score = {"user_id": "11", "problem_id": KEY, "weighted_earned": 1.0}
    graded = {"event_type": "edx.grades.problem.submitted", "event": score}
    log = tmp_path / "tracking.log"
    log.write_text("\n".join(map(json.dumps, [once, graded])))
    found = oracle.Verdict()
    oracle.judge_effects(found, log)
    assert found.doubled == []
    log.write_text("\n".join(map(json.dumps, [once, once, graded, graded])) + '\n{"cut')
    oracle.judge_effects(found, log)
    assert len(found.doubled) == 2


@pytest.mark.parametrize("size", [SMALL, FULL], ids=["small", "full"])
def test_a_seed_is_a_plan(size):
    assert make(7, size) == make(7, size)
    assert make(7, size) != make(8, size)
    plan = make(7, size)
    assert {one.kind for one in plan.troubles} >= {
        "kill_web",
        "kill_worker",
        "empty_redis",
        "zoom",
        "lose_token_answer",
    }
    assert len({learner for one in plan.sessions for learner in one.learners}) > size.learners * 0.95
    assert any(one.is_dark for one in plan.sessions)
