"""
What the on-call engineer sees: counters, timings and gauges by a small interface.

Nothing happens unless the site has `prometheus_client` installed and `ZOOM_XBLOCK_METRICS` on; then they stand in its
default registry, which the site exposes as it does its other metrics. Names and labels are fixed here, and no label
holds an id, a name or an address: those are in the log.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from zoom_xblock import conf

log = logging.getLogger("zoom_xblock.metrics")

#: Name: (kind, labels, what it says). Timings are in seconds.
METRICS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "deliveries": ("counter", ("state",), "Deliveries worked on, by what became of them"),
    "delivery_wait": ("timing", (), "From the arrival of a delivery to its effect"),
    "received": ("counter", ("outcome",), "Deliveries received, new or again"),
    "jobs": ("timing", ("job", "outcome"), "Jobs done, by name"),
    "calls": ("timing", ("status",), "Calls to Zoom by status; 0: no answer"),
    "held_back": ("counter", ("label", "why"), "Calls that the budget put off"),
    "swept": ("counter", ("job",), "Jobs that the sweep had to queue"),
    "lag_seconds": ("gauge", (), "Age of the oldest delivery that is not processed"),
    "backlog": ("gauge", ("kind",), "What waits, by kind"),
}
PREFIX = "zoom_xblock_"
#: Upper ends of the ranges of a timing.
BUCKETS = (0.005, 0.02, 0.1, 0.5, 1, 3, 10, 30, 60, 300, 3600)


def count(name: str, by: int = 1, **labels: str) -> None:
    """Add to a counter."""
    _tell(name, labels, lambda metric: metric.inc(by))


def took(name: str, seconds: float, **labels: str) -> None:
    """Note how long something took."""
    _tell(name, labels, lambda metric: metric.observe(seconds))


def stands_at(name: str, value: float, **labels: str) -> None:
    """Set a gauge."""
    _tell(name, labels, lambda metric: metric.set(value))


def called(name: str, **numbers: float) -> None:
    """What the client measures of a call to Zoom (`client.http.Observer`)."""
    took("calls", numbers["milliseconds"] / 1000, status=str(int(numbers["status"])))


def is_on() -> bool:
    """Whether anybody keeps what is told here."""
    return conf.has_metrics()


# -- inside ---------------------------------------------------------------------------------------------------------


def _tell(name: str, labels: dict[str, str], do: Any) -> None:
    if not conf.has_metrics():
        return
    try:
        metric = _metric(name)
        if metric is not None:
            do(metric.labels(**labels) if labels else metric)
    except Exception:  # whatever a metrics library objects to, the work that was measured has happened
        log.exception("metric not kept name=%s", name)


@cache
def _metric(name: str) -> Any:
    try:
        import prometheus_client
    except ImportError:
        log.warning("ZOOM_XBLOCK_METRICS is on, and prometheus_client is not installed")
        return None
    kind, labels, says = METRICS[name]
    if kind == "counter":
        return prometheus_client.Counter(PREFIX + name, says, labels)
    if kind == "gauge":
        return prometheus_client.Gauge(PREFIX + name, says, labels)
    return prometheus_client.Histogram(PREFIX + name + "_seconds", says, labels, buckets=BUCKETS)
