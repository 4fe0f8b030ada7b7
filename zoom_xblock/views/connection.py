"""
The connection page: the app's credentials, the blue button, and how the connection is doing.

The form comes as JSON: the platform's tracking log records form fields, and some of these are secrets.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie

from zoom_xblock import platform, queries
from zoom_xblock.screens import connection as screen
from zoom_xblock.screens import connection_answers as answers
from zoom_xblock.screens import connection_lists as lists
from zoom_xblock.screens import self_test
from zoom_xblock.services import connections, doctor
from zoom_xblock.services.errors import InvalidWishes, SessionsDepend
from zoom_xblock.views import connection_actions, headers, site


@ensure_csrf_cookie
@transaction.non_atomic_requests  # to save may end the grant, and then Zoom is asked to revoke it
def connection_page(request: HttpRequest) -> HttpResponse:
    """GET shows, POST (JSON) saves. No call to Zoom while it renders."""
    site.require_admin(request)
    if request.method == "POST":
        return _save(request)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    context = screen.page(
        _with_studio_links(queries.site_facts()),
        site.addresses(request),
        links=links(),
        findings=doctor.diagnose(),
        is_leaving=request.GET.get("leaving") == "1",
    )
    return _show(request, "connection", _("Zoom"), context)


def part(request: HttpRequest, part: str) -> HttpResponse:
    """The lists: hosts and deliveries."""
    site.require_admin(request)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    facts, page = queries.site_facts(), _page_number(request)
    if part == "hosts":
        return _show(request, part, _("Hosts"), lists.hosts(facts, queries.hosts(page), links()))
    state, event = request.GET.get("state", "")[:20], request.GET.get("event", "")[:80]
    context = lists.deliveries(
        queries.deliveries(state, event, page), queries.delivery_events(), state, event, links(), failed=facts.failed
    )
    return _show(request, part, _("Deliveries"), context)


def test_progress(request: HttpRequest) -> HttpResponse:
    """The last test of the connection as JSON; the page asks every second while one runs."""
    site.require_admin(request)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    test = self_test.progress(queries.self_test())
    return JsonResponse(test if test is not None else {"is_over": True, "text": "", "steps": []})


def _with_studio_links(facts: Any) -> Any:
    """Where a session is in Studio only the platform knows."""
    door, found = platform.current(), []
    for session in facts.removal:
        with suppress(platform.PlatformError):
            session = replace(session, url=door.studio_url(session.usage_key))
        found.append(session)
    return replace(facts, removal=found)


def _page_number(request: HttpRequest) -> int:
    number = request.GET.get("page", "")
    return int(number) if number.isdecimal() and len(number) < 7 else 1


def links() -> dict[str, Any]:
    """Where the pages and their actions are on this site."""
    return {
        "connection": site.connection_address(),
        "hosts": site.connection_address("settings_part", "hosts"),
        "deliveries": site.connection_address("settings_part", "deliveries"),
        "test": site.connection_address("settings_test"),
        "do": {action: site.connection_address("settings_do", action) for action in connection_actions.ACTIONS},
    }


def _show(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    shared = {**admin.site.each_context(request), "title": title}
    # The LMS's Django admin has a banner that hides parts of itself by inline styles, which our policy drops.
    shared["show_survey_report_banner"] = False
    page = TemplateResponse(request, f"zoom_xblock/admin/{template}.html", {**shared, **context})
    page[headers.POLICY] = headers.page_policy(leads_to_zoom=True)
    page["Referrer-Policy"] = "same-origin"
    return page


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
            app_kind=form["app_kind"] or None,
            server_account_id=form["server_account_id"],
            knowingly=form["knowingly"] == "yes",
        )
    except InvalidWishes as error:
        return JsonResponse(answers.refusal(error.fields), status=422)
    except SessionsDepend as error:
        return JsonResponse(answers.question(len(error.sessions)), status=409)
    messages.success(request, _("Saved."))
    return JsonResponse({"saved": True})


def _json(request: HttpRequest) -> dict[str, Any] | None:
    """The fields as text, or None for anything else, such as an ordinary form (which would have been logged)."""
    if request.content_type != "application/json":
        return None
    try:
        form: Any = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    names = ("client_id", "client_secret", "webhook_secret", "host_email", "app_kind", "knowingly")
    if not isinstance(form, dict) or not all(isinstance(form.get(name, ""), str) for name in names):
        return None
    account_id = form.get("server_account_id")
    if account_id is not None and not isinstance(account_id, str):
        return None
    return {name: form.get(name, "") for name in names} | {"server_account_id": account_id}


#: (name, pattern behind the page's address, view): mounted in Django admin, and by ourselves for sites without it.
ROUTES: list[tuple[str, str, Any]] = [
    ("settings", "", connection_page),
    ("settings_part", r"/(?P<part>hosts|deliveries)", part),
    ("settings_test", "/test", test_progress),
    ("settings_do", r"/do/(?P<action>[a-z]+)", connection_actions.act),
]


def guarded(view: Any) -> Any:
    """One of these without Django admin's mount, which brings its own log-in and CSRF check."""
    return never_cache(login_required(csrf_protect(view)))
