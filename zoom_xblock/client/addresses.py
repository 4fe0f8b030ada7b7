"""
Which addresses are Zoom's: nothing of ours (a token, a learner, a host) is ever sent elsewhere.

Zoom's answers carry addresses (`api_url`, start links), and a forged answer would carry forged ones. Accepted are https
under Zoom's domains and the origins that the operator configured, which is how a stand-in on loopback is reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

ZOOM_DOMAINS = ("zoom.us", "zoom.com", "zoomgov.com")

#: Parsers disagree about everything else (spaces, backslashes, control and non-ASCII characters), so everything else is
#: refused.
_PLAIN = re.compile(
    r"https?://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?(?:[/?#][!-\[\]-~]*)?\Z|https?://\[[0-9A-Fa-f:]+\](?::[0-9]{1,5})?(?:[/?#][!-\[\]-~]*)?\Z"
)


def allowed_api_url(url: str, configured_base: str | Iterable[str] = ()) -> bool:
    """
    Whether `url` may be called, or a person be sent there: https on the usual port under Zoom's domains, or the very
    origin (scheme, host, port) of a configured base. Never with user name or password in it.
    """
    origin = _origin(url)
    if origin is None:
        return False
    bases = (configured_base,) if isinstance(configured_base, str) else configured_base
    if any(origin == _origin(base) for base in bases if base):
        return True
    scheme, host, port = origin
    return scheme == "https" and port == 443 and any(host == d or host.endswith("." + d) for d in ZOOM_DOMAINS)


def api_base(url: str) -> str:
    """
    The base of API paths for `url`, which may or may not end with the version: `https://api-eu.zoom.us` →
    `https://api-eu.zoom.us/v2`.
    """
    url = url.rstrip("/")
    return url if url.endswith("/v2") else url + "/v2"


def _origin(url: object) -> tuple[str, str, int] | None:
    if not isinstance(url, str) or not _PLAIN.match(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.password is not None or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port if port is not None else {"https": 443, "http": 80}[parts.scheme]
