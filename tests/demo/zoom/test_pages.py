"""Rooms as two people in two browser windows use them, without a script: links, waiting room, leaving, ending."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests


class Window:
    """A browser window that follows forms as a person would."""

    def __init__(self, zoom):
        self.zoom, self.session, self.page = zoom, requests.Session(), None
        self.session.trust_env = False

    def open(self, url):
        self.page = self.session.get(url)
        return self

    def send(self, **form):
        kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.page.text.split("<h2")[0]))
        kept.pop("do", None)
        self.page = self.session.post(self.page.url, data={**kept, **form})
        return self

    def press(self, do, **more):
        self.page = self.session.post(self.page.url, data={"do": do, **more})
        return self

    def look(self):
        self.page = self.session.get(self.page.url)
        return self

    @property
    def says(self):
        found = re.search(r"data-say>([^<]+)<", self.page.text)
        return found.group(1) if found else ""

    @property
    def text(self):
        return self.page.text


@pytest.fixture
def window(zoom):
    return lambda: Window(zoom)


@pytest.fixture
def host_url(api):
    return lambda number: api.get(f"/meetings/{number}").json()["start_url"]


def rows(zoom, number):
    return [(row["name"], row["place"], row["to"] is None) for row in zoom.control(f"record?number={number}")["rows"]]


def test_whole_session_in_two_windows(zoom, api, receiver, window, host_url):
    made = api.meeting(settings={"approval_type": 0, "waiting_room": True})
    number = made["id"]
    ana = window().open(api.register(number)["join_url"])
    assert "You join as <strong>Ana López</strong>" in ana.text
    assert ana.send().says == "The host has not started this meeting yet."
    host = window().open(host_url(number))
    assert "Start the meeting" in host.text
    assert host.send().says == "You are in the meeting."
    assert ana.look().says == "You are in the waiting room."
    assert "Waiting room (1)" in host.look().text
    connection = re.search(r'name="connection" value="(\d+)"', host.text).group(1)
    host.press("admit", connection=connection)
    assert "Participants (2)" in host.text
    assert ana.look().says == "You are in the meeting."
    assert ana.press("leave").says == "You have left."
    assert ana.press("rejoin").says == "You are in the waiting room."
    host.look().press("admit_all")
    assert ana.look().says == "You are in the meeting."
    assert host.press("end").says == "You ended the meeting for all."
    assert ana.look().says == "The host has ended this meeting."
    assert rows(zoom, number) == [
        ("Ada Author", "main", False),
        ("Ana López", "waiting room", False),
        ("Ana López", "main", False),
        ("Ana López", "waiting room", False),
        ("Ana López", "main", False),
    ]
    zoom.control("deliveries/wait", "POST")
    names = {event.removeprefix("meeting.") for event in receiver.events}
    assert {
        "started",
        "ended",
        "participant_joined",
        "participant_left",
        "participant_jbh_waiting",
        "participant_jbh_waiting_left",
        "participant_joined_waiting_room",
        "participant_admitted",
        "participant_left_waiting_room",
    } <= names


def test_reload_makes_no_second_connection(zoom, api, window, host_url):
    number = api.meeting()["id"]
    link = api.register(number)["join_url"]
    host, ana = window().open(host_url(number)).send(), window().open(link).send()
    for _ in "123":
        ana.look()
    assert ana.open(link).says == "You are in the meeting.", "the link leads back into the room"
    host.open(host_url(number))
    assert host.says == "You are in the meeting."
    assert len(rows(zoom, number)) == 2


def test_second_browser_is_a_second_connection(zoom, api, window, host_url):
    number = api.meeting()["id"]
    link = api.register(number)["join_url"]
    window().open(host_url(number)).send()
    for _ in "12":
        window().open(link).send()
    assert [name for name, _, _ in rows(zoom, number)] == ["Ada Author", "Ana López", "Ana López"]


def test_host_and_learners_can_share_one_browser(zoom, api, window, host_url):
    number = api.meeting()["id"]
    browser = window()
    browser.open(host_url(number)).send()
    for email in ("ana@example.edu", "ben@example.edu"):
        browser.open(api.register(number, email, first_name=email[:3].capitalize())["join_url"]).send()
        assert browser.says == "You are in the meeting."
    assert len(rows(zoom, number)) == 3


def test_join_before_host_lets_in_from_its_minutes_on(zoom, api, window):
    zoom.control("clock", freeze=True, set="2030-01-07T08:00:00Z")
    api.session.headers.update(zoom.bearer(client_id="demoZoomClientId000001"))
    number = api.meeting(settings={"approval_type": 0, "join_before_host": True, "jbh_time": 10})["id"]
    ana = window().open(api.register(number)["join_url"]).send()
    assert ana.says == "The host has not started this meeting yet."
    zoom.control("clock", set="2030-01-07T08:51:00Z")
    assert ana.look().says == "You are in the meeting."
    assert zoom.control(f"meetings/{number}")["running"], "a sitting began without the host"


def test_last_one_leaving_ends_the_sitting(zoom, api, window):
    number = api.meeting(settings={"approval_type": 0, "join_before_host": True})["id"]
    ana = window().open(api.register(number)["join_url"]).send()
    first = zoom.control(f"meetings/{number}")["running"]
    ana.press("leave")
    assert zoom.control(f"meetings/{number}")["running"] == ""
    ana.press("rejoin")
    assert zoom.control(f"meetings/{number}")["running"] not in ("", first)


def test_plain_link_with_registration_shows_zoom_s_form(zoom, api, window):
    made = api.meeting()
    page = window().open(made["join_url"])
    assert "needs a registration" in page.text
    page.send(first_name="Mickey", last_name="Mouse", email="mickey@example.org")
    link = re.search(r'href="([^"]*/w/[^"]+)"', page.text).group(1).replace("&amp;", "&")
    assert "Mickey Mouse" in window().open(link).text
    assert api.get(f"/meetings/{made['id']}/registrants").json()["total_records"] == 1
    assert "Please check: email." in window().open(made["registration_url"]).send(first_name="M", email="x").text


def test_plain_link_without_registration_asks_a_name_and_passcode(zoom, api, window):
    made = api.meeting(settings={"approval_type": 2, "join_before_host": True}, password="abc123")
    number = made["id"]
    known = window().open(made["join_url"])
    assert 'name="passcode"' not in known.text
    assert known.send(name="Guest One").says == "You are in the meeting."
    bare = window().open(f"{zoom.url}/j/{number}")
    assert bare.send(name="Guest Two", passcode="wrong").page.status_code == 400
    assert "The passcode is wrong." in bare.text
    assert bare.send(name="", passcode="abc123").page.status_code == 400
    assert bare.send(name="Guest Two", passcode="abc123").says == "You are in the meeting."
    assert [name for name, _, _ in rows(zoom, number)] == ["Guest One", "Guest Two"]


def test_member_can_join_signed_in_and_some_meetings_insist(zoom, api, window):
    made = api.meeting(settings={"approval_type": 2, "join_before_host": True, "meeting_authentication": True})
    page = window().open(made["join_url"])
    assert page.send(name="Guest").page.status_code == 400
    member = api.get("/users/colleague@example.edu").json()["id"]
    assert page.send(name="", user=member).says == "You are in the meeting."
    assert zoom.control(f"record?number={made['id']}")["rows"][0]["user_id"] == member


def test_host_can_send_somebody_back_to_the_waiting_room(zoom, api, window, host_url):
    number = api.meeting()["id"]
    host = window().open(host_url(number)).send()
    ana = window().open(api.register(number)["join_url"]).send()
    connection = re.findall(r'name="connection" value="(\d+)"', host.look().text)[0]
    host.press("put_back", connection=connection)
    assert ana.look().says == "You are in the waiting room."
    ana.press("admit", connection=connection)
    assert ana.look().says == "You are in the waiting room.", "only the host admits"
    ana.press("end")
    assert host.look().says == "You are in the meeting."


def test_start_link_expires_after_two_hours(zoom, api, window, host_url):
    number = api.meeting()["id"]
    link = host_url(number)
    zoom.control("clock", advance=7199)
    assert window().open(link).page.status_code == 200
    zoom.control("clock", advance=2)
    assert window().open(link).page.status_code == 403
    assert window().open(f"{zoom.url}/s/{number}").page.status_code == 403


def test_start_link_of_one_meeting_does_not_start_another(zoom, api, window, host_url):
    one, other = api.meeting()["id"], api.meeting()["id"]
    zak = parse_qs(urlsplit(host_url(one)).query)["zak"][0]
    assert window().open(f"{zoom.url}/s/{other}?zak={zak}").page.status_code == 403


def test_alternative_host_starts_and_others_do_not(zoom, api, window):
    number = api.meeting(settings={"alternative_hosts": "colleague@example.edu"})["id"]
    for name, status in (("colleague", 200), ("zoom-admin", 403)):
        zak = api.get(f"/users/{name}@example.edu/zak").json()["token"]
        assert window().open(f"{zoom.url}/s/{number}?zak={zak}").page.status_code == status


def test_links_of_gone_meetings_and_registrations_say_so(zoom, api, window):
    made = api.meeting(settings={"approval_type": 1})
    api.register(made["id"])
    tk = zoom.control(f"meetings/{made['id']}")["registrants"][0]["tk"]
    pending = window().open(f"{zoom.url}/w/{made['id']}?tk={tk}")
    assert (pending.page.status_code, "not approved" in pending.text) == (403, True)
    assert window().open(f"{zoom.url}/w/{made['id']}?tk=wrong").page.status_code == 403
    api("DELETE", f"/meetings/{made['id']}")
    for link in (
        made["join_url"],
        made["start_url"],
        f"{zoom.url}/w/{made['id']}?tk={tk}",
        f"{zoom.url}/room/{made['id']}/host",
    ):
        assert window().open(link).page.status_code in (403, 404)


def test_webinar_attendees_wait_for_the_host_and_see_no_list(zoom, api, window):
    made = api.meeting(kind="webinar")
    ana = window().open(api.register(made["id"], kind="webinar")["join_url"]).send()
    assert ana.says == "The host has not started this webinar yet."
    host = window().open(made["start_url"]).send()
    assert ana.look().says == "You are in the webinar."
    assert "Participants" not in ana.text
    assert "Participants (2)" in host.look().text
    assert "End webinar for all" in host.text


def test_room_tells_news_as_json(zoom, api, window, host_url):
    number = api.meeting()["id"]
    host = window().open(host_url(number)).send()
    news = host.session.get(host.page.url + "/state").json()
    assert (news["where"], "You are in the meeting." in news["html"]) == ("inside", True)
    assert host.session.get(host.page.url + "/state").json()["stamp"] == news["stamp"]
    assert requests.get(host.page.url + "/state").status_code == 403


def test_names_are_escaped(zoom, api, window):
    made = api.meeting(topic="<script>alert(1)</script>", settings={"approval_type": 2, "join_before_host": True})
    page = window().open(made["join_url"]).send(name="<b>Bold</b>")
    assert "<script>alert" not in page.text
    assert "<b>Bold" not in page.text
    assert "<script>alert" not in requests.get(zoom.url).text


def test_front_page_shows_what_to_paste(zoom, api):
    api.meeting(topic="Front page topic")
    text = requests.get(zoom.url).text
    for wanted in (
        "demoZoomClientId000001",
        "demoZoomClientSecret000000000001",
        "demoZoomSecretToken001",
        "author@example.edu",
        "Front page topic",
        "start as host",
        "/zoom/end_meeting",
    ):
        assert wanted in text


def test_every_page_has_a_title_a_heading_and_labels(zoom, api, window, host_url):
    made, open_one = api.meeting(), api.meeting(settings={"approval_type": 2}, password="abc")
    pages = [
        window().open(url).text
        for url in (
            zoom.url,
            made["join_url"],
            f"{zoom.url}/j/{open_one['id']}",
            api.register(made["id"])["join_url"],
            host_url(made["id"]),
            f"{zoom.url}/j/1",
            f"{zoom.url}/oauth/authorize?client_id=demoZoomClientId000001&response_type=code"
            "&redirect_uri=http://127.0.0.1:9/zoom/oauth/callback",
        )
    ]
    pages.append(window().open(host_url(made["id"])).send().text)
    for text in pages:
        assert '<html lang="en">' in text
        assert re.search(r"<title>.+</title>", text)
        assert text.count("<h1") == 1
        for field in re.findall(r'<input id="([^"]+)"', text):
            assert f'for="{field}"' in text
