"""What a walk through a real LMS and Studio found, each as a test that would have found it here."""

from __future__ import annotations

import ast
import json
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from django.dispatch import Signal
from django.test import Client
from django.utils import timezone
from lxml import etree
from opaque_keys.edx.keys import UsageKey
from opaque_keys.edx.locator import LibraryLocatorV2, LibraryUsageLocatorV2, LocalId
from webob import Request
from xblock.fields import ScopeIds

from demo.site.models import Enrollment
from demo.site.runtime import StudioRuntime
from tests.conftest import make_block, wishes_of
from zoom_xblock import platform
from zoom_xblock.block import ZoomXBlock
from zoom_xblock.models import Meeting, Placement, Registration
from zoom_xblock.platform.openedx import OpenEdxPlatform
from zoom_xblock.services import meetings
from zoom_xblock.services.errors import InvalidWishes
from zoom_xblock.usage_keys import lasting, plain_key

PACKAGE = Path(__file__).parents[2] / "zoom_xblock"
PAGE = "/admin/config/services/zoom"


def browser(user=None):
    """Somebody's browser."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def called(client, prefix, key, handler, data):
    """Call a handler at the LMS's address, Studio's or that of Studio's preview."""
    return client.post(f"{prefix}/{key}/handler/{handler}", data=json.dumps(data), content_type="application/json")


def form(starts_at):
    """What the editor sends."""
    return {
        "kind": "meeting", "display_name": "Algebra live", "description": "", "start_date": f"{starts_at:%Y-%m-%d}",
        "start_time": "10:00", "time_zone": "Europe/Madrid", "duration_minutes": "60", "required_minutes": "45",
        "has_score": False, "weight": "1",
    }  # fmt: skip


# -- the connection page -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [PAGE, PAGE + "/"])
def test_a_visitor_of_the_connection_page_comes_back_to_it_after_logging_in(client, db, address):
    """Django admin's log-in on the LMS leads to `/admin`, wherever one was going."""
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={address}")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("who", ["learner1", "author"])
def test_who_is_not_staff_is_refused_and_not_sent_round_in_circles(site, who):
    """Django admin's log-in on Studio sends whoever is logged in back to where she came from, for ever."""
    assert browser(getattr(site, who)).get(PAGE).status_code == 403


# -- copies ----------------------------------------------------------------------------------------------------------


def pasted(block_row, site, rf, block_id):
    """A block made of OLX as Studio's paste does, whose id is given or still open."""
    request = rf.get("/studio/")
    request.user = site.author
    runtime = StudioRuntime(request, site.course_key)
    original = runtime.bind(block_row)
    node = etree.Element("zoom")
    original.add_xml_to_node(node)
    # What the modulestore's runtime offers while a block is being made.
    fields = SimpleNamespace(service=lambda block, name: original._field_data, construct_xblock_from_class=None)
    fields.construct_xblock_from_class = lambda cls, keys: cls(fields, field_data=Fields(), scope_ids=keys)
    key = site.course_key.make_usage_key("zoom", block_id)
    return ZoomXBlock.parse_xml(node, fields, ScopeIds(None, "zoom", key, key))


class Fields(dict):
    """Field data of a block that nobody has stored yet."""

    def has(self, block, name):
        return name in self

    def set_many(self, block, update):
        self.update(update)

    def default(self, block, name):
        raise KeyError(name)

    def get(self, block, name):
        return self[name]


def test_a_pasted_block_never_gets_the_id_of_a_deleted_one(block_row, site, rf):
    """
    The modulestore gives what is pasted the first free number, `zoom1`; after a deletion that is an id whose session,
    registrations and results are still here.
    """
    keys = [pasted(block_row, site, rf, LocalId()).scope_ids.usage_id for _paste in range(2)]
    assert len(set(keys)) == 2
    for key in keys:
        assert UsageKey.from_string(str(key)) == key
        assert key.course_key == site.course_key
        assert key.block_id.isalnum()
        assert Placement.objects.for_usage_key(plain_key(key)) is None


def test_a_pasted_block_keeps_the_authors_wishes(block_row, site, rf):
    block = pasted(block_row, site, rf, LocalId())
    assert (block.display_name, block.required_minutes) == ("Algebra live", 45)


@pytest.mark.parametrize("block_id", ["algebra", LocalId("algebra")], ids=["given", "to be given"])
def test_a_block_whose_id_is_known_keeps_it(block_id, site):
    """An import, a re-run: the same block again, with its session where the course is the same."""
    keys = ScopeIds(None, "zoom", None, site.course_key.make_usage_key("zoom", block_id))
    assert lasting(keys) is keys


@pytest.mark.django_db(transaction=True)
def test_a_copy_whose_start_has_passed_asks_for_a_new_one(connected, site, zoom):
    """A re-run brings last year's date; saved as it came, Zoom made a session in the past, without a word."""
    row = make_block(site.course_key, "copied", starts_at="2026-01-05T09:00:00+00:00")
    studio = browser(site.author)
    answer = called(studio, "/studio/xblock", row.key, "save_session", form(datetime(2026, 1, 5, tzinfo=UTC))).json()
    assert answer["saved"] is False
    assert list(answer["errors"]) == ["starts_at"]
    with pytest.raises(InvalidWishes):
        meetings.save_session(usage_key=row.key, user_id=site.author.pk, wishes=wishes_of(row, has_moved=False))
    assert Meeting.objects.count() == 0
    assert zoom.control("meetings")["meetings"] == []


# -- handlers where they do not belong -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_authors_save_through_the_lms_changes_nothing_at_zoom(session, block_row, site, zoom):
    """The LMS cannot store an author's wishes: Zoom was told first, and then the block could not follow."""
    lms = browser(site.author)
    prefix = f"/courses/{site.course_key}/xblock"
    sent = form(timezone.now() + timedelta(days=3)) | {"display_name": "Changed in the LMS"}
    assert called(lms, prefix, block_row.key, "save_session", sent).status_code == 403
    [meeting] = zoom.control("meetings")["meetings"]
    assert meeting["topic"] == "Algebra live"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("prefix", ["/studio/xblock", "/studio/preview/xblock"])
@pytest.mark.parametrize("handler", ["state", "register"])
def test_studio_registers_nobody_and_tells_learners_nothing(session, block_row, site, jobs, prefix, handler):
    """Studio's handlers ask for nothing but a log-in, which every learner has."""
    assert called(browser(site.learner1), prefix, block_row.key, handler, {}).status_code == 403
    shown = called(browser(site.author), prefix, block_row.key, handler, {}).json()
    assert (shown["registration"], shown["register"]) == ("none", False)
    assert Registration.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "handler",
    [
        "save_session",
        "check_session",
        "sessions_to_link",
        "link_session",
        "unlink_session",
        "move_date",
        "remove_date",
        "keep_session",
    ],
)
def test_a_component_in_a_library_makes_nothing_at_zoom(connected, block_row, site, zoom, rf, monkeypatch, handler):
    """A library takes any block by its REST, and its authors reach every handler."""
    request = rf.post("/studio/", json.dumps(form(timezone.now() + timedelta(days=3))), "application/json")
    request.user = site.author
    block = StudioRuntime(request, site.course_key).bind(block_row)
    key = LibraryUsageLocatorV2(LibraryLocatorV2("Demo", "live"), "zoom", "algebra")
    block.scope_ids = block.scope_ids._replace(usage_id=key, def_id=key)
    # Whoever writes a library is its author over there.
    monkeypatch.setattr(type(platform.current()), "can_author", lambda self, user_id, course_key: True)
    monkeypatch.setattr(type(platform.current()), "service", "studio")
    assert getattr(block, handler)(Request.blank("/", method="POST", body=request.body)).status_code == 403
    assert zoom.control("meetings")["meetings"] == []
    assert Placement.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_who_teaches_without_being_enrolled_is_told_why_she_gets_no_link(session, block_row, site):
    """Course staff need no enrolment; she was told that only learners of the course can join."""
    Enrollment.objects.filter(user=site.author).delete()
    answer = browser(site.author).get(f"/zoom/join/{block_row.key}")
    assert answer.status_code == 403
    assert "You teach this course" in answer.content.decode()


def test_staff_who_look_as_a_certain_learner_are_shown_the_block():
    """Without this word the LMS puts a sentence in its place (lms/djangoapps/courseware/masquerade.py)."""
    assert ZoomXBlock.show_in_read_only_mode is True


# -- jobs ------------------------------------------------------------------------------------------------------------


class Tracker:
    """Event-tracking as far as it matters here: contexts that are open while something is emitted."""

    def __init__(self):
        self.open, self.emitted = {}, []

    @contextmanager
    def context(self, name, context):
        self.open[name] = context
        try:
            yield
        finally:
            del self.open[name]

    def emit(self, name=None, data=None):
        """Remember the event with what its context says."""
        merged = {key: value for one in self.open.values() for key, value in one.items()}
        self.emitted.append((name, merged))


@pytest.fixture
def tracker(monkeypatch):
    """The tracker that everybody gets, and the platform's module that knows what to say of a course."""
    from eventtracking import tracker as module

    tracker = Tracker()
    monkeypatch.setattr(module, "get_tracker", lambda name="default": tracker)
    monkeypatch.setattr(module, "emit", tracker.emit)
    contexts = ModuleType("common.djangoapps.track.contexts")
    contexts.course_context_from_course_id = lambda key: {"course_id": str(key), "org_id": key.org}
    provide(monkeypatch, contexts)
    return tracker


def provide(monkeypatch, *modules):
    """Put stand-ins for modules of the platform where imports find them, with the packages above them."""
    for module in modules:
        monkeypatch.setitem(sys.modules, module.__name__, module)
        name, child = module.__name__, module
        while "." in name:
            name, _dot, last = name.rpartition(".")
            parent = sys.modules.get(name) or ModuleType(name)
            monkeypatch.setitem(sys.modules, name, parent)
            monkeypatch.setattr(parent, last, child, raising=False)
            child = parent


def made(name, **names):
    """A module with these names in it."""
    module = ModuleType(name)
    vars(module).update(names)
    return module


@pytest.mark.django_db
def test_the_event_of_a_completion_carries_its_course(tracker, site, usage_key, monkeypatch):
    """In a worker there is no request for the platform to take the course from; reports by course would miss it."""
    from completion import waffle

    monkeypatch.setattr(waffle, "ENABLE_COMPLETION_TRACKING_SWITCH", SimpleNamespace(is_enabled=lambda: True))
    manager = SimpleNamespace(submit_completion=lambda **given: tracker.emit("completed"))
    monkeypatch.setattr("completion.models.BlockCompletion.objects", manager)
    OpenEdxPlatform().complete(site.learner1.pk, usage_key)
    assert tracker.emitted == [("completed", {"course_id": str(site.course_key), "org_id": "DemoX"})]
    assert tracker.open == {}


@pytest.mark.django_db
def test_the_events_of_a_grade_carry_their_course(tracker, site, usage_key, monkeypatch, settings):
    settings.SERVICE_VARIANT = "lms"
    published = Signal()
    tell = lambda **given: tracker.emit("graded")  # noqa: E731
    published.connect(tell)
    store = SimpleNamespace(get_item=lambda key: SimpleNamespace(location=key))
    provide(
        monkeypatch,
        made(
            "common.djangoapps.track.event_transaction_utils",
            create_new_event_transaction_id=lambda: None,
            set_event_transaction_type=lambda kind: None,
        ),
        made("lms.djangoapps.courseware.model_data", get_score=lambda user_id, key: None),
        made("lms.djangoapps.grades.grade_utils", are_grades_frozen=lambda key: False),
        made("lms.djangoapps.grades.signals.signals", SCORE_PUBLISHED=published),
        made("xmodule.modulestore.django", modulestore=lambda: store),
        made("xmodule.modulestore.exceptions", ItemNotFoundError=LookupError),
    )
    learners = [site.learner1.pk, site.learner2.pk]
    assert OpenEdxPlatform().grade(usage_key, dict.fromkeys(learners, (1.0, 1.0))) == set(learners)
    assert tracker.emitted == [("graded", {"course_id": str(site.course_key), "org_id": "DemoX"})] * 2


@pytest.mark.django_db
def test_a_score_that_staff_deleted_is_counted_out_of_the_grade(tracker, site, usage_key, monkeypatch, settings):
    """
    The platform leaves that to a block that has `clear_student_state`: the gradebook showed the deleted score for ever.
    """
    settings.SERVICE_VARIANT, settings.ZOOM_XBLOCK_PLATFORM = "lms", f"{OpenEdxPlatform.__module__}.OpenEdxPlatform"
    changed, sent, kinds = Signal(), [], []
    keep = lambda sender, signal, **given: sent.append(given)  # noqa: E731
    changed.connect(keep)
    store = SimpleNamespace(get_item=lambda key: SimpleNamespace(weight=5.0, max_score=lambda: 1.0))
    table = SimpleNamespace(courseware_student_module="csm")
    provide(
        monkeypatch,
        made(
            "common.djangoapps.track.event_transaction_utils",
            create_new_event_transaction_id=lambda: kinds.append("new"),
            set_event_transaction_type=kinds.append,
        ),
        made("common.djangoapps.student.models", user_by_anonymous_id=lambda uid: site.learner1),
        made("lms.djangoapps.grades.constants", ScoreDatabaseTableEnum=table),
        made("lms.djangoapps.grades.events", STATE_DELETED_EVENT_TYPE="edx.grades.problem.state_deleted"),
        made("lms.djangoapps.grades.signals.signals", PROBLEM_RAW_SCORE_CHANGED=changed),
        made("xmodule.modulestore.django", modulestore=lambda: store),
    )
    block = SimpleNamespace(_key=usage_key)
    ZoomXBlock.clear_student_state(block, user_id="anonymous", course_id="c", item_id="i", requesting_user_id="staff")
    [given] = sent
    assert given.pop("modified") <= timezone.now()
    assert given == {
        "raw_earned": 0, "raw_possible": 1.0, "weight": 5.0, "user_id": site.learner1.pk,
        "course_id": str(site.course_key), "usage_id": str(usage_key), "score_deleted": True, "only_if_higher": False,
        "score_db_table": "csm",
    }  # fmt: skip
    assert kinds == ["new", "edx.grades.problem.state_deleted"]  # told of as what it is, not as 0 points submitted


# -- logs ------------------------------------------------------------------------------------------------------------


def test_a_log_line_says_by_itself_what_it_is_about():
    """The platform's formatters write the message and nothing else: what stands in `extra` is never seen."""
    silent = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and getattr(node.func.value, "id", "") == "log"
        and any(keyword.arg == "extra" for keyword in node.keywords)
    ]
    assert silent == []
