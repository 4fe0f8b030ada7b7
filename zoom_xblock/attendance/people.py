"""
Presence of many people at once: from reported segments to the time of each, in one pass.

Times are whole microseconds since 1970 in UTC (`intervals.to_us`), segments closed (`intervals.close_open`), persons
anything hashable. The rows of a person may come from any number of devices, rooms and sittings, overlap, repeat and
stand in any order: each moment counts once.

Segments are gathered by person and each person's few are sorted, which is less work than sorting all of them, and needs
no order among persons.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import TypeVar

from zoom_xblock.attendance.intervals import MICROSECONDS

Person = TypeVar("Person", bound=Hashable)

_ALWAYS = (-(10**30), 10**30)


def attended_us_by_person(
    rows: Iterable[tuple[Person, int, int]], window: tuple[int, int] | None = None
) -> dict[Person, int]:
    """
    Whole microseconds each person was present, inside the window (microseconds as well) if there is one: exact. Whoever
    has a row has an entry, 0 where nothing of it counts. Add these when adding, not seconds.
    """
    by_person: defaultdict[Person, list[tuple[Person, int, int]]] = defaultdict(list)
    for row in rows:
        by_person[row[0]].append(row)
    opens, closes = window or _ALWAYS
    attended: dict[Person, int] = {}
    for person, segments in by_person.items():
        segments.sort()  # by start: the person is the same throughout, and equal things are never asked which is less
        covered, reached = 0, opens
        for _, start, end in segments:
            if start < reached:
                start = reached
            if end > closes:
                end = closes
            if end > start:
                covered += end - start
                reached = end
        attended[person] = covered
    return attended


def attended_seconds_by_person(
    rows: Iterable[tuple[Person, int, int]], window: tuple[int, int] | None = None
) -> dict[Person, float]:
    """
    `attended_us_by_person` in seconds: for each the float nearest to it, exact to the microsecond, fit for
    `rules.decide`.
    """
    return {person: covered / MICROSECONDS for person, covered in attended_us_by_person(rows, window).items()}
