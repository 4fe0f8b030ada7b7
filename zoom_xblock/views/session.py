"""
The two doors into a session: a learner's personal link and the host's start link, both fetched at the moment of the
click.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import platform
from zoom_xblock.screens import learner, troubles
from zoom_xblock.services import registrations, starting
from zoom_xblock.services.errors import Forbidden, ServiceError


@require_safe
@never_cache
@login_required
@transaction.non_atomic_requests
def join(request: HttpRequest, usage_key: str) -> HttpResponse:
    """Send an enrolled learner to her personal link. Her enrolment is checked now, not when the page was drawn."""
    return _sent_on(request, usage_key, lambda key: registrations.join_link(usage_key=key, user_id=request.user.pk))


@require_safe
@never_cache
@login_required
@transaction.non_atomic_requests  # Zoom is asked: no transaction stays open meanwhile
def start(request: HttpRequest, usage_key: str) -> HttpResponse:
    """Send the session's host to a fresh start link, which is never stored or shown: who holds it is the host."""
    return _sent_on(request, usage_key, lambda key: starting.start_link(usage_key=key, user_id=request.user.pk))


def _sent_on(request: HttpRequest, usage_key: str, link_for: Callable[[UsageKey], str]) -> HttpResponse:
    try:
        key = UsageKey.from_string(usage_key)
    except InvalidKeyError:
        return _told(request, _("This address is not complete."), 404, None)
    try:
        response: HttpResponse = HttpResponseRedirect(link_for(key))
    except Forbidden as error:
        return _told(request, _reason(error.slug), 403, key)
    except registrations.TooEarly as error:
        return _told(request, _from_when(error, request.user.pk), 409, key, title=_("The session is not open yet"))
    except ServiceError as error:
        title = _("This session is over") if error.slug == "session_over" else ""
        return _told(request, _reason(error.slug), 409, key, title=title)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _reason(slug: str) -> str:
    sentences = {
        "forbidden": _("Only learners enrolled in this course can join this session."),
        "staff": _(
            "You teach this course, so you get no personal link: start the session as its host, or join it from Zoom."
        ),
        "not_registered": _("You are not registered yet. Open the unit in the course; your link appears there."),
        "session_over": _(
            "The session has ended, or its planned time is over. Your page in the course says what was counted for you."
        ),
        "unplaced": _("Your course team has not set up this session yet."),
        "not_staff": _("Only the course team can start this session."),
        "not_host": _("Only the session's host can start it from here. The host can also start it from Zoom."),
    }
    return sentences.get(slug) or troubles.for_learner(slug)


def _from_when(error: registrations.TooEarly, user_id: int) -> str:
    """From when she can join, in her zone and the session's."""
    said = _("It begins %(begins)s. You can join from %(opens)s on.") % {
        "begins": learner.moment(error.starts_at, error.time_zone),
        "opens": learner.moment(error.opens_at, error.time_zone, only_time=True),
    }
    zone = platform.current().time_zone_of(user_id)
    if zone and zone != error.time_zone:
        said += " " + _("In your time zone it begins %(begins)s.") % {"begins": learner.moment(error.starts_at, zone)}
    return said


def _told(request: HttpRequest, sentence: str, status: int, key: UsageKey | None, *, title: str = "") -> HttpResponse:
    """A page of one sentence, with the way back to the course."""
    back = platform.current().learner_url(key) if key is not None else None
    shown = {"sentence": sentence, "back": back, "title": title}
    return render(request, "zoom_xblock/refused.html", shown, status=status)
