"""The account's users, and whom an author may choose among them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from demo.zoom import seed
from tests.conftest import wishes_of
from zoom_xblock import queries
from zoom_xblock.models import Connection, Host
from zoom_xblock.services import connections, hosts, sweep
from zoom_xblock.services.errors import InvalidWishes
from zoom_xblock.services.meetings import save_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(connected, zoom, jobs):
    """The account's users, with what their licences allow."""
    zoom.control("users", email="gone@example.edu", type=2, status="inactive")
    hosts.ask_refresh()
    jobs.run(within_seconds=60)
    return {row.email: row for row in queries.hosts().rows}


def emails(user):
    return [choice.email for choice in hosts.allowed_for(user.pk)]


def test_a_refresh_lists_who_is_licensed_inactive_and_may_hold_webinars(listed):
    assert listed["author@example.edu"].is_licensed
    assert listed["author@example.edu"].has_webinar
    assert listed["colleague@example.edu"].has_webinar is False
    assert not listed["basic@example.edu"].is_licensed
    assert not listed["gone@example.edu"].is_active
    facts = queries.site_facts().hosts
    assert (facts.count, facts.trouble) == (len(listed), "")
    assert facts.refreshed_at is not None


def test_many_users_come_in_pages_and_are_shown_in_pages(connected, zoom, jobs, django_assert_max_num_queries):
    for number in range(60):
        zoom.control("users", email=f"teacher{number:03}@example.edu", type=1)
    hosts.refresh_hosts()
    page = queries.hosts(2)
    assert (page.number, page.pages, page.total) == (2, 2, 64)
    assert len(page.rows) == 14
    assert queries.hosts(99).number == 2
    with django_assert_max_num_queries(2):
        queries.hosts()


def test_whoever_left_is_forgotten_after_a_whole_list_only(listed, zoom):
    zoom.control("users/colleague@example.edu", "DELETE")
    zoom.fault("GET", "/v2/users", status=500, times=None)
    hosts.refresh_hosts()
    assert Host.objects.filter(email="colleague@example.edu").exists()
    assert queries.site_facts().hosts.trouble == "zoom_down"
    zoom.control("faults", "DELETE")
    hosts.refresh_hosts()
    assert not Host.objects.filter(email="colleague@example.edu").exists()


def test_the_sweep_lists_daily_and_after_a_failure_hourly(listed, jobs, zoom):
    assert "refresh_hosts" not in sweep.sweep()
    yesterday = timezone.now() - timedelta(hours=25)
    Connection.objects.update(hosts_refreshed_at=yesterday, hosts_tried_at=yesterday)
    assert sweep.sweep()["refresh_hosts"] == 1
    jobs.queue.clear()
    Connection.objects.update(hosts_tried_at=timezone.now() - timedelta(minutes=5), hosts_error="zoom_down")
    assert "refresh_hosts" not in sweep.sweep()
    Connection.objects.update(hosts_tried_at=timezone.now() - timedelta(minutes=65))
    assert sweep.sweep()["refresh_hosts"] == 1


def test_without_the_permission_the_list_stays_empty_and_says_why(site, zoom, jobs, connected):
    narrow = [scope for scope in connected.granted_scopes if "list_users" not in scope]
    zoom.control(f"apps/{seed.CLIENT_ID}", "PATCH", scopes=narrow)
    from tests.services.test_the_end_of_a_connection import reconnect

    reconnect(site, zoom)
    hosts.refresh_hosts()
    assert queries.site_facts().hosts.trouble == "scope_missing"
    missing = {row.feature: row.missing for row in queries.site_facts().features if not row.is_granted}
    assert missing["hosts"] == ["user:read:list_users:admin"]
    assert emails(site.author) == ["author@example.edu"]


@pytest.mark.parametrize(
    ("policy", "allowed", "expected"),
    [
        ("default", "", ["author@example.edu"]),
        ("own", "", ["author@example.edu"]),
        ("list", "Colleague@example.edu, gone@example.edu nobody@example.edu", ["colleague@example.edu"]),
    ],
)
def test_each_policy_offers_whom_it_names(listed, site, policy, allowed, expected):
    hosts.set_policy(policy=policy, allowed=allowed)
    assert emails(site.author) == expected


def test_by_default_the_sites_host_and_ones_own_address(listed, site):
    Connection.objects.update(host_email="colleague@example.edu")
    assert emails(site.author) == ["colleague@example.edu", "author@example.edu"]
    assert hosts.allowed_for(site.author.pk)[0].is_default


def test_everyone_means_every_active_user(listed, site):
    hosts.set_policy(policy="everyone")
    assert set(emails(site.author)) == set(listed) - {"gone@example.edu"}


@pytest.mark.parametrize(
    ("form", "field"),
    [({"policy": "anybody"}, "host_policy"), ({"policy": "list", "allowed": "no address"}, "allowed_hosts")],
)
def test_a_policy_that_makes_no_sense_is_refused(site, form, field):
    with pytest.raises(InvalidWishes) as refused:
        hosts.set_policy(**form)
    assert list(refused.value.fields) == [field]


def test_only_meetings_of_allowed_hosts_may_be_linked(listed, site):
    assert hosts.may_link(site.author.pk, "AUTHOR@example.edu")
    assert not hosts.may_link(site.author.pk, "colleague@example.edu")
    assert not hosts.may_link(site.author.pk, "")


def test_a_session_is_made_for_an_allowed_host_and_refused_for_others(listed, site, block_row, zoom):
    asked = {"usage_key": block_row.key, "user_id": site.author.pk, "wishes": wishes_of(block_row)}
    with pytest.raises(InvalidWishes) as refused:
        save_session(**asked, host_email="colleague@example.edu")
    assert refused.value.fields == {"host_email": "not_allowed"}
    hosts.set_policy(policy="everyone")
    saved = save_session(**asked, host_email="colleague@example.edu")
    assert saved.meeting.host_email == "colleague@example.edu"
    with pytest.raises(InvalidWishes) as refused:
        save_session(**asked, host_email="author@example.edu")
    assert refused.value.fields == {"host_email": "fixed"}


def test_without_another_wish_the_default_host_hosts(session):
    assert session.host_email == connections.app_of(connections.the_connection()).host_email


def test_two_listings_at_once_forget_nobody_who_is_there(connected, zoom):
    """The one that began earlier writes last: it must not make its people look older than the other's beginning."""
    earlier, later = timezone.now() - timedelta(seconds=5), timezone.now()
    page = next(iter(connections.client(patient=True).users(status="active")))
    hosts._keep(page, earlier, is_active=True)
    hosts._keep(page, later, is_active=True)
    hosts._keep(page, earlier, is_active=True)
    Host.objects.filter(listed_at__lt=later).delete()  # what the later one does at its end
    assert Host.objects.count() == len(page)
