"""
Django admin: the settings page at `/admin/config/services/zoom`.

The platform includes plugin URLs after Django admin's, whose last pattern catches everything below `/admin/`: a plugin
URL there is dead although
`reverse()` finds it. So the route is put in front of the patterns of the admin site itself (docs/decisions/0004).
`admin.site` is asked for its URLs when the root URLconf is imported, after apps are ready, so this comes in time in
whatever order URLs are included.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import re_path
from django.views.decorators.cache import never_cache

from zoom_xblock.views.settings import settings_page


def serve_settings_page(site: AdminSite) -> None:
    """Put the settings page in front of the admin site's own patterns, once."""
    inherited = site.get_urls
    if getattr(inherited, "serves_zoom_settings", False):
        return

    def get_urls() -> list[Any]:
        page = re_path(r"^config/services/zoom/?$", _guarded(site), name="zoom_settings")
        return [page, *inherited()]

    get_urls.serves_zoom_settings = True  # type: ignore[attr-defined]
    site.get_urls = get_urls  # type: ignore[method-assign]


def _guarded(site: AdminSite) -> Any:
    """
    The page behind `admin_view`, but for those whom that would send to the log-in of Django admin.

    The platform's log-in of Django admin forgets where one was going (LMS), and sends whoever is logged in without
    being staff round in circles (Studio). So visitors go to the site's own log-in, which returns them here, and
    everybody else is told that she may not.
    """
    shown = site.admin_view(settings_page)

    @never_cache
    def page(request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not site.has_permission(request):
            raise PermissionDenied
        answer: HttpResponseBase = shown(request)
        return answer

    return page


serve_settings_page(admin.site)
