"""OLX that others wrote: any attribute with any text. The block is there, and its pages are."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import yaml
from django.db import DatabaseError
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from xblock.fields import ScopeIds

from demo.site.models import Block
from tests.fuzz.conftest import FUZZ
from tests.fuzz.strategies import JSON, PLAIN_TEXT
from tests.platform.test_walk_findings import Fields
from zoom_xblock.block import ZoomXBlock

pytestmark = pytest.mark.django_db(transaction=True)

#: XML knows no control characters but these.
XML_TEXT = PLAIN_TEXT.map(lambda text: "".join(mark for mark in text if mark in "\t\n\r" or ord(mark) >= 32)).filter(
    lambda text: not any(0xFFFE <= ord(mark) <= 0xFFFF for mark in text)
)
YAML = ["null", "true", "[1, 2]", "{a: b}", "{}", "!!python/object:os.system x", "&a [*a]", "2026-01-05", "1:30", "~"]
YAML += ["0x10", ".inf", "-.inf", ".nan", "1e400", "2026-01-05T09:00:00+00:00", '"quoted"', "- x", "'", "{", "@", "%"]
VALUE = XML_TEXT | st.sampled_from(YAML) | st.integers().map(str)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [*ZoomXBlock.wishes, "url_name", "xblock-family", "start", "due", "visible_to_staff_only", "parent"]
    ),
    VALUE,
    max_size=6,
)


def parsed(key, attributes):
    """The block of an element, as the modulestore makes it."""
    node = etree.Element("zoom")
    for name, value in attributes.items():
        node.set(name, value)
    data = Fields()
    runtime = SimpleNamespace(service=lambda block, name: data)
    runtime.construct_xblock_from_class = lambda cls, keys: cls(runtime, scope_ids=keys)
    return ZoomXBlock.parse_xml(node, runtime, ScopeIds(None, "zoom", key, key))


@FUZZ
@given(attributes=ATTRIBUTES)
def test_a_block_of_any_attributes_opens_everywhere(block_row, site, client, tried, attributes):
    """Import takes it or says why not (ValueError); what it takes is shown to learners and to authors."""
    try:
        block = parsed(block_row.key, attributes)
        stored = {
            name: block.fields[name].to_json(getattr(block, name))
            for name in ZoomXBlock.wishes
            if block.fields[name].is_set_on(block)
        }
    except (ValueError, TypeError, yaml.YAMLError):  # XBlock's own: the import tells its author which block it is
        tried["OLX refused"] += 1
        return
    tried["OLX taken"] += 1
    opens(block_row, site, client, stored)


@FUZZ
@given(stored=st.dictionaries(st.sampled_from(ZoomXBlock.wishes), JSON, max_size=6))
def test_stored_fields_of_any_type_open_everywhere(block_row, site, client, tried, stored):
    """The modulestore keeps what an import, an older version or a script of the site has put there."""
    tried["stored fields"] += 1
    opens(block_row, site, client, {name: value for name, value in stored.items() if _readable(name, value)})


def _readable(name, value):
    """Whether XBlock itself takes it for this field; what it does not, no block can open."""
    try:
        ZoomXBlock.fields[name].from_json(value)
    except Exception:
        return False
    return True


def has_half_characters(value):
    """Whether UTF-8 has no bytes for a text in it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def opens(block_row, site, client, stored):
    """The learner's page, the course team's, Studio's preview and editor."""
    try:
        json.dumps(stored, allow_nan=False)
    except ValueError:  # infinity: the demo's JSON columns do not take it
        return
    try:
        Block.objects.filter(pk=block_row.pk).update(draft=stored, published=stored)
    except DatabaseError:  # half a character, on MariaDB: the demo's columns; the platform's store is none of these
        assert has_half_characters(stored)
        return
    client.raise_request_exception = False
    for user, path in (
        (site.learner1, f"/xblock/{block_row.key}"),
        (site.author, f"/xblock/{block_row.key}"),
        (site.author, "/studio/"),
        (site.author, f"/studio/xblock/{block_row.key}/edit"),
    ):
        client.force_login(user)
        answer = client.get(path)
        assert answer.status_code == 200, f"{path} for {stored}: {answer.status_code}"
