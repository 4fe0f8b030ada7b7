"""Counters and timings: nothing by default, kept where the site wants them, never in the way of the work."""

from __future__ import annotations

import ast
import logging
import sys
from pathlib import Path
from types import ModuleType

import pytest

from zoom_xblock import jobs as all_jobs
from zoom_xblock import tasks
from zoom_xblock.models import Delivery
from zoom_xblock.services import backlog, metrics, sweep

PACKAGE = Path(metrics.__file__).parents[1]


class Metric:
    """As strict as `prometheus_client`: labels are the declared ones, all of them."""

    made: dict

    def __init__(self, name, documentation, labelnames=(), buckets=None):
        assert name not in type(self).made, "a name is registered once in a process"
        type(self).made[name] = self
        self.name, self.labelnames, self.values = name, tuple(labelnames), {}

    def labels(self, **labels):
        """One of its children."""
        if set(labels) != set(self.labelnames):
            raise ValueError("Incorrect label names")
        return Child(self, tuple(labels[name] for name in self.labelnames))

    def _plain(self):
        if self.labelnames:
            raise ValueError("metric is missing label values")
        return Child(self, ())

    def inc(self, by=1):
        """Add."""
        self._plain().inc(by)

    def observe(self, value):
        """Note."""
        self._plain().observe(value)

    def set(self, value):
        """Set."""
        self._plain().set(value)


class Child:
    """Values of one set of labels."""

    def __init__(self, metric, key):
        self._values, self._key = metric.values, key

    def inc(self, by=1):
        """Add."""
        self._values[self._key] = self._values.get(self._key, 0) + by

    def observe(self, value):
        """Note."""
        self._values.setdefault(self._key, []).append(value)

    def set(self, value):
        """Set."""
        self._values[self._key] = value


@pytest.fixture
def kept(settings, monkeypatch):
    """The site keeps metrics; what it has, by name."""
    settings.ZOOM_XBLOCK_METRICS = True
    made: dict = {}
    module = ModuleType("prometheus_client")
    for name in ("Counter", "Gauge", "Histogram"):
        setattr(module, name, type(name, (Metric,), {"made": made}))
    monkeypatch.setitem(sys.modules, "prometheus_client", module)
    metrics._metric.cache_clear()
    yield made
    metrics._metric.cache_clear()


def test_by_default_nothing_is_kept_and_nothing_is_imported(settings, monkeypatch):
    settings.ZOOM_XBLOCK_METRICS = False
    monkeypatch.setattr(metrics, "_metric", lambda _name: pytest.fail("asked for"))
    metrics.count("deliveries", state="done")
    metrics.took("delivery_wait", 1.0)
    metrics.stands_at("lag_seconds", 2.0)


def test_counters_timings_and_gauges_reach_the_registry(kept):
    metrics.count("deliveries", state="done")
    metrics.count("deliveries", 2, state="done")
    metrics.took("delivery_wait", 1.5)
    metrics.stands_at("backlog", 7, kind="reports")
    assert kept["zoom_xblock_deliveries"].values == {("done",): 3}
    assert kept["zoom_xblock_delivery_wait_seconds"].values == {(): [1.5]}
    assert kept["zoom_xblock_backlog"].values == {("reports",): 7}


def test_a_metric_that_objects_spoils_nothing(kept, caplog):
    metrics.count("deliveries", colour="red")
    metrics.count("no such metric")
    assert caplog.text.count("metric not kept") == 2


def test_a_site_without_the_library_is_told_once(settings, monkeypatch, caplog):
    settings.ZOOM_XBLOCK_METRICS = True
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    metrics._metric.cache_clear()
    metrics.count("received", outcome="new")
    metrics.count("received", outcome="new")
    assert caplog.text.count("prometheus_client is not installed") == 1
    metrics._metric.cache_clear()


def test_what_the_package_tells_is_declared_with_its_labels():
    """A wrong name or label would be seen in production only."""
    told = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in (
                "count", "took", "stands_at", "timed"
            ) and getattr(node.func.value, "id", "") == "metrics":  # fmt: skip
                labels = {keyword.arg for keyword in node.keywords if keyword.arg not in ("by", "value", "seconds")}
                labels |= {"outcome"} if node.func.attr == "timed" else set()
                told.append((node.args[0].value, labels, f"{path.name}:{node.lineno}"))
    assert len(told) > 8
    for name, labels, where in told:
        assert set(metrics.METRICS[name][1]) == labels, where


@pytest.mark.django_db(transaction=True)
def test_a_delivery_a_job_and_a_call_are_measured(kept, connected, session, zoom, client, jobs):
    from datetime import timedelta

    from django.utils import timezone

    zoom.held()
    zoom.play(session.zoom_id, start_at=timezone.now() - timedelta(hours=2), minutes=60, people=[])
    zoom.deliver(client)
    jobs.run(within_seconds=60)
    assert kept["zoom_xblock_received"].values[("new",)] == Delivery.objects.count()
    assert kept["zoom_xblock_deliveries"].values[(Delivery.State.DONE,)] >= 2
    assert ("process_waiting", "done") in kept["zoom_xblock_jobs_seconds"].values
    assert ("200",) in kept["zoom_xblock_calls_seconds"].values
    sweep.sweep()
    assert kept["zoom_xblock_lag_seconds"].values == {(): 0.0}
    assert kept["zoom_xblock_backlog"].values[("reports",)] == backlog.report()["backlog"]["reports"]


def test_a_job_says_what_it_did_and_for_whom(caplog, db):
    with caplog.at_level(logging.INFO, logger="zoom_xblock.jobs"):
        tasks.process_delivery(123)
    assert "job=process_delivery args=(123,) outcome=done milliseconds=" in caplog.text


def test_every_job_is_watched_acknowledged_late_and_given_out_again_when_its_worker_dies():
    from celery import current_app

    ours = [task for name, task in current_app.tasks.items() if name.startswith("zoom_xblock.")]
    assert len(ours) > 15
    for task in ours:
        assert isinstance(task, all_jobs.Job), task.name
        assert task.acks_late, task.name
        assert task.reject_on_worker_lost, task.name
        assert task.ignore_result, task.name
