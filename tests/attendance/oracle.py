"""
An independent count: every second of a line is a box, presence ticks boxes, ticked boxes are counted.

Slow and obvious, and made without a line of the code it judges. Works on whole seconds.
"""

from fractions import Fraction

#: How many cases were judged in this run.
JUDGED = [0]


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
    JUDGED[0] += 1
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


def nearest(began, dates):
    """
    The place in `dates` (first second, seconds) of the one that a sitting belongs to: whichever second of its planned
    time is nearest, looked at one after the other; the earlier date of two as near.
    """
    best = None
    for place, (start, seconds) in enumerate(dates):
        for second in range(start, start + seconds + 1):
            found = (abs(second - began), start, place)
            if best is None or found < best:
                best = found
    return best[2]


def window(policy, start, seconds):
    """The seconds in which presence counts on a date, as (first, one past the last); None: all."""
    if policy["counted"] == "sitting":
        return None
    opens, closes = start, start + seconds
    if policy["counted"] == "custom":
        opens, closes = opens + 60 * policy["opens_minutes"], closes + 60 * policy["closes_minutes"]
    return opens, closes


def required(policy, dates):
    """How many seconds are asked for; None: nothing completes."""
    if policy["completion"] == "none":
        return None
    if policy["completion"] == "joining":
        return 0
    if policy["completion"] == "minutes":
        return 60 * policy["required_minutes"]
    length = 0
    for start, seconds in dates:
        opens, closes = window(policy, start, seconds) or (start, start + seconds)
        length += len(range(opens, closes))
    return length * policy["required_percent"] // 100 if length else None


def judge(policy, dates, sittings):
    """
    What follows for one person: {"seconds", "required", "complete", "share", "first"}.

    `dates` are (first second, seconds); `sittings` are (when it began, [(joined, left), ...]).
    """
    JUDGED[0] += 1
    boxes = [set() for _date in dates]
    for began, segments in sittings:
        place = nearest(began, dates)
        boxes[place] |= ticked(segments, window(policy, *dates[place]))
    everything = set().union(*boxes)
    if policy["dates"] == "all":
        choices = [(len(everything), required(policy, dates))]
    else:
        choices = [(len(ticks), required(policy, [date])) for ticks, date in zip(boxes, dates, strict=True)]
    best = None
    for seconds, asked in choices:
        if asked is None:
            complete, share = False, Fraction(0)
        elif asked == 0:
            complete = seconds > 0
            share = Fraction(int(complete))
        else:
            complete = seconds >= asked
            share = min(Fraction(seconds, asked), Fraction(1))
        found = (complete, share, seconds)
        if best is None or found > best[0]:
            best = (found, asked)
    (complete, share, seconds), asked = best
    first = min(everything) if everything else None
    return {"seconds": seconds, "required": asked, "complete": complete, "share": share, "first": first}
