"""
What can go wrong in a verb, as slugs that screens turn into sentences.

```
ServiceError            .slug, .retry
├── NotConnected        no grant: a site admin must connect Zoom
├── Busy                somebody else is changing the same thing just now
├── Forbidden           this person may not do this
├── Unplaced            the block has no session yet
├── ConsentRefused      Zoom's return from the consent page could not be accepted
├── OtherAccount        .present, .wanted, .sessions: a person must decide
├── SessionsDepend      .sessions: they would lose their connection
├── InvalidWishes       .fields: {field: slug}; nothing was sent to Zoom
├── ChangedMeanwhile    .differences: fields that somebody, here or at Zoom, changed since the form was opened
├── NeedsAgreement      .changes, .topic, .starts_at: linking would change this; the author must agree first
├── NotLinkable         this session cannot be linked; `slug` says why
└── ZoomSaid            Zoom refused or did not answer; .cause is the client's error, .fields as above
```
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from zoom_xblock import client as zoom
from zoom_xblock.health import FutureSession


class ServiceError(Exception):
    """A verb could not be done; nothing was changed."""

    slug = "failed"
    retry = False

    def __init__(self, slug: str | None = None) -> None:
        self.slug = slug or type(self).slug
        super().__init__(self.slug)


class NotConnected(ServiceError):
    """There is no grant that works."""

    slug = "not_connected"


class Busy(ServiceError):
    """Another save or job holds the row."""

    slug = "busy"
    retry = True


class Forbidden(ServiceError):
    """The person lacks the permission."""

    slug = "forbidden"


class Unplaced(ServiceError):
    """The block has no session."""

    slug = "unplaced"


class InvalidWishes(ServiceError):
    """What was asked for cannot be asked of Zoom."""

    slug = "invalid"

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        super().__init__()


class ChangedMeanwhile(ServiceError):
    """
    The session is another one than the form was filled from; nothing was changed. `differences` are the names of fields
    (as the block's; also `passcode`, `alternative_hosts`) in which it differs from what was asked for.
    """

    slug = "changed_meanwhile"

    def __init__(self, differences: list[str]) -> None:
        self.differences = differences
        super().__init__()


class NeedsAgreement(ServiceError):
    """
    Linking would change a session that somebody made; nothing was changed. `changes` are slugs: "registration" (is
    switched on), "registration_all_dates" (one registration counts for all dates of the series).
    """

    slug = "needs_agreement"

    def __init__(self, changes: list[str], topic: str, starts_at: datetime | None) -> None:
        self.changes, self.topic, self.starts_at = changes, topic, starts_at
        super().__init__()


class NotLinkable(ServiceError):
    """
    The session cannot be linked: "malformed" (no number, no link of Zoom's), "not_found" (no such session, or of a host
    whom this author may not use: never told apart), "personal_room", "no_fixed_time", "over", "has_session" (the block
    has one already), "not_a_link" (nothing to unlink).
    """

    slug = "not_found"


class ConsentRefused(ServiceError):
    """Zoom's return could not be accepted; `slug` says why: declined, expired, replayed, foreign, …"""


class OtherAccount(ServiceError):
    """Another Zoom account was allowed while sessions depend on the present one. Kept aside until a person decides."""

    slug = "other_account"

    def __init__(self, present: str, wanted: str, sessions: list[FutureSession]) -> None:
        self.present, self.wanted, self.sessions = present, wanted, sessions
        super().__init__()


class SessionsDepend(ServiceError):
    """Sessions still to come depend on the connection that was to be ended; `knowingly=True` goes on."""

    slug = "sessions_depend"

    def __init__(self, sessions: list[FutureSession]) -> None:
        self.sessions = sessions
        super().__init__()


class ZoomSaid(ServiceError):
    """Zoom's answer, or its silence. `until`: when the limit of a day ends, where that is what Zoom said."""

    def __init__(self, error: zoom.ZoomError) -> None:
        self.retry = error.retry
        self.retry_after_seconds = getattr(error, "retry_after_seconds", None)
        self.code = error.code
        self.fields: dict[str, str] = {}
        self.until: datetime | None = None
        if isinstance(error, zoom.errors.RateLimited) and error.daily:
            # To the minute: Zoom's clock and ours differ by seconds, and "23:59" would be read as a whole day.
            ends = timezone.now() + timedelta(seconds=error.retry_after_seconds + 30)
            self.until = ends.replace(second=0, microsecond=0)
        super().__init__(trouble_of(error))


#: From the client's tree to slugs; the first match counts, so leaves stand before their parents.
_TROUBLES: list[tuple[str, str]] = [
    ("Unreachable", "unreachable"),
    ("RateLimited", "rate_limited"),
    ("ZoomDown", "zoom_down"),
    ("Garbled", "garbled"),
    ("NotReady", "not_ready"),
    ("BadCredentials", "bad_credentials"),
    ("BadRedirect", "bad_redirect"),
    ("BadCode", "bad_code"),
    ("Disconnected", "disconnected"),
    ("ScopeMissing", "scope_missing"),
    ("UserGone", "host_unknown"),
    ("Gone", "gone"),
    ("HostCannotRegister", "host_cannot_register"),
    ("RegistrationOff", "registration_off"),
    ("Full", "full"),
    ("Over", "over"),
    ("NotAllowed", "not_allowed"),
    ("WrongKind", "wrong_kind"),
    ("Invalid", "refused_fields"),
    ("Refused", "refused"),
]


def trouble_of(error: Exception) -> str:
    """The slug for an error of the client."""
    if isinstance(error, ServiceError):
        return error.slug
    if isinstance(error, zoom.errors.RateLimited) and error.daily:
        return "daily_limit"
    names = [parent.__name__ for parent in type(error).__mro__]
    return next((slug for name, slug in _TROUBLES if name in names), "failed")
