"""Deliveries received, against the same server answering after the signature check alone."""

from __future__ import annotations

from bench.site import Site, client_ceiling, load
from bench.table import Row, growth_row, median
from demo.zoom import seed

CLIENTS = 32
STEADY_PER_SECOND = 200


def rows(site: Site, *, sizes: list[int], rounds: int, steady_seconds: int) -> list[Row]:
    """Rate, latency, growth."""
    job = {"secret": seed.SECRET_TOKEN, "clients": CLIENTS, "account_id": seed.ACCOUNT_ID}
    floor_url, ours_url = f"{site.url}/bench/signature", f"{site.url}/zoom/end"
    ceiling = client_ceiling(max(sizes), CLIENTS)
    pairs, number = [], 0

    def run(url: str, count: int, **more: object) -> dict:
        nonlocal number
        number += 1
        found = load(url=url, count=count, seed=number, **{**job, **more})
        assert set(found["statuses"]) == {"204"}, found["statuses"]
        return found

    with site.gunicorn():
        for url in (floor_url, ours_url):
            run(url, 400)  # connections, caches, compiled pages
        for _round in range(rounds):
            floor = run(floor_url, sizes[1])
            ours = run(ours_url, sizes[1])
            site.forget_queue()
            pairs.append((ours["per_second"], floor["per_second"]))
        steady = run(ours_url, STEADY_PER_SECOND * steady_seconds, per_second=STEADY_PER_SECOND)
        costs = {}
        for size in sizes:
            repeats = rounds if size == min(sizes) else 1
            costs[size] = 1 / median(run(ours_url, size)["per_second"] for _ in range(repeats))
            site.forget_queue()
    ours, floor = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    ratio = median(pair[0] / pair[1] for pair in pairs)
    return [
        Row(
            f"deliveries received a second, 2 workers, {CLIENTS} clients",
            f"{ours:,.0f}/s",
            f"signature alone: {floor:,.0f}/s (client manages {ceiling:,.0f}/s)",
            ratio,
            ">= 0.50",
            ratio >= 0.5,
            {"per_second": ours, "floor_per_second": floor, "client_ceiling_per_second": ceiling, "rounds": pairs},
        ),
        Row(
            f"the same at {STEADY_PER_SECOND}/s, 99th percentile",
            f"{steady['p99_ms']:.1f} ms (median {steady['median_ms']:.1f}, worst {steady['worst_ms']:.1f})",
            "-",
            None,
            "< 50 ms",
            steady["p99_ms"] < 50,
            steady,
        ),
        growth_row("receiving, for a delivery", costs),
    ]
