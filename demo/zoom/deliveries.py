"""Webhook deliveries: a bounded pool of threads, Zoom's retries, and faults on request.

The engine has a lock of its own, taken after the world's or alone, and held by nobody while a request is under way.
"""

import fnmatch
import heapq
import itertools
import random
import threading
import time
from dataclasses import dataclass, field

from . import sender
from .delivery_faults import DeliveryFaults

RETRY_SECONDS = (300, 1500, 5100)  # after the first attempt; then the event is lost
FINAL = ("delivered", "failed", "lost", "skipped", "dropped")
_THREADS = 8
_KEPT = 400_000


@dataclass(slots=True)
class Delivery:
    """One event for one endpoint. ``number`` is ours; ``request_id`` goes out as x-zm-request-id with every attempt.

    State: waiting (due, or before a retry), held, sending, delivered, failed (given up), lost (by a fault), skipped
    (endpoint not validated), dropped (by hand).
    """

    number: int
    request_id: str
    subscription_id: str
    client_id: str
    url: str
    event: str
    raw: bytes
    made_at: float
    state: str = "waiting"
    first_at: float = None  # real time of the first attempt
    note: str = ""
    attempts: list = field(default_factory=list)


class Deliveries:
    """The engine of one world."""

    def __init__(self, world):
        self._world = world
        self._lock = threading.Condition()
        self._numbers = itertools.count(1)
        self._order = itertools.count()
        self._threads = []
        self._clear()

    def _clear(self):
        self._all, self._due, self._bunch = {}, [], []
        self._faults = DeliveryFaults()
        self._random = random.Random(0)
        self._holding = False
        self._untried = self._unsettled = 0

    def reset(self):
        """Forget all; an attempt under way ends unseen."""
        with self._lock:
            self._clear()
            self._lock.notify_all()

    # in

    def add(self, subscription, event, raw):
        """Queue one event for one subscription, through the faults."""
        with self._lock:
            delivery = self._make(subscription, event, raw)
            if not subscription.active and not self._world.options.deliver_unvalidated:
                delivery.state, delivery.note = "skipped", "the endpoint is not validated"
                return delivery
            self._untried += 1
            self._unsettled += 1
            fault = self._faults.match(delivery, self._random)
            if self._holding:
                delivery.state = "held"
            elif fault is None:
                self._schedule(delivery, 0)
            elif fault.action == "lose":
                self._settle(delivery, "lost", "lost by request")
            elif fault.action == "delay":
                self._schedule(delivery, fault.seconds)
            elif fault.action == "reorder":
                self._gather(delivery, fault)
            if fault is not None and fault.action == "duplicate":
                if not self._holding:
                    self._schedule(delivery, 0)
                for copy in range(1, fault.copies + 1):
                    twin = self._make(subscription, event, raw, request_id=delivery.request_id, note="duplicate")
                    self._untried += 1
                    self._unsettled += 1
                    if self._holding:
                        twin.state = "held"
                    else:
                        self._schedule(twin, fault.seconds * copy)
            return delivery

    def _make(self, subscription, event, raw, request_id=None, note=""):
        delivery = Delivery(
            next(self._numbers),
            request_id or self._world.ids.file_id(),
            subscription.id,
            subscription.client_id,
            subscription.url,
            event,
            raw,
            self._world.now(),
            note=note,
        )
        self._all[delivery.number] = delivery
        if len(self._all) > _KEPT:
            for number in [n for n, one in itertools.islice(self._all.items(), 1000) if one.state in FINAL]:
                del self._all[number]
        return delivery

    def _gather(self, delivery, fault):
        delivery.note = "reordered"
        self._bunch.append(delivery)
        if len(self._bunch) >= fault.window:
            self._release_bunch(fault.seconds)
        elif len(self._bunch) == 1:
            heapq.heappush(self._due, (time.monotonic() + 2, next(self._order), None))
            self._lock.notify()

    def _release_bunch(self, gap=0.0):
        bunch, self._bunch = self._bunch, []
        self._random.shuffle(bunch)
        for place, delivery in enumerate(bunch):
            self._schedule(delivery, place * gap)

    def _schedule(self, delivery, seconds):
        delivery.state = "waiting"
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), delivery))
        if not self._threads:
            for number in range(_THREADS):
                thread = threading.Thread(target=self._work, name=f"delivery-{number}", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._lock.notify()

    def _settle(self, delivery, state, note=""):
        if delivery.state in FINAL:
            return
        if delivery.first_at is None:
            self._untried -= 1
        self._unsettled -= 1
        delivery.state, delivery.note = state, note or delivery.note
        self._lock.notify_all() if self._unsettled == 0 or self._untried == 0 else None

    # out

    def _work(self):
        session = sender.session()
        while True:
            with self._lock:
                delivery = self._next()
            self._attempt(session, delivery)

    def _next(self):
        while True:
            wait = None
            if self._due:
                due, _, delivery = self._due[0]
                wait = due - time.monotonic()
                if wait <= 0:
                    heapq.heappop(self._due)
                    if delivery is None:
                        self._release_bunch()
                    elif delivery.state == "waiting" and self._all.get(delivery.number) is delivery:
                        delivery.state = "sending"
                        return delivery
                    continue
            self._lock.wait(wait)

    def _attempt(self, session, delivery):
        answer = sender.post(self._world, session, delivery.client_id, delivery.url, delivery.raw, delivery.request_id)
        options = self._world.options
        with self._lock:
            if self._all.get(delivery.number) is not delivery:
                return answer
            if delivery.first_at is None:
                delivery.first_at = time.monotonic()
                self._untried -= 1
            delivery.attempts.append(answer)
            status = answer["status"]
            tries = sum("by_hand" not in attempt for attempt in delivery.attempts)
            again = status is None or status >= 500 or (options.retry_on == "all" and not 200 <= status < 300)
            if delivery.state != "sending":  # dropped by hand meanwhile
                pass
            elif status is not None and 200 <= status < 300:
                self._settle(delivery, "delivered")
            elif again and tries <= len(RETRY_SECONDS):
                due = delivery.first_at + RETRY_SECONDS[tries - 1] * options.retry_scale
                self._schedule(delivery, max(0.0, due - time.monotonic()))
            else:
                self._settle(delivery, "failed", "given up")
            if self._untried == 0:
                self._lock.notify_all()
        return answer

    # by hand

    def add_fault(self, **values):
        """Add a fault; raises ValueError or TypeError for values that make no sense."""
        with self._lock:
            return self._faults.add(**values)

    def clear_faults(self):
        """Remove all faults; what one of them holds for reordering goes out."""
        with self._lock:
            self._faults.clear()
            self._release_bunch()

    def faults(self):
        """All faults, as objects."""
        with self._lock:
            return self._faults.listed()

    def hold(self):
        """Keep all that comes from now on, and all that waits."""
        with self._lock:
            self._holding = True
            for delivery in self._all.values():
                if delivery.state == "waiting":
                    delivery.state = "held"

    def flush(self, order="fifo", one_by_one=False, numbers=None):
        """Let go what is held: fifo, reverse or shuffle, or by a list of ``numbers``; no longer hold afterwards.

        ``one_by_one`` sends in exactly this order, each after the answer to the one before, and returns when done.
        """
        with self._lock:
            self._holding = False
            held = [one for one in self._all.values() if one.state == "held"]
            if numbers is not None:
                held = [
                    self._all[number] for number in numbers if number in self._all and self._all[number].state == "held"
                ]
            elif order == "reverse":
                held.reverse()
            elif order == "shuffle":
                self._random.shuffle(held)
            for delivery in held:
                if one_by_one:
                    delivery.state = "sending"
                else:
                    self._schedule(delivery, 0)
        if one_by_one:
            session = sender.session()
            for delivery in held:
                self._attempt(session, delivery)
        return held

    def drop(self, state="held"):
        """Throw away everything in a state: held or waiting."""
        with self._lock:
            found = [one for one in self._all.values() if one.state == state]
            for delivery in found:
                self._settle(delivery, "dropped", "dropped by hand")
            return found

    def again(self, number, *, same_id=True, corrupt=""):
        """Send one again at once, apart from its retries; the answer. ``corrupt``: signature, timestamp or body.

        Raises KeyError for an unknown number.
        """
        with self._lock:
            delivery = self._all[number]
        request_id = delivery.request_id if same_id else self._world.ids.file_id()
        session = sender.session()
        if corrupt:
            return sender.post_corrupted(self._world, session, delivery, request_id, corrupt)
        answer = sender.post(self._world, session, delivery.client_id, delivery.url, delivery.raw, request_id)
        answer["by_hand"] = True
        with self._lock:
            delivery.attempts.append(answer)
        return answer

    def wait(self, timeout, retries=False):
        """Wait until every delivery was tried once (``retries``: is settled); False when the time ran out first."""
        until = time.monotonic() + timeout
        with self._lock:
            while (self._unsettled if retries else self._untried) > 0:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._lock.wait(min(left, 0.25))
            return True

    def found(self, *, event="*", state=None, url="*", limit=100, after=0, newest_first=True):
        """Deliveries that match, up to ``limit``, with a number beyond ``after``."""
        with self._lock:
            everything = reversed(self._all.values()) if newest_first else self._all.values()
            hits = (
                one
                for one in everything
                if one.number > after
                and state in (None, one.state)
                and fnmatch.fnmatchcase(one.event, event)
                and fnmatch.fnmatchcase(one.url, url)
            )
            return list(itertools.islice(hits, limit))

    def get(self, number):
        """One by number; raises KeyError."""
        return self._all[number]

    def counts(self):
        """How many there are in each state, and whether new ones are held."""
        with self._lock:
            counted = {}
            for delivery in self._all.values():
                counted[delivery.state] = counted.get(delivery.state, 0) + 1
            return {"states": counted, "holding": self._holding, "total": len(self._all)}
