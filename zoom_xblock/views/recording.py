"""The way to a recording: checked at the moment of the click, and gone on to Zoom."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import platform
from zoom_xblock.services import recordings
from zoom_xblock.services.errors import Forbidden


@require_safe
@never_cache
@login_required
def watch(request: HttpRequest, usage_key: str, recording_id: str) -> HttpResponse:
    """Send whoever is enrolled on to Zoom's page; its address and passcode stand on no page of ours."""
    part = request.GET.get("part", "")
    try:
        key = UsageKey.from_string(usage_key)
    except InvalidKeyError:
        return _told(request, _("This address is not complete."), 404, None)
    try:
        address = recordings.watch_link(
            usage_key=key,
            recording_id=int(recording_id),
            user_id=request.user.pk,
            part=int(part) if part.isascii() and part.isdecimal() and len(part) < 3 else 0,
        )
    except Forbidden:
        return _told(request, _("Only learners enrolled in this course can watch this recording."), 403, key)
    except recordings.NoSuchRecording:
        return _told(request, _("This recording is not available any more."), 404, key)
    response = HttpResponseRedirect(address)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _told(request: HttpRequest, sentence: str, status: int, key: UsageKey | None) -> HttpResponse:
    shown = {
        "sentence": sentence,
        "title": _("The recording could not be opened"),
        "back": platform.current().learner_url(key) if key is not None else None,
    }
    return render(request, "zoom_xblock/refused.html", shown, status=status)
