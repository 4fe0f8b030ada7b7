"""
What each of our answers tells the browser: run nothing but our own files, guess no types, tell nobody where one was,
keep nothing, be in nobody's frame.

Put around every view where it is mounted (`urls`, `admin`), so that a new one has it, too. A site's own policy
(edx-django-utils, security/csp/middleware.py) is added to ours; browsers then hold to both.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.templatetags.static import static
from django.utils.cache import add_never_cache_headers

from zoom_xblock import conf
from zoom_xblock.client.addresses import ZOOM_DOMAINS

POLICY = "Content-Security-Policy"
#: For what is no page: a file that a browser opens all the same runs and loads nothing.
FILE_POLICY = "default-src 'none'; sandbox"
#: Pages of ours open in tabs of their own, never in the learning page's frame; the block itself is no page of ours.
_ALONE = "base-uri 'none'; frame-ancestors 'none'"


def sealed(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, with the headers on whatever it answers; what a view has said itself stands."""

    @wraps(view)  # whether it runs in a transaction, and whether Django asks for a CSRF token, is written on the view
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = view(request, *args, **kwargs)
        is_page = response.get("Content-Type", "").startswith("text/html") and not 300 <= response.status_code < 400
        response.headers.setdefault(POLICY, page_policy() if is_page else FILE_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        # Ours carry the keys of courses and components; pages with forms say "same-origin", which Django's check needs.
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        if is_page:
            response.headers.setdefault("X-Frame-Options", "DENY")
        if "no-store" not in response.get("Cache-Control", ""):
            add_never_cache_headers(response)
        return response

    return shown


def page_policy(*, leads_to_zoom: bool = False) -> str:
    """
    Nothing inline, nobody else's files. `leads_to_zoom`: a form on the page ends at Zoom's consent by redirect, and
    browsers hold redirects to `form-action`, too.
    """
    own = " ".join(["'self'", *_origins()])
    forms = " ".join(["'self'", *(_zoom() if leads_to_zoom else ())])
    return (
        f"default-src 'none'; script-src {own}; style-src {own}; img-src {own} data:; font-src {own}; "
        f"connect-src 'self'; form-action {forms}; {_ALONE}"
    )


def _origins() -> list[str]:
    """Where the site's static and uploaded files are, if on a host of their own."""
    found = (_origin(static("zoom_xblock/refused.css")), _origin(settings.MEDIA_URL or ""))
    return [one for one in dict.fromkeys(found) if one]


def _zoom() -> list[str]:
    named = [f"https://{part}{domain}" for domain in ZOOM_DOMAINS for part in ("", "*.")]
    return [*named, *(one for one in (_origin(base) for base in conf.stand_in_bases()) if one)]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme or 'https'}://{parts.netloc}" if parts.netloc else ""
