"""The stand-in as a test helper: a process of its own on a free port, gone at the end.

::

    with ZoomProcess(seed_demo="http://127.0.0.1:8000", report_delay=0) as zoom:
        requests.get(f"{zoom.url}/v2/users/me", headers=zoom.bearer())
        zoom.control("meetings/81234567890/play", minutes=45, people=[{"name": "Guest", "join_after": 60}])
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

_ROOT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 30


class ControlError(AssertionError):
    """The control API refused; the text says why."""


class Control:
    """The control API of a stand-in that runs already, at ``url``."""

    def __init__(self, url=""):
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def control(self, path, method=None, /, **json):
        """Call ``/control/<path>``: POST with keyword arguments, else GET, or ``method``. Raises ControlError."""
        method = method or ("POST" if json else "GET")
        answer = self._session.request(
            method,
            f"{self.url}/control/{path.lstrip('/')}",
            json=json if json or method == "POST" else None,
            timeout=600,
        )
        if answer.status_code != 200:
            raise ControlError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


class ZoomProcess(Control):
    """``url`` is its address. Keyword arguments become command-line options (``retry_scale=0.001``) or world's."""

    def __init__(self, *arguments, python=sys.executable, **options):
        self._command = [python, "-m", "demo.zoom", "--port", str(options.pop("port", 0)), *arguments]
        for name, value in options.items():
            if name in ("seed_demo", "retry_scale", "report_delay", "state", "host", "public_url", "seed"):
                self._command += [f"--{name.replace('_', '-')}", str(value)]
            else:
                self._command += ["--option", f"{name}={value}"]
        self._process = self._log = None
        super().__init__()

    def start(self):
        """Start and wait until it serves; returns itself."""
        self._log = tempfile.TemporaryFile(mode="w+", errors="replace")  # noqa: SIM115  closed with the process
        self._process = subprocess.Popen(self._command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=self._log, text=True)
        line = self._process.stdout.readline()
        found = re.search(r"https?://\S+", line)
        if not found:
            self._process.wait(5)
            raise RuntimeError(f"the stand-in did not start: {line}{self.log()}")
        self.url = found.group()
        until = time.monotonic() + _READY_SECONDS
        while True:
            try:
                self.control("health")
                return self
            except requests.RequestException:
                if time.monotonic() > until:
                    self.stop()
                    raise
                time.sleep(0.02)

    def stop(self):
        """End the process."""
        self._session.close()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()
            self._process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *problem):
        self.stop()

    def log(self):
        """What the process wrote on standard error."""
        self._log.seek(0)
        return self._log.read()

    def bearer(self, **who):
        """Headers with a fresh access token: ``client_id`` and ``user`` as ``/control/tokens`` takes them."""
        return {"Authorization": f"Bearer {self.control('tokens', 'POST', **who)['access_token']}"}

    def reset(self, **body):
        """Forget everything (``seed_demo=<site>`` plants the demo's world again)."""
        return self.control("reset", "POST", **body)
