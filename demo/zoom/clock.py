"""The one clock of the stand-in. Times inside are floats, seconds since 1970, UTC; they become text at the edge."""

import re
import threading
import time
from datetime import UTC, datetime
from functools import lru_cache

_ISO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$")


@lru_cache(maxsize=65536)
def _iso_second(second):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


def iso(at):
    """Write a time as Zoom does: ``2026-01-05T09:00:00Z``; ``None`` stays ``None``."""
    return None if at is None else _iso_second(int(at))


def spoken(at):
    """Write a time for people: ``5 Jan 2026, 09:00 UTC``."""
    return "" if at is None else time.strftime("%-d %b %Y, %H:%M UTC", time.gmtime(int(at)))


def iso_ms(at):
    """Write a time with milliseconds, as ``deauthorization_time`` has it."""
    whole = int(at)
    return f"{_iso_second(whole)[:-1]}.{int((at - whole) * 1000):03d}Z"


def parse(value):
    """Read a control-API time: a number of epoch seconds or ISO 8601 text (without offset: UTC). Raises ValueError."""
    if isinstance(value, bool):
        raise ValueError(f"not a time: {value!r}")
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str) or not _ISO.match(value):
        raise ValueError(f"not a time: {value!r}")
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def day(at):
    """The GMT day of a time, for limits that reset at 00:00 GMT."""
    return int(at // 86400)


class Clock:
    """A clock that runs with real time, shifted, or stands still."""

    def __init__(self):
        self._lock = threading.Lock()
        self._shift = 0.0
        self._frozen_at = None

    def now(self):
        """Epoch seconds by this clock."""
        with self._lock:
            return self._now()

    def _now(self):
        return time.time() + self._shift if self._frozen_at is None else self._frozen_at

    def set(self, at):
        """Move to a moment; a frozen clock stays frozen there."""
        with self._lock:
            if self._frozen_at is None:
                self._shift = at - time.time()
            else:
                self._frozen_at = at

    def advance(self, seconds):
        """Move on (or back, if negative)."""
        with self._lock:
            if self._frozen_at is None:
                self._shift += seconds
            else:
                self._frozen_at += seconds

    def freeze(self):
        """Stand still at the present reading."""
        with self._lock:
            self._frozen_at = self._now()

    def tick(self):
        """Run again from the present reading."""
        with self._lock:
            if self._frozen_at is not None:
                self._shift = self._frozen_at - time.time()
                self._frozen_at = None

    def reset(self):
        """Real time again."""
        with self._lock:
            self._shift, self._frozen_at = 0.0, None

    def read(self):
        """What the control API shows: reading, whether it stands still, shift against real time in seconds."""
        with self._lock:
            now = self._now()
            return {"now": iso(now), "epoch": now, "frozen": self._frozen_at is not None, "shift": now - time.time()}
