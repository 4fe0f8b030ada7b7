"""
What Zoom posts: verify, remember, answer.

Zoom waits three seconds and repeats what is not answered with 2xx (Zoom, "Webhooks"). So a verified delivery is
answered 2xx whatever it says, and nothing here asks Zoom, or anybody, anything: one insert, and a job after it.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from zoom_xblock import client as zoom
from zoom_xblock import conf
from zoom_xblock.services import handover, inbox, metrics, sweep

log = logging.getLogger("zoom_xblock.webhooks")


@csrf_exempt
# the insert must be on disk before the answer says so, and a repeat must not spoil a transaction
@transaction.non_atomic_requests
def receive(request: HttpRequest, endpoint: str) -> HttpResponse:
    """`POST /zoom/end_meeting` and `/zoom/end`: every event that the app subscribes to, and URL validation."""
    if request.method != "POST":
        return _refused(endpoint, "wrong_method", 405, allow="POST")
    now = timezone.now()
    try:
        raw = _body(request)
        secret = _verify(request, raw, now)
        event = zoom.webhooks.parse(raw)
    except zoom.BadDelivery as error:
        return _refused(endpoint, error.reason, error.status)
    if event.name == "endpoint.url_validation":
        if not event.plain_token:
            return _refused(endpoint, "no_plain_token", 400)
        inbox.note_validated(endpoint, now)
        return JsonResponse(zoom.webhooks.validation_answer(secret, event.plain_token))
    request_id = request.headers.get("x-zm-request-id", "")[:200]
    is_new = inbox.remember(endpoint=endpoint, request_id=request_id, raw=raw, event=event, received_at=now)
    if is_new:
        handover.hand_over()
    metrics.count("received", outcome="new" if is_new else "again")
    log.info("delivery endpoint=%s event=%s is_new=%s zoom_id=%s", endpoint, event.name, is_new, event.zoom_id)
    return _Taken(status=204)


def _verify(request: HttpRequest, raw: bytes, now: datetime) -> str:
    """The secret under which the delivery is signed; raises BadDelivery."""
    secret, limit = inbox.webhook_secret(), conf.delivery_max_age_seconds()
    try:
        zoom.webhooks.verify(secret, request.headers, raw, now=now, max_age_seconds=limit)
    except (zoom.errors.NotSigned, zoom.errors.WrongSignature):
        changed = inbox.webhook_secret(refused=secret)
        if changed == secret:
            raise
        zoom.webhooks.verify(changed, request.headers, raw, now=now, max_age_seconds=limit)
        return changed
    return secret


class _Taken(HttpResponse):
    """The answer to a delivery. Servers close it when Zoom has it: then there is time to ask whether a sweep is due."""

    def close(self) -> None:
        """Before Django lets go of the database."""
        sweep.nudge()
        super().close()


def _body(request: HttpRequest) -> bytes:
    """The body, within the limit. The announced length is looked at first: a large body is not read at all."""
    limit = conf.delivery_max_bytes()
    try:
        announced = int(request.headers.get("content-length") or 0)
    except ValueError:
        raise zoom.errors.Malformed() from None
    if announced > limit:
        raise zoom.errors.TooLarge()
    try:
        raw = bytes(request.body)
    except OSError:  # the sender hung up, or the server's own limit was lower
        raise zoom.errors.Malformed from None
    if len(raw) > limit:
        raise zoom.errors.TooLarge()
    return raw


def _refused(endpoint: str, reason: str, status: int, *, allow: str = "") -> HttpResponse:
    # Nothing that came with it is logged: it is a stranger's.
    metrics.count("received", outcome="refused")
    log.warning("delivery refused endpoint=%s reason=%s status=%s", endpoint, reason, status)
    response = JsonResponse({"error": reason}, status=status)
    if allow:
        response["Allow"] = allow
    return response
