"""`python -m demo`: a course site and a stand-in Zoom, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from demo.site.stack import ROOT, Stack, StackError


def main() -> int:
    """Start everything, say where it is, wait."""
    stack = Stack(
        var=Path(os.environ.get("DEMO_VAR") or ROOT / "var").resolve(),
        site_port=int(os.environ.get("DEMO_PORT") or 8000),
        zoom_port=int(os.environ.get("ZOOM_PORT") or 8001),
    )
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    try:
        stack.start()
    except StackError as error:
        print(f"The demo cannot start: {error}", file=sys.stderr)
        return 1
    print(_greeting(stack), flush=True)
    broken = None
    while not stopped.wait(1) and broken is None:
        broken = stack.broken()
    print("Stopping.", flush=True)
    stack.stop()
    if broken:
        print(f"{broken.name} ended by itself:\n{broken.last_words()}", file=sys.stderr)
        return 1
    return 0


def _greeting(stack: Stack) -> str:
    from demo.site.accounts import ACCOUNTS

    people = "\n".join(f"  {account.name:<10} {account.can}" for account in ACCOUNTS)
    return (
        f"\nCourse site    {stack.site_url}/   (start here)\n"
        f"Stand-in Zoom  {stack.zoom_url}/\n\n"
        f"Accounts; each name is its password:\n{people}\n\n"
        f"Logs and state: {stack.var}\nCtrl-C stops everything."
    )


if __name__ == "__main__":
    sys.exit(main())
