"""The way of an API call: raw path, token, limits, scopes, handler. Handlers run under the world's lock.

A module of the API declares its calls with ``@route`` and takes a ``Call``. Path segments are decoded once, as a server
does, so that a uuid arrives percent-encoded when the client encoded it twice.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from urllib.parse import unquote

from . import scopes
from .errors import ZoomError, invalid_fields, no_meeting, no_user

ROUTES = {}  # (method, number of segments) → list of Route
_BAD_PAGE = "The next page token is invalid or expired."
MAX_PAGE = 300


def whole(text, most=10**18):
    """The number that plain digits write, or None: for other text, other scripts' digits, and beyond ``most``."""
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    number = int(text)
    return number if number <= most else None


@dataclass(frozen=True)
class Route:
    """One call of the API."""

    method: str
    segments: tuple
    handler: object
    scope: str
    classic: str
    label: str
    admin_only: bool
    status: int


def route(method, path, *, scope, classic, label="Light", admin_only=False, status=200):
    """Declare a call. ``scope`` without ``:admin``; ``admin_only`` where no user form exists."""
    segments = tuple(path.strip("/").split("/"))

    def declare(handler):
        ROUTES.setdefault((method, len(segments)), []).append(
            Route(method, segments, handler, scope, classic, label, admin_only, status)
        )
        return handler

    return declare


def find(method, parts):
    """``(route, values)`` for decoded path segments, fixed segments before free ones; None when there is none."""
    best = None
    for one in ROUTES.get((method, len(parts)), ()):
        values = {}
        for want, got in zip(one.segments, parts, strict=True):
            if want.startswith("<"):
                values[want[1:-1]] = got
            elif want != got:
                break
        else:
            if best is None or len(values) < len(best[1]):
                best = (one, values)
    return best


@dataclass
class Call:
    """What a handler needs to know of a request."""

    world: object
    app: object
    grant: object
    user: object  # who consented; None for server-to-server
    account: object
    query: dict
    body: dict
    path: str
    headers: dict = field(default_factory=dict)

    @property
    def own_only(self):
        """Whether the app may touch its own user's things only."""
        return self.app.kind == "user-managed"

    def person(self, user_id):
        """The user that a path names, by the rules for ``me`` of each kind of app."""
        world = self.world
        if user_id == "me" and self.user is not None:
            return self.user
        if self.own_only or user_id == "me":
            if world.options.foreign_user_answer == "1001":
                raise no_user(user_id)
            raise ZoomError(400, 4711, "Invalid access token, does not contain scopes:[user:read:user:admin].")
        user = world.users.get(user_id) or (world.user_by_email(user_id) if "@" in user_id else None)
        if user is None or user.status == "deleted":
            raise no_user(user_id)
        if user.account_id != self.account.id:
            raise ZoomError(400, 1010, "User does not belong to this account.")
        return user

    def meeting(self, text, kind="meeting"):
        """A living meeting (or webinar) by number; refuses the wrong kind, other accounts, and other hosts."""
        from .meetings import lapsed  # the rule of ages lives there

        found = self.world.meetings.get(whole(text))
        if whole(text) is None:
            raise ZoomError(400, 300, f"Invalid {kind} id.")
        if found is None or found.account_id != self.account.id or found.deleted_at is not None:
            raise no_meeting(text, kind)
        if found.kind != kind:
            if kind == "meeting":
                raise ZoomError(400, 3000, "Cannot access webinar info.")
            raise ZoomError(400, 300, "Invalid webinar id.")
        if lapsed(self.world, found):
            raise no_meeting(text, kind)
        self.own(found)
        return found

    def own(self, meeting):
        """Refuse an own-user app a meeting of somebody else."""
        if self.own_only and meeting.host_id != self.user.id:
            raise ZoomError(400, 3003, f"You are not the {meeting.kind} host.")

    def host(self, meeting):
        """Who holds a meeting."""
        return self.world.users[meeting.host_id]

    def operator(self, meeting):
        """Who an event names as having done this."""
        return self.user or self.world.owner(self.account.id) or self.host(meeting)

    # paging

    def _page_key(self):
        rest = sorted((key, value) for key, value in self.query.items() if key != "next_page_token")
        return hashlib.sha256(json.dumps([self.path, rest]).encode()).hexdigest()[:16]

    def page_size(self):
        """``page_size`` within its bounds; 30 unless asked."""
        size = whole(self.query.get("page_size", "30"), MAX_PAGE)
        if not size:
            raise invalid_fields("page_size")
        return size

    def page_number(self):
        """The deprecated ``page_number``, 1 unless asked."""
        return whole(self.query.get("page_number", "1")) or 1

    def paged(self, rows, name):
        """One page of a sequence with ``next_page_token``, valid for 15 minutes and these parameters only."""
        size, token = self.page_size(), self.query.get("next_page_token", "")
        start = self._offset(token) if token else (self.page_number() - 1) * size
        part = rows[start : start + size]
        more = start + size < len(rows)
        return {
            "page_count": -(-len(rows) // size),
            "page_size": size,
            "total_records": len(rows),
            "next_page_token": self._token(start + size) if more else "",
            name: part,
        }

    def _token(self, start):
        until = int(self.world.now() + self.world.options.page_token_seconds)
        text = f"{start}.{until}.{self._page_key()}"
        return base64.urlsafe_b64encode(f"{text}.{self.world.ids.sign(text)}".encode()).rstrip(b"=").decode()

    def _offset(self, token):
        wrong = ZoomError(400, 300, _BAD_PAGE)
        try:
            text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
            start, until, key, seal = text.split(".")
        except ValueError:
            raise wrong from None
        if seal != self.world.ids.sign(f"{start}.{until}.{key}") or key != self._page_key():
            raise wrong
        if self.world.now() >= int(until):
            raise wrong
        return int(start)


def read_uuid(segment):
    """The uuid in a path segment that was decoded once.

    Encoded twice it is still encoded here. Encoded once it is bare; Zoom does not find a bare one that starts with
    ``/`` or holds ``//``: then None.
    """
    if "%" in segment:
        return unquote(segment)
    if segment.startswith("/") or "//" in segment:
        return None
    return segment


def authenticate(world, authorization, query):
    """``(app, grant, user, account, scopes)`` of a bearer token; 401 otherwise."""
    if "access_token" in query:
        raise ZoomError(401, 124, "Invalid access token, this access token is not supported as query parameter string.")
    scheme, _, token = (authorization or "").partition(" ")
    held = world.access_tokens.get(token.strip()) if scheme.lower() == "bearer" else None
    grant = world.grants.get(held["grant"]) if held else None
    app = world.apps.get(grant.client_id) if grant else None
    if app is None or grant.ended_at is not None or not app.enabled:
        raise ZoomError(401, 124, "Invalid access token.")
    if world.now() >= held["expires_at"]:
        raise ZoomError(401, world.options.expired_token_code, "Access token is expired.")
    user = world.users.get(grant.user_id) if grant.user_id else None
    if grant.user_id and (user is None or user.status != "active"):
        raise ZoomError(401, 124, "Invalid access token.")
    return app, grant, user, world.accounts[grant.account_id], set(held["scopes"])


def answer(world, *, method, raw_path, authorization, query, read_body):
    """``(status, body, headers)`` of a call below ``/v2``; ``raw_path`` is what follows, still encoded."""
    parts = [unquote(part) for part in raw_path.strip("/").split("/")]
    found = find(method, parts)
    headers = {}
    with world.lock:
        try:
            app, grant, user, account, granted = authenticate(world, authorization, query)
            if found is None:
                raise ZoomError(404, 2300, "This API endpoint is not recognized.")
            one, values = found
            headers = world.limits.call(account, one.label)
            scopes.require(
                granted, app.scope_style, one.scope, one.classic, one.admin_only, world.options.missing_scope_code
            )
            call = Call(world, app, grant, user, account, query, read_body(), raw_path, headers)
            body = one.handler(call, **values)
            return one.status, body, headers
        except ZoomError as refusal:
            return refusal.status, refusal.body(), {**headers, **refusal.headers}
