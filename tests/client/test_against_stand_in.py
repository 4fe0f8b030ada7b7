"""
From consent to the record of a sitting, over HTTP, against the stand-in Zoom, which shares no line with the client.
"""

from datetime import UTC, datetime, timedelta

import pytest

from demo.zoom import seed
from zoom_xblock.client import OAuthApp, Transport, ZoomClient, changes, errors, meeting_body, oauth, webhooks

REDIRECT = "http://testserver/zoom/oauth/callback"
AUTHOR = "author@example.edu"


class Grant:
    """Tokens as a site keeps them, in memory."""

    def __init__(self, http, app, tokens):
        self.http, self.app, self.tokens, self.renewals = http, app, tokens, 0

    def current(self):
        return self.tokens.access_token

    def renew(self, stale_access_token):
        assert stale_access_token == self.tokens.access_token
        self.tokens = oauth.refresh(self.http, self.app, self.tokens.refresh_token)
        self.renewals += 1
        return self.tokens.access_token


@pytest.fixture
def zoom(zoom_process):
    """The stand-in with the demo's world, deliveries held back."""
    zoom_process.reset(seed_demo="http://testserver")
    zoom_process.control("clock", reset=True)
    zoom_process.control("faults", "DELETE")
    zoom_process.control("deliveries/hold", "POST")
    return zoom_process


@pytest.fixture
def http(zoom):
    """Impatient."""
    return Transport(bases=[zoom.url])


@pytest.fixture
def app(zoom):
    return OAuthApp(seed.CLIENT_ID, seed.CLIENT_SECRET, zoom.url)


def consent(zoom, http, app):
    """A grant by the account's owner."""
    verifier, challenge = oauth.pkce_pair()
    code = zoom.control("consent", client_id=app.client_id, redirect_uri=REDIRECT, code_challenge=challenge)["code"]
    return Grant(http, app, oauth.exchange_code(http, app, code=code, redirect_uri=REDIRECT, code_verifier=verifier))


@pytest.fixture
def grant(zoom, http, app):
    return consent(zoom, http, app)


@pytest.fixture
def client(zoom, http, grant):
    return ZoomClient(http, grant, grant.tokens.api_url or zoom.url)


def scheduled(client, kind="meeting", **more):
    """A session of 45 minutes that began an hour ago."""
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    body = meeting_body(
        kind, topic="Algebra", starts_at=starts_at, duration_minutes=45, timezone="Europe/Madrid", **more
    )
    return client.create_meeting(kind, AUTHOR, body), body


class TestGrants:
    def test_who_consented(self, client, grant):
        me = client.me()
        assert (me.account_id, me.licensed) == (seed.ACCOUNT_ID, True)
        assert "meeting:write:meeting:admin" in grant.tokens.scopes
        assert grant.tokens.refresh_token

    def test_an_expired_token_is_renewed_and_nobody_notices(self, zoom, client, grant):
        zoom.control("clock", advance=3601)
        assert client.me().account_id == seed.ACCOUNT_ID
        assert grant.renewals == 1

    def test_an_old_refresh_token_is_dead(self, http, app, grant):
        old = grant.tokens.refresh_token
        grant.renew(grant.current())
        with pytest.raises(errors.Disconnected):
            oauth.refresh(http, app, old)

    def test_a_second_consent_of_the_same_user_ends_the_first(self, zoom, http, app, client, grant):
        again = consent(zoom, http, app)
        with pytest.raises(errors.Disconnected):
            client.me()
        assert ZoomClient(http, again, zoom.url).me().account_id == seed.ACCOUNT_ID

    def test_revoked(self, http, app, client, grant):
        oauth.revoke(http, app, grant.current())
        with pytest.raises(errors.Disconnected):
            client.me()
        oauth.revoke(http, app, grant.current())

    @pytest.mark.parametrize("status", [400, 401])
    def test_a_wrong_secret(self, zoom, http, grant, status):
        zoom.control("options", invalid_client_status=status)
        with pytest.raises(errors.BadCredentials):
            oauth.refresh(http, OAuthApp(seed.CLIENT_ID, "wrong", zoom.url), grant.tokens.refresh_token)

    def test_codes_and_redirects(self, zoom, http, app):
        with pytest.raises(errors.BadCode):
            oauth.exchange_code(http, app, code="made up", redirect_uri=REDIRECT)
        code = zoom.control("consent", client_id=app.client_id, redirect_uri=REDIRECT)["code"]
        with pytest.raises(errors.BadRedirect):
            oauth.exchange_code(http, app, code=code, redirect_uri=REDIRECT + "/")

    def test_server_to_server(self, zoom, http):
        server_app = OAuthApp(seed.SERVER_CLIENT_ID, seed.SERVER_CLIENT_SECRET, zoom.url)
        tokens = oauth.account_token(http, server_app, seed.ACCOUNT_ID)
        assert tokens.refresh_token is None
        client = ZoomClient(http, Grant(http, server_app, tokens), zoom.url)
        assert client.user(AUTHOR).email == AUTHOR
        with pytest.raises((errors.ScopeMissing, errors.UserGone)):
            client.me()
        with pytest.raises(errors.BadCredentials):
            oauth.account_token(http, server_app, "another")


class TestSessions:
    @pytest.mark.parametrize("kind", ["meeting", "webinar"])
    def test_made_changed_and_deleted(self, client, kind):
        made, body = scheduled(client, kind)
        read = client.read_meeting(kind, made.zoom_id)
        assert (read.topic, read.duration_minutes, read.has_registration) == ("Algebra", 45, True)
        assert changes(read, body) == {}, "what Zoom has is what was asked for"
        difference = changes(read, body | {"topic": "Geometry"})
        assert difference == {"topic": "Geometry"}
        client.change_meeting(kind, made.zoom_id, difference)
        assert client.read_meeting(kind, made.zoom_id).topic == "Geometry"
        client.delete_meeting(kind, made.zoom_id)
        with pytest.raises(errors.Gone):
            client.read_meeting(kind, made.zoom_id)

    def test_a_series(self, client):
        recurrence = {"type": 1, "repeat_interval": 1, "end_times": 4}
        made, body = scheduled(client, recurrence=recurrence)
        read = client.read_meeting("meeting", made.zoom_id)
        assert len(read.occurrences) == 4
        assert changes(read, body) == {}
        client.change_meeting("meeting", made.zoom_id, changes(read, body | {"duration": 60}))
        assert client.read_meeting("meeting", made.zoom_id).duration_minutes == 60

    @pytest.mark.parametrize("kind", ["meeting", "webinar"])
    def test_a_hosts_sessions_once_the_app_may_list_them(self, zoom, http, app, client, grant, kind):
        made, _ = scheduled(client, kind)
        needed = f"{kind}:read:list_{kind}s:admin"
        zoom.control(f"apps/{app.client_id}", "PATCH", scopes=sorted(grant.tokens.scopes - {needed}))
        with pytest.raises(errors.ScopeMissing) as caught:
            list(ZoomClient(http, consent(zoom, http, app), zoom.url).meetings_of(AUTHOR, kind))
        assert needed in caught.value.scopes
        zoom.control(f"apps/{app.client_id}", "PATCH", scopes=sorted(grant.tokens.scopes | {needed}))
        pages = ZoomClient(http, consent(zoom, http, app), zoom.url).meetings_of(AUTHOR, kind)
        assert [row.zoom_id for page in pages for row in page] == [made.zoom_id]

    def test_the_wrong_kind_of_id(self, client):
        made, _ = scheduled(client, "webinar")
        with pytest.raises(errors.WrongKind):
            client.read_meeting("meeting", made.zoom_id)

    def test_a_host_without_webinars(self, client):
        body = meeting_body(
            "webinar", topic="x", starts_at=datetime.now(UTC) + timedelta(1), duration_minutes=60, timezone="UTC"
        )
        with pytest.raises(errors.NotAllowed):
            client.create_meeting("webinar", "colleague@example.edu", body)

    def test_a_host_who_does_not_exist(self, client):
        with pytest.raises(errors.UserGone):
            client.create_meeting("meeting", "nobody@example.edu", {"topic": "x"})

    def test_the_start_link(self, zoom, client):
        made, _ = scheduled(client)
        assert client.host_link("meeting", made.zoom_id).startswith(zoom.url)

    def test_hosts_page_by_page(self, client):
        pages = list(client.users(page_size=2))
        assert [len(page) for page in pages] == [2, 2]
        users = {user.email: user for page in pages for user in page}
        assert (users[AUTHOR].licensed, users["basic@example.edu"].licensed) == (True, False)
        assert client.user_settings(AUTHOR).webinar


class TestPeople:
    def test_registered_found_and_cancelled(self, client):
        made, _ = scheduled(client)
        ana = client.add_registrant("meeting", made.zoom_id, "ana@example.org", "Ana", "López")
        assert (ana.status, ana.join_url is not None) == ("approved", True)
        found = client.find_registrant("meeting", made.zoom_id, "ANA@example.org")
        assert (found.registrant_id, found.join_url) == (ana.registrant_id, ana.join_url)
        assert client.find_registrant("meeting", made.zoom_id, "bo@example.org") is None
        client.cancel_registrant("meeting", made.zoom_id, ana.registrant_id, "ana@example.org")
        for _ in range(2):
            client.add_registrant("meeting", made.zoom_id, "ana@example.org", "Ana")
        with pytest.raises(errors.RateLimited) as caught:
            client.add_registrant("meeting", made.zoom_id, "ana@example.org", "Ana")
        assert caught.value.daily
        assert caught.value.retry_after_seconds > 1

    def test_who_cannot_register(self, client):
        made, _ = scheduled(client, "webinar")
        with pytest.raises(errors.HostCannotRegister):
            client.add_registrant("webinar", made.zoom_id, AUTHOR, "Ada")
        without, _ = scheduled(client, registration=False)
        with pytest.raises(errors.RegistrationOff):
            client.add_registrant("meeting", without.zoom_id, "ana@example.org", "Ana")

    def test_a_lapsed_page_token(self, zoom, client):
        made, _ = scheduled(client)
        zoom.control(f"meetings/{made.zoom_id}/registrants", count=70)
        pages = client.registrants("meeting", made.zoom_id, page_size=30)
        seen = [row.registrant_id for row in next(pages)]
        zoom.control("clock", advance=901)
        seen += [row.registrant_id for page in pages for row in page]
        assert (len(seen), len(set(seen))) == (70, 70)

    @pytest.mark.parametrize("uuids", ["natural", "awkward"])
    @pytest.mark.parametrize("kind", ["meeting", "webinar"])
    def test_who_was_there(self, zoom, client, kind, uuids):
        zoom.control("options", uuids=uuids)
        made, _ = scheduled(client, kind)
        ana = client.add_registrant(kind, made.zoom_id, "ana@example.org", "Ana", "López")
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
        played = zoom.control(
            f"meetings/{made.zoom_id}/play",
            start_at=start.isoformat(),
            minutes=45,
            people=[
                {"registrant_id": ana.registrant_id, "segments": [[60, 1260], [1500, 2400]]},
                {"name": "A guest", "join_after": 0},
            ],
            ready_now=True,
        )
        (sitting,) = client.past_sittings(kind, made.zoom_id)
        assert (sitting.uuid, sitting.started_at) == (played["uuid"], start)
        for source in (client.past_participants, client.report_participants):
            rows = [row for page in source(kind, sitting.uuid, page_size=2) for row in page]
            hers = sorted(row.joined_at for row in rows if row.registrant_id == ana.registrant_id)
            assert [(moment - start).total_seconds() for moment in hers] == [60, 1500]
            seconds = sum(
                (row.left_at - row.joined_at).total_seconds() for row in rows if row.registrant_id == ana.registrant_id
            )
            assert seconds == 1200 + 900
            assert len(rows) == 4
        if kind == "meeting":
            assert client.past_meeting(sitting.uuid).ended_at == start + timedelta(minutes=45)
        assert client.recordings(sitting.uuid) is None

    def test_waiting_is_told_from_attending(self, zoom, client):
        made, _ = scheduled(client)
        ana = client.add_registrant("meeting", made.zoom_id, "ana@example.org", "Ana")
        people = [{"registrant_id": ana.registrant_id, "join_after": 60, "leave_after": 600, "waiting_room": 120}]
        played = zoom.control(f"meetings/{made.zoom_id}/play", minutes=45, people=people, ready_now=True)
        rows = [row for page in client.past_participants("meeting", played["uuid"]) for row in page]
        hers = {row.room: (row.left_at - row.joined_at).total_seconds() for row in rows if row.registrant_id}
        assert hers == {"waiting": 120, "main": 540} or hers == {"waiting": 120, "main": 420}

    def test_not_ready_yet(self, zoom, client):
        zoom.control("options", report_delay_seconds=600)
        made, _ = scheduled(client)
        played = zoom.control(f"meetings/{made.zoom_id}/play", minutes=1, people=[{"name": "A guest", "join_after": 1}])
        try:
            with pytest.raises(errors.NotReady):
                list(client.past_participants("meeting", played["uuid"]))
        finally:
            zoom.control("options", report_delay_seconds=0)


class TestDeliveries:
    def test_what_it_signs_we_verify_and_read(self, zoom, client):
        made, _ = scheduled(client)
        ana = client.add_registrant("meeting", made.zoom_id, "ana@example.org", "Ana", "López")
        people = [{"registrant_id": ana.registrant_id, "join_after": 60, "waiting_room": 30}]
        played = zoom.control(f"meetings/{made.zoom_id}/play", minutes=45, people=people, ready_now=True)
        presences = []
        for one in zoom.control("deliveries?order=oldest&limit=1000")["deliveries"]:
            raw = one["raw"].encode()
            signed = zoom.control("sign", client_id=seed.CLIENT_ID, raw=one["raw"])["headers"]
            now = datetime.now(UTC)
            webhooks.verify(seed.SECRET_TOKEN, signed, raw, now)
            with pytest.raises(errors.WrongSignature):
                webhooks.verify("another", signed, raw, now)
            event = webhooks.parse(raw)
            assert event.name == one["event"]
            if event.presence and event.participant.registrant_id == ana.registrant_id:
                assert (event.zoom_id, event.uuid) == (made.zoom_id, played["uuid"])
                assert (event.participant.joined_at or event.participant.left_at) is not None
                presences.append(event.presence)
        assert ("joined", "waiting") in presences
        assert ("left", "waiting") in presences
        assert presences.count(("joined", "main")) == 1
        assert presences.count(("left", "main")) == 1


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            ({"rate_limit": "per_second"}, errors.RateLimited),
            ({"rate_limit": "daily"}, errors.RateLimited),
            ({"status": 500}, errors.ZoomDown),
            ({"drop": True}, errors.Unreachable),
            ({"drop": True, "when": "after"}, errors.Unreachable),
            ({"status": 200, "body": {"code": 200, "message": "No permission."}}, errors.NotAllowed),
        ],
    )
    def test_an_impatient_caller_is_told(self, zoom, client, fault, expected):
        zoom.control("faults", faults=[{"path": "/v2/users/me", **fault}])
        with pytest.raises(expected) as caught:
            client.me()
        if expected is errors.RateLimited:
            assert caught.value.daily is (fault["rate_limit"] == "daily")
        client.me()

    def test_a_patient_one_is_served(self, zoom, grant):
        patient = ZoomClient(Transport(bases=[zoom.url], patient=True, sleep=lambda _: None), grant, zoom.url)
        zoom.control("faults", faults=[{"path": "/v2/users/me", "status": 503, "times": 2}])
        assert patient.me().account_id == seed.ACCOUNT_ID
