"""A seeded course with one stub block, published; nobody's real log or queue is touched."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from edx_django_utils.cache import RequestCache

from demo.site import courseware, seed
from demo.site.models import Unit
from demo.site.testing import jobs_in_memory

COURSE = str(seed.COURSE_KEY)


@pytest.fixture(autouse=True)
def stub_types(settings, tmp_path):
    settings.DEMO_BLOCK_CLASSES = {
        **settings.DEMO_BLOCK_CLASSES,
        "stub": "tests.demo.site.stub.StubBlock",
        "early": "tests.demo.site.stub.EarlyBlock",
    }
    settings.DEMO_TRACKING_LOG = tmp_path / "tracking.log"
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }


@pytest.fixture(autouse=True)
def fresh_request_cache():
    """edx-toggles remembers a switch for the length of a request or task, and a test is neither."""
    RequestCache.clear_all_namespaces()


@pytest.fixture
def course(db):
    seed.seed()
    return seed.COURSE_KEY


@pytest.fixture
def unit(course):
    return Unit.objects.get(key=course.make_usage_key("vertical", "live-session"))


@pytest.fixture
def stub(unit):
    """A published stub block."""
    block = courseware.create_block(unit, "stub", fields={"minutes": 7}, name="stub")
    courseware.publish_unit(unit)
    block.refresh_from_db()
    return block


@pytest.fixture
def jobs():
    with jobs_in_memory() as queue:
        yield queue


class Visitor(Client):
    """A browser: logged in as somebody or not, with the CSRF rules switched on."""

    def __init__(self, name=None):
        super().__init__(enforce_csrf_checks=True)
        if name:
            self.force_login(User.objects.get(username=name))

    def token(self):
        if "csrftoken" not in self.cookies:
            self.get("/login/")
        return self.cookies["csrftoken"].value

    def submit(self, path, **form):
        return self.post(path, {**form, "csrfmiddlewaretoken": self.token()})

    def call(self, block, handler, data=None, *, where="lms", csrf=True):
        """POST JSON to a handler; the response."""
        prefix = {
            "lms": f"/courses/{COURSE}/xblock/{block.key}",
            "studio": f"/studio/xblock/{block.key}",
            "preview": f"/studio/preview/xblock/{block.key}",
        }[where]
        headers = {"HTTP_X_CSRFTOKEN": self.token()} if csrf else {}
        return self.post(f"{prefix}/handler/{handler}", data or {}, content_type="application/json", **headers)


@pytest.fixture
def visit():
    """`visit("learner1")`: that person's browser; `visit()`: somebody who is not logged in."""
    return Visitor
