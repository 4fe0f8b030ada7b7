"""The first page: who can do what and where, and what to paste into the connection page."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie

from demo.site import standin
from demo.site.accounts import ACCOUNTS


@ensure_csrf_cookie
def home(request: HttpRequest) -> HttpResponse:
    """The main job in steps, the accounts, and the app that is registered at the stand-in Zoom."""
    unit = "/course/live-session/"
    settings_page = "/admin/config/services/zoom"
    steps = [
        ("admin", "Connect Zoom", settings_page, "Paste the values below, save, press Add to ZOOM and allow."),
        (
            "author",
            "Make a session",
            "/studio/",
            "Add one to a unit, with one required minute for a start. Save, publish.",
        ),
        ("learner1", "Open the unit", unit, "The page registers you by itself; your own way in appears."),
        (
            "author",
            "Start as host",
            unit,
            "In a second browser window: start the session, and end it for all later on.",
        ),
        ("learner1", "Take part", unit, "Join, stay for the required time, leave. Let learner2 leave early."),
        ("learner1", "See the result", unit, "Whoever stayed long enough is complete; the others see their minutes."),
    ]
    context = {"steps": steps, "accounts": ACCOUNTS, "app": standin.demo_app(), "site_url": settings.DEMO_SITE_URL}
    return render(request, "demo_site/home.html", context)
