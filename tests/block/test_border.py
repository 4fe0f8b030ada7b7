"""What a handler is given: a JSON object that is neither too large, nor too deep, nor holds what no database keeps."""

from __future__ import annotations

import pytest
from webob import Request
from xblock.exceptions import JsonHandlerError

from zoom_xblock.block_parts import border


class Block:
    """Anything with a handler."""

    @border.json_handler
    def echo(self, data, suffix=""):
        """What it was given."""
        if data.get("refuse"):
            raise JsonHandlerError(409, "no")
        return {"data": data, "suffix": suffix}


def call(raw, method="POST"):
    return Block().echo(Request.blank("/", method=method, body=raw), "tail")


def test_an_object_goes_through():
    answer = call(b'{"a": ["\xc3\xa9", 1, null]}')
    assert (answer.status_code, answer.json) == (200, {"data": {"a": ["é", 1, None]}, "suffix": "tail"})


def test_an_empty_body_is_an_empty_object():
    assert call(b"").json["data"] == {}


def test_its_own_refusal_goes_out():
    assert call(b'{"refuse": true}').status_code == 409


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_by_post(method):
    answer = call(b"", method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


REFUSED = {
    "deep and cut": b"[" * 100_000,
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "a text": b'"x"',
    "cut": b"{",
    "no UTF-8": b"\xff",
    "NUL": b'{"a": "\\u0000"}',
    "half a pair": b'{"\\ud800": 1}',
    "a number of 5000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "deeper than any of ours": b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_all_else_is_refused(raw):
    assert call(raw).status_code == 400


def test_too_large():
    assert call(b'{"a": "' + b"x" * border.MOST_BYTES + b'"}').status_code == 413


def test_handlers_of_the_block_are_behind_it():
    from zoom_xblock.block import ZoomXBlock

    for name in dir(ZoomXBlock):
        handler = getattr(ZoomXBlock, name, None)
        if getattr(handler, "_is_xblock_handler", False):
            assert handler.__code__.co_filename == border.__file__, name
