"""
Django admin: the connection page at `/admin/config/services/zoom` with what belongs to it, and its place on the index.

The platform includes plugin URLs after Django admin's, whose last pattern catches everything below `/admin/`: a plugin
URL there is dead although
`reverse()` finds it. So the route is put in front of the patterns of the admin site itself (docs/decisions/0004).
`admin.site` is asked for its URLs when the root URLconf is imported, after apps are ready, so this comes in time in
whatever order URLs are included.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import re_path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from zoom_xblock.views.connection import ROUTES
from zoom_xblock.views.headers import sealed
from zoom_xblock.views.site import connection_address, is_admin


def serve_connection_page(site: AdminSite) -> None:
    """Put the connection page and what belongs to it in front of the admin site's own patterns, once."""
    inherited = site.get_urls
    if getattr(inherited, "serves_zoom_connection", False):
        return

    def get_urls() -> list[Any]:
        pages = [
            re_path(rf"^config/services/zoom{pattern}/?$", _guarded(site, view), name=f"zoom_{name}")
            for name, pattern, view in ROUTES
        ]
        return [*pages, *inherited()]

    get_urls.serves_zoom_connection = True  # type: ignore[attr-defined]
    site.get_urls = get_urls  # type: ignore[method-assign]


def list_connection_page(site: AdminSite) -> None:
    """
    Show the connection page among the apps: on the index, in the sidebar, for those who may open it. Once.

    `get_app_list` is where Django itself and other plugins look for what to list; wrappers of it stack.
    """
    inherited = site.get_app_list
    if getattr(inherited, "lists_zoom_connection", False):
        return

    def get_app_list(request: HttpRequest, app_label: str | None = None) -> list[Any]:
        # Without the label where there is none: a wrapper by somebody else may still take the request alone.
        listed = inherited(request) if app_label is None else inherited(request, app_label)
        if app_label is not None or not is_admin(request):
            return listed
        entry = {
            "model": None,
            "name": _("Connection to Zoom"),
            "object_name": "ZoomSettings",
            "perms": {"add": False, "change": True, "delete": False, "view": True},
            "admin_url": connection_address(),
            "add_url": None,
            "view_only": False,
        }
        app = {
            "name": _("Zoom"),
            "app_label": "zoom_xblock",
            "app_url": connection_address(),
            "has_module_perms": True,
            "models": [entry],
        }
        return sorted([*listed, app], key=lambda one: str(one["name"]).lower())

    get_app_list.lists_zoom_connection = True  # type: ignore[attr-defined]
    site.get_app_list = get_app_list  # type: ignore[method-assign]


def _guarded(site: AdminSite, view: Any) -> Any:
    """
    The page behind `admin_view`, but for those whom that would send to the log-in of Django admin.

    The platform's log-in of Django admin forgets where one was going (LMS), and sends whoever is logged in without
    being staff round in circles (Studio). So visitors go to the site's own log-in, which returns them here, and
    everybody else is told that she may not.
    """
    shown = site.admin_view(view)

    @sealed
    @never_cache
    @wraps(view)  # whether it runs in a transaction is written on the view
    def page(request: HttpRequest, **parts: str) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not site.has_permission(request):
            raise PermissionDenied
        answer: HttpResponseBase = shown(request, **parts)
        return answer

    return page


serve_connection_page(admin.site)
list_connection_page(admin.site)
