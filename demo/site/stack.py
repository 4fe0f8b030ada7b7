"""All processes of the demo together: the stand-in Zoom, the course site, one worker and the sweep."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class StackError(Exception):
    """The demo cannot start, in words for whoever started it."""


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """
    A port on which nobody listens just now, below those that systems give to outgoing connections: a server that is
    away for a while would find one of those taken, even by a client that tries to reach it.
    """
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port between 20000 and 32000")


def _die_with_parent() -> None:
    """On Linux, end with the process that started us, even if that one is killed."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@dataclass
class Child:
    """One process: how it is started, and where its output goes."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only whoever stops it in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """SIGTERM, as a service manager would."""
        if self.is_running:
            self.process.terminate()

    def kill(self) -> None:
        """End it at once, as a crash would, with the processes it has started itself."""
        if self.is_running:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def wait(self, seconds: float) -> None:
        """Wait until it has ended; kill it when it takes too long."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""


@dataclass
class Stack:
    """The demo on two ports, with its state in one directory."""

    var: Path
    site_port: int
    zoom_port: int
    environment: dict[str, str] = field(default_factory=dict)
    sweep_seconds: float = 30
    zoom_arguments: list[str] = field(default_factory=list)
    children: dict[str, Child] = field(default_factory=dict)

    @property
    def site_url(self) -> str:
        """Where the course site answers."""
        return f"http://127.0.0.1:{self.site_port}"

    @property
    def zoom_url(self) -> str:
        """Where the stand-in Zoom answers."""
        return f"http://127.0.0.1:{self.zoom_port}"

    def start(self, seconds: float = 60) -> None:
        """Start everything and return when both servers answer; StackError says what is in the way."""
        for port, variable in ((self.site_port, "DEMO_PORT"), (self.zoom_port, "ZOOM_PORT")):
            if not port_is_free(port):
                raise StackError(
                    f"port {port} is taken: stop what listens there, or choose another one with {variable}"
                )
        self.var.mkdir(parents=True, exist_ok=True)
        self._describe()
        for child in self.children.values():
            child.log.unlink(missing_ok=True)
        try:
            self.children["zoom"].start()
            prepare = self._child("prepare", "-m", "demo.manage", "demo_prepare")
            prepare.start()
            if prepare.process.wait(seconds):
                raise StackError(f"the database could not be prepared:\n{prepare.last_words()}")
            for name in ("site", "worker", "sweep"):
                self.children[name].start()
            self._wait_for("site", f"{self.site_url}/login/", seconds)
            self._wait_for("zoom", f"{self.zoom_url}/control/health", seconds)
        except BaseException:
            self.stop()
            raise

    def stop(self, seconds: float = 8) -> None:
        """Stop everything; what does not listen is killed."""
        running = list(self.children.values())
        for child in running:
            child.ask_to_stop()
        deadline = time.monotonic() + seconds
        for child in running:
            child.wait(max(0.1, deadline - time.monotonic()))

    def broken(self) -> Child | None:
        """A child that has ended by itself, if there is one."""
        return next((child for child in self.children.values() if child.process and not child.is_running), None)

    def _describe(self) -> None:
        # Zoom takes minutes to write its record of a session; nobody waits that long here.
        seeded = ["--seed-demo", self.site_url, "--state", str(self.var / "zoom.json"), "--report-delay", "3"]
        self.children["zoom"] = self._child(
            "zoom", "-m", "demo.zoom", "--port", str(self.zoom_port), *seeded, *self.zoom_arguments
        )
        web = ["--workers", os.environ.get("DEMO_WEB_WORKERS", "1"), "--worker-class", "gthread", "--threads", "8"]
        bind = ["--bind", f"127.0.0.1:{self.site_port}", *web]
        quick = ["--graceful-timeout", "3"]
        if find_spec("gunicorn.ctl"):  # since 25: a socket for the whole machine, which several stacks would fight over
            quick.append("--no-control-socket")
        self.children["site"] = self._child("site", "-m", "gunicorn", "demo.site.wsgi", *bind, *quick)
        alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        pool = ["--pool", "threads", "--concurrency", os.environ.get("DEMO_WORKER_THREADS", "4"), "--loglevel", "INFO"]
        self.children["worker"] = self._child(
            "worker", "-m", "celery", "-A", "demo.site.celery", "worker", *pool, *alone
        )
        self.children["sweep"] = self._child(
            "sweep", "-m", "demo.manage", "demo_sweep", "--every", str(self.sweep_seconds)
        )

    def _child(self, name: str, *arguments: str) -> Child:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "demo.site.settings",
            "DEMO_VAR": str(self.var),
            "DEMO_PORT": str(self.site_port),
            "ZOOM_PORT": str(self.zoom_port),
            "DEMO_SITE_URL": self.site_url,
            "ZOOM_URL": self.zoom_url,
            "PYTHONUNBUFFERED": "1",
            **self.environment,
        }
        return Child(name, [sys.executable, *arguments], environment, self.var / "log" / f"{name}.log")

    def _wait_for(self, name: str, url: str, seconds: float) -> None:
        child, deadline = self.children[name], time.monotonic() + seconds
        while not _answers(url):
            if not child.is_running:
                raise StackError(f"{name} ended at its start:\n{child.last_words()}")
            if time.monotonic() > deadline:
                raise StackError(f"{name} does not answer at {url}:\n{child.last_words()}")
            time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
