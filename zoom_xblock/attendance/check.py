"""
Check an evidence file again, with nothing but Python: `python -m zoom_xblock.attendance.check FILE`.

The file is the one that the course team exports for a session (docs/evidence.md). Its checksum is made anew; minutes
and completion of every learner are counted anew from the presences in the file and the rule in the file, and compared
with what the file says. Exit status: 0 where all agrees, 1 where something differs, 2 where the file cannot be read.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from zoom_xblock.attendance.counting import Row, Rule
from zoom_xblock.attendance.dates import PlannedDate
from zoom_xblock.attendance.intervals import MICROSECONDS, from_us, to_us
from zoom_xblock.attendance.policy import Policy

FORMAT = "zoom-xblock-evidence/1"
#: What a decision makes of a completion.
_BY_VERDICT = {"present": True, "excused": True, "absent": False}


class Malformed(ValueError):
    """The file is no evidence file of a version that is known here."""


@dataclass
class Report:
    """`differences`: what does not agree. `notes`: what a reader should know, and is as it may be."""

    learners: int = 0
    presences: int = 0
    checksum: str = ""
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def canonical(value: Any) -> str:
    """The one way to write a value as JSON: keys in order, no white space, everything beyond ASCII escaped."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def moment_text(moment_us: int) -> str:
    """A moment as the file writes it: UTC, with six digits of a second."""
    return from_us(moment_us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_us(text: Any) -> int:
    """The moment written so, in microseconds since 1970. Raises Malformed."""
    if not isinstance(text, str):
        raise Malformed(f"not a time: {text!r}")
    try:
        return to_us(datetime.fromisoformat(text))
    except ValueError as error:
        raise Malformed(f"not a time: {text!r}") from error


def read(text: str) -> dict[str, Any]:
    """The document in this text. Raises Malformed, also where a name stands twice in one object."""
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not readable as JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("evidence"), dict):
        raise Malformed("there is no evidence in it")
    if document["evidence"].get("format") != FORMAT:
        raise Malformed(f"another format than {FORMAT}")
    return document


def check(document: dict[str, Any]) -> Report:
    """Compare what the document says with itself. Raises Malformed where it cannot be worked out."""
    evidence, report = document["evidence"], Report()
    report.checksum = hashlib.sha256(canonical(evidence).encode("ascii")).hexdigest()
    said = document.get("checksum")
    if not isinstance(said, dict) or said.get("algorithm") != "sha256" or said.get("value") != report.checksum:
        report.differences.append("the checksum is not that of the evidence: the file was changed")
    try:
        rule = Rule(Policy(**evidence["rule"]), [_date(one) for one in evidence["dates"]])
        runs = [_Run(one, {date.key for date in rule.dates}) for one in evidence["sittings"]]
        known: set[int] = set()
        for learner in evidence["learners"]:
            if learner["user_id"] in known:
                report.differences.append(f"{_named(learner)}: stands in it twice")
            known.add(learner["user_id"])
            _check_learner(learner, rule, runs, report)
    except Malformed:
        raise
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise Malformed(f"something is missing or of another kind: {error!r}") from error
    return report


def _check_learner(learner: dict[str, Any], rule: Rule, runs: list[_Run], report: Report) -> None:
    rows: list[Row] = []
    for one in learner["presences"]:
        start, end = moment_us(one["from"]), moment_us(one["until"])
        if end < start:
            report.differences.append(f"{_named(learner)}: a presence ends before it begins")
        rows.append((runs[one["sitting"]].date, start, end))
    counted = rule.count(rows)
    spans = [
        {"date": key, "from": moment_text(start), "until": moment_text(end)} for key, start, end in rule.spans(rows)
    ]
    anew = {
        "counted": spans,
        "attended_microseconds": counted.attended_us,
        "required_seconds": counted.required_seconds,
        "counted_complete": counted.complete,
    }
    for name, value in anew.items():
        if learner[name] != value or type(learner[name]) is not type(value):
            report.differences.append(f"{_named(learner)}: {name} is {learner[name]!r}, counted anew {value!r}")
    report.learners += 1
    report.presences += len(rows)
    _check_result(learner, counted.attended_us, counted.complete, report)


def _check_result(learner: dict[str, Any], attended_us: int, complete: bool, report: Report) -> None:
    """What was decided must follow from what was counted and from what people decided."""
    result, decisions = learner["result"], learner["decisions"]
    verdict = decisions[-1]["verdict"] if decisions else None
    in_force = None if verdict in (None, "counted") else verdict
    if result is None:
        if in_force is not None:
            report.differences.append(f"{_named(learner)}: decided about, and has no result")
        return
    if (result["verdict"] or None) != in_force:
        report.differences.append(
            f"{_named(learner)}: the newest decision is {verdict!r}, in force {result['verdict']!r}"
        )
    if (
        result["state"] == "final"
        and result["attended_seconds"] != attended_us // MICROSECONDS
        and learner["is_learner"]
    ):
        report.differences.append(
            f"{_named(learner)}: the result has {result['attended_seconds']} seconds, counted anew "
            f"{attended_us // MICROSECONDS}"
        )
    if in_force is not None:
        if result["is_complete"] is not _BY_VERDICT.get(in_force):
            report.differences.append(f"{_named(learner)}: decided {in_force!r}, is_complete {result['is_complete']}")
    elif result["is_complete"] and not complete:
        report.notes.append(f"{_named(learner)}: complete from an earlier count; a machine withdraws nothing")
    elif complete and not result["is_complete"] and result["state"] == "final" and learner["is_learner"]:
        report.differences.append(f"{_named(learner)}: reaches what is required, and is not complete")


class _Run:
    """A sitting, as far as counting goes: the key of its date."""

    def __init__(self, values: dict[str, Any], keys: set[str]) -> None:
        if values["date"] not in keys:
            raise Malformed(f"a sitting of no date: {values['date']!r}")
        self.date: str = values["date"]


def _date(values: dict[str, Any]) -> PlannedDate:
    starts_at = values["starts_at"]
    start = None if starts_at is None else from_us(moment_us(starts_at))
    if not isinstance(values["key"], str) or type(values["duration_minutes"]) is not int:
        raise Malformed("a date of another kind")
    return PlannedDate(values["key"], start, values["duration_minutes"])


def _named(learner: dict[str, Any]) -> str:
    return f"learner {learner['user_id']} ({learner['username']})"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def lines(path: str) -> tuple[int, list[str]]:
    """The exit status for this file, and what there is to say about it."""
    try:
        document = read(Path(path).read_text(encoding="utf-8-sig"))
        report = check(document)
    except (OSError, UnicodeDecodeError, Malformed) as error:
        return 2, [f"cannot be checked: {error}"]
    said = [
        f"checksum sha256 {report.checksum}",
        f"{report.learners} learners, {report.presences} presences counted anew",
    ]
    said += [f"note: {note}" for note in report.notes]
    said += [f"DIFFERS: {difference}" for difference in report.differences]
    said.append("Something differs." if report.differences else "Everything agrees.")
    return (1 if report.differences else 0), said


def main(arguments: Sequence[str]) -> int:
    """The command."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m zoom_xblock.attendance.check FILE\n")
        return 2
    status, said = lines(arguments[0])
    sys.stdout.write("\n".join(said) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
