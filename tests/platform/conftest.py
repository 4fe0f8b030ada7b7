"""
The platform's modules for the length of a test, and one world that both doors look into.

A world says how a host brings something about (a profile, a masquerade, frozen grades) and how one sees what a door has
done. The tests say what must come of it, and are the same for both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import crum
import pytest
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from edx_django_utils.cache import RequestCache
from opaque_keys.edx.keys import CourseKey, UsageKey

from demo.site import courseware, people, signals, tracking
from demo.site.door import DemoPlatform
from demo.site.models import Score, Unit
from demo.site.services import anonymous_id
from zoom_xblock.platform.openedx import OpenEdxPlatform

STANDINS = Path(__file__).parent / "standins"
#: The platform's own packages. None of them may outlive a test.
PACKAGES = ("cms", "common", "lms", "openedx", "xmodule")
SUBMITTED = "edx.grades.problem.submitted"
COMPLETED = "edx.completion.block_completion.changed"


def platform_modules() -> list[str]:
    """The platform's modules that are loaded just now."""
    return [name for name in sys.modules if name.split(".")[0] in PACKAGES]


@contextmanager
def standins_installed() -> Iterator[None]:
    """`import lms` and the rest find the stand-ins in here, and nothing before and after."""
    assert not platform_modules(), "a platform, or what an earlier test left of one"
    sys.path.insert(0, str(STANDINS))
    try:
        import lms.djangoapps.grades.signals.handlers  # noqa: F401  (as the gradebook's app does when it is ready)

        yield
    finally:
        sys.path.remove(str(STANDINS))
        for name in platform_modules():
            del sys.modules[name]
        sys.path_importer_cache.pop(str(STANDINS), None)


@pytest.fixture
def standins(db: None) -> Iterator[None]:
    """The stand-in modules are there."""
    with standins_installed():
        yield


@pytest.fixture(autouse=True)
def own_places(settings: Any, tmp_path: Path) -> Iterator[None]:
    """A tracking log and a cache of one's own; nothing remembered from the test before, and no request left over."""
    settings.DEMO_TRACKING_LOG = tmp_path / "tracking.log"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    RequestCache.clear_all_namespaces()
    yield
    crum.set_current_request(None)


class World:
    """What both hosts have in common. Subclasses answer for the rest."""

    door: Any

    def __init__(self, site: SimpleNamespace, settings: Any, monkeypatch: Any) -> None:
        self.site, self.settings, self._monkeypatch = site, settings, monkeypatch
        self.course_key: CourseKey = site.course_key
        self.unit = Unit.objects.get(key=site.course_key.make_usage_key("vertical", "live-session"))

    # -- what authors do --------------------------------------------------------------------------------------
    def make_block(self, name: str = "algebra", *, published: bool = True, **fields: Any) -> Any:
        """A zoom component, published or not yet."""
        row = courseware.create_block(self.unit, "zoom", fields={"display_name": "Algebra", **fields}, name=name)
        if published:
            courseware.publish_unit(self.unit)
        row.refresh_from_db()
        return row

    def set_draft(self, row: Any, **fields: Any) -> None:
        """Change the draft, and nothing else."""
        type(row).objects.filter(pk=row.pk).update(draft={**row.draft, **fields})

    def store_as_it_is(self, row: Any, **values: Any) -> None:
        """Values as an import brings them: nobody has looked at them."""
        row.refresh_from_db()
        draft, published = ({**(copy or {}), **values} for copy in (row.draft, row.published))
        type(row).objects.filter(pk=row.pk).update(
            draft=draft if row.draft is not None else None, published=published if row.published is not None else None
        )

    # -- what is seen -----------------------------------------------------------------------------------------
    def events(self, name: str) -> list[dict[str, Any]]:
        """The tracking events of this name, in their order."""
        return [entry for entry in tracking.entries() if entry["event_type"] == name]

    def told(self) -> list[tuple[int, str]]:
        """To whose scores the gradebook's events belong, with the transaction of each."""
        events = [event["event"] for event in self.events(SUBMITTED)]
        return [(int(event["user_id"]), event["event_transaction_id"]) for event in events]

    @contextmanager
    def request_by(self, user: Any, path: str = "/course/live-session/") -> Iterator[Any]:
        """Within a request of this user."""
        request = RequestFactory().get(path)
        request.user, request.session = get_user_model().objects.get(pk=user.pk), {}
        crum.set_current_request(request)
        try:
            yield request
        finally:
            crum.set_current_request(None)

    def without_receivers(self) -> None:
        """Nobody is connected to the host's signals but whom the test connects."""
        for signal in self.signals():
            self._monkeypatch.setattr(signal, "receivers", [])

    def signals(self) -> tuple[Any, Any]:
        """Of a published course and of a retired account."""
        raise NotImplementedError

    def broken(self, error: Exception) -> Callable[..., Any]:
        """A function that raises."""

        def raises(*_args: Any, **_kwargs: Any) -> Any:
            raise error

        return raises


class OpenEdx(World):
    """The stand-in modules."""

    door = OpenEdxPlatform()

    def call_herself(self, user: Any, name: str | None) -> None:
        """What a person's profile says; None: she has no profile."""
        from common.djangoapps.student.models import UserProfile

        UserProfile.names.pop(user.pk, None)
        if name is not None:
            UserProfile.names[user.pk] = name

    def anonymous_id(self, user: Any) -> str:
        """As blocks are given it."""
        from common.djangoapps.student.models import anonymous_id_for_user

        return anonymous_id_for_user(user, self.course_key)

    @contextmanager
    def in_studio(self) -> Iterator[None]:
        """Studio is a service of its own."""
        before, self.settings.SERVICE_VARIANT = self.settings.SERVICE_VARIANT, "cms"
        yield
        self.settings.SERVICE_VARIANT = before

    @contextmanager
    def looking_as(self, user: Any, role: str, name: str | None = None, *, bound: bool = False) -> Iterator[None]:
        """Unit pages put the learner in the place of the request's user (`bound`); handlers do not."""
        from lms.djangoapps.courseware.masquerade import CourseMasquerade, setup_masquerade

        with self.request_by(user) as request:
            chosen = CourseMasquerade(self.course_key, role=role, user_name=name)
            request.session["masquerade_settings"] = {self.course_key: chosen}
            _masquerade, learner = setup_masquerade(request, self.course_key, True)
            if bound:
                request.user = learner
            yield

    def freeze_grades(self) -> None:
        """The course ended long ago, on a site that freezes grades."""
        from lms.djangoapps.grades.grade_utils import FROZEN

        FROZEN.add(self.course_key)

    def scores(self, usage_key: UsageKey) -> dict[int, tuple[float | None, float | None]]:
        """What the gradebook has."""
        from lms.djangoapps.courseware.model_data import ROWS

        return {user: (row.grade, row.max_grade) for (user, key), row in ROWS.items() if key == str(usage_key)}

    def signals(self) -> tuple[Any, Any]:
        """The platform's."""
        from openedx.core.djangoapps.user_api.accounts.signals import USER_RETIRE_LMS_MISC
        from xmodule.modulestore.django import SignalHandler

        return SignalHandler.course_published, USER_RETIRE_LMS_MISC

    def counts_without(self, user: Any, usage_key: UsageKey) -> bool:
        """Whether the gradebook was asked to compute anew as if there were no score. Its row the platform deletes."""
        from lms.djangoapps.grades.signals.handlers import TASKS

        facts = {"user_id": user.pk, "usage_id": str(usage_key), "score_deleted": True}
        return any(facts.items() <= task.items() for task in TASKS)

    def publish_course(self) -> None:
        """As the modulestore tells of it."""
        from xmodule.modulestore.django import MixedModuleStore, SignalHandler

        SignalHandler(MixedModuleStore).send("course_published", course_key=self.course_key)

    def retire(self, user: Any) -> None:
        """As the retirement pipeline tells of it: plainly."""
        from openedx.core.djangoapps.user_api.accounts.signals import USER_RETIRE_LMS_MISC

        USER_RETIRE_LMS_MISC.send(sender=type(self), user=user)

    def saves(self) -> list[Any]:
        """Which blocks were saved as Studio saves them."""
        from xmodule.modulestore.mixed import SAVED

        return [key for key, _user_id in SAVED]

    def break_enrolments(self, error: Exception) -> None:
        """From now on the platform's own code raises."""
        from common.djangoapps.student.models import CourseEnrollment

        self._monkeypatch.setattr(CourseEnrollment, "is_enrolled", self.broken(error))


class Demo(World):
    """The course site of the demo."""

    door = DemoPlatform()

    def call_herself(self, user: Any, name: str | None) -> None:
        """The demo has no profiles: a person is called as her account is."""
        first, _, last = (name or "").partition(" ")
        get_user_model().objects.filter(pk=user.pk).update(first_name=first, last_name=last)

    def anonymous_id(self, user: Any) -> str:
        """As blocks are given it."""
        return anonymous_id(user.pk, self.course_key)

    @contextmanager
    def in_studio(self) -> Iterator[None]:
        """Studio is a path."""
        with self.request_by(self.site.author, "/studio/"):
            yield

    @contextmanager
    def looking_as(self, user: Any, role: str, name: str | None = None, *, bound: bool = False) -> Iterator[None]:
        """The same for pages and handlers."""
        with self.request_by(user) as request:
            people.view_as(request, self.course_key, role={"student": "learner"}.get(role, role), username=name)
            people.setup_masquerade(request, self.course_key)
            yield

    def freeze_grades(self) -> None:
        """By the platform's own flag."""
        from waffle.models import Flag

        from demo.site.gradebook import FREEZE_FLAG

        Flag.objects.update_or_create(name=FREEZE_FLAG, defaults={"everyone": True})

    def scores(self, usage_key: UsageKey) -> dict[int, tuple[float, float]]:
        """What the gradebook has."""
        rows = Score.objects.filter(usage_key=usage_key)
        return {row.user_id: (row.earned, row.possible) for row in rows}

    def signals(self) -> tuple[Any, Any]:
        """The site's."""
        return signals.course_published, signals.person_retired

    def counts_without(self, user: Any, usage_key: UsageKey) -> bool:
        """Whether the score is gone."""
        return not Score.objects.filter(user=user, usage_key=usage_key).exists()

    def publish_course(self) -> None:
        """As the demo's Studio tells of it."""
        signals.course_published.send_robust(sender=None, course_key=self.course_key)

    def retire(self, user: Any) -> None:
        """Plainly."""
        signals.person_retired.send(sender=None, user=user)

    _saves: Any = None

    def saves(self) -> list[Any]:
        """What the site was told of."""
        if self._saves is None:
            self._saves = []
            keep = lambda usage_key, **_rest: self._saves.append(usage_key)  # noqa: E731
            self._keep = keep
            signals.block_updated.connect(keep)
        return self._saves

    def break_enrolments(self, error: Exception) -> None:
        """From now on the site's own code raises."""
        self._monkeypatch.setattr(people, "is_enrolled", self.broken(error))


@pytest.fixture
def openedx(standins: None, site: SimpleNamespace, settings: Any, monkeypatch: Any) -> OpenEdx:
    """An LMS: what it knows of Studio is a host name, as on the platform."""
    settings.ZOOM_XBLOCK_PLATFORM = "zoom_xblock.platform.openedx.OpenEdxPlatform"
    settings.SERVICE_VARIANT = "lms"
    settings.LMS_ROOT_URL = "https://courses.example.edu"
    settings.CMS_BASE = "studio.example.edu"
    del settings.CMS_ROOT_URL
    return OpenEdx(site, settings, monkeypatch)


@pytest.fixture
def demo(site: SimpleNamespace, settings: Any, monkeypatch: Any) -> Demo:
    """The demo site."""
    return Demo(site, settings, monkeypatch)


@pytest.fixture(params=["openedx", "demo"])
def world(request: pytest.FixtureRequest) -> World:
    """Each of the two hosts in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def door(world: World) -> Any:
    """Its door."""
    return world.door


@pytest.fixture
def unit_block(site: SimpleNamespace) -> Callable[..., Any]:
    """Makes a published zoom component in the unit that learners open: 60 minutes, 45 of them required."""
    unit = Unit.objects.get(key=site.course_key.make_usage_key("vertical", "live-session"))

    def make(name: str = "algebra", **fields: Any) -> Any:
        wishes = {"display_name": "Algebra", "required_minutes": 45, "duration_minutes": 60, **fields}
        row = courseware.create_block(unit, "zoom", fields=wishes, name=name)
        courseware.publish_unit(unit)
        row.refresh_from_db()
        return row

    return make
