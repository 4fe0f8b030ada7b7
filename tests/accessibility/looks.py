"""What is looked at in a page: axe's rules, what a narrow or enlarged window does to it, and what moves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.accessibility.inside import DESKTOP, NARROW, ZOOMED, Inside
from tests.axe import COLOURS, OF_THE_SITE, RULES

#: WCAG 2.5.8: a target is 24 px wide and high, or has so much room around it.
TARGETS = ["target-size"]

RUN = """
async ([where, kind, values, without]) => {
  const rules = Object.fromEntries(without.map((name) => [name, {enabled: false}]));
  const found = await axe.run({include: where}, {runOnly: {type: kind, values}, rules, resultTypes: ["violations"]});
  const place = (node) => [...node.target, ...node.any.filter((one) => one.data && one.data.fgColor)
    .map(({data}) => `(${data.fgColor} on ${data.bgColor})`)].join(" ");
  return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map(place).join(", ")}`);
}
"""

#: What sticks out of the window, or is cut off by what is around it. A table may scroll in a place of its own, and text
#: for the screen reader alone is hidden on purpose.
STICKS_OUT = """
(where) => {
  const said = [], wide = document.scrollingElement.scrollWidth - innerWidth;
  if (wide > 0) said.push(`the page scrolls sideways by ${wide} px`);
  const name = (node) => node.tagName.toLowerCase() + "." + String(node.getAttribute("class") || "").split(" ")[0];
  const scrolls = (node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowX);
  const heard = (node) => getComputedStyle(node).clipPath === "inset(50%)";
  for (const part of document.querySelectorAll(where)) {
    const walk = (node) => {
      const style = getComputedStyle(node);
      if (!node.checkVisibility({visibilityProperty: true}) || heard(node) || node.closest("svg") !== null) return;
      const box = node.getBoundingClientRect();
      if (box.width && (box.right > innerWidth + 1 || box.left < -1)) said.push(`${name(node)} sticks out`);
      const typed = node.matches("input, textarea, select"), short = style.textOverflow === "ellipsis";
      const cuts = ["hidden", "clip"].includes(style.overflowX) && !short && !typed;
      if (cuts && node.scrollWidth > node.clientWidth + 1) said.push(`${name(node)} cuts off what is in it`);
      if (!scrolls(node)) for (const child of node.children) walk(child);
    };
    walk(part);
  }
  return said.slice(0, 5);
}
"""

#: What goes on moving although the reader asked for none.
MOVES = """
() => document.getAnimations().filter((one) => one.playState === "running")
  .map((one) => `${one.animationName || one.transitionProperty || "script"} on ${one.effect.target.className}`)
  .concat([...document.querySelectorAll("*")].filter((node) => getComputedStyle(node).scrollBehavior === "smooth")
    .map((node) => `smooth scrolling of ${node.tagName}`))
"""


#: The page's theme, a frame drawn with it, and no colour on its way to another (links of Django's admin take a while).
#: What axe asks for first, the fill of letters, is not told as forced colours have it (Chromium draws it so), but
#: `color` is: axe is made to ask for that.
SETTLES = """
async ([dark, forced]) => {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  const style = CSSStyleDeclaration.prototype;
  window.askedOf ??= style.getPropertyValue;
  style.getPropertyValue = function (name) {
    return forced && name === "-webkit-text-fill-color" ? "" : window.askedOf.call(this, name);
  };
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  document.getAnimations().filter((one) => one.transitionProperty).forEach((one) => one.finish());
}
"""


@dataclass
class Looker:
    """Looks at one page in the modes; `checks` counts what was looked at, by kind."""

    inside: Inside
    part: str = "html"
    checks: Counter[str] = field(default_factory=Counter)

    def everything(self, direction: str, *, with_colours: bool = True) -> list[str]:
        """
        At 320 px, in one pass: names, roles, relations, landmarks, headings, the size of targets, and the contrast of
        text (a direction changes none).
        """
        self.inside.window(NARROW)
        self.checks[f"targets 320 px {direction}"] += 1
        self.checks["colours light"] += with_colours
        without = [*([] if with_colours else COLOURS), *([] if self.part == "html" else OF_THE_SITE)]
        return self._axe(f"structure {direction}", "tag", RULES, without) + self._reflow(f"320 px {direction}")

    def enlarged(self, direction: str) -> list[str]:
        """A window of 1280 px at 200 %: what fits, and whether targets can be hit."""
        self.inside.window(ZOOMED)
        found = self._reflow(f"200 % {direction}") + self._axe(f"targets 200 % {direction}", "rule", TARGETS)
        self.inside.window(DESKTOP)
        return found

    def _reflow(self, kind: str) -> list[str]:
        self.checks[f"reflow {kind}"] += 1
        return [f"reflow {kind}: {one}" for one in self.inside.page.evaluate(STICKS_OUT, self.part)]

    def colours(self, mode: str) -> list[str]:
        """The contrast of every text in the dark, or with the reader's own colours."""
        self.theme(mode)
        try:
            return self._axe(f"colours {mode}", "rule", COLOURS)
        finally:
            self.theme("light")

    def theme(self, mode: str) -> None:
        """Light, dark, or forced colours (on black, as most who want them choose)."""
        dark = mode != "light"
        self.inside.page.emulate_media(
            color_scheme="dark" if dark else "light", forced_colors="active" if mode == "forced" else "none"
        )
        # The parts of a unit follow the page around them, which says so.
        self.inside.page.evaluate(SETTLES, [mode == "dark", mode == "forced"])

    def motion(self) -> list[str]:
        """Nothing moves for who asked for no motion."""
        self.checks["reduced motion"] += 1
        self.inside.page.emulate_media(reduced_motion="reduce")
        said = self.inside.page.evaluate(MOVES)
        self.inside.page.emulate_media(reduced_motion="no-preference")
        return [f"reduced motion: {one}" for one in said]

    def _axe(self, kind: str, by: str, rules: list[str], without: Any = ()) -> list[str]:
        self.checks[kind] += 1
        page = self.inside.page
        found = page.evaluate(RUN, [[self.part], by, rules, list(without)])
        return [f"{kind}: {one}" for one in found]
