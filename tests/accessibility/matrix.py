"""
How a screen in one of its states is looked at, from left to right in English and from right to left in Arabic.

Not the whole product of all modes, where that says nothing new: the rules of names, roles and structure for each state
and direction; those of colours for each state in light, dark and forced colours; what a window of 320 px and one at
200 % does for each state and direction; what moves for each state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from tests.accessibility.inside import Inside
from tests.accessibility.looks import Looker
from tests.accessibility.states import Shown, State


@contextmanager
def undone() -> Iterator[None]:
    """What is done on a page in one language is undone before it is done in the other."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def faults(state: State, it: Any, inside: Inside, record: Callable[[str, Any], None]) -> list[str]:
    """Whatever is wrong with it; an empty list is what one wants. What was looked at is recorded for the table."""
    shown = state.make(it)
    look, found = Looker(inside, shown.part), []
    with undone():
        _bring_about(it, inside, shown, "en")
        found += look.everything("ltr") + look.enlarged("ltr")
        found += look.colours("dark") + look.colours("forced") + look.motion() + inside.complaints
    with undone():
        _bring_about(it, inside, shown, "ar")
        found += look.everything("rtl", with_colours=False) + look.enlarged("rtl") + inside.complaints
    for name, value in (("screen", state.screen), ("state", state.name), ("checks", dict(look.checks))):
        record(name, value)
    return found


def _bring_about(it: Any, inside: Inside, shown: Shown, language: str) -> None:
    user = getattr(it.site, shown.who)
    page = inside.opens(shown.address, user=user, language=language, broken=shown.broken)
    page.locator(shown.part).first.wait_for()
    if shown.act:
        shown.act(page)
