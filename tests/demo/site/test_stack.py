"""The processes of the demo, started and stopped as a person does it."""

import os
import signal
import socket
import subprocess
import sys

import pytest
import requests

from demo.site.stack import ROOT, free_port, port_is_free
from demo.testing import DemoStack


@pytest.fixture(scope="module")
def stack():
    with DemoStack() as running:
        yield running


def demo(tmp_path, **ports):
    environment = {**os.environ, "DEMO_VAR": str(tmp_path), **{name: str(port) for name, port in ports.items()}}
    return subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_both_servers_answer_and_the_first_page_shows_what_to_paste(stack):
    page = requests.get(stack.site_url, timeout=5).text
    assert stack.control("health")
    (app,) = [app for app in stack.control("state")["apps"] if app["redirect_uris"]]
    assert app["client_id"] in page
    assert app["secret_token"] in page


def test_worker_takes_jobs_from_the_folder(stack):
    queue = stack.var / "broker" / "queue"
    stack.eventually(lambda: "ready" in (stack.var / "log" / "worker.log").read_text())
    code = (
        "from demo.site.celery import app; import celery;"
        "app.send_task('celery.backend_cleanup'); print(app.conf.broker_url)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=stack.children["site"].environment, check=True)
    assert done.returncode == 0
    stack.eventually(lambda: "celery.backend_cleanup" in (stack.var / "log" / "worker.log").read_text())
    assert list(queue.glob("*.msg")) == []


def test_worker_that_is_killed_is_noticed_and_can_be_started_again(stack):
    worker = stack.children["worker"]
    stack.eventually(lambda: worker.is_running)
    worker.kill()
    assert stack.broken() is worker
    worker.start()
    assert stack.broken() is None


def test_tracking_log_is_shown(stack):
    requests.get(f"{stack.site_url}/nowhere?seen=yes", timeout=5)
    assert "seen" in stack.tracking_log


@pytest.mark.parametrize("taken", ["DEMO_PORT", "ZOOM_PORT"])
def test_taken_port_is_named_with_the_way_out(tmp_path, taken):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        process = demo(tmp_path, **{"DEMO_PORT": free_port(), "ZOOM_PORT": free_port(), taken: port})
        _out, error = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"port {port} is taken" in error
    assert taken in error


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=lambda sign: sign.name)
def test_stopping_the_command_stops_everything(tmp_path, how):
    ports = {"DEMO_PORT": free_port(), "ZOOM_PORT": free_port()}
    process = demo(tmp_path, **ports)
    greeting = ""
    while "Ctrl-C" not in greeting:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        greeting += line
    assert f"http://127.0.0.1:{ports['DEMO_PORT']}/" in greeting
    assert "learner3" in greeting
    process.send_signal(how)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert all(port_is_free(port) for port in ports.values())
