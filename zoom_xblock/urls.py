"""
Our addresses below `/zoom/`, mounted by the platform in LMS and Studio (namespace `zoom_xblock`).

A slash at the end is optional: the platform would redirect a POST without it and lose the body. None of them carries a
secret.
"""

from typing import Any

from django.urls import URLPattern, re_path

from zoom_xblock.views import calendar, connection, course, exports, oauth, recording, session, webhooks
from zoom_xblock.views.headers import sealed

app_name = "zoom_xblock"


def _route(pattern: str, view: Any, name: str) -> URLPattern:
    """With the headers that each answer of ours has."""
    return re_path(pattern, sealed(view), name=name)


urlpatterns = [
    _route(r"^(?P<endpoint>end_meeting|end)/?$", webhooks.receive, "receive"),
    _route(r"^oauth/start/?$", oauth.start, "oauth_start"),
    _route(r"^oauth/callback/?$", oauth.callback, "oauth_callback"),
    # Where a site has no Django admin the connection page is here; else Django admin serves it at
    # /admin/config/services/zoom.
    *(_route(rf"^settings{pattern}/?$", connection.guarded(view), name) for name, pattern, view in connection.ROUTES),
    _route(r"^join/(?P<usage_key>[^/]+)/?$", session.join, "join"),
    _route(r"^calendar/(?P<usage_key>[^/]+)/?$", calendar.download, "calendar"),
    _route(r"^start/(?P<usage_key>[^/]+)/?$", session.start, "start"),
    _route(r"^recording/(?P<usage_key>[^/]+)/(?P<recording_id>[0-9]{1,18})/?$", recording.watch, "recording"),
    _route(r"^roster/(?P<usage_key>[^/]+)\.csv$", exports.roster_csv, "roster_csv"),
    _route(r"^evidence/(?P<usage_key>[^/]+)\.json$", exports.evidence_json, "evidence"),
    _route(r"^courses/(?P<course_key>[^/]+)/?$", course.sessions, "course"),
    _route(r"^courses/(?P<course_key>[^/]+)/make/?$", course.make, "course_make"),
    _route(r"^courses/(?P<course_key>[^/]+)/attendance\.csv$", course.export, "course_export"),
]
