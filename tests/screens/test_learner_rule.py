"""The rule in words, for every policy."""

from __future__ import annotations

import itertools

import pytest

from zoom_xblock import attendance
from zoom_xblock.attendance import PlannedDate, Policy
from zoom_xblock.attendance.policy import COMPLETIONS, COUNTED, DATES, GRADED
from zoom_xblock.screens import learner_rule


def said(*, is_series: bool = False, required_seconds: int | None = 45 * 60, **policy: object) -> list[str]:
    return learner_rule.sentences(Policy(**policy), required_seconds, is_series=is_series)


@pytest.mark.parametrize(
    ("policy", "more", "sentence"),
    [
        ({}, {}, "Complete when you have attended at least 45 minutes."),
        ({}, {"is_series": True}, "Complete when you have attended at least 45 minutes of one date."),
        (
            {"dates": "all"},
            {"is_series": True},
            "Complete when you have attended at least 45 minutes, all dates together.",
        ),
        (
            {"completion": "percent"},
            {"required_seconds": 2880},
            "Complete when you have attended at least 80% of the session: 48 minutes.",
        ),
        (
            {"completion": "percent"},
            {"required_seconds": 2880, "is_series": True},
            "Complete when you have attended at least 80% of one date: 48 minutes.",
        ),
        (
            {"completion": "percent", "dates": "all"},
            {"required_seconds": 5760, "is_series": True},
            "Complete when you have attended at least 80% of all dates together: 96 minutes.",
        ),
        ({"completion": "joining"}, {"required_seconds": 0}, "Complete as soon as you join."),
        (
            {"completion": "joining"},
            {"required_seconds": 0, "is_series": True},
            "Complete as soon as you join one of the dates.",
        ),
        ({"completion": "none"}, {"required_seconds": None}, "You need not attend to complete this unit."),
        ({"required_minutes": 0}, {"required_seconds": 0}, "Complete when you have attended."),
        (
            {"completion": "percent"},
            {"required_seconds": None},
            "What is required depends on the planned time, which is not known yet.",
        ),
    ],
)
def test_what_completes(policy, more, sentence):
    assert said(**policy, **more) == [sentence]


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ({"counted": "scheduled"}, "Only the planned time counts, from the planned start to the planned end."),
        (
            {"counted": "custom", "opens_minutes": -5, "closes_minutes": 10},
            "Only the time from 5 minutes before the planned start to 10 minutes after the planned end counts.",
        ),
        (
            {"counted": "custom", "opens_minutes": 1, "closes_minutes": -1},
            "Only the time from 1 minute after the planned start to 1 minute before the planned end counts.",
        ),
        ({"counted": "custom"}, "Only the time from the planned start to the planned end counts."),
    ],
)
def test_which_time_counts(policy, sentence):
    assert said(**policy)[1] == sentence


def test_what_it_is_worth():
    assert said(has_score=True)[-1] == "Graded by your share of the required time."
    assert said(has_score=True, graded_by="all_or_nothing")[-1] == "Graded: all points when it is complete, else none."
    assert said(has_score=True, completion="joining")[-1] == "Graded: all points when it is complete, else none."
    assert len(said()) == 1


def test_every_policy_has_words():
    date = PlannedDate("", None, 60)
    for completion, counted, dates, graded, has_score, is_series in itertools.product(
        COMPLETIONS, COUNTED, DATES, GRADED, (True, False), (True, False)
    ):
        policy = Policy(
            completion=completion, counted=counted, dates=dates, graded_by=graded, has_score=has_score,
            opens_minutes=-5, closes_minutes=5,
        )  # fmt: skip
        required = attendance.requirement(policy, [date]).required_seconds
        sentences = learner_rule.sentences(policy, required, is_series=is_series)
        assert sentences
        assert all(sentence and "%(" not in sentence for sentence in sentences), policy
