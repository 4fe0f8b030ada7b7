"""Rows of the table: a figure, what it is held against, and whether it was reached."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Row:
    """One line. `ratio` is what is compared with `to_reach`; None where the absolute figure is."""

    what: str
    measured: str
    floor: str
    ratio: float | None
    to_reach: str
    reached: bool | None
    detail: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For `results.json`."""
        return asdict(self)


def median(values: Iterable[float]) -> float:
    """Of several rounds."""
    return statistics.median(values)


def growth_row(what: str, unit_cost: dict[int, float], *, within: float = 0.15) -> Row:
    """How the cost of one grows from the smallest size to the largest; linear is 1.00."""
    small, large = min(unit_cost), max(unit_cost)
    ratio = unit_cost[large] / unit_cost[small] if unit_cost[small] else float("nan")
    steps = ", ".join(f"{size:,}: {cost * 1e6:,.1f} µs" for size, cost in sorted(unit_cost.items()))
    return Row(
        f"growth: {what}",
        f"each at {steps}",
        "linear",
        ratio,
        f"<= {1 + within:.2f}",
        ratio <= 1 + within,
        {"seconds_each": {str(size): cost for size, cost in unit_cost.items()}},
    )


def show(rows: list[Row]) -> str:
    """The table as text."""
    cells = [["what", "measured", "floor", "ratio", "to reach", ""]]
    for row in rows:
        verdict = {True: "reached", False: "MISSED", None: "-"}[row.reached]
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        cells.append([row.what, row.measured, row.floor, ratio, row.to_reach, verdict])
    widths = [max(len(line[place]) for line in cells) for place in range(6)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )
