"""Faults on request: the next calls that match a method and a path answer badly, late, or not at all."""

import fnmatch
import itertools
import random
import threading
from dataclasses import asdict, dataclass, field

WHEN = ("before", "after")
_SHORTHANDS = {
    "per_second": ("You have reached the maximum per-second rate limit for this API. Try again later.", "QPS"),
    "daily": (
        "You have reached the maximum daily rate limit for this API. Refer to the response header for details on when "
        "you can make another request.",
        "Daily-limit",
    ),
    "per_host": (
        "You have exceeded the daily rate limit (100) of Meeting Create/Update API requests permitted for this "
        "particular user. You may resume these requests at GMT 00:00:00.",
        "Daily-limit",
    ),
}


@dataclass
class Fault:
    """What to do to calls of ``method`` (``*``: any) on ``path`` (a shell pattern over the raw path without query).

    ``times``: how many calls (None: all); ``skip``: calls to let pass first. ``when``: ``before`` the call has an
    effect (it then has none), or ``after``. ``drop`` closes the connection without an answer. ``rate_limit``:
    per_second, daily or per_host stand for the whole 429. ``delay`` in real seconds; alone, the call is only slow.
    """

    id: int
    method: str = "*"
    path: str = "*"
    times: int = 1
    skip: int = 0
    probability: float = 1.0
    status: int = None
    body: object = None
    headers: dict = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False
    when: str = "before"
    rate_limit: str = ""
    hits: int = 0


class Faults:
    """The list of faults; the first that matches a call is used."""

    def __init__(self):
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._random = random.Random(0)
        self._faults = []

    def add(self, **values):
        """Add one; raises ValueError or TypeError for values that make no sense."""
        if values.get("when", "before") not in WHEN:
            raise ValueError(f"when is before or after, not {values['when']!r}")
        if values.get("rate_limit") and values["rate_limit"] not in _SHORTHANDS:
            raise ValueError(f"rate_limit is one of {', '.join(_SHORTHANDS)}")
        with self._lock:
            fault = Fault(id=next(self._numbers), **values)
            fault.method = fault.method.upper()
            self._faults.append(fault)
            return fault

    def clear(self):
        """Remove all."""
        with self._lock:
            self._faults.clear()
            self._random = random.Random(0)

    def remove(self, number):
        """Remove one by id."""
        with self._lock:
            self._faults = [fault for fault in self._faults if fault.id != number]

    def listed(self):
        """All, used-up ones too, as dicts."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def match(self, method, path):
        """The fault for this call, counted as used, or None."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.times is not None and fault.hits >= fault.times:
                    continue
                if fault.method not in ("*", method) or not fnmatch.fnmatchcase(path, fault.path):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.probability < 1 and self._random.random() >= fault.probability:
                    continue
                fault.hits += 1
                return fault
        return None


def answer_of(fault, midnight):
    """``(status, body, headers)`` of a fault that answers; ``midnight`` is the ISO time of the next GMT day."""
    if not fault.rate_limit:
        body = fault.body
        if body is None:
            body = {"code": fault.status, "message": "Internal server error."} if fault.status >= 400 else {}
        return fault.status, body, dict(fault.headers)
    text, kind = _SHORTHANDS[fault.rate_limit]
    headers = {
        "X-RateLimit-Category": "Light",
        "X-RateLimit-Type": kind,
        "X-RateLimit-Limit": "6000",
        "X-RateLimit-Remaining": "5893" if fault.rate_limit == "per_host" else "0",
    }
    if fault.rate_limit == "daily":
        headers["Retry-After"] = midnight
    return 429, {"code": 429, "message": text}, {**headers, **fault.headers}
