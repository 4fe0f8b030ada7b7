"""
Our addresses below `/zoom/`, mounted by the platform in LMS and Studio (namespace `zoom_xblock`).

A slash at the end is optional: the platform would redirect a POST without it and lose the body. None of them carries a
secret.
"""

from django.urls import re_path

from zoom_xblock.views import oauth, session, settings, webhooks

app_name = "zoom_xblock"

urlpatterns = [
    re_path(r"^(?P<endpoint>end_meeting|end)/?$", webhooks.receive, name="receive"),
    re_path(r"^oauth/start/?$", oauth.start, name="oauth_start"),
    re_path(r"^oauth/callback/?$", oauth.callback, name="oauth_callback"),
    # Where a site has no Django admin the settings page is here; else Django admin serves it at
    # /admin/config/services/zoom.
    *(re_path(rf"^settings{pattern}/?$", settings.guarded(view), name=name) for name, pattern, view in settings.ROUTES),
    re_path(r"^join/(?P<usage_key>[^/]+)/?$", session.join, name="join"),
    re_path(r"^start/(?P<usage_key>[^/]+)/?$", session.start, name="start"),
]
