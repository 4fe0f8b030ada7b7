"""The consent: away to Zoom with one press, and back to the connection page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from zoom_xblock.services import connections
from zoom_xblock.services.errors import ServiceError
from zoom_xblock.views import banners, site


@require_POST
@never_cache
@login_required
@transaction.non_atomic_requests
def start(request: HttpRequest) -> HttpResponse:
    """*Add to ZOOM*: on to Zoom's consent page."""
    site.require_admin(request)
    if not request.session.session_key:
        request.session.save()
    try:
        address = connections.begin_consent(
            user_id=request.user.pk,
            session_key=request.session.session_key or "",
            redirect_uri=site.addresses(request)["redirect"],
        )
    except ServiceError as error:
        banners.refused(request, error)
        return HttpResponseRedirect(site.connection_address())
    return HttpResponseRedirect(address)


@require_safe
@never_cache
@login_required
@transaction.non_atomic_requests  # Zoom is asked twice: no transaction stays open meanwhile
def callback(request: HttpRequest) -> HttpResponse:
    """Zoom's return. Whatever it brings, it ends on the connection page with a sentence."""
    site.require_admin(request)
    try:
        connected = connections.finish_consent(
            user_id=request.user.pk,
            session_key=request.session.session_key or "",
            state=request.GET.get("state", ""),
            code=request.GET.get("code", ""),
            error=request.GET.get("error", ""),
        )
    except ServiceError as error:
        banners.refused(request, error)
    else:
        banners.connected(request, connected)
    response = HttpResponseRedirect(site.connection_address())
    response["Referrer-Policy"] = "no-referrer"
    return response
