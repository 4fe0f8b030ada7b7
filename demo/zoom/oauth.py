"""Grants and tokens (Zoom: "OAuth 2.0", "Server-to-Server OAuth", "OAuth error codes"). HTTP is in ``oauth_pages``."""

import base64
import hashlib
import hmac

from .records import Grant

INVALID_TOKEN = "Invalid Token!"


class TokenError(Exception):
    """An answer of the token endpoint: ``{"reason": text, "error": oauth word}``."""

    def __init__(self, reason, error, status=400, code=None):
        super().__init__(reason)
        self.status = status
        self.body = {"reason": reason, "error": error}
        if code:
            self.body["code"] = code


class AuthorizeError(Exception):
    """The authorize page shows this text and does not redirect."""


def check_authorize(world, query):
    """The app of an authorize request; raises AuthorizeError unless client, redirect and parameters are right."""
    app = world.apps.get(query.get("client_id", ""))
    if app is None or app.kind == "server-to-server":
        raise AuthorizeError(f"Invalid client_id: {query.get('client_id', '')} (4,700)")
    if not app.enabled:
        raise AuthorizeError("This app has been disabled (4,717)")
    if query.get("redirect_uri", "") not in app.redirect_uris:
        raise AuthorizeError(f"Invalid redirect: {query.get('redirect_uri', '')} (4,709)")
    if query.get("response_type") != "code":
        raise AuthorizeError("Invalid response_type: it must be code (4,700)")
    if "scope" in query and world.options.scope_parameter == "refuse":
        raise AuthorizeError("Invalid scopes (4,700)")
    if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
        raise AuthorizeError("Invalid code_challenge_method: it must be S256 (4,700)")
    return app


def may_consent(world, app, user):
    """Why a user cannot add an app; empty when they can."""
    if user.status != "active":
        return "not active"
    if not app.shared and user.account_id != app.account_id:
        return "in another account"
    if app.kind == "admin-managed" and user.role not in ("owner", "admin"):
        return "needs an administrator"
    return ""


def consent(world, app, user, *, redirect_uri, code_challenge=""):
    """A one-time code for what a user allowed."""
    code = world.ids.secret(32)
    world.codes[code] = {
        "client_id": app.client_id,
        "user_id": user.id,
        "redirect_uri": redirect_uri,
        "challenge": code_challenge,
        "expires_at": world.now() + world.options.code_seconds,
        "used": False,
    }
    return code


def client(world, authorization):
    """The app named by a Basic header; raises TokenError."""
    wrong = TokenError(
        "Invalid client_id or client_secret", "invalid_client", status=world.options.invalid_client_status
    )
    scheme, _, value = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        raise wrong
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        raise wrong from None
    app = world.apps.get(name)
    if app is None or not hmac.compare_digest(app.client_secret.encode(), secret.encode()):
        raise wrong
    if not app.enabled:
        raise TokenError("This app has been disabled. (4,717)", "invalid_client", code=4717)
    return app


def exchange(world, app, form):
    """Answer of ``POST /oauth/token`` for a form body; raises TokenError."""
    grant_type = form.get("grant_type", "")
    ways = {"authorization_code": _by_code, "refresh_token": _by_refresh, "account_credentials": _by_account}
    server = app.kind == "server-to-server"
    if grant_type not in ways or server != (grant_type == "account_credentials"):
        raise TokenError("unsupported grant type", "unsupported_grant_type")
    return ways[grant_type](world, app, form)


def _by_code(world, app, form):
    wrong = TokenError("Invalid authorization code", "invalid_grant")
    asked = world.codes.get(form.get("code", ""))
    if asked is None or asked["used"] or asked["client_id"] != app.client_id or world.now() >= asked["expires_at"]:
        raise wrong
    if form.get("redirect_uri") != asked["redirect_uri"]:
        raise TokenError("Redirect URI mismatch. (4,709)", "invalid_request", code=4709)
    if asked["challenge"]:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if not hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), asked["challenge"]):
            raise TokenError("Invalid code verifier", "invalid_grant")
    user = world.users.get(asked["user_id"])
    if user is None or user.status != "active":
        raise wrong
    asked["used"] = True
    return issue(world, authorize(world, app, user))


def authorize(world, app, user):
    """A new authorization; the earlier one of the same user and app ends (4741)."""
    for old in world.grants_of(app.client_id):
        if old.user_id == user.id:
            end(world, old, "replaced")
    grant = Grant(
        id=world.ids.opaque(),
        client_id=app.client_id,
        user_id=user.id,
        account_id=user.account_id,
        scopes=list(app.scopes),
        created_at=world.now(),
    )
    world.grants[grant.id] = grant
    world.touch("world")
    return grant


def _by_refresh(world, app, form):
    wrong = TokenError(INVALID_TOKEN, "invalid_grant")
    token = form.get("refresh_token", "")
    held = world.refresh_tokens.get(token)
    grant = world.grants.get(held["grant"]) if held else None
    if (
        grant is None
        or grant.client_id != app.client_id
        or grant.ended_at is not None
        or world.now() >= held["expires_at"]
    ):
        raise wrong
    user = world.users.get(grant.user_id)
    if user is None or user.status != "active":
        raise wrong  # 4735
    del world.refresh_tokens[token]
    world.retired_secrets.append(token)
    if world.options.refresh_kills_access_token:
        _drop(world, world.access_tokens, grant)
    if world.options.refresh_adds_scopes:
        grant.scopes = list(app.scopes)
    return issue(world, grant)


def _by_account(world, app, form):
    if form.get("account_id") != app.account_id:
        raise TokenError("Bad Request", "invalid_request")
    grant = next(iter(world.grants_of(app.client_id)), None)
    if grant is None:
        grant = Grant(
            id=world.ids.opaque(),
            client_id=app.client_id,
            user_id="",
            account_id=app.account_id,
            scopes=list(app.scopes),
            created_at=world.now(),
        )
        world.grants[grant.id] = grant
    grant.scopes = list(app.scopes)
    return issue(world, grant)


def issue(world, grant):
    """A fresh access token, and a refresh token unless server-to-server: the answer with all its fields."""
    now, options = world.now(), world.options
    claims = {
        "iss": f"zm:cid:{grant.client_id}",
        "aud": "https://oauth.zoom.us",
        "uid": grant.user_id,
        "aid": grant.account_id,
        "iat": int(now),
    }
    access = world.ids.token(**claims, exp=int(now) + options.access_token_seconds)
    world.access_tokens[access] = {
        "grant": grant.id,
        "expires_at": now + options.access_token_seconds,
        "scopes": list(grant.scopes),
    }
    answer = {"access_token": access, "token_type": "bearer"}
    if grant.user_id:
        life = options.refresh_token_days * 86400
        refresh = world.ids.token(**claims, exp=int(now + life), tokenType="refresh_token")
        world.refresh_tokens[refresh] = {"grant": grant.id, "expires_at": now + life}
        answer["refresh_token"] = refresh
    world.touch("world")
    return {
        **answer,
        "expires_in": options.access_token_seconds,
        "scope": " ".join(sorted(grant.scopes)),
        "api_url": world.base_url,
    }


def revoke(world, app, token):
    """End the authorization that an access token belongs to; raises TokenError."""
    held = world.access_tokens.get(token)
    grant = world.grants.get(held["grant"]) if held else None
    if grant is None or grant.client_id != app.client_id or grant.ended_at is not None:
        raise TokenError(INVALID_TOKEN, "invalid_request")
    remove(world, grant)
    return {"status": "success"}


def remove(world, grant, by="revoked"):
    """The app is removed by its user: tokens die, the app is told."""
    if grant.user_id:
        world.events.app_deauthorized(grant)
    end(world, grant, by)


def end(world, grant, by):
    """Kill every token of an authorization."""
    grant.ended_at, grant.ended_by = world.now(), by
    _drop(world, world.refresh_tokens, grant)
    _drop(world, world.access_tokens, grant)
    world.touch("world")


def _drop(world, tokens, grant):
    for token in [token for token, held in tokens.items() if held["grant"] == grant.id]:
        world.retired_secrets.append(token)
        del tokens[token]
