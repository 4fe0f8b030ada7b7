"""
Processes for the races, made by forking one that is ready.

A race wants real processes: with a number, a connection and a death of their own. It does not want the second that each
would spend on importing Django. So one process for each database imports everything, opens nothing, and forks whenever
a test asks for a process. What then runs is `python -m <module> <arguments>` in everything but the start.
"""

from __future__ import annotations

import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: What the verbs import.
READY = (
    *(f"tests.{name}" for name in ("conftest", "doors", "races.saving", "races.worker_sweeps")),
    *(
        f"zoom_xblock.services.{name}"
        for name in ("connections", "deletion", "doctor", "key_rotation", "linking", "sweep")
    ),
    "zoom_xblock.tasks",
)
_LARGEST = 65_536


class Forked:
    """A process, with as much of `subprocess.Popen` as the races use."""

    def __init__(self, status: int, out: int, err: int) -> None:
        self._status = os.fdopen(status, encoding="utf-8")
        self.stdout, self.stderr = os.fdopen(out, encoding="utf-8"), os.fdopen(err, encoding="utf-8", errors="replace")
        self.pid, self.returncode = int(self._status.readline()), None

    def send_signal(self, number: int) -> None:
        """Its end, usually."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """At once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = 110) -> tuple[str, str]:
        """What it wrote until it ended."""
        until, found = time.monotonic() + timeout, {}

        def read(name: str) -> None:
            found[name] = getattr(self, name).read()
            if name == "stdout":
                self.returncode = int(self._status.readline())

        readers = [threading.Thread(target=read, args=(name,), daemon=True) for name in ("stdout", "stderr")]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(max(0.0, until - time.monotonic()))
            if reader.is_alive():
                self.kill()
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        for file in (self._status, self.stdout, self.stderr):
            file.close()
        return found["stdout"], found["stderr"]


class Forks:
    """The process that is ready, as a test sees it: a context manager."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def __enter__(self) -> Forks:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.races.forks", str(theirs.fileno())],
            cwd=ROOT,
            env={**os.environ, **self._environment},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._socket.close()
        self._process.wait(30)

    def start(self, module: str, *arguments: str, **environment: str) -> Forked:
        """A process that runs a module as a script."""
        wanted = json.dumps({"module": module, "arguments": arguments, "environment": environment}).encode()
        assert len(wanted) < _LARGEST
        pipes = [os.pipe() for _ in range(3)]  # its state, its output, its errors
        socket.send_fds(self._socket, [wanted], [write for _read, write in pipes])
        for _read, write in pipes:
            os.close(write)
        return Forked(*[read for read, _write in pipes])


def serve(number: int) -> None:
    """Be ready; fork for each message; tell how each child ended."""
    _import_everything()
    ours = socket.socket(fileno=number)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    children: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([ours, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _reap(children)
        if ours in ready:
            message, files, _flags, _address = socket.recv_fds(ours, _LARGEST, 3)
            if not message:
                return  # the test is over
            status, out, err = files
            child = os.fork()
            if not child:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for one in (ours.fileno(), woken, wake, status, *children.values()):
                    os.close(one)
                _run(out, err, **json.loads(message))
            children[child] = status
            os.close(out)
            os.close(err)
            os.write(status, f"{child}\n".encode())


def _reap(children: dict[int, int]) -> None:
    for child in list(children):
        done, how = os.waitpid(child, os.WNOHANG)
        if done:
            status = children.pop(child)
            with suppress(BrokenPipeError):  # nobody asked
                os.write(status, f"{os.waitstatus_to_exitcode(how)}\n".encode())
            os.close(status)


def _import_everything() -> None:
    """All that the races' verbs import; nothing is connected yet."""
    from tests.races import worker

    worker.begin()
    from django.db import connections

    for name in READY:
        import_module(name)
    connections.close_all()


def _run(out: int, err: int, module: str, arguments: list[str], environment: dict[str, str]) -> None:
    """The rest of the child's life."""
    code: Any = 1
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    try:
        os.environ.update(environment)
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except BaseException:  # whatever it was, as Python itself would tell it
        traceback.print_exc()
    finally:
        with suppress(Exception):
            from django.db import connections

            connections.close_all()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
