"""Hosts and deliveries: what is listed, who may look, and what the buttons do."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from zoom_xblock.models import Connection, Delivery, Host
from zoom_xblock.models.fields import digest

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/config/services/zoom"


@pytest.fixture
def admin_client(site):
    """The superuser's browser."""
    client = Client()
    client.force_login(site.admin)
    return client


def host(email, **values):
    """A user of the account as Zoom listed it."""
    return Host.objects.create(
        zoom_id=email,
        id_digest=digest(email),
        email=email,
        name=email.split("@")[0],
        listed_at=timezone.now(),
        **values,
    )


def delivery(event="meeting.ended", state="done", **values):
    """A delivery as it was remembered."""
    return Delivery.objects.create(
        digest=digest(event, state, str(Delivery.objects.count())),
        endpoint="end_meeting",
        event=event,
        body="{}",
        received_at=timezone.now(),
        state=state,
        **values,
    )


def rows(answer):
    """The rows of the table on the page."""
    return answer.content.decode().split("<tbody>")[1].split("</tbody>")[0].split("<tr")[1:]


def test_hosts_with_their_licences(admin_client):
    host("ada@example.edu", is_licensed=True, has_webinar=True, webinar_capacity=500, meeting_capacity=300)
    host("bob@example.edu", is_licensed=False)
    host("eve@example.edu", is_licensed=True, is_active=False, has_webinar=False)
    found = dict(zip(("ada", "bob", "eve"), rows(admin_client.get(f"{PAGE}/hosts")), strict=True))
    assert all(part in found["ada"] for part in ("Licensed", "up to 500 people", "up to 300 people", "Active"))
    assert all(part in found["bob"] for part in ("Basic", "Not known"))
    assert all(part in found["eve"] for part in ("Inactive", "No, inactive"))


def test_many_hosts_are_paged(admin_client):
    for number in range(51):
        host(f"user{number:03}@example.edu")
    first, second = (admin_client.get(f"{PAGE}/hosts?page={page}") for page in (1, 2))
    assert (len(rows(first)), len(rows(second))) == (50, 1)
    assert 'rel="next" href="?page=2"' in first.content.decode()
    for odd in ("99", "0", "x", "-1", "9" * 40):
        assert admin_client.get(f"{PAGE}/hosts?page={odd}").status_code == 200


@pytest.mark.parametrize(
    ("policy", "ada", "bob"),
    [
        ("default", "By every author", "By herself only"),
        ("own", "By herself only", "By herself only"),
        ("list", "No, not on the list", "By every author"),
        ("everyone", "By every author", "By every author"),
    ],
)
def test_the_policy_says_who_may_be_chosen(admin_client, policy, ada, bob):
    Connection.objects.update_or_create(slot=1, defaults={"host_email": "Ada@example.edu"})
    host("ada@example.edu")
    host("bob@example.edu")
    answer = admin_client.post(f"{PAGE}/do/policy", {"policy": policy, "allowed": "BOB@example.edu"}, follow=True)
    first, second = rows(answer)
    assert ada in first
    assert bob in second
    assert Connection.objects.get().host_policy == policy


@pytest.mark.parametrize("form", [{"policy": "nobody"}, {"policy": "list", "allowed": "not an address"}, {}])
def test_a_policy_that_is_none_changes_nothing(admin_client, form):
    answer = admin_client.post(f"{PAGE}/do/policy", form, follow=True)
    assert [message.level_tag for message in answer.context["messages"]][:1] == ["error"]
    assert not Connection.objects.filter(host_policy__isnull=False).exists()


def test_refreshing_without_a_connection_is_said(admin_client):
    answer = admin_client.post(f"{PAGE}/do/hosts", follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]


def test_refreshing_queues_a_job(admin_client, connected, jobs):
    admin_client.post(f"{PAGE}/do/hosts")
    assert "refresh_hosts" in jobs.run()
    assert "basic@example.edu" in admin_client.get(f"{PAGE}/hosts").content.decode()


def test_deliveries_by_state_and_event(admin_client):
    delivery("meeting.ended", "failed", error="OperationalError", attempts=12, zoom_id=123)
    delivery("meeting.started", "done")
    delivery("webinar.ended", "failed")
    assert len(rows(admin_client.get(f"{PAGE}/deliveries"))) == 3
    assert len(rows(admin_client.get(f"{PAGE}/deliveries?state=failed"))) == 2
    (row,) = rows(admin_client.get(f"{PAGE}/deliveries?state=failed&event=meeting.ended"))
    assert all(part in row for part in ("meeting.ended", "123", "Given up", "OperationalError", "12", "Process again"))
    assert "Nothing fits" in admin_client.get(f"{PAGE}/deliveries?state=%3Cscript%3E").content.decode()


def test_process_again_through_the_page(admin_client, jobs):
    failed = delivery("meeting.ended", "failed", attempts=12, error="x")
    address = f"{PAGE}/deliveries?state=failed"
    assert "Process again" in admin_client.get(address).content.decode()
    answer = admin_client.post(f"{PAGE}/do/again", {"delivery": failed.pk, "back": "?state=failed&evil=1"})
    assert answer["Location"] == address
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.error) == ("new", 0, "")
    assert [(job[0], job[1]) for job in jobs.queue] == [("process_delivery", [failed.pk])]


@pytest.mark.parametrize("wanted", ["", "x", "-1", "1.5", "9" * 30])
def test_what_is_no_delivery_is_not_found(admin_client, wanted):
    assert admin_client.post(f"{PAGE}/do/again", {"delivery": wanted}).status_code == 404


@pytest.mark.parametrize("path", ["", "/hosts", "/deliveries", "/test"])
def test_only_those_who_may_see_the_page_see_its_parts(site, client, path):
    assert client.get(PAGE + path).status_code == 302
    assert client.get("/zoom/settings" + path).status_code == 302
    site.author.is_staff = True
    site.author.save()
    client.force_login(site.author)
    assert client.get(PAGE + path).status_code == 403
    assert client.get("/zoom/settings" + path).status_code == 403


@pytest.mark.parametrize("action", ["connect", "keep", "change", "test", "hosts", "policy", "disconnect", "again"])
def test_actions_are_posts_with_a_token_by_those_who_may(site, client, action):
    address = f"{PAGE}/do/{action}"
    assert client.post(address).status_code == 302
    client.force_login(site.author)
    assert client.post(address).status_code == 403
    assert client.post(f"/zoom/settings/do/{action}").status_code == 403
    client.force_login(site.admin)
    assert client.get(address).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(site.admin)
    assert strict.post(address).status_code == 403
    assert strict.post(f"/zoom/settings/do/{action}").status_code == 403


def test_an_unknown_action_is_not_found(admin_client):
    assert admin_client.post(f"{PAGE}/do/nothing").status_code == 404
