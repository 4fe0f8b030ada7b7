"""What the editor and the preview ask for: by authors, by others, twice, late, and with anything in it."""

from __future__ import annotations

import html
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.block.test_handlers import browser, form, lms, studio
from zoom_xblock import queries
from zoom_xblock.models import Connection, Meeting, Occurrence, Placement
from zoom_xblock.services import connections, meetings

pytestmark = pytest.mark.django_db(transaction=True)

HANDLERS = (
    "save_session", "check_session", "sessions_to_link", "link_session", "unlink_session", "move_date", "remove_date",
    "keep_session",
)  # fmt: skip
WEEKLY = {"every": "week", "interval": "1", "weekdays": [1, 2, 3, 4, 5, 6, 7], "ends_by": "count", "count": "3"}
ODD = [
    [], "text", 7, None, {"kind": {}}, {"start_date": "x" * 100_000}, {"weekdays": {"a": 1}, "every": "week"},
    {"occurrence_id": ["1"]}, {"occurrence_id": "nul\x00"}, {"reference": {"a": 1}}, {"reference": "half \ud800"},
    {"host_email": ["a"]}, {"host_email": "\x00"}, {"keeps": "yes"}, {"seen": {"a": []}, "wishes_seen": [1]},
    {"start_date": "9999-12-30", "start_time": "23:00", "time_zone": "UTC", "duration_minutes": "1440"},
    {"browser_zone": ["Europe"], "start_date": "2027-03-28", "start_time": "02:30", "time_zone": "Europe/Madrid"},
]  # fmt: skip


def save(site, row, **changes):
    """The author's save of a whole form."""
    return studio(browser(site.author), row.key, "save_session", form(**changes)).json()


def at_zoom(zoom):
    """The meetings that Zoom has."""
    return [one for one in zoom.control("meetings")["meetings"] if not one["deleted_at"]]


def opened(site, row):
    """The values with which the editor's script starts, and its tokens: what an untouched form sends."""
    page = browser(site.author).get(f"/studio/xblock/{row.key}/edit").content.decode()
    args = json.loads(html.unescape(page.split('xblock-json-init-args">')[1].split("</script>")[0]))
    return {**args["values"], "seen": args["seen"], "wishes_seen": args["wishesSeen"]}


def unlinked(site, topic="Office hour", *, host="author@example.edu", registers=False):
    """A meeting that somebody made at Zoom, not through us."""
    body = {
        "topic": topic,
        "type": 2,
        "start_time": (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "duration": 50,
        "timezone": "Asia/Tokyo",
        "settings": {"approval_type": 0 if registers else 2},
    }
    reference = connections.host_reference(connections.the_connection(), host)
    return connections.client(patient=False).create_meeting("meeting", reference, body)


# -- who may, and what may come --------------------------------------------------------------------------------------


@pytest.mark.parametrize("handler", HANDLERS)
def test_nobody_but_an_author_is_answered(session, block_row, site, zoom, handler):
    before = [(one["number"], one["topic"]) for one in at_zoom(zoom)]
    assert studio(browser(site.learner1), block_row.key, handler, form()).status_code == 403
    assert studio(browser(), block_row.key, handler, form()).status_code in (302, 403)
    # The LMS could not keep what Zoom is told: its door leads nowhere, for the author neither.
    assert lms(browser(site.learner1), block_row.key, handler, form()).status_code == 403
    assert lms(browser(site.author), block_row.key, handler, form()).status_code == 403
    assert [(one["number"], one["topic"]) for one in at_zoom(zoom)] == before


@pytest.mark.parametrize("handler", HANDLERS)
def test_nothing_that_may_be_sent_is_a_server_error(session, block_row, site, zoom, handler):
    author = browser(site.author)
    for sent in ODD:
        answer = author.post(
            f"/studio/xblock/{block_row.key}/handler/{handler}", data=json.dumps(sent), content_type="application/json"
        )
        # What is no form at all is turned away at the border.
        assert answer.status_code == (200 if isinstance(sent, dict) else 400), sent
        assert isinstance(answer.json(), dict), sent


@pytest.mark.parametrize(
    "draft",
    [
        {"duration_minutes": "sixty", "starts_at": "whenever", "recurrence": "weekly", "has_score": "perhaps"},
        {"kind": 7, "time_zone": ["UTC"], "weight": "heavy", "completion": {}, "recurrence": {"every": ["day"]}},
        {"display_name": "", "description": None, "weight": 10.0**300, "required_percent": 10**30},
        {"starts_at": "9999-12-31T23:59:59+00:00"},
    ],
    ids=["words", "shapes", "sizes", "the last day"],
)
def test_a_component_with_garbage_in_it_can_be_opened_and_mended(connected, block_row, site, zoom, draft):
    block_row.draft = draft
    block_row.save()
    author = browser(site.author)
    for address in ("/studio/", f"/studio/xblock/{block_row.key}/edit"):
        assert author.get(address).status_code == 200, address
    assert save(site, block_row)["saved"] is True


def test_editor_and_preview_ask_zoom_nothing_and_the_database_little(
    session, block_row, site, zoom, settings, django_assert_max_num_queries
):
    settings.ZOOM_XBLOCK_API_BASE_URL = settings.ZOOM_XBLOCK_OAUTH_BASE_URL = "http://127.0.0.1:1"
    assert browser(site.author).get("/studio/").status_code == 200
    assert browser(site.author).get(f"/studio/xblock/{block_row.key}/edit").status_code == 200
    with django_assert_max_num_queries(6):
        queries.author_facts(block_row.key)


# -- two tabs, and somebody at Zoom ----------------------------------------------------------------------------------


def test_a_form_that_is_out_of_date_overwrites_only_knowingly(session, block_row, site, zoom):
    old = queries.author_facts(block_row.key).token
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", topic="Renamed by the host")
    said = save(site, block_row, display_name="Mine", seen=old)
    assert said["saved"] is False
    assert said["changed"]["theirs"]["display_name"] == "Renamed by the host"
    assert at_zoom(zoom)[0]["topic"] == "Renamed by the host"
    block_row.refresh_from_db()
    assert block_row.draft["display_name"] == "Algebra live"
    assert save(site, block_row, display_name="Mine", seen=said["changed"]["seen"])["saved"] is True
    assert at_zoom(zoom)[0]["topic"] == "Mine"


def test_of_two_new_forms_the_second_does_not_make_a_second_session(connected, block_row, site, zoom):
    token = queries.author_facts(block_row.key).token
    assert save(site, block_row, display_name="First tab", seen=token)["saved"] is True
    said = save(site, block_row, display_name="Second tab", seen=token)
    assert said["changed"]["theirs"]["display_name"] == "First tab"
    assert [one["topic"] for one in at_zoom(zoom)] == ["First tab"]


def test_what_another_tab_saved_of_the_rule_is_not_lost_either(session, block_row, site, zoom):
    seen = opened(site, block_row)["wishes_seen"]
    assert save(site, block_row, show_calendar=False, wishes_seen=seen)["saved"] is True
    said = save(site, block_row, show_recordings=True, wishes_seen=seen)
    assert said["changed"]["theirs"]["show_calendar"] is False
    block_row.refresh_from_db()
    assert block_row.draft["show_calendar"] is False
    assert block_row.draft.get("show_recordings", False) is False
    again = {"show_recordings": True, "show_calendar": False, "wishes_seen": said["changed"]["wishesSeen"]}
    assert save(site, block_row, **again)["saved"] is True


def test_a_token_is_the_same_until_something_that_the_form_shows_is_another(session, block_row):
    first = queries.author_facts(block_row.key).token
    Meeting.objects.update(read_at=timezone.now(), state=Meeting.State.LIVE, has_registration=False)
    assert queries.author_facts(block_row.key).token == first
    for change in (
        {"topic": "Other"},
        {"duration_minutes": 1},
        {"options": {"entry": "open"}},
        {"recurrence": {"every": "day"}},
        {"alternative_hosts": "b@example.edu"},
        {"state": Meeting.State.GONE},
    ):
        Meeting.objects.update(**change)
        now = queries.author_facts(block_row.key).token
        assert now != first, change
        first = now


# -- what goes to Zoom -----------------------------------------------------------------------------------------------


def test_everything_that_was_asked_for_is_told_to_zoom_and_kept(connected, block_row, site, zoom):
    answer = save(
        site, block_row, entry="waiting_room", mute_on_entry=False, host_video=True, passcode_choice="own",
        passcode="aB3_xyz", completion="percent", required_percent="75", show_recordings=True,
    )  # fmt: skip
    assert (answer["saved"], answer["notes"]) == (True, [])
    [made] = at_zoom(zoom)
    settings = made["settings"]
    assert (settings["waiting_room"], settings["mute_upon_entry"], settings["host_video"]) == (True, False, True)
    block_row.refresh_from_db()
    draft = block_row.draft
    assert (draft["entry"], draft["completion"], draft["required_percent"]) == ("waiting_room", "percent", 75)
    assert "aB3_xyz" not in json.dumps(draft)
    page = browser(site.author).get(f"/studio/xblock/{block_row.key}/edit").content.decode()
    assert "aB3_xyz" not in page
    assert "There is one now" in page


def test_a_save_that_changes_nothing_sends_nothing_even_of_a_start_that_is_over(session, block_row, site, zoom):
    past = (timezone.now() - timedelta(hours=3)).replace(microsecond=0)
    zoom.control(f"meetings/{session.zoom_id}", "PATCH", start_time=past.strftime("%Y-%m-%dT%H:%M:%SZ"))
    meetings.refresh_meeting(session.pk)
    sent = opened(site, block_row)
    zoom.fault("PATCH", "/v2/meetings/*", status=500)
    assert studio(browser(site.author), block_row.key, "save_session", sent).json()["saved"] is True
    block_row.refresh_from_db()
    assert block_row.draft["display_name"] == "Algebra live"


def test_what_zoom_fixes_is_told_with_its_value(connected, block_row, site, zoom):
    zoom.control("accounts/DemoUniversityAccount1", "PATCH", locked_settings={"waiting_room": True})
    (note,) = save(site, block_row, entry="open")["notes"]
    assert note.startswith("Letting people in: Zoom has “Waiting room”.")
    assert opened(site, block_row)["entry"] == "waiting_room"
    assert "Letting people in" in browser(site.author).get("/studio/").content.decode()


def test_a_gone_session_is_followed_by_a_new_one(session, block_row, site, zoom):
    Meeting.objects.update(state=Meeting.State.GONE)
    token = queries.author_facts(block_row.key).token
    page = browser(site.author).get(f"/studio/xblock/{block_row.key}/edit").content.decode()
    assert "Make a new one with what stands below, or link another." in page
    assert save(site, block_row, seen=token)["message"] == "The session was made at Zoom."
    assert Placement.objects.get().meeting_id != session.pk


def test_the_daily_limit_says_when_it_ends_in_the_authors_zone(connected, block_row, site, zoom):
    zoom.fault("POST", "/v2/users/*/meetings", times=1, rate_limit="per_host")
    message = save(site, block_row, browser_zone="Asia/Tokyo")["message"]
    assert "9 a.m." in message
    assert "Asia/Tokyo" in message


# -- series ----------------------------------------------------------------------------------------------------------


def test_single_dates_are_moved_and_removed_and_the_form_goes_on(connected, block_row, site, zoom):
    assert save(site, block_row, **WEEKLY)["saved"] is True
    author = browser(site.author)
    first, second, third = Occurrence.objects.order_by("starts_at")
    day = (first.starts_at + timedelta(hours=2)).strftime("%Y-%m-%d")
    sent = {"occurrence_id": first.occurrence_id, "start_date": day, "start_time": "23:00", "duration_minutes": 30}
    moved = studio(author, block_row.key, "move_date", sent).json()
    assert moved["saved"] is True
    assert "11 p.m. (30 minutes)" in moved["dates"][0]["text"]
    removed = studio(author, block_row.key, "remove_date", {"occurrence_id": second.occurrence_id}).json()
    assert [one["is_removed"] for one in removed["dates"]].count(True) <= 1
    left = [one for one in removed["dates"] if not one["is_removed"]]
    assert {one["id"] for one in left} == {first.occurrence_id, third.occurrence_id}
    assert save(site, block_row, show_calendar=False, **WEEKLY, seen=removed["seen"])["saved"] is True


def test_a_date_that_is_not_there_is_refused_at_the_list(connected, block_row, site, zoom):
    save(site, block_row, **WEEKLY)
    said = studio(browser(site.author), block_row.key, "remove_date", {"occurrence_id": "12345"}).json()
    assert said["saved"] is False
    assert set(said["errors"]) == {"date"}


# -- linking ---------------------------------------------------------------------------------------------------------


def test_linking_asks_first_and_then_the_component_shows_that_session(connected, block_row, site, zoom):
    made = unlinked(site)
    author = browser(site.author)
    listed = studio(author, block_row.key, "sessions_to_link", {}).json()["sessions"]
    assert [one["id"] for one in listed] == [str(made.zoom_id)]
    sent = {"reference": listed[0]["id"], "completion": "joining"}
    asked = studio(author, block_row.key, "link_session", sent).json()
    assert asked["agreement"]["changes"]
    assert Placement.objects.filter(meeting__isnull=False).count() == 0
    odd = studio(author, block_row.key, "link_session", {**sent, "agreed": "yes"}).json()
    assert "agreement" in odd  # nobody agrees by accident
    assert studio(author, block_row.key, "link_session", {**sent, "agreed": True}).json()["saved"] is True
    block_row.refresh_from_db()
    draft = block_row.draft
    assert (draft["display_name"], draft["duration_minutes"], draft["time_zone"]) == ("Office hour", 50, "Asia/Tokyo")
    assert draft["completion"] == "joining"
    assert str(made.zoom_id) not in json.dumps(draft)
    assert "was linked" in author.get("/studio/").content.decode()


def test_a_linked_session_is_let_go_and_stays_at_zoom(connected, block_row, site, zoom):
    made = unlinked(site, registers=True)
    author = browser(site.author)
    answer = studio(author, block_row.key, "link_session", {"reference": str(made.zoom_id), "agreed": True}).json()
    assert answer["saved"] is True
    assert studio(author, block_row.key, "unlink_session", {}).json()["saved"] is True
    assert Placement.objects.get().meeting is None
    assert [one["number"] for one in at_zoom(zoom)] == [made.zoom_id]
    assert studio(author, block_row.key, "unlink_session", {}).json()["saved"] is False


@pytest.mark.parametrize("reference", ["81234567890", "https://evil.example.com/j/1", "not a number"])
def test_what_cannot_be_linked_is_said_at_the_field(connected, block_row, site, zoom, reference):
    said = studio(browser(site.author), block_row.key, "link_session", {"reference": reference}).json()
    assert set(said["errors"]) == {"reference"}


def test_sessions_of_hosts_whom_the_author_may_not_use_are_neither_listed_nor_linked(connected, block_row, site, zoom):
    Connection.objects.update(host_policy=Connection.HostPolicy.OWN)
    made = unlinked(site, host="zoom-admin@example.edu")
    author = browser(site.author)
    listed = studio(author, block_row.key, "sessions_to_link", {"host_email": "zoom-admin@example.edu"}).json()
    assert set(listed["errors"]) == {"host_email"}
    said = studio(author, block_row.key, "link_session", {"reference": str(made.zoom_id), "agreed": True}).json()
    assert set(said["errors"]) == {"reference"}
    assert Meeting.objects.count() == 0


# -- the preview -----------------------------------------------------------------------------------------------------


def test_a_session_is_kept_when_its_author_says_so(session, block_row, site, zoom):
    author = browser(site.author)
    assert studio(author, block_row.key, "keep_session", {"keeps": True}).json()["saved"] is True
    assert Placement.objects.get().keeps_meeting is True
    assert studio(author, block_row.key, "keep_session", {"keeps": "true"}).json()["saved"] is True
    assert Placement.objects.get().keeps_meeting is False


def test_keeping_what_is_not_there_is_refused_in_words(connected, block_row, site, zoom):
    said = studio(browser(site.author), block_row.key, "keep_session", {"keeps": True}).json()
    assert (said["saved"], said["message"]) == (False, "This component has no session yet. Save it first.")


def test_who_is_not_the_host_is_told_how_to_get_in(session, block_row, site, zoom):
    Meeting.objects.update(host_email="somebody@example.edu")
    page = browser(site.author).get("/studio/").content.decode()
    assert f"/zoom/start/{block_row.key}" not in page
    assert "Open the unit in the course" in page


def test_an_unpublished_rule_is_said_and_gone_after_publishing(session, block_row, site, zoom):
    author = browser(site.author)
    save(site, block_row, required_minutes="30")
    assert "until you publish this one (30 minutes)" in author.get("/studio/").content.decode()
    block_row.refresh_from_db()
    block_row.published = block_row.draft
    block_row.save()
    assert "until you publish" not in author.get("/studio/").content.decode()
