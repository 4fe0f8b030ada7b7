"""
Fixtures that many rooms use: the stand-in Zoom as a process of its own, a site that is connected to it, people and a
session.

Doubles: the stand-in for Zoom and the demo's door for the platform. Both behave; nothing is patched.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from opaque_keys.edx.keys import CourseKey, UsageKey

from demo.zoom import seed
from demo.zoom.testing import ZoomProcess
from tests.browser import launched

#: What the stand-in ever issued, and the log of the whole run: neither may hold anything of the other.
SECRETS: set[str] = set()
LOG_LINES: list[str] = []

COURSE_KEY = CourseKey.from_string("course-v1:DemoX+Zoom+2026")


#: What does not depend on the platform's stack (processes, the stand-in Zoom, scripts in a browser): `make test` runs
#: it on the first one only. The journeys run on both.
ONCE = tuple(
    f"tests/{folder}"
    for folder in ("races/", "tutor/", "chaos/", "fuzz/", "accessibility/", "demo/zoom/", "journeys/test_pictures")
)


#: Files that take long, or mostly wait, the longest first: begun first, so that no worker process is left alone with
#: one at the end. A folder stands for all its files.
LONG = (
    "tests/chaos/test_small_run",
    "tests/accessibility/",
    "tests/journeys/test_main_job",
    "tests/races/",
    "tests/journeys/",
    "tests/tutor/",
    "tests/block/test_editor_in_browser",
    "tests/block/test_staff_in_browser",
    "tests/block/test_learner_in_browser",
    "tests/views/test_course_in_browser",
    "tests/block/test_worklist_in_browser",
    "tests/demo/site/",
    "tests/fuzz/",
    "tests/models/",
    "tests/block/test_staff_handlers",
    "tests/permissions/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Mark what needs one stack only. The long files come first, then those with many tests; the tests of a file stay in
    their order. (`tools/test.sh` tells xdist to keep it so: by itself it would begin the files with many tests first.)
    """
    for item in items:
        if item.nodeid.startswith(ONCE) or "_in_browser.py" in item.nodeid:
            item.add_marker(pytest.mark.once)
    tests_of = Counter(_file_of(item) for item in items)

    def turn(item: pytest.Item) -> tuple[int, int, str]:
        file = _file_of(item)
        place = next((place for place, start in enumerate(LONG) if file.startswith(start)), len(LONG))
        return place, -tests_of[file], file

    items.sort(key=turn)


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """The test database is in memory: every worker process has its own, and needs no name of its own for it."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """
    Headless Chromium over Django's live server. For one module: Playwright's loop runs in the thread of the test, and
    Django would refuse it the database.
    """
    with pytest.MonkeyPatch.context() as patch, launched() as running:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield running


@pytest.fixture(scope="session")
def zoom_process() -> Iterator[ZoomProcess]:
    """One stand-in for all tests; `zoom` empties it for each."""
    with ZoomProcess(report_delay=0) as process:
        yield process


class _Everything(logging.Handler):
    """Keeps every line of every logger, tracebacks included, as a site's log file would."""

    def emit(self, record: logging.LogRecord) -> None:
        LOG_LINES.append(self.format(record))


@pytest.fixture(scope="session", autouse=True)
def no_secret_is_ever_logged(request: Any) -> Iterator[None]:
    """At the end of the run: no line of any log holds a secret that the stand-in gave out."""
    keeper = _Everything()
    keeper.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    root, ours = logging.getLogger(), logging.getLogger("zoom_xblock")
    root.addHandler(keeper)
    before = ours.level
    ours.setLevel(logging.DEBUG)  # the chattiest site
    yield
    root.removeHandler(keeper)
    ours.setLevel(before)
    text = "\n".join(LOG_LINES)
    found = sorted({secret[:6] + "…" for secret in SECRETS if secret in text})
    assert not found, f"secrets in the log: {found}"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How much was looked for, and where."""
    if SECRETS:
        terminalreporter.write_line(f"secrets looked for in {len(LOG_LINES)} log lines: {len(SECRETS)}")


class Zoom:
    """The stand-in as a test drives it: its control API, and its deliveries carried to the Django test client."""

    def __init__(self, process: ZoomProcess) -> None:
        self.process, self.url = process, process.url
        self._seen = 0

    def control(self, path: str, method: str | None = None, **json_: Any) -> Any:
        """Call the control API."""
        return self.process.control(path, method, **json_)

    def fault(self, method: str, path: str, **values: Any) -> None:
        """Let calls that match fail; see `demo.zoom.faults.Fault`."""
        self.process.control("faults", faults=[{"method": method, "path": path, **values}])

    def play(
        self, zoom_id: int, *, start_at: datetime, minutes: int, people: list[dict[str, Any]], **more: Any
    ) -> dict[str, Any]:
        """A whole sitting with its host; the record of it is there at once."""
        return self.control(
            f"meetings/{zoom_id}/play",
            start_at=start_at.isoformat(),
            minutes=minutes,
            people=people,
            ready_now=True,
            **more,
        )

    def held(self) -> list[dict[str, Any]]:
        """Deliveries made since the last call, oldest first, signed afresh."""
        found = self.control(f"deliveries?after={self._seen}&order=oldest&limit=100000")["deliveries"]
        if found:
            self._seen = max(one["number"] for one in found)
        return [one for one in found if one["event"] != "endpoint.url_validation"]

    def signed(self, raw: str, **more: Any) -> dict[str, str]:
        """Headers that Zoom would send with this body now."""
        return self.control("sign", client_id=seed.CLIENT_ID, raw=raw, **more)["headers"]

    def deliver(self, client: Any, deliveries: list[dict[str, Any]] | None = None) -> list[int]:
        """Post deliveries to our addresses through Django's test client; the statuses answered."""
        statuses = []
        for one in self.held() if deliveries is None else deliveries:
            path = "/zoom/" + one["url"].rsplit("/zoom/", 1)[1]
            headers = {**self.signed(one["raw"]), "x-zm-request-id": one["request_id"]}
            statuses.append(post_delivery(client, path, one["raw"], headers).status_code)
        return statuses


def post_delivery(client: Any, path: str, raw: str | bytes, headers: dict[str, str]) -> Any:
    """One POST as Zoom makes it."""
    return client.post(
        path,
        data=raw,
        content_type="application/json; charset=utf-8",
        headers={name: value for name, value in headers.items() if name.lower().startswith("x-zm-")},
    )


@pytest.fixture(autouse=True)
def no_sweep_comes_by_itself(settings: Any) -> None:
    """Traffic queues a sweep when none has run for long: here it would come whenever the last test was long ago."""
    settings.ZOOM_XBLOCK_OPPORTUNE_SWEEP_SECONDS = 0


@pytest.fixture(autouse=True)
def no_secret_is_remembered() -> None:
    """A process remembers the secret of deliveries for some seconds: longer than a test."""
    from zoom_xblock.services import inbox

    inbox.forget_secret()


@pytest.fixture(autouse=True)
def every_delivery_has_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job speaks for the deliveries of a moment: here the next test's would be among them."""
    from zoom_xblock.services import handover

    monkeypatch.setattr(handover, "GATHER_SECONDS", 0.0)
    monkeypatch.setattr(handover, "BEGIN_SECONDS", 0.0)


@pytest.fixture
def zoom(zoom_process: ZoomProcess, settings: Any) -> Iterator[Zoom]:
    """The stand-in with the demo's account and app, its deliveries held back for the test to carry."""
    zoom_process.reset(seed_demo="http://testserver")
    zoom_process.control("clock", reset=True)
    for one in zoom_process.control("state")["subscriptions"]:
        zoom_process.control(f"subscriptions/{one['id']}", "PATCH", active=True, forced=True, problem="")
    zoom_process.control("deliveries/hold", "POST")
    settings.ZOOM_XBLOCK_OAUTH_BASE_URL = settings.ZOOM_XBLOCK_API_BASE_URL = zoom_process.url
    settings.ZOOM_XBLOCK_REPORT_DELAYS_SECONDS = [1, 60, 86_400]
    from zoom_xblock.services import budget

    budget.forget()
    yield Zoom(zoom_process)
    SECRETS.update(secret for secret in zoom_process.control("secrets")["secrets"] if len(secret) >= 8)


@pytest.fixture
def jobs(settings: Any) -> Iterator[Any]:
    """
    The jobs that were queued; `run()` works through them, and those they queue, each of them twice (brokers do that).
    """
    from tests.doors import QueueingPlatform

    settings.ZOOM_XBLOCK_PLATFORM = "tests.doors.QueueingPlatform"
    QueueingPlatform.queue.clear()

    def run(*, within_seconds: float = 0, most: int = 1000) -> list[str]:
        from edx_django_utils.cache import RequestCache

        from zoom_xblock import tasks

        done: list[str] = []
        while True:
            due = [job for job in QueueingPlatform.queue if job[2] <= within_seconds]
            if not due:
                return done
            QueueingPlatform.queue[:] = [job for job in QueueingPlatform.queue if job[2] > within_seconds]
            for name, args, _countdown in due:
                assert len(done) < most, "jobs queue each other without end"
                for _delivery in range(2):
                    getattr(tasks, name)(*args)
                    RequestCache.clear_all_namespaces()  # as the platform does after each task
                done.append(name)

    yield SimpleNamespace(queue=QueueingPlatform.queue, run=run)
    QueueingPlatform.queue.clear()


@pytest.fixture
def site(db: None) -> SimpleNamespace:
    """The seeded course with its people, by name."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    call_command("demo_seed", verbosity=0)
    people = {user.username: user for user in get_user_model().objects.all()}
    return SimpleNamespace(course_key=COURSE_KEY, **people)


@pytest.fixture
def connected(site: SimpleNamespace, zoom: Zoom) -> Any:
    """The site's connection after a real consent at the stand-in."""
    from urllib.parse import parse_qs, urlsplit

    from zoom_xblock.services import connections

    connections.save_app(
        client_id=seed.CLIENT_ID,
        client_secret=seed.CLIENT_SECRET,
        webhook_secret=seed.SECRET_TOKEN,
        host_email="author@example.edu",
    )
    redirect = "http://testserver/zoom/oauth/callback"
    address = connections.begin_consent(user_id=site.admin.pk, session_key="a session", redirect_uri=redirect)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    code = zoom.control(
        "consent", client_id=seed.CLIENT_ID, redirect_uri=redirect, code_challenge=query["code_challenge"]
    )["code"]
    connections.finish_consent(
        user_id=site.admin.pk, session_key="a session", state=query["state"], code=code, error=""
    )
    return connections.the_connection()


@pytest.fixture
def block_row(site: SimpleNamespace) -> Any:
    """A published zoom component of the demo course, 45 of 60 minutes required, starting in an hour."""
    return make_block(site.course_key)


def make_block(course_key: CourseKey, name: str = "algebra", **fields: Any) -> Any:
    """A component, in draft and published, with the author's wishes as Studio stores them."""
    from demo.site.models import Block, Unit

    starts_at = (timezone.now() + timedelta(hours=1)).replace(microsecond=0)
    wishes = {
        "display_name": "Algebra live",
        "kind": "meeting",
        "starts_at": starts_at.isoformat(),
        "duration_minutes": 60,
        "time_zone": "Europe/Madrid",
        "required_minutes": 45,
        **fields,
    }
    return Block.objects.create(
        unit=Unit.objects.filter(course__key=course_key).first(),
        key=course_key.make_usage_key("zoom", name),
        block_type="zoom",
        position=99,
        draft=wishes,
        published=wishes,
    )


@pytest.fixture
def usage_key(block_row: Any) -> UsageKey:
    """The component's key."""
    return block_row.key


def wishes_of(row: Any, **changes: Any) -> Any:
    """The author's wishes of a component as the services take them."""
    from zoom_xblock.services.meetings import SessionWishes

    fields = {**row.draft, **changes}
    wishes = SessionWishes.from_fields(
        fields,
        starts_at=datetime.fromisoformat(str(fields["starts_at"])),
        has_moved=fields.get("has_moved", True),
    )
    return replace(wishes, passcode=fields.get("passcode"), alternative_hosts=fields.get("alternative_hosts"))


@pytest.fixture
def session(connected: Any, block_row: Any, site: SimpleNamespace) -> Any:
    """The component's meeting, made at Zoom by its author."""
    from zoom_xblock.services.meetings import save_session

    return save_session(usage_key=block_row.key, user_id=site.author.pk, wishes=wishes_of(block_row)).meeting


def compact(body: Any) -> str:
    """JSON as Zoom sends it."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)
