"""The shares of `coverage json` by room: `tools/coverage_rooms.py coverage.json`; `--missing` tells what is left."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path


def main(path: str, *more: str) -> None:
    """Print the table."""
    files = json.loads(Path(path).read_text(encoding="utf-8"))["files"]
    rooms: dict[str, list[dict[str, int]]] = defaultdict(list)
    for name, one in files.items():
        parts = Path(name).parts[1:]
        rooms[parts[0] if len(parts) > 1 else "(" + parts[0] + ")"].append(one["summary"])
    print(f"{'room':24} {'statements':>10} {'missed':>7} {'branches':>9} {'missed':>7} {'share':>7}")
    for room, found in [*sorted(rooms.items()), ("all", [one["summary"] for one in files.values()])]:
        lines, left = _sum(found, "num_statements"), _sum(found, "missing_lines")
        ways, unseen = _sum(found, "num_branches"), _sum(found, "missing_branches")
        share = 100 * (1 - (left + unseen) / max(1, lines + ways))
        print(f"{room:24} {lines:10,} {left:7,} {ways:9,} {unseen:7,} {share:6.1f}%")
    if "--missing" in more:
        for name, one in sorted(files.items()):
            ways = [f"{first}->{last}" for first, last in one["missing_branches"] if first not in one["missing_lines"]]
            if one["missing_lines"] or ways:
                print(f"{name}: lines {one['missing_lines']}; branches {', '.join(ways)}")


def _sum(found: list[dict[str, int]], name: str) -> int:
    return sum(one[name] for one in found)


if __name__ == "__main__":
    main(*sys.argv[1:])
