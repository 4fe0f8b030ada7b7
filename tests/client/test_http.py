"""One request: limits that hold, what is repeated, what is logged."""

import contextlib
import gzip
import json
import logging
import os

import pytest
import requests

from tests.client.conftest import Reply, timed
from zoom_xblock.client import Transport, errors
from zoom_xblock.client import http as client_http


def get(transport, server, **more):
    """A plain GET."""
    return transport.send("GET", server.url + "/v2/x", template="/x", **more)


class TestLimits:
    def test_a_server_that_is_not_there(self, transport, server):
        server.stop()
        with pytest.raises(errors.Unreachable) as caught:
            get(transport, server)
        assert not caught.value.sent

    def test_a_slow_answer(self, server):
        server.on("GET", "/v2/x", Reply(delay_seconds=5))
        hasty = Transport(bases=[server.url], connect_seconds=0.2, read_seconds=0.2)
        with pytest.raises(errors.Unreachable) as caught:
            get(hasty, server)
        assert caught.value.sent

    def test_a_connection_that_is_cut(self, transport, server):
        server.on("GET", "/v2/x", Reply(cut=True))
        with pytest.raises(errors.Unreachable):
            get(transport, server)

    def test_an_answer_that_breaks_off(self, transport, server):
        server.on("GET", "/v2/x", Reply(raw=b"{", headers={"Content-Length": "100", "Connection": "close"}))
        with pytest.raises(errors.Unreachable):
            get(transport, server)

    def test_a_server_that_drips(self, server):
        server.on("GET", "/v2/x", Reply(raw=b" " * 100, drip_seconds=0.1))
        hasty = Transport(bases=[server.url], connect_seconds=0.2, read_seconds=0.3)
        assert timed(lambda: get(hasty, server)) < 2
        with pytest.raises(errors.Unreachable):
            get(hasty, server)

    def test_an_answer_too_large(self, transport, server, monkeypatch):
        monkeypatch.setattr(client_http, "MOST_BYTES", 1000)
        server.on("GET", "/v2/x", Reply(raw=b"[" + b" " * 1000 + b"]"))
        with pytest.raises(errors.Garbled):
            get(transport, server)

    def test_the_usual_limits(self):
        assert (client_http.CONNECT_SECONDS, client_http.READ_SECONDS) == (3, 10)


class TestWhereItGoes:
    @pytest.mark.parametrize(
        "url", ["https://evil.example/v2/x", "http://api.zoom.us/v2/x", "https://zoom.us@evil.example/"]
    )
    def test_nothing_is_sent_elsewhere(self, transport, url):
        with pytest.raises(errors.ForeignAddress):
            transport.send("GET", url, template="/x", token="t")

    def test_redirects_are_not_followed(self, transport, server):
        server.on("GET", "/v2/x", Reply(302, headers={"Location": server.url + "/elsewhere"}))
        assert get(transport, server, token="t").status == 302
        assert len(server.asked) == 1

    def test_the_environment_has_no_say(self, transport, server, monkeypatch, tmp_path):
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login someone password else\n")
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
        server.on("GET", "/v2/x", Reply(json={}))
        get(transport, server, token="mine")
        get(transport, server)
        assert [one.headers.get("authorization") for one in server.asked] == ["Bearer mine", None]

    def test_a_session_that_is_given_keeps_the_token_too(self, server, monkeypatch, tmp_path):
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login someone password else\n")
        monkeypatch.setenv("NETRC", str(netrc))
        server.on("GET", "/v2/x", Reply(json={}))
        get(Transport(requests.Session(), bases=[server.url]), server, token="mine")
        assert server.asked[0].headers["authorization"] == "Bearer mine"

    def test_cookies_are_not_kept(self, transport, server):
        server.on("GET", "/v2/x", Reply(json={}, headers={"Set-Cookie": "a=b"}))
        get(transport, server)
        get(transport, server)
        assert "cookie" not in server.asked[1].headers

    def test_connections_are_used_again(self, transport, server):
        server.on("GET", "/v2/x", Reply(json={"a": 1}), Reply(204), Reply(500, raw=b"x"), Reply(json={}))
        for _ in range(6):
            get(transport, server)
        assert len({one.connection for one in server.asked}) == 1

    def test_another_process_gets_connections_of_its_own(self, transport, server, monkeypatch):
        server.on("GET", "/v2/x", Reply(json={}))
        get(transport, server)
        mine = os.getpid()
        monkeypatch.setattr(os, "getpid", lambda: mine + 1)
        get(transport, server)
        assert len({one.connection for one in server.asked}) == 2


class TestRepeating:
    @pytest.mark.parametrize("trouble", [Reply(500), Reply(503), Reply(cut=True)], ids=["500", "503", "cut"])
    def test_a_patient_get_is_tried_twice_more(self, patient, server, pauses, trouble):
        server.on("GET", "/v2/x", trouble, trouble, Reply(json={"ok": 1}))
        assert get(patient, server).body == {"ok": 1}
        assert len(pauses) == 2
        assert all(0.1 < pause < 3 for pause in pauses)

    def test_and_no_more_than_twice(self, patient, server, pauses):
        server.on("GET", "/v2/x", Reply(500))
        assert get(patient, server).status == 500
        server.on("GET", "/v2/x", Reply(cut=True))
        with pytest.raises(errors.Unreachable):
            get(patient, server)
        assert (len(server.asked), len(pauses)) == (6, 4)

    def test_an_impatient_get_is_not(self, transport, server):
        server.on("GET", "/v2/x", Reply(500))
        assert get(transport, server).status == 500
        assert len(server.asked) == 1

    @pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
    @pytest.mark.parametrize("trouble", [Reply(500), Reply(cut=True)], ids=["500", "cut"])
    def test_what_changes_something_is_never_repeated(self, patient, server, method, trouble):
        server.on(method, "/v2/x", trouble)
        with contextlib.suppress(errors.Unreachable):
            assert patient.send(method, server.url + "/v2/x", template="/x", json={}).status == 500
        assert len(server.asked) == 1

    @pytest.mark.parametrize("status", [400, 401, 404, 429])
    def test_a_refusal_is_an_answer(self, patient, server, status):
        server.on("GET", "/v2/x", Reply(status))
        assert get(patient, server).status == status
        assert len(server.asked) == 1


class TestReading:
    @pytest.mark.parametrize(
        ("raw", "body", "text"),
        [
            (b'{"a": "\xc3\xa9"}', {"a": "é"}, ""),
            (b"", None, ""),
            (b"  ", None, ""),
            (b"null", None, "null"),
            (b"<html>", None, "<html>"),
            (b'{"a": NaN}', None, '{"a": NaN}'),
            (b"\xff\xfe\x00", None, "��\x00"),
            (b"[" * 100_000, None, "[" * 500),
            (b"9" * 10_000, None, "9" * 500),
        ],
        ids=["json", "empty", "blank", "null", "a page", "NaN", "no UTF-8", "deep", "a number nobody needs"],
    )
    def test_bodies(self, transport, server, raw, body, text):
        server.on("GET", "/v2/x", Reply(raw=raw))
        answer = get(transport, server)
        assert (answer.body, answer.text) == (body, text)

    def test_a_packed_body(self, transport, server):
        rows = {"rows": list(range(50_000))}
        server.on(
            "GET", "/v2/x", Reply(raw=gzip.compress(json.dumps(rows).encode()), headers={"Content-Encoding": "gzip"})
        )
        assert get(transport, server).body == rows

    def test_what_is_sent(self, transport, server):
        server.on("POST", "/v2/x", Reply(201, {"id": 1}))
        transport.send(
            "POST", server.url + "/v2/x", template="/x", json={"topic": "Álgebra"}, params={"a": "b c"}, token="t"
        )
        (asked,) = server.asked
        assert (asked.json, asked.query) == ({"topic": "Álgebra"}, {"a": "b c"})
        assert asked.headers["content-type"] == "application/json"
        assert asked.headers["authorization"] == "Bearer t"


class TestWatching:
    def test_every_request_is_counted_before_it_is_sent(self, server):
        spent = []
        transport = Transport(bases=[server.url], patient=True, spend=spent.append, sleep=lambda _: None)
        server.on("GET", "/v2/x", Reply(500), Reply(json={}))
        get(transport, server, label="heavy")
        assert spent == ["heavy", "heavy"]

    def test_a_spent_budget_holds_the_request_back(self, server):
        def nothing_left(label):
            raise errors.RateLimited(retry_after_seconds=5)

        with pytest.raises(errors.RateLimited):
            get(Transport(bases=[server.url], spend=nothing_left), server)
        assert not server.asked

    def test_the_observer_gets_numbers(self, server):
        seen = []
        transport = Transport(bases=[server.url], observe=lambda name, **numbers: seen.append((name, numbers)))
        server.on("GET", "/v2/x", Reply(404), Reply(cut=True))
        get(transport, server)
        with pytest.raises(errors.Unreachable):
            get(transport, server)
        assert [(name, numbers["status"], numbers["tries"]) for name, numbers in seen] == [
            ("client.call", 404, 1),
            ("client.call", 0, 1),
        ]
        assert all(numbers["milliseconds"] > 0 for _, numbers in seen)

    def test_the_log_has_what_support_asks_for_and_nothing_of_anybody(self, server, transport, caplog):
        caplog.set_level(logging.DEBUG, logger="zoom_xblock.client")
        body = {"code": 1001, "message": "User does not exist: ana@example.edu."}
        server.on(
            "POST", "/v2/users/ana%40example.edu/x", Reply(404, body, headers={"x-zm-trackingid": "v=2.0;rid=WEB_1"})
        )
        transport.send(
            "POST",
            server.url + "/v2/users/ana%40example.edu/x",
            template="/users/{user}/x",
            params={"next_page_token": "p4ge"},
            json={"topic": "s3cret topic"},
            token="t0ken",
        )
        (line,) = [record.getMessage() for record in caplog.records]
        for part in ("POST", "/users/{user}/x", "404", "1001", "v=2.0;rid=WEB_1", "ms"):
            assert part in line
        for part in ("ana", "p4ge", "s3cret", "t0ken", "exist"):
            assert part not in line

    def test_errors_say_nothing_of_anybody(self, server, transport):
        server.on("GET", "/v2/x", Reply(cut=True))
        with pytest.raises(errors.Unreachable) as caught:
            get(transport, server, params={"email": "ana@example.edu"}, token="t0ken")
        assert "ana" not in f"{caught.value!r} {caught.value} {caught.value.message}"
        assert caught.value.__suppress_context__
