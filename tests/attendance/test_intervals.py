"""Presence as intervals: cases by hand, and properties against the oracle."""

import itertools
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.attendance import oracle
from zoom_xblock.attendance import clip, close_open, from_us, to_us, total_seconds, total_us, union

BASE = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # half an hour before clocks change in Madrid
MADRID, NEW_YORK, LORD_HOWE = ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
ZONES = [UTC, MADRID, NEW_YORK, LORD_HOWE, ZoneInfo("Asia/Kathmandu"), timezone(timedelta(hours=-9, minutes=-30))]


def at(second):
    """A time so many seconds after the base."""
    return BASE + timedelta(seconds=second)


def span(start, end):
    """An interval in seconds after the base."""
    return at(start), at(end)


SPANS = st.lists(st.tuples(st.integers(0, 300), st.integers(-5, 120)).map(lambda p: (p[0], p[0] + p[1])), max_size=12)
WINDOWS = st.tuples(st.integers(0, 300), st.integers(-20, 300)).map(lambda p: (p[0], p[0] + p[1]))


@pytest.mark.parametrize(
    ("spans", "merged"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(0, 10)], [(0, 10)], id="one"),
        pytest.param([(0, 10), (5, 15)], [(0, 15)], id="two devices"),
        pytest.param([(0, 10), (10, 20)], [(0, 20)], id="touching"),
        pytest.param([(0, 10), (11, 20)], [(0, 10), (11, 20)], id="a second apart"),
        pytest.param([(0, 30), (5, 6), (10, 12)], [(0, 30)], id="contained"),
        pytest.param([(20, 30), (0, 10)], [(0, 10), (20, 30)], id="out of order"),
        pytest.param([(0, 10), (0, 10), (0, 10)], [(0, 10)], id="repeated"),
        pytest.param([(10, 10)], [], id="empty"),
        pytest.param([(10, 5)], [], id="reversed"),
        pytest.param([(0, 10), (20, 15), (9, 9)], [(0, 10)], id="nothing beside something"),
    ],
)
def test_union(spans, merged):
    assert union([span(*one) for one in spans]) == [span(*one) for one in merged]


@given(SPANS)
def test_union_is_what_the_oracle_ticks(spans):
    merged = union([span(*one) for one in spans])
    assert merged == [span(*run) for run in oracle.runs(oracle.ticked(spans))]
    assert total_seconds([span(*one) for one in spans]) == oracle.count(spans)


@given(SPANS, WINDOWS)
def test_clip_is_what_the_oracle_ticks_inside_the_window(spans, window):
    clipped = clip([span(*one) for one in spans], span(*window))
    assert clipped == [span(*run) for run in oracle.runs(oracle.ticked(spans, window))]


@given(st.data(), SPANS)
def test_order_and_repetition_change_nothing(data, spans):
    intervals = [span(*one) for one in spans]
    shuffled = data.draw(st.permutations(intervals))
    repeated = shuffled + (data.draw(st.lists(st.sampled_from(intervals), max_size=5)) if intervals else [])
    assert union(repeated) == union(intervals)


@given(st.data(), SPANS)
def test_splitting_an_interval_changes_nothing(data, spans):
    pieces = []
    for start, end in spans:
        cuts = sorted(data.draw(st.lists(st.integers(start, max(start, end)), max_size=3)))
        edges = [start, *cuts, end]
        pieces += list(itertools.pairwise(edges)) if end > start else [(start, end)]
    assert union([span(*one) for one in pieces]) == union([span(*one) for one in spans])


@given(st.data(), SPANS)
def test_the_zone_in_which_a_time_is_written_changes_nothing(data, spans):
    zone = st.sampled_from(ZONES)
    shifted = [(at(s).astimezone(data.draw(zone)), at(e).astimezone(data.draw(zone))) for s, e in spans]
    assert union(shifted) == union([span(*one) for one in spans])
    assert total_us(shifted) == total_us([span(*one) for one in spans])


@given(SPANS, st.tuples(st.integers(0, 300), st.integers(0, 120)))
def test_more_presence_never_gives_less(spans, more):
    before = total_us([span(*one) for one in spans])
    after = total_us([span(*one) for one in [*spans, (more[0], more[0] + more[1])]])
    assert before <= after <= before + more[1] * 1_000_000


@given(SPANS, WINDOWS)
def test_what_is_inside_and_outside_a_window_adds_up(spans, window):
    intervals = [span(*one) for one in spans]
    opens, closes = window[0], max(window)
    inside = total_us(clip(intervals, span(opens, closes)))
    outside = total_us(clip(intervals, span(-1000, opens))) + total_us(clip(intervals, span(closes, 1000)))
    assert inside + outside == total_us(intervals)


@given(st.integers(-(2**55), 2**55))
def test_microseconds_survive_the_way_there_and_back(microseconds):
    assert to_us(from_us(microseconds)) == microseconds


class TestClockChanges:
    def test_the_hour_that_is_skipped_is_not_counted(self):
        joined = datetime(2026, 3, 29, 1, 30, tzinfo=MADRID)
        left = datetime(2026, 3, 29, 3, 30, tzinfo=MADRID)
        assert total_seconds([(joined, left)]) == 3600

    def test_the_hour_that_comes_twice_is_counted_twice(self):
        joined = datetime(2026, 10, 25, 1, 30, tzinfo=MADRID)
        left = datetime(2026, 10, 25, 3, 30, tzinfo=MADRID)
        assert total_seconds([(joined, left)]) == 3 * 3600

    def test_the_second_half_past_two_is_an_hour_after_the_first(self):
        first = datetime(2026, 10, 25, 2, 30, tzinfo=MADRID, fold=0)
        second = datetime(2026, 10, 25, 2, 30, tzinfo=MADRID, fold=1)
        assert total_seconds([(first, second)]) == 3600

    def test_a_change_of_half_an_hour(self):
        joined = datetime(2026, 4, 5, 1, 0, tzinfo=LORD_HOWE)
        left = datetime(2026, 4, 5, 3, 0, tzinfo=LORD_HOWE)
        assert total_seconds([(joined, left)]) == 2.5 * 3600

    def test_a_leap_day(self):
        assert total_seconds([(datetime(2028, 2, 28, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC))]) == 2 * 86400


def test_an_overlap_that_reaches_a_microsecond_further():
    moment = timedelta(microseconds=1)
    assert union([span(0, 10), (at(5), at(10) + moment)]) == [(at(0), at(10) + moment)]


def test_microseconds_are_neither_lost_nor_invented():
    tenth = timedelta(microseconds=100_000)
    pieces = [(BASE + 2 * index * tenth, BASE + (2 * index + 1) * tenth) for index in range(10_000)]
    assert total_us(pieces) == 1_000_000_000
    assert total_seconds(pieces) == 1000.0


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda naive: union([(naive, BASE)]), id="start"),
        pytest.param(lambda naive: union([(BASE, naive)]), id="end"),
        pytest.param(lambda naive: clip([], (naive, BASE)), id="window opens"),
        pytest.param(lambda naive: clip([], (BASE, naive)), id="window closes"),
        pytest.param(lambda naive: total_us([(naive, naive)]), id="total"),
        pytest.param(lambda naive: close_open([], naive), id="end of sitting"),
        pytest.param(lambda naive: close_open([(naive, None)], BASE), id="joined"),
        pytest.param(lambda naive: close_open([(BASE, naive)], BASE), id="left"),
        pytest.param(to_us, id="microseconds"),
    ],
)
def test_a_time_without_a_zone_is_refused(call):
    with pytest.raises(ValueError, match="zone"):
        call(BASE.replace(tzinfo=None))


class TestCloseOpen:
    def test_a_segment_without_an_end_closes_with_its_sitting(self):
        assert close_open([(at(0), None)], at(60)) == [span(0, 60)]

    def test_a_segment_without_a_start_counts_nothing(self):
        assert close_open([(None, at(10)), (None, None)], at(60)) == []

    def test_leaving_before_or_while_joining_counts_nothing(self):
        assert close_open([(at(10), at(10)), (at(10), at(9))], at(60)) == []

    def test_joining_after_the_end_counts_nothing(self):
        assert close_open([(at(61), None), (at(60), None)], at(60)) == []

    def test_a_reported_end_stands_even_after_the_sitting(self):
        assert close_open([(at(0), at(61))], at(60)) == [span(0, 61)]

    def test_the_order_is_kept(self):
        assert close_open([(at(30), None), (at(0), at(10))], at(60)) == [span(30, 60), span(0, 10)]
