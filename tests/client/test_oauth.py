"""OAuth over a real connection, against a desk that checks what Zoom checks."""

import base64
import hashlib
import re
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.client.conftest import Reply
from zoom_xblock.client import OAuthApp, Transport, errors, oauth

APP_ID, APP_SECRET, REDIRECT = "clientId123", "clientSecret456", "https://campus.example.edu/zoom/oauth/callback"
SCOPE = "meeting:read:meeting user:read:user"


class Desk:
    """The token endpoint with memory: Basic and form or nothing, codes work once, refreshing rotates."""

    def __init__(self, server):
        self.url = server.url
        self.codes, self.refresh_tokens, self.access_tokens = {}, set(), set()
        server.on("POST", "/oauth/token", self.token)
        server.on("POST", "/oauth/revoke", self.revoke)

    def consent(self, challenge=None):
        code = secrets.token_urlsafe(16)
        self.codes[code] = challenge
        return code

    def refused(self, asked):
        if asked.headers.get("authorization") != "Basic Y2xpZW50SWQxMjM6Y2xpZW50U2VjcmV0NDU2":
            return Reply(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"})
        if asked.headers.get("content-type") != "application/x-www-form-urlencoded" or asked.query:
            return Reply(400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"})
        return None

    def token(self, asked):
        refused = self.refused(asked)
        if refused:
            return refused
        form = asked.form
        assert "scope" not in form
        if form["grant_type"] == "authorization_code":
            if form["code"] not in self.codes:
                return Reply(400, {"reason": "Invalid authorization code", "error": "invalid_grant"})
            if form["redirect_uri"] != REDIRECT:
                return Reply(400, {"reason": "Redirect URI mismatch. (4,709)", "error": "invalid_request"})
            challenge = self.codes.pop(form["code"])
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if challenge and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
                return Reply(400, {"reason": "Invalid code verifier", "error": "invalid_grant"})
        elif form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refresh_tokens:
                return Reply(400, {"reason": "Invalid Token!", "error": "invalid_grant"})
            self.refresh_tokens.remove(form["refresh_token"])
        elif form["account_id"] != "Acc0unt":
            return Reply(400, {"reason": "Bad Request", "error": "invalid_request"})
        access, refresh = secrets.token_urlsafe(300), secrets.token_urlsafe(300)
        self.access_tokens.add(access)
        body = {"access_token": access, "token_type": "bearer", "expires_in": 3599, "scope": SCOPE, "api_url": self.url}
        if form["grant_type"] != "account_credentials":
            self.refresh_tokens.add(refresh)
            body["refresh_token"] = refresh
        return Reply(json=body)

    def revoke(self, asked):
        refused = self.refused(asked)
        if refused:
            return refused
        if asked.form["token"] not in self.access_tokens:
            return Reply(400, {"reason": "Invalid Token!", "error": "invalid_request"})
        self.access_tokens.clear()
        self.refresh_tokens.clear()
        return Reply(raw=b"revoked")


@pytest.fixture
def desk(server):
    return Desk(server)


@pytest.fixture
def app(server):
    return OAuthApp(APP_ID, APP_SECRET, server.url)


def test_from_consent_to_tokens(desk, app, transport):
    verifier, challenge = oauth.pkce_pair()
    tokens = oauth.exchange_code(
        transport, app, code=desk.consent(challenge), redirect_uri=REDIRECT, code_verifier=verifier
    )
    assert tokens.access_token in desk.access_tokens
    assert tokens.refresh_token in desk.refresh_tokens
    assert (tokens.expires_in_seconds, tokens.api_url) == (3599, desk.url)
    assert tokens.scopes == {"meeting:read:meeting", "user:read:user"}


def test_each_refresh_rotates_and_the_old_token_is_dead(desk, app, transport):
    first = oauth.exchange_code(transport, app, code=desk.consent(), redirect_uri=REDIRECT)
    second = oauth.refresh(transport, app, first.refresh_token)
    assert second.refresh_token != first.refresh_token
    with pytest.raises(errors.Disconnected):
        oauth.refresh(transport, app, first.refresh_token)
    assert oauth.refresh(transport, app, second.refresh_token).access_token in desk.access_tokens


def test_a_code_works_once(desk, app, transport):
    code = desk.consent()
    oauth.exchange_code(transport, app, code=code, redirect_uri=REDIRECT)
    with pytest.raises(errors.BadCode):
        oauth.exchange_code(transport, app, code=code, redirect_uri=REDIRECT)


def test_a_code_needs_its_verifier(desk, app, transport):
    _, challenge = oauth.pkce_pair()
    with pytest.raises(errors.BadCode):
        oauth.exchange_code(transport, app, code=desk.consent(challenge), redirect_uri=REDIRECT, code_verifier="other")


def test_another_redirect(desk, app, transport):
    with pytest.raises(errors.BadRedirect) as caught:
        oauth.exchange_code(transport, app, code=desk.consent(), redirect_uri=REDIRECT + "/")
    assert caught.value.code == 4709


def test_a_wrong_secret_is_the_operators_error_whatever_is_asked(desk, server, transport):
    wrong = OAuthApp(APP_ID, "not it", server.url)
    for call in (
        lambda: oauth.exchange_code(transport, wrong, code=desk.consent(), redirect_uri=REDIRECT),
        lambda: oauth.refresh(transport, wrong, "any"),
        lambda: oauth.account_token(transport, wrong, "Acc0unt"),
        lambda: oauth.revoke(transport, wrong, "any"),
    ):
        with pytest.raises(errors.BadCredentials):
            call()


def test_server_to_server(desk, app, transport):
    tokens = oauth.account_token(transport, app, "Acc0unt")
    assert tokens.refresh_token is None
    assert tokens.access_token in desk.access_tokens
    with pytest.raises(errors.BadCredentials):
        oauth.account_token(transport, app, "another")


def test_revoking_does_not_read_the_answer_and_a_dead_grant_is_done(desk, app, transport):
    tokens = oauth.exchange_code(transport, app, code=desk.consent(), redirect_uri=REDIRECT)
    oauth.revoke(transport, app, tokens.access_token)
    assert not desk.refresh_tokens
    oauth.revoke(transport, app, tokens.access_token)


def test_the_consent_address():
    address = urlsplit(oauth.authorize_url("https://zoom.us/", "id", "https://a.example/cb?x=1&y", "s/t", "chal"))
    assert address[:3] == ("https", "zoom.us", "/oauth/authorize")
    assert parse_qs(address.query) == {
        "response_type": ["code"],
        "client_id": ["id"],
        "redirect_uri": ["https://a.example/cb?x=1&y"],
        "state": ["s/t"],
        "code_challenge": ["chal"],
        "code_challenge_method": ["S256"],
    }
    assert "code_challenge" not in oauth.authorize_url("https://zoom.us", "id", "https://a.example/cb", "s")


def test_pkce_pairs_are_fresh_and_fit():
    pairs = {oauth.pkce_pair() for _ in range(50)}
    assert len(pairs) == 50
    for verifier, challenge in pairs:
        assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier)
        assert base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode() == challenge


GOOD = {"access_token": "a", "refresh_token": "r", "expires_in": 3600, "scope": "x"}
REFRESH_CASES = [
    pytest.param(400, {"reason": "Invalid Token!", "error": "invalid_grant"}, errors.Disconnected, id="1.5"),
    pytest.param(401, {"reason": "Invalid Token!", "error": "invalid_grant"}, errors.Disconnected, id="401"),
    pytest.param(400, {"reason": "Invalid Token!"}, errors.Disconnected, id="reason alone"),
    pytest.param(401, {"reason": "Invalid Token!", "error": "invalid_request"}, errors.Disconnected, id="older"),
    pytest.param(400, {"error": "invalid_grant"}, errors.Disconnected, id="word alone"),
    pytest.param(400, {"reason": "Token owner gone (4,735)", "error": "x"}, errors.Disconnected, id="4735"),
    pytest.param(400, {"code": 4738, "reason": "x", "error": "invalid_request"}, errors.Disconnected, id="4738"),
    pytest.param(400, {"code": 4741, "reason": "x", "error": "invalid_request"}, errors.Disconnected, id="4741"),
    pytest.param(400, {"code": 4717, "reason": "x", "error": "invalid_client"}, errors.Disconnected, id="4717"),
    pytest.param(401, {"reason": "x", "error": "invalid_client"}, errors.BadCredentials, id="client 401"),
    pytest.param(400, {"reason": "Invalid client_id or client_secret"}, errors.BadCredentials, id="client by reason"),
    pytest.param(400, {"code": 4702, "reason": "x"}, errors.BadCredentials, id="4702"),
    pytest.param(400, {"reason": "unsupported grant type"}, errors.Refused, id="grant type"),
    pytest.param(400, {"reason": "x", "error": "unsupported_grant_type"}, errors.Refused, id="grant type by word"),
    pytest.param(400, {"reason": "Bad Request", "error": "invalid_request"}, errors.Refused, id="bad request"),
    pytest.param(403, {"reason": "Invalid Token!", "error": "invalid_grant"}, errors.Refused, id="403 breaks nothing"),
    pytest.param(500, {"reason": "Invalid Token!", "error": "invalid_grant"}, errors.ZoomDown, id="500 breaks nothing"),
    pytest.param(503, None, errors.ZoomDown, id="503"),
    pytest.param(429, {"reason": "x", "error": "invalid_grant"}, errors.RateLimited, id="429 breaks nothing"),
    pytest.param(400, None, errors.Garbled, id="400 with nothing"),
    pytest.param(401, None, errors.Garbled, id="401 with nothing breaks nothing"),
    pytest.param(401, b"<html>log in</html>", errors.Garbled, id="401 with a page breaks nothing"),
    pytest.param(400, ["invalid_grant"], errors.Garbled, id="a list"),
    pytest.param(400, {"reason": 1, "error": []}, errors.Garbled, id="words that are none"),
    pytest.param(200, b"<html>", errors.Garbled, id="200 with a page"),
    pytest.param(200, {}, errors.Garbled, id="200 with nothing in it"),
    pytest.param(200, {**GOOD, "access_token": ""}, errors.Garbled, id="no access token"),
    pytest.param(200, {**GOOD, "access_token": "a\r\nX: y"}, errors.Garbled, id="no header's token"),
    pytest.param(200, {**GOOD, "refresh_token": None}, errors.Garbled, id="no refresh token"),
    pytest.param(302, None, errors.Garbled, id="a redirect"),
]


@pytest.mark.parametrize(("status", "body", "expected"), REFRESH_CASES)
def test_what_a_refusal_to_refresh_means(server, app, transport, status, body, expected):
    reply = Reply(status, raw=body) if isinstance(body, bytes) else Reply(status, body)
    server.on("POST", "/oauth/token", reply)
    with pytest.raises(errors.ZoomError) as caught:
        oauth.refresh(transport, app, "r")
    assert type(caught.value) is expected
    assert len(server.asked) == 1, "refreshing is never repeated"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"reason": "Invalid authorization code", "error": "invalid_request"}, errors.BadCode),
        ({"reason": "Invalid authorization code (4,734)"}, errors.BadCode),
        ({"code": 4733, "reason": "x"}, errors.BadCode),
        ({"code": 4709, "reason": "x"}, errors.BadRedirect),
        ({"reason": "Invalid redirect", "error": "invalid_request"}, errors.BadRedirect),
        ({"reason": "Invalid Token!", "error": "server"}, errors.Refused),
    ],
)
def test_what_a_refused_code_means(server, app, transport, body, expected):
    server.on("POST", "/oauth/token", Reply(400, body))
    with pytest.raises(errors.ZoomError) as caught:
        oauth.exchange_code(transport, app, code="c", redirect_uri=REDIRECT)
    assert type(caught.value) is expected


def test_an_answer_that_never_comes_breaks_nothing(server, app):
    hasty = Transport(bases=[server.url], read_seconds=0.2, patient=True)
    server.on("POST", "/oauth/token", Reply(json=GOOD, delay_seconds=3))
    with pytest.raises(errors.Unreachable) as caught:
        oauth.refresh(hasty, app, "r")
    assert caught.value.sent
    assert len(server.asked) == 1, "a refresh is never repeated blindly: the lost answer may have rotated the token"


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        (3600, 3600),
        ("3599", 3599),
        (3599.9, 3599),
        (None, 600),
        ("soon", 600),
        (-1, 600),
        (0, 600),
        (True, 600),
        (1e300, 600),
    ],
)
def test_the_life_of_a_token(server, app, transport, stated, seconds):
    server.on("POST", "/oauth/token", Reply(json={**GOOD, "expires_in": stated}))
    assert oauth.refresh(transport, app, "r").expires_in_seconds == seconds


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("https://api-eu.zoom.us", "https://api-eu.zoom.us"),
        ("https://api-eu.zoom.us/", "https://api-eu.zoom.us"),
        ("https://api-eu.zoom.us.evil.example", None),
        ("http://api.zoom.us", None),
        ("https://u:p@api.zoom.us", None),
        (7, None),
        ("", None),
        (None, None),
    ],
)
def test_an_api_address_is_believed_only_if_it_is_zooms(server, app, transport, stated, kept):
    server.on("POST", "/oauth/token", Reply(json={**GOOD, "api_url": stated}))
    assert oauth.refresh(transport, app, "r").api_url == kept


def test_without_a_scope_nothing_is_granted_but_the_tokens_are_not_lost(server, app, transport):
    server.on("POST", "/oauth/token", Reply(json={k: v for k, v in GOOD.items() if k != "scope"}))
    tokens = oauth.refresh(transport, app, "r")
    assert (tokens.refresh_token, tokens.scopes) == ("r", frozenset())


def test_secrets_outside_latin_1_are_sent_as_utf_8(server, transport):
    server.on("POST", "/oauth/token", Reply(json=GOOD))
    oauth.refresh(transport, OAuthApp("id", "géheim€", server.url), "r")
    sent = server.asked[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == "id:géheim€"


def test_nothing_secret_shows():
    app, tokens = OAuthApp("id", "s3cret"), oauth.Tokens("acc3ss", "refr3sh", 3600, frozenset({"x"}))
    assert not [secret for secret in ("s3cret", "acc3ss", "refr3sh") if secret in f"{app!r} {tokens!r} {app} {tokens}"]
