"""The calls: what is sent, what comes back, tokens and pages."""

from datetime import UTC, datetime

import pytest

from tests.client.conftest import Reply
from zoom_xblock.client import ZoomClient, encode_uuid, errors

USER = {
    "id": "Hst0000AAAAAAAAAAAAAAA",
    "email": "teacher@example.edu",
    "account_id": "Acc0unt",
    "type": 2,
    "status": "active",
}
MEETING = {"id": 84512345678, "topic": "Algebra live", "type": 2, "settings": {"approval_type": 0}}


class TestToken:
    def test_a_stale_token_is_renewed_once_and_the_call_repeated_once(self, client, server, purse):
        server.on(
            "GET", "/v2/users/me", Reply(401, {"code": 124, "message": "Access token is expired."}), Reply(json=USER)
        )
        assert client.me().id == USER["id"]
        assert [one.headers["authorization"] for one in server.asked] == ["Bearer token-1", "Bearer token-2"]
        assert purse.renewed == ["token-1"]

    def test_also_when_the_call_changes_something(self, client, server):
        server.on("POST", "/v2/users/me/meetings", Reply(401, {"code": 201, "message": "x"}), Reply(201, MEETING))
        assert client.create_meeting("meeting", "me", {"topic": "x"}).zoom_id == 84512345678
        assert [one.json for one in server.asked] == [{"topic": "x"}] * 2

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(401, {"code": 124, "message": "Invalid access token."}),
            Reply(400, {"code": 124, "message": "x"}),
            Reply(401),
        ],
    )
    def test_after_that_the_grant_is_dead(self, client, server, purse, reply):
        server.on("GET", "/v2/users/me", reply)
        with pytest.raises(errors.Disconnected):
            client.me()
        assert (len(server.asked), len(purse.renewed)) == (2, 1)

    def test_a_page_in_the_place_of_an_answer_ends_no_grant(self, client, server):
        server.on("GET", "/v2/users/me", Reply(401, raw=b"<html>Log in to the campus network</html>"))
        with pytest.raises(errors.Garbled):
            client.me()

    @pytest.mark.parametrize("status", [400, 401])
    def test_a_missing_scope_renews_nothing(self, client, server, purse, status):
        server.on(
            "GET", "/v2/users/me", Reply(status, {"code": 4711, "message": "does not contain scopes:[user:read:user]"})
        )
        with pytest.raises(errors.ScopeMissing) as caught:
            client.me()
        assert caught.value.scopes == ["user:read:user"]
        assert (len(server.asked), purse.renewed) == (1, [])

    def test_what_the_token_source_raises_is_raised(self, transport, server):
        class Broken:
            def current(self):
                return "t"

            def renew(self, stale_access_token):
                raise errors.Disconnected("gone", status=400)

        server.on("GET", "/v2/users/me", Reply(401, {"code": 124, "message": "x"}))
        with pytest.raises(errors.Disconnected):
            ZoomClient(transport, Broken(), server.url).me()
        assert len(server.asked) == 1


class TestTwoHundredThatFails:
    PLAN = {"code": 200, "message": "Webinar plan is missing."}

    @pytest.mark.parametrize(
        ("method", "path", "call"),
        [
            ("PUT", "/v2/webinars/912/status", lambda client: client.end_meeting("webinar", 912)),
            ("GET", "/v2/webinars/912/registrants", lambda client: list(client.registrants("webinar", 912))),
            ("GET", "/v2/meetings/912/recordings", lambda client: client.recordings(912)),
            (
                "GET",
                "/v2/report/meetings/u/participants",
                lambda client: list(client.report_participants("meeting", "u")),
            ),
            (
                "POST",
                "/v2/meetings/912/registrants",
                lambda client: client.add_registrant("meeting", 912, "a@b.example", "A"),
            ),
            ("GET", "/v2/webinars/912", lambda client: client.read_meeting("webinar", 912)),
            ("DELETE", "/v2/webinars/912", lambda client: client.delete_meeting("webinar", 912)),
        ],
    )
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(200, PLAN),
            Reply(400, PLAN),
            Reply(200, {"message": "Only available for Paid or ZMP account: Acc0unt."}),
            Reply(200, raw=b"No permission."),
        ],
        ids=["200", "400", "without a code", "bare text"],
    )
    def test_is_an_error(self, client, server, method, path, call, reply):
        server.on(method, path, reply)
        with pytest.raises(errors.NotAllowed):
            call(client)

    def test_a_body_with_what_was_asked_for_is_none(self, client, server):
        server.on("GET", "/v2/users/me", Reply(json={**USER, "code": 200, "message": "hello"}))
        assert client.me().id == USER["id"]

    def test_a_body_without_what_was_asked_for_is_garbled(self, client, server):
        server.on("GET", "/v2/users/me", Reply(json={"email": "x"}))
        with pytest.raises(errors.Garbled):
            client.me()


class TestUuids:
    @pytest.mark.parametrize(
        ("uuid", "segment"),
        [
            ("/abc//DEF+gh==", "%252Fabc%252F%252FDEF%252Bgh%253D%253D"),
            ("ab/cd+ef==", "ab%252Fcd%252Bef%253D%253D"),
            ("aBcD1234EfGh5678IjKl9w==", "aBcD1234EfGh5678IjKl9w%3D%3D"),
            ("ab+cd", "ab%2Bcd"),
        ],
    )
    def test_a_slash_asks_for_encoding_twice(self, uuid, segment):
        assert encode_uuid(uuid) == segment

    @pytest.mark.parametrize(
        "uuid", ["/abc//DEF+gh==", "aBcD1234EfGh5678IjKl9w==", "a/../b", "q7Rt/yU0iO1pAs2Df3Gh4w=="]
    )
    def test_they_arrive_as_they_were_encoded(self, client, server, uuid):
        path = f"/v2/report/webinars/{encode_uuid(uuid)}/participants"
        server.on("GET", path, Reply(json={"participants": [], "next_page_token": ""}))
        assert list(client.report_participants("webinar", uuid)) == []
        assert server.asked[0].path == path
        assert server.asked[0].query["include_fields"] == "registrant_id"

    @pytest.mark.parametrize("ref", ["", ".", ".."])
    def test_no_ref_leads_to_another_endpoint(self, client, server, ref):
        for call in (client.user, client.past_meeting, client.recordings):
            with pytest.raises(ValueError, match="missing"):
                call(ref)
        assert not server.asked

    def test_hosts_by_address(self, client, server):
        server.on("GET", "/v2/users/a%2Fb%3Fc%40example.edu", Reply(json=USER))
        assert client.user("a/b?c@example.edu").id == USER["id"]


class TestMeetings:
    @pytest.mark.parametrize(("kind", "path"), [("meeting", "/v2/meetings/845"), ("webinar", "/v2/webinars/845")])
    def test_reading_changing_ending_deleting(self, client, server, kind, path):
        server.on("GET", path, Reply(json={**MEETING, "id": "845"}))
        server.on("PATCH", path, Reply(204))
        server.on("PUT", path + "/status", Reply(204))
        server.on("DELETE", path, Reply(204))
        assert client.read_meeting(kind, 845).zoom_id == 845
        client.change_meeting(kind, 845, {"topic": "new"}, occurrence_id="17")
        client.end_meeting(kind, 845)
        client.delete_meeting(kind, 845)
        _, patch, put, delete = server.asked
        assert (patch.json, patch.query) == ({"topic": "new"}, {"occurrence_id": "17"})
        assert put.json == {"action": "end"}
        assert "true" not in delete.query.values()

    def test_no_change_sends_nothing(self, client, server):
        client.change_meeting("meeting", 845, {})
        assert not server.asked

    def test_one_that_has_ended_counts_as_deleted(self, client, server):
        server.on("DELETE", "/v2/meetings/845", Reply(400, {"code": 3007, "message": "ended"}))
        client.delete_meeting("meeting", 845)

    @pytest.mark.parametrize(
        ("body", "expected"),
        [({"code": 3001, "message": "x"}, errors.Gone), ({"code": 3002, "message": "x"}, errors.InProgress)],
    )
    def test_other_refusals_to_delete_are_said(self, client, server, body, expected):
        server.on("DELETE", "/v2/meetings/845", Reply(404, body))
        with pytest.raises(expected):
            client.delete_meeting("meeting", 845)

    def test_a_start_link_of_zooms(self, client, server):
        link = "https://us02web.zoom.us/s/845?zak=eyJ"
        server.on("GET", "/v2/meetings/845", Reply(json={**MEETING, "start_url": link}))
        assert client.host_link("meeting", 845) == link
        assert link not in repr(client.read_meeting("meeting", 845))

    @pytest.mark.parametrize("link", [None, "", 1, "https://evil.example/s/845", "javascript:alert(1)"])
    def test_no_other_start_link(self, client, server, link):
        server.on("GET", "/v2/meetings/845", Reply(json={**MEETING, "start_url": link}))
        with pytest.raises(errors.Garbled):
            client.host_link("meeting", 845)


class TestRegistrants:
    def test_adding(self, client, server):
        answer = {
            "id": 845,
            "registrant_id": "RgStR4nt_Qyz",
            "join_url": "https://us02web.zoom.us/w/845?tk=t",
            "topic": "x",
        }
        server.on("POST", "/v2/meetings/845/registrants", Reply(201, answer))
        got = client.add_registrant("meeting", 845, "ana@example.edu", f" {'A' * 70} ", "L" * 80)
        assert server.asked[0].json == {"email": "ana@example.edu", "first_name": "A" * 64, "last_name": "L" * 64}
        assert (got.registrant_id, got.status, got.join_url) == ("RgStR4nt_Qyz", "approved", answer["join_url"])
        assert not [secret for secret in ("tk=t", "ana", "AAA") if secret in repr(got)]

    def test_without_a_link_she_waits(self, client, server):
        server.on("POST", "/v2/webinars/845/registrants", Reply(201, {"id": 845, "registrant_id": "r"}))
        got = client.add_registrant("webinar", 845, "ana@example.edu", "Ana")
        assert (got.status, got.join_url) == ("pending", None)
        assert "last_name" not in server.asked[0].json

    @pytest.mark.parametrize(("email", "first_name"), [("", "Ana"), ("a@b.example", ""), ("a@b.example", "  ")])
    def test_nobody_cannot_be_added(self, client, server, email, first_name):
        with pytest.raises(ValueError, match="required"):
            client.add_registrant("meeting", 845, email, first_name)
        assert not server.asked

    @pytest.mark.parametrize("status", ["approved", "pending", "denied", None])
    def test_finding_whatever_the_status(self, client, server, status):
        def listed(asked):
            row = {"id": "r", "email": "Ana@Example.edu", "status": asked.query["status"]}
            rows = [row] if asked.query["status"] == status else [{**row, "id": "o", "email": "other@example.edu"}]
            return Reply(json={"registrants": rows, "next_page_token": ""})

        server.on("GET", "/v2/meetings/845/registrants", listed)
        found = client.find_registrant("meeting", 845, "ana@example.EDU")
        assert (found and (found.registrant_id, found.status)) == (status and ("r", status))

    def test_cancelling(self, client, server):
        server.on("PUT", "/v2/meetings/845/registrants/status", Reply(204))
        client.cancel_registrant("meeting", 845, "r", "ana@example.edu")
        assert server.asked[0].json == {"action": "cancel", "registrants": [{"id": "r", "email": "ana@example.edu"}]}


class TestPast:
    def test_not_yet(self, client, server):
        refusal = Reply(404, {"code": 3001, "message": "The meeting ID is invalid or the meeting has not ended."})
        for path in ("/v2/past_meetings/u", "/v2/past_meetings/u/participants", "/v2/report/meetings/u/participants"):
            server.on("GET", path, refusal)
        for call in (
            lambda: client.past_meeting("u"),
            lambda: list(client.past_participants("meeting", "u")),
            lambda: list(client.report_participants("meeting", "u")),
        ):
            with pytest.raises(errors.NotReady):
                call()

    def test_sittings_in_order(self, client, server):
        rows = [
            {"uuid": "b", "start_time": "2026-01-05T10:00:00Z"},
            {"uuid": "a", "start_time": "2026-01-05T09:00:00Z"},
        ]
        server.on("GET", "/v2/past_webinars/912/instances", Reply(json={"webinars": rows}))
        assert [(row.uuid, row.started_at) for row in client.past_sittings("webinar", 912)] == [
            ("a", datetime(2026, 1, 5, 9, tzinfo=UTC)),
            ("b", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ]

    def test_a_sitting_by_number_and_by_uuid(self, client, server):
        body = {"uuid": "u=", "id": 845, "start_time": "2026-01-05T09:00:00Z", "end_time": "2026-01-05T10:01:05Z"}
        server.on("GET", "/v2/past_meetings/845", Reply(json=body))
        server.on("GET", "/v2/past_meetings/u%3D", Reply(json=body))
        assert client.past_meeting(845) == client.past_meeting("u=")
        assert client.past_meeting(845).ended_at == datetime(2026, 1, 5, 10, 1, 5, tzinfo=UTC)

    def test_no_recordings(self, client, server):
        server.on("GET", "/v2/meetings/845/recordings", Reply(404, {"code": 3301, "message": "There is no recording."}))
        assert client.recordings(845) is None


def test_each_call_draws_on_the_label_that_zoom_counts(server, purse):
    from zoom_xblock.client import Transport

    spent = []
    client = ZoomClient(Transport(bases=[server.url], spend=spent.append), purse, server.url)
    for call, label in (
        (lambda: client.me(), "light"),
        (lambda: list(client.users()), "medium"),
        (lambda: client.user_settings("me"), "medium"),
        (lambda: client.create_meeting("meeting", "me", {}), "medium"),
        (lambda: client.create_meeting("webinar", "me", {}), "light"),
        (lambda: client.read_meeting("meeting", 1), "light"),
        (lambda: client.change_meeting("meeting", 1, {"topic": "x"}), "light"),
        (lambda: client.delete_meeting("meeting", 1), "light"),
        (lambda: list(client.meetings_of("me", "meeting")), "medium"),
        (lambda: client.add_registrant("meeting", 1, "a@b.example", "A"), "light"),
        (lambda: list(client.registrants("meeting", 1)), "medium"),
        (lambda: client.cancel_registrant("meeting", 1, "r"), "medium"),
        (lambda: client.past_sittings("meeting", 1), "medium"),
        (lambda: client.past_sittings("webinar", 1), "light"),
        (lambda: client.past_meeting(1), "light"),
        (lambda: list(client.past_participants("meeting", "u")), "medium"),
        (lambda: list(client.report_participants("meeting", "u")), "heavy"),
        (lambda: client.recordings(1), "light"),
    ):
        with pytest.raises(errors.Garbled):
            call()
        assert spent.pop() == label
        assert not spent
