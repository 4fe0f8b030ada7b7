"""What was counted, in words: for the learner whose minutes they are."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import translation

from tests.screens.factories import STARTS_AT, learner_facts
from zoom_xblock.attendance import Policy
from zoom_xblock.queries.timetable import DateShown
from zoom_xblock.screens.learner_attendance import attendance


def span(start: float, end: float, key: str = "", *, weeks: int = 0):
    """From so many minutes after the start to so many, of the date so many weeks later."""
    begin = STARTS_AT + timedelta(weeks=weeks)
    return (key, begin + timedelta(minutes=start), begin + timedelta(minutes=end))


def told(**values: object) -> dict:
    """A registered learner after the session, unless told otherwise."""
    said = attendance(learner_facts(**{"registration": "registered", "phase": "ended", "certainty": "final", **values}))
    assert said is not None
    assert json.loads(json.dumps(said)) == said
    return said


def test_the_sentence_says_from_when_to_when_how_much_and_what_follows():
    said = told(spans=(span(2, 31), span(35, 60)), attended_seconds=54 * 60, is_complete=True)
    assert said["text"] == "We counted 2:02 p.m.–2:31 p.m. and 2:35 p.m.–3 p.m.: 54 of the 45 minutes required."
    assert said["verdict"] == "Complete."
    assert said["ask"] == ""
    assert [one["from"] for one in said["spans"]] == ["2026-06-04T12:02:00+00:00", "2026-06-04T12:35:00+00:00"]


def test_a_reader_of_another_language_gets_her_own_clock():
    with translation.override("de"):
        assert "14:02–14:31" in told(spans=(span(2, 31),), attended_seconds=29 * 60)["text"]


def test_what_is_missing_is_said_with_the_way_to_ask():
    said = told(spans=(span(0, 39),), attended_seconds=39 * 60 + 59.9)
    assert said["text"].endswith("39 of the 45 minutes required.")
    assert said["verdict"] == "Not complete. 6 minutes short."
    assert "ask your course team" in said["ask"]


@pytest.mark.parametrize(("attended", "short"), [(0, 45), (60, 44), (44 * 60, 1), (44 * 60 + 59.99, 1), (2699.999, 1)])
def test_minutes_counted_and_minutes_missing_add_up_to_what_is_required(attended, short):
    said = told(attended_seconds=attended)
    assert said["verdict"].endswith(f"{short} minutes short." if short > 1 else "1 minute short.")
    assert f"We counted {45 - short} of the 45" in said["text"]


def test_without_intervals_the_minutes_stand_alone():
    assert told(attended_seconds=60 * 44 + 59.9)["text"] == "We counted 44 of the 45 minutes required."


def test_a_requirement_in_seconds_is_not_rounded_into_minutes():
    said = told(required_seconds=90, attended_seconds=60)
    assert said["text"] == "We counted 1 minute of the 1 minute required."
    assert said["verdict"] == "Not complete. 1 minute short."


def test_many_intervals_stand_below_the_sentence():
    spans = tuple(span(10 * number, 10 * number + 5) for number in range(6))
    said = told(spans=spans, attended_seconds=30 * 60)
    assert said["text"] == "We counted 30 of the 45 minutes required."
    assert said["spans_text"].startswith("June 4, 2026, 2 p.m.–2:05 p.m., 2:10 p.m.–2:15 p.m.")
    assert len(said["spans"]) == 6


def test_a_series_says_on_which_date():
    dates = tuple(DateShown(str(week), STARTS_AT + timedelta(weeks=week), 60, "over") for week in range(2))
    said = told(
        dates=dates, spans=(span(0, 20, "0"), span(0, 30, "1", weeks=1)), attended_seconds=50 * 60, is_complete=True,
        policy=Policy(dates="all"),
    )  # fmt: skip
    assert said["spans_text"] == "June 4, 2026, 2 p.m.–2:20 p.m.; June 11, 2026, 2 p.m.–2:30 p.m."


def test_between_two_dates_nothing_is_lost_yet():
    dates = tuple(DateShown(str(week), STARTS_AT + timedelta(weeks=week), 60, "over") for week in range(2))
    said = told(phase="scheduled", dates=dates, attended_seconds=600)
    assert said["verdict"] == "Not complete yet. 35 minutes short."


def test_one_of_several_dates_counts_and_it_says_so():
    dates = tuple(DateShown(str(week), STARTS_AT + timedelta(weeks=week), 60, "over") for week in range(2))
    spans = (span(0, 20, "0"), span(0, 30, "1", weeks=1))
    said = told(dates=dates, spans=spans, attended_seconds=30 * 60, decided_date="1")
    assert said["text"].endswith("The date on which you attended longest counts.")


def test_who_is_inside_has_no_end_yet():
    said = told(
        phase="live",
        certainty="provisional",
        is_present=True,
        spans=(span(0, 10), span(12, 20)),
        attended_seconds=18 * 60,
    )
    assert "2:12 p.m.–now" in said["text"]
    assert said["goes_on"]
    assert said["verdict"] == "Provisional: counted from live events so far."
    assert (said["standing"], said["is_final"]) == ("provisional", False)


@pytest.mark.parametrize(
    ("verdict", "is_complete", "sentence"),
    [
        ("present", True, "Your course team has marked you as present. Complete."),
        ("excused", True, "Your course team has excused you. Complete, without a score."),
        ("absent", False, "Your course team has marked you as absent. Not complete."),
    ],
)
def test_a_decision_of_a_person_is_said_as_one(verdict, is_complete, sentence):
    said = told(verdict=verdict, is_complete=is_complete, certainty="provisional", attended_seconds=60)
    assert (said["verdict"], said["standing"], said["is_final"]) == (sentence, "corrected", True)


def test_where_the_author_shows_no_attendance_there_is_no_number_in_it():
    hidden = {"shows": {"show_attendance": False}}
    done = told(**hidden, spans=(span(0, 50),), attended_seconds=3000, is_complete=True)
    assert (done["verdict"], done["text"], done["spans"], done["attended_seconds"]) == ("Complete.", "", [], None)
    assert done["share_percent"] == 100
    short = told(**hidden, spans=(span(0, 20),), attended_seconds=1200)
    assert (short["verdict"], short["share_percent"]) == ("Not complete.", 0)
    assert short["share_percent"] == 0
    facts = learner_facts(**hidden, phase="live", certainty="provisional", attended_seconds=60)
    assert attendance(facts) is None


def test_nothing_counted_is_nothing_said_until_the_session_has_been():
    assert attendance(learner_facts(registration="registered")) is None
    assert attendance(learner_facts(phase="ended", registration="registered", took_place=False)) is None
    assert attendance(learner_facts(phase="ended")) is None
    said = told(certainty="none")
    assert (said["standing_name"], said["is_final"]) == ("Waiting", False)
    assert said["text"] == "Nothing has been reported about you so far."
    assert "tell your course team" in said["ask"]


def test_without_a_requirement_nothing_is_divided_by_it():
    said = told(required_seconds=0, policy=Policy(completion="joining"), attended_seconds=90, is_complete=True)
    assert said["text"] == "We counted 1 minute."
    assert (said["share_percent"], said["has_meter"]) == (100, False)
    none = told(required_seconds=None, policy=Policy(completion="none"), attended_seconds=90)
    assert none["verdict"] == "You need not attend to complete this unit."


@pytest.mark.parametrize(
    ("attended", "is_complete", "share"), [(0, False, 0), (1350, False, 50), (2699, False, 99), (9999, False, 99)]
)
def test_the_meter_is_full_for_the_complete_only(attended, is_complete, share):
    assert told(attended_seconds=attended, is_complete=is_complete)["share_percent"] == share


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"certainty": "provisional"}, "Provisional"),
        ({}, "Final"),
        ({"verdict": "absent"}, "Decided by your course team"),
    ],
)
def test_it_says_how_sure_it_is(facts, name):
    said = told(attended_seconds=60, **facts)
    assert said["standing_name"] == name
    assert said["has_meter"] == (name != "Decided by your course team")


def test_a_final_count_without_zooms_record_says_so():
    assert told(is_without_record=True)["note"].startswith("Zoom gave no record")
    assert told()["note"] == ""
    assert told(is_without_record=True, certainty="provisional")["note"] == ""
