"""
The settings page: the app's credentials, the blue button, and how the connection is doing.

The form comes as JSON: the platform's tracking log records form fields, and some of these are secrets.
"""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie

from zoom_xblock import queries
from zoom_xblock.screens import connection as screen
from zoom_xblock.services import connections
from zoom_xblock.services.errors import InvalidWishes
from zoom_xblock.views import site


@ensure_csrf_cookie
def settings_page(request: HttpRequest) -> HttpResponse:
    """GET shows, POST (JSON) saves. No call to Zoom while it renders."""
    site.require_admin(request)
    if request.method == "POST":
        return _save(request)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    context = {
        **admin.site.each_context(request),
        **screen.page(queries.site_facts(), site.addresses(request)),
        "title": _("Zoom"),
    }
    return TemplateResponse(request, "zoom_xblock/admin/connection.html", context)


#: The same page for sites without Django admin's mount (which brings its own log-in and CSRF check).
page = never_cache(login_required(csrf_protect(settings_page)))


def _save(request: HttpRequest) -> HttpResponse:
    form = _json(request)
    if form is None:
        return JsonResponse(
            {"saved": False, "message": _("This form was sent in a way that we do not accept.")}, status=400
        )
    try:
        connections.save_app(
            client_id=form["client_id"],
            host_email=form["host_email"],
            client_secret=form["client_secret"] or None,
            webhook_secret=form["webhook_secret"] or None,
        )
    except InvalidWishes as error:
        return JsonResponse(screen.refusal(error.fields), status=422)
    messages.success(request, _("Saved."))
    return JsonResponse({"saved": True})


def _json(request: HttpRequest) -> dict[str, str] | None:
    """The four fields as text, or None for anything else, such as an ordinary form (which would have been logged)."""
    if request.content_type != "application/json":
        return None
    try:
        form: Any = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    names = ("client_id", "client_secret", "webhook_secret", "host_email")
    if not isinstance(form, dict) or not all(isinstance(form.get(name, ""), str) for name in names):
        return None
    return {name: form.get(name, "") for name in names}
