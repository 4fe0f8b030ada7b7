"""
Our addresses below `/zoom/`, mounted by the platform in LMS and Studio (namespace `zoom_xblock`).

A slash at the end is optional: the platform would redirect a POST without it and lose the body. None of them carries a
secret.
"""

from django.urls import re_path

from zoom_xblock.views import calendar, course, exports, oauth, recording, session, settings, webhooks

app_name = "zoom_xblock"

urlpatterns = [
    re_path(r"^(?P<endpoint>end_meeting|end)/?$", webhooks.receive, name="receive"),
    re_path(r"^oauth/start/?$", oauth.start, name="oauth_start"),
    re_path(r"^oauth/callback/?$", oauth.callback, name="oauth_callback"),
    # Where a site has no Django admin the settings page is here; else Django admin serves it at
    # /admin/config/services/zoom.
    *(re_path(rf"^settings{pattern}/?$", settings.guarded(view), name=name) for name, pattern, view in settings.ROUTES),
    re_path(r"^join/(?P<usage_key>[^/]+)/?$", session.join, name="join"),
    re_path(r"^calendar/(?P<usage_key>[^/]+)/?$", calendar.download, name="calendar"),
    re_path(r"^start/(?P<usage_key>[^/]+)/?$", session.start, name="start"),
    re_path(r"^recording/(?P<usage_key>[^/]+)/(?P<recording_id>[0-9]{1,18})/?$", recording.watch, name="recording"),
    re_path(r"^roster/(?P<usage_key>[^/]+)\.csv$", exports.roster_csv, name="roster_csv"),
    re_path(r"^evidence/(?P<usage_key>[^/]+)\.json$", exports.evidence_json, name="evidence"),
    re_path(r"^courses/(?P<course_key>[^/]+)/?$", course.sessions, name="course"),
    re_path(r"^courses/(?P<course_key>[^/]+)/make/?$", course.make, name="course_make"),
    re_path(r"^courses/(?P<course_key>[^/]+)/attendance\.csv$", course.export, name="course_export"),
]
