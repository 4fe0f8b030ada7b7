"""
What may come in through a handler: a JSON object of sane size and depth, with text that a database keeps.

XBlock's own `json_handler` passes on any JSON, and fails on what is nested too deeply.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from webob import Request, Response
from xblock.core import XBlock
from xblock.exceptions import JsonHandlerError

#: The largest of our own requests, a decision about 50,000 learners, is smaller.
MOST_BYTES = 1024 * 1024
MOST_DEPTH = 12


def json_handler(function: Callable[..., Any]) -> Callable[..., Response]:
    """
    As `XBlock.json_handler`: the function gets the request's JSON and the suffix, its answer goes out as JSON, and
    `JsonHandlerError` as its status. What is no JSON object within the limits is answered 400, other methods 405.
    """
    return _handler(function, checks_text=True)


def form_handler(function: Callable[..., Any]) -> Callable[..., Response]:
    """`json_handler` for a form that says itself, at the field, which text cannot be kept."""
    return _handler(function, checks_text=False)


def _handler(function: Callable[..., Any], *, checks_text: bool) -> Callable[..., Response]:

    @XBlock.handler
    @functools.wraps(function)
    def handler(self: Any, request: Request, suffix: str = "") -> Response:
        if request.method != "POST":
            return JsonHandlerError(405, "Method must be POST").get_response(allow=["POST"])
        try:
            answer = function(self, _read(request.body, checks_text), suffix)
        except JsonHandlerError as error:
            return error.get_response()
        if isinstance(answer, Response):
            return answer
        return Response(json.dumps(answer), content_type="application/json", charset="utf8")

    return handler


def _read(raw: bytes, checks_text: bool) -> dict[str, Any]:
    """The object in these bytes; raises JsonHandlerError. An empty body is an empty object."""
    if len(raw) > MOST_BYTES:
        raise JsonHandlerError(413, "Too large")
    try:
        data = json.loads(raw.decode("utf-8")) if raw else {}
    except (ValueError, RecursionError):
        raise JsonHandlerError(400, "Invalid JSON") from None
    if not isinstance(data, dict) or not _is_fit(data, checks_text):
        raise JsonHandlerError(400, "Invalid JSON")
    return data


def _is_fit(value: Any, checks_text: bool, depth: int = 0) -> bool:
    """Not too deep, and no NUL or half of a surrogate pair in any text: no database takes them."""
    if isinstance(value, str):
        return not checks_text or ("\x00" not in value and not any("\ud800" <= mark <= "\udfff" for mark in value))
    if depth > MOST_DEPTH:
        return False
    if isinstance(value, dict):
        return all(_is_fit(key, True) and _is_fit(item, checks_text, depth + 1) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_fit(item, checks_text, depth + 1) for item in value)
    return True
