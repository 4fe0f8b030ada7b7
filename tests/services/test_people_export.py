"""What is kept about one person: hers, all of it, and nothing by which somebody else could come as her."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.services.test_people import told  # noqa: F401 - a session with a link, a tablet and a signed-in presence
from zoom_xblock.models import Assignment, Registration, Result, Segment
from zoom_xblock.services import corrections, people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hers(told, site, usage_key, jobs):  # noqa: F811
    """The export about learner1, after staff decided about her; and the export about learner2."""
    corrections.decide(
        usage_key=usage_key, staff_id=site.author.pk, user_ids=[site.learner1.pk], verdict="excused", reason="Was ill"
    )
    jobs.run()
    return people.export_person(site.learner1.pk), people.export_person(site.learner2.pk)


def test_it_has_her_place_presences_results_decisions_and_guests(hers, site, usage_key):
    export, _other = hers
    [place] = export["registrations"]
    assert (place["address_sent_to_zoom"], place["state"]) == (site.learner1.email, "registered")
    assert (place["topic"], place["usage_keys"]) == ("Algebra live", [str(usage_key)])
    assert place["joined_at"]
    names = {one["name_in_the_session"] for one in export["presence"]}
    assert "Tablet of Learner One" in names
    assert {one["told_by"] for one in export["presence"]} == {"live", "record"}
    [result] = export["results"]
    kept = Result.objects.get(user=site.learner1)
    assert (result["attended_seconds"], result["verdict"]) == (kept.attended_seconds, "excused")
    decision = export["corrections"][-1]
    assert len(export["corrections"]) == 2
    assert (decision["verdict"], decision["reason"]) == ("excused", "Was ill")
    assert decision["after"]["is_complete"] is True
    [guest] = export["assignments"]
    assert guest["known_by"] == "connection"
    assert json.loads(json.dumps(export)) == export


def test_it_has_no_link_no_number_of_zooms_and_nobody_else(hers, site):
    export, other = hers
    text = json.dumps(export)
    for row in Registration.objects.all():
        assert row.registrant_id not in text
        assert row.join_url not in text
    for row in Segment.objects.exclude(connection=""):
        assert f'"{row.connection}"' not in text
    assert "http" not in text
    for somebody in (site.learner2, site.author):
        assert somebody.email not in text
        assert somebody.username not in text
    assert other["presence"]
    assert site.learner1.email not in json.dumps(other)


def test_somebody_about_whom_nothing_is_kept(hers, site):
    export = people.export_person(site.learner3.pk)
    assert [export[name] for name in ("registrations", "presence", "results", "corrections", "assignments")] == [[]] * 5


def test_after_retirement_only_the_courses_record_is_left(hers, site):
    people.forget_person(site.learner1.pk)
    export = people.export_person(site.learner1.pk)
    assert [one["address_sent_to_zoom"] for one in export["registrations"]] == [""]
    assert {one["name_in_the_session"] for one in export["presence"]} <= {""}
    assert [one["reason"] for one in export["corrections"]] == ["", ""]
    assert len(export["results"]) == 1
    assert export["assignments"] == []


def test_every_table_about_a_learner_is_in_it():
    """A new table with a `user` column has to be thought of here."""
    about = {
        model.__name__
        for model in apps.get_app_config("zoom_xblock").get_models()
        if any(field.name == "user" for field in model._meta.concrete_fields)
    }
    # A press of a button by an administrator is about nobody's learning.
    assert about - {"ConsentRequest"} == {"Assignment", "Correction", "Registration", "Result"}
    assert Segment._meta.get_field("name")


def test_the_command_prints_json_and_knows_whom_it_does_not_know(hers, site):
    out = StringIO()
    call_command("zoom_export_person", site.learner1.username, stdout=out)
    printed = json.loads(out.getvalue())
    assert printed["user_id"] == site.learner1.pk
    assert len(printed["presence"]) == len(hers[0]["presence"])
    out = StringIO()
    call_command("zoom_export_person", "--user-id", str(site.learner1.pk), stdout=out)
    assert json.loads(out.getvalue())["results"] == printed["results"]
    for wrong in (["nobody"], ["--user-id", "999999"], [], [site.learner1.username, "--user-id", "1"]):
        with pytest.raises(CommandError):
            call_command("zoom_export_person", *wrong, stdout=StringIO())


def test_an_assignment_of_nobody_is_nobodys(hers, site, session):
    Assignment.objects.create(
        meeting=session, by="registrant", key="X", key_digest="x" * 64, user=None, made_by=site.author,
        made_at=timezone.now(),
    )  # fmt: skip
    assert len(people.export_person(site.author.pk)["assignments"]) == 0
