"""``python -m demo.zoom``: serve a stand-in Zoom until interrupted."""

import argparse
import json
import logging
import signal

from .options import Options
from .server import serve

_TEXT = """\
A stand-in for Zoom to develop and test against: OAuth, the meeting, webinar and report API, webhooks, and rooms to
join in a browser. It keeps to what the real one does, its quirks included, and has a clock that can be moved. Open its
address in a browser to see what is in it; /control is its API for tests (demo/zoom/README.md). Never put it on the
internet.
"""


def _option(text):
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError("write name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, {"True": True, "False": False, "None": None}.get(value, value)


def parser():
    """The command line."""
    found = argparse.ArgumentParser(
        "python -m demo.zoom",
        description=_TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="options of the world, for --option (default):\n"
        + "\n".join(
            f"  {name}={default}\n      {text}" + (f" ({', '.join(map(str, choices))})" if choices else "")
            for name, default, choices, text in Options.described()
        ),
    )
    found.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    found.add_argument("--port", type=int, default=8001, help="port; 0 takes a free one (default: %(default)s)")
    found.add_argument("--public-url", metavar="URL", help="address in links, if not http://HOST:PORT")
    found.add_argument(
        "--seed-demo",
        metavar="URL",
        nargs="?",
        const="http://127.0.0.1:8000",
        help="begin with the demo's university, people and apps, for a course site at URL (default: %(const)s)",
    )
    found.add_argument(
        "--state", metavar="FILE", help="keep the world in this file; it wins over --seed-demo when it exists"
    )
    found.add_argument(
        "--retry-scale",
        type=float,
        metavar="N",
        help="factor on the 5, 25 and 85 minutes after which deliveries are repeated, e.g. 0.001",
    )
    found.add_argument(
        "--report-delay",
        type=float,
        metavar="SECONDS",
        help="from the end of a sitting until its participants can be read",
    )
    found.add_argument("--seed", type=int, metavar="N", help="make ids and tokens repeatable")
    found.add_argument(
        "--option",
        type=_option,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set an option of the world, see below; may be repeated",
    )
    found.add_argument("--verbose", action="store_true", help="log more")
    return found


def _stop(*_):
    raise KeyboardInterrupt


def main():
    """Serve; SIGTERM ends as Ctrl-C does."""
    given = parser().parse_args()
    logging.basicConfig(
        level=logging.INFO if given.verbose else logging.WARNING, format="%(levelname)s %(name)s %(message)s"
    )
    signal.signal(signal.SIGTERM, _stop)
    options = dict(given.option)
    if given.retry_scale is not None:
        options["retry_scale"] = given.retry_scale
    if given.report_delay is not None:
        options["report_delay_seconds"] = given.report_delay
    try:
        Options().change(options)
    except ValueError as problem:
        parser().error(str(problem))
    serve(
        given.host,
        given.port,
        public_url=given.public_url,
        state=given.state,
        seed=given.seed,
        seed_demo=given.seed_demo,
        **options,
    )


if __name__ == "__main__":
    main()
