"""Mistakes 11 to 20: blocks that come and go, outcomes, jobs, the database, the frame, workers without a request."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import crum
import pytest
from ccx_keys.locator import CCXLocator
from completion.handlers import scorable_block_completion
from completion.models import BlockCompletion
from completion.services import CompletionService
from django.apps import apps
from django.core.management import call_command
from django.db import models, transaction
from django.utils import timezone

from demo.site import courseware, signals
from demo.site.models import Block
from demo.site.testing import jobs_in_memory
from tests.platform.conftest import COMPLETED
from tests.platform.stage import (
    PACKAGE,
    attended,
    browser,
    call,
    form,
    placed,
    publish,
    sources,
    switch_completion,
    who_says,
    words,
)
from zoom_xblock.block import ZoomXBlock
from zoom_xblock.models import Delivery, Meeting, Placement, Result
from zoom_xblock.services import inbox, registrations, settlement
from zoom_xblock.services.retry import LONGEST_COUNTDOWN_SECONDS

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_mistake_11_a_deleted_block_ends_no_session_and_may_come_back(site, unit_block, jobs):
    """The event of a deletion fires for the draft, while learners still see the block; discarding brings it back."""
    row = unit_block()
    meeting = placed(row)
    jobs.run(within_seconds=60)
    courseware.delete_block(row)
    assert jobs.queue == []  # nobody listens: nothing is known yet
    assert browser(site.learner1).get(f"/xblock/{row.key}").status_code == 200
    courseware.discard_changes(row.unit)
    assert Placement.objects.get().unpublished_since is None
    row.refresh_from_db()
    courseware.delete_block(row)
    courseware.publish_unit(row.unit)
    jobs.run(within_seconds=60)
    gone = Placement.objects.get()
    assert gone.unpublished_since is not None
    assert (gone.meeting, gone.meeting.state) == (meeting, Meeting.State.SCHEDULED)
    courseware.create_block(row.unit, "zoom", fields=row.published, name=row.key.block_id)  # undone, imported again
    courseware.publish_unit(row.unit)
    jobs.run(within_seconds=60)
    back = Placement.objects.get()
    assert (back.unpublished_since, back.meeting) == (None, meeting)


@pytest.mark.django_db(transaction=True)
def test_mistake_12_what_is_published_is_read_and_no_event_of_the_block_awaited(site, unit_block, jobs):
    """Publishing names the unit; an import, a re-run and a forced publish name the course and nothing else."""
    row = unit_block(required_minutes=45)
    placed(row)
    jobs.run(within_seconds=60)
    assert Placement.objects.get().required_seconds == 45 * 60
    publish(row, required_minutes=30)
    jobs.run(within_seconds=60)
    assert Placement.objects.get().required_seconds == 30 * 60
    Block.objects.filter(pk=row.pk).update(published={**row.published, "required_minutes": 20})
    signals.course_published.send_robust(sender=None, course_key=site.course_key)
    jobs.run(within_seconds=60)
    assert Placement.objects.get().required_seconds == 20 * 60


@pytest.mark.django_db(transaction=True)
def test_mistake_13_saving_is_a_handler_of_our_own_and_keeps_the_time_of_day(connected, site, unit_block):
    """Hooks around Studio's own save do not run then, and its ready-made date field has no time."""
    row, author = unit_block(), browser(site.author)
    assert call(author, "studio", row.key, "save_session", form(start_time="17:45")).json()["saved"] is True
    row.refresh_from_db()
    meeting = Placement.objects.get().meeting
    assert ZoomXBlock.starts_at.from_json(row.draft["starts_at"]) == meeting.starts_at
    assert meeting.starts_at.astimezone(ZoneInfo("Europe/Madrid")).strftime("%H:%M") == "17:45"
    assert not {"editor_saved", "post_editor_saved"} & set(dir(ZoomXBlock))
    assert "StudioEditableXBlockMixin" not in {base.__name__ for base in ZoomXBlock.__mro__}
    assert ZoomXBlock.has_author_view is True
    assert "zoom-xblock--author" in author.get("/studio/").content.decode()


def test_mistake_14_neither_a_score_nor_five_seconds_on_the_page_complete_the_block(site, unit_block, monkeypatch):
    """edx-completion itself, as the gradebook calls it for a score of nothing out of one."""
    row = unit_block(has_score=True)
    scored = {"usage_id": str(row.key), "course_id": str(site.course_key), "user_id": site.learner1.pk}
    scorable_block_completion(sender=None, weighted_earned=0.0, weighted_possible=1.0, **scored)
    assert not BlockCompletion.objects.exists()
    service = CompletionService(site.learner1, site.course_key)
    assert service.can_mark_block_complete_on_view(ZoomXBlock) is False
    monkeypatch.setattr(ZoomXBlock, "has_custom_completion", False)  # without it, it would
    scorable_block_completion(sender=None, weighted_earned=0.0, weighted_possible=1.0, **scored)
    assert BlockCompletion.objects.get().completion == 1.0


def test_mistake_15_completions_are_submitted_one_by_one_once_and_only_upwards(openedx):
    """Rows written around edx-completion unlock nothing, each call tells of itself, off it raises, CCX has own keys."""
    row, site = openedx.make_block(required_minutes=45), openedx.site
    meeting = placed(row)
    switch_completion(on=False)
    attended(meeting, {site.learner1: 50, site.learner2: 50, site.learner3: 20})
    settlement.decide_meeting(meeting.pk)  # switched off: nothing raises, and it stays owed
    assert not BlockCompletion.objects.exists()
    BlockCompletion.objects.create(
        user=site.learner2, context_key=site.course_key, block_key=row.key, block_type="zoom", completion=1.0
    )  # she has it already: telling of it again would be news to nobody
    switch_completion(on=True)
    for _time in range(3):
        settlement.decide_meeting(meeting.pk)
    complete = {site.learner1.pk, site.learner2.pk}
    assert set(BlockCompletion.objects.values_list("user_id", "completion")) == {(pk, 1.0) for pk in complete}
    assert [event["event"]["user_id"] for event in openedx.events(COMPLETED)] == [site.learner1.pk]
    assert not Result.objects.filter(is_complete=True, completed_at=None).exists()
    publish(row, required_minutes=55)  # a stricter rule takes nothing back
    settlement.decide_meeting(meeting.pk)
    assert set(BlockCompletion.objects.values_list("completion", flat=True)) == {1.0}
    ccx = CCXLocator.from_course_locator(site.course_key, "1").make_usage_key("zoom", row.key.block_id)
    openedx.door.complete(site.learner1.pk, ccx)
    assert BlockCompletion.objects.get(block_key=ccx).context_key == ccx.context_key
    door = dict(sources())["platform/openedx_outcomes.py"]
    assert "bulk_create" not in words(door)
    assert [name for name, tree in sources() if "BlockCompletion" in words(tree)] == ["platform/openedx_outcomes.py"]


def test_mistake_16_scores_go_to_whose_they_are_each_by_itself_and_a_deleted_one_stays_deleted(openedx):
    """`publish` grades whoever is logged in, in a loop only the first is told of, a count would bring it back."""
    row, site = openedx.make_block(required_minutes=40, has_score=True), openedx.site
    meeting = placed(row)
    attended(meeting, {site.learner1: 40, site.learner2: 20, site.learner3: 10})
    shares = {site.learner1.pk: (1.0, 1.0), site.learner2.pk: (0.5, 1.0), site.learner3.pk: (0.25, 1.0)}
    with openedx.in_studio():
        settlement.decide_meeting(meeting.pk)
    assert openedx.scores(row.key) == {}
    with openedx.request_by(site.author):  # a member of staff has pressed a button
        settlement.decide_meeting(meeting.pk)
    assert openedx.scores(row.key) == shares
    assert {user for user, _transaction in openedx.told()} == set(shares)
    assert len({transaction_id for _user, transaction_id in openedx.told()}) == 3
    settlement.reset_score(usage_key=row.key, anonymous_user_id=openedx.anonymous_id(site.learner2))
    assert openedx.counts_without(site.learner2, row.key)
    publish(row, required_minutes=20)
    settlement.decide_meeting(meeting.pk)
    told = [user for user, _transaction in openedx.told()]
    assert told.count(site.learner2.pk) == 1
    assert told.count(site.learner3.pk) == 2
    assert [name for name, tree in sources() if "publish" in words(tree)] == []


@pytest.mark.django_db(transaction=True)
def test_mistake_17_jobs_wait_for_the_commit_never_for_long_and_for_no_beat(site, unit_block, settings, monkeypatch):
    """A row that is not there yet; a job that Redis delivers every hour; one that nobody ever runs."""
    row = unit_block()
    placed(row)
    delivery = Delivery.objects.create(
        digest="d" * 64, endpoint="end", event="meeting.ended", body="{}", received_at=timezone.now(), attempts=10
    )
    monkeypatch.setattr(inbox, "_apply", lambda delivery: 1 / 0)
    with jobs_in_memory() as jobs:
        with transaction.atomic():
            registrations.request_place(usage_key=row.key, user_id=site.learner1.pk)
            assert jobs.taken() == []
        assert [job.name for job in jobs.taken()] == ["zoom_xblock.register"]
        inbox.process_delivery(delivery.pk)  # the eleventh failure: half an hour and more from now
        assert jobs.taken() == []
        delivery.refresh_from_db()
        assert delivery.next_try_at > timezone.now() + timedelta(seconds=LONGEST_COUNTDOWN_SECONDS)
        call_command("zoom_sweep", verbosity=0)
        assert delivery.pk not in [job.args[0] for job in jobs.taken() if job.name == "zoom_xblock.process_delivery"]
        Delivery.objects.update(next_try_at=timezone.now())
        call_command("zoom_sweep", verbosity=0)
        assert ("zoom_xblock.process_delivery", [delivery.pk]) in [(job.name, job.args) for job in jobs.taken()]
    assert LONGEST_COUNTDOWN_SECONDS < 3600
    assert who_says("crontab", "beat_schedule", "BEAT_SCHEDULE", "periodic_task") == []


def test_mistake_18_the_schema_asks_nothing_of_mysql_that_it_does_not_do():
    """Case is no difference there, a partial constraint is silently none. What it does: tests/models/test_mysql."""
    free, unique = [], []
    for model in apps.get_app_config("zoom_xblock").get_models():
        assert model._meta.pk.get_internal_type() == "BigAutoField"
        assert not model._meta.unique_together
        for constraint in model._meta.constraints:
            assert isinstance(constraint, models.UniqueConstraint)
            assert (constraint.condition, constraint.include, constraint.expressions) == (None, (), ()), constraint.name
            unique += [model._meta.get_field(name) for name in constraint.fields]
        unique += [field for field in model._meta.local_fields if field.unique]
    for field in unique:
        if isinstance(field, models.CharField | models.TextField) and not field.name.endswith("digest"):
            free.append(f"{field.model.__name__}.{field.name}")
    # A number of Zoom's, and one of our own two words; everything else from outside is looked up by its digest.
    assert sorted(free) == ["Endpoint.name", "Occurrence.occurrence_id"]
    # One place writes statements itself, those that Django's own bulk methods end in, with the parts Django gives.
    assert who_says("unique_fields", "update_conflicts", "RunSQL", "cursor") == ["services/bulk.py: cursor"]


class Links(HTMLParser):
    """Links and forms of a page, inside the product's own elements or not."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("a", "form", "iframe"):
            self.found.append((tag, dict(attrs)))


def test_mistake_19_the_page_lives_in_the_platforms_frame(site, unit_block):
    """What navigates the frame away, is cut off by it, leaks handlers in it, or gets no token there."""
    row = unit_block(starts_at=(timezone.now() + timedelta(hours=1)).isoformat())
    placed(row, starts_at=timezone.now() + timedelta(hours=1))
    pages = [
        browser(site.learner1).get(f"/xblock/{row.key}").content.decode(),
        browser(site.author).get(f"/studio/xblock/{row.key}/edit").content.decode(),
    ]
    links = Links()
    for page in pages:
        ours = page[page.index('<section class="zoom-xblock') if "<section" in page else page.index("zoom-xblock--") :]
        links.feed(ours[: ours.rindex("zoom-xblock")])
    for path in (PACKAGE / "templates" / "zoom_xblock" / "block").glob("*.html"):
        links.feed(re.sub(r"{%.*?%}|{{.*?}}", "", path.read_text(encoding="utf-8")))
    assert {tag for tag, _attributes in links.found} >= {"a", "form"}
    for tag, attributes in links.found:
        assert tag != "iframe"  # the frame around us allows no screen to be shared
        assert "download" not in attributes
        if tag == "a":
            assert attributes.get("target") == "_blank", attributes  # <base target="_parent"> takes the others away
            assert "noopener" in str(attributes.get("rel"))
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (PACKAGE / "assets" / "public").glob("*.js")}
    for name, script in scripts.items():
        assert script.count("fetch(") == script.count("X-CSRFToken"), name
        # The platform starts these; others are started by them.
        if re.search(r"\bfunction \w+\(runtime, element", script):
            assert "element.jquery" in script, name
        assert not re.search(r"\bdefine\s*\(|\brequire\s*\(|innerHTML|document\.write|\bimport\s", script), name
    for makes_nodes in ("createElement", ".append(", "replaceChildren", "cloneNode"):
        assert makes_nodes not in scripts["student.js"]  # its clock ticks: each new node costs a handler
    style = (PACKAGE / "assets" / "public" / "zoom.css").read_text(encoding="utf-8")
    assert "position: fixed" not in style
    assert "100vh" not in style


def test_mistake_20_a_worker_knows_no_request_and_needs_none(openedx):
    """No site, no user, no course for its events, addresses without https, the last learner's services on a block."""
    row, site = openedx.make_block(), openedx.site
    assert crum.get_current_request() is None
    assert openedx.door.learner_url(row.key).startswith("https://courses.example.edu/courses/")
    openedx.door.complete(site.learner1.pk, row.key)
    openedx.door.grade(row.key, {site.learner1.pk: (1.0, 1.0)})
    for name in (COMPLETED, "edx.grades.problem.submitted"):
        (event,) = openedx.events(name)
        assert event["context"]["course_id"] == str(site.course_key)
        assert int(event["event"]["user_id"]) == site.learner1.pk
    functions = [node for node in ast.walk(dict(sources())["tasks.py"]) if isinstance(node, ast.FunctionDef)]
    assert len(functions) >= 9
    kinds = {ast.unparse(argument.annotation) for one in functions for argument in one.args.args}
    assert kinds == {"int", "str", "list[int]"}
    assert who_says("get_current_site", "get_current_request", "emulate_http") == []
    for name, tree in sources():
        if name.startswith(("services/", "tasks.py", "signals.py", "queries.py")):
            assert not {"HttpRequest", "get_current_user", "scope_ids", "runtime"} & words(tree), name
    assert Result.objects.count() == 0
