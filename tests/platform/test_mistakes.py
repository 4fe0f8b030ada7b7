"""
Twenty mistakes that only show on the real platform, one test each: that the product does not make it.

Numbers and order are those of the list in `docs/platform.md`. 1 to 10 are here, 11 to 20 in `test_mistakes_of_work.py`.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.admin.sites import AdminSite
from django.urls import re_path
from django.urls.resolvers import RegexPattern, URLResolver
from django.utils import timezone

from demo.site import courseware, tracking
from demo.site.mixins import CourseBlockMixin
from demo.site.models import Enrollment
from demo.site.runtime import StudioRuntime
from tests.platform.stage import PACKAGE, PAGE, at_import, browser, call, form, placed, registered, sources, who_says
from zoom_xblock import conf
from zoom_xblock.admin import serve_connection_page
from zoom_xblock.apps import ZoomConfig
from zoom_xblock.block import ZoomXBlock
from zoom_xblock.models import Connection, Placement, Registration
from zoom_xblock.settings import common, production

pytestmark = pytest.mark.django_db

#: What the platform mixes into the blocks of a course, beside what the demo site does.
INHERITED = {
    "start", "due", "end", "graded", "graceperiod", "format", "group_access", "visible_to_staff_only", "giturl",
    "rerandomize", "showanswer", "max_attempts", "self_paced", "xqa_key", "days_early_for_beta", "relative_weeks_due",
    "hide_from_toc", "user_partitions", "chrome", "default_tab", "source_file",
}  # fmt: skip


def handlers() -> list[str]:
    """Every handler of the block that is its own: what comes later is covered, too."""
    ours = [part for part in ZoomXBlock.__mro__ if part.__module__.startswith("zoom_xblock.")]
    found = [
        name for part in ours for name, member in vars(part).items() if getattr(member, "_is_xblock_handler", False)
    ]
    assert {"register", "save_session", "state"} <= set(found)
    return found


def test_mistake_01_a_plugin_url_under_admin_is_dead_and_our_page_is_none(site):
    """Behind the catch-all of Django admin a plugin's route is found by `reverse` and reached by nobody."""

    def resolver(admin_site):
        routes = [re_path(r"^admin/", admin_site.urls), re_path(rf"^{PAGE[1:]}$", lambda request: None, name="plugins")]
        return URLResolver(RegexPattern(r"^/"), routes)

    untouched = resolver(AdminSite())
    assert untouched.reverse("plugins") == PAGE[1:]
    assert untouched.resolve(PAGE).kwargs == {"url": "config/services/zoom"}  # admin's catch-all
    wrapped = AdminSite()
    serve_connection_page(wrapped)
    assert resolver(wrapped).resolve(PAGE).url_name == "zoom_settings"
    assert browser(site.admin).get(PAGE).status_code == 200
    regex = {config["regex"] for config in ZoomConfig.plugin_app["url_config"].values()}
    assert regex == {r"^zoom/"}


def test_mistake_02_the_root_urlconf_stays_the_platforms():
    """It compares the name with `lms.urls`; another one connects every plugin's signals to the wrong service."""
    for module in (common, production):
        settings = SimpleNamespace(ROOT_URLCONF="lms.urls", TRACKING_IGNORE_URL_PATTERNS=["^/event"], FEATURES={})
        before = dict(vars(settings))
        module.plugin_settings(settings)
        changed = {name for name, value in vars(settings).items() if before.get(name) != value}
        assert changed == {"TRACKING_IGNORE_URL_PATTERNS"}
    assert who_says("ROOT_URLCONF") == []


@pytest.mark.django_db(transaction=True)
def test_mistake_03_no_secret_is_in_a_form_a_query_or_a_path_that_is_logged(site, settings):
    """The platform writes down GET, POST and path of every request, but for paths that a plugin has excused."""
    secret, code = "a-client-secret-of-thirty-two-ch", "a-code-that-opens-the-account"
    fields = {"client_id": "an_id", "client_secret": secret, "webhook_secret": "w" * 24, "host_email": ""}
    admin = browser(site.admin)
    settings.TRACKING_IGNORE_URL_PATTERNS = []
    assert admin.post(PAGE, data=json.dumps(fields), content_type="application/json").status_code == 200
    assert Connection.objects.get().client_secret == secret
    assert admin.post(PAGE, {**fields, "client_secret": "sent-as-a-form"}).status_code == 400
    admin.get("/zoom/oauth/callback", {"code": code, "state": "s"})
    log = settings.DEMO_TRACKING_LOG.read_text()
    assert PAGE in log
    assert secret not in log
    assert code in log  # the spy sees what it could see
    settings.DEMO_TRACKING_LOG.write_text("")
    common.plugin_settings(settings)
    admin.get("/zoom/oauth/callback", {"code": code, "state": "s"})
    admin.get(PAGE)
    admin.get("/course/")
    assert [entry["event_type"] for entry in tracking.entries()] == ["/course/"]


def test_mistake_04_settings_are_read_when_used_and_the_sites_own_are_never_overwritten(settings):
    """Tutor's patches and the YAML come later than `common` and earlier than `production`, in one service or both."""
    read = []
    for name, tree in sources():
        imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
                   if node.module == "django.conf"}  # fmt: skip
        for node in at_import(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imports:
                read.append(f"{name}: {node.attr}")
    assert {line.partition(": ")[2] for line in read} == {"AUTH_USER_MODEL"}, read
    for value in ("edx.lms.core.default", "another.queue"):
        settings.ZOOM_XBLOCK_LMS_QUEUE = value
        settings.ZOOM_XBLOCK_SITE_URL = f"https://{value}"
        assert (conf.lms_queue(), conf.site_url()) == (value, f"https://{value}")
    theirs = {"ZOOM_XBLOCK_LMS_QUEUE": "theirs", "TRACKING_IGNORE_URL_PATTERNS": ["^/from/yaml"], "EXPLICIT_QUEUES": {}}
    site = SimpleNamespace(**theirs)
    production.plugin_settings(site)
    assert site.ZOOM_XBLOCK_LMS_QUEUE == "theirs"
    assert site.TRACKING_IGNORE_URL_PATTERNS[0] == "^/from/yaml"
    assert theirs["TRACKING_IGNORE_URL_PATTERNS"] == ["^/from/yaml"]  # a new list: theirs may be shared
    assert who_says("EXPLICIT_QUEUES") == []


def test_mistake_05_nothing_that_is_imported_at_the_start_can_fail():
    """A failing `apps.py` makes the app vanish with one log line; a failing `urls.py` takes the whole site down."""
    tree = dict(sources())["apps.py"]
    imported = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [getattr(node, "module", None) for node in imported] == ["django.apps"]
    # Where every module of the platform breaks as soon as anybody touches it, the addresses are still there.
    code = """
import sys
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"lms", "cms", "common", "openedx", "xmodule"}:
            raise RuntimeError(name)
sys.meta_path.insert(0, Broken())
import django
django.setup()
from importlib import import_module
print(len(import_module("zoom_xblock.urls").urlpatterns))
"""
    environment = {"DJANGO_SETTINGS_MODULE": "demo.site.settings", "PATH": "", "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 6


def test_mistake_06_no_field_has_a_name_of_the_platforms_and_a_session_of_next_week_is_seen_today(site, unit_block):
    """A field `start` is the release date: the block would be hidden until its session begins."""
    taken = (INHERITED | set(CourseBlockMixin.fields)) - {"tags", "name"}
    assert set(ZoomXBlock.wishes) & taken == set()
    row = unit_block(starts_at=(timezone.now() + timedelta(days=7)).isoformat())
    page = browser(site.learner1).get(f"/xblock/{row.key}")
    assert page.status_code == 200
    assert "zoom-xblock--student" in page.content.decode()


@pytest.mark.parametrize("handler", handlers())
def test_mistake_07_every_handler_asks_who_is_there(site, unit_block, handler, jobs):
    """The LMS asks neither for enrolment nor, on GET, for a log-in; Studio only for a log-in."""
    row = unit_block()
    meeting = placed(row)
    Enrollment.objects.filter(user=site.learner3).delete()
    path = f"/courses/{row.key.course_key}/xblock/{row.key}/handler/{handler}"
    answers = [
        browser().get(path),
        call(browser(), "lms", row.key, handler),
        call(browser(site.learner3), "lms", row.key, handler),
        call(browser(site.learner3), "studio", row.key, handler),
        call(browser(site.learner3), "preview", row.key, handler),
    ]
    assert all(answer.status_code in (403, 405) for answer in answers), [answer.status_code for answer in answers]
    assert not meeting.registrations.exists()
    assert jobs.queue == []


def test_mistake_08_in_studio_nobody_is_believed_for_her_role(site, unit_block):
    """Of the author it says that she is no staff, and of a stranger in the preview that she is."""
    row = unit_block()
    author = call(browser(site.author), "studio", row.key, "save_session", {"display_name": ""})
    assert (author.status_code, author.json()["saved"]) == (200, False)  # not refused: told what is missing
    for prefix in ("studio", "preview"):
        assert call(browser(site.learner1), prefix, row.key, "save_session").status_code == 403
    assert who_says("user_is_staff", "user_role") == []


@pytest.mark.parametrize("looked_as", ["learner1", "learner"])
def test_mistake_09_whoever_looks_as_a_learner_neither_writes_nor_sees_anything_of_hers(
    site, unit_block, jobs, looked_as
):
    """The platform suppresses grades and completions then; tables and links of our own are our own business."""
    row = unit_block()
    registration = registered(placed(row), site.learner1)
    client = browser(site.author)
    client.post("/course/view-as/", {"as": looked_as})
    pages = [client.get("/course/live-session/"), client.get(f"/xblock/{row.key}")]
    answers = [call(client, "lms", row.key, handler) for handler in ("register", "state")]
    for answer in (*pages, *answers):
        text = answer.content.decode()
        assert registration.registrant_id not in text
        assert "tk=personal" not in text
        assert f"/zoom/join/{row.key}" not in text
    assert [answer.json()["registration"] for answer in answers] == ["none", "none"]
    assert list(Registration.objects.all()) == [registration]
    assert jobs.queue == []
    learner = call(browser(site.learner1), "lms", row.key, "state").json()
    assert learner["registration"] == "registered"  # there was something to be seen


@pytest.mark.django_db(transaction=True)
def test_mistake_10_what_is_copied_is_no_meeting(connected, site, unit_block, rf):
    """Duplicates, re-runs, exports and imports carry every field with them: two courses would share one session."""
    row, author = unit_block(), browser(site.author)
    assert call(author, "studio", row.key, "save_session", form()).json()["saved"] is True
    row.refresh_from_db()
    meeting = Placement.objects.for_usage_key(row.key).meeting
    request = rf.get("/studio/")
    request.user = site.author
    copy = courseware.duplicate_block(row, StudioRuntime(request, site.course_key).bind)
    rerun = row.key.map_into_course(site.course_key.replace(run="2027"))
    assert copy.draft["starts_at"] == row.draft["starts_at"]  # the wishes are copied
    assert Placement.objects.for_usage_key(copy.key) is None
    assert Placement.objects.for_usage_key(rerun) is None
    for of_zooms in (str(meeting.zoom_id), meeting.host_id, "zoom.us", "http"):
        assert of_zooms not in json.dumps([copy.draft, row.draft])
    assert call(author, "studio", copy.key, "save_session", form()).json()["saved"] is True
    assert Placement.objects.for_usage_key(copy.key).meeting != meeting
