"""The processes of a run, all on loopback: MariaDB's scratch database, Redis, Zoom, two web and two job workers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import redis

from demo.backing import DATABASE_SERVER, MariaDb, OwnRedis, driver, listens
from demo.site.stack import ROOT, Child, free_port
from demo.zoom.testing import ZoomProcess

#: Zoom's minutes and days, shortened.
REPORT_DELAYS = "1,3,6,12,30,60,120"
VISIBILITY_SECONDS = "12"
SWEEP_SECONDS = "3"
RETRY_SCALE = 0.0004
QUEUE = "demo.lms.default"
FROZEN_SECONDS = 10


class Missing(Exception):
    """Something that a run needs is not on this machine, in words."""


def check() -> None:
    """Raise Missing unless everything is here."""
    if not listens(DATABASE_SERVER):
        raise Missing(f"no MariaDB listens at {DATABASE_SERVER.rpartition('@')[2]}")
    if not OwnRedis.is_here():
        raise Missing("there is no redis-server to start")


class Stand:
    """A context manager: everything runs; at the end everything is gone but `var`, if the run is to be looked at."""

    def __init__(self, seed: int, var: Path | None = None) -> None:
        self.var = var or Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
        self.var.mkdir(parents=True, exist_ok=True)
        self.database = MariaDb(f"zoom_chaos_{seed}_{os.getpid()}")
        self.redis = OwnRedis(self.var / "redis")
        self._broker = redis.Redis.from_url(self.redis.url, socket_timeout=1)
        self.port, self.seed = free_port(), seed
        self.children: dict[str, Child] = {}
        self._started: dict[str, float] = {}
        self.stack = contextlib.ExitStack()
        self.keep = False
        self._lock, self._over = threading.Lock(), threading.Event()
        self.restarts, self.frozen, self.redis_back_at = 0, 0, 0.0

    @property
    def url(self) -> str:
        """Where the course site answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Of every process of the site."""
        return {
            **os.environ,
            **driver(),
            "DJANGO_SETTINGS_MODULE": "chaos.settings",
            "DEMO_VAR": str(self.var),
            "DEMO_SITE_URL": self.url,
            "ZOOM_URL": self.zoom.url,
            "DEMO_DATABASE_URL": self.database.url,
            # InnoDB waits 50 seconds for a lock; nobody wants to see that here.
            "DEMO_DATABASE_INIT": "SET SESSION innodb_lock_wait_timeout = 2",
            "DEMO_BROKER_URL": self.redis.url,
            "DEMO_CACHE_URL": self.redis.cache_url,
            "DEMO_VISIBILITY_SECONDS": VISIBILITY_SECONDS,
            "DEMO_REPORT_DELAYS_SECONDS": REPORT_DELAYS,
            "PYTHONUNBUFFERED": "1",
        }

    def __enter__(self) -> Stand:
        try:
            self.database.create()
            self.stack.callback(self.database.drop)
            self.redis.start()
            self.stack.callback(self.redis.kill)
            options = {
                "retry_scale": RETRY_SCALE,
                "report_delay": 3,
                "seed": self.seed,
                "validation_retry_seconds": 0.3,
            }
            self.zoom = self.stack.enter_context(ZoomProcess(seed_demo=self.url, **options))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_problem: object) -> None:
        self._over.set()
        with self._lock:
            for child in self.children.values():
                child.kill()
        self.stack.close()
        if not self.keep:
            shutil.rmtree(self.var, ignore_errors=True)

    def run(self) -> None:
        """Start the site, and a supervisor that starts again what has ended, as systemd or Kubernetes would."""
        web = ["--workers", "2", "--worker-class", "gthread", "--threads", "12", "--backlog", "2048", "--preload"]
        job = ["-A", "demo.site.celery", "worker", "--pool", "prefork", "--concurrency", "2", "--loglevel", "INFO"]
        job += ["--prefetch-multiplier", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        commands = {
            "web": ["-m", "gunicorn", "demo.site.wsgi", "--bind", f"127.0.0.1:{self.port}", *web],
            "worker-1": ["-m", "celery", *job, "--hostname", "one@chaos"],
            "worker-2": ["-m", "celery", *job, "--hostname", "two@chaos"],
            "sweep": ["-m", "demo.manage", "demo_sweep", "--every", SWEEP_SECONDS],
        }
        for name, command in commands.items():
            log = self.var / "log" / f"{name}.log"
            self.children[name] = Child(name, [sys.executable, "-W", "ignore", *command], self.environment, log)
            self.children[name].start()
        until = time.monotonic() + 60
        while not listens(self.url):
            if time.monotonic() > until:
                raise RuntimeError(f"the site does not answer: {self.children['web'].last_words()}")
            time.sleep(0.1)
        threading.Thread(target=self._supervise, daemon=True).start()

    def _supervise(self) -> None:
        while not self._over.wait(0.5):
            for child in self.children.values():
                with self._lock:
                    if not self._over.is_set() and not child.is_running:
                        self.restarts += 1
                        child.start()
                        self._started[child.name] = time.time()
            # From this thread, which lives as long as the run: a process ends with the thread that has started it.
            with self._lock:
                if not self._over.is_set() and not self.redis.is_running and time.monotonic() > self.redis_back_at:
                    self.restarts += 1
                    with contextlib.suppress(RuntimeError):  # not yet: the next round tries again
                        self.redis.start()
            with self._lock:
                self._restart_the_frozen()

    def _restart_the_frozen(self) -> None:
        """
        What a liveness probe does: start a worker again that takes nothing although jobs wait.

        Celery over Redis now and then stops to consume after it has lost Redis (celery/celery#8384, #8990), for good.
        """
        with contextlib.suppress(redis.RedisError):
            if not self._broker.llen(QUEUE):
                return
            for name in ("worker-1", "worker-2"):
                child = self.children[name]
                heard = max(child.log.stat().st_mtime, self._started.get(name, 0.0))
                if child.is_running and time.time() - heard > FROZEN_SECONDS:
                    self.frozen += 1
                    child.kill()

    def kill(self, name: str) -> None:
        """End a process and all that it has started, at once."""
        with self._lock:
            self.children[name].kill()

    def empty_redis(self, seconds: float) -> None:
        """End Redis at once; it comes back empty after so long."""
        self.redis_back_at = time.monotonic() + seconds
        self.redis.kill()

    def kill_one_below(self, name: str, dice: float) -> bool:
        """End one of the processes that another one has started: a web worker, or the one that does a job."""
        process = self.children[name].process
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            below = psutil.Process(process.pid).children() if process else []
            if below:
                os.kill(below[int(dice * len(below))].pid, signal.SIGKILL)
                return True
        return False

    def inside(self, *arguments: str, seconds: float = 300) -> Any:
        """A process of `chaos.inside`; what it printed last, read as JSON."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "chaos.inside", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]}: {done.stderr.decode(errors='replace')[-3000:]}")
        return json.loads(done.stdout.decode().strip().splitlines()[-1])
