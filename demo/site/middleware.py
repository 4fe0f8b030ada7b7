"""What stands between a request and a view on the platform, as far as a plugin can notice it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import HttpResponse

from demo.site import tracking


class TrackingMiddleware:
    """
    Records GET, POST and path of every request, as the platform's TrackMiddleware does.

    It reads `request.POST` first, so that the raw body of a multipart form is gone for the view behind it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request) -> HttpResponse:
        path = request.META["PATH_INFO"]
        if not any(re.match(pattern, path) for pattern in settings.TRACKING_IGNORE_URL_PATTERNS):
            tracking.write(
                {
                    "event_type": path,
                    "user_id": request.user.pk,
                    "event": {"GET": self._masked(request.GET), "POST": self._masked(request.POST)},
                }
            )
        return self.get_response(request)

    @staticmethod
    def _masked(fields: Any) -> dict[str, Any]:
        return {name: "*" * 8 if name in tracking.MASKED else values for name, values in dict(fields).items()}


class ContentSecurityPolicyMiddleware:
    """A strict policy on every page: no inline script or style, no foreign host. A block that needs one fails here."""

    def __init__(self, get_response):
        self.get_response = get_response
        zoom = urlsplit(settings.DEMO_ZOOM_URL)
        # A form may end at Zoom's consent page by redirect, and browsers hold redirects to `form-action`, too.
        self.policy = "; ".join(
            [
                "default-src 'self'",
                "img-src 'self' data:",
                "object-src 'none'",
                "base-uri 'self'",
                "frame-ancestors 'self'",
                f"form-action 'self' {zoom.scheme}://{zoom.netloc}",
            ]
        )

    def __call__(self, request) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        return response


class ReadingTransactionMiddleware:
    """Lets the transaction around a view that answers a GET begin without the write lock (see `demo.site.sqlite`)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request, view, _args, _kwargs) -> None:
        non_atomic = getattr(view, "_non_atomic_requests", ())
        atomic = connection.settings_dict["ATOMIC_REQUESTS"] and "default" not in non_atomic
        if hasattr(connection, "expect_reading"):
            connection.expect_reading(bool(atomic) and request.method in ("GET", "HEAD"))
