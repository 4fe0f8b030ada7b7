"""
Style sheets: they parse, they work right to left, and they use no name that nobody gives.

Physical directions (`margin-left`, `text-align: right`) are refused where a logical one exists: they would stay behind
when the page turns round. A custom property that is read must be set somewhere, or carry a fallback.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import tinycss2

ROOT = Path(__file__).parents[1]
FOLDERS = ("zoom_xblock/assets", "zoom_xblock/static", "demo")
PHYSICAL = re.compile(
    r"^(?:margin|padding|border)-(?:left|right)(?:-\w+)?$|^(?:left|right)$|^border-(?:top|bottom)-(?:left|right)-radius$"
)
SIDES = {"left", "right"}
#: Set from outside: by Studio, and by the admin of Django.
GIVEN = {
    "--primary",
    "--body-fg",
    "--body-bg",
    "--link-fg",
    "--hairline-color",
    "--darkened-bg",
    "--error-fg",
    "--button-bg",
    "--accent",
}


def declarations(rules: list, path: Path, wrong: list[str]):
    """Every declaration of a sheet, at-rules included."""
    for rule in rules:
        if rule.type == "error":
            wrong.append(f"{path}:{rule.source_line}: {rule.message}")
        if rule.type not in ("qualified-rule", "at-rule") or rule.content is None:
            continue
        for item in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
            if item.type == "declaration":
                yield item
            elif item.type == "error":
                wrong.append(f"{path}:{item.source_line}: {item.message}")
            else:
                yield from declarations([item], path, wrong)


def main() -> int:
    """Print what is wrong, one line each; the exit status says whether anything is."""
    wrong: list[str] = []
    given, read = set(GIVEN), []
    sheets = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.css"))
    for sheet in sheets:
        path = sheet.relative_to(ROOT)
        rules = tinycss2.parse_stylesheet(sheet.read_text("utf-8"), skip_comments=True, skip_whitespace=True)
        for one in declarations(rules, path, wrong):
            value = tinycss2.serialize(one.value).strip()
            if one.name.startswith("--"):
                given.add(one.name)
            if PHYSICAL.match(one.lower_name) or (
                one.lower_name in ("text-align", "float", "clear") and value in SIDES
            ):
                wrong.append(f"{path}:{one.source_line}: {one.name}: {value} does not turn round with the page")
            read += [(path, one.source_line, name) for name in re.findall(r"var\(\s*(--[\w-]+)\s*\)", value)]
    wrong += [f"{path}:{line}: {name} is set nowhere" for path, line, name in read if name not in given]
    print("\n".join(wrong) if wrong else f"css: {len(sheets)} sheets, nothing wrong")
    return 1 if wrong or not sheets else 0


if __name__ == "__main__":
    sys.exit(main())
