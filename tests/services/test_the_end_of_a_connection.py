"""Removing, being removed, and going on afterwards: one state, one letter."""

from __future__ import annotations

import pytest
from django.core import mail
from django.utils import timezone

from demo.zoom import seed
from tests.services.test_connections import allow, begin
from zoom_xblock import client as zoom_client
from zoom_xblock import queries
from zoom_xblock.models import Connection, Delivery, Meeting, Placement
from zoom_xblock.services import connections, consent, hosts, inbox, sweep
from zoom_xblock.services.errors import NotConnected, ZoomSaid
from zoom_xblock.services.meetings import save_session

pytestmark = pytest.mark.django_db


def reconnect(site, zoom, user=None):
    """A consent, by the account's owner or somebody else."""
    query = begin(site)
    asked = {"client_id": seed.CLIENT_ID, "redirect_uri": "http://testserver/zoom/oauth/callback"}
    code = (
        zoom.control("consent", user=user, code_challenge=query["code_challenge"], **asked)["code"]
        if user
        else allow(zoom, query)
    )
    return connections.finish_consent(
        user_id=site.admin.pk, session_key="a session", state=query["state"], code=code, error=""
    )


def test_disconnecting_is_refused_while_sessions_depend_and_names_them(session, connected, block_row):
    with pytest.raises(connections.SessionsDepend) as refused:
        connections.disconnect()
    (depends,) = refused.value.sessions
    assert depends.topic == "Algebra live"
    assert depends.url.endswith("/studio/#algebra")
    assert connections.the_connection().is_connected
    with pytest.raises(connections.SessionsDepend):
        connections.save_app(client_id="", host_email="")
    assert connections.the_connection().client_id == seed.CLIENT_ID


def test_a_draft_that_was_never_published_depends_a_published_one_that_is_gone_does_not(session, connected, block_row):
    """Any publishing in the course notes that no published block carries the draft's key."""
    Placement.objects.update(unpublished_since=timezone.now(), required_seconds=None)
    with pytest.raises(connections.SessionsDepend):
        connections.disconnect()
    Placement.objects.update(required_seconds=2700)
    connections.disconnect()
    assert not connections.the_connection().is_connected


def test_going_on_knowingly_revokes_erases_and_keeps_what_was_there(session, connected, zoom):
    connections.disconnect(knowingly=True)
    row = connections.the_connection()
    assert (row.state_reason, row.access_token, row.zoom_email) == ("by_admin", "", "zoom-admin@example.edu")
    assert [grant for grant in zoom.control("state")["grants"] if not grant.get("ended_at")] == []
    assert Meeting.objects.filter(pk=session.pk).exists()


def test_clearing_the_credentials_knowingly_revokes_at_zoom_too(session, connected, zoom):
    connections.save_app(client_id="", host_email="", knowingly=True)
    assert [grant for grant in zoom.control("state")["grants"] if not grant.get("ended_at")] == []
    assert connections.the_connection().client_secret == ""


def by_event(zoom, client):
    """The app is removed at Zoom, and Zoom says so."""
    zoom.control("revoke", client_id=seed.CLIENT_ID)
    assert zoom.deliver(client) == [204]
    inbox.process_delivery(Delivery.objects.get().pk)


def by_refused_token(zoom, client):
    """The grant is revoked by hand; the next call learns it."""
    zoom.control("revoke", client_id=seed.CLIENT_ID, silent=True)
    with pytest.raises(zoom_client.errors.Disconnected):
        connections.client(patient=False).me()


def by_disabled_app(zoom, client):
    """The app is switched off at Zoom."""
    zoom.control(f"apps/{seed.CLIENT_ID}", "PATCH", enabled=False)
    with pytest.raises(zoom_client.errors.Disconnected):
        connections.client(patient=False).me()
    zoom.control(f"apps/{seed.CLIENT_ID}", "PATCH", enabled=True)


def by_gone_user(zoom, client):
    """The connected user leaves the account; an event says so."""
    zoom.control("users/zoom-admin@example.edu", "PATCH", status="inactive")
    zoom.deliver(client)
    for delivery in Delivery.objects.all():
        inbox.process_delivery(delivery.pk)
    zoom.control("users/zoom-admin@example.edu", "PATCH", status="active")


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        (by_event, "removed_at_zoom"),
        (by_refused_token, "grant_refused"),
        (by_disabled_app, "app_disabled"),
        (by_gone_user, "host_gone"),
    ],
)
def test_every_way_leads_to_one_state_and_one_letter_and_back(
    session, connected, site, zoom, jobs, client, settings, way, reason
):
    settings.ADMINS = [("Ops", "ops@example.edu")]
    zoom.held()
    way(zoom, client)
    row = connections.the_connection()
    assert (row.state, row.state_reason, row.access_token) == ("disconnected", reason, "")
    for _hour in range(3):
        jobs.run()
        sweep.sweep()
        connections.note_disconnected(reason)
    jobs.run()
    (letter,) = mail.outbox
    assert letter.to == ["ops@example.edu"]
    assert "disconnected" in letter.subject
    with pytest.raises(NotConnected, match="disconnected"):
        connections.client(patient=False)
    reconnect(site, zoom)
    assert connections.client(patient=False).me().email == "zoom-admin@example.edu"
    assert Meeting.objects.filter(pk=session.pk).exists()
    mail.outbox.clear()
    connections.note_disconnected(reason)
    jobs.run()
    assert len(mail.outbox) == 1  # a new entry, a new letter


def test_superusers_are_written_to_where_no_admins_are_set(connected, site, jobs, settings):
    settings.ADMINS = []
    connections.note_disconnected("grant_refused")
    jobs.run()
    assert mail.outbox[0].to == [site.admin.email]


def test_an_end_that_an_admin_chose_needs_no_letter(connected, jobs):
    connections.disconnect()
    assert "tell_admins" not in sweep.sweep()
    assert mail.outbox == []


def test_the_sweep_writes_where_the_job_was_lost(connected, jobs, settings):
    connections.note_disconnected("grant_refused")
    jobs.queue.clear()
    assert sweep.sweep()["tell_admins"] == 1
    jobs.run()
    assert len(mail.outbox) == 1


def test_a_late_deauthorization_of_the_grant_before_is_not_believed(connected, zoom, site, client):
    zoom.held()
    zoom.control("revoke", client_id=seed.CLIENT_ID)
    late = zoom.held()
    reconnect(site, zoom)
    Connection.objects.update(connected_at=timezone.now() + timezone.timedelta(seconds=5))
    zoom.deliver(client, late)
    inbox.process_delivery(Delivery.objects.get(event="app_deauthorized").pk)
    assert connections.the_connection().is_connected


@pytest.fixture
def other(zoom):
    """Somebody in another Zoom account who may add the app."""
    zoom.control(f"apps/{seed.CLIENT_ID}", "PATCH", shared=True)
    account = zoom.control("accounts", name="Example College")["id"]
    return zoom.control("users", email="boss@college.example", role="owner", type=2, account_id=account)["email"]


def test_another_account_is_asked_about_while_sessions_depend(session, connected, site, zoom, other):
    with pytest.raises(connections.OtherAccount) as asks:
        reconnect(site, zoom, user=other)
    assert (asks.value.present, asks.value.wanted) == ("zoom-admin@example.edu", other)
    assert len(asks.value.sessions) == 1
    facts = queries.site_facts().other_account
    assert (facts.present, facts.wanted, facts.sessions) == ("zoom-admin@example.edu", other, 1)
    assert connections.client(patient=False).me().email == "zoom-admin@example.edu"  # nothing has changed yet


def test_the_other_account_is_taken_when_she_says_so(session, connected, site, zoom, other):
    with pytest.raises(connections.OtherAccount):
        reconnect(site, zoom, user=other)
    with pytest.raises(connections.ConsentRefused, match="expired"):
        connections.confirm_other_account(user_id=site.author.pk)  # somebody else's question
    assert connections.confirm_other_account(user_id=site.admin.pk).zoom_email == other
    assert connections.client(patient=False).me().email == other
    assert queries.site_facts().other_account is None


def test_the_other_account_is_dropped_and_its_grant_ended(session, connected, site, zoom, other):
    with pytest.raises(connections.OtherAccount):
        reconnect(site, zoom, user=other)
    connections.drop_other_account()
    open_grants = [grant for grant in zoom.control("state")["grants"] if not grant.get("ended_at")]
    assert len(open_grants) == 1
    assert connections.the_connection().pending_grant is None
    assert connections.client(patient=False).me().email == "zoom-admin@example.edu"


def test_after_ten_minutes_the_question_is_forgotten(session, connected, site, zoom, other):
    with pytest.raises(connections.OtherAccount):
        reconnect(site, zoom, user=other)
    Connection.objects.update(pending_at=timezone.now() - timezone.timedelta(minutes=11))
    with pytest.raises(connections.ConsentRefused, match="expired"):
        connections.confirm_other_account(user_id=site.admin.pk)
    consent.forget_lapsed()
    assert connections.the_connection().pending_grant is None


def test_without_sessions_another_account_is_simply_taken(connected, site, zoom, other):
    assert reconnect(site, zoom, user=other).zoom_email == other


@pytest.mark.parametrize(("error", "slug"), [("access_denied", "declined"), ("server_error", "consent_failed")])
def test_what_zoom_says_instead_of_a_code_is_told_apart(connected, site, zoom, error, slug):
    query = begin(site)
    with pytest.raises(connections.ConsentRefused, match=slug):
        connections.finish_consent(
            user_id=site.admin.pk, session_key="a session", state=query["state"], code="", error=error
        )
    assert connections.the_connection().is_connected


def test_a_redirect_that_zoom_does_not_know_is_named(connected, site, zoom):
    query = begin(site)
    code = allow(zoom, query)
    from zoom_xblock.models import ConsentRequest

    ConsentRequest.objects.filter(used_at__isnull=True).update(redirect_uri="http://elsewhere/zoom/oauth/callback")
    with pytest.raises(ZoomSaid, match="bad_redirect"):
        connections.finish_consent(
            user_id=site.admin.pk, session_key="a session", state=query["state"], code=code, error=""
        )
    assert connections.the_connection().is_connected


def test_a_token_refused_again_and_again_is_refreshed_once_a_minute_at_most(connected, zoom):
    zoom.fault("*", "/v2/users/me", status=401, body={"code": 124, "message": "Invalid access token."}, times=None)
    zoom.fault("POST", "/oauth/token", delay=0.01, times=None)
    for _call in range(5):
        with pytest.raises(zoom_client.errors.Disconnected):
            connections.client(patient=False).me()
    hits = {fault["path"]: fault["hits"] for fault in zoom.control("faults")["faults"]}
    assert hits["/oauth/token"] == 1
    row = connections.the_connection()
    assert (row.is_connected, row.refresh_error) == (True, "token_refused")
    assert queries.site_facts().token.state == "failing"


@pytest.mark.django_db(transaction=True)
def test_a_token_that_cannot_be_written_ends_in_a_clear_reconnect(connected, zoom):
    from django.db import DatabaseError, connection

    Connection.objects.update(expires_at=timezone.now())
    table = Connection._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER full_disk BEFORE UPDATE OF refresh_token ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    try:
        with pytest.raises(DatabaseError):
            connections.client(patient=False).me()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER full_disk")
    with pytest.raises(zoom_client.errors.Disconnected):
        connections.client(patient=False).me()
    row = connections.the_connection()
    assert (row.state, row.state_reason) == ("disconnected", "refresh_lost")


def test_a_limit_of_zooms_is_told_without_sleeping(connected, zoom):
    zoom.fault("GET", "/v2/users/me", rate_limit="daily", times=None)
    started = timezone.now()
    with pytest.raises(zoom_client.errors.RateLimited) as limited:
        connections.client(patient=False).me()
    assert limited.value.retry_after_seconds > 1
    assert (timezone.now() - started).total_seconds() < 2


def test_an_unsafe_call_is_never_repeated_by_itself(connected, site, zoom, block_row):
    from tests.conftest import wishes_of

    zoom.fault("POST", "/v2/users/*/meetings", status=503, times=None)
    with pytest.raises(Exception, match="zoom_down"):
        save_session(usage_key=block_row.key, user_id=site.author.pk, wishes=wishes_of(block_row))
    assert zoom.control("faults")["faults"][0]["hits"] == 1


def test_a_connected_user_who_is_gone_is_noticed_by_the_daily_list(site, zoom, jobs):
    from tests.services.test_two_kinds_of_app import save_server

    save_server(host_email="colleague@example.edu")
    connections.connect_server(user_id=site.admin.pk)
    zoom.control("users/colleague@example.edu", "PATCH", status="inactive")
    hosts.refresh_hosts()
    assert connections.the_connection().state_reason == "host_gone"
