"""Logging in and out."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from demo.site.accounts import ACCOUNTS


class LogIn(LoginView):
    """The form with name and password, and a button for each account of the demo."""

    template_name = "demo_site/login.html"
    extra_context = {"accounts": ACCOUNTS}


class LogOut(LogoutView):
    """By POST, back to the first page."""

    next_page = "/"


@require_POST
def log_in_as(request: HttpRequest) -> HttpResponse:
    """Log in as one of the demo's accounts without typing. Only the demo knows such a button."""
    name = request.POST.get("name", "")
    user = get_object_or_404(User, username=name, username__in=[account.name for account in ACCOUNTS], is_active=True)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return redirect(wanted if safe else "/")
