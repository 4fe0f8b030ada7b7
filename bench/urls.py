"""The site's addresses, and the floor of receiving: the same signature check on the same server, then nothing."""

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from demo.site.urls import urlpatterns as site_patterns
from demo.zoom import seed
from zoom_xblock import client as zoom


@csrf_exempt
@transaction.non_atomic_requests
def signature_alone(request: HttpRequest) -> HttpResponse:
    """Answer as the product would, were there nothing to keep. The secret is a constant: no database."""
    zoom.webhooks.verify(seed.SECRET_TOKEN, request.headers, bytes(request.body), now=timezone.now())
    return HttpResponse(status=204)


@csrf_exempt
@login_required
def nothing(request: HttpRequest) -> HttpResponse:
    """What a page costs that does nothing, for somebody who is logged in."""
    return HttpResponse("nothing")


urlpatterns = [path("bench/signature", signature_alone), path("bench/nothing", nothing), *site_patterns]
