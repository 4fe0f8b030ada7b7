"""What is wrong with the connection, from rows and settings alone: asked by the page, the command and the checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from zoom_xblock import queries
from zoom_xblock.models import Connection, Delivery, Host, SelfTest
from zoom_xblock.services import key_rotation

ERROR, WARNING = "error", "warning"
#: The sweep runs every minute; what has been due for longer than this shows that it does not.
SWEEP_LATE = timedelta(minutes=15)

#: Code and slug of everything that can be found; screens put words to the slugs.
CODES = {
    "E101": "secrets_unreadable",
    "E102": "disconnected",
    "E103": "token_failing",
    "E104": "feature_missing",
    "E105": "deliveries_failed",
    "E106": "host_unknown",
    "W101": "not_configured",
    "W102": "not_connected",
    "W103": "feature_limited",
    "W104": "endpoint_not_validated",
    "W105": "sweep_late",
    "W106": "hosts_failing",
    "W107": "test_failed",
    "W108": "test_left_behind",
    "W109": "old_key_in_use",
    "W110": "jwt_stored",
    "W111": "other_account_waits",
    "W112": "sweep_stopped",
}
_CODE_OF = {slug: code for code, slug in CODES.items()}


@dataclass(frozen=True)
class Finding:
    """
    One thing that is not as it should be. `facts` are plain values for the sentence; none of them is a secret.
    """

    code: str
    level: str
    slug: str
    facts: dict[str, Any] = field(default_factory=dict)


def diagnose() -> list[Finding]:
    """All findings, errors first; an empty list is good news. A fixed number of queries, no call to Zoom."""
    facts = queries.site_facts()
    found = [*_grant(facts), *_rights(facts), *_events(facts), *_chores(facts)]
    return sorted(found, key=lambda finding: (finding.level != ERROR, finding.code))


# -- inside ---------------------------------------------------------------------------------------------------------


def _finding(slug: str, **facts: Any) -> Finding:
    code = _CODE_OF[slug]
    return Finding(code, ERROR if code.startswith("E") else WARNING, slug, facts)


def _grant(facts: queries.SiteFacts) -> list[Finding]:
    connection, found = facts.connection, []
    if connection.pk is not None:
        unreadable, old = key_rotation.state_of(connection)
        if unreadable:
            found.append(_finding("secrets_unreadable", fields=unreadable))
        if old:
            found.append(_finding("old_key_in_use", fields=old))
    if facts.app.missing and "secrets_unreadable" not in [one.slug for one in found]:
        found.append(_finding("not_configured", fields=facts.app.missing))
    if connection.state == Connection.State.DISCONNECTED:
        found.append(_finding("disconnected", reason=connection.state_reason, sessions=len(facts.removal)))
    elif connection.state == Connection.State.NEW and not facts.app.missing:
        found.append(_finding("not_connected"))
    if facts.token.state == "failing":
        found.append(_finding("token_failing", reason=facts.token.error))
    if facts.other_account is not None:
        found.append(_finding("other_account_waits", wanted=facts.other_account.wanted))
    if facts.has_stored_jwt:
        found.append(_finding("jwt_stored"))
    return found


def _rights(facts: queries.SiteFacts) -> list[Finding]:
    if not facts.connection.is_connected:
        return []
    found = [
        _finding("feature_missing" if row.is_essential else "feature_limited", feature=row.feature, scopes=row.missing)
        for row in facts.features
        if row.missing and not row.is_optional
    ]
    if facts.hosts.trouble:
        found.append(_finding("hosts_failing", reason=facts.hosts.trouble))
    wanted = facts.app.host_email
    known = facts.hosts.refreshed_at is not None
    if wanted and known and not Host.objects.filter(email__iexact=wanted, is_active=True).exists():
        found.append(_finding("host_unknown", email=wanted))
    return found


def _events(facts: queries.SiteFacts) -> list[Finding]:
    found = []
    if facts.connection.is_connected:
        found += [
            _finding("endpoint_not_validated", endpoint=name)
            for name, known in facts.endpoints.items()
            if known["validated_at"] is None
        ]
    if facts.failed:
        found.append(_finding("deliveries_failed", count=facts.failed))
    before = timezone.now() - SWEEP_LATE
    # The sweep moves `next_try_at` along; where no worker takes what it hands out, nothing was ever tried.
    overdue = Q(next_try_at__lt=before) | Q(received_at__lt=before, attempts=0)
    late = Delivery.objects.filter(overdue, state=Delivery.State.NEW).count()
    if late:
        found.append(_finding("sweep_late", count=late))
    swept_at = facts.connection.swept_at
    if facts.connection.is_connected and swept_at is not None and swept_at < before:
        found.append(_finding("sweep_stopped", count=int((timezone.now() - swept_at).total_seconds() // 60)))
    return found


def _chores(facts: queries.SiteFacts) -> list[Finding]:
    found = []
    if facts.test is not None and facts.test.state == SelfTest.State.FAILED:
        failed = next((step for step in facts.test.steps if step.state == "failed"), None)
        found.append(
            _finding("test_failed", step=failed.name if failed else "", reason=failed.detail if failed else "")
        )
    left = SelfTest.objects.filter(needs_cleaning=True, begun_at__lt=timezone.now() - timedelta(minutes=10)).first()
    if left is not None:
        found.append(_finding("test_left_behind", topic=left.topic))
    return found
