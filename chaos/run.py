"""One run from its seed: people come and go, trouble is made, the site heals, the oracle judges."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from chaos import oracle
from chaos.plan import Plan, Session, Size, make
from chaos.stand import Stand
from chaos.trouble import Maker

#: The outcome must stay right for so long after it is.
STILL_SECONDS = 8


@dataclass
class Report:
    """What came of a seed."""

    seed: int
    verdict: oracle.Verdict
    troubles: dict[str, int]
    seconds: float
    healed_after: float | None
    events: int
    reconnected: int
    web: dict[str, int]
    restarts: int
    frozen: int
    log: Path
    zoom_states: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return {
            "seed": self.seed,
            "clean": self.verdict.is_clean,
            "learners": self.verdict.learners,
            "completions": self.verdict.completions,
            "deliveries": self.verdict.deliveries,
            "lost": len(self.verdict.lost),
            "wrong": len(self.verdict.wrong),
            "doubled": len(self.verdict.doubled),
            "late": len(self.verdict.late),
            "unfinished": len(self.verdict.waiting),
            "healed_after_seconds": self.healed_after,
            "seconds": round(self.seconds, 1),
            "troubles": self.troubles,
            "deliveries_at_zoom": self.zoom_states,
            "reconnected": self.reconnected,
            "processes_started_again": self.restarts,
            "of_them_frozen_workers": self.frozen,
            "first_differences": self.verdict.all[:20],
        }


class Run:
    """The people of a run, and whoever looks after the site."""

    def __init__(self, plan: Plan, stand: Stand) -> None:
        self.plan, self.stand = plan, stand
        self.site = oracle.Site(stand.database.ask)
        self.web: Counter[str] = Counter()
        self.reconnected = 0
        self._over = threading.Event()

    def prepare(self) -> None:
        """The course, its people, and the processes."""
        wanted = {
            "learners": self.plan.size.learners,
            "sessions": [
                {
                    "name": one.name,
                    "learners": one.learners,
                    "clickers": one.clickers,
                    "required_minutes": one.required_minutes,
                    "is_graded": one.is_graded,
                    "ago_minutes": one.ago_minutes,
                    "planned_minutes": one.planned_minutes,
                }
                for one in self.plan.sessions
            ],
        }
        path = self.stand.var / "plan.json"
        path.write_text(json.dumps(wanted))
        self.made = self.stand.inside("prepare", str(path))
        self.places = {one["name"]: one for one in self.made["sessions"]}
        for session in self.plan.sessions:
            if session.is_dark:  # while the site was down: no delivery of it was ever sent
                self._play(session)
        self.stand.run()
        until = time.monotonic() + 30
        while not all(one["validated"] for one in self._subscriptions()):
            assert time.monotonic() < until, "Zoom cannot validate our addresses"
            time.sleep(0.1)

    def _subscriptions(self) -> list[dict[str, Any]]:
        found = self.stand.zoom.control("state")["subscriptions"]
        # Those of the other app of the demo's account are validated with its first token only.
        return [one for one in found if one["client_id"].startswith("demoZoom")]

    def go(self) -> tuple[Maker, float]:
        """People click, come and go while trouble is made; then everything is calm."""
        began = time.monotonic()
        maker = Maker(self.stand, self.plan.troubles, self.plan.size.seconds, self.plan.seed)
        watch = threading.Thread(target=self._administrator, daemon=True)
        maker.start()
        watch.start()
        with ThreadPoolExecutor(8) as people:
            clicks = [(one, learner) for one in self.plan.sessions for learner in one.clickers]
            clicking = people.map(lambda pair: self._click(*pair, began), clicks)
            # Old ones first: their ends may be lost.
            sessions = [one for one in self.plan.sessions if not one.is_dark]
            sessions.sort(key=lambda one: (one.ago_minutes <= 60, one.at))
            times = sorted(one.at for one in sessions)
            for at, session in zip(times, sessions, strict=True):
                time.sleep(max(0.0, began + at - time.monotonic()))
                if session.ago_minutes <= 60 and maker.may_lose_ends:
                    maker.may_lose_ends = False
                    self.stand.zoom.control("delivery-faults", "DELETE")
                self._play(session)
            time.sleep(max(0.0, began + self.plan.size.seconds - time.monotonic()))
            maker.stop()
            list(clicking)
        return maker, began

    def _click(self, session: Session, learner: int, began: float) -> None:
        """A learner opens the unit and asks for her place, again until she is told that it is noted."""
        at = began + (learner % 97) / 97 * self.plan.size.seconds * 0.35
        time.sleep(max(0.0, at - time.monotonic()))
        key = self.places[session.name]["usage_key"]
        course = "course-v1:DemoX+Zoom+2026"
        url = f"{self.stand.url}/courses/{course}/xblock/{key}/handler/register"
        token = "c" * 32
        cookies = {"demo_site_session": self.made["cookies"][str(learner)], "csrftoken": token}
        headers = {"X-CSRFToken": token}
        for _try in range(60):
            try:
                answer = requests.post(url, json={}, cookies=cookies, headers=headers, timeout=20)
                self.web[str(answer.status_code)] += 1
                if answer.status_code == 200:
                    return
            except requests.RequestException as error:
                self.web[type(error).__name__] += 1
            time.sleep(0.5)

    def _play(self, session: Session) -> None:
        """The session takes place, all at once; those come who have a link by now."""
        place = self.places[session.name]
        known = {one["email"] for one in self._registrants(place["zoom_id"])}
        shift = 0.0
        if session.ago_minutes <= 60:  # it ends about now, whenever it was planned
            shift = datetime.now(UTC).timestamp() // 1 - 3600 - place["starts_at"]
        for sitting in session.sittings:
            begins = place["starts_at"] + shift + sitting.begins
            people = [self._person(one) for one in sitting.people]
            self.stand.zoom.control(
                f"meetings/{place['zoom_id']}/people",
                base_at=begins,
                end_at=begins + sitting.ends - sitting.begins,
                host=True,
                send=not session.is_dark,
                people=[one for one in people if one.get("email") is None or one["email"] in known],
            )

    @staticmethod
    def _person(one: dict[str, Any]) -> dict[str, Any]:
        found = dict(one)
        if "learner" in found:
            found["email"] = f"crowd{found.pop('learner')}@example.edu"
        return found

    def _registrants(self, number: int) -> list[dict[str, Any]]:
        return self.stand.zoom.control(f"meetings/{number}")["registrants"]

    def _administrator(self) -> None:
        """She has mail when the site is disconnected, and connects it again."""
        while not self._over.wait(1.0):
            try:
                [(state,)] = self.stand.database.ask("SELECT state FROM zoom_xblock_connection")
                if state == "disconnected":
                    self.stand.inside("connect")
                    self.reconnected += 1
            except Exception:  # the database is cut, or Zoom is away: she tries again
                continue

    def heal(self) -> tuple[oracle.Verdict, float | None]:
        """Wait until all is right and stays so; the last verdict, and after how many seconds (None: never)."""
        began, right_since = time.monotonic(), None
        self.stand.zoom.control("deliveries/wait", timeout=30, retries=True)
        while True:
            verdict = self._judge()
            now = time.monotonic()
            if verdict.is_clean:
                right_since = right_since or now
                if now - right_since >= STILL_SECONDS:
                    break
            else:
                right_since = None
            if now - began > self.plan.size.heal_seconds:
                break
            time.sleep(2)
        self._over.set()
        deliveries = self.stand.zoom.control("deliveries?order=oldest&limit=1000000&body=0")
        self.zoom_states = deliveries["states"]
        oracle.judge_deliveries(verdict, self.site, deliveries["deliveries"])
        oracle.judge_effects(verdict, self.stand.var / "tracking.log")
        return verdict, None if right_since is None else right_since - began

    def _judge(self) -> oracle.Verdict:
        sessions = [
            {
                **self.places[one.name],
                "required_minutes": one.required_minutes,
                "is_graded": one.is_graded,
                "learners": one.learners,
            }
            for one in self.plan.sessions
        ]
        registrants = {one["zoom_id"]: self._registrants(one["zoom_id"]) for one in sessions}
        record = self.stand.zoom.control("record")
        ids = self.made["user_ids"]
        return oracle.judge(self.site, sessions=sessions, record=record, registrants=registrants, user_ids=ids)


def run(seed: int, size: Size, *, keep: Path | None = None) -> Report:
    """One run. `keep`: a folder for its logs; kept where the run was not clean, too."""
    began, plan = time.monotonic(), make(seed, size)
    with Stand(seed, keep) as stand:
        one = Run(plan, stand)
        one.prepare()
        maker, _began = one.go()
        verdict, healed = one.heal()
        stand.keep = keep is not None or not verdict.is_clean
        (stand.var / "differences.txt").write_text("\n".join(verdict.all))
        return Report(
            seed=seed,
            verdict=verdict,
            troubles=dict(maker.counts),
            seconds=time.monotonic() - began,
            healed_after=healed,
            events=verdict.deliveries,
            reconnected=one.reconnected,
            web=dict(one.web),
            restarts=stand.restarts,
            frozen=stand.frozen,
            log=stand.var,
            zoom_states=one.zoom_states,
        )
