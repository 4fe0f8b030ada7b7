"""Faults of deliveries on request: lost, late, more than once, in another order."""

import fnmatch
import itertools
from dataclasses import dataclass

ACTIONS = ("duplicate", "lose", "delay", "reorder")


@dataclass
class DeliveryFault:
    """What to do to the next deliveries whose event and URL match.

    duplicate: ``copies`` more with the same request id, ``seconds`` apart; lose: never sent; delay: sent ``seconds``
    later; reorder: kept until ``window`` have come (or 2 s passed), then sent in shuffled order, ``seconds`` apart.
    """

    id: int
    action: str
    event: str = "*"
    url: str = "*"
    times: int = 1
    skip: int = 0
    probability: float = 1.0
    copies: int = 1
    seconds: float = 0.0
    window: int = 10
    hits: int = 0


class DeliveryFaults:
    """The list of faults; the first that matches a delivery is used. Callers hold the engine's lock."""

    def __init__(self):
        self._faults, self._numbers = [], itertools.count(1)

    def add(self, **values):
        """Add one; raises ValueError or TypeError for values that make no sense."""
        if values.get("action") not in ACTIONS:
            raise ValueError(f"action is one of {', '.join(ACTIONS)}")
        fault = DeliveryFault(id=next(self._numbers), **values)
        self._faults.append(fault)
        return fault

    def clear(self):
        """Remove all."""
        self._faults = []

    def listed(self):
        """All, used-up ones too."""
        return list(self._faults)

    def match(self, delivery, random):
        """The fault for this delivery, counted as used, or None."""
        for fault in self._faults:
            if fault.times is not None and fault.hits >= fault.times:
                continue
            if not fnmatch.fnmatchcase(delivery.event, fault.event) or not fnmatch.fnmatchcase(delivery.url, fault.url):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.probability < 1 and random.random() >= fault.probability:
                continue
            fault.hits += 1
            return fault
        return None
