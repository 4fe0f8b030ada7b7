"""
Our events as xAPI statements. With event-routing-backends installed they go through the real one; else through a
stand-in of the few names that are used, which is held to the real one where that is there.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import types
from datetime import timedelta
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from zoom_xblock import apps
from zoom_xblock.services import announce
from zoom_xblock.settings import common

REAL = find_spec("event_routing_backends") is not None
needs_real = pytest.mark.skipif(not REAL, reason="edx-event-routing-backends is NOT INSTALLED: xAPI untested for real")
KEY = "block-v1:DemoX+Zoom+2026+type@zoom+block@algebra"
COURSE = "course-v1:DemoX+Zoom+2026"
SAMPLES: dict[str, Any] = {
    "usage_key": KEY,
    "kind": "meeting",
    "joined_at": "2026-03-02T09:01:00+00:00",
    "attended_seconds": 2700,
    "required_seconds": 2400,
    "state": "final",
    "is_complete": True,
    "was_complete": False,
    "verdict": "present",
}
VERBS = {
    "joined": "http://activitystrea.ms/join",
    "attended": "http://adlnet.gov/expapi/verbs/attended",
    "completed": "http://adlnet.gov/expapi/verbs/completed",
    "corrected": "https://w3id.org/xapi/acrossx/verbs/evaluated",
}


def event(name: str, **changes: Any) -> dict[str, Any]:
    """As event-tracking hands it to backends (eventtracking/tracker.py)."""
    facts = {field: SAMPLES[field] for field in announce.EVENTS[name]}
    return {
        "name": f"zoom_xblock.{name}",
        "timestamp": "2026-03-02T10:30:00+00:00",
        "data": {**facts, "user_id": 7, "course_id": COURSE, **changes},
        "context": {"course_id": COURSE, "org_id": "DemoX", "user_id": 7},
    }


# -- the stand-in: names and shapes of event-routing-backends 9.3.8 and tincan 1.0.0 ---------------------------------
class Value:
    """Tincan's classes: keyword arguments become attributes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.__dict__.update(kwargs)


TINCAN = ("Activity", "ActivityDefinition", "LanguageMap", "Result", "Verb")


class Registry:
    """event_routing_backends/processors/transformer_utils/registry.py"""

    mapping: ClassVar[dict[str, Any]] = {}

    @classmethod
    def register(cls, event_key):
        """A decorator."""

        def keep(transformer):
            cls.mapping[event_key] = transformer
            return transformer

        return keep


class Transformer:
    """event_routing_backends/processors/xapi/transformer.py, of which ours is a subclass."""

    required_fields = ("object", "verb")
    additional_fields = ()
    _verb: Any = None

    def __init__(self, event):
        self.event = event.copy()

    def transform(self):
        """The fields, by `get_<field>`."""
        wanted = [*self.required_fields, *self.additional_fields, "timestamp"]
        return SimpleNamespace(**{name: getattr(self, f"get_{name}")() for name in wanted})

    def get_verb(self):
        """The class's."""
        return self._verb

    def get_timestamp(self):
        """The event's."""
        return self.event["timestamp"]

    def get_object(self):
        """Ours to say."""
        return {}

    def get_data(self, key, required=False):
        """By dotted path."""
        value = self.event
        for part in key.split("."):
            value = value[part]
        return value

    def get_object_iri(self, object_type, object_id):
        """The address of a thing at the LMS."""
        return f"http://lms.example/{object_type}/{object_id}"


@pytest.fixture
def xapi(monkeypatch):
    """Our module, imported over the stand-in."""
    here = {
        "event_routing_backends": {},
        "event_routing_backends.processors": {},
        "event_routing_backends.processors.xapi": {},
        "event_routing_backends.processors.xapi.registry": {"XApiTransformersRegistry": Registry},
        "event_routing_backends.processors.xapi.transformer": {"XApiTransformer": Transformer},
        "tincan": {name: type(name, (Value,), {}) for name in TINCAN},
    }
    for name, members in here.items():
        module = types.ModuleType(name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "zoom_xblock.xapi", raising=False)
    Registry.mapping.clear()
    module = importlib.import_module("zoom_xblock.xapi")
    yield module
    sys.modules.pop("zoom_xblock.xapi", None)
    vars(sys.modules["zoom_xblock"]).pop("xapi", None)


def test_every_event_and_no_other_becomes_a_statement(xapi):
    assert set(Registry.mapping) == {f"zoom_xblock.{name}" for name in announce.EVENTS}
    assert set(common.XAPI_EVENTS) == set(Registry.mapping)


@pytest.mark.parametrize("name", announce.EVENTS)
def test_a_statement_says_what_happened_to_which_session(xapi, name):
    said = Registry.mapping[f"zoom_xblock.{name}"](event(name)).transform()
    assert (said.verb.id, said.object.id) == (VERBS[name], f"http://lms.example/xblock/{KEY}")
    if name == "joined":
        assert said.timestamp == SAMPLES["joined_at"]
        assert not hasattr(said, "result")
    else:
        assert said.timestamp == "2026-03-02T10:30:00+00:00"
        assert (said.result.duration, said.result.completion) == (timedelta(minutes=45), True)
        assert getattr(said.result, "response", None) == ("present" if name == "corrected" else None)


def test_who_came_and_left_too_early_attended_and_did_not_complete(xapi):
    said = Registry.mapping["zoom_xblock.attended"](
        event("attended", is_complete=False, attended_seconds=0)
    ).transform()
    assert (said.result.completion, said.result.duration) == (False, timedelta(0))


# -- the site's lists ------------------------------------------------------------------------------------------------
OTHERS = ["edx.course.enrollment.activated"]


def their_settings(settings: Any) -> None:
    """What event_routing_backends/settings/common.py does, as far as it matters here."""
    if not hasattr(settings, "EVENT_TRACKING_BACKENDS_ALLOWED_XAPI_EVENTS"):
        settings.EVENT_TRACKING_BACKENDS_ALLOWED_XAPI_EVENTS = []
    settings.EVENT_TRACKING_BACKENDS_ALLOWED_XAPI_EVENTS += OTHERS
    allowed = settings.EVENT_TRACKING_BACKENDS_ALLOWED_XAPI_EVENTS
    settings.EVENT_BUS_TRACKING_LOGS = set(allowed)
    inner = {"xapi": {"OPTIONS": {"processors": [{"OPTIONS": {"whitelist": allowed}}, {"OPTIONS": {}}]}}}
    options = {"processors": [{"OPTIONS": {"whitelist": set(allowed)}}], "backends": inner}
    settings.EVENT_TRACKING_BACKENDS = {"event_transformer": {"OPTIONS": options}}


@pytest.mark.parametrize("ours_first", [True, False])
def test_our_events_are_allowed_whichever_plugin_comes_first(monkeypatch, ours_first):
    monkeypatch.setattr(common, "find_spec", lambda name: object())
    settings = SimpleNamespace()
    steps = [common.plugin_settings, their_settings]
    for step in [*(steps if ours_first else reversed(steps)), common.plugin_settings]:
        step(settings)
    wanted = sorted([*OTHERS, *common.XAPI_EVENTS])
    options = settings.EVENT_TRACKING_BACKENDS["event_transformer"]["OPTIONS"]
    assert sorted(options["processors"][0]["OPTIONS"]["whitelist"]) == wanted
    assert sorted(options["backends"]["xapi"]["OPTIONS"]["processors"][0]["OPTIONS"]["whitelist"]) == wanted
    assert sorted(settings.EVENT_BUS_TRACKING_LOGS) == wanted


def test_a_site_without_the_package_gets_no_settings_of_it(monkeypatch):
    monkeypatch.setattr(common, "find_spec", lambda name: None)
    settings = SimpleNamespace()
    common.plugin_settings(settings)
    assert set(vars(settings)) == {"TRACKING_IGNORE_URL_PATTERNS"}


def test_a_list_that_the_site_has_closed_stays_closed(monkeypatch):
    monkeypatch.setattr(common, "find_spec", lambda name: object())
    settings = SimpleNamespace(EVENT_TRACKING_BACKENDS_ALLOWED_XAPI_EVENTS=("one",))
    common.plugin_settings(settings)
    assert settings.EVENT_TRACKING_BACKENDS_ALLOWED_XAPI_EVENTS == ("one",)


# -- starting --------------------------------------------------------------------------------------------------------
def test_a_package_that_cannot_be_used_stops_no_site(monkeypatch, caplog):
    monkeypatch.setattr("django.apps.apps.is_installed", lambda name: name == "event_routing_backends")
    monkeypatch.setitem(sys.modules, "event_routing_backends.processors.xapi.registry", None)
    monkeypatch.delitem(sys.modules, "zoom_xblock.xapi", raising=False)
    apps.speak_xapi()
    assert "no xAPI statements" in caplog.text


@pytest.mark.skipif(REAL, reason="it is installed")
def test_without_the_package_nothing_of_it_is_imported():
    apps.speak_xapi()
    assert "zoom_xblock.xapi" not in sys.modules


# -- for real --------------------------------------------------------------------------------------------------------
@needs_real
@pytest.mark.parametrize("name", announce.EVENTS)
def test_the_real_transformer_makes_a_statement_that_an_lrs_takes(name, monkeypatch, settings):
    from event_routing_backends.processors.xapi import transformer
    from event_routing_backends.processors.xapi.registry import XApiTransformersRegistry

    monkeypatch.setattr(transformer, "get_anonymous_user_id", lambda user_id, kind: f"uuid-of-{user_id}")
    monkeypatch.setattr(transformer, "get_course_from_id", lambda course_id: {"display_name": "Zoom"})
    settings.LMS_ROOT_URL, settings.XAPI_AGENT_IFI_TYPE = "http://lms.example", "external_id"
    said = json.loads(XApiTransformersRegistry.get_transformer(event(name)).transform().to_json())
    assert said["actor"]["account"]["name"] == "uuid-of-7"
    assert said["verb"]["id"] == VERBS[name]
    assert said["object"]["id"] == f"http://lms.example/xblock/{KEY}"
    assert said["object"]["definition"]["type"] == "http://adlnet.gov/expapi/activities/meeting"
    assert said["context"]["contextActivities"]["parent"][0]["id"] == f"http://lms.example/course/{COURSE}"
    if name == "joined":
        assert "result" not in said
    else:
        assert said["result"]["duration"] in ("PT45M", "PT45M00S")
        assert said["result"]["completion"] is True
    assert ("response" in said.get("result", {})) == (name == "corrected")
    assert said["id"]
    assert "email" not in json.dumps(said)


@needs_real
def test_the_stand_in_is_shaped_as_the_real_one():
    from event_routing_backends.processors.xapi.registry import XApiTransformersRegistry
    from event_routing_backends.processors.xapi.transformer import XApiTransformer

    for name in ("__init__", "transform", "get_verb", "get_timestamp", "get_object", "get_data", "get_object_iri"):
        assert inspect.signature(getattr(Transformer, name)) == inspect.signature(getattr(XApiTransformer, name)), name
    assert Transformer.required_fields == XApiTransformer.required_fields
    assert inspect.signature(Registry.register) == inspect.signature(XApiTransformersRegistry.register)


@needs_real
@pytest.mark.parametrize("ours_first", [True, False])
def test_the_real_settings_let_our_events_through(ours_first):
    theirs = importlib.import_module("event_routing_backends.settings.common")
    settings = SimpleNamespace(LMS_ROOT_URL="http://lms.example")
    steps = [common.plugin_settings, theirs.plugin_settings]
    for step in steps if ours_first else reversed(steps):
        step(settings)
    options = settings.EVENT_TRACKING_BACKENDS["event_transformer"]["OPTIONS"]
    assert set(common.XAPI_EVENTS) <= set(options["processors"][0]["OPTIONS"]["whitelist"])
    assert set(common.XAPI_EVENTS) <= set(
        options["backends"]["xapi"]["OPTIONS"]["processors"][0]["OPTIONS"]["whitelist"]
    )
    assert set(common.XAPI_EVENTS) <= settings.EVENT_BUS_TRACKING_LOGS
