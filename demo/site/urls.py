"""
Addresses in the platform's order: the LMS's own, then `admin/`, and only then those of plugins.

`admin/` swallows everything below it, so a plugin's own `admin/...` route is dead here as it is there.
"""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.contrib import admin
from django.urls import include, path, re_path, register_converter
from django.views.generic import RedirectView

from demo.site import handlers
from demo.site.views import accounts, course, home, studio

register_converter(handlers.CourseKeyConverter, "course")
register_converter(handlers.UsageKeyConverter, "usage")


def handler_paths(prefix: str, view, name: str) -> list:
    """A handler with and without a suffix."""
    return [
        path(f"{prefix}/handler/<str:handler>", view, name=name),
        path(f"{prefix}/handler/<str:handler>/", view),
        path(f"{prefix}/handler/<str:handler>/<path:suffix>", view, name=name),
    ]


urlpatterns = [
    path("", home.home, name="home"),
    path("favicon.ico", RedirectView.as_view(url="/static/demo_site/icon.svg")),
    path("login/", accounts.LogIn.as_view(), name="login"),
    path("login/as/", accounts.log_in_as, name="log_in_as"),
    path("logout/", accounts.LogOut.as_view(), name="logout"),
    # LMS
    *handler_paths("courses/<course:course>/xblock/<usage:usage>", handlers.lms_handler, "lms_handler"),
    path("courses/<course:course>/jump_to/<usage:usage>", course.jump_to, name="jump_to"),
    path("xblock/resource/<str:block_type>/<path:uri>", handlers.resource, name="xblock_resource"),
    path("xblock/<usage:usage>", course.chromeless, name="chromeless"),
    path("course/", course.course_home, name="course"),
    path("course/view-as/", course.choose_view, name="view_as"),
    path("course/<slug:slug>/", course.unit_page, name="unit"),
    path("course/<slug:slug>/framed/", course.framed_unit, name="framed_unit"),
    # Studio
    *handler_paths("studio/preview/xblock/<usage:usage>", handlers.preview_handler, "preview_handler"),
    *handler_paths("studio/xblock/<usage:usage>", handlers.studio_handler, "studio_handler"),
    path("studio/", studio.outline, name="studio"),
    path("studio/rerun", studio.rerun, name="rerun_course"),
    path("studio/course", studio.choose_course, name="choose_course"),
    path("studio/xblock/<usage:usage>/edit", studio.edit, name="edit_block"),
    path("studio/xblock/<usage:usage>/duplicate", studio.duplicate, name="duplicate_block"),
    path("studio/xblock/<usage:usage>/delete", studio.delete, name="delete_block"),
    path("studio/unit/<usage:usage>/add", studio.add, name="add_block"),
    path("studio/unit/<usage:usage>/publish", studio.publish, name="publish_unit"),
    path("studio/unit/<usage:usage>/discard", studio.discard, name="discard_changes"),
    # Django admin, with the site's own log-in, which forgets where one was going (lms/urls.py, `redirect_to_lms_login`)
    path("admin/login/", RedirectView.as_view(url="/login/?next=/admin/")),
    path("admin/", admin.site.urls),
]


def plugin_patterns() -> list:
    """The product's addresses, mounted by what its AppConfig says."""
    if not apps.is_installed("zoom_xblock"):
        return []
    config = import_module("zoom_xblock.apps").ZoomConfig.plugin_app["url_config"]["lms.djangoapp"]
    module = f"zoom_xblock.{config['relative_path']}"
    hosts = import_module("demo.site.views.hosts")
    return [
        re_path(r"^zoom/courses/(?P<course_key>[^/]+)/?$", hosts.course_sessions),
        re_path(config["regex"], include((module, config["namespace"]), namespace=config["namespace"])),
        # Studio is another host on the platform; here its pages are those below `studio/`.
        re_path(r"^studio/zoom/", include((module, config["namespace"]), namespace="zoom_xblock_in_studio")),
    ]


urlpatterns += plugin_patterns()
