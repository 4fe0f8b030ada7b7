"""
`make chaos`: a site of real processes under faults, judged by an oracle of its own, for ten seeds.

`python -m chaos [--small] [seed ...]`. Needs a MariaDB that listens and a `redis-server` to start. The seed decides who
comes when and which trouble is made when; how the processes meet in between is up to the machine. Writes
`chaos/results.json`. Ends with 1 where a seed was not clean; its logs are kept and named.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from chaos.plan import FULL, SMALL
from chaos.run import Report, run
from chaos.stand import Missing, check

HEAD = ("seed", "learners", "done", "deliv.", "lost", "wrong", "double", "late", "open", "healed", "seconds")
RESULTS = Path(__file__).parent / "results.json"


def line(report: Report) -> str:
    """One line of the table."""
    found = report.verdict
    healed = "never" if report.healed_after is None else f"{report.healed_after:.0f} s"
    cells = [report.seed, found.learners, found.completions, found.deliveries, len(found.lost), len(found.wrong)]
    cells += [len(found.doubled), len(found.late), len(found.waiting), healed, f"{report.seconds:.0f}"]
    return "".join(str(cell).rjust(9) for cell in cells)


def main() -> int:
    """Run the seeds."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("seeds", nargs="*", type=int, default=list(range(1, 11)))
    options.add_argument("--small", action="store_true", help="100 learners and 3 sessions")
    options.add_argument("--keep", type=Path, help="a folder for the logs of a run")
    given = options.parse_args()
    try:
        check()
    except Missing as missing:
        print(f"CHAOS NOT RUN: {missing}", file=sys.stderr)
        return 2
    print("".join(name.rjust(9) for name in HEAD), flush=True)
    dirty, found = 0, []
    for seed in given.seeds:
        keep = given.keep / str(seed) if given.keep else None
        report = run(seed, SMALL if given.small else FULL, keep=keep)
        print(line(report), flush=True)
        found.append(report.as_json())
        if not report.verdict.is_clean:
            dirty += 1
            print(f"  troubles: {report.troubles}; logs: {report.log}")
            for difference in report.verdict.all[:15]:
                print(f"  {difference}", flush=True)
    if not given.small:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    return 1 if dirty else 0


if __name__ == "__main__":
    sys.exit(main())
