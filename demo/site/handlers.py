"""Addresses of block handlers and block resources, with the rules of LMS and Studio."""

from __future__ import annotations

import logging
import mimetypes
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey, UsageKey
from xblock.django.request import django_to_webob_request, webob_to_django_response
from xblock.exceptions import DisallowedFileError, NoSuchHandlerError, NoSuchUsage

from demo.site import courseware, people
from demo.site.runtime import LmsRuntime, PreviewRuntime, StudioRuntime, block_class, find_row

log = logging.getLogger(__name__)


@csrf_exempt
@xframe_options_exempt
@transaction.non_atomic_requests
def lms_handler(request: Any, course: CourseKey, usage: UsageKey, handler: str, suffix: str = "") -> HttpResponse:
    """
    Call a handler of a published block.

    Enrolment is not asked for: a block that cares checks it. A visitor may GET; whoever is logged in needs a CSRF
    token to POST.
    """
    if request.user.is_authenticated:
        refused = CsrfViewMiddleware(lambda _request: HttpResponse()).process_view(request, None, (), {})
        if refused:
            return refused
    elif request.method != "GET":
        return HttpResponseForbidden("Unauthenticated")
    people.setup_masquerade(request, course)
    return _call(load_for_learner(request, course, usage), handler, request, suffix)


def load_for_learner(request: Any, course: CourseKey, usage: UsageKey) -> Any:
    """
    The published block bound to whoever asks, or 404.

    What the platform asks before it binds a block: not before its start, and staff-only means staff only. Nothing
    about enrolment.
    """
    row = find_row(usage)
    if row.key.course_key != course:
        raise Http404
    try:
        block = LmsRuntime(request, course).bind(row)
    except NoSuchUsage as error:
        raise Http404 from error
    user = block.runtime.user
    if not people.has_staff_access(user, course):
        early = block.start and block.start > timezone.now() and "beta_testers" not in people.roles(user, course)
        if block.visible_to_staff_only or early:
            raise Http404
    return block


@login_required
@xframe_options_exempt
def studio_handler(request: Any, usage: UsageKey, handler: str, suffix: str = "") -> HttpResponse:
    """
    Call a handler of a draft, for anybody who is logged in.

    Afterwards the block is saved if the caller is an author, also when the handler answered with an error.
    """
    row = find_row(usage)
    course_key = row.key.course_key
    try:
        block = StudioRuntime(request, course_key).bind(row)
    except NoSuchUsage as error:
        raise Http404 from error
    response = _call(block, handler, request, suffix)
    if people.teaches(request.user, course_key):
        courseware.update_item(block, request.user.pk)
    else:
        log.warning("%s may not write to %s: nothing saved after %s", request.user.pk, course_key, handler)
    return response


@login_required
@xframe_options_exempt
def preview_handler(request: Any, usage: UsageKey, handler: str, suffix: str = "") -> HttpResponse:
    """Call a handler of a draft as Studio's preview does, for anybody who is logged in; nothing authored is kept."""
    row = find_row(usage)
    try:
        block = PreviewRuntime(request, row.key.course_key).bind(row)
    except NoSuchUsage as error:
        raise Http404 from error
    return _call(block, handler, request, suffix)


def _call(block: Any, handler: str, request: Any, suffix: str) -> HttpResponse:
    try:
        return webob_to_django_response(block.handle(handler, django_to_webob_request(request), suffix))
    except NoSuchHandlerError as error:
        raise Http404 from error


@transaction.non_atomic_requests  # it reads no row, and a page asks for many at once
def resource(_request: Any, block_type: str, uri: str) -> HttpResponse:
    """A file from the block's own public folder."""
    try:
        file = block_class(block_type).open_local_resource(uri)
    except (DisallowedFileError, ImportError, OSError) as error:
        raise Http404 from error
    response = FileResponse(file, content_type=mimetypes.guess_type(uri)[0] or "application/octet-stream")
    response["Cache-Control"] = "no-cache"
    return response


class CourseKeyConverter:
    """Course keys in paths."""

    regex = r"[^/]+"

    def to_python(self, value: str) -> CourseKey:
        try:
            return CourseKey.from_string(value)
        except InvalidKeyError as error:
            raise ValueError(value) from error

    def to_url(self, value: CourseKey | str) -> str:
        return str(value)


class UsageKeyConverter(CourseKeyConverter):
    """Usage keys in paths."""

    def to_python(self, value: str) -> UsageKey:
        try:
            return UsageKey.from_string(value)
        except InvalidKeyError as error:
            raise ValueError(value) from error
