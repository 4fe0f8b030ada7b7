"""
An independent count: every second of a line is a box, presence ticks boxes, ticked boxes are counted.

Slow and obvious, and made without a line of the code it judges. Works on whole seconds.
"""


def ticked(segments, window=None):
    """The seconds during which somebody was present: second s is the time from s up to s + 1."""
    boxes = set()
    for joined, left in segments:
        second = joined
        while second < left:
            if window is None or window[0] <= second < window[1]:
                boxes.add(second)
            second += 1
    return boxes


def count(segments, window=None):
    """How many seconds somebody was present."""
    return len(ticked(segments, window))


def count_by_person(rows, window=None):
    """The same for many, one person at a time."""
    people = []
    for person, _, _ in rows:
        if person not in people:
            people.append(person)
    return {person: count([(joined, left) for who, joined, left in rows if who == person], window) for person in people}


def runs(boxes):
    """Ticked boxes as (first, one past the last) runs, in order."""
    found = []
    for second in sorted(boxes):
        if found and found[-1][1] == second:
            found[-1][1] = second + 1
        else:
            found.append([second, second + 1])
    return [tuple(run) for run in found]
