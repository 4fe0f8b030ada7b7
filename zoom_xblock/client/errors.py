"""
What can go wrong with Zoom, as a tree: a caller catches one leaf, a branch, or the root.

    ZoomError                     .retry .code .status .message .tracking_id
    ├── Unreachable               no answer at all; `.sent` False: Zoom cannot have acted           retry
    ├── RateLimited               429, as status or as code; `.retry_after_seconds`, `.daily`       retry then
    ├── ZoomDown                  5xx                                                               retry
    ├── Garbled                   an answer that is not what the API promises                       retry, bounded
    ├── NotReady                  past and report endpoints: not ended, or not available yet        retry
    ├── PageLapsed                a page token outlived its 15 minutes, again and again             retry
    ├── ForeignAddress            an address that is not Zoom's; nothing was sent                   operator error
    └── Refused                   4xx with Zoom's code; `.fields`                                   do not retry
        ├── BadCredentials        client id or secret (or account id) wrong: operator error, the grant lives
        ├── BadRedirect           redirect address differs from the registered one: operator error
        ├── BadCode               authorization code wrong, used or too old: back to the consent page
        ├── Disconnected          the grant is dead: a person must reconnect
        ├── ScopeMissing          `.scopes`: what Zoom would have accepted
        ├── Gone                  the meeting, webinar or registrant does not exist (any more)
        │   └── UserGone          the user does not exist, or is not in this account
        ├── NotAllowed            plan, licence or permission (code 200, at times with HTTP 200)
        │   └── NotHost           the connected user is not the host
        ├── RegistrationOff       registration is not enabled for this meeting or webinar
        ├── HostCannotRegister    3027
        ├── Full                  3035, 3043
        ├── Over                  3038: over, registration closed
        ├── WrongKind             a meeting call on a webinar's id
        ├── InProgress            3002: cannot be deleted while it runs
        ├── TooOld                12702: more than a year ago
        ├── NoRecording           3301: normal
        └── Invalid               300, with fields

    BadDelivery                   a webhook that is not to be believed; `.reason`, and the HTTP `.status` to answer
    ├── NotSigned, WrongSignature, Stale     401
    ├── NotJson, Malformed                   400
    ├── WrongMethod                          405
    └── TooLarge                             413

`message` holds Zoom's words with secrets masked; it may name a person (Zoom quotes addresses), so it is for the page of
whoever may see them, not for the log. `str(error)` is for the log: kind, status, code, tracking id, and none of Zoom's
words.

Instances survive pickling, since jobs hand them on.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoom_xblock.client.masking import masked


class ZoomError(Exception):
    """Root of all that a call to Zoom may raise. `retry`: whether the same call may succeed later, unchanged."""

    retry: bool = False

    def __init__(
        self,
        message: str = "",
        *,
        code: int | None = None,
        status: int | None = None,
        tracking_id: str | None = None,
    ) -> None:
        self.message = masked(message)
        self.code = code
        self.status = status
        self.tracking_id = tracking_id
        super().__init__(self.message)

    def __str__(self) -> str:
        parts = [type(self).__name__]
        if self.status is not None:
            parts.append(f"HTTP {self.status}")
        if self.code is not None:
            parts.append(f"code {self.code}")
        if self.tracking_id:
            parts.append(f"tracking id {self.tracking_id}")
        return ", ".join(parts)

    def __repr__(self) -> str:
        return f"<{self}>"


class Unreachable(ZoomError):
    """No answer. `sent` is False where no connection came about, so Zoom cannot have acted; True means nobody knows."""

    retry = True

    def __init__(self, message: str = "", *, sent: bool = True, tracking_id: str | None = None) -> None:
        super().__init__(message, tracking_id=tracking_id)
        self.sent = sent


class RateLimited(ZoomError):
    """Too many calls. Ask again after `retry_after_seconds`; `daily` when the limit of a day is spent."""

    retry = True

    def __init__(
        self,
        message: str = "",
        *,
        retry_after_seconds: float = 1.0,
        daily: bool = False,
        code: int | None = 429,
        status: int | None = None,
        tracking_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status, tracking_id=tracking_id)
        self.retry_after_seconds = retry_after_seconds
        self.daily = daily


class ZoomDown(ZoomError):
    """5xx: Zoom's own trouble. An unsafe call may have been carried out."""

    retry = True


class Garbled(ZoomError):
    """Not the answer that the API promises: not JSON, or without the keys that matter. Bound the retries."""

    retry = True


class NotReady(ZoomError):
    """The sitting has not ended, or its record is not there yet; Zoom says the same of one that never was."""

    retry = True


class PageLapsed(ZoomError):
    """The page token lapsed, and starting again from page one did not help either."""

    retry = True


class ForeignAddress(ZoomError):
    """An address outside Zoom's domains and the configured stand-in. Nothing was sent."""


class Refused(ZoomError):
    """Zoom understood and said no. `fields`: the (field, message) pairs of a failed validation."""

    def __init__(
        self,
        message: str = "",
        *,
        fields: Iterable[tuple[str, str]] = (),
        code: int | None = None,
        status: int | None = None,
        tracking_id: str | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status, tracking_id=tracking_id)
        self.fields: list[tuple[str, str]] = [(masked(name), masked(text)) for name, text in fields]


class BadCredentials(Refused):
    """Client id, client secret or account id are wrong. An operator's error: the grant is not broken by it."""


class BadRedirect(Refused):
    """The redirect address is not, character by character, one that the app registered (4709)."""


class BadCode(Refused):
    """The authorization code is wrong, used, or older than 5 minutes: begin again at the consent page."""


class Disconnected(Refused):
    """The grant is dead; only a person can give a new one."""


class ScopeMissing(Refused):
    """
    The token lacks a scope. `scopes` lists those that the endpoint would have accepted, any one of which suffices.
    """

    def __init__(
        self,
        message: str = "",
        *,
        scopes: Iterable[str] = (),
        fields: Iterable[tuple[str, str]] = (),
        code: int | None = None,
        status: int | None = None,
        tracking_id: str | None = None,
    ) -> None:
        super().__init__(message, fields=fields, code=code, status=status, tracking_id=tracking_id)
        self.scopes: list[str] = list(scopes)


class Gone(Refused):
    """The meeting, webinar or registrant does not exist (any more)."""


class UserGone(Gone):
    """The user does not exist, or is not in this account."""


class NotAllowed(Refused):
    """Plan, licence or permission do not suffice; the owner can mend it, a repetition cannot."""


class NotHost(NotAllowed):
    """Only the host may do this, and the connected user is not the host (3003)."""


class RegistrationOff(Refused):
    """Registration is not enabled for this meeting or webinar: no personal links."""


class HostCannotRegister(Refused):
    """The address is the host's own (3027): give the host the start link."""


class Full(Refused):
    """No place left (3035, 3043)."""


class Over(Refused):
    """The session is over and registration closed (3038)."""


class WrongKind(Refused):
    """A meeting call on a webinar's id."""


class InProgress(Refused):
    """Cannot be deleted while it runs (3002)."""


class TooOld(Refused):
    """More than a year ago: Zoom has no record any more (12702)."""


class NoRecording(Refused):
    """There is no recording (3301): the normal state of most meetings."""


class Invalid(Refused):
    """Validation failed (300): a bug of ours or an author's input, see `fields`."""


class BadDelivery(Exception):
    """A webhook delivery not to be believed or not to be read. Its text is the reason alone: nothing that was sent."""

    reason: str = "bad-delivery"
    status: int = 400

    def __init__(self) -> None:
        super().__init__(self.reason)


class NotSigned(BadDelivery):
    """A signature header is missing or unreadable, or we hold no secret to check it with."""

    reason, status = "not-signed", 401


class WrongSignature(BadDelivery):
    """Signed, but by no secret of ours."""

    reason, status = "wrong-signature", 401


class Stale(BadDelivery):
    """Rightly signed, too long ago or for too far ahead: a replay, or a clock that is wrong."""

    reason, status = "stale", 401


class NotJson(BadDelivery):
    """The body is not JSON."""

    reason, status = "not-json", 400


class Malformed(BadDelivery):
    """JSON, but not a delivery of Zoom's."""

    reason, status = "malformed", 400


class WrongMethod(BadDelivery):
    """Not a POST."""

    reason, status = "wrong-method", 405


class TooLarge(BadDelivery):
    """More bytes than any delivery of Zoom's has."""

    reason, status = "too-large", 413
