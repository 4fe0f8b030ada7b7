"""Where the platform has two hosts and this site has one: the same path is another page in Studio."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from zoom_xblock.views.course import sessions
from zoom_xblock.views.headers import sealed


def course_sessions(request: HttpRequest, course_key: str) -> HttpResponse:
    """Whoever follows a link in Studio stays in Studio, as she would by its host's name."""
    if urlsplit(request.headers.get("Referer", "")).path.startswith("/studio"):
        return redirect(f"/studio{request.get_full_path()}")
    return sealed(sessions)(request, course_key)
