"""Somebody who works a page with the keyboard alone, and is told what a screen reader would be told."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

#: What is focused: whether it is ours and can be seen to be focused (a card shows it around its whole label).
FOCUSED = """
() => {
  const node = document.activeElement;
  const seen = (one) => {
    const style = getComputedStyle(one);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  };
  const place = node.closest("label");
  // The last stop in a date is its calendar, which the browser draws, and its ring too; the field says nothing then.
  const isCalendar = node.matches("input[type=date], input[type=time]") && !node.matches(":focus");
  return {
    isBody: node === document.body,
    isOurs: node.closest(".zoom-xblock, .zoom-page, body > main") !== null && !node.closest(".top"),
    isSeen: isCalendar || seen(node) || Boolean(place && seen(place)),
    isThere: node.getClientRects().length > 0,
    html: node.outerHTML.slice(0, 160),
  };
}
"""


class Keys:
    """The keyboard, and the focused element as Chromium's accessibility tree has it."""

    def __init__(self, inside: Any, page: Any) -> None:
        self.page = page
        self._tree = inside.context.new_cdp_session(page)

    def press(self, *keys: str) -> Keys:
        """Keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def type(self, text: str, *, over: bool = True) -> Keys:
        """Text into the focused field, in place of what is in it."""
        if over:
            self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(text)
        return self

    def focused(self) -> dict[str, Any]:
        """Role, name, description and states of what has the focus."""
        node = self._tree.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]
        found = self._tree.send(
            "Accessibility.getPartialAXTree", {"objectId": node["objectId"], "fetchRelatives": False}
        )["nodes"][0]
        states = {one["name"]: one["value"].get("value") for one in found.get("properties", ())}
        told = {name: found.get(name, {}).get("value", "") for name in ("role", "name", "description")}
        return {**told, "states": states}

    def is_at(self, role: str, name: str) -> dict[str, Any]:
        """The focus is, or comes, on this; it can be seen there. What else is told of it."""
        told: dict[str, Any] = {}
        for _attempt in range(60):
            told = self.focused()
            if told["role"] == role and re.search(name, told["name"]):
                self._can_be_seen(told)
                return told
            self.page.wait_for_timeout(50)
        raise AssertionError(f"the focus is on {told['role']} “{told['name']}”, not on {role} “{name}”")

    def goes_to(self, role: str, name: str, *, key: str = "Tab", most: int = 90) -> dict[str, Any]:
        """Tab (or Shift+Tab) until there. What of ours is met on the way has a name and shows that it is focused."""
        met = []
        for _step in range(most):
            self.page.keyboard.press(key)
            told = self.focused()
            met.append(f"{told['role']} “{told['name']}”")
            at = self.page.evaluate(FOCUSED)
            if at["isBody"] or not at["isOurs"]:
                continue
            assert told["name"], f"nothing is said of {at['html']}"
            self._can_be_seen(told)
            if told["role"] == role and re.search(name, told["name"]):
                return told
        raise AssertionError(f"{role} “{name}” is not met: {met}")

    def hears(self, sentence: str) -> None:
        """A live region says this."""
        region = self.page.locator("[role=status], [role=alert], [aria-live]").filter(has_text=re.compile(sentence))
        expect(region.first).to_be_attached(timeout=8_000)

    def keeps_focus(self) -> None:
        """What was focused is not gone, after two frames."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert not self.page.evaluate(FOCUSED)["isBody"], "the focus is lost"

    def _can_be_seen(self, told: dict[str, Any]) -> None:
        at = self.page.evaluate(FOCUSED)
        assert at["isThere"], f"the focus is on what is not shown: {at['html']}"
        assert at["isSeen"], f"nobody sees that this is focused: {told['role']} “{told['name']}” {at['html']}"
