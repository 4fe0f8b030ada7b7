"""
What the connection page and the doctor read about the site's Zoom: rows and settings, plain values out, never a call.

`zoom_xblock.queries` hands these on; screens put words to the slugs.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils import timezone
from opaque_keys.edx.keys import UsageKey

from zoom_xblock import conf, scopes
from zoom_xblock.models import (
    App,
    Connection,
    Delivery,
    Endpoint,
    Host,
    Meeting,
    Placement,
    Registration,
    SelfTest,
    Sitting,
    app_of,
)

PAGE_ROWS = 50
#: A kept-aside grant of another account is forgotten after this.
PENDING_MINUTES = 10
HOSTS_EVERY = timedelta(days=1)
#: After a try that failed.
HOSTS_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class TokenHealth:
    """
    state: "none" (not connected), "unreadable" (no key opens it), "good", "expired" (renewed before the next call),
    "failing" (the last refresh failed; `error` is a slug, and it is tried again with the next call).
    """

    state: str
    expires_at: datetime | None = None
    refreshed_at: datetime | None = None
    failed_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True)
class FeatureFacts:
    """
    A row of *feature / permission needed / granted?*. Scopes are granular, in the form that the app's kind has;
    `classic` are the older names that would do as well. What works without it is the feature's name to screens.
    """

    feature: str
    needed: list[str]
    classic: list[str]
    missing: list[str]
    is_granted: bool
    is_optional: bool
    is_essential: bool


@dataclass(frozen=True)
class HostRow:
    """A user of the account. `has_webinar` None: not known."""

    zoom_id: str
    email: str
    name: str
    is_licensed: bool
    is_active: bool
    has_webinar: bool | None
    meeting_capacity: int | None
    webinar_capacity: int | None


@dataclass(frozen=True)
class Page:
    """One page of a list; `number` counts from 1, `pages` is at least 1."""

    rows: list[Any]
    number: int = 1
    pages: int = 1
    total: int = 0


@dataclass(frozen=True)
class DeliveryRow:
    """A delivery without its body. state: a `Delivery.State`; `topic` is empty for meetings that are not ours."""

    id: int
    endpoint: str
    event: str
    zoom_id: int | None
    topic: str
    received_at: datetime
    state: str
    attempts: int
    error: str
    next_try_at: datetime | None
    processed_at: datetime | None


@dataclass(frozen=True)
class FutureSession:
    """A session that depends on the connection. `url` leads to it in Studio (empty in `site_facts`)."""

    usage_key: UsageKey
    topic: str
    starts_at: datetime | None
    course: str
    url: str = ""


@dataclass(frozen=True)
class OtherAccountFacts:
    """Another account was allowed at Zoom while sessions depend on the present one; who decides, until when."""

    present: str
    wanted: str
    sessions: int
    until: datetime


@dataclass(frozen=True)
class StepFacts:
    """A step of the self test: name and detail are slugs, state is a `SelfTestStep.State`."""

    name: str
    state: str
    detail: str
    at: datetime | None


@dataclass(frozen=True)
class SelfTestFacts:
    """The last self test. state: a `SelfTest.State`. `needs_cleaning`: its meeting is still at Zoom."""

    id: int
    state: str
    begun_at: datetime
    finished_at: datetime | None
    is_over: bool
    needs_cleaning: bool
    steps: list[StepFacts]


@dataclass(frozen=True)
class NextJob:
    """The next job of a kind: its name, when it is due, and how many rows wait for one."""

    job: str
    at: datetime
    count: int


@dataclass(frozen=True)
class HostsFacts:
    """When the account's users were last listed, how many there are, and why the last try failed (a slug)."""

    refreshed_at: datetime | None = None
    tried_at: datetime | None = None
    trouble: str = ""
    count: int = 0


@dataclass(frozen=True)
class SiteFacts:
    """What the connection page shows. Secrets are there as "since when", never as values."""

    connection: Connection
    endpoints: dict[str, dict[str, datetime | None]]
    waiting: int
    failed: int
    app: App
    token: TokenHealth
    features: list[FeatureFacts]
    hosts: HostsFacts
    policy: str
    allowed_hosts: list[str]
    removal: list[FutureSession]
    test: SelfTestFacts | None
    next_jobs: list[NextJob]
    other_account: OtherAccountFacts | None
    retired_jwt_settings: list[str] = field(default_factory=list)
    has_stored_jwt: bool = False


def site_facts() -> SiteFacts:
    """The connection, what it may do, and how its events arrive: a fixed number of queries."""
    connection = Connection.objects.filter(slot=1).first() or Connection()
    return SiteFacts(
        connection=connection,
        endpoints=_endpoints(),
        waiting=Delivery.objects.filter(state=Delivery.State.NEW).count(),
        failed=Delivery.objects.filter(state=Delivery.State.FAILED).count(),
        app=app_of(connection),
        token=token_health(connection),
        features=features(connection),
        hosts=HostsFacts(
            refreshed_at=connection.hosts_refreshed_at,
            tried_at=connection.hosts_tried_at,
            trouble=connection.hosts_error or "",
            count=Host.objects.count(),
        ),
        policy=connection.host_policy or Connection.HostPolicy.DEFAULT,
        allowed_hosts=(connection.allowed_hosts or "").split(),
        removal=future_sessions(),
        test=self_test(),
        next_jobs=next_jobs(connection),
        other_account=other_account(connection),
        retired_jwt_settings=conf.retired_jwt_settings(),
        has_stored_jwt=connection.retired_jwt not in (None, ""),
    )


def token_health(connection: Connection) -> TokenHealth:
    """How the token is doing, without asking Zoom."""
    if connection.state != Connection.State.CONNECTED:
        return TokenHealth("none")
    if not connection.access_token:
        return TokenHealth("unreadable")
    failing, expired = bool(connection.refresh_error), connection.token_expires_within(0)
    return TokenHealth(
        "failing" if failing else "expired" if expired else "good",
        connection.expires_at,
        connection.refreshed_at,
        connection.refresh_failed_at,
        connection.refresh_error or "",
    )


def features(connection: Connection) -> list[FeatureFacts]:
    """A row for each feature; nothing is granted while there is no grant."""
    granted = connection.granted_scopes if connection.is_connected else frozenset()
    wide = app_of(connection).is_server or not granted or any(scope.endswith(":admin") for scope in granted)

    def named(scope: str, original: str) -> str:
        return f"{scope}:admin" if wide or original in scopes.ACCOUNT_WIDE_ONLY else scope

    rows = []
    for feature, names in scopes.FEATURES.items():
        missing = [scope for scope in names if not scopes.is_granted(scope, granted)]
        rows.append(
            FeatureFacts(
                feature=feature,
                needed=[named(scope, scope) for scope in names],
                classic=sorted({named(scopes.classic(scope), scope) for scope in names}),
                missing=[named(scope, scope) for scope in missing],
                is_granted=not missing,
                is_optional=feature in scopes.OPTIONAL,
                is_essential=feature in scopes.ESSENTIAL,
            )
        )
    return rows


def future_sessions(most: int = 500) -> list[FutureSession]:
    """
    Sessions not over yet that are placed in a course, the next one first. A draft that was never published counts: its
    session is at Zoom, and its author relies on it.
    """
    now = timezone.now()
    there = Q(unpublished_since__isnull=True) | Q(required_seconds__isnull=True)
    coming = Q(meeting__starts_at__isnull=True) | Q(meeting__starts_at__gt=now - timedelta(days=1))
    placements = (
        Placement.objects.select_related("meeting")
        .filter(coming, there, meeting__isnull=False)
        .exclude(meeting__state__in=(Meeting.State.GONE, Meeting.State.ENDED))
        .order_by("meeting__starts_at", "pk")
    )
    found = []
    for placement in placements[:most]:
        meeting = placement.meeting
        if meeting is None:
            continue
        over = meeting.starts_at and meeting.starts_at + timedelta(minutes=meeting.duration_minutes or 60) < now
        if not over or meeting.state == Meeting.State.LIVE:
            found.append(
                FutureSession(placement.usage_key, meeting.topic, meeting.starts_at, str(placement.course_key))
            )
    return found


def self_test(test_id: int | None = None) -> SelfTestFacts | None:
    """The self test with this id, or the last one; None where there is none."""
    tests = SelfTest.objects.all() if test_id is None else SelfTest.objects.filter(pk=test_id)
    test = tests.order_by("-pk").first()
    if test is None:
        return None
    steps = [StepFacts(step.name, step.state, step.detail, step.at) for step in test.steps.all()]
    return SelfTestFacts(
        test.pk, str(test.state), test.begun_at, test.finished_at, test.is_over, test.needs_cleaning, steps
    )


def other_account(connection: Connection) -> OtherAccountFacts | None:
    """The question that a consent for another account has left, while it can be answered."""
    if not connection.pending_at or not connection.pending_grant:
        return None
    until = connection.pending_at + timedelta(minutes=PENDING_MINUTES)
    if until <= timezone.now():
        return None
    wanted = str(connection.pending_grant).split("\n", 1)[0]
    return OtherAccountFacts(connection.zoom_email, wanted, len(future_sessions()), until)


def hosts(page: int = 1) -> Page:
    """The account's users as last listed, active and licensed first; rows are `HostRow`."""
    rows = Host.objects.order_by("-is_active", "-is_licensed", "email", "pk")
    return _page(rows, page, _host_row)


def deliveries(state: str = "", event: str = "", page: int = 1) -> Page:
    """Deliveries, newest first, of one state and one event or of all; rows are `DeliveryRow`. Two queries and one."""
    rows = Delivery.objects.defer("body").order_by("-received_at", "-pk")
    if state:
        rows = rows.filter(state=state)
    if event:
        rows = rows.filter(event=event)
    found = _page(rows, page, lambda row: row)
    ids = {row.zoom_id for row in found.rows if row.zoom_id is not None}
    topics = dict(Meeting.objects.filter(zoom_id__in=ids).values_list("zoom_id", "topic")) if ids else {}
    return Page([_delivery_row(row, topics) for row in found.rows], found.number, found.pages, found.total)


def delivery_events() -> list[str]:
    """The names of events that ever arrived, for the filter."""
    return sorted(set(Delivery.objects.order_by().values_list("event", flat=True).distinct()[:200]))


def next_jobs(connection: Connection) -> list[NextJob]:
    """For each kind of job that waits for a time: when the next is due, and how many wait. The soonest first."""
    kinds = {
        "process_delivery": Delivery.objects.filter(state=Delivery.State.NEW),
        "register": Registration.objects.filter(state=Registration.State.PENDING),
        "settle_sitting": Sitting.objects.filter(record=Sitting.Record.AWAITED),
    }
    found = []
    for job, rows in kinds.items():
        waiting = rows.filter(next_try_at__isnull=False)
        at = waiting.aggregate(at=Min("next_try_at"))["at"]
        if at is not None:
            found.append(NextJob(job, at, waiting.count()))
    if connection.is_connected:
        found.append(NextJob("refresh_hosts", hosts_due_at(connection), 1))
    return sorted(found, key=lambda job: job.at)


def hosts_due_at(connection: Connection) -> datetime:
    """When the account's users are to be listed next."""
    listed, tried = connection.hosts_refreshed_at, connection.hosts_tried_at
    due = listed + HOSTS_EVERY if listed else timezone.now()
    failed = tried is not None and (listed is None or tried > listed)
    return max(due, tried + HOSTS_AGAIN) if failed and tried else due


# -- inside ---------------------------------------------------------------------------------------------------------


def _endpoints() -> dict[str, dict[str, datetime | None]]:
    endpoints: dict[str, dict[str, datetime | None]] = {
        name: {"validated_at": None, "received_at": None} for name in ("end_meeting", "end")
    }
    for endpoint in Endpoint.objects.filter(name__in=endpoints):
        endpoints[endpoint.name]["validated_at"] = endpoint.validated_at
    for name in endpoints:
        received = Delivery.objects.filter(endpoint=name).order_by("-received_at")
        endpoints[name]["received_at"] = received.values_list("received_at", flat=True).first()
    return endpoints


def _page(rows: QuerySet[Any], number: int, read: Any) -> Page:
    total = rows.count()
    pages = max(1, -(-total // PAGE_ROWS))
    number = min(max(1, number), pages)
    start = (number - 1) * PAGE_ROWS
    return Page([read(row) for row in rows[start : start + PAGE_ROWS]], number, pages, total)


def _host_row(host: Host) -> HostRow:
    return HostRow(**{one.name: getattr(host, one.name) for one in fields(HostRow)})


def _delivery_row(row: Delivery, topics: dict[int, str]) -> DeliveryRow:
    values = {one.name: getattr(row, one.name, "") for one in fields(DeliveryRow)}
    topic = topics.get(row.zoom_id, "") if row.zoom_id is not None else ""
    return DeliveryRow(**{**values, "state": str(row.state), "topic": topic})
