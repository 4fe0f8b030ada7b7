"""
`make bench`: figures as ratios against a floor that is measured in the same run, medians of several rounds.

So far: the arithmetic. One million segments of a hundred thousand people to seconds, against sorting the same tuples.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable

from zoom_xblock.attendance import attended_seconds_by_person

ROUNDS = 5


def median_seconds(work: Callable[[], object]) -> float:
    """The median of several rounds."""
    taken = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def segments(count: int, people: int) -> list[tuple[int, int, int]]:
    """Made-up presences within two hours, in microseconds; the same at each run."""
    chance = random.Random(2026)
    rows = []
    for _row in range(count):
        start = chance.randrange(7_200_000_000)
        rows.append((chance.randrange(people), start, start + chance.randrange(1, 1_800_000_000)))
    return rows


def main() -> None:
    """Print the table."""
    print(f"{'segments':>10} {'people':>8} {'seconds':>9} {'sorted':>9} {'ratio':>7}")
    for count in (10_000, 100_000, 1_000_000):
        rows = segments(count, count // 10)
        ours = median_seconds(lambda rows=rows: attended_seconds_by_person(rows))
        floor = median_seconds(lambda rows=rows: sorted(rows))
        print(f"{count:>10} {count // 10:>8} {ours:>9.3f} {floor:>9.3f} {ours / floor:>6.2f}x")


if __name__ == "__main__":
    main()
