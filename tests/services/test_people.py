"""A retired account: what names its person is erased here and at Zoom; what belongs to the course stays."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from zoom_xblock import signals
from zoom_xblock.models import Assignment, Correction, Delivery, Meeting, Placement, Registration, Result, Segment
from zoom_xblock.services import counting, people, registrations, settlement

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(session, usage_key, site, zoom, jobs, client):
    """A session that learner1 attended with her link, on a tablet as a guest, and signed in; learner2 as well."""
    began = (timezone.now() - timedelta(hours=2)).replace(microsecond=0)
    zoom.control("users", email=site.learner1.email, type=1)
    for learner in (site.learner1, site.learner2):
        registrations.request_place(usage_key=usage_key, user_id=learner.pk)
    jobs.run()
    people_ = [
        {"email": site.learner1.email, "segments": [[0, 3000]]},
        {"email": site.learner2.email, "segments": [[0, 3000]]},
        {"user": site.learner1.email, "segments": [[0, 600]]},
        {"name": "Tablet of Learner One", "segments": [[600, 1200]]},
    ]
    zoom.play(session.zoom_id, start_at=began, minutes=60, people=people_)
    assert set(zoom.deliver(client)) == {204}
    jobs.run(within_seconds=60)
    guest = Segment.objects.get(name="Tablet of Learner One", source="record")
    key = f"{guest.sitting.uuid} {guest.connection}"
    Assignment.objects.create(
        meeting=session, by="connection", key=key, key_digest=counting.key_digest("connection", key),
        user=site.learner1, made_by=site.author, made_at=timezone.now(),
    )  # fmt: skip
    now, placement = timezone.now(), Placement.objects.get()
    for user, reason in ((site.learner1, "Learner One was ill"), (site.learner2, "was in another room")):
        Correction.objects.create(
            placement=placement, user=user, verdict="excused", reason=reason, made_by=site.author, made_at=now
        )
    settlement.decide_meeting(session.pk)
    return session


def everything():
    """All texts that we keep of meetings and the people in them."""
    found = [json.dumps(list(model.objects.values()), default=str) for model in (Registration, Segment, Assignment)]
    found += [json.dumps(list(Correction.objects.values()), default=str)]
    return "\n".join(found + [str(delivery.body) for delivery in Delivery.objects.all()])


def test_nothing_that_names_her_is_left_and_others_are_untouched(told, site, jobs, zoom):
    proof = Registration.objects.get(user=site.learner1)
    address, name, link = proof.email, site.learner1.get_full_name(), proof.join_url
    assert address in everything()
    others = list(Segment.objects.filter(name__contains=site.learner2.get_full_name()).values())
    assert others
    results = list(Result.objects.values())
    signals.person_retired(user=site.learner1)
    jobs.run()
    left = everything()
    for text in (address, link, name, "Tablet of Learner One", "was ill"):
        assert text not in left, text
    assert "was in another room" in left
    assert list(Segment.objects.filter(name__contains=site.learner2.get_full_name()).values()) == others
    assert site.learner2.email in left
    assert list(Result.objects.values()) == results
    assert [one.verdict for one in Correction.objects.filter(user=site.learner1)] == ["excused"]
    assert not Assignment.objects.filter(user=site.learner1).exists()
    there = zoom.control(f"meetings/{told.zoom_id}")["registrants"]
    assert [one["status"] for one in there if one["email"] == address] == ["cancelled"]


def test_what_is_left_to_work_on_is_not_emptied(told, site, jobs, usage_key):
    delivery = Delivery.objects.filter(event="meeting.participant_joined").order_by("pk").first()
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.NEW)
    people.forget_person(site.learner1.pk)
    delivery.refresh_from_db()
    assert delivery.body != "{}"


def test_a_member_of_staff_who_leaves_is_no_longer_named_beside_what_she_decided(told, site):
    people.forget_person(site.author.pk)
    assert set(Correction.objects.values_list("made_by", flat=True)) == {None}
    assert set(Assignment.objects.values_list("made_by", flat=True)) == {None}
    assert set(Correction.objects.values_list("reason", flat=True)) == {"Learner One was ill", "was in another room"}


def test_it_works_for_a_session_that_is_in_no_course_any_more(told, site):
    Placement.objects.update(meeting=None)
    people.forget_person(site.learner1.pk)
    proof = Registration.objects.get(user=site.learner1)
    assert not Segment.objects.filter(registrant_id=proof.registrant_id).exclude(name="", email="").exists()


def test_twice_and_without_anything_is_nothing(site, told):
    people.forget_person(site.learner1.pk)
    once = everything()
    people.forget_person(site.learner1.pk)
    people.forget_person(site.learner3.pk)
    assert everything() == once


def test_a_body_that_cannot_be_read_stops_nothing(told, site):
    Delivery.objects.create(
        digest="x", endpoint="x", event="x", zoom_id=Meeting.objects.get().zoom_id, body="no json", state="failed",
        received_at=timezone.now(),
    )  # fmt: skip
    people.forget_person(site.learner1.pk)
    assert site.learner1.email not in everything()
