"""
How every API call is made: path, token, one renewal on 401, pages. The endpoints themselves are in the modules by
subject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from zoom_xblock.client.addresses import api_base
from zoom_xblock.client.answers import Family, expect, token_refused
from zoom_xblock.client.errors import Garbled, PageLapsed
from zoom_xblock.client.http import Label, TokenSource, Transport
from zoom_xblock.client.results import Kind

API_URL = "https://api.zoom.us/v2"
PAGE_SIZE = 300
RESTARTS = 2
MOST_PAGES = 10_000

PATHS: dict[Kind, str] = {"meeting": "meetings", "webinar": "webinars"}

Row = TypeVar("Row", bound=Hashable)


def encode_uuid(uuid: str) -> str:
    """A sitting's uuid as one path segment: encoded twice where it holds a slash, once where not."""
    once = quote(uuid, safe="")
    return quote(once, safe="") if "/" in uuid else once


class Calls:
    """Holds the transport, the tokens and the base; every subject's calls build on `_call` and `_pages`."""

    def __init__(self, transport: Transport, tokens: TokenSource, base_url: str = API_URL) -> None:
        self._transport = transport
        self._tokens = tokens
        self._base = api_base(base_url)

    def _call(
        self,
        method: str,
        template: str,
        *,
        segments: Mapping[str, str | int] | None = None,
        uuid: str | None = None,
        family: Family = "live",
        label: Label = "light",
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> dict[str, Any]:
        """
        Make one call and return its body. `template` is the path with names in braces, filled from `segments` (encoded
        here) and `uuid`; it is also what the log shows. `key`: what a good body holds, None where the endpoint promises
        no body.

        A 401 renews the token once and repeats the call once, which is safe for any method: Zoom did not act. Then it
        is `Disconnected`.
        """
        parts = {name: _segment(value) for name, value in (segments or {}).items()}
        if uuid is not None:
            parts["uuid"] = encode_uuid(_nonblank(uuid))
        url = self._base + template.format(**parts)
        token = self._tokens.current()
        for renewed in (False, True):
            answer = self._transport.send(
                method, url, template=template, label=label, params=params, json=json, token=token
            )
            if renewed or not token_refused(answer):
                break
            token = self._tokens.renew(token)
        return expect(answer, key, family)

    def _pages(
        self,
        template: str,
        rows_key: str,
        read: Callable[[object], Row],
        *,
        segments: Mapping[str, str | int] | None = None,
        uuid: str | None = None,
        family: Family = "live",
        label: Label = "medium",
        params: Mapping[str, str] | None = None,
        page_size: int = PAGE_SIZE,
    ) -> Iterator[list[Row]]:
        """
        Yield a list's rows page by page, each row once. A page token lives 15 minutes; when it lapses, reading starts
        again from page one, at most twice, and rows already yielded are left out (as often as they were yielded: two
        equal rows stay two). They are remembered by their hash alone, so that a list of any length is held a page at a
        time.
        """
        yielded: Counter[int] = Counter()
        for restart in range(RESTARTS + 1):
            before = yielded.copy()
            page_token, number, seen = "", 1, set[str]()
            while True:
                asked = {**(params or {}), "page_size": str(page_size)}
                if page_token:
                    asked["next_page_token"] = page_token
                elif number > 1:
                    asked["page_number"] = str(number)
                try:
                    body = self._call(
                        "GET",
                        template,
                        segments=segments,
                        uuid=uuid,
                        family=family,
                        label=label,
                        params=asked,
                        key=rows_key,
                    )
                except PageLapsed:
                    if restart == RESTARTS or not page_token:
                        raise
                    break
                rows = _new_rows(body, rows_key, read, before)
                yielded.update(map(hash, rows))
                if rows:
                    yield rows
                page_token, number = _next(body, number)
                if not page_token and number == 0:
                    return
                if page_token in seen or len(seen) > MOST_PAGES or number > MOST_PAGES:
                    raise Garbled("the pages of a list never end")
                if page_token:
                    seen.add(page_token)


def _new_rows(body: dict[str, Any], key: str, read: Callable[[object], Row], before: Counter[int]) -> list[Row]:
    listed = body[key]
    if not isinstance(listed, list):
        raise Garbled(f"{key} is no list")
    rows = []
    for item in listed:
        row = read(item)
        if before and before[hash(row)] > 0:
            before[hash(row)] -= 1
        else:
            rows.append(row)
    return rows


def _next(body: dict[str, Any], number: int) -> tuple[str, int]:
    """
    The next page's token, or its number on the one list that has no tokens (webinars); ("", 0) after the last.
    """
    if "next_page_token" in body:
        token = body["next_page_token"]
        if token is None:
            token = ""
        if not isinstance(token, str):
            raise Garbled("next_page_token is no text")
        return token, number if token else 0
    count = body.get("page_count")
    more = isinstance(count, int) and not isinstance(count, bool) and number < count
    return "", number + 1 if more else 0


def _segment(value: str | int) -> str:
    return quote(_nonblank(str(value)), safe="")


def _nonblank(value: str) -> str:
    """A blank or a dot segment would make the path that of another endpoint."""
    if not value or value in (".", ".."):
        raise ValueError("an id is missing")
    return value
