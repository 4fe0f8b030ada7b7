"""
A course's sessions on one page. In Studio, for authors: what needs a session or a date, and making several at once. In
the LMS, for the course team: who has completed what, and the same as CSV.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.encoding import escape_uri_path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey

from zoom_xblock import platform
from zoom_xblock.queries import course as queries
from zoom_xblock.screens import course as screen
from zoom_xblock.screens import exports
from zoom_xblock.services import courses
from zoom_xblock.services.errors import Forbidden, InvalidWishes

PAGE_ROWS = 50
#: So many learners are looked through for those who miss something; the next page goes on.
LOOKED_THROUGH = 500
#: A form of fifty rows; what is larger is none.
MOST_BYTES = 100_000


@require_safe
@never_cache
@login_required
@ensure_csrf_cookie
def sessions(request: HttpRequest, course_key: str) -> HttpResponse:
    """The page of the service that is asked."""
    key = _key(course_key)
    if key is None:
        return _told(request, "unknown", 404)
    is_studio = platform.current().service == "studio"
    if not _may(request, key, is_studio):
        return _told(request, "forbidden_studio" if is_studio else "forbidden_lms", 403)
    return _studio(request, key) if is_studio else _lms(request, key)


@require_POST
@never_cache
@login_required
@csrf_protect
@transaction.non_atomic_requests  # Zoom is asked for each session: no transaction stays open meanwhile
def make(request: HttpRequest, course_key: str) -> HttpResponse:
    """Make the sessions of the rows that were selected; JSON in, JSON out."""
    key = _key(course_key)
    if key is None:
        return JsonResponse({"message": screen.sentence("unknown")}, status=404)
    door = platform.current()
    if door.service != "studio":
        return JsonResponse({"message": screen.sentence("studio_only")}, status=403)
    if not _may(request, key, is_studio=True):
        return JsonResponse({"message": screen.sentence("forbidden_studio")}, status=403)
    data = _json(request)
    zones = {
        str(block.usage_key): str(block.fields.get("time_zone") or "UTC")
        for block in (door.draft_blocks(key) if data is not None else [])
    }
    parsed = screen.parse_rows(data, zones)
    if parsed is None:
        return JsonResponse({"message": screen.sentence("malformed")}, status=400)
    rows, wrong = parsed
    try:
        results = courses.make_several(course_key=key, user_id=request.user.pk, rows=rows) if rows else []
    except Forbidden:
        return JsonResponse({"message": screen.sentence("forbidden_studio")}, status=403)
    except InvalidWishes:
        return JsonResponse({"message": screen.sentence("malformed")}, status=400)
    return JsonResponse(screen.made(results, wrong))


@require_safe
@never_cache
@login_required
def export(request: HttpRequest, course_key: str) -> HttpResponse:
    """Everybody at every session, as CSV, read and sent bit by bit."""
    key = _key(course_key)
    if key is None:
        return _told(request, "unknown", 404)
    if platform.current().service == "studio" or not _may(request, key, is_studio=False):
        return _told(request, "forbidden_lms", 403)
    found = queries.course_sessions(key)
    ids = [one.placement_id for one in found]
    lines = screen.csv_lines(found, _batches(key, ids))
    response = StreamingHttpResponse((line.encode() for line in lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="attendance-{exports.plain(key.run or str(key))}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


# -- inside ---------------------------------------------------------------------------------------------------------


def _studio(request: HttpRequest, key: CourseKey) -> HttpResponse:
    door = platform.current()
    drafts = queries.draft_sessions(key, door.draft_blocks(key))
    shown = screen.studio(door.course_name(key), drafts, _studio_link)
    return _page(request, "studio", shown)


def _lms(request: HttpRequest, key: CourseKey) -> HttpResponse:
    door = platform.current()
    search = request.GET.get("q", "")[: screen.LONGEST_SEARCH].replace("\x00", "").strip()
    after = _number(request.GET.get("after", ""))
    found = queries.course_sessions(key)
    missing = request.GET.get("missing", "")
    wanted = [one for one in found if missing == "any" or str(one.placement_id) == missing]
    limit = LOOKED_THROUGH if wanted else PAGE_ROWS + 1
    people = door.learners(key, search=search, after_user_id=after, limit=limit)
    own = queries.standings([one.placement_id for one in found], [person.user_id for person in people])
    rows, last = [], None
    for person in people:
        if len(rows) == PAGE_ROWS:
            break
        last = person.user_id
        if not wanted or any(queries.is_missing(one, own[last].get(one.placement_id)) for one in wanted):
            rows.append(person)
    is_more = last is not None and (len(people) == limit or last != people[-1].user_id)
    shown = screen.lms(
        name=door.course_name(key),
        sessions=found,
        learners=rows,
        standings=own,
        enrolled=door.learner_count(key),
        search=search,
        missing=missing if wanted else "",
        next_after=last if is_more else None,
        is_first=not after,
        link_of=door.learner_url,
    )
    return _page(request, "lms", shown)


def _batches(key: CourseKey, placement_ids: list[int]) -> Iterator[tuple[list[Any], dict[int, dict[int, Any]]]]:
    door, last = platform.current(), 0
    while people := door.learners(key, after_user_id=last, limit=queries.PEOPLE_AT_ONCE):
        yield people, queries.standings(placement_ids, [person.user_id for person in people])
        last = people[-1].user_id


def _may(request: HttpRequest, key: CourseKey, is_studio: bool) -> bool:
    door, user_id = platform.current(), request.user.pk
    if is_studio:
        return door.can_author(user_id, key)
    return door.is_course_staff(user_id, key) and not door.is_masquerading(user_id, key)


def _studio_link(usage_key: UsageKey) -> str:
    with suppress(platform.PlatformError):
        return platform.current().studio_url(usage_key)
    return ""


def _key(course_key: str) -> CourseKey | None:
    try:
        return CourseKey.from_string(course_key)
    except InvalidKeyError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _json(request: HttpRequest) -> Any:
    if request.content_type != "application/json":
        return None
    try:
        if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
            return None
        return json.loads(request.body)
    except (ValueError, RecursionError, OSError):  # no number, no JSON, or the sender hung up
        return None


def _page(request: HttpRequest, template: str, shown: dict[str, Any]) -> HttpResponse:
    # By the address that was asked: a site may mount us elsewhere, and the slash at its end is optional.
    address = escape_uri_path(request.path.rstrip("/"))
    response = render(request, f"zoom_xblock/course/{template}.html", {**shown, "address": address})
    response["Referrer-Policy"] = "same-origin"
    return response


def _told(request: HttpRequest, slug: str, status: int) -> HttpResponse:
    shown = {"sentence": screen.sentence(slug), "title": screen.title_refused(), "back": None}
    return render(request, "zoom_xblock/refused.html", shown, status=status)
