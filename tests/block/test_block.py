"""The class as the platform reads it: unbound, in workers, in exports."""

from __future__ import annotations

import io

import pytest
from xblock.completable import CompletableXBlockMixin
from xblock.core import XBlock
from xblock.fields import Scope

from zoom_xblock.block import ZoomXBlock

#: Names that the platform mixes into every block of a course (xmodule/modulestore/inheritance.py and friends).
TAKEN = {
    "start", "due", "end", "graded", "graceperiod", "format", "group_access", "visible_to_staff_only", "giturl",
    "rerandomize", "showanswer", "max_attempts", "self_paced", "xqa_key", "days_early_for_beta", "relative_weeks_due",
    "hide_from_toc", "user_partitions", "chrome", "default_tab", "source_file", "copied_from_block", "upstream",
}  # fmt: skip


def test_the_entry_point_names_this_class():
    assert XBlock.load_class("zoom") is ZoomXBlock
    assert ZoomXBlock.__module__ == "zoom_xblock.block"


def test_completion_is_ours_to_give():
    assert issubclass(ZoomXBlock, CompletableXBlockMixin)
    assert ZoomXBlock.has_custom_completion


def test_no_field_takes_a_name_of_the_platforms():
    own = {name for name, field in ZoomXBlock.fields.items() if field.scope in (Scope.settings, Scope.content)}
    assert own & TAKEN == set()


def test_every_wish_is_a_field_and_every_own_field_a_wish():
    own = {name for name, field in ZoomXBlock.fields.items() if field.scope == Scope.settings} - {"tags", "name"}
    assert set(ZoomXBlock.wishes) == own


def test_fields_are_the_authors_wishes_only_so_nothing_else_can_be_exported():
    scopes = {field.scope for name, field in ZoomXBlock.fields.items() if name in ZoomXBlock.wishes}
    assert scopes == {Scope.settings}


@pytest.mark.parametrize("uri", ["public/../../conf.py", "templates/zoom_xblock/refused.html", "conf.py", "public/./x"])
def test_only_public_files_are_served(uri):
    with pytest.raises(Exception, match=r"allowed|Only"):
        ZoomXBlock.open_local_resource(uri)


@pytest.mark.parametrize("name", ["zoom.css", "student.js", "editor.js"])
def test_public_files_are_found(name):
    with ZoomXBlock.open_local_resource(f"public/{name}") as file:
        assert len(file.read()) > 1000


@pytest.mark.django_db
def test_it_survives_export_and_import(block_row, site, rf):
    from lxml import etree

    from demo.site.runtime import StudioRuntime

    request = rf.get("/studio/")
    request.user = site.author
    block = StudioRuntime(request, site.course_key).bind(block_row)
    node = etree.Element("zoom")
    block.add_xml_to_node(node)
    text = etree.tostring(node).decode()
    assert 'display_name="Algebra live"' in text
    assert 'required_minutes="45"' in text
    assert node.tag == "zoom"
    again = etree.parse(io.StringIO(text)).getroot()
    fresh = StudioRuntime(request, site.course_key).bind(block_row)
    for name in fresh.wishes:
        if name in again.attrib:
            field = fresh.fields[name]
            assert field.from_string(again.attrib[name]) == getattr(block, name)
