"""
How fast Zoom is asked: one budget for each account and rate label, shared by all workers, kept before Zoom says so.

Zoom counts calls of an account, all its apps together, by label and second, and on free plans by day (Zoom, "Rate
limits"). What is counted here is the calls of the last second: in no second are there more than our share. Jobs that no
person waits for get a part of it only, so that reports never stand in front of a registration. Whoever is over waits a
moment; for longer `RateLimited` is raised, and the job comes again later.

Counted in Redis by one script, atomically, by Redis' own clock. Where Redis is away each process keeps a fixed part of
the limits by itself, and asks Redis again after a while: no call is ever held up by its absence.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, Protocol

from zoom_xblock import client as zoom
from zoom_xblock import conf
from zoom_xblock.services import metrics

log = logging.getLogger("zoom_xblock.budget")

Who = Literal["person", "job"]

#: Calls a second and a day (None: no limit of a day) by plan and label (Zoom, "Rate limits"; docs of 2026).
LIMITS: dict[str, dict[str, tuple[int, int | None]]] = {
    "free": {"light": (4, 6000), "medium": (2, 2000), "heavy": (1, 1000)},
    "pro": {"light": (30, None), "medium": (20, None), "heavy": (10, 30_000)},
    "business": {"light": (80, None), "medium": (60, None), "heavy": (40, 60_000)},
}
#: The part of the budget that jobs leave to people who wait.
RESERVE = 0.3
#: Sleeping is for moments: so long all in all for a person, and for a job, before `RateLimited` is raised.
PATIENCE_SECONDS: dict[Who, float] = {"person": 2.0, "job": 4.0}
#: Redis is given so long to answer, and is left alone for so long after it did not.
REDIS_SECONDS = 0.25
REDIS_AGAIN_SECONDS = 30.0
#: When one of our processes is told 429, jobs leave that label alone for so long.
PENALTY_SECONDS = 2.0

_WHO: ContextVar[Who | None] = ContextVar("zoom_xblock_budget_who", default=None)


@contextmanager
def for_a_person() -> Iterator[None]:
    """Calls within are made for somebody who waits for them (a registration), though a job makes them."""
    token = _WHO.set("person")
    try:
        yield
    finally:
        _WHO.reset(token)


class Store(Protocol):
    """Where calls are counted."""

    def take(self, key: str, most: int, day_most: int | None, *, is_job: bool) -> float:
        """Count one call if there is room; 0, or the seconds until there may be (`DAY` where the day is spent)."""
        ...

    def close(self, key: str, seconds: float) -> None:
        """Let no job take any for so long."""
        ...

    def used(self, key: str) -> tuple[int, int]:
        """Calls in the last second, and today."""
        ...

    def add(self, key: str, most: int, *, by: int = 1) -> bool:
        """Add to a counter of the day (or take away) unless it would be more than `most`; whether that was done."""
        ...


#: What `take` answers where a limit of the day is reached.
DAY = -1.0


def spend(label: str, who: Who) -> None:
    """
    Take one call out of the budget, before it is made; waits a moment where there is none.

    Raises `RateLimited` where that would be longer than a moment, with the seconds to wait.
    """
    limit = _limit(label)
    if limit is None:
        return
    who = _WHO.get() or who
    most, day_most = limit
    if who == "job":
        most = max(1, int(most * (1 - RESERVE)))
        day_most = int(day_most * (1 - RESERVE)) if day_most is not None else None
    deadline = time.monotonic() + PATIENCE_SECONDS[who]
    key = f"{_account()}:{label}"
    while True:
        wait = _counted(lambda store: store.take(key, most, day_most, is_job=who == "job"))
        if wait == 0:
            return
        if wait == DAY:
            metrics.count("held_back", label=label, why="day")
            log.warning("budget of the day spent label=%s who=%s", label, who)
            raise zoom.errors.RateLimited(
                "the day's calls are used up", retry_after_seconds=seconds_of_the_day_left(), daily=True
            )
        pause = wait + random.uniform(0, 0.05)  # noqa: S311 - no secret
        if time.monotonic() + pause > deadline:
            metrics.count("held_back", label=label, why="second")
            log.info("call put off label=%s who=%s seconds=%.1f", label, who, wait)
            raise zoom.errors.RateLimited("too many calls at once", retry_after_seconds=max(1.0, wait))
        time.sleep(pause)


def refused(label: str) -> None:
    """Zoom said 429 all the same (other apps of the account call, too): jobs step back for a moment."""
    key = f"{_account()}:{label}"
    _counted(lambda store: store.close(key, PENALTY_SECONDS))


def once_more_today(what: str, subject: str, most: int) -> None:
    """
    Count one of the few that Zoom allows a day (`what` for `subject`). Raises `RateLimited` until midnight UTC where
    they are used up.
    """
    key = f"{_account()}:{what}:{subject}"
    if not _counted(lambda store: store.add(key, most)):
        metrics.count("held_back", label=what, why="day")
        log.warning("limit of the day reached what=%s", what)
        raise zoom.errors.RateLimited(
            f"the day's {what} are used up", retry_after_seconds=seconds_of_the_day_left(), daily=True
        )


def not_used(what: str, subject: str, most: int) -> None:
    """One that was counted was none: Zoom has not acted."""
    key = f"{_account()}:{what}:{subject}"
    _counted(lambda store: store.add(key, most, by=-1))


def no_more_today(what: str, subject: str, most: int) -> None:
    """Zoom said that the day's are used up, whoever used them."""
    key = f"{_account()}:{what}:{subject}"
    _counted(lambda store: store.add(key, most * 2, by=most))


def left() -> dict[str, dict[str, int | None]]:
    """For each label: calls left in this second and on this day (None: unlimited), and whether Redis shares them."""
    found: dict[str, dict[str, int | None]] = {}
    for label in ("light", "medium", "heavy"):
        limit = _limit(label)
        assert limit is not None
        most, day_most = limit
        key = f"{_account()}:{label}"
        second, day = _counted(lambda store, key=key: store.used(key))  # type: ignore[misc]
        found[label] = {
            "second": max(0, most - second),
            "day": None if day_most is None else max(0, day_most - day),
        }
    return found


def is_shared() -> bool:
    """Whether Redis counts for all processes just now."""
    return _redis() is not None


def seconds_of_the_day_left(now: datetime | None = None) -> float:
    """Until midnight UTC, when Zoom's days begin."""
    now = now or datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight - now).total_seconds() + 1


# -- in Redis -------------------------------------------------------------------------------------------------------

#: The calls of the last second are the members of a sorted set, by their times. KEYS: calls, of the day, closed until.
#: ARGV: most, most of the day (-1: any), is it a job, a name for this call.
_TAKE = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
if ARGV[3] == '1' then
  local closed = redis.call('PTTL', KEYS[3])
  if closed > 0 then return tostring(closed / 1000) end
end
local day = tonumber(redis.call('GET', KEYS[2]) or '0')
if tonumber(ARGV[2]) >= 0 and day >= tonumber(ARGV[2]) then return '-1' end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 1)
local count = redis.call('ZCARD', KEYS[1])
local most = tonumber(ARGV[1])
if count >= most then
  local first = redis.call('ZRANGE', KEYS[1], count - most, count - most, 'WITHSCORES')
  return tostring(math.max(tonumber(first[2]) + 1 - now, 0.001))
end
redis.call('ZADD', KEYS[1], string.format('%.6f', now), ARGV[4])
redis.call('PEXPIRE', KEYS[1], 2000)
redis.call('INCR', KEYS[2])
redis.call('EXPIRE', KEYS[2], 172800)
return '0'
"""

_ADD = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count + tonumber(ARGV[2]) > tonumber(ARGV[1]) then return 0 end
redis.call('INCRBY', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[1], 172800)
return 1
"""


class InRedis:
    """Shared by all processes."""

    def __init__(self, link: Any) -> None:
        self._link = link
        self._take, self._add = link.register_script(_TAKE), link.register_script(_ADD)

    def take(self, key: str, most: int, day_most: int | None, *, is_job: bool) -> float:
        """See `Store`."""
        keys = [_named(key), _named(key, _today()), _named(key, "closed")]
        name = f"{os.getpid()}:{threading.get_ident()}:{time.monotonic_ns()}:{random.random()}"  # noqa: S311
        return float(self._take(keys=keys, args=[most, -1 if day_most is None else day_most, int(is_job), name]))

    def close(self, key: str, seconds: float) -> None:
        """See `Store`."""
        self._link.set(_named(key, "closed"), 1, px=int(seconds * 1000))

    def used(self, key: str) -> tuple[int, int]:
        """See `Store`."""
        now = self._link.time()
        since = now[0] + now[1] / 1e6 - 1
        return int(self._link.zcount(_named(key), since, "+inf")), int(self._link.get(_named(key, _today())) or 0)

    def add(self, key: str, most: int, *, by: int = 1) -> bool:
        """See `Store`."""
        return bool(self._add(keys=[_named(key, _today())], args=[most, by]))


def _named(*parts: str) -> str:
    return ":".join(("zoom_xblock:budget", *parts))


# -- in this process ------------------------------------------------------------------------------------------------


class InProcess:
    """A part of the limits, for this process alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, processes: int = 1) -> None:
        self._clock, self._processes = clock, processes
        self._lock = threading.Lock()
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._days: dict[tuple[str, str], int] = defaultdict(int)
        self._closed: dict[str, float] = {}

    def take(self, key: str, most: int, day_most: int | None, *, is_job: bool) -> float:
        """See `Store`."""
        now = self._clock()
        with self._lock:
            closed = self._closed.get(key, 0.0) - now
            if is_job and closed > 0:
                return closed
            most = max(1, most // self._processes)
            if day_most is not None and self._days[key, _today()] >= max(1, day_most // self._processes):
                return DAY
            calls = self._calls[key]
            while calls and calls[0] <= now - 1:
                calls.popleft()
            if len(calls) >= most:
                return max(calls[len(calls) - most] + 1 - now, 0.001)
            calls.append(now)
            self._count(key, 1)
            return 0.0

    def close(self, key: str, seconds: float) -> None:
        """See `Store`."""
        with self._lock:
            self._closed[key] = self._clock() + seconds

    def used(self, key: str) -> tuple[int, int]:
        """See `Store`."""
        with self._lock:
            recent = sum(at > self._clock() - 1 for at in self._calls[key])
            return recent * self._processes, self._days.get((key, _today()), 0) * self._processes

    def add(self, key: str, most: int, *, by: int = 1) -> bool:
        """See `Store`. Not divided: so few belong to one subject, and its jobs rarely run in two processes at once."""
        with self._lock:
            if self._days[key, _today()] + by > most:
                return False
            self._count(key, by)
            return True

    def _count(self, key: str, by: int) -> None:
        for known in [known for known in self._days if known[1] != _today()]:
            del self._days[known]
        self._days[key, _today()] += by


# -- inside ---------------------------------------------------------------------------------------------------------


def _today() -> str:
    return datetime.now(UTC).strftime("%Y%m%d")


def _limit(label: str) -> tuple[int, int | None] | None:
    known = LIMITS[conf.zoom_plan()].get(label)
    if known is None:  # the token endpoint has no label
        return None
    share = conf.budget_share()
    return max(1, int(known[0] * share)), None if known[1] is None else max(1, int(known[1] * share))


_away_until = 0.0
_local: tuple[int, int, InProcess] | None = None
_known_account: tuple[float, str] = (0.0, "")


def _counted(count: Callable[[Store], Any]) -> Any:
    """Ask the shared store, or this process' own where there is none."""
    global _away_until
    shared = _redis()
    if shared is not None:
        try:
            return count(shared)
        except Exception as error:  # redis-py has many errors, and none of them may hold up a call
            _away_until = time.monotonic() + REDIS_AGAIN_SECONDS
            log.warning("the budget is not shared: Redis is away (%s)", type(error).__name__)
    return count(_own())


def _own() -> InProcess:
    global _local
    wanted = (os.getpid(), conf.budget_processes())
    if _local is None or _local[:2] != wanted:
        _local = (*wanted, InProcess(processes=wanted[1]))
    return _local[2]


def _redis() -> InRedis | None:
    url = conf.redis_url()
    if not url or time.monotonic() < _away_until:
        return None
    return _linked(url, os.getpid())


@lru_cache(maxsize=2)
def _linked(url: str, pid: int) -> InRedis | None:
    """One pool of connections for each process."""
    try:
        import redis
    except ImportError:
        log.info("the budget is not shared: the package redis is not installed")
        return None
    limits = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    return InRedis(redis.Redis.from_url(url, **limits))


def _account() -> str:
    """The account's id, as last read at most a minute ago."""
    global _known_account
    now = time.monotonic()
    if now >= _known_account[0]:
        from zoom_xblock.models import Connection

        account_id, since = Connection.objects.values_list("account_id", "connected_at").first() or ("", None)
        # A stand-in is made anew more often than a day ends, with the same account in it.
        mark = f"@{since.timestamp():.0f}" if since and conf.stand_in_bases() else ""
        _known_account = (now + 60, f"{account_id or 'none'}{mark}")
    return _known_account[1]


def forget() -> None:
    """Start anew in this process: settings have changed (for tests)."""
    global _away_until, _local, _known_account
    _away_until, _local, _known_account = 0.0, None, (0.0, "")
    _linked.cache_clear()
