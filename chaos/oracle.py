"""
What every learner must have in the end, by brute force from the stand-in's own record of who was where.

Shares no code with the product: seconds are counted one by one, and what the site says is read from its tables by SQL.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WAITING = "waiting room"


@dataclass
class Verdict:
    """Differences, in words; empty lists are a clean run."""

    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    learners: int = 0
    completions: int = 0
    deliveries: int = 0

    @property
    def is_clean(self) -> bool:
        """Nothing lost, wrong, doubled, late, or still to be done."""
        return not (self.lost or self.wrong or self.doubled or self.late or self.waiting)

    @property
    def all(self) -> list[str]:
        """Every difference."""
        return self.lost + self.wrong + self.doubled + self.late + self.waiting


def attended_seconds(record: dict[str, Any]) -> dict[str, int]:
    """By registrant id: how many different seconds somebody was inside, in any room but the waiting room."""
    there: dict[str, set[int]] = defaultdict(set)
    for row in record["rows"]:
        if row["place"] == WAITING or not row["registrant_id"]:
            continue
        ended = record["sittings"][row["uuid"]]["ended_at"]
        until = row["to"] if row["to"] is not None else ended
        assert row["from"] == int(row["from"])
        assert until == int(until), "people come and go at whole seconds here"
        there[row["registrant_id"]].update(range(int(row["from"]), int(until)))
    return {registrant: len(seconds) for registrant, seconds in there.items()}


class Site:
    """What the site says, by SQL alone."""

    def __init__(self, ask: Any) -> None:
        self.ask = ask

    def completions(self) -> dict[tuple[int, str], float]:
        """By user and block."""
        rows = self.ask("SELECT user_id, block_key, completion FROM completion_blockcompletion")
        return {(user, key): float(value) for user, key, value in rows}

    def scores(self) -> dict[tuple[int, str], float]:
        """By user and block, as a share."""
        rows = self.ask("SELECT user_id, usage_key, earned, possible FROM demo_site_score")
        return {(user, key): earned / possible for user, key, earned, possible in rows}

    def results(self) -> dict[tuple[int, str], tuple[int, str]]:
        """Attended seconds and state, by user and block."""
        rows = self.ask(
            "SELECT r.user_id, p.usage_key, r.attended_seconds, r.state FROM zoom_xblock_result r "
            "JOIN zoom_xblock_placement p ON p.id = r.placement_id"
        )
        return {(user, key): (seconds, state) for user, key, seconds, state in rows}

    def registrations(self) -> dict[tuple[int, int], tuple[str, str]]:
        """State and registrant id, by meeting number and user."""
        rows = self.ask(
            "SELECT m.zoom_id, r.user_id, r.state, r.registrant_id FROM zoom_xblock_registration r "
            "JOIN zoom_xblock_meeting m ON m.id = r.meeting_id"
        )
        return {(number, user): (state, registrant) for number, user, state, registrant in rows}

    def pending(self) -> list[str]:
        """What the site itself knows is to be done still, or was given up."""
        asked = {
            "deliveries waiting": "SELECT COUNT(*) FROM zoom_xblock_delivery WHERE state = 'new'",
            "deliveries given up": "SELECT COUNT(*) FROM zoom_xblock_delivery WHERE state = 'failed'",
            "sittings not settled": "SELECT COUNT(*) FROM zoom_xblock_sitting WHERE record IN ('live', 'awaited')",
            "registrations pending": "SELECT COUNT(*) FROM zoom_xblock_registration WHERE state = 'pending'",
            "completions owed": "SELECT COUNT(*) FROM zoom_xblock_result WHERE is_complete AND completed_at IS NULL",
        }
        counts = {what: self.ask(query)[0][0] for what, query in asked.items()}
        return [f"{count} {what}" for what, count in counts.items() if count]

    def digests(self) -> set[str]:
        """Of the deliveries that are stored."""
        return {row[0] for row in self.ask("SELECT digest FROM zoom_xblock_delivery")}


def judge(
    site: Site,
    *,
    sessions: list[dict[str, Any]],
    record: dict[str, Any],
    registrants: dict[int, list[dict[str, Any]]],
    user_ids: list[int],
) -> Verdict:
    """
    Compare every learner of every session: place, seconds, completion, score.

    `sessions`: `{"zoom_id", "usage_key", "required_minutes", "is_graded", "learners": [numbers]}`. `registrants`: by
    meeting number, as the stand-in has them.
    """
    found = Verdict()
    seconds, users = attended_seconds(record), {f"crowd{n}@example.edu": user for n, user in enumerate(user_ids, 1)}
    completions, scores, results, places = site.completions(), site.scores(), site.results(), site.registrations()
    expected_completions: set[tuple[int, str]] = set()
    for one in sessions:
        number, key = one["zoom_id"], one["usage_key"]
        by_user = {users[person["email"]]: person["id"] for person in registrants[number] if person["email"] in users}
        twice = [email for email, n in Counter(p["email"] for p in registrants[number]).items() if n > 1]
        found.doubled += [f"{email} is registered twice at {number}" for email in twice]
        for learner in one["learners"]:
            user = user_ids[learner - 1]
            found.learners += 1
            who = f"learner {learner} in {one['name']}"
            state, registrant = places.get((number, user), ("none", ""))
            if user not in by_user or state != "registered" or registrant != by_user[user]:
                found.lost.append(f"{who}: place is {state}, at Zoom {'there' if user in by_user else 'not there'}")
                continue
            _compare(found, who, user, key, one, seconds.get(by_user[user], 0), completions, scores, results)
            if seconds.get(by_user[user], 0) >= one["required_minutes"] * 60:
                expected_completions.add((user, key))
    keys = {one["usage_key"] for one in sessions}
    for (user, key), _value in completions.items():
        if key in keys and (user, key) not in expected_completions:
            found.wrong.append(f"user {user} has a completion of {key} without having earned it")
    found.completions = len(expected_completions)
    found.waiting += site.pending()
    return found


def _compare(found, who, user, key, one, attended, completions, scores, results) -> None:
    required = one["required_minutes"] * 60
    shown, state = results.get((user, key), (0, "none"))
    if shown != attended:
        (found.lost if shown < attended else found.wrong).append(f"{who}: {shown} s instead of {attended} s ({state})")
    if attended and state != "final":
        found.waiting.append(f"{who}: {state}")
    if attended >= required and completions.get((user, key)) != 1.0:
        found.lost.append(f"{who}: no completion after {attended} s of {required} s")
    if one["is_graded"]:
        share = min(1.0, attended / required)
        told = scores.get((user, key))
        if told is None and attended:
            found.lost.append(f"{who}: no score, {share:.4f} earned")
        elif told is not None and abs(told - share) > 0.00011:
            found.wrong.append(f"{who}: score {told:.4f} instead of {share:.4f}")
    elif (user, key) in scores:
        found.wrong.append(f"{who}: a score where there is none to be")


def judge_deliveries(found: Verdict, site: Site, deliveries: list[dict[str, Any]], limit_ms: float = 3000) -> None:
    """What was answered 2xx is stored; nothing was answered after Zoom's three seconds."""
    stored = site.digests()
    for one in deliveries:
        if one["event"] == "endpoint.url_validation":
            continue
        found.deliveries += 1
        for attempt in one["attempts"]:
            if "no answer within" in (attempt["error"] or "") or (attempt["ms"] or 0) > limit_ms:
                said = attempt["error"] or f"{attempt['ms']} ms"
                found.late.append(f"delivery {one['number']} {one['event']} at {attempt['at']}: {said}")
        if any(attempt["status"] and 200 <= attempt["status"] < 300 for attempt in one["attempts"]):
            digest = hashlib.sha256(f"id\x1f{one['request_id']}".encode()).hexdigest()
            if digest not in stored:
                found.lost.append(f"delivery {one['number']} {one['event']}: answered, and not stored")


def judge_effects(found: Verdict, tracking_log: Path) -> None:
    """Each completion and each score was told once, in the site's own tracking log."""
    completed: Counter[tuple[str, str]] = Counter()
    graded: Counter[tuple[str, str, float]] = Counter()
    lines = tracking_log.read_text(encoding="utf-8", errors="replace").splitlines() if tracking_log.exists() else []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # a process was killed in the middle of a line
        event = entry.get("event") or {}
        if entry.get("event_type") == "edx.completion.block_completion.changed":
            completed[(str(event.get("user_id")), str(event.get("block_id")))] += 1
        elif entry.get("event_type") == "edx.grades.problem.submitted":
            graded[(str(event["user_id"]), str(event["problem_id"]), round(event["weighted_earned"], 6))] += 1
    found.doubled += [f"completion told {count} times: {who}" for who, count in completed.items() if count > 1]
    found.doubled += [f"score told {count} times: {who}" for who, count in graded.items() if count > 1]
