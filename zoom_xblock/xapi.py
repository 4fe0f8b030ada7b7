"""
Our tracking events as xAPI statements (docs/events.md), for sites with event-routing-backends.

Imported in `ready()` where that package is installed, and nowhere else: importing is registering
(event_routing_backends/processors/xapi/registry.py).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from event_routing_backends.processors.xapi.registry import XApiTransformersRegistry
from event_routing_backends.processors.xapi.transformer import XApiTransformer
from tincan import Activity, ActivityDefinition, LanguageMap, Result, Verb

#: ADL's own type for "a gathering of people", also of those who meet online.
MEETING = "http://adlnet.gov/expapi/activities/meeting"


def _verb(address: str, display: str) -> Verb:
    return Verb(id=address, display=LanguageMap({"en": display}))


class _Session(XApiTransformer):
    """A statement about one session. Who, when and in which course are the package's."""

    def get_object(self) -> Activity:
        """The block."""
        return Activity(
            id=self.get_object_iri("xblock", self.get_data("data.usage_key", True)),
            definition=ActivityDefinition(type=MEETING),
        )


class _Outcome(_Session):
    additional_fields = ("result",)

    def get_result(self) -> Result:
        """How long she was there, and whether it is enough."""
        facts: dict[str, Any] = self.event["data"]
        return Result(
            completion=bool(facts.get("is_complete", True)), duration=timedelta(seconds=facts["attended_seconds"])
        )


@XApiTransformersRegistry.register("zoom_xblock.joined")
class Joined(_Session):
    """She came."""

    _verb = _verb("http://activitystrea.ms/join", "joined")

    def get_timestamp(self) -> str:
        """When she came: Zoom's record may say so hours later."""
        return str(self.get_data("data.joined_at", True))


@XApiTransformersRegistry.register("zoom_xblock.attended")
class Attended(_Outcome):
    """She was there so long."""

    _verb = _verb("http://adlnet.gov/expapi/verbs/attended", "attended")


@XApiTransformersRegistry.register("zoom_xblock.completed")
class Completed(_Outcome):
    """She has what was asked for."""

    _verb = _verb("http://adlnet.gov/expapi/verbs/completed", "completed")


@XApiTransformersRegistry.register("zoom_xblock.corrected")
class Corrected(_Outcome):
    """The course team decided so."""

    _verb = _verb("https://w3id.org/xapi/acrossx/verbs/evaluated", "evaluated")

    def get_result(self) -> Result:
        """With the verdict."""
        result = super().get_result()
        result.response = self.event["data"]["verdict"]
        return result
