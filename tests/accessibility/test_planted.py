"""The looks of this room find what they look for: one fault of each kind is planted, and seen."""

from __future__ import annotations

import pytest

from tests.accessibility.looks import Looker
from tests.block.test_learner_in_browser import Stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PART = ".zoom-xblock--student"
PLANT = """
([where, html, css]) => {
  document.querySelector(where).insertAdjacentHTML("beforeend", html);
  document.head.appendChild(document.createElement("style")).textContent = css;
}
"""
FAULTS = {
    "a button without a name": ("<button></button>", "", lambda look: look.everything("ltr"), "button-name"),
    "a field without a label, in Arabic": (
        "<input>", "", lambda look: look.everything("rtl", with_colours=False), "label",
    ),
    "faint text": (
        "<p id=x>faint</p>", "#x { color: #ddd !important; }", lambda look: look.everything("ltr"), "color-contrast",
    ),
    "text that is dark in the dark": (
        "<p id=x>dark</p>", "#x { color: #16202c !important; }", lambda look: look.colours("dark"), "color-contrast",
    ),
    "a colour that is not the reader's": (
        "<p id=x>mine</p>", "#x { forced-color-adjust: none; color: #222 !important; background: #000 !important; }",
        lambda look: look.colours("forced"), "color-contrast",
    ),
    "something wide": (
        "<p id=x>wide</p>", "#x { inline-size: 700px; }", lambda look: look.everything("ltr"), "scrolls sideways",
    ),
    "something cut off": (
        "<div id=x><p>cut off at its side</p></div>",
        "#x { inline-size: 200px; overflow: hidden; } #x p { inline-size: 300px; }",
        lambda look: look.enlarged("rtl"), "cuts off",
    ),
    "small targets side by side": (
        "<button class=x>a</button><button class=x>b</button>",
        ".x { inline-size: 12px !important; block-size: 12px !important; padding: 0; margin: 0; border: 0; }",
        lambda look: look.enlarged("ltr"), "target-size",
    ),
    "what moves all the same": (
        "<p id=x>moves</p>", "@keyframes y { to { opacity: 0.5; } } #x#x { animation: y 1s infinite !important; }",
        lambda look: look.motion(), "y on",
    ),
    "smooth scrolling": ("", "html { scroll-behavior: smooth; }", lambda look: look.motion(), "smooth scrolling"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(it, inside, site, name):
    html, css, looked, found = FAULTS[name]
    stage = Stage(site).session(60).registered()
    page = inside.opens(f"/xblock/{stage.block.key}", user=site.learner1)
    look = Looker(inside, PART)
    assert not [one for one in looked(look) if found in one]
    page.evaluate(PLANT, [PART, html, css])
    assert [one for one in looked(look) if found in one]
