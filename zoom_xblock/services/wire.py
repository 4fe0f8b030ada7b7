"""The way out: pools of connections with Zoom, with the site's limits of time, to Zoom's addresses only."""

from __future__ import annotations

from functools import lru_cache

from zoom_xblock import client as zoom
from zoom_xblock import conf


def transport(*, patient: bool) -> zoom.Transport:
    """The pool for jobs (`patient`: safe calls are repeated) or for a person who waits."""
    return _shared(conf.connect_timeout_seconds(), conf.read_timeout_seconds(), patient, tuple(conf.stand_in_bases()))


@lru_cache(maxsize=8)
def _shared(connect_seconds: float, read_seconds: float, patient: bool, bases: tuple[str, ...]) -> zoom.Transport:
    """
    One pool of connections for each way of calling: a new TLS handshake for every call would cost more than the call.
    """
    return zoom.Transport(connect_seconds=connect_seconds, read_seconds=read_seconds, patient=patient, bases=bases)


def api_base(answered: str | None) -> str:
    """The regional base that Zoom answered, where it is Zoom's (or the stand-in's); a forged one never gets a token."""
    if answered and zoom.allowed_api_url(answered, conf.stand_in_bases()):
        return answered
    return conf.api_base_url()
