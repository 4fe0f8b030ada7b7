"""The session as a calendar file, for those who may open the unit."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import conf, platform, queries
from zoom_xblock.screens import calendar, troubles


@require_safe
@never_cache
@login_required
def download(request: HttpRequest, usage_key: str) -> HttpResponse:
    """All dates that stand, and those that were cancelled, so that a calendar which had them takes them away."""
    try:
        key = UsageKey.from_string(usage_key)
    except InvalidKeyError:
        return _told(request, _("This address is not complete."), 404, None)
    door, user_id = platform.current(), int(request.user.pk)
    course_key = key.context_key
    is_staff = door.is_course_staff(user_id, course_key)
    if not is_staff and not door.is_enrolled(user_id, course_key):
        return _told(request, troubles.for_learner("not_enrolled"), 403, key)
    published = door.published_wishes(key)
    if published is not None and published.is_hidden and not is_staff:
        published = None
    found = queries.session_dates(key, timezone.now())
    if published is None or found is None or not found.timetable.dates:
        return _told(request, _("There is no date yet. Please come back later."), 404, key)
    if published.fields.get("show_calendar") is False:
        return _told(request, _("Your course team does not offer calendar entries for this session."), 404, key)
    topic = str(published.fields.get("display_name") or "")
    address = door.learner_url(key)
    host = (conf.site_url().partition("://")[2] or request.get_host()).partition("/")[0].partition(":")[0]
    events = [
        calendar.Event(
            uid=f"{found.usage_digest[:32]}-{date.key or 'only'}@{host}",
            starts_at=date.starts_at,
            ends_at=date.ends_at,
            topic=topic,
            description=str(published.fields.get("description") or ""),
            url=address,
            changed_at=found.changed_at,
            sequence=found.sequence,
            is_cancelled=date.standing == "removed",
        )
        for date in found.timetable.dates
    ]
    response = HttpResponse(calendar.file(events), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="session.ics"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _told(request: HttpRequest, sentence: str, status: int, key: UsageKey | None) -> HttpResponse:
    back = platform.current().learner_url(key) if key is not None else None
    shown = {"sentence": sentence, "back": back, "title": _("There is no calendar entry")}
    return render(request, "zoom_xblock/refused.html", shown, status=status)
