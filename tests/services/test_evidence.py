"""The evidence file: what is in it, what is not, and that nobody can change it without the check saying so."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.site.models import Enrollment
from tests.classroom import BEGAN, make_classroom
from zoom_xblock.attendance import check
from zoom_xblock.models import Assignment, Meeting, Registration, Result, Segment, Sitting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import corrections, counting, evidence
from zoom_xblock.services.errors import Forbidden, Unplaced

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]


@pytest.fixture
def room(site, block_row, jobs):
    """Twelve learners, ten with a place; counted."""
    block_row.published = {**block_row.published, "required_minutes": 30, "has_score": True}
    block_row.save()
    made = make_classroom(block_row.key, learners=12, registered=10, has_score=True)
    made.is_counted()
    return made


@pytest.fixture
def export(block_row, site):
    """The document, as a reader parses it."""

    def made(by=None):
        return json.loads("".join(evidence.pieces(usage_key=block_row.key, staff_id=(by or site.author).pk)))

    return made


def learner(document, user):
    """The part about somebody."""
    [found] = [one for one in document["evidence"]["learners"] if one["user_id"] == user.pk]
    return found


def sealed(document):
    """With a checksum that fits, as somebody would make it who changes the file knowingly."""
    value = hashlib.sha256(check.canonical(document["evidence"]).encode()).hexdigest()
    document["checksum"] = {"algorithm": "sha256", "value": value}
    return document


def test_an_export_agrees_with_itself(room, export):
    document = export()
    report = check.check(document)
    assert report.differences == []
    assert report.notes == []
    assert report.learners == 12 + 3  # the learners of the seeded course, too
    assert report.presences == Segment.objects.count()


def test_it_says_who_was_there_by_what_proof_and_what_was_decided(room, export, block_row, site):
    by_hand = Segment.objects.create(
        sitting=room.sitting, fact_digest="g", source="record", name="Ana's phone", connection="1", is_phone=True,
        joined_at=BEGAN, left_at=BEGAN + timedelta(minutes=20),
    )  # fmt: skip
    Segment.objects.create(
        sitting=room.sitting, fact_digest="h", source="record", name="Nobody", email="nobody@example.org",
        connection="2", joined_at=BEGAN, left_at=BEGAN + timedelta(minutes=60),
    )  # fmt: skip
    key = f"{room.sitting.uuid} {by_hand.connection}"
    Assignment.objects.create(
        meeting=room.meeting, by="connection", key=key, key_digest=digest("connection", key), user=room.users[11],
        made_at=BEGAN,
    )  # fmt: skip
    room.is_counted()
    corrections.decide(
        usage_key=block_row.key, staff_id=site.author.pk, user_ids=[room.users[11].pk], verdict="excused", reason="Ill"
    )
    document = export()
    assert check.check(document).differences == []
    hers = learner(document, room.users[11])
    [presence] = hers["presences"]
    assert (presence["by"], presence["is_phone"], presence["until_by"]) == ("assignment", True, "reported")
    assert hers["attended_microseconds"] == 20 * 60 * 10**6
    assert [(one["verdict"], one["reason"], one["by"]) for one in hers["decisions"]] == [("excused", "Ill", "author")]
    assert hers["result"]["verdict"] == "excused"
    assert [one["name"] for one in document["evidence"]["others"]] == ["Nobody"]
    assert learner(document, room.users[0])["presences"][0]["by"] == "registration"
    said = document["evidence"]
    assert said["rule"]["required_minutes"] == 30
    assert said["sittings"][0]["record"] == "final"
    assert said["session"]["zoom_id"] == room.meeting.zoom_id
    assert said["made"]["by"] == "author"


def test_no_link_and_no_secret_is_in_it(room, export, connected):
    Registration.objects.filter(meeting=room.meeting).update(join_url="https://zoom.us/w/1?tk=VerySecret")
    text = json.dumps(export())
    for secret in ("VerySecret", "tk=", "https://", connected.access_token, connected.refresh_token):
        assert secret not in text


def test_its_bytes_are_the_canonical_ones(room, block_row, site):
    text = "".join(evidence.pieces(usage_key=block_row.key, staff_id=site.author.pk))
    document = check.read(text)
    assert text == f'{{"evidence":{check.canonical(document["evidence"])},"checksum":' + (
        f"{check.canonical(document['checksum'])}}}\n"
    )


def test_while_it_runs_the_open_ones_end_at_the_moment_of_the_export(site, block_row, jobs, export):
    room = make_classroom(block_row.key, learners=4, live=True)
    Meeting.objects.update(starts_at=BEGAN)
    document = export()
    assert check.check(document).differences == []
    [presence] = learner(document, room.users[1])["presences"]
    assert presence["until_by"] == "still in"
    assert presence["until"] == document["evidence"]["made"]["at"]


def test_a_series_and_a_window_are_counted_anew(site, block_row, jobs, export):
    room = make_classroom(block_row.key, learners=3, counted="custom", opens_minutes=5, closes_minutes=-10, dates="all")
    Meeting.objects.update(recurrence={"freq": "weekly"})
    for number, days in enumerate((0, 7)):
        room.meeting.occurrences.create(
            occurrence_id=f"o{number}", starts_at=BEGAN + timedelta(days=days), duration_minutes=60
        )
    later = Sitting.objects.create(
        meeting=room.meeting, uuid="later", uuid_digest=digest("later"), started_at=BEGAN + timedelta(days=7),
        ended_at=BEGAN + timedelta(days=7, minutes=61), record="final",
    )  # fmt: skip
    Segment.objects.create(
        sitting=later, fact_digest="later", source="record", registrant_id=f"Reg{room.users[0].pk}",
        joined_at=BEGAN + timedelta(days=7, minutes=1), left_at=BEGAN + timedelta(days=7, minutes=31),
    )  # fmt: skip
    document = export()
    assert check.check(document).differences == []
    hers = learner(document, room.users[0])
    assert [one["date"] for one in hers["counted"]] == ["o1"]
    assert hers["attended_microseconds"] == 26 * 60 * 10**6
    tally = counting.tally(room.meeting, room.placement, counting.policy_of(room.placement))
    assert tally.reported[room.users[0].pk].attended_us == hers["attended_microseconds"]


CHANGES = {
    "a minute more": lambda one: one["presences"][0].update({"from": "2026-03-02T08:59:00.000000Z"}),
    "counted": lambda one: one["counted"][0].update({"until": "2026-03-02T09:59:00.000000Z"}),
    "microseconds": lambda one: one.update(attended_microseconds=one["attended_microseconds"] + 1),
    "complete": lambda one: one.update(counted_complete=not one["counted_complete"]),
    "requirement": lambda one: one.update(required_seconds=60),
    "the result": lambda one: one["result"].update(attended_seconds=1),
    "a verdict": lambda one: one["result"].update(verdict="present"),
    "backwards": lambda one: one["presences"][0].update({"until": "2026-03-02T08:00:00.000000Z"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_file_is_found_out_even_with_a_new_checksum(room, export, name):
    document = export()
    changed = copy.deepcopy(document)
    CHANGES[name](learner(changed, room.users[5]))
    assert any("checksum" in one for one in check.check(changed).differences)
    found = check.check(sealed(changed)).differences
    assert found
    assert all(room.users[5].username in one for one in found)


def test_a_changed_rule_or_reason_is_found_out(room, export, block_row, site):
    corrections.decide(
        usage_key=block_row.key, staff_id=site.author.pk, user_ids=[room.users[0].pk], verdict="present", reason="Ill"
    )
    document = export()
    document["evidence"]["rule"]["required_minutes"] = 3
    assert any("required_seconds" in one for one in check.check(sealed(document)).differences)
    document = export()
    learner(document, room.users[0])["decisions"][0]["reason"] = "Rich"
    assert check.check(document).differences == ["the checksum is not that of the evidence: the file was changed"]
    document = export()
    learner(document, room.users[0])["decisions"].clear()
    assert check.check(sealed(document)).differences


def test_a_completion_given_earlier_is_a_note(room, export):
    user = room.users[0]
    Result.objects.filter(user=user).update(is_complete=True)
    report = check.check(export())
    assert report.differences == []
    assert [user.username in note for note in report.notes] == [True]


def test_a_completion_that_was_not_given_is_found_out(room, export):
    user = room.users[5]
    Result.objects.filter(user=user).update(is_complete=False)
    assert "is not complete" in check.check(export()).differences[0]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", '{"evidence":{}}', '{"evidence":{"format":"zoom-xblock-evidence/2"}}',
        '{"evidence":{"format":"zoom-xblock-evidence/1"}}', '{"evidence":' * 5000, "\x00", '{"a":NaN}',
        '{"evidence":{"format":"zoom-xblock-evidence/1","format":"zoom-xblock-evidence/1"}}',
        '{"evidence":{"format":"zoom-xblock-evidence/1","rule":{"nonsense":1},"dates":[],"sittings":[],"learners":[]}}',
        '{"evidence":{"format":"zoom-xblock-evidence/1","rule":{"required_minutes":"x"},"dates":[{"key":"",'
        '"starts_at":null,"duration_minutes":1}],"sittings":[],"learners":[{}]}}',
        '{"evidence":{"format":"zoom-xblock-evidence/1","rule":{},"dates":[{"key":"","starts_at":"0001-01-01T00:00:00",'
        '"duration_minutes":1}],"sittings":[],"learners":[]}}',
    ],
)  # fmt: skip
def test_what_is_no_evidence_is_said_to_be_none(tmp_path, text):
    file = tmp_path / "evidence.json"
    file.write_text(text)
    status, said = check.lines(str(file))
    assert status == 2
    assert said[0].startswith("cannot be checked: ")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["rule", "dates", "sittings", "learners"]), json_values))
def test_no_file_ends_in_a_traceback(parts):
    document = {"evidence": {"format": check.FORMAT, **parts}}
    with contextlib.suppress(check.Malformed):
        check.check(check.read(json.dumps(document)))


def test_both_commands_say_the_same_and_one_needs_no_django(room, block_row, site, tmp_path, capsys):
    file = tmp_path / "evidence.json"
    file.write_text("".join(evidence.pieces(usage_key=block_row.key, staff_id=site.author.pk)))
    call_command("zoom_check_evidence", str(file))
    ours = capsys.readouterr().out
    assert "Everything agrees." in ours
    alone = (
        "import sys, runpy\n"
        "class No:\n"
        "    def find_spec(self, name, *_more):\n"
        "        if name.split('.')[0] in ('django', 'xblock', 'opaque_keys'): raise ImportError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        f"sys.argv = ['check', {str(file)!r}]\n"
        "runpy.run_module('zoom_xblock.attendance.check', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", alone], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout.strip()) == (0, ours.strip()), done.stderr
    file.write_text(file.read_text().replace('"reason"', '"Reason"').replace(f"Reg{room.users[0].pk}", "RegX"))
    with pytest.raises(SystemExit) as ended:
        call_command("zoom_check_evidence", str(file))
    assert ended.value.code == 1


def test_it_is_for_staff_of_the_course_only(room, block_row, site):
    for user in (site.learner1, room.users[0]):
        for export in (evidence.pieces, evidence.rows):
            with pytest.raises(Forbidden):
                export(usage_key=block_row.key, staff_id=user.pk)


def test_there_is_none_without_a_session(site, block_row):
    with pytest.raises(Unplaced):
        evidence.pieces(usage_key=block_row.key, staff_id=site.author.pk)


def test_whoever_left_the_course_stays_in_both_exports(room, export, block_row, site):
    Enrollment.objects.filter(user=room.users[5]).update(is_active=False)
    hers = learner(export(), room.users[5])
    assert (hers["is_learner"], bool(hers["presences"])) == (False, True)
    table = list(evidence.rows(usage_key=block_row.key, staff_id=site.author.pk).rows)
    [row] = [row for row in table if row.user_id == room.users[5].pk]
    assert row.flags == ["outsider"]
    assert len({row.user_id for row in table}) == len(table)


def test_queries_grow_by_page_and_not_by_learner(room, block_row, site, django_assert_max_num_queries):
    with django_assert_max_num_queries(24):
        "".join(evidence.pieces(usage_key=block_row.key, staff_id=site.author.pk))
    with django_assert_max_num_queries(20):
        list(evidence.rows(usage_key=block_row.key, staff_id=site.author.pk).rows)
