"""Scratch databases on the servers that listen here, and processes that work on them."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from demo.zoom.testing import ZoomProcess
from tests.races.forks import Forked, Forks

ROOT = Path(__file__).parents[2]
SITE = "http://testserver"
PORTS = {"sqlite": None, "mysql": 3306, "postgresql": 5432}


def listens(port: int) -> bool:
    """Whether a server is there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Database:
    """A scratch database with a connected site in it."""

    forks: Forks

    def __init__(self, vendor: str, folder: Path, zoom: ZoomProcess) -> None:
        self.vendor, self.zoom = vendor, zoom
        self.name = f"zoom_race_{os.getpid()}"
        self._folder = folder
        user = {"mysql": "root", "postgresql": os.environ.get("RACE_POSTGRES_USER", "postgres")}.get(vendor, "")
        self.url = f"{vendor}://{user}@127.0.0.1:{PORTS[vendor]}/{self.name}" if user else ""
        self._user = user

    def admin(self, statement: str) -> None:
        """Ask the server itself."""
        if self.vendor == "mysql":
            import pymysql

            link = pymysql.connect(host="127.0.0.1", port=PORTS["mysql"], user=self._user, password="")
        elif self.vendor == "postgresql":
            import psycopg2

            link = psycopg2.connect(host="127.0.0.1", user=self._user, dbname="postgres")
            link.autocommit = True
        else:
            return
        with link.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        link.close()
        self.rows = rows

    def create(self) -> None:
        """Empty, as a platform of today makes it."""
        charset = " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci" if self.vendor == "mysql" else ""
        self.admin(f"CREATE DATABASE {self.name}{charset}")

    def drop(self) -> None:
        """Gone, whoever still holds it."""
        force = " WITH (FORCE)" if self.vendor == "postgresql" else ""
        self.admin(f"DROP DATABASE IF EXISTS {self.name}{force}")

    def cut_connections(self) -> None:
        """The server ends everybody's connection, as a failover does."""
        if self.vendor == "postgresql":
            self.admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'")
        elif self.vendor == "mysql":
            self.admin(f"SELECT id FROM information_schema.processlist WHERE db = '{self.name}'")
            for (number,) in self.rows:
                with suppress(Exception):  # it may have ended by itself
                    self.admin(f"KILL {number}")

    @property
    def environment(self) -> dict[str, str]:
        """Of every process that works on it."""
        return {"DEMO_DATABASE_URL": self.url, "DEMO_VAR": str(self._folder), "ZOOM_URL": self.zoom.url}

    def start(self, *arguments: str, module: str = "tests.races.worker", **environment: str) -> Forked:
        """A process that does one thing with it."""
        return self.forks.start(module, *arguments, **environment)

    def do(self, *arguments: str, **environment: str) -> Any:
        """What it printed."""
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=110)
        assert process.returncode == 0, err
        return json.loads(out.strip().splitlines()[-1])

    def killed_after(self, seconds: float, *arguments: str, **environment: str) -> None:
        """A process that is ended by force so long after Zoom was asked."""
        process = self.start(*arguments, **environment)
        try:
            until = time.monotonic() + 30
            while not self.refreshes():
                assert time.monotonic() < until, "Zoom was never asked"
                time.sleep(0.05)
            time.sleep(seconds)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()

    # -- the stand-in ---------------------------------------------------------------------------------------------
    def watch_tokens(self, **fault: Any) -> None:
        """Count calls of the token endpoint from now on, and let them be slow or go wrong."""
        self.zoom.control("faults", "DELETE")
        self.zoom.control("faults", faults=[{"method": "POST", "path": "/oauth/token", "times": None, **fault}])

    def refreshes(self) -> int:
        """Calls of the token endpoint since then."""
        return sum(one["hits"] for one in self.zoom.control("faults")["faults"])


#: What the races met, for the summary.
FIGURES: list[str] = []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The figures of the races."""
    for line in FIGURES:
        terminalreporter.write_line(line)


@pytest.fixture(scope="module", params=list(PORTS))
def database(request: Any, tmp_path_factory: Any) -> Iterator[Database]:
    """One of each kind that is here; the others are skipped aloud."""
    vendor = request.param
    port = PORTS[vendor]
    if port is not None:
        if not listens(port):
            pytest.skip(f"NOT TESTED ON {vendor.upper()}: no server listens on 127.0.0.1:{port}")
        pytest.importorskip("pymysql" if vendor == "mysql" else "psycopg2")
    with ZoomProcess(seed_demo=SITE, report_delay=0) as zoom:
        made = Database(vendor, tmp_path_factory.mktemp(vendor), zoom)
        made.create()
        try:
            with Forks(made.environment) as made.forks:
                made.do("connect")
                yield made
        finally:
            made.drop()


@pytest.fixture
def fresh(database: Database) -> Database:
    """The database, its site connected anew."""
    database.zoom.control("faults", "DELETE")
    database.do("reconnect")
    return database
