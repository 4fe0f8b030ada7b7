"""Who gets in, sound, video, recording, passcode, hosts, mails: what is sent, what Zoom makes of it, what is told."""

from __future__ import annotations

import pytest
from django.utils import timezone

from demo.zoom import seed
from tests.conftest import make_block, wishes_of
from tests.services.test_meetings import at_zoom, save, writes
from zoom_xblock.models import Host, Meeting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import hosts, meetings
from zoom_xblock.services.errors import InvalidWishes, ZoomSaid
from zoom_xblock.services.wishes import OPTIONS

pytestmark = pytest.mark.django_db

OTHERS = {
    "entry": "waiting_room",
    "signed_in_only": True,
    "host_video": True,
    "participant_video": True,
    "mute_on_entry": False,
    "auto_recording": "local",
    "practice_session": True,
    "question_and_answer": False,
    "zoom_emails": True,
}
#: Names that a kind does not know.
NOT_OF = {"meeting": {"practice_session", "question_and_answer"}, "webinar": {"entry", "mute_on_entry"}}
DEFAULTS = {
    "entry": "host_first",
    "signed_in_only": False,
    "host_video": False,
    "participant_video": False,
    "mute_on_entry": True,
    "auto_recording": "none",
    "practice_session": False,
    "question_and_answer": True,
    "zoom_emails": False,
}


def settings_at(zoom, meeting):
    """What the stand-in stores."""
    return zoom.control(f"meetings/{meeting.zoom_id}")["settings"]


def add_host(email, **facts):
    """A user of the account as the daily list found her."""
    return Host.objects.create(
        zoom_id=email, id_digest=digest(email), email=email, name=email, listed_at=timezone.now(), **facts
    )


def test_every_option_has_a_default_and_another_value():
    assert set(OTHERS) == set(DEFAULTS) == set(OPTIONS)


@pytest.mark.parametrize("kind", ["meeting", "webinar"])
def test_every_option_reaches_zoom_and_is_kept_under_our_name(connected, zoom, site, kind):
    saved = save(site, make_block(site.course_key, kind=kind, **OTHERS))
    assert saved.differences == []
    wanted = {name: value for name, value in OTHERS.items() if name not in NOT_OF[kind]}
    assert saved.meeting.options == {**wanted, "has_passcode": False}


@pytest.mark.parametrize("kind", ["meeting", "webinar"])
@pytest.mark.parametrize("name", OPTIONS)
def test_each_option_is_changed_alone_and_only_if_it_differs(connected, zoom, site, kind, name):
    row = make_block(site.course_key, kind=kind, **DEFAULTS)
    save(site, row)
    zoom.held()
    assert not save(site, row, has_moved=False).was_sent
    saved = save(site, row, has_moved=False, **{name: OTHERS[name]})
    if name in NOT_OF[kind]:
        assert not saved.was_sent
        assert saved.differences == []
        return
    assert saved.was_sent
    assert saved.differences == []
    assert saved.meeting.options == {
        **{key: value for key, value in DEFAULTS.items() if key not in NOT_OF[kind]},
        "has_passcode": False,
        name: OTHERS[name],
    }
    [event] = writes(zoom)
    assert set(event["body"]["payload"]["object"]) <= {"id", "settings"}
    assert not save(site, row, has_moved=False, **{name: OTHERS[name]}).was_sent


@pytest.mark.parametrize(
    ("entry", "waits", "early"), [("host_first", False, False), ("waiting_room", True, False), ("open", False, True)]
)
def test_entry_is_one_choice_of_three(connected, zoom, site, entry, waits, early):
    saved = save(site, make_block(site.course_key, entry=entry))
    stored = settings_at(zoom, saved.meeting)
    assert (stored["waiting_room"], stored["join_before_host"]) == (waits, early)


@pytest.mark.parametrize("kind", ["meeting", "webinar"])
def test_zoom_writes_to_nobody_unless_asked(connected, zoom, site, kind):
    saved = save(site, make_block(site.course_key, kind=kind))
    stored = settings_at(zoom, saved.meeting)
    mails = {name: value for name, value in stored.items() if name.startswith("registrants_") and "email" in name}
    assert set(mails.values()) == {False}
    assert len(mails) == 2
    assert all(stored[name]["enable"] is False for name in stored if name.startswith(("follow_up", "attendees_and")))


def test_a_part_of_a_setting_leaves_its_other_parts(connected, zoom, site):
    row = make_block(site.course_key, kind="webinar")
    saved = save(site, row)
    kept = {"enable": True, "allow_anonymous_questions": False, "answer_questions": "only"}
    zoom.control(f"meetings/{saved.meeting.zoom_id}", "PATCH", settings={"question_and_answer": kept})
    save(site, row, question_and_answer=False)
    assert settings_at(zoom, saved.meeting)["question_and_answer"] == {**kept, "enable": False}


LOCKS = {
    "entry": {"waiting_room": True},
    "signed_in_only": {"meeting_authentication": True},
    "host_video": {"host_video": True},
    "participant_video": {"participant_video": True},
    "mute_on_entry": {"mute_upon_entry": False},
    "auto_recording": {"auto_recording": "cloud"},
    "zoom_emails": {"registrants_confirmation_email": True},
}


@pytest.mark.parametrize("name", LOCKS)
def test_what_the_account_locks_is_told(connected, zoom, site, name):
    zoom.control(f"accounts/{seed.ACCOUNT_ID}", "PATCH", locked_settings=LOCKS[name])
    saved = save(site, make_block(site.course_key, **DEFAULTS))
    assert saved.differences == [f"other_{name}"]
    assert saved.meeting.options[name] == OTHERS[name] or name == "auto_recording"


@pytest.mark.parametrize("name", ["practice_session"])
def test_what_the_account_locks_of_webinars_is_told(connected, zoom, site, name):
    zoom.control(f"accounts/{seed.ACCOUNT_ID}", "PATCH", locked_settings={name: True})
    saved = save(site, make_block(site.course_key, kind="webinar", **DEFAULTS))
    assert saved.differences == [f"other_{name}"]


# -- passcode ---------------------------------------------------------------------------------------------------------


def test_a_passcode_is_set_left_changed_and_removed_and_is_nowhere_of_ours(connected, zoom, site):
    row = make_block(site.course_key)
    meeting = save(site, row, passcode="Ab3*-_@9").meeting

    def at_zoom_now():
        return zoom.control(f"meetings/{meeting.zoom_id}")["password"]

    assert at_zoom_now() == "Ab3*-_@9"
    assert meeting.options["has_passcode"] is True
    assert "Ab3*-_@9" not in str(list(Meeting.objects.values()))
    assert not save(site, row, has_moved=False).was_sent
    assert not save(site, row, has_moved=False, passcode="Ab3*-_@9").was_sent
    assert at_zoom_now() == "Ab3*-_@9"
    assert save(site, row, has_moved=False, passcode="other").differences == []
    assert at_zoom_now() == "other"
    saved = save(site, row, has_moved=False, passcode="")
    assert at_zoom_now() == ""
    assert saved.meeting.options["has_passcode"] is False


def test_an_account_that_insists_on_passcodes_makes_one_and_the_author_is_told(connected, zoom, site):
    zoom.control(f"accounts/{seed.ACCOUNT_ID}", "PATCH", require_passcode=True)
    row = make_block(site.course_key)
    saved = save(site, row)
    assert saved.differences == []  # nothing was asked for
    assert saved.meeting.options["has_passcode"] is True
    assert save(site, row, passcode="").differences == ["other_passcode"]


def test_a_passcode_that_the_account_refuses_stands_at_its_field(connected, zoom, site):
    rule = {"code": 300, "message": "Passcode must have a minimum length of 8 characters."}
    zoom.fault("POST", "/v2/users/*/meetings", status=400, body=rule, times=1)
    with pytest.raises(ZoomSaid) as refused:
        save(site, make_block(site.course_key), passcode="123")
    assert refused.value.fields == {"passcode": "refused"}
    assert at_zoom(zoom) == []


# -- hosts ------------------------------------------------------------------------------------------------------------


def test_alternative_hosts_are_licensed_users_of_the_account(connected, zoom, site):
    hosts.refresh_hosts()
    row = make_block(site.course_key)
    saved = save(
        site, row, alternative_hosts=(" Colleague@example.edu ", "author@example.edu", "colleague@EXAMPLE.edu")
    )
    assert saved.differences == []
    assert saved.meeting.alternative_hosts == "colleague@example.edu"  # once, and not the host
    assert not save(site, row, has_moved=False).was_sent
    assert not save(site, row, has_moved=False, alternative_hosts=("COLLEAGUE@example.edu",)).was_sent
    assert save(site, row, has_moved=False, alternative_hosts=()).meeting.alternative_hosts == ""


@pytest.mark.parametrize(
    ("address", "slug"),
    [("basic@example.edu", "not_licensed"), ("stranger@elsewhere.example", "unknown"), ("left@example.edu", "unknown")],
)
def test_others_are_refused_before_zoom_is_asked(connected, zoom, site, address, slug):
    hosts.refresh_hosts()
    add_host("left@example.edu", is_licensed=True, is_active=False)
    with pytest.raises(InvalidWishes) as refused:
        save(site, make_block(site.course_key), alternative_hosts=(address,))
    assert refused.value.fields == {"alternative_hosts": slug}
    assert at_zoom(zoom) == []


def test_an_alternative_host_whom_zoom_refuses_stands_at_its_field(connected, zoom, site):
    add_host("new@example.edu", is_licensed=True)  # our list is older than Zoom's
    with pytest.raises(ZoomSaid) as refused:
        save(site, make_block(site.course_key), alternative_hosts=("new@example.edu",))
    assert refused.value.fields == {"alternative_hosts": "refused"}
    assert at_zoom(zoom) == []


def test_an_alternative_host_whom_zoom_drops_is_told(connected, zoom, site):
    zoom.control("options", alternative_hosts="drop")
    add_host("new@example.edu", is_licensed=True)
    saved = save(site, make_block(site.course_key), alternative_hosts=("new@example.edu",))
    assert saved.differences == ["other_alternative_hosts"]


def test_a_host_without_webinars_stands_at_the_kind(connected, zoom, site):
    from zoom_xblock.services import connections

    connections.save_app(client_id=connected.client_id, host_email="colleague@example.edu")
    with pytest.raises(ZoomSaid) as refused:
        save(site, make_block(site.course_key, kind="webinar"))
    assert refused.value.fields == {"kind": "no_webinar"}


@pytest.mark.parametrize(
    ("zooms", "ours"),
    [
        ("topic", "display_name"),
        ("agenda", "description"),
        ("start_time", "starts_at"),
        ("duration", "duration_minutes"),
        ("timezone", "time_zone"),
        ("recurrence.end_times", "recurrence"),
        ("settings.auto_recording", "auto_recording"),
        ("settings.waiting_room", "entry"),
        ("settings.meeting_authentication", "signed_in_only"),
        ("settings.registrants_confirmation_email", "zoom_emails"),
        ("password", "passcode"),
        ("something.new", "display_name"),
    ],
)
def test_a_refusal_stands_at_the_field_it_concerns(connected, zoom, site, zooms, ours):
    body = {"code": 300, "message": "Validation Failed.", "errors": [{"field": zooms, "message": "Invalid field."}]}
    zoom.fault("POST", "/v2/users/*/meetings", status=400, body=body, times=1)
    with pytest.raises(ZoomSaid) as refused:
        save(site, make_block(site.course_key))
    assert refused.value.fields == {ours: "refused"}
    assert refused.value.slug == "refused_fields"


# -- limits -----------------------------------------------------------------------------------------------------------


def test_the_limit_of_a_day_is_told_with_its_end(session, block_row, zoom, site):
    zoom.control("options", daily_write_limit=1)
    with pytest.raises(ZoomSaid, match="daily_limit") as refused:
        save(site, block_row, has_moved=False, display_name="One too many")
    until = refused.value.until
    assert (until.hour, until.minute, until.second) == (0, 0, 0)
    assert 0 < (until - timezone.now()).total_seconds() <= 86_400 + 60
    session.refresh_from_db()
    assert session.topic == "Algebra live"


def test_the_end_that_zoom_names_counts(connected, block_row, zoom, site):
    ends = timezone.now().replace(microsecond=0) + timezone.timedelta(hours=3)
    zoom.fault("POST", "/v2/users/*/meetings", rate_limit="daily", headers={"Retry-After": ends.isoformat()}, times=1)
    with pytest.raises(ZoomSaid, match="daily_limit") as refused:
        save(site, block_row)
    assert abs((refused.value.until - ends).total_seconds()) <= 61


def test_a_limit_of_a_second_has_no_end_to_tell(connected, block_row, zoom, site):
    zoom.fault("POST", "/v2/users/*/meetings", rate_limit="per_second", times=1)
    with pytest.raises(ZoomSaid, match="rate_limited") as refused:
        save(site, block_row)
    assert refused.value.until is None


def test_a_licence_that_is_known_to_lack_is_not_asked_about_again_and_again(connected, zoom, site):
    from zoom_xblock.services import connections

    connections.save_app(client_id=connected.client_id, host_email="basic@example.edu")
    zoom.control("options", basic_approval_type="downgraded")
    hosts.refresh_hosts()
    row = make_block(site.course_key)
    assert save(site, row).differences == ["no_registration"]
    saved = save(site, row, has_moved=False)
    assert not saved.was_sent
    assert saved.differences == ["no_registration"]


def test_a_host_who_approves_by_hand_stays_one(session, block_row, zoom, site):
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", settings={"approval_type": 1})
    assert not save(site, block_row, has_moved=False).was_sent
    assert settings_at(zoom, session)["approval_type"] == 1


def test_what_was_not_asked_for_is_left(session, block_row, zoom, site):
    """A block that is older than a field says nothing about it."""
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", settings={"waiting_room": True})
    wishes = wishes_of(block_row, has_moved=False, display_name="Other")
    bare = meetings.SessionWishes(**{**wishes.__dict__, "options": {}})
    meetings.save_session(usage_key=block_row.key, user_id=site.author.pk, wishes=bare)
    assert settings_at(zoom, session)["waiting_room"] is True
