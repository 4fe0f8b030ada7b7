"""
What was observed on a running LMS and Studio, one test each: the demo site does the same, the product lives with it.

Numbers and order are those of the list in `docs/platform.md`. Where the demo has no such thing, a stand-in shows it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

import pytest
from completion.models import BlockCompletion
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import re_path, reverse
from django.utils import timezone
from lxml import etree
from opaque_keys.edx.locator import LocalId
from xblock.fields import ScopeIds
from xblock.scorable import ScorableXBlockMixin

from demo.site import courseware, signals, tracking
from demo.site import urls as demo_urls
from demo.site.models import Block, Enrollment
from demo.site.runtime import StudioRuntime
from demo.zoom import signing
from tests.platform.stage import PACKAGE, PAGE, attended, browser, call, placed, publish, registered, switch_completion
from zoom_xblock import tasks
from zoom_xblock.apps import ZoomConfig
from zoom_xblock.block import ZoomXBlock
from zoom_xblock.models import Connection, Delivery, Placement, Result
from zoom_xblock.platform import CompletionOff
from zoom_xblock.services import registrations, settlement
from zoom_xblock.settings import common, production
from zoom_xblock.usage_keys import lasting
from zoom_xblock.views import session

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    """What Studio told, in its order: the name of the signal and the key it named."""
    told = []
    for name in ("block_created", "block_updated", "block_duplicated", "block_deleted", "unit_published"):
        listen = lambda sender, name=name, usage_key=None, **more: told.append((name, usage_key))  # noqa: E731
        monkeypatch.setattr(getattr(signals, name), "receivers", [])
        getattr(signals, name).connect(listen, weak=False)
    before = list(signals.course_published.receivers)
    monkeypatch.setattr(signals.course_published, "receivers", before)
    publishes = lambda sender, course_key, **more: told.append(("course_published", course_key))  # noqa: E731
    signals.course_published.connect(publishes, weak=False, dispatch_uid="heard")
    yield told
    signals.course_published.disconnect(dispatch_uid="heard")


def test_observation_01_handlers_are_reached_where_pages_are_not(site, unit_block):
    """Unenrolled: the page is 404, the handler is reached. Visitors may GET. Staff-only hides both."""
    row = unit_block()
    Enrollment.objects.filter(user=site.learner3).delete()
    stranger, visitor = browser(site.learner3), browser()
    assert stranger.get(f"/xblock/{row.key}").status_code == 404
    reached = call(stranger, "lms", row.key, "state")
    assert reached.status_code == 403  # reached: it is ours to refuse, in words
    assert "enrolled" in reached.json()["error"]
    assert call(visitor, "lms", row.key, "state").status_code == 403
    address = f"/courses/{row.key.course_key}/xblock/{row.key}/handler/state"
    assert visitor.get(address).status_code == 405  # a JSON handler was reached, and takes no GET
    publish(row, visible_to_staff_only=True)
    assert call(browser(site.learner1), "lms", row.key, "state").status_code == 404
    assert call(browser(site.author), "lms", row.key, "state").status_code == 200


def test_observation_02_a_plugins_url_under_admin_is_never_reached_and_the_wrapped_site_is(site):
    """Staff got 404 and everybody else the log-in from it, though it could be reversed."""
    root = ModuleType("tests.root_urls")
    plugin = re_path(rf"^{PAGE[1:]}/plugins$", lambda request: HttpResponse("the plugin's own"), name="plugins_own")
    root.urlpatterns = [*demo_urls.urlpatterns, plugin]
    with override_settings(ROOT_URLCONF=root):
        assert reverse("plugins_own") == f"{PAGE}/plugins"
        assert browser(site.admin).get(f"{PAGE}/plugins").status_code == 404
        assert browser().get(f"{PAGE}/plugins").status_code == 302
    assert reverse("admin:zoom_settings").startswith(PAGE)
    for address in (PAGE, f"{PAGE}/"):
        assert "zoom-" in browser(site.admin).get(address).content.decode()


@pytest.mark.django_db(transaction=True)
def test_observation_03_a_deleted_draft_is_told_of_while_learners_still_see_the_block(site, unit_block, heard, jobs):
    """And one that is discarded comes back without a word."""
    row = unit_block()
    placed(row)
    heard.clear()
    courseware.delete_block(row)
    assert heard == [("block_deleted", row.key)]
    assert browser(site.learner1).get(f"/xblock/{row.key}").status_code == 200
    courseware.discard_changes(row.unit)
    assert heard == [("block_deleted", row.key)]
    assert Block.objects.get(pk=row.pk).draft is not None
    assert Placement.objects.get().unpublished_since is None


def test_observation_04_a_paste_tells_of_an_update_only_and_a_duplicate_copies_the_settings(site, unit_block, rf):
    """The new key looked like `zoom1`: the first free number, which a deleted block may have had."""
    row = unit_block()
    placed(row)
    request = rf.get("/studio/")
    request.user = site.author
    runtime = StudioRuntime(request, site.course_key)
    assert courseware.duplicate_block(row, runtime.bind).draft["required_minutes"] == 45
    node = etree.Element("zoom")
    runtime.bind(row).add_xml_to_node(node)
    assert node.get("required_minutes") == "45"
    assert not [name for name in node.attrib if "meeting" in name or "url" in name]
    open_id = ScopeIds(None, "zoom", None, site.course_key.make_usage_key("zoom", LocalId()))
    keys = {lasting(open_id).usage_id for _paste in range(3)}
    assert len(keys) == 3
    assert not any(Placement.objects.for_usage_key(key) for key in keys)
    said = (PACKAGE / "signals.py").read_text() + (PACKAGE / "platform" / "openedx.py").read_text()
    assert "XBLOCK_" not in said  # neither event is waited for


@pytest.mark.django_db(transaction=True)
def test_observation_05_publishing_tells_of_the_unit_and_then_of_the_course(site, unit_block, heard, jobs):
    """From Studio's process only; that is why the product asks the course, not the event."""
    row = unit_block()
    placed(row)
    heard.clear()
    jobs.queue.clear()
    publish(row, required_minutes=30)
    assert heard == [("unit_published", row.unit.key), ("course_published", site.course_key)]
    assert [(job, args) for job, args, _wait in jobs.queue] == [("reconcile_course", [str(site.course_key)])]
    jobs.run(within_seconds=60)
    assert Placement.objects.get().required_seconds == 1800


@pytest.mark.django_db(transaction=True)
def test_observation_06_views_of_plugins_run_in_a_transaction_and_ours_leave_it_before_asking_zoom(
    site, unit_block, monkeypatch
):
    """A transaction held while Zoom thinks is a connection that nobody else has."""
    row, seen = unit_block(), []

    def link(**known):
        seen.append(connection.in_atomic_block)
        return "https://zoom.us/j/1"

    def page(request, *arguments):
        seen.append(connection.in_atomic_block)
        return HttpResponse()

    monkeypatch.setattr(registrations, "join_link", link)
    assert browser(site.learner1).get(f"/zoom/join/{row.key}").status_code == 302
    monkeypatch.setattr(session.starting, "start_link", link)
    assert browser(site.author).get(f"/zoom/start/{row.key}").status_code == 302
    root = ModuleType("tests.one_page")
    root.urlpatterns = [re_path(r"^plain$", page)]
    with override_settings(ROOT_URLCONF=root):
        Client().get("/plain")
    assert seen == [False, False, True]


def test_observation_07_edx_completion_raises_when_it_is_off_and_takes_lower_values(openedx):
    """So the switch is asked first, and nothing but 1.0 is ever sent, and only to whom it is news."""
    key, learner = openedx.make_block().key, openedx.site.learner1
    submit = BlockCompletion.objects.submit_completion
    submit(user=learner, block_key=key, completion=1.0)
    submit(user=learner, block_key=key, completion=0.25)
    assert BlockCompletion.objects.get().completion == 0.25
    openedx.door.complete(learner.pk, key)
    assert openedx.door.completions(key, [learner.pk]) == {learner.pk: 1.0}
    switch_completion(on=False)
    with pytest.raises(RuntimeError):
        submit(user=learner, block_key=key, completion=1.0)
    with pytest.raises(CompletionOff):
        openedx.door.complete(learner.pk, key)


def test_observation_08_an_unbound_block_is_enough_for_the_gradebook_and_its_weight_rescales(openedx):
    """Seven of ten with weight 1 became 0.7 of 1; state that a block writes for itself there is written to nobody."""
    row = openedx.make_block(has_score=True, weight=1.0, required_minutes=10)
    openedx.door.grade(row.key, {openedx.site.learner1.pk: (7.0, 10.0)})
    (event,) = openedx.events("edx.grades.problem.submitted")
    assert (event["event"]["weighted_earned"], event["event"]["weighted_possible"]) == (0.7, 1.0)
    assert not issubclass(ZoomXBlock, ScorableXBlockMixin)
    assert ZoomXBlock.max_score(object()) == 1.0  # asked unbound, at publish
    attended(placed(row), {openedx.site.learner2: 7})
    settlement.decide_meeting(Placement.objects.get().meeting.pk)
    assert openedx.scores(row.key)[openedx.site.learner2.pk] == (0.7, 1.0)


def test_observation_09_tasks_are_found_by_every_worker_and_outcomes_are_left_to_the_lms(openedx):
    """A task goes to the sending service's queue: Studio's worker must do no harm with what it gets."""
    names = {task.name for task in vars(tasks).values() if hasattr(task, "apply_async")}
    assert names == {f"zoom_xblock.{name}" for name, task in vars(tasks).items() if hasattr(task, "apply_async")}
    code = (
        "import django; django.setup(); from celery import current_app; current_app.loader.import_default_modules();"
        "print(*(name for name in current_app.tasks if name.startswith('zoom_xblock.')))"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "demo.site.settings", "PATH": "", "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert set(done.stdout.split()) == names, done.stderr
    row = openedx.make_block(has_score=True, required_minutes=10)
    attended(placed(row), {openedx.site.learner1: 20})
    with openedx.in_studio():
        tasks.decide_meeting(Placement.objects.get().meeting.pk)
    assert Result.objects.get().is_complete
    assert not BlockCompletion.objects.exists()
    assert openedx.scores(row.key) == {}
    tasks.pay_owed(Placement.objects.get().pk)
    assert BlockCompletion.objects.get().completion == 1.0


def test_observation_10_plugin_settings_come_twice_and_the_platforms_keys_are_small(settings):
    """`common` once, `production` after the YAML; an app that said nothing of its keys would owe a migration there."""
    module = ModuleType("lms_settings")
    module.TRACKING_IGNORE_URL_PATTERNS = theirs = ["^/event"]
    common.plugin_settings(module)
    assert theirs == ["^/event"]
    module.TRACKING_IGNORE_URL_PATTERNS = ["^/from/yaml"]
    production.plugin_settings(module)
    production.plugin_settings(module)
    found = module.TRACKING_IGNORE_URL_PATTERNS
    assert found[0] == "^/from/yaml"
    assert len(found) == len(set(found))
    assert set(common.UNTRACKED_PATHS) <= set(found)
    assert settings.DEFAULT_AUTO_FIELD == "django.db.models.AutoField"
    assert ZoomConfig.default_auto_field == "django.db.models.BigAutoField"
    assert {model._meta.pk.get_internal_type() for model in apps.get_app_config("zoom_xblock").get_models()} == {
        "BigAutoField"
    }
    call_command("makemigrations", "zoom_xblock", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_observation_11_a_delivery_comes_without_log_in_and_without_a_token(site, jobs):
    """A plugin's view that is exempt is reached by anybody; the signature alone says who it is."""
    Connection.objects.create(client_id="an-id", client_secret="c" * 32, webhook_secret="w" * 24, account_id="account")
    body = json.dumps({"event": "meeting.ended", "payload": {"account_id": "account", "object": {"id": "1"}}}).encode()
    stamp = str(int(timezone.now().timestamp()))
    strict = Client(enforce_csrf_checks=True)
    for secret, status in (("w" * 24, 204), ("x" * 24, 401)):
        headers = {"x-zm-request-timestamp": stamp, "x-zm-signature": signing.signature(secret, stamp, body)}
        answer = strict.post("/zoom/end_meeting", data=body, content_type="application/json", headers=headers)
        assert answer.status_code == status
    assert Delivery.objects.get().event == "meeting.ended"
    assert tracking.entries() == []


def test_observation_12_only_public_files_are_served_and_the_block_may_be_framed(site, unit_block):
    """`/xblock/resource/zoom/...`: 200 for `public/`, 404 for anything else of the package."""
    row = unit_block()
    for name in ("zoom.css", "student.js", "editor.js"):
        assert browser().get(f"/xblock/resource/zoom/public/{name}").status_code == 200
    for path in (
        "static/zoom_xblock/connection.js",
        "conf.py",
        "templates/zoom_xblock/refused.html",
        "public/../conf.py",
    ):
        assert browser().get(f"/xblock/resource/zoom/{path}").status_code == 404
    page = browser(site.learner1).get(f"/xblock/{row.key}")
    assert "X-Frame-Options" not in page.headers
    assert "/xblock/resource/zoom/public/student.js" in page.content.decode()


def test_observation_13_studios_unit_page_is_somebody_elses_and_its_editor_is_there(openedx, site, unit_block):
    """`/container` leads to another frontend or not, by a switch; the editor and the outline are there either way."""
    row = unit_block()
    registered(placed(row), site.learner1)
    address = openedx.door.studio_url(row.key)
    assert address == f"https://studio.example.edu/course/{site.course_key}"
    editor = browser(site.author).get(f"/studio/xblock/{row.key}/edit")
    assert editor.status_code == 200
    assert "zoom-xblock--editor" in editor.content.decode()
    assert "X-Frame-Options" not in editor.headers or editor.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "/container" not in editor.content.decode()
