"""
The screens and the states that each can be in, made of the factories that the rooms' own tests have.

A state is a function that sets up the rows and says where to look: it gets the fixtures of the test by their names.
What somebody does on the page to bring it into its state is told by attributes, as the words are in two languages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenverordnungsänderungsbesprechung"


@dataclass
class Shown:
    """Where a state is seen, by whom; what is done on the page then; and which part of it is ours."""

    address: str
    who: str
    part: str
    act: Callable[[Any], None] | None = None
    #: What fails from the beginning: part of an address to the status that answers it.
    broken: dict[str, int] = field(default_factory=dict)


@dataclass
class State:
    """One of a screen's states."""

    screen: str
    name: str
    make: Callable[[Any], Shown]

    def __str__(self) -> str:
        return f"{self.screen}: {self.name}"


def state(states: list[State], screen: str, name: str) -> Callable[[Callable[[Any], Shown]], Callable[[Any], Shown]]:
    """Put a function into a list."""

    def put(make: Callable[[Any], Shown]) -> Callable[[Any], Shown]:
        states.append(State(screen, name, make))
        return make

    return put


def unfolded(page: Any) -> None:
    """Whatever can be unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
