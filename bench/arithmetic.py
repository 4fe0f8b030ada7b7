"""Presences of many to seconds, against sorting the same tuples."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from bench.table import Row, growth_row, median
from zoom_xblock.attendance import attended_seconds_by_person


def segments(count: int, people: int) -> list[tuple[int, int, int]]:
    """Made-up presences within two hours, in microseconds; the same at each run."""
    chance = random.Random(2026)
    rows = []
    for _row in range(count):
        start = chance.randrange(7_200_000_000)
        rows.append((chance.randrange(people), start, start + chance.randrange(1, 1_800_000_000)))
    return rows


def taken(work: Callable[[Any], object], given: object) -> float:
    """Seconds of one round."""
    began = time.perf_counter()
    work(given)
    return time.perf_counter() - began


def rows(sizes: list[int], rounds: int) -> list[Row]:
    """One row for the largest, one for growth. `sizes` are segments; there are ten for each person."""
    costs: dict[int, float] = {}
    floors: dict[int, float] = {}
    ours, floor = 0.0, 0.0
    for size in sizes:
        made = segments(size, size // 10)
        # In turn, so that a busy moment of the machine meets both.
        pairs = [(taken(attended_seconds_by_person, made), taken(sorted, made)) for _round in range(rounds)]
        ours, floor = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
        costs[size], floors[size] = ours / size, floor / size
    ratio = ours / floor
    first = Row(
        f"arithmetic: {sizes[-1]:,} segments of {sizes[-1] // 10:,} people",
        f"{ours:.3f} s",
        f"sorted: {floor:.3f} s",
        ratio,
        "<= 2.00",
        ratio <= 2,
        {"seconds": ours, "floor_seconds": floor},
    )
    growth = growth_row("arithmetic, for a segment", costs)
    # The same tuples no longer fit the processor's caches: what sorting them grows by tells how much of it is that.
    growth.floor = f"linear (sorted grows by {floors[max(sizes)] / floors[min(sizes)]:.2f})"
    return [first, growth]
