"""Those who make trouble: each kind is a function of the stand and the facts of the plan."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from typing import Any

from chaos.plan import Trouble
from chaos.stand import Stand

#: Rows that the product writes to; locked in any order, a deadlock is a matter of time.
TABLES = (
    "zoom_xblock_delivery",
    "zoom_xblock_sitting",
    "zoom_xblock_segment",
    "zoom_xblock_meeting",
    "zoom_xblock_result",
    "zoom_xblock_registration",
    "completion_blockcompletion",
)


class Maker:
    """Makes the trouble of a plan at its times, in a thread; and deadlocks all the time, in another."""

    def __init__(self, stand: Stand, troubles: list[Trouble], seconds: float, seed: int) -> None:
        self.stand, self.troubles, self.seconds = stand, troubles, seconds
        self.counts: Counter[str] = Counter()
        self.may_lose_ends = True
        self._began, self._over, self._chance = time.monotonic(), threading.Event(), random.Random(seed)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._follow, self._deadlocks)]

    def start(self) -> None:
        """Begin."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No more trouble, and Zoom is well again."""
        self._over.set()
        for thread in self._threads:
            thread.join(20)
        self.stand.zoom.control("faults", "DELETE")
        self.stand.zoom.control("delivery-faults", "DELETE")

    def _follow(self) -> None:
        for one in self.troubles:
            if self._over.wait(max(0.0, self._began + one.at - time.monotonic())):
                return
            try:
                getattr(self, f"_{one.kind}")(one.facts)
                self.counts[one.kind] += 1
            except Exception as error:  # a trouble that cannot be made is told, and does not end the run
                self.counts[f"{one.kind} failed: {type(error).__name__}"] += 1

    def _kill_web(self, facts: dict[str, Any]) -> None:
        self.stand.kill_one_below("web", facts["dice"])

    def _kill_job(self, facts: dict[str, Any]) -> None:
        self.stand.kill_one_below("worker-1" if facts["dice"] < 0.5 else "worker-2", facts["dice"])

    def _kill_worker(self, facts: dict[str, Any]) -> None:
        self.stand.kill("worker-1" if facts["dice"] < 0.5 else "worker-2")

    def _kill_sweep(self, _facts: dict[str, Any]) -> None:
        self.stand.kill("sweep")

    def _empty_redis(self, facts: dict[str, Any]) -> None:
        self.stand.empty_redis(0.5 + facts["dice"])

    def _cut_database(self, facts: dict[str, Any]) -> None:
        self.stand.database.cut(most=1 + int(facts["dice"] * 6))

    def _lock_database(self, facts: dict[str, Any]) -> None:
        """Hold rows for longer than anybody waits for them. Not those of deliveries: those are inserted, not locked."""
        table = TABLES[1:][int(facts["dice"] * (len(TABLES) - 1))]
        link = self.stand.database.connect()
        with link.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"SELECT id FROM {table} ORDER BY id DESC LIMIT 50 FOR UPDATE")
            self._over.wait(facts["seconds"])
            cursor.execute("ROLLBACK")
        link.close()

    def _zoom(self, facts: dict[str, Any]) -> None:
        self.stand.zoom.control("faults", "DELETE")
        self.stand.zoom.control("faults", faults=facts["faults"])

    def _deliveries(self, facts: dict[str, Any]) -> None:
        faults = [dict(one) for one in facts["faults"]]
        # The end of a session that was to be over just now is asked after an hour later only: such an end is not lost.
        faults = [one for one in faults if not one.pop("old_only", False) or self.may_lose_ends]
        self.stand.zoom.control("delivery-faults", "DELETE")
        if faults:
            self.stand.zoom.control("delivery-faults", faults=faults)

    def _expire_tokens(self, _facts: dict[str, Any]) -> None:
        self.stand.zoom.control("tokens/expire", which="access")

    def _lose_token_answer(self, _facts: dict[str, Any]) -> None:
        """Zoom rotates the refresh token, and the answer that says so is lost."""
        fault = {"method": "POST", "path": "/oauth/token", "drop": True, "when": "after", "times": 1}
        self.stand.zoom.control("faults", faults=[fault])
        self.stand.zoom.control("tokens/expire", which="access")

    def _deadlocks(self) -> None:
        """Transactions that lock rows one by one in any order, heavy enough to be the one that survives."""
        while not self._over.wait(0.05):
            with contextlib.suppress(Exception):  # sometimes it is the one that dies
                link = self.stand.database.connect()
                try:
                    self._one_deadlock(link)
                finally:
                    link.close()

    def _one_deadlock(self, link: Any) -> None:
        chance = self._chance
        with link.cursor() as cursor:
            cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
            cursor.execute("CREATE TABLE IF NOT EXISTS chaos_ballast (id INT AUTO_INCREMENT PRIMARY KEY, n INT)")
            cursor.execute("BEGIN")
            cursor.execute("INSERT INTO chaos_ballast (n) VALUES " + ",".join(["(1)"] * 200))
            for table in chance.sample(TABLES[1:], 3):
                cursor.execute(f"SELECT id FROM {table} ORDER BY id DESC LIMIT {chance.randrange(1, 40)}")
                ids = sorted((row[0] for row in cursor.fetchall()), key=lambda _one: chance.random())[:4]
                for number in ids:
                    cursor.execute(f"SELECT id FROM {table} WHERE id = {number} FOR UPDATE")
                    time.sleep(chance.uniform(0, 0.02))
            cursor.execute("ROLLBACK")
        self.counts["transactions in the way"] += 1
