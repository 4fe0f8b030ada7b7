"""What the editor asks before a save: dates, clocks, hosts who are booked, and whom another rule would complete."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.block.test_author_handlers import WEEKLY, at_zoom, save
from tests.block.test_handlers import browser, form, lms, studio

pytestmark = pytest.mark.django_db(transaction=True)


def check(site, row, **changes):
    """What the open form asks while one types."""
    return studio(browser(site.author), row.key, "check_session", form(**changes)).json()


def test_a_check_lists_the_dates_although_another_field_is_wrong(connected, block_row, site, zoom):
    answer = check(site, block_row, display_name="", **WEEKLY)
    assert len(answer["dates"]) == 3
    assert answer["datesTitle"].startswith("3 dates")
    assert answer["errors"] == {}


def test_a_check_says_what_the_clock_says(connected, block_row, site, zoom):
    gap = check(site, block_row, start_date="2027-03-28", start_time="02:30")
    assert gap["errors"]["starts_at"].endswith("Next possible time: 3 a.m.")
    twice = check(site, block_row, start_date="2027-10-31", start_time="02:30", browser_zone="Asia/Tokyo")
    assert twice["choice"]["second"] == "2:30 a.m. (UTC+1)"
    assert "9:30 a.m." in twice["yours"]
    assert check(site, block_row, start_date="2020-01-01")["errors"]["starts_at"]
    assert check(site, block_row, start_date="")["when"] == ""


@pytest.mark.parametrize(
    ("values", "place"),
    [({"until": "2999-01-01"}, "until"), ({"until": "2027-01-05", "weekdays": [1]}, "until")],
    ids=["too many", "none"],
)
def test_a_check_and_a_save_refuse_a_series_of_too_many_or_no_dates(connected, block_row, site, zoom, values, place):
    sent = {**WEEKLY, "start_date": "2027-01-05", "ends_by": "until", **values}
    told = check(site, block_row, **sent)["errors"][place]
    assert save(site, block_row, **sent)["errors"] == {place: told}
    assert at_zoom(zoom) == []


def test_a_check_asks_zoom_nothing(session, block_row, site, zoom, settings):
    settings.ZOOM_XBLOCK_API_BASE_URL = settings.ZOOM_XBLOCK_OAUTH_BASE_URL = "http://127.0.0.1:1"
    assert check(site, block_row)["when"]


def test_a_check_warns_of_a_host_who_is_booked(session, block_row, site, zoom):
    from tests.conftest import make_block

    other = make_block(site.course_key, "other")
    start = session.starts_at.astimezone(timezone.get_fixed_timezone(0))
    sent = {"start_date": start.strftime("%Y-%m-%d"), "start_time": start.strftime("%H:%M"), "time_zone": "UTC"}
    assert any("another session then" in one for one in check(site, other, **sent)["warnings"])


def test_a_check_counts_whom_another_rule_would_complete(session, block_row, site, zoom, jobs, client):
    learner = browser(site.learner1)
    lms(learner, block_row.key, "register")
    jobs.run()
    from zoom_xblock.models import Registration

    registrant = Registration.objects.get().registrant_id
    zoom.play(
        session.zoom_id,
        start_at=timezone.now() - timedelta(minutes=50),
        minutes=40,
        people=[{"registrant_id": registrant}],
    )
    zoom.deliver(client)
    jobs.run(within_seconds=100_000)
    assert "1 more learner would complete" in check(site, block_row, required_minutes="20")["recount"]
    assert check(site, block_row)["recount"] == ""
