"""The learner's page and what it asks for while it is open."""

from __future__ import annotations

from typing import Any

from web_fragments.fragment import Fragment
from xblock.core import XBlock, XBlockMixin
from xblock.exceptions import JsonHandlerError

from zoom_xblock import queries
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
        facts = queries.learner_facts(self._key, self._learner_id, self._planned)
        shown = learner.page(facts, self._viewer)
        return self._fragment("student.html", shown, script="student", init=learner.init_args(shown))

    def public_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """For visitors of public courses: when and what, never a link."""
        return self.student_view(context)

    @XBlock.json_handler
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

    @XBlock.json_handler
    def state(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """How the learner stands: asked again and again by an open page."""
        return self._state(self._signed_in)

    # -- inside -----------------------------------------------------------------------------------------------

    @property
    def _planned(self) -> queries.Planned:
        return queries.Planned(
            topic=self.display_name,
            kind=self.kind,
            description=self.description,
            starts_at=self.starts_at,
            duration_minutes=self.duration_minutes,
            time_zone=self.time_zone,
            required_seconds=self.required_minutes * 60,
        )

    def _state(self, user_id: int) -> dict[str, Any]:
        viewer = self._viewer
        if viewer in ("outsider", "visitor"):
            raise JsonHandlerError(403, learner.sentence("not_enrolled"))
        facts = queries.learner_facts(self._key, self._learner_id, self._planned)
        return learner.state(facts, viewer)
