"""Decisions and rounding: the border is where credits are lost."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoom_xblock.attendance import (
    Outcome,
    Requirement,
    decide,
    minutes,
    minutes_shown,
    percent_shown,
    percentage,
    window,
)

SECONDS = st.integers(0, 10**12).map(lambda us: us / 1_000_000)


@pytest.mark.parametrize(
    ("required", "attended", "complete", "share"),
    [
        pytest.param(2700, 2700, True, 1.0, id="exactly"),
        pytest.param(2700, 2699.999999, False, 2699.999999 / 2700, id="a microsecond less"),
        pytest.param(2700, 2700.000001, True, 1.0, id="a microsecond more"),
        pytest.param(2700, 1350, False, 0.5, id="half"),
        pytest.param(2700, 0, False, 0.0, id="absent"),
        pytest.param(0, 0, False, 0.0, id="at all, absent"),
        pytest.param(0, 0.000001, True, 1.0, id="at all, for a moment"),
        pytest.param(None, 0, False, 0.0, id="nothing asked, absent"),
        pytest.param(None, 90_000, False, 0.0, id="nothing asked, all day"),
    ],
)
def test_decide(required, attended, complete, share):
    outcome = decide(Requirement(required), attended)
    assert (outcome.complete, outcome.required_seconds, outcome.attended_seconds) == (complete, required, attended)
    assert outcome.share == pytest.approx(share, abs=1e-12)


def test_a_sum_of_floats_that_falls_short_by_less_than_a_microsecond_is_the_whole():
    total = 0.0
    for _ in range(27_000):
        total += 0.1
    assert total < 2700
    assert decide(Requirement(2700), total).complete


@given(st.integers(0, 10**6), st.integers(0, 10**12))
def test_the_comparison_is_exact_to_the_microsecond(required, attended_us):
    outcome = decide(Requirement(required), attended_us / 1_000_000)
    assert outcome.complete == (attended_us >= required * 1_000_000 if required else attended_us > 0)
    assert (outcome.share == 1.0) == outcome.complete
    assert 0.0 <= outcome.share <= 1.0


@given(st.integers(0, 10**5), SECONDS, SECONDS)
def test_more_attended_is_never_worth_less(required, one, other):
    less, more = (decide(Requirement(required), seconds) for seconds in sorted((one, other)))
    assert less.complete <= more.complete
    assert less.share <= more.share


@pytest.mark.parametrize("attended", [-1, -0.000001, float("nan"), float("inf"), float("-inf")])
def test_time_that_is_none_is_refused(attended):
    with pytest.raises(ValueError, match="finite"):
        decide(Requirement(60), attended)


@pytest.mark.parametrize("required", [-1, 1.5, True, float("nan"), "60"])
def test_a_requirement_that_is_none_is_refused(required):
    with pytest.raises(ValueError, match="whole"):
        Requirement(required)


def test_outcomes_are_equal_when_they_say_the_same():
    assert decide(Requirement(60), 30) == Outcome(30, 60, False, 0.5)


@pytest.mark.parametrize(
    ("percent", "duration", "required"),
    [
        pytest.param(75, 3600, 2700, id="three quarters of an hour"),
        pytest.param(100, 3601, 3601, id="all"),
        pytest.param(80, 3599, 2879, id="rounded down from 2879.2"),
        pytest.param(66.7, 3600, 2401, id="as written: 2401.2"),
        pytest.param(Decimal("33.3"), 1000, 333, id="decimal"),
        pytest.param(0, 3600, 0, id="at all"),
        pytest.param(50, 1.5, 0, id="of a moment"),
        pytest.param(29, 100, 29, id="no float's 28.999"),
        pytest.param(75, None, None, id="duration not known"),
        pytest.param(75, 0, None, id="no duration"),
    ],
)
def test_percentage(percent, duration, required):
    assert percentage(percent, duration).required_seconds == required


@given(st.decimals(0, 100, places=2), st.integers(1, 10**6))
def test_a_percentage_never_asks_more_than_the_exact_share_and_hardly_less(percent, duration):
    exact = Fraction(percent) * duration / 100
    assert 0 <= exact - percentage(percent, duration).required_seconds < 1


@pytest.mark.parametrize("percent", [-0.1, 100.1, float("nan"), float("inf")])
def test_a_percentage_outside_its_range_is_refused(percent):
    with pytest.raises(ValueError, match=r"."):
        percentage(percent, 3600)


def test_minutes():
    assert (minutes(45), minutes(0), minutes(None)) == (Requirement(2700), Requirement(0), Requirement(None))


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, 0), (59.999999, 0), (60, 1), (2699.999999, 44), (2700, 45), (3599, 59)]
)
def test_minutes_are_shown_rounded_down(seconds, shown):
    assert minutes_shown(seconds) == shown


@given(st.integers(1, 600), SECONDS)
def test_nobody_incomplete_is_shown_the_minutes_or_the_percent_that_complete(required_minutes, attended):
    outcome = decide(minutes(required_minutes), attended)
    assert (minutes_shown(attended) >= required_minutes) == outcome.complete
    assert (percent_shown(outcome.share) == 100) == outcome.complete


class TestWindow:
    starts_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def test_the_whole_sitting_has_no_window(self):
        assert window("sitting", self.starts_at, 60) is None

    def test_the_timetable(self):
        assert window("scheduled", self.starts_at, 60) == (self.starts_at, self.starts_at + timedelta(hours=1))

    def test_with_leeway(self):
        opens, closes = window("scheduled", self.starts_at, 60, early_minutes=10, late_minutes=5)
        assert (self.starts_at - opens, closes - self.starts_at) == (timedelta(minutes=10), timedelta(minutes=65))

    def test_over_a_clock_change_it_lasts_as_long_as_it_lasts(self):
        opens, closes = window("scheduled", datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/Madrid")), 60)
        assert (opens, closes) == (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC))

    @pytest.mark.parametrize("kind", ["sitting", "scheduled"])
    def test_a_start_without_a_zone_is_refused(self, kind):
        with pytest.raises(ValueError, match="zone"):
            window(kind, self.starts_at.replace(tzinfo=None), 60)
