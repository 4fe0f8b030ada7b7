"""What axe-core finds in a page: the rules of WCAG 2.2 A and AA, and its own best practices."""

from __future__ import annotations

from importlib import resources
from typing import Any

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


#: What a theme changes and nothing else does.
COLOURS = ["color-contrast"]
#: A page of ours alone answers for its frame, too. A part of a unit does not: these are the site's.
OF_THE_SITE = (
    "region",
    "page-has-heading-one",
    "landmark-one-main",
    "heading-order",
    "document-title",
    "html-has-lang",
)


def problems(
    page: Any, where: str | dict[str, list[str]], *, rules: list[str] = RULES, without: tuple[str, ...] = ()
) -> list[tuple[str, list[Any]]]:
    """
    (rule, first places) of each violation in a part of a Playwright page; an empty list is what one wants.

    `where` is a selector, or axe's own `{"include": [...], "exclude": [...]}`. `without`: rules that are about the page
    around.
    """
    # Evaluated, not a script element: a page's policy would refuse it.
    page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(
        "([where, rules]) => axe.run(where, {runOnly: rules})",
        [where, rules],
    )
    return [
        (one["id"], [node["target"] for node in one["nodes"]][:5])
        for one in found["violations"]
        if one["id"] not in without
    ]
