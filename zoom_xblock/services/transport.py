"""
The way out: pools of connections with Zoom, with the site's limits of time, to Zoom's addresses only, within budget.

Before each request the leases of its caller are renewed and the call is taken out of the account's budget; what Zoom
allows a few of a day is counted here, too, for whoever makes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from zoom_xblock import client as zoom
from zoom_xblock import conf
from zoom_xblock.models import Connection, Host, Meeting
from zoom_xblock.models.fields import digest
from zoom_xblock.services import budget, leases, metrics

#: Meetings and webinars made and changed for one host, and tries to add one address to one meeting (Zoom, "Rate
#: limits").
WRITES_A_DAY = 100
REGISTRATIONS_A_DAY = 3

_WRITE = re.compile(r"^/(?:users/\{user\}/(?:meetings|webinars)|(?:meetings|webinars)/\{id\})$")
_REGISTRANTS = re.compile(r"^/(?:meetings|webinars)/\{id\}/registrants$")
_LABEL: ContextVar[str] = ContextVar("zoom_xblock_rate_label", default="light")


def pool(*, patient: bool) -> zoom.Transport:
    """The pool for jobs (`patient`: safe calls are repeated) or for a person who waits."""
    return _shared(conf.connect_timeout_seconds(), conf.read_timeout_seconds(), patient, tuple(conf.stand_in_bases()))


def api_base(answered: str | None) -> str:
    """The regional base that Zoom answered, where it is Zoom's (or the stand-in's); a forged one never gets a token."""
    if answered and zoom.allowed_api_url(answered, conf.stand_in_bases()):
        return answered
    return conf.api_base_url()


@lru_cache(maxsize=8)
def _shared(connect_seconds: float, read_seconds: float, patient: bool, bases: tuple[str, ...]) -> zoom.Transport:
    """
    One pool of connections for each way of calling: a new TLS handshake for every call would cost more than the call.
    """
    return Budgeted(
        connect_seconds=connect_seconds,
        read_seconds=read_seconds,
        patient=patient,
        bases=bases,
        spend=_spender("job" if patient else "person"),
        observe=_observe,
    )


class Budgeted(zoom.Transport):
    """A pool that keeps to the limits of a day, which depend on what is sent."""

    def send(self, method: str, url: str, *, template: str, **given: Any) -> Any:
        """As `Transport.send`; raises `RateLimited` where a limit of the day is known to be reached."""
        allowance = _allowance(method, url, template, given.get("json"))
        if allowance is not None:
            budget.once_more_today(*allowance)
        try:
            answer = super().send(method, url, template=template, **given)
        except (zoom.errors.RateLimited, zoom.errors.Unreachable) as error:
            if allowance is not None and not getattr(error, "sent", False):
                budget.not_used(*allowance)
            raise
        if allowance is not None and answer.status == 401:  # the caller renews the token and sends it once more
            budget.not_used(*allowance)
        elif allowance is not None and answer.status == 429 and "in one day" in _words(answer):
            budget.no_more_today(*allowance)
        return answer


def _words(answer: Any) -> str:
    """What a refusal says of a limit of the day; Zoom has several sentences for it (Zoom, "Rate limits")."""
    said = str(answer.body.get("message", "")) if isinstance(answer.body, dict) else ""
    return "in one day" if "daily rate limit" in said or "in one day" in said else ""


def _spender(who: budget.Who) -> Callable[[str], None]:
    def spend(label: str) -> None:
        leases.keep()
        _LABEL.set(label)
        budget.spend(label, who)

    return spend


def _observe(name: str, **numbers: float) -> None:
    metrics.called(name, **numbers)
    if numbers["status"] == 429:
        budget.refused(_LABEL.get())


def _allowance(method: str, url: str, template: str, json: Any) -> tuple[str, str, int] | None:
    """Which few of the day a request is one of: what, of whom, and how many there are; None for all others."""
    last = url.split("?")[0].rstrip("/").split("/")
    if method == "POST" and _REGISTRANTS.match(template) and isinstance(json, dict):
        # The address is nobody's business in Redis.
        who = digest("registrant", last[-2], str(json.get("email", "")).strip().casefold())
        return "registrations", who, REGISTRATIONS_A_DAY
    if method == "POST" and template.startswith("/users/") and _WRITE.match(template):
        return "writes", _host(last[-2]), WRITES_A_DAY
    if method == "PATCH" and _WRITE.match(template) and last[-1].isdigit():
        row = Meeting.objects.filter(zoom_id=int(last[-1])).values_list("host_email", "host_id").first()
        return ("writes", _host(row[0] or row[1]), WRITES_A_DAY) if row and any(row) else None
    return None


def _host(reference: str) -> str:
    """One name for one host, however Zoom is told of her: by address where it is known, which Redis need not read."""
    reference = unquote(reference)
    if reference == "me":
        mine = Connection.objects.values_list("zoom_email", "zoom_user_id").first() or ("", "")
        reference = mine[0] or mine[1] or reference
    if "@" not in reference:
        known = Host.objects.filter(id_digest=digest(reference)).values_list("email", flat=True).first()
        reference = known or reference
    return digest("host", reference.casefold() if "@" in reference else reference)
