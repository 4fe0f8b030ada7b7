"""The example of docs/attendance.md comes out as the page says."""

from datetime import UTC, datetime

from zoom_xblock.attendance import PlannedDate, Policy, count, spans


def at(text):
    """A time of the day in the picture."""
    hour, minute = text.split(":")
    return datetime(2026, 11, 24, int(hour), int(minute), tzinfo=UTC)


DATE = PlannedDate("", at("10:00"), 60)
PRESENCES = [
    ("", at(joined), at(left))
    for joined, left in (("09:56", "10:20"), ("10:38", "10:58"), ("10:10", "10:30"), ("10:44", "10:50"))
]


def test_the_picture_is_counted_as_the_page_says():
    counted = count(Policy(counted="scheduled"), [DATE], PRESENCES)
    assert (counted.attended_seconds, counted.complete, counted.share) == (50 * 60, True, 1.0)
    shown = spans(Policy(counted="scheduled"), [DATE], PRESENCES)
    assert shown == [("", at("10:00"), at("10:30")), ("", at("10:38"), at("10:58"))]
    assert count(Policy(counted="sitting"), [DATE], PRESENCES).attended_seconds == 54 * 60
