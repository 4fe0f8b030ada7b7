"""The course team's files of one session: the table as CSV, and the evidence. In the LMS, for staff of this course."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import platform
from zoom_xblock.screens import exports, roster
from zoom_xblock.services import evidence
from zoom_xblock.services.errors import Forbidden, ServiceError


@require_safe
@never_cache
@login_required
def roster_csv(request: HttpRequest, usage_key: str) -> HttpResponse:
    """Every learner of the course as one row, for spreadsheets."""

    def rows(key: UsageKey) -> Iterable[str]:
        return exports.csv_lines(evidence.rows(usage_key=key, staff_id=request.user.pk))

    return _file(request, usage_key, rows, "text/csv; charset=utf-8", "attendance", "csv")


@require_safe
@never_cache
@login_required
def evidence_json(request: HttpRequest, usage_key: str) -> HttpResponse:
    """What was reported, asked for, counted and decided, with a checksum (docs/evidence.md)."""

    def pieces(key: UsageKey) -> Iterable[str]:
        return evidence.pieces(usage_key=key, staff_id=request.user.pk)

    return _file(request, usage_key, pieces, "application/json", "evidence", "json")


def _file(
    request: HttpRequest, usage_key: str, content: Callable[[UsageKey], Any], media_type: str, name: str, ending: str
) -> HttpResponse:
    try:
        key = UsageKey.from_string(usage_key)
    except InvalidKeyError:
        return _told(request, roster.refused("unplaced"), 404, None)
    try:
        stream = content(key)
    except Forbidden as error:
        return _told(request, roster.refused(error.slug), 403, key)
    except ServiceError as error:
        return _told(request, roster.refused(error.slug), 404, key)
    response = StreamingHttpResponse(stream, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}-{exports.plain(key.block_id)}.{ending}"'
    response["Cache-Control"] = "no-store, private"
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _told(request: HttpRequest, sentence: str, status: int, key: UsageKey | None) -> HttpResponse:
    back = platform.current().learner_url(key) if key is not None else None
    return render(request, "zoom_xblock/refused.html", {"sentence": sentence, "back": back}, status=status)
