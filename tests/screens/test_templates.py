"""What each template keeps to, whatever it shows: escaping, ids of its own, and nothing that a strict page forbids."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from tests.screens.factories import author_facts, learner_facts, meeting, planned, wishes
from tests.screens.test_connection import ADDRESSES, CREDENTIALS, GRANT, facts
from zoom_xblock.screens import author, connection, editor, editor_fields, learner
from zoom_xblock.screens.page import render

PACKAGE = Path(__file__).parents[2] / "zoom_xblock"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The elements of a page, as (tag, attributes)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def values(self, name: str) -> list[str]:
        return [attributes[name] or "" for _tag, attributes in self.elements if name in attributes]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def student(viewer: str = "learner", topic: str = "Cell biology", description: str = "", **values: object) -> str:
    values.setdefault("planned", planned(topic=topic, description=description))
    shown = learner.page(learner_facts(topic=topic, **values), viewer)
    return render("zoom_xblock/block/student.html", {**shown, "block_id": "abc"})


def preview(draft: dict | None = None, **values: object) -> str:
    shown = author.page(author_facts(**values), draft or wishes())
    return render("zoom_xblock/block/author.html", {**shown, "block_id": "abc"})


def form(draft: dict | None = None, *, is_new: bool = False, hosts: object = (), **values: object) -> str:
    shown = editor.page(author_facts(**values), draft or wishes(), is_new=is_new, hosts=hosts)
    return render("zoom_xblock/block/editor.html", {**shown, "block_id": "abc"})


def settings(**values: object) -> str:
    request = RequestFactory().get("/admin/config/services/zoom")
    request.user = AnonymousUser()
    from django.template.loader import render_to_string

    shown = connection.page(facts(**values), ADDRESSES)
    return render_to_string("zoom_xblock/admin/connection.html", shown, request=request)


BLOCKS = {
    "learner": student(registration="registered", phase="live", certainty="provisional", attended_seconds=600),
    "learner, unplaced": student(phase="unplaced", starts_at=None),
    "staff": student("staff"),
    "visitor": student("visitor"),
    "hostile learner": student(topic=HOSTILE, description=HOSTILE),
    "preview": preview(meeting=meeting(), registered=3),
    "preview, empty": preview(wishes(starts_at=None)),
    "hostile preview": preview(
        wishes(display_name=HOSTILE, description=HOSTILE), meeting=meeting(host_email=HOSTILE, time_zone=HOSTILE)
    ),
    "editor": form(meeting=meeting()),
    "editor, new": form(wishes(starts_at=None), is_new=True, connection_state="new"),
    "hostile editor": form(
        wishes(display_name=HOSTILE, description=f"</textarea>{HOSTILE}", time_zone=HOSTILE), default_host=HOSTILE
    ),
    "outside": render("zoom_xblock/block/outside.html", {"block_id": "abc"}),
}


@pytest.fixture(params=BLOCKS.values(), ids=BLOCKS.keys())
def block(request):
    return Page(request.param)


def test_what_people_typed_is_text_never_markup(block):
    assert not block.all("script")
    assert not block.all("img")


def test_a_strict_content_policy_has_nothing_to_refuse(block):
    assert not block.values("style")
    assert not [name for _tag, attributes in block.elements for name in attributes if name.startswith("on")]


def test_ids_are_single_and_carry_the_blocks_own(block):
    ids = block.values("id")
    assert len(ids) == len(set(ids))
    assert all(value.startswith("zoom-abc") for value in ids)


def test_every_id_that_is_referred_to_is_there(block):
    ids = set(block.values("id"))
    for name in ("for", "aria-labelledby", "aria-describedby", "list"):
        for value in block.values(name):
            assert set(value.split()) <= ids, name


def test_links_leave_the_frame_that_the_block_may_stand_in(block):
    for link in block.all("a"):
        assert link["target"] == "_blank"
        assert link["rel"] == "noopener noreferrer"
        assert "href" in link


HOSTS = [
    SimpleNamespace(email=f"{number}@example.edu", name="", is_default=not number, has_webinar=None)
    for number in range(9)
]


@pytest.mark.parametrize("name", ["student", "author", "editor"])
def test_every_place_that_the_scripts_write_to_is_there_from_the_start(name):
    public = PACKAGE / "assets" / "public"
    pages = {
        "student": [BLOCKS["visitor"]],
        "author": [BLOCKS["preview"]],
        # What a script finds missing in one form (a search, a link to undo) it leaves alone; each is in one of them.
        "editor": [form(wishes(starts_at=None), is_new=True, hosts=HOSTS), form(meeting=meeting(), is_link=True)],
    }[name]
    scripts = "".join(path.read_text() for path in public.glob(f"{name}*.js"))
    places = set(re.findall(r"\bat\.(\w+)", scripts)) | set(re.findall(r'\bat\["([\w-]+)"\]', scripts))
    assert len(places) > 3
    assert places <= {place for page in pages for place in Page(page).values("data-zoom")}, name


@pytest.mark.parametrize("which", ["editor", "editor, new"])
def test_the_editor_gives_every_field_a_control_and_every_error_a_place(which):
    page = Page(BLOCKS[which])
    controls, places = set(page.values("data-control")), set(page.values("data-zoom"))
    for one in editor_fields.FIELDS:
        assert one.name in controls or one.name == "host_email"  # fixed, or nobody to choose
        if one.name != "start_fold":
            assert f"error-{editor_fields.PLACE_OF.get(one.name, one.name)}" in places
    assert {"error-recurrence", "error-date"} <= places


def test_studio_leaves_the_buttons_to_the_editor():
    classes = " ".join(Page(BLOCKS["editor"]).values("class")).split()
    assert "editor-with-buttons" in classes
    assert "action-save" not in classes  # Studio would try to save fields by itself


def test_a_learner_page_works_before_its_script_does():
    join, start = Page(BLOCKS["learner"]).all("a")[:2]
    assert join["href"].startswith("/zoom/join/")
    assert "hidden" not in join
    assert "hidden" in start


@pytest.mark.parametrize("values", [{}, CREDENTIALS, GRANT], ids=["fresh", "configured", "connected"])
def test_the_settings_form_can_send_no_secret_as_a_form(values):
    page = Page(settings(**values))
    named = [field.get("name") for field in page.all("input") if field.get("name")]
    assert set(named) <= {"csrfmiddlewaretoken", "zoom-app-kind", "knowingly"}
    secrets = [field for field in page.all("input") if field.get("type") == "password"]
    assert len(secrets) == 2
    assert all(field["autocomplete"] == "new-password" and "value" not in field for field in secrets)
    posts = [form["action"] for form in page.all("form") if form.get("method") == "post"]
    assert posts.count("/zoom/oauth/start") == 1


@pytest.mark.parametrize(("values", "is_ready"), [({}, False), (CREDENTIALS, True), (GRANT, True)])
def test_the_blue_button_waits_for_the_credentials(values, is_ready):
    (button,) = [found for found in Page(settings(**values)).all("button") if found.get("class") == "zoom-add"]
    assert ("disabled" not in button) == is_ready


def test_no_secret_is_in_the_connection_page():
    assert "hush" not in settings(**GRANT)


def test_a_refusal_is_a_page_of_its_own_with_a_way_back():
    html = render("zoom_xblock/refused.html", {"sentence": HOSTILE, "back": "/course/unit"})
    page = Page(html)
    assert html.startswith("<!doctype html>")
    assert not page.all("script")
    assert [link["href"] for link in page.all("a")] == ["/course/unit"]
    assert not Page(render("zoom_xblock/refused.html", {"sentence": "No.", "back": None})).all("a")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.js")), ids=lambda path: path.name)
def test_scripts_build_no_markup_from_text(path):
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\.html\(", path.read_text())


@pytest.mark.parametrize("path", sorted((PACKAGE / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_templates_switch_no_escaping_off(path):
    assert not re.search(r"\|\s*safe|autoescape\s+off|mark_safe", path.read_text())


@pytest.mark.parametrize("path", sorted((PACKAGE / "assets" / "public").glob("*.css")), ids=lambda path: path.name)
def test_every_rule_of_the_blocks_style_is_the_blocks_own(path):
    style = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    style = re.sub(r"@keyframes[^{]+\{(?:[^{}]|\{[^{}]*\})*\}", "", style)
    selectors = re.findall(r"([^{};@]+)\{", re.sub(r"@(?:media|container)[^{]+\{", "", style))
    assert len(selectors) > 20
    for selector in selectors:
        for part in re.sub(r"\([^)]*\)", "", selector).split(","):
            assert ".zoom-xblock:not" in part or part.strip().startswith(".zoom-xblock"), selector
