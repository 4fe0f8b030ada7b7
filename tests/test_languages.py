"""
The product in other languages: the catalogs are whole, no sentence escapes them, and plural forms are the language's.

What escapes is found with a language that does not exist: each of its letters has a mark, so a plain letter on a page
is either data or a sentence that nobody can translate.
"""

# ruff: noqa: F811 - a fixture is taken over from `pseudo` by its name
from __future__ import annotations

import ast
import importlib.util
import json
import re
from datetime import timedelta

import polib
import pytest
from django.test import Client
from django.utils import translation

from demo.site.runtime import LmsRuntime, PreviewRuntime, StudioRuntime
from tests.admin.test_connection_lists import delivery, host
from tests.classroom import make_classroom
from tests.conftest import make_block
from tests.pseudo import LOCALE, ROOT, Words, escaped, names_of_everybody, nowhere, pseudo, speaks, words_of_json  # noqa: F401
from tests.screens.factories import STARTS_AT, author_facts, learner_facts, meeting, wishes
from tests.screens.test_connection import ADDRESSES, CREDENTIALS, GRANT, facts
from tests.views.test_course import placed, stood
from zoom_xblock.attendance import Policy
from zoom_xblock.models import Delivery
from zoom_xblock.queries.timetable import DateShown
from zoom_xblock.screens import author, connection, editor, learner, page, troubles

# -- the catalogs ---------------------------------------------------------------------------------------------------


def the_tool():
    """`tools/translations.py` as a module."""
    spec = importlib.util.spec_from_file_location("translations_tool", ROOT / "tools" / "translations.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def test_every_sentence_is_there_in_every_language():
    tool = the_tool()
    sources = tool.collected()
    assert len(sources) > 1000
    assert tool.problems(sources) == []


@pytest.mark.parametrize(
    ("language", "count", "form"),
    [("ar", 0, 0), ("ar", 1, 1), ("ar", 2, 2), ("ar", 3, 3), ("ar", 11, 4), ("ar", 100, 5)]
    + [("ja", count, 0) for count in (0, 1, 2, 3, 11, 100)]
    + [("fr", 0, 0), ("fr", 1, 0), ("fr", 2, 1), ("de", 0, 1), ("de", 1, 0), ("pt-br", 0, 0), ("es", 0, 1)],
)
def test_minutes_are_counted_as_the_language_counts(language, count, form):
    name = translation.to_locale(language)
    stored = polib.pofile(str(LOCALE / name / "LC_MESSAGES" / "django.po"))
    forms = stored.find("%(count)d minute").msgstr_plural
    assert len(forms) == {"ar": 6, "ja": 1}.get(language, 2)
    with translation.override(language):
        assert page.minutes(count * 60) == forms[form] % {"count": count}


#: A count and what is counted: wrong with one, and in languages that have more forms than two.
COUNTED = re.compile(r"(?:%\(\w+\)[ds]|\{\w+\}) (?:more |other )?(?:people|[a-z]{3,}s)\b")
#: The limit is Zoom's and never small; what "counts" is no count.
NONE_SUCH = {"{count} of {limit} characters", "Only the time from %(opens)s to %(closes)s counts."}


def test_whatever_is_counted_has_the_forms_of_each_language():
    assert COUNTED.search("%(count)d dates filled in") and COUNTED.search("only {n} people")  # noqa: PT018
    assert not COUNTED.search("Dates filled in: {count}.")
    without = {text for _context, text, plural in the_tool().collected() if not plural and COUNTED.search(text)}
    assert without == NONE_SUCH


# -- a language that does not exist ---------------------------------------------------------------------------------


def test_what_escapes_is_found():
    assert escaped(["Send now"]) == "Send now"
    assert escaped([pseudo("%(count)d minutes of <b>{x}</b>") + " Minutes"])
    assert not escaped([pseudo("Say %(x)s or {y} &amp; <b>go</b>"), "author@example.edu · Cell biology", "UTC+2"])
    assert Words('<p title="Title">Some <b>text</b></p><script>no</script><input placeholder="here">').said == [
        "Title", "Some ", "text", "here"
    ]  # fmt: skip


# -- before anything is rendered: also what only a rare page says ---------------------------------------------------

ASKING = {"_", "N_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "npgettext", "pgettext"}
LOGGING = {"debug", "info", "warning", "error", "exception", "compile"}
#: The only sentences in code that are no catalog's: of a request that no page makes; the name that a new component is
#: stored under, as Studio stores all such names; the names of calendars.
ALONE = {"Method must be POST", "Zoom session", "Google Calendar"}


def alone(source: str) -> set[str]:
    """Sentences in Python code that are not given to gettext, and are no docstring, log line or exception's text."""
    tree = ast.parse(source)
    known: set[int] = set()
    for node in ast.walk(tree):
        name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if name in ASKING | LOGGING or is_text or isinstance(node, ast.Raise):
            known |= {id(one) for one in ast.walk(node)}
    texts = [one for one in ast.walk(tree) if isinstance(one, ast.Constant) and id(one) not in known]
    return {
        one.value for one in texts if isinstance(one.value, str) and re.search(r"[A-Za-z]{2} [A-Za-z]{2}", one.value)
    }


def test_no_sentence_stands_alone_in_code():
    assert alone('"""Doc string."""\nx = _("Said so") + "Not said"\nlog.info("in a log")') == {"Not said"}
    rooms = [ROOT / "zoom_xblock" / room for room in ("screens", "views", "block_parts")]
    assert set().union(*(alone(path.read_text()) for room in rooms for path in room.rglob("*.py"))) == ALONE


TAGS = re.compile(
    r"\{%\s*comment.*?endcomment\s*%\}|\{%\s*blocktrans.*?endblocktrans\w*\s*%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}",
    re.DOTALL,
)


def test_no_sentence_stands_alone_in_a_template():
    assert escaped(Words(TAGS.sub("", '<p title="Some title">{% translate "x" %} Some text</p>')).said)
    for path in (ROOT / "zoom_xblock" / "templates").rglob("*.html"):
        # The only block of a template that is no text but a class.
        assert escaped(Words(TAGS.sub("", path.read_text())).said, "zoom-connection-page") == "", path.name


def test_no_sentence_stands_in_a_script():
    for path in (ROOT / "zoom_xblock").rglob("*.js"):
        code = re.sub(r"/\*.*?\*/|^\s*//.*$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
        for text in re.findall(r'"([^"\n]*)"|`([^`]*)`', code):
            assert not re.match(r"[A-Z][a-z]+ [a-z]+", "".join(text)), (path.name, text)


# -- its pages ------------------------------------------------------------------------------------------------------

LEARNERS = {
    "unplaced": {"phase": "unplaced", "starts_at": None},
    "gone": {"phase": "gone"},
    "scheduled": {},
    "closed": {"is_open": False, "opens_at": STARTS_AT, "registration": "registered", "zoom_number": "81234567890"},
    "requested": {"registration": "requested"},
    "pending": {"registration": "pending"},
    "denied": {"registration": "denied"},
    "failed": {"registration": "failed", "registration_error": "at_capacity", "may_ask_again": True},
    "live": {"phase": "live", "registration": "registered", "certainty": "provisional", "attended_seconds": 600},
    "ended": {"phase": "ended", "registration": "registered"},
    "short": {"phase": "ended", "registration": "registered", "certainty": "final", "attended_seconds": 600},
    "complete": {
        "phase": "ended", "registration": "registered", "certainty": "final", "attended_seconds": 3000,
        "is_complete": True, "is_present": True,
    },
    "excused": {"phase": "ended", "certainty": "final", "verdict": "excused", "is_complete": True},
    "absent": {"phase": "ended", "certainty": "final", "verdict": "absent"},
    "without record": {"phase": "ended", "is_without_record": True},
    "series": {
        "registration": "registered",
        "dates": tuple(
            DateShown(str(number), STARTS_AT + timedelta(weeks=number), 60, standing)
            for number, standing in enumerate(("over", "now", "next", "later", "removed"))
        ),
    },
    "by phone": {"registration": "registered", "dial_in": ({"country": "Spain", "city": "", "number": "+34 9"},)},
}  # fmt: skip


def test_a_word_that_escaped_is_seen_on_a_page(nowhere, monkeypatch):
    monkeypatch.setattr(page, "kind_name", lambda kind: "Gathering")
    shown = learner.page(learner_facts(), "learner")
    with pytest.raises(AssertionError, match="Gathering"):
        speaks(page.render("zoom_xblock/block/student.html", {**shown, "block_id": "abc"}))


@pytest.mark.parametrize("viewer", ["learner", "staff", "visitor"])
@pytest.mark.parametrize(("kind", "policy"), [("meeting", Policy()), ("webinar", Policy(completion="joining"))])
def test_the_learners_page(nowhere, viewer, kind, policy):
    for case in LEARNERS.values():
        known = learner_facts(**case, kind=kind, policy=policy)
        shown = learner.page(known, viewer, reader_zone="America/New_York")
        speaks(page.render("zoom_xblock/block/student.html", {**shown, "block_id": "abc"}), "New York", "Spain")
        assert escaped(words_of_json(learner.init_args(shown)), "New York") == ""


@pytest.mark.parametrize("completion", ["none", "joining", "percent", "minutes"])
@pytest.mark.parametrize("counted", ["sitting", "planned"])
def test_the_authors_pages(nowhere, completion, counted):
    draft = wishes(completion=completion, counted=counted, has_score=True)
    for known in (author_facts(), author_facts(meeting=meeting(), registered=3), author_facts(connection_state="new")):
        shown = author.page(known, draft)
        speaks(page.render("zoom_xblock/block/author.html", {**shown, "block_id": "abc"}))
        assert escaped(words_of_json(author.init_args(shown))) == ""
        for is_new in (True, False):
            shown = editor.page(known, draft, is_new=is_new, hosts=())
            html = page.render("zoom_xblock/block/editor.html", {**shown, "block_id": "abc"})
            speaks(html)
            assert escaped(words_of_json(editor.init_args(shown))) == ""


@pytest.mark.django_db
def test_the_block_as_each_page_shows_it(nowhere, site, block_row, rf, jobs):
    room = make_classroom(block_row.key, learners=6, registered=4)
    room.was_there(room.users[5], 0, 30, registrant_id="", name="Guest", connection="9")
    room.is_counted()
    request = rf.get("/")
    request.user = site.author
    request.session = {}
    for runtime, view in (
        (LmsRuntime, "student_view"),
        (PreviewRuntime, "author_view"),
        (StudioRuntime, "studio_view"),
    ):
        block = runtime(request, site.course_key).bind(block_row)
        fragment = block.render(view, {})
        speaks(fragment.body_html())
        assert escaped(words_of_json(fragment.json_init_args)) == "", view
    client = Client()
    client.force_login(site.author)
    names = ["Guest", *names_of_everybody()]
    prefix = f"/courses/{site.course_key}/xblock/{block_row.key}/handler/"
    for handler, data in {
        "roster": {},
        "picture": {},
        "worklist": {},
        "state": {},
        "recount": {},
        "decide": {"user_ids": [room.users[0].pk], "verdict": "present", "reason": ""},
    }.items():
        answer = client.post(prefix + handler, json.dumps(data), content_type="application/json")
        assert answer.status_code == 200, handler
        assert escaped(words_of_json(answer.json()), *names) == "", handler
    studio = f"/studio/xblock/{block_row.key}/handler/check_session"
    answer = client.post(studio, json.dumps({"kind": "x", "duration_minutes": "x"}), content_type="application/json")
    assert escaped(words_of_json(answer.json())) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{}, CREDENTIALS, GRANT], ids=["fresh", "configured", "connected"])
def test_the_connection_page(nowhere, values, rf, site):
    from django.template.loader import render_to_string

    request = rf.get("/admin/config/services/zoom")
    request.user = site.admin
    shown = connection.page(facts(**values), ADDRESSES)
    html = render_to_string("zoom_xblock/admin/connection.html", shown, request=request)
    speaks(html, below="content-main")


@pytest.mark.django_db
@pytest.mark.parametrize("part", ["", "/hosts", "/deliveries"])
def test_the_connection_page_and_its_parts_over_http(nowhere, site, part):
    host("ada@example.edu", has_webinar=True)
    for state in Delivery.State.values:
        delivery(state=state, error="refused" if state == "failed" else "")
    client = Client()
    client.force_login(site.admin)
    answer = client.get("/admin/config/services/zoom" + part)
    assert answer.status_code == 200
    speaks(answer.content.decode(), below="content-main")


@pytest.mark.django_db
def test_the_pages_of_a_course(nowhere, site, rf):
    session = placed(make_block(site.course_key, "one"), 1)
    make_block(site.course_key, "two", display_name="Algebra II", starts_at=None)
    stood(session, site.learner1, 600)
    client = Client()
    client.force_login(site.author)
    names = names_of_everybody()
    for address in (f"/zoom/courses/{site.course_key}/", f"/studio/zoom/courses/{site.course_key}/"):
        answer = client.get(address)
        assert answer.status_code == 200
        speaks(answer.content.decode(), *names)


@pytest.mark.django_db
def test_refusals(nowhere, site, block_row):
    speaks(page.render("zoom_xblock/refused.html", {"sentence": troubles.for_learner("gone"), "back": "/x"}))
    client = Client()
    client.force_login(site.learner1)
    speaks(client.get(f"/zoom/join/{block_row.key}").content.decode())
    speaks(client.get(f"/zoom/courses/{site.course_key}/").content.decode())


def test_what_an_author_typed_runs_in_its_own_direction():
    shown = learner.page(learner_facts(shows={"description": "Bring questions."}), "learner")
    learners = page.render("zoom_xblock/block/student.html", {**shown, "block_id": "abc"})
    shown = author.page(author_facts(), wishes(description="Bring questions."))
    authors = page.render("zoom_xblock/block/author.html", {**shown, "block_id": "abc"})
    for html in (learners, authors):
        assert re.search(r'<div class="zoom-xblock__description" dir="auto"><p>Bring questions', html)
