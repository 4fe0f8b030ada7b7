"""
What a site stands on, for benches and fault runs: a scratch database on the MariaDB that listens here, and a Redis.

Nothing of others is touched: the database has a name of its own and is dropped, the Redis is a process of its own
where there is a `redis-server`.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from demo.site.stack import ROOT, _die_with_parent, free_port

#: Where MariaDB is asked for; a user who may make databases.
DATABASE_SERVER = os.environ.get("DEMO_DATABASE_SERVER", "mysql://root@127.0.0.1:3306")
REDIS = os.environ.get("DEMO_REDIS", "redis://127.0.0.1:6379/13")


def driver() -> dict[str, str]:
    """Environment with which a process finds the platform's own MySQL driver, where `tools/driver.sh` could make it."""
    folder = ROOT / ".venv" / f"driver-{Path(sys.prefix).name}"
    return {"PYTHONPATH": str(folder)} if (folder / "MySQLdb").is_dir() else {}


def listens(url: str) -> bool:
    """Whether something accepts connections at the address of this URL."""
    parts = urlsplit(url)
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((parts.hostname or "127.0.0.1", parts.port or 0)) == 0


class MariaDb:
    """A scratch database: `url` is what `DEMO_DATABASE_URL` takes."""

    def __init__(self, name: str, server: str = DATABASE_SERVER) -> None:
        self.name, self._parts = name, urlsplit(server)
        self.url = f"{server.rstrip('/')}/{name}"

    def connect(self, *, inside: bool = True) -> Any:
        """A connection of the driver, in autocommit."""
        import pymysql

        return pymysql.connect(
            host=self._parts.hostname or "127.0.0.1",
            port=self._parts.port or 3306,
            user=unquote(self._parts.username or "root"),
            password=unquote(self._parts.password or ""),
            database=self.name if inside else None,
            charset="utf8mb4",
            autocommit=True,
        )

    def ask(self, statement: str, *, inside: bool = True) -> list[tuple[Any, ...]]:
        """One statement and its rows."""
        link = self.connect(inside=inside)
        try:
            with link.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            link.close()

    def create(self) -> None:
        """Empty, with the character set of a platform of today."""
        self.drop()
        self.ask(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", inside=False)

    def drop(self) -> None:
        """Gone, whoever still holds it."""
        self.cut()
        self.ask(f"DROP DATABASE IF EXISTS {self.name}", inside=False)

    def cut(self, most: int = 10_000) -> int:
        """The server ends connections to it, as a failover does; how many."""
        found = self.ask(f"SELECT id FROM information_schema.processlist WHERE db = '{self.name}'", inside=False)
        for (number,) in found[:most]:
            with suppress(Exception):  # it may have ended by itself
                self.ask(f"KILL {number}", inside=False)
        return len(found[:most])


class OwnRedis:
    """A Redis server that forgets everything when it ends, on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.cache_url = f"redis://127.0.0.1:{self.port}/1"
        self._process: subprocess.Popen | None = None

    @staticmethod
    def is_here() -> bool:
        """Whether there is a server to start."""
        return shutil.which("redis-server") is not None

    def start(self, seconds: float = 10) -> None:
        """Start it, empty, and wait until it listens."""
        self._folder.mkdir(parents=True, exist_ok=True)
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [*command, "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )
        until = time.monotonic() + seconds
        while not listens(self.url):
            if time.monotonic() > until or not self.is_running:
                self.kill()
                raise RuntimeError("redis-server does not listen")
            time.sleep(0.02)

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it at once; what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
