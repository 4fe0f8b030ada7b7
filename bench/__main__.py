"""
`make bench`: figures as ratios against a floor that is measured in the same run, medians of several rounds.

On MariaDB and Redis when they listen, on SQLite and a broker of files when not, or with `--sqlite`. Prints a table and
writes `bench/results.json`, which keeps the last run on each. `BENCH_QUICK=1` tries everything at a tenth of the size:
its ratios are no result. Takes minutes; nothing else should run on the machine meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import arithmetic, receiving
from bench.site import Site
from bench.table import Row, growth_row, median, show

RESULTS = Path(__file__).parent / "results.json"
SECTIONS = ("arithmetic", "receive", "settle", "page", "roster")


def settle_rows(site: Site, sizes: list[int], rounds: int) -> list[Row]:
    """Settling, settling again, memory, calls, growth."""
    runs = {size: site.worker("settle", size, rounds if size == sizes[1] else 1)["rounds"] for size in sizes}
    costs = {size: median(one["first"] for one in found) / size for size, found in runs.items()}
    middle, largest = runs[sizes[1]], runs[sizes[2]][0]
    ours, floor = median(one["first"] for one in middle), median(one["floor"] for one in middle)
    ratio = median(one["first"] / one["floor"] for one in middle)
    again = median(one["again"] / one["first"] for one in middle)
    decided = median(one["decided_again"] for one in middle)
    calls = max(one["calls"] - one["calls_at_least"] for found in runs.values() for one in found)
    return [
        Row(
            f"settling {sizes[1]:,} learners with 3 segments each, HTTP included",
            f"{ours:.1f} s",
            f"{sizes[1]:,} bare submit_completion: {floor:.1f} s",
            ratio,
            "<= 1.25",
            ratio <= 1.25,
            {"rounds": middle},
        ),
        Row(
            "settling again, nothing changed (the record fetched again)",
            f"{median(one['again'] for one in middle):.2f} s (counted again: {decided:.2f} s)",
            "the first settling",
            again,
            "<= 0.10",
            again <= 0.1,
        ),
        Row(
            f"memory while settling {sizes[2]:,}",
            f"+{largest['memory_mb']:.0f} MB",
            "memory before",
            None,
            "<= +100 MB",
            largest["memory_mb"] <= 100,
            {"run": largest},
        ),
        Row(
            f"calls to Zoom to settle {largest['rows']:,} rows",
            f"{largest['calls']}",
            f"ceil(rows/300) = {largest['calls_at_least']}",
            None,
            "<= +2",
            calls <= 2,
            {"most_beyond": calls},
        ),
        growth_row("settling, for a learner", costs),
    ]


def spread_rows(site: Site, size: int, rounds: int) -> list[Row]:
    """Settling as a site does it, where its chunks spread over two processes of a Celery worker."""
    with site.celery(2):
        found = site.worker("spread", size, rounds, queue="")["rounds"]
    ratio = median(one["first"] / one["floor"] for one in found)
    ours, floor = median(one["first"] for one in found), median(one["floor"] for one in found)
    return [
        Row(
            f"settling {size:,} learners, by a Celery worker of two processes",
            f"{ours:.1f} s",
            f"{size:,} bare submit_completion, one process: {floor:.1f} s",
            ratio,
            "<= 1.25",
            ratio <= 1.25,
            {"rounds": found},
        )
    ]


def page_rows(site: Site, sizes: list[int]) -> list[Row]:
    """The learner's page in courses of rising size."""
    found = {size: site.worker("page", size) for size in sizes}
    last = found[sizes[-1]]
    costs = {size: one["zoom_seconds"] / size for size, one in found.items()}
    flat = costs[sizes[-1]] * sizes[-1] / (costs[sizes[0]] * sizes[0])
    good = last["queries"] <= 4 and last["calls"] == 0 and last["ratio"] <= 1.5
    return [
        Row(
            f"learner's page in a session of {sizes[-1]:,}",
            f"{last['zoom_seconds'] * 1000:.2f} ms, {last['queries']} queries, {last['calls']} calls",
            f"a page of HTML: {last['html_seconds'] * 1000:.2f} ms, {last['html_queries']} queries of its own",
            last["ratio"],
            "<= 1.50, <= 4 queries, 0 calls",
            good,
            {str(size): one for size, one in found.items()},
        ),
        Row(
            "growth: learner's page, at all",
            ", ".join(f"{size:,}: {one['zoom_seconds'] * 1000:.2f} ms" for size, one in found.items()),
            "constant",
            flat,
            "<= 1.15",
            flat <= 1.15,
        ),
    ]


def roster_rows(site: Site, sizes: list[int]) -> list[Row]:
    """The roster's page and CSV in sessions of rising size."""
    found = {size: site.worker("roster", size) for size in sizes}
    middle, small, large = found[sizes[1]], found[sizes[0]], found[sizes[-1]]
    rows = []
    figures = {"page": ("page_seconds", "page_queries"), "CSV": ("csv_first_byte_seconds", "csv_queries")}
    for what, (first, queries) in figures.items():
        rows.append(
            Row(
                f"roster {what} of {sizes[1]:,}",
                f"{middle[queries]} queries, first byte {middle[first] * 1000:.0f} ms",
                "-",
                None,
                "<= 8 queries, < 300 ms",
                middle[queries] <= 8 and middle[first] < 0.3,
                middle,
            )
        )
    more = large["csv_memory_mb"] - small["csv_memory_mb"]
    said = ", ".join(f"{size:,}: +{one['csv_memory_mb']:.1f} MB" for size, one in found.items())
    rows.append(Row("roster CSV, memory", said, "constant", None, "+5 MB at most", more <= 5))
    costs = {size: one["csv_seconds"] / size for size, one in found.items()}
    rows.append(growth_row("roster CSV, for a learner", costs))
    return rows


def main() -> None:
    """Measure, print, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sqlite", action="store_true", help="do not use MariaDB and Redis, even if they are here")
    options.add_argument("--only", default=os.environ.get("BENCH_ONLY", ""), help=f"some of {', '.join(SECTIONS)}")
    options.add_argument("--results", type=Path, default=RESULTS)
    given = options.parse_args()
    quick = bool(os.environ.get("BENCH_QUICK"))
    wanted = [name for name in SECTIONS if not given.only or name in given.only.split(",")]
    sizes, rounds = ([100, 1000, 5000], 1) if quick else ([1000, 10_000, 50_000], 3)
    began, rows = time.monotonic(), []
    if "arithmetic" in wanted:
        rows += arithmetic.rows([size * 20 for size in sizes], 1 if quick else 5)
    with Site(sqlite=given.sqlite or bool(os.environ.get("BENCH_SQLITE"))) as site:
        name = site.name
        print(f"on {name}, {os.cpu_count()} cores{', QUICK: no result' if quick else ''}", flush=True)
        if "receive" in wanted:
            rows += receiving.rows(site, sizes=sizes, rounds=rounds, steady_seconds=3 if quick else 20)
            print(show(rows), flush=True)
        if "settle" in wanted:
            rows += settle_rows(site, sizes, rounds)
            if site.has_redis:
                rows += spread_rows(site, sizes[1], rounds)
            print(show(rows), flush=True)
        if "page" in wanted:
            rows += page_rows(site, sizes)
        if "roster" in wanted:
            rows += roster_rows(site, sizes)
    print(f"\n{name}, {time.monotonic() - began:.0f} s\n{show(rows)}")
    if not quick:
        _write(given.results, name, rows)


def _write(path: Path, name: str, rows: list[Row]) -> None:
    """Keep the last figure of each line on each kind of site."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    lines = {row["what"]: row for row in kept.get(name, {}).get("rows", [])}
    lines |= {row.what: row.as_json() for row in rows}
    kept[name] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.machine()},
        "rows": list(lines.values()),
    }
    path.write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
