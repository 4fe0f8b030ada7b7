"""
Tokens: consent address, code for tokens, refresh, server-to-server tokens, revoke. Keeps nothing and repeats nothing.

Every request is a form in the body with HTTP Basic, never a query string, never a `scope` (the app's registration
decides). Each refresh returns a new refresh token and kills the old one: store both before using either, one refresh at
a time. After `Unreachable` nobody knows whether Zoom rotated; the next refresh tells.

What ends a grant (Zoom: "OAuth errors", and what was seen in production): HTTP 400 or 401 with `invalid_grant`, or with
a reason that names the token, or one of the codes for a dead grant. A wrong client secret, a 5xx, a 429, an unreadable
answer never do.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from zoom_xblock.client import errors
from zoom_xblock.client.addresses import allowed_api_url
from zoom_xblock.client.answers import error_for
from zoom_xblock.client.errors import Garbled, ZoomError
from zoom_xblock.client.http import Answer, Transport, zoom_code
from zoom_xblock.client.results import Tokens

log = logging.getLogger("zoom_xblock.client")

OAUTH_URL = "https://zoom.us"

#: How long a token is taken to live whose answer does not say: short, so that it is renewed early rather than late.
UNSTATED_SECONDS = 600

Grant = Literal["authorization_code", "refresh_token", "account_credentials"]

_DEAD = frozenset({4717, 4735, 4738, 4741})
_CODE_IN_TEXT = re.compile(r"\(?\b4,?(7[0-9]{2})\b\)?")


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """The app as registered with Zoom. `oauth_base` is `https://zoom.us`, or a stand-in's address."""

    client_id: str
    client_secret: str = field(repr=False)
    oauth_base: str = OAUTH_URL


def pkce_pair() -> tuple[str, str]:
    """A fresh (code verifier, code challenge): keep the first with the session, send the second along."""
    verifier = secrets.token_urlsafe(64)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorize_url(
    oauth_base: str, client_id: str, redirect_uri: str, state: str, code_challenge: str | None = None
) -> str:
    """Where to send the person who shall consent. `redirect_uri` must equal a registered one character by character."""
    query = {"response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "state": state}
    if code_challenge:
        query |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
    return f"{oauth_base.rstrip('/')}/oauth/authorize?{urlencode(query)}"


def exchange_code(
    http: Transport, app: OAuthApp, *, code: str, redirect_uri: str, code_verifier: str | None = None
) -> Tokens:
    """
    Tokens for a code that came back from the consent page. Raises `BadCode`, `BadRedirect`, `BadCredentials`, and the
    rest of the tree.
    """
    form = {"code": code, "redirect_uri": redirect_uri}
    if code_verifier:
        form["code_verifier"] = code_verifier
    return _tokens(http, app, "authorization_code", form)


def refresh(http: Transport, app: OAuthApp, refresh_token: str) -> Tokens:
    """
    A new pair for a refresh token, which is dead afterwards. Raises `Disconnected` when the grant is, and only then.
    """
    return _tokens(http, app, "refresh_token", {"refresh_token": refresh_token})


def account_token(http: Transport, app: OAuthApp, account_id: str) -> Tokens:
    """
    A token of a server-to-server app, without a refresh token: ask again when it runs out. A wrong account id is
    `BadCredentials`.
    """
    return _tokens(http, app, "account_credentials", {"account_id": account_id})


def revoke(http: Transport, app: OAuthApp, access_token: str) -> None:
    """End the grant at Zoom. One that is dead already is a success; the answer's body is not read."""
    answer = _post(http, app, "/oauth/revoke", {"token": access_token})
    if 200 <= answer.status < 300:
        return
    error = _token_error(answer, "refresh_token")
    if not isinstance(error, errors.Disconnected):
        raise error


def _tokens(http: Transport, app: OAuthApp, grant: Grant, form: Mapping[str, str]) -> Tokens:
    answer = _post(http, app, "/oauth/token", {"grant_type": grant, **form})
    body = answer.body
    if not 200 <= answer.status < 300 or not isinstance(body, dict) or (zoom_code(body) and "access_token" not in body):
        raise _token_error(answer, grant)
    access_token = _token(body, "access_token", answer)
    refresh_token = None if grant == "account_credentials" else _token(body, "refresh_token", answer)
    scope = body.get("scope")
    return Tokens(
        access_token=access_token,
        refresh_token=refresh_token,
        expires_in_seconds=_life(body.get("expires_in")),
        scopes=frozenset(scope.split()) if isinstance(scope, str) else frozenset(),
        api_url=_api_url(body.get("api_url"), http),
    )


def _post(http: Transport, app: OAuthApp, path: str, form: Mapping[str, str]) -> Answer:
    url = app.oauth_base.rstrip("/") + path
    return http.send("POST", url, template=path, label="token", form=form, basic=(app.client_id, app.client_secret))


def _token(body: Mapping[str, Any], key: str, answer: Answer) -> str:
    """A token that a header can carry; its length is promised nowhere."""
    value = body.get(key)
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value):
        raise Garbled(f"no {key} in the answer", status=answer.status, tracking_id=answer.tracking_id)
    return value


def _life(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 10**9:
        return UNSTATED_SECONDS
    return int(value)


def _api_url(value: Any, http: Transport) -> str | None:
    """The regional address, only if it is Zoom's: whoever forges it would be sent every token."""
    if value in (None, ""):
        return None
    if not isinstance(value, str) or not allowed_api_url(value, http.bases):
        log.warning("An api_url outside Zoom's domains was ignored.")
        return None
    return value.rstrip("/")


def _token_error(answer: Answer, grant: Grant) -> ZoomError:
    """
    Which error a refusal of the token endpoint is. Its bodies are `{"reason", "error"}`, older ones with less.
    """
    body = answer.body if isinstance(answer.body, dict) else {}
    word = body["error"] if isinstance(body.get("error"), str) else ""
    reason = next(
        (body[key] for key in ("reason", "message", "error_description") if isinstance(body.get(key), str)), ""
    )
    status, said = answer.status, reason.lower()
    if status in (408, 429) or status >= 500 or not body or not (word or reason):
        return _general(answer)
    in_text = _CODE_IN_TEXT.search(reason)
    code = zoom_code(body) or (int("4" + in_text.group(1)) if in_text else None)
    kind = _kind(grant, status, word, said, code)
    if kind is None:
        return _general(answer)
    return kind(reason or word, code=code, status=status, tracking_id=answer.tracking_id)


def _kind(grant: Grant, status: int, word: str, said: str, code: int | None) -> type[errors.Refused] | None:
    """None: nothing that the token endpoint alone would say."""
    if status < 400:
        return None
    if code in _DEAD:
        return errors.Disconnected
    if word == "invalid_client" or code in (4702, 4704) or "client_id" in said or "client secret" in said:
        return errors.BadCredentials
    if code == 4709 or "redirect" in said:
        return errors.BadRedirect
    if word == "unsupported_grant_type":
        return errors.Refused
    if grant == "authorization_code":
        bad = word in ("invalid_grant", "invalid_request") or code in (4733, 4734) or "authorization code" in said
        return errors.BadCode if bad else errors.Refused
    if grant == "account_credentials" and (word == "invalid_request" or "account" in said):
        return errors.BadCredentials
    if status in (400, 401) and (word == "invalid_grant" or re.search(r"\btoken\b", said)):
        return errors.Disconnected
    return errors.Refused


def _general(answer: Answer) -> ZoomError:
    """By code and status as on any endpoint, except that nothing unreadable may end a grant."""
    error = error_for(answer.status, answer.body, answer.headers, "live", text=answer.text)
    if isinstance(error, errors.Disconnected):
        return Garbled(error.message, code=error.code, status=error.status, tracking_id=error.tracking_id)
    return error
