"""The site that is measured: what it stands on, its processes, and the workers of the bench that run inside it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from demo.backing import DATABASE_SERVER, REDIS, MariaDb, OwnRedis, driver, listens
from demo.site.stack import ROOT, _die_with_parent, free_port
from demo.zoom.testing import ZoomProcess

#: The demo's processes answer with threads; two processes of four, as many as an LMS with two workers may have.
THREADS = os.environ.get("BENCH_THREADS", "4")


class Site:
    """A context manager: a migrated, seeded, connected site and the stand-in Zoom, gone at the end."""

    def __init__(self, *, sqlite: bool = False, fresh_redis: bool = True) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="bench-"))
        self.has_mariadb = not sqlite and listens(DATABASE_SERVER)
        self.has_redis = not sqlite and (OwnRedis.is_here() or listens(REDIS))
        self.database = MariaDb(f"zoom_bench_{os.getpid()}") if self.has_mariadb else None
        self.redis = OwnRedis(self.var / "redis") if self.has_redis and OwnRedis.is_here() else None
        self.stack = contextlib.ExitStack()
        self.port = free_port()

    @property
    def name(self) -> str:
        """What it stands on, for the table."""
        database = f"MariaDB ({'mysqlclient' if driver() else 'PyMySQL'})" if self.has_mariadb else "SQLite"
        return f"{database} + {'Redis' if self.has_redis else 'a broker of files'}"

    @property
    def url(self) -> str:
        """Where its gunicorn answers."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Site:
        try:
            if self.database:
                self.database.create()
                self.stack.callback(self.database.drop)
            if self.redis:
                self.redis.start()
                self.stack.callback(self.redis.kill)
            options = {"max_registrants": 1_000_000, "validation_retry_seconds": 0}
            self.zoom = self.stack.enter_context(ZoomProcess(seed_demo=self.url, report_delay=0, **options))
            # Nothing of what the stand-in would deliver by itself is wanted here.
            self.zoom.control("deliveries/hold", "POST")
            self.worker("prepare")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_problem: object) -> None:
        self.stack.close()
        shutil.rmtree(self.var, ignore_errors=True)

    def environment(self, **more: str) -> dict[str, str]:
        """Of every process of the site."""
        redis = self.redis.url if self.redis else REDIS if self.has_redis else ""
        return {
            **os.environ,
            **driver(),
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "DEMO_VAR": str(self.var),
            "DEMO_SITE_URL": self.url,
            "ZOOM_URL": self.zoom.url,
            "DEMO_DATABASE_URL": self.database.url if self.database else "",
            "DEMO_BROKER_URL": redis,
            "DEMO_CACHE_URL": self.redis.cache_url if self.redis else "",
            "DEMO_LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def worker(self, *arguments: object, seconds: float = 3600, queue: str = "memory") -> Any:
        """
        A process of the bench inside the site (`bench.worker`); what it printed last, read as JSON. `queue`: "memory",
        where it does all jobs itself, or "" for the site's own.
        """
        log = self.var / "log" / f"{arguments[0]}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as errors:
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-m", "bench.worker", *map(str, arguments)],
                cwd=ROOT,
                env=self.environment(BENCH_QUEUE=queue),
                stdout=subprocess.PIPE,
                stderr=errors,
                timeout=seconds,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"{arguments}: {log.read_text(errors='replace')[-3000:]}")
        return json.loads(done.stdout.decode().strip().splitlines()[-1])

    @contextlib.contextmanager
    def gunicorn(self, workers: int = 2) -> Any:
        """The site's web server, answering."""
        with self._process("site", "gunicorn", "demo.site.wsgi", *self._gunicorn_options(workers)) as server:
            until = time.monotonic() + 60
            while not listens(self.url):
                if time.monotonic() > until or server.poll() is not None:
                    raise RuntimeError("gunicorn does not answer")
                time.sleep(0.1)
            yield server

    @contextlib.contextmanager
    def celery(self, processes: int = 2) -> Any:
        """The site's worker, with so many processes."""
        options = ["--pool", "prefork", "--concurrency", str(processes), "--prefetch-multiplier", "1"]
        with self._process("celery", "celery", "-A", "demo.site.celery", "worker", *options) as worker:
            yield worker

    @contextlib.contextmanager
    def _process(self, log_name: str, *command: str) -> Any:
        """A module that runs beside the bench, and ends with the block."""
        with (self.var / "log" / f"{log_name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", *command],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
            )
            try:
                yield process
            finally:
                process.terminate()
                process.wait(60)

    def _gunicorn_options(self, workers: int) -> list[str]:
        threads = ["--worker-class", "gthread", "--threads", THREADS, "--keep-alive", "30", "--backlog", "2048"]
        return ["--bind", f"127.0.0.1:{self.port}", "--preload", "--workers", str(workers), *threads]

    def forget_queue(self) -> None:
        """Throw away what nobody is going to work on."""
        if self.redis:
            import redis

            redis.Redis.from_url(self.redis.url).flushall()


def load(**job: Any) -> dict[str, Any]:
    """One run of the client."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        cwd=ROOT,
        input=json.dumps(job).encode(),
        stdout=subprocess.PIPE,
        timeout=1800,
        check=True,
    )
    return json.loads(done.stdout)


def client_ceiling(count: int, clients: int) -> float:
    """Requests a second that the client manages against a server that does nothing."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.load", "answer"], cwd=ROOT, stdout=subprocess.PIPE, preexec_fn=_die_with_parent
    )
    try:
        port = int(server.stdout.readline())
        return load(url=f"http://127.0.0.1:{port}/", secret="-", count=count, clients=clients)["per_second"]
    finally:
        server.kill()
        server.wait()
