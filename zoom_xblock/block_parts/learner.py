"""The learner's page and what it asks for while it is open."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from web_fragments.fragment import Fragment
from xblock.core import XBlock, XBlockMixin
from xblock.exceptions import JsonHandlerError

from zoom_xblock import platform, queries
from zoom_xblock.attendance import Policy
from zoom_xblock.block_parts.border import json_handler
from zoom_xblock.screens import learner
from zoom_xblock.services import registrations
from zoom_xblock.services.errors import Forbidden, ServiceError


class LearnerMixin(XBlockMixin):
    """Views and handlers for everybody who may open the unit."""

    @XBlock.supports("multi_device")
    def student_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """The learner's page: what we know already, without any call to Zoom. Registration follows by a handler."""
        if not self._in_course:
            return self._fragment("outside.html", {})
        viewer, planned = self._viewer, self._planned
        facts = queries.learner_facts(self._key, self._learner_id, planned)
        shows_recordings = planned.show_recordings and facts.recordings and viewer in ("learner", "staff")
        shown = learner.page(
            facts,
            viewer,
            reader_zone=self._reader_zone,
            course_url=platform.current().learner_url(self._key),
            recordings=queries.recordings_of(self._key) if shows_recordings else [],
        )
        args = learner.init_args(shown)
        fragment = self._fragment("student.html", shown, script="student", init=args)
        return self._with_staff(fragment, args) if viewer == "staff" else fragment

    def public_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """For visitors of public courses: when and what, never a link."""
        return self.student_view(context)

    @json_handler
    def register(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """Ask for the learner's place, once; answer how she stands. A job does the rest."""
        user_id = self._signed_in
        if self._in_studio:
            return self._state(user_id)  # nobody is registered from there
        try:
            registrations.request_place(usage_key=self._key, user_id=user_id)
        except Forbidden as error:
            if error.slug == "forbidden":
                raise JsonHandlerError(403, learner.sentence("not_enrolled")) from error
        except ServiceError:
            pass  # no session yet, or gone: the state says so
        return self._state(user_id)

    @json_handler
    def state(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """
        How the learner stands: asked again and again by an open page, which sends the `token` of what it has. While
        that is all there is, one small query of ours answers `{"unchanged": true}`.
        """
        return self._state(self._signed_in, data.get("token") if isinstance(data, dict) else None)

    # -- inside -----------------------------------------------------------------------------------------------

    @property
    def _planned(self) -> queries.Planned:
        mine = self._wishes_now  # readable ones: an import may have brought anything
        shown = ("join_minutes_before", "show_recordings", "show_attendance", "show_calendar")
        return queries.Planned(
            topic=mine["display_name"],
            kind=mine["kind"],
            description=mine["description"],
            starts_at=mine["starts_at"],
            duration_minutes=mine["duration_minutes"],
            time_zone=mine["time_zone"],
            policy=Policy.from_fields(mine),
            **{name: mine[name] for name in shown},
        )

    @property
    def _reader_zone(self) -> str:
        """The zone of the reader's account settings, as the platform tells it with the user; "" where none is set."""
        user = self._user
        preferences = user.opt_attrs.get("edx-platform.user_preferences") if user else None
        zone = preferences.get("time_zone") if isinstance(preferences, dict) else None
        return zone if isinstance(zone, str) else ""

    def _state(self, user_id: int, token: Any = None) -> dict[str, Any]:
        viewer = self._viewer
        if viewer in ("outsider", "visitor"):
            raise JsonHandlerError(403, learner.sentence("not_enrolled"))
        planned, learner_id = self._planned, self._learner_id
        row = queries.standing(self._key, learner_id, planned)
        if isinstance(token, str) and row.is_as_told(token, timezone.now()):
            return {"unchanged": True}
        return learner.state(queries.learner_facts(self._key, learner_id, planned, row=row), viewer)
