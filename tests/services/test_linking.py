"""Linking what exists: of hosts that this author may use and of nobody else; what it changes is asked first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.conftest import make_block
from tests.services.test_meetings import at_zoom, save, writes
from zoom_xblock.attendance import Policy
from zoom_xblock.models import Connection, Meeting, Placement
from zoom_xblock.services import connections, hosts, linking, registrations
from zoom_xblock.services.errors import (
    Busy,
    Forbidden,
    InvalidWishes,
    NeedsAgreement,
    NotConnected,
    NotLinkable,
    ZoomSaid,
)
from zoom_xblock.services.leases import lease

pytestmark = pytest.mark.django_db

NOBODY = 99_999_999_999


def by_hand(zoom, host="author@example.edu", *, days=2, registration=True, **more):
    """A session that somebody made on Zoom's pages."""
    start = (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    wanted = {"topic": "By hand", "type": 2, "start_time": start, "duration": 60, **more}
    wanted["settings"] = {"approval_type": 0 if registration else 2, **more.get("settings", {})}
    return zoom.control("meetings", host=host, **wanted)["number"]


def link(site, row, reference, **more):
    """The author links."""
    asked = {"policy": Policy(), **more}
    return linking.link_session(usage_key=row.key, user_id=site.author.pk, reference=str(reference), **asked)


@pytest.mark.parametrize("kind", ["meeting", "webinar"])
def test_a_session_of_an_allowed_host_is_linked_as_it_is(connected, block_row, site, zoom, kind):
    number = by_hand(zoom, kind=kind, type=2 if kind == "meeting" else 5)
    zoom.held()
    saved = link(site, block_row, number)
    assert (saved.is_new, saved.was_sent, saved.differences) == (True, False, [])
    assert (saved.meeting.zoom_id, saved.meeting.kind, saved.meeting.topic) == (number, kind, "By hand")
    assert saved.meeting.made_by_us is False
    placement = Placement.objects.for_usage_key(block_row.key)
    assert (placement.meeting, placement.is_link) == (saved.meeting, True)
    assert writes(zoom) == []


def test_registration_is_switched_on_only_after_agreement(connected, block_row, site, zoom):
    number = by_hand(zoom, registration=False)
    zoom.held()
    with pytest.raises(NeedsAgreement) as asked:
        link(site, block_row, number)
    assert (asked.value.changes, asked.value.topic) == (["registration"], "By hand")
    assert asked.value.starts_at is not None
    assert writes(zoom) == []
    assert Meeting.objects.count() == 0
    saved = link(site, block_row, number, agreed=True)
    assert (saved.was_sent, saved.differences, saved.meeting.has_registration) == (True, [], True)
    [event] = writes(zoom)
    assert event["body"]["payload"]["object"]["settings"] == {"approval_type": 0}


def test_a_series_must_register_once_for_all_dates(connected, block_row, site, zoom):
    rule = {"type": 1, "repeat_interval": 1, "end_times": 3}
    number = by_hand(zoom, type=8, recurrence=rule, settings={"registration_type": 2})
    with pytest.raises(NeedsAgreement) as asked:
        link(site, block_row, number)
    assert asked.value.changes == ["registration_all_dates"]
    saved = link(site, block_row, number, agreed=True)
    assert saved.meeting.recurrence == {"every": "day", "interval": 1, "count": 3}
    assert saved.meeting.occurrences.count() == 3
    assert zoom.control(f"meetings/{number}")["settings"]["registration_type"] == 1


def test_agreement_that_zoom_ignores_is_told(connected, block_row, site, zoom):
    connections.save_app(client_id=connected.client_id, host_email="basic@example.edu")
    zoom.control("options", basic_approval_type="downgraded")
    number = by_hand(zoom, host="basic@example.edu", registration=False)
    assert link(site, block_row, number, agreed=True).differences == ["no_registration"]


@pytest.mark.parametrize(
    "reference",
    ["{0}", "  {0} ", "{a} {b} {c}", "{a}-{b}-{c}", "{a}\u00a0{b}\u00a0{c}", "https://zoom.us/j/{0}",
     "https://us02web.zoom.us/j/{0}?pwd=abc.1", "https://us02web.zoom.us/w/{0}?tk=x&pwd=y", "https://zoom.us/s/{0}?z=x",
     "https://example.zoom.us/wc/join/{0}", "https://app.zoom.us/wc/{0}/join", "{base}/j/{0}?pwd=x"],
)  # fmt: skip
def test_numbers_and_links_of_all_kinds_are_understood(connected, block_row, site, zoom, reference):
    number = by_hand(zoom)
    text = str(number)
    told = reference.format(text, a=text[:3], b=text[3:7], c=text[7:], base=zoom.url)
    assert linking.number_in(told) == number
    assert link(site, block_row, told).meeting.zoom_id == number


@pytest.mark.parametrize(
    "reference",
    ["", " ", "javascript:alert(1)", "javascript://zoom.us/j/81234567890", "http://zoom.us/j/81234567890",
     "https://evil.example/j/81234567890", "https://zoom.us.evil.example/j/81234567890",
     "https://evil.example/?u=https://zoom.us/j/81234567890", "https://zoom.us@evil.example/j/81234567890",
     "https://user:pw@zoom.us/j/81234567890", "https://zoom.us\\@evil.example/j/81234567890",
     "//zoom.us/j/81234567890", "ftp://zoom.us/j/81234567890", "https://zoom.us/j/81234567890/../../users/me",
     "https://zoom.us/j/8123%00", "https://zoom.us/j/", "https://zoom.us/rec/81234567890", "1" * 30, "10^30",
     str(10**30), "-81234567890123456789", "٨١٢٣٤٥٦٧٨٩٠", "81234567890\x00", "8123456789\ud83d", "12345",
     "0x1234567890", "x" * 2001, "https://zoom.us/j/" + "1" * 3000, None, 81234567890, [], {"number": 1}, True],
    ids=repr,
)  # fmt: skip
def test_hostile_references_are_refused_before_zoom_is_asked(connected, block_row, site, zoom, reference):
    zoom.fault("*", "/v2/*", times=None, status=500)
    with pytest.raises(NotLinkable, match="malformed"):
        linking.link_session(usage_key=block_row.key, user_id=site.author.pk, reference=reference, policy=Policy())
    assert all(one["hits"] == 0 for one in zoom.control("faults")["faults"])
    assert Placement.objects.count() == 0


@pytest.mark.parametrize("reference", ["https://zoom.us/my/ada.author", "https://us02web.zoom.us/my/ada?pwd=x"])
def test_a_personal_room_has_no_number_and_is_said_to_be_one(connected, block_row, site, reference):
    with pytest.raises(NotLinkable, match="personal_room"):
        link(site, block_row, reference)


def test_other_peoples_sessions_and_none_are_the_same(connected, block_row, site, zoom):
    foreign = by_hand(zoom, host="colleague@example.edu", topic="Staff appraisal")
    told = []
    for number in (foreign, NOBODY):
        with pytest.raises(NotLinkable) as refused:
            link(site, block_row, number, agreed=True)
        told.append((refused.value.slug, str(refused.value), vars(refused.value)))
    assert told[0] == told[1]
    assert Meeting.objects.count() == 0
    assert zoom.control(f"meetings/{foreign}")["settings"]["approval_type"] == 0


def test_what_the_site_admin_allows_decides(connected, block_row, site, zoom):
    hosts.refresh_hosts()
    foreign = by_hand(zoom, host="colleague@example.edu")
    hosts.set_policy(policy=Connection.HostPolicy.LIST, allowed="colleague@example.edu")
    assert link(site, block_row, foreign).meeting.host_email == "colleague@example.edu"
    hosts.set_policy(policy=Connection.HostPolicy.DEFAULT)
    row = make_block(site.course_key, name="second")
    with pytest.raises(NotLinkable, match="not_found"):
        link(site, row, foreign)  # we have a row of it; it is still another person's


def test_a_linked_session_is_changed_only_by_those_who_may_use_its_host(connected, block_row, site, zoom):
    hosts.refresh_hosts()
    hosts.set_policy(policy=Connection.HostPolicy.LIST, allowed="colleague@example.edu")
    number = by_hand(zoom, host="colleague@example.edu")
    meeting = link(site, block_row, number).meeting
    asked = {
        "display_name": "By hand",
        "starts_at": meeting.starts_at.isoformat(),
        "time_zone": meeting.time_zone,
        "has_moved": False,
    }
    hosts.set_policy(policy=Connection.HostPolicy.DEFAULT)
    assert not save(site, block_row, **asked, required_minutes=5).was_sent  # the rule is the block's own
    with pytest.raises(Forbidden, match="linked_host"):
        save(site, block_row, **{**asked, "display_name": "Mine now"})
    assert zoom.control(f"meetings/{number}")["topic"] == "By hand"


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"type": 3, "start_time": None}, "no_fixed_time"),
        ({"type": 1}, "no_fixed_time"),
    ],
    ids=str,
)
def test_sessions_that_cannot_be_counted_are_not_linked(connected, block_row, site, zoom, more, slug):
    number = by_hand(zoom, **{name: value for name, value in more.items() if value is not None})
    with pytest.raises(NotLinkable, match=slug):
        link(site, block_row, number, agreed=True)


def test_what_is_over_is_not_linked(connected, block_row, site, zoom):
    number = by_hand(zoom, days=-2)
    with pytest.raises(NotLinkable, match="over"):
        link(site, block_row, number, agreed=True)


def test_a_block_with_a_session_keeps_it_and_one_that_lost_it_may_link_another(session, block_row, site, zoom):
    number = by_hand(zoom)
    with pytest.raises(NotLinkable, match="has_session"):
        link(site, block_row, number)
    Meeting.objects.filter(pk=session.pk).update(state=Meeting.State.GONE)
    assert link(site, block_row, number).meeting.zoom_id == number


def test_one_meeting_on_purpose_in_several_courses(session, block_row, site, zoom, jobs, django_user_model):
    """Ours, made for one block, linked by another one: one meeting, two placements, learners of both in it."""
    other = make_block(site.course_key, name="second")
    saved = link(site, other, session.zoom_id)
    assert (saved.meeting, saved.is_new, saved.was_sent) == (session, False, False)
    session.refresh_from_db()
    assert session.made_by_us
    assert len(at_zoom(zoom)) == 1
    assert {one.is_link for one in session.placements.all()} == {True, False}
    for row, learner in ((block_row, site.learner1), (other, site.learner2)):
        registrations.request_place(usage_key=row.key, user_id=learner.pk)
    jobs.run()
    assert session.registrations.filter(state="registered").count() == 2


def test_linking_the_own_session_again_changes_nothing(session, block_row, site, zoom):
    link(site, block_row, session.zoom_id)
    placement = Placement.objects.for_usage_key(block_row.key)
    assert (placement.meeting, placement.is_link) == (session, False)


def test_unlinking_leaves_everything_at_zoom(connected, block_row, site, zoom):
    number = by_hand(zoom)
    link(site, block_row, number)
    zoom.held()
    linking.unlink(usage_key=block_row.key, user_id=site.author.pk)
    assert Placement.objects.for_usage_key(block_row.key).meeting is None
    assert Meeting.objects.filter(zoom_id=number).exists()
    assert zoom.held() == []
    with pytest.raises(NotLinkable, match="not_a_link"):
        linking.unlink(usage_key=block_row.key, user_id=site.author.pk)
    assert save(site, block_row).is_new  # and it may have its own now
    assert Placement.objects.for_usage_key(block_row.key).is_link is False


def test_an_own_session_is_not_let_go(session, block_row, site):
    with pytest.raises(NotLinkable, match="not_a_link"):
        linking.unlink(usage_key=block_row.key, user_id=site.author.pk)
    assert Placement.objects.for_usage_key(block_row.key).meeting == session


@pytest.mark.parametrize("verb", ["link", "unlink", "list"])
def test_only_authors(connected, block_row, site, zoom, verb):
    number, learner = by_hand(zoom), site.learner1.pk
    key, policy = block_row.key, Policy()
    verbs = {
        "link": lambda: linking.link_session(usage_key=key, user_id=learner, reference=str(number), policy=policy),
        "unlink": lambda: linking.unlink(usage_key=key, user_id=learner),
        "list": lambda: linking.sessions_to_link(course_key=site.course_key, user_id=learner),
    }
    with pytest.raises(Forbidden):
        verbs[verb]()


def test_a_rule_that_nobody_could_fulfil_is_refused_before_anything_is_changed(connected, block_row, site, zoom):
    number = by_hand(zoom, registration=False)
    zoom.held()
    with pytest.raises(InvalidWishes) as refused:
        link(site, block_row, number, agreed=True, policy=Policy(required_minutes=90))
    assert refused.value.fields == {"required_minutes": "longer_than_session"}
    assert writes(zoom) == []


def test_while_it_is_being_deleted_nobody_links_it(session, site):
    other = make_block(site.course_key, name="second")
    with lease(session, seconds=60) as mine:
        assert mine
        with pytest.raises(Busy):
            link(site, other, session.zoom_id)
    assert link(site, other, session.zoom_id).meeting == session


def test_a_session_that_was_believed_gone_is_back_when_it_is_linked(session, site):
    Meeting.objects.update(state=Meeting.State.GONE)
    other = make_block(site.course_key, name="second")
    assert link(site, other, session.zoom_id).meeting.state == Meeting.State.SCHEDULED


def test_not_connected_is_said(site, block_row, zoom):
    with pytest.raises(NotConnected):
        link(site, block_row, NOBODY)


@pytest.mark.parametrize("kind", ["party", "", 5])
def test_kinds_that_are_none(connected, block_row, site, kind):
    with pytest.raises(InvalidWishes):
        link(site, block_row, NOBODY, kind=kind)


# -- the list ---------------------------------------------------------------------------------------------------------


def listed(site, host=""):
    """What the author chooses from."""
    return linking.sessions_to_link(course_key=site.course_key, user_id=site.author.pk, host_email=host)


def test_the_list_has_what_is_to_come_with_its_kind_and_places(session, block_row, site, zoom):
    webinar = by_hand(zoom, kind="webinar", type=5, days=1, topic="Open day")
    weekly = by_hand(
        zoom, type=8, days=3, topic="Weekly", recurrence={"type": 2, "weekly_days": "1,2,3,4,5,6,7", "end_times": 3}
    )
    by_hand(zoom, days=-3, topic="Over")
    by_hand(zoom, type=3, topic="Any time")
    by_hand(zoom, host="colleague@example.edu", topic="Another person's")
    found = {one.zoom_id: one for one in listed(site)}
    assert list(found) == [session.zoom_id, webinar, weekly]
    assert [one.placed_in for one in found.values()] == [1, 0, 0]
    assert [one.kind for one in found.values()] == ["meeting", "webinar", "meeting"]
    assert [one.is_series for one in found.values()] == [False, False, True]
    assert {one.host_email for one in found.values()} == {"author@example.edu"}
    assert found[webinar].topic == "Open day"


def test_another_persons_list_is_not_shown(connected, site, zoom):
    by_hand(zoom, host="colleague@example.edu")
    for host in ("colleague@example.edu", "nobody@x.example", "me", "../users", "\x00"):
        with pytest.raises(InvalidWishes) as refused:
            listed(site, host)
        assert refused.value.fields == {"host_email": "not_allowed"}


def test_the_list_of_an_allowed_colleague(connected, site, zoom):
    hosts.refresh_hosts()
    hosts.set_policy(policy=Connection.HostPolicy.LIST, allowed="colleague@example.edu")
    number = by_hand(zoom, host="colleague@example.edu")
    assert [one.zoom_id for one in listed(site, "COLLEAGUE@example.edu")] == [number]


def test_without_the_permission_to_list_the_author_is_told(connected, site, zoom):
    refusal = {"code": 4711, "message": "Invalid access token, does not contain scopes:[meeting:read:list_meetings]."}
    zoom.fault("GET", "/v2/users/*/meetings", status=400, body=refusal, times=1)
    with pytest.raises(ZoomSaid, match="scope_missing"):
        listed(site)


def test_a_long_list_is_bounded(connected, site, zoom, monkeypatch):
    monkeypatch.setattr(linking, "MOST_LISTED", 3)
    for number in range(5):
        by_hand(zoom, days=1 + number)
    assert len(listed(site)) == 3
