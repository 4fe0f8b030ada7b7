"""How the work is going: what waits and for how long, what was given up, and what is left of the budget."""

from __future__ import annotations

from typing import Any

from django.db.models import Min
from django.utils import timezone

from zoom_xblock.models import Connection, Delivery, Registration, Sitting
from zoom_xblock.services import budget, metrics, paying

#: More placements that owe something are not counted.
MOST = 1000


def report() -> dict[str, Any]:
    """
    For machines, as JSON: `lag_seconds` (age of the oldest delivery that is not processed), `backlog` and `failed` by
    kind, `budget`, and `swept_seconds_ago` (None: never). A fixed number of queries, no call to Zoom.
    """
    now = timezone.now()
    new = Delivery.objects.filter(state=Delivery.State.NEW)
    oldest = new.aggregate(at=Min("received_at"))["at"]
    swept = Connection.objects.values_list("swept_at", flat=True).first()
    return {
        "lag_seconds": max(0.0, round((now - oldest).total_seconds(), 1)) if oldest else 0.0,
        "backlog": {
            "deliveries": new.count(),
            "registrations": Registration.objects.filter(state=Registration.State.PENDING).count(),
            "reports": Sitting.objects.filter(record=Sitting.Record.AWAITED).count(),
            "running": Sitting.objects.filter(ended_at__isnull=True, started_at__isnull=False).count(),
            "placements_owing": len(paying.owing_placements(MOST)),
        },
        "failed": {
            "deliveries": Delivery.objects.filter(state=Delivery.State.FAILED).count(),
            "registrations": Registration.objects.filter(state=Registration.State.FAILED).count(),
        },
        "budget": {"is_shared": budget.is_shared(), "left": budget.left()},
        "swept_seconds_ago": round((now - swept).total_seconds(), 1) if swept else None,
    }


def measure() -> None:
    """Set the gauges, where the site keeps metrics (the sweep calls it)."""
    if not metrics.is_on():
        return
    found = report()
    metrics.stands_at("lag_seconds", found["lag_seconds"])
    for kind, count in (*found["backlog"].items(), *(("failed_" + kind, n) for kind, n in found["failed"].items())):
        metrics.stands_at("backlog", count, kind=kind)
