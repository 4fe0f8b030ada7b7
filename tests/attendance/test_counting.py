"""The whole rule for one person, over generated policies, dates and sittings, against the oracle."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.attendance import oracle
from zoom_xblock.attendance import PlannedDate, Policy, count, counted_window, date_of, requirement, spans

MADRID = ZoneInfo("Europe/Madrid")
EPOCH = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MANY, SOME = settings(max_examples=2000, deadline=None), settings(max_examples=300, deadline=None)

POLICIES = st.builds(
    Policy,
    completion=st.sampled_from(["minutes", "percent", "joining", "none"]),
    required_minutes=st.integers(0, 6),
    required_percent=st.integers(0, 100),
    counted=st.sampled_from(["sitting", "scheduled", "custom"]),
    opens_minutes=st.integers(-3, 3),
    closes_minutes=st.integers(-3, 3),
    dates=st.sampled_from(["one", "all"]),
)
#: (first second, minutes): some overlap, some are empty, some are the same twice.
DATES = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 4)), min_size=1, max_size=3)
SEGMENTS = st.lists(
    st.tuples(st.integers(-60, 1200), st.integers(-5, 300)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=4
)
SITTINGS = st.lists(st.tuples(st.integers(-200, 1300), SEGMENTS), max_size=4)


def at(second):
    """The moment of a second of the oracle's line."""
    return EPOCH + timedelta(seconds=second)


def planned(dates, at=at):
    """The oracle's dates as ours."""
    return [PlannedDate(str(place), at(start), minutes) for place, (start, minutes) in enumerate(dates)]


def presences(sittings, dates, at=at):
    """The oracle's sittings as presences, put on their dates."""
    ours = planned(dates, at)
    return [
        (date_of(at(began), ours).key, at(joined), at(left))
        for began, segments in sittings
        for joined, left in segments
    ]


def judged(policy, dates, sittings):
    """What the oracle says."""
    return oracle.judge(policy.as_json(), [(start, 60 * minutes) for start, minutes in dates], sittings)


@MANY
@given(POLICIES, DATES, SITTINGS)
def test_the_rule_says_what_the_oracle_says(policy, dates, sittings):
    ours, theirs = count(policy, planned(dates), presences(sittings, dates)), judged(policy, dates, sittings)
    assert ours.attended_us == theirs["seconds"] * 1_000_000
    assert ours.required_seconds == theirs["required"]
    assert ours.complete == theirs["complete"]
    assert ours.share == pytest.approx(float(theirs["share"]), abs=1e-12)
    assert (ours.share == 1.0) == ours.complete
    assert ours.first_at == (None if theirs["first"] is None else at(theirs["first"]))


@MANY
@given(DATES, st.integers(-500, 1500))
def test_a_sitting_belongs_to_the_date_the_oracle_finds_nearest(dates, began):
    oracle.JUDGED[0] += 1
    nearest = oracle.nearest(began, [(start, 60 * minutes) for start, minutes in dates])
    assert date_of(at(began), planned(dates)).key == str(nearest)


@SOME
@given(st.data(), POLICIES, DATES, SITTINGS)
def test_order_and_repetition_change_nothing(data, policy, dates, sittings):
    rows = presences(sittings, dates)
    again = data.draw(st.permutations(rows + (data.draw(st.lists(st.sampled_from(rows), max_size=3)) if rows else [])))
    assert count(policy, planned(dates), again) == count(policy, planned(dates), rows)


@SOME
@given(st.data(), POLICIES, DATES, SITTINGS)
def test_splitting_a_presence_changes_nothing(data, policy, dates, sittings):
    whole = presences(sittings, dates)
    split = []
    for key, joined, left in whole:
        if left > joined and data.draw(st.booleans()):
            between = joined + (left - joined) * data.draw(st.fractions(0, 1, max_denominator=1000)).__float__()
            split += [(key, joined, between), (key, between, left)]
        else:
            split.append((key, joined, left))
    assert count(policy, planned(dates), split) == count(policy, planned(dates), whole)


@SOME
@given(POLICIES, DATES, SITTINGS, st.integers(-14 * 60, 14 * 60), st.integers(-(10**8), 10**8))
def test_zones_and_calendars_change_nothing(policy, dates, sittings, offset_minutes, days_later):
    here = count(policy, planned(dates), presences(sittings, dates))

    def elsewhere(second):
        return at(second).astimezone(timezone(timedelta(minutes=offset_minutes)))

    assert count(policy, planned(dates, elsewhere), presences(sittings, dates, elsewhere)) == here

    def later(second):
        return at(second + days_later)

    then = count(policy, planned(dates, later), presences(sittings, dates, later))
    assert (then.attended_us, then.complete, then.share, then.date) == (
        here.attended_us,
        here.complete,
        here.share,
        here.date,
    )


@SOME
@given(POLICIES, DATES, SITTINGS, st.integers(-200, 1300), SEGMENTS)
def test_more_presence_never_gives_less(policy, dates, sittings, began, segments):
    before = count(policy, planned(dates), presences(sittings, dates))
    after = count(policy, planned(dates), presences([*sittings, (began, segments)], dates))
    assert after.complete >= before.complete
    assert after.share >= before.share
    if policy.dates == "all" or policy.completion != "percent":  # a percentage may be reached on a shorter date
        assert after.attended_us >= before.attended_us


@SOME
@given(POLICIES, DATES, SITTINGS)
def test_what_is_shown_as_counted_adds_up_to_what_was_counted(policy, dates, sittings):
    rows, ours = presences(sittings, dates), planned(dates)
    counted, shown = count(policy, ours, rows), spans(policy, ours, rows)
    assert all(left > joined for _key, joined, left in shown)
    by_date = {}
    for key, joined, left in shown:
        by_date.setdefault(key, []).append((joined, left))
    boxes = set()
    for intervals in by_date.values():
        for (_start, end), (start, _end) in pairwise(intervals):
            assert start > end
        boxes |= oracle.ticked(
            [((a - EPOCH) // timedelta(seconds=1), (b - EPOCH) // timedelta(seconds=1)) for a, b in intervals]
        )
    if policy.dates == "all":
        assert len(boxes) * 1_000_000 == counted.attended_us
    else:
        one = [row for row in shown if row[0] == counted.date or len(dates) == 1]
        assert sum((left - joined) // timedelta(microseconds=1) for _key, joined, left in one) == counted.attended_us


# -- calendars -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts_at", "minutes"),
    [
        pytest.param(datetime(2026, 3, 29, 1, 30, tzinfo=MADRID), 60, id="the hour that is left out"),
        pytest.param(datetime(2026, 10, 25, 2, 30, tzinfo=MADRID), 60, id="the hour that comes twice"),
        pytest.param(datetime(2028, 2, 28, 23, 30, tzinfo=MADRID), 60, id="into a leap day"),
        pytest.param(datetime(2028, 2, 29, 23, 30, tzinfo=MADRID), 60, id="out of a leap day"),
        pytest.param(datetime(2026, 12, 31, 23, 30, tzinfo=MADRID), 60, id="into a new year"),
    ],
)
@pytest.mark.parametrize("counted", ["scheduled", "custom"])
def test_an_hour_is_an_hour_whatever_the_clocks_do(starts_at, minutes, counted):
    date = PlannedDate("", starts_at, minutes)
    policy = Policy(completion="percent", required_percent=100, counted=counted, opens_minutes=-5, closes_minutes=5)
    asked = 3600 if counted == "scheduled" else 4200
    opens, closes = counted_window(policy, date)
    assert (closes - opens).total_seconds() == asked
    start = starts_at.astimezone(UTC) - timedelta(minutes=5 if counted == "custom" else 0)
    exactly = count(policy, [date], [("", start, start + timedelta(seconds=asked))])
    assert (exactly.attended_seconds, exactly.complete) == (asked, True)
    short = count(policy, [date], [("", start, start + timedelta(seconds=asked) - timedelta(microseconds=1))])
    assert not short.complete
    assert short.share < 1.0
    # The same presence, told in the zone itself: through the change of clocks and back.
    local = [("", start.astimezone(MADRID), (start + timedelta(seconds=asked)).astimezone(MADRID))]
    assert count(policy, [date], local) == exactly


def test_weekly_dates_over_a_change_of_clocks_keep_their_own_windows():
    before, after = datetime(2026, 10, 20, 10, 0, tzinfo=MADRID), datetime(2026, 10, 27, 10, 0, tzinfo=MADRID)
    dates = [PlannedDate("a", before, 60), PlannedDate("b", after, 60)]
    rows = [(date_of(date.starts_at, dates).key, date.starts_at, date.starts_at + timedelta(hours=1)) for date in dates]
    both = count(Policy(completion="percent", required_percent=100, counted="scheduled", dates="all"), dates, rows)
    assert (both.attended_seconds, both.required_seconds, both.complete) == (7200, 7200, True)
    assert (after - before).days == 7
    assert (after.astimezone(UTC) - before.astimezone(UTC)) == timedelta(days=7, hours=1)


def test_clocks_that_disagree_by_minutes_move_no_presence():
    """Zoom's clock runs three minutes ahead of the timetable's: what it reports counts as and when it says."""
    date = PlannedDate("", at(0), 60)
    ahead = [("", at(180), at(3780))]
    assert count(Policy(counted="sitting"), [date], ahead).attended_seconds == 3600
    assert count(Policy(counted="scheduled"), [date], ahead).attended_seconds == 3420
    leeway = Policy(counted="custom", opens_minutes=-5, closes_minutes=5)
    assert count(leeway, [date], ahead).attended_seconds == 3600


# -- dates -----------------------------------------------------------------------------------------------------------

DAY = 86_400


def week(*, minutes=60):
    """Three dates, a week between them."""
    return [PlannedDate(name, at(place * 7 * DAY), minutes) for place, name in enumerate("abc")]


def on(place, first, last):
    """Presence on one of them, in minutes from its start."""
    start = place * 7 * DAY
    return "abc"[place], at(start + 60 * first), at(start + 60 * last)


def test_of_one_date_the_best_decides_and_of_all_their_sum():
    rows = [on(0, 0, 30), on(1, 0, 40), on(2, 0, 20)]
    one = count(Policy(required_minutes=45, dates="one"), week(), rows)
    assert (one.attended_seconds, one.complete, one.date) == (40 * 60, False, "b")
    all_ = count(Policy(required_minutes=90, dates="all"), week(), rows)
    assert (all_.attended_seconds, all_.complete, all_.date) == (90 * 60, True, "")


def test_a_percentage_of_all_dates_is_of_their_lengths_together():
    policy = Policy(completion="percent", required_percent=50, dates="all", counted="scheduled")
    assert requirement(policy, week()).required_seconds == 90 * 60
    assert count(policy, week(), [on(0, 0, 60), on(1, 0, 30)]).complete
    assert not count(policy, week(), [on(0, 0, 60), on(1, 0, 29)]).complete


def test_a_percentage_of_one_date_is_of_its_own_length():
    dates = [PlannedDate("a", at(0), 60), PlannedDate("b", at(7 * DAY), 30)]
    policy = Policy(completion="percent", required_percent=80, dates="one")
    short = count(policy, dates, [("b", at(7 * DAY), at(7 * DAY + 24 * 60))])
    assert (short.required_seconds, short.complete) == (24 * 60, True)
    assert not count(policy, dates, [("a", at(0), at(24 * 60))]).complete


def test_the_same_moment_in_two_sittings_of_two_dates_counts_once():
    dates = [PlannedDate("a", at(0), 60), PlannedDate("b", at(600), 60)]
    rows = [("a", at(0), at(1200)), ("b", at(600), at(1800))]
    assert count(Policy(dates="all"), dates, rows).attended_seconds == 1800


def test_a_restart_by_the_host_stays_on_its_date_though_the_next_one_begins_sooner():
    dates = [PlannedDate("first", at(0), 60), PlannedDate("second", at(3660), 60)]
    assert date_of(at(3500), dates).key == "first"
    assert date_of(at(3640), dates).key == "second"
    assert date_of(at(3630), dates).key == "first"  # as near to both: the earlier one


def test_without_a_known_start_there_is_a_length_and_no_window():
    unknown = [PlannedDate("", None, 60)]
    for counted in ("sitting", "scheduled", "custom"):
        policy = Policy(completion="percent", required_percent=50, counted=counted)
        found = count(policy, unknown, [("", at(-9 * DAY), at(-9 * DAY + 1800))])
        assert (found.attended_seconds, found.required_seconds, found.complete) == (1800, 1800, True)
    assert date_of(None, unknown) == unknown[0]
    assert date_of(at(0), []) is None
    assert not count(Policy(completion="percent"), [], [("", at(0), at(9999))]).complete  # a share of nobody knows what


def test_a_window_of_which_nothing_is_left_completes_nobody():
    policy = Policy(completion="percent", required_percent=0, counted="custom", opens_minutes=40, closes_minutes=-40)
    date = PlannedDate("", at(0), 60)
    found = count(policy, [date], [("", at(-3600), at(9999))])
    assert (found.attended_us, found.required_seconds, found.complete, found.first_us) == (0, None, False, None)


@pytest.mark.parametrize("completion", ["joining", "none", "minutes", "percent"])
def test_what_each_rule_asks(completion):
    policy = Policy(completion=completion, required_minutes=45, required_percent=80)
    moment = [("", at(0), at(0) + timedelta(microseconds=1))]
    found = count(policy, [PlannedDate("", at(0), 60)], moment)
    assert found.complete == (completion == "joining")
    assert found.required_seconds == {"joining": 0, "none": None, "minutes": 2700, "percent": 2880}[completion]


@pytest.mark.parametrize(
    "values",
    [
        {"required_minutes": -1, "required_percent": 101, "opens_minutes": 10**9, "closes_minutes": -(10**9)},
        {"required_minutes": True, "required_percent": "80", "opens_minutes": None, "closes_minutes": 1.5},
    ],
)
def test_what_cannot_be_meant_is_the_default(values):
    assert Policy.from_fields(values) == Policy()


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="zone"):
        count(Policy(), [PlannedDate("", at(0), 60)], [("", at(0).replace(tzinfo=None), at(1))])
