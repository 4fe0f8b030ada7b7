"""
What happens in a run, from its seed alone: who comes to which session, when, how; and which trouble is made when.

Plain values. All times of people are whole seconds, since Zoom's lists know no others.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

MINUTE = 60


@dataclass(frozen=True)
class Size:
    """How large a run is. `seconds` is how long trouble lasts; healing comes after."""

    learners: int
    sessions: int
    seconds: float
    heal_seconds: float
    clickers: int


FULL = Size(learners=2000, sessions=20, seconds=60, heal_seconds=200, clickers=200)
SMALL = Size(learners=100, sessions=3, seconds=10, heal_seconds=120, clickers=20)


@dataclass
class Sitting:
    """One run of a session: seconds from the session's start; people as the stand-in's `people` takes them."""

    begins: int
    ends: int
    people: list[dict[str, Any]]


@dataclass
class Session:
    """A session of the course. `ago`: how many minutes before it is played it began, by the clock."""

    name: str
    learners: list[int]
    clickers: list[int]
    required_minutes: int
    is_graded: bool
    ago_minutes: int
    planned_minutes: int
    is_dark: bool
    at: float
    sittings: list[Sitting] = field(default_factory=list)


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong at a moment, in seconds from the start of the run."""

    at: float
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Plan:
    """A run."""

    seed: int
    size: Size
    sessions: list[Session]
    troubles: list[Trouble]


def make(seed: int, size: Size) -> Plan:
    """The same for the same seed and size."""
    chance = random.Random(seed)
    learners = list(range(1, size.learners + 1))
    chance.shuffle(learners)
    each = size.learners // size.sessions
    sessions = []
    for number in range(size.sessions):
        own = learners[number * each : (number + 1) * each]
        guests = chance.sample(learners, max(2, each // 20))  # some go to two sessions
        sessions.append(_session(chance, size, number, list(dict.fromkeys(own + guests))))
    return Plan(seed, size, sessions, _troubles(chance, size))


def _session(chance: random.Random, size: Size, number: int, learners: list[int]) -> Session:
    is_old = number % 2 == 0
    clicking = max(2, size.clickers // (size.sessions // 2))
    made = Session(
        name=f"session-{number}",
        learners=learners,
        clickers=[] if is_old else learners[:clicking],  # Zoom registers nobody for what is over
        required_minutes=chance.choice([20, 30, 45]),
        is_graded=number % 3 != 2,
        # An old one is long overdue: that its end was never told is noticed. The others end as they are played.
        ago_minutes=chance.randrange(240, 600) if is_old else 60,
        planned_minutes=60 if is_old else 120,
        is_dark=number == 2 * ((size.sessions - 1) // 2),
        at=size.seconds * (0.25 + 0.7 * number / size.sessions),
    )
    made.sittings = [Sitting(0, 60 * MINUTE, _people(chance, learners, 60 * MINUTE, number))]
    if chance.random() < 0.25:  # the host's line breaks, and the meeting starts again
        broke = chance.randrange(15, 40) * MINUTE
        back = broke + chance.randrange(20, 300)
        first, second = chance.sample(learners, len(learners)), chance.sample(learners, len(learners))
        made.sittings = [
            Sitting(0, broke, _people(chance, first, broke, number)),
            Sitting(back, 60 * MINUTE, _people(chance, second, 60 * MINUTE - back, number)),
        ]
    return made


def _people(chance: random.Random, learners: list[int], length: int, session: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for learner in learners:
        if chance.random() < 0.07:
            continue  # never came
        one: dict[str, Any] = {"learner": learner, "segments": _segments(chance, length)}
        if chance.random() < 0.1:
            one["waiting_room"] = chance.randrange(5, 400)
        elif chance.random() < 0.12:
            first, last = one["segments"][0][0], one["segments"][0][1] or length
            if last - first > 100:
                begin = chance.randrange(first + 1, last - 50)
                one["rooms"] = [[f"Group {chance.randrange(4)}", begin, chance.randrange(begin + 1, last)]]
        if chance.random() < 0.1:
            one["device"] = chance.choice(["iOS", "Android", "Phone"])
        found.append(one)
        if chance.random() < 0.08:  # a second device beside the first
            found.append({"learner": learner, "segments": _segments(chance, length)})
    for guest in range(max(2, len(learners) // 15)):
        found.append({"name": f"Guest {session}.{guest}", "segments": _segments(chance, length)})
    for caller in range(max(1, len(learners) // 20)):
        found.append({"phone": f"+3460000{session:02d}{caller:02d}", "segments": _segments(chance, length)})
    # Somebody with a learner's name, who is not that learner: names never count.
    found.append({"name": f"Crowd {learners[0]}", "segments": [[0, length - 1]]})
    return found


def _segments(chance: random.Random, length: int) -> list[list[int | None]]:
    """One to three presences; about half the people stay long enough for most rules."""
    count = chance.choice([1, 1, 1, 1, 1, 1, 1, 1, 2, 3])
    if count == 1 and chance.random() < 0.3:
        return [[chance.randrange(0, length // 3), None]]  # stays until the host ends for all
    marks = sorted(chance.sample(range(1, length), count * 2))
    if chance.random() < 0.5:
        marks[0], marks[-1] = chance.randrange(0, max(1, marks[0])), length - chance.randrange(1, 60)
        marks.sort()
    return [[marks[place], marks[place + 1]] for place in range(0, count * 2, 2)]


_KINDS = {
    "kill_web": 5,
    "kill_job": 6,
    "kill_worker": 3,
    "kill_sweep": 1,
    "empty_redis": 2,
    "cut_database": 3,
    "lock_database": 4,
    "zoom": 12,
    "deliveries": 10,
    "expire_tokens": 3,
    "lose_token_answer": 1,
}


def _troubles(chance: random.Random, size: Size) -> list[Trouble]:
    """Spread over the run; a small run has fewer of each, and at least one."""
    found = [Trouble(0.2, "zoom", _zoom_faults(chance)), Trouble(0.2, "deliveries", _delivery_faults(chance))]
    scale = min(1.0, size.seconds / 50)
    for kind, count in _KINDS.items():
        for _number in range(max(1, round(count * scale))):
            facts: dict[str, Any] = {"dice": chance.random()}
            if kind == "zoom":
                facts = _zoom_faults(chance)
            elif kind == "deliveries":
                facts = _delivery_faults(chance)
            elif kind == "lock_database":
                facts["seconds"] = chance.uniform(1, 4)
            found.append(Trouble(chance.uniform(1, size.seconds), kind, facts))
    return sorted(found, key=lambda one: one.at)


def _zoom_faults(chance: random.Random) -> dict[str, Any]:
    every = [
        {"path": "/v2/*", "rate_limit": "per_second", "probability": 0.15, "times": None},
        {"path": "/v2/*", "status": 500, "body": {"reason": "down"}, "probability": 0.15, "times": None},
        {"path": "/v2/*", "status": 502, "body": "<html>bad gateway</html>", "probability": 0.1, "times": None},
        {"path": "/v2/*", "delay": 1.5, "probability": 0.1, "times": None},
        {"path": "/v2/*", "drop": True, "probability": 0.1, "times": None},
        {"path": "/v2/*", "drop": True, "when": "after", "probability": 0.1, "times": None},
        {"method": "POST", "path": "/v2/*/registrants", "drop": True, "when": "after", "times": 3},
        {"path": "/v2/*", "drop": True, "times": 25},
        {"method": "POST", "path": "/oauth/token", "status": 500, "body": "<html></html>", "times": 2},
    ]
    return {"faults": chance.sample(every, chance.randrange(1, 4))}


def _delivery_faults(chance: random.Random) -> dict[str, Any]:
    every = [
        {"action": "lose", "event": "*.participant_*", "probability": 0.1, "times": None},
        {"action": "lose", "event": "*.ended", "probability": 0.5, "times": None, "old_only": True},
        {"action": "duplicate", "copies": 2, "seconds": 0.05, "probability": 0.2, "times": None},
        {"action": "reorder", "window": 8, "seconds": 0.01, "probability": 0.5, "times": None},
        {"action": "delay", "seconds": 3, "probability": 0.15, "times": None},
        {"action": "delay", "event": "*.started", "seconds": 5, "times": 3},
    ]
    return {"faults": chance.sample(every, chance.randrange(1, 4))}
