"""
The XBlock: an adapter. Its fields are the author's wishes; each view and handler parses, calls one verb, and answers.

What Zoom decides and everything about people is in our tables, found by usage key (docs/decisions/0001). Handlers check
permissions themselves: the LMS reaches them without enrolment, Studio with nothing but a log-in.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext_noop as _
from opaque_keys.edx.keys import LearningContextKey, UsageKey
from web_fragments.fragment import Fragment
from xblock.completable import CompletableXBlockMixin
from xblock.core import XBlock
from xblock.exceptions import JsonHandlerError
from xblock.fields import Boolean, DateTime, Float, Integer, Scope, String

from zoom_xblock import platform, queries
from zoom_xblock.keys import lasting, plain_key
from zoom_xblock.screens import author, editor, learner
from zoom_xblock.screens.page import render
from zoom_xblock.services import meetings, registrations, settlement
from zoom_xblock.services.errors import Forbidden, InvalidWishes, ServiceError

log = logging.getLogger("zoom_xblock.block")


@XBlock.needs("i18n")
@XBlock.wants("user")
class ZoomXBlock(CompletableXBlockMixin, XBlock):
    """A live session in a unit: a Zoom meeting or webinar, and the attendance that completes it."""

    #: The names of the author's wishes: what the published copy is asked for.
    wishes: ClassVar[tuple[str, ...]] = (
        "display_name",
        "kind",
        "description",
        "starts_at",
        "duration_minutes",
        "time_zone",
        "required_minutes",
        "has_score",
        "weight",
    )

    display_name = String(
        display_name=_("Topic"),
        help=_("What the session is called, here and at Zoom."),
        default="Zoom session",
        scope=Scope.settings,
    )
    kind = String(
        display_name=_("Kind"),
        help=_("A meeting lets everybody talk; a webinar has an audience."),
        default="meeting",
        values=["meeting", "webinar"],
        scope=Scope.settings,
    )
    description = String(
        display_name=_("Description"), help=_("Shown to learners, here and at Zoom."), default="", scope=Scope.settings
    )
    # Never `start`, `due` or `end`: those names belong to the platform's release dates (openedx, InheritanceMixin).
    starts_at = DateTime(
        display_name=_("Start"), help=_("When the session begins."), default=None, scope=Scope.settings
    )
    duration_minutes = Integer(
        display_name=_("Duration"), help=_("Planned length in minutes."), default=60, scope=Scope.settings
    )
    time_zone = String(
        display_name=_("Time zone"),
        help=_("The zone in which the start is meant."),
        default="UTC",
        scope=Scope.settings,
    )
    required_minutes = Integer(
        display_name=_("Required attendance"),
        help=_("Minutes a learner must attend for the unit to be complete."),
        default=45,
        scope=Scope.settings,
    )

    # Read unbound by the platform's grading (lms/djangoapps/grades/transformer.py), so a field of this very name.
    has_score = Boolean(
        display_name=_("Graded"),
        help=_("Whether attendance counts in the gradebook, by its share of the required time."),
        default=False,
        scope=Scope.settings,
    )
    weight = Float(
        display_name=_("Points"),
        help=_("What full attendance is worth in the gradebook."),
        default=1.0,
        scope=Scope.settings,
    )

    icon_class = "video"
    category = "zoom"
    has_author_view = True
    #: Nothing of the package but `assets/public` is served (the platform publishes a block's whole folder otherwise).
    resources_dir = "assets"

    #: Shown to staff who look as a certain learner: then we neither write nor reveal anything of hers.
    show_in_read_only_mode = True

    @classmethod
    def parse_xml(cls, node: Any, runtime: Any, keys: Any, *more: Any) -> Any:
        """A block from OLX. Pasted, it gets an id of its own for good (see `keys.lasting`)."""
        return super().parse_xml(node, runtime, lasting(keys), *more)

    # -- views ------------------------------------------------------------------------------------------------

    @XBlock.supports("multi_device")
    def student_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """The learner's page: what we know already, without any call to Zoom. Registration follows by a handler."""
        if not self._in_course:
            return self._fragment("outside.html", {})
        facts = queries.learner_facts(self._key, self._learner_id, self._planned)
        shown = learner.page(facts, self._viewer)
        return self._fragment("student.html", shown, script="student", init=learner.init_args(shown))

    def author_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """Studio's preview on the unit page."""
        if not self._in_course:
            return self._fragment("outside.html", {})
        facts = queries.author_facts(self._key)
        return self._fragment("author.html", author.page(facts, self._wishes_now))

    def studio_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """Studio's editor."""
        if not self._in_course:
            return self._fragment("outside.html", {})
        shown = editor.page(queries.author_facts(self._key), self._wishes_now, is_new=not self._was_saved)
        return self._fragment("editor.html", shown, script="editor", init=editor.init_args(shown))

    def public_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """For visitors of public courses: when and what, never a link."""
        return self.student_view(context)

    def student_view_data(self, context: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the block is, for apps: collected unbound and shared by all, so nothing personal."""
        starts_at = self.starts_at
        return {
            "kind": self.kind,
            "topic": self.display_name,
            "starts_at": starts_at.isoformat() if starts_at else None,
            "duration_minutes": self.duration_minutes,
            "required_minutes": self.required_minutes,
        }

    def max_score(self) -> float:
        """The possible score before `weight`. Asked unbound, at publish, in a worker of Studio."""
        return 1.0

    def clear_student_state(self, *, user_id: str, **kwargs: Any) -> None:
        """
        Staff took a learner's state away (lms/djangoapps/instructor/enrollment.py, `reset_student_attempts`).

        Called on an unbound block; `user_id` is the learner's anonymous id.
        """
        settlement.reset_score(usage_key=self._key, anonymous_user_id=user_id)

    # -- handlers ---------------------------------------------------------------------------------------------

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

    @XBlock.json_handler
    def save_session(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """
        The author's save: Zoom first, the block second, both or none.

        Answers `{"saved": true, "notes": [...]}` or `{"saved": false, "errors": {field: sentence}, "message":
        sentence}`.
        """
        user_id = self._user_id
        # In the LMS, which reaches every handler, the block could not keep what Zoom has been told already.
        if user_id is None or not self._in_studio or not platform.current().can_author(user_id, self._course_key):
            raise JsonHandlerError(403, editor.sentence("forbidden"))
        try:
            wished = editor.parse(data)
            before = editor.overlaid(queries.author_facts(self._key), self._wishes_now)
            saved = meetings.save_session(
                usage_key=self._key,
                user_id=user_id,
                wishes=meetings.SessionWishes(
                    kind=wished["kind"],
                    topic=wished["display_name"],
                    agenda=wished["description"],
                    starts_at=wished["starts_at"],
                    duration_minutes=wished["duration_minutes"],
                    time_zone=wished["time_zone"],
                    required_minutes=wished["required_minutes"],
                    has_moved=wished["starts_at"] != before["starts_at"],
                ),
            )
        except (editor.WrongForm, InvalidWishes) as error:
            return editor.refusal(error.fields, "invalid")
        except ServiceError as error:
            return editor.refusal(getattr(error, "fields", {}), error.slug)
        for name, value in wished.items():
            setattr(self, name, value)
        return editor.success(saved.is_new, saved.differences)

    # -- inside -----------------------------------------------------------------------------------------------

    @property
    def _key(self) -> UsageKey:
        return plain_key(self.scope_ids.usage_id)

    @property
    def _course_key(self) -> LearningContextKey:
        return self._key.context_key

    @property
    def _in_course(self) -> bool:
        """False in a content library: there are no learners, and no session to attend."""
        return bool(getattr(self._course_key, "is_course", False))

    @property
    def _user(self) -> Any:
        service = self.runtime.service(self, "user")
        return service.get_current_user() if service else None

    @property
    def _user_id(self) -> int | None:
        user = self._user
        value = user.opt_attrs.get("edx-platform.user_id") if user else None
        return int(value) if value else None

    @property
    def _signed_in(self) -> int:
        user_id = self._user_id
        if user_id is None:
            raise JsonHandlerError(403, learner.sentence("not_signed_in"))
        return user_id

    @property
    def _learner_id(self) -> int | None:
        """
        Whose place and minutes may be shown: nobody's through somebody else's eyes, and nobody's in Studio's preview.
        """
        user_id = self._user_id
        if user_id is None or self._in_studio or platform.current().is_masquerading(user_id, self._course_key):
            return None
        return user_id

    @property
    def _in_studio(self) -> bool:
        """In Studio's preview and in its handlers, which only the process tells from those of the LMS."""
        return platform.current().service == "studio"

    @property
    def _viewer(self) -> str:
        """Who looks: "visitor", "outsider", "learner", "staff", "masquerade" or "preview"."""
        user_id = self._user_id
        if user_id is None:
            return "visitor"
        door = platform.current()
        if self._in_studio:
            return "preview" if door.can_author(user_id, self._course_key) else "outsider"
        if door.is_masquerading(user_id, self._course_key):
            return "masquerade"
        if door.is_course_staff(user_id, self._course_key):
            return "staff"
        return "learner" if door.is_enrolled(user_id, self._course_key) else "outsider"

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

    @property
    def _wishes_now(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.wishes}

    @property
    def _was_saved(self) -> bool:
        starts_at: datetime | None = self.starts_at
        return starts_at is not None

    def _state(self, user_id: int) -> dict[str, Any]:
        viewer = self._viewer
        if viewer in ("outsider", "visitor"):
            raise JsonHandlerError(403, learner.sentence("not_enrolled"))
        facts = queries.learner_facts(self._key, self._learner_id, self._planned)
        return learner.state(facts, viewer)

    def _fragment(self, template: str, shown: dict[str, Any], *, script: str = "", init: Any = None) -> Fragment:
        fragment = Fragment(render(f"zoom_xblock/block/{template}", {**shown, "block_id": self._key.block_id}))
        fragment.add_css_url(self.runtime.local_resource_url(self, "public/zoom.css"))
        if script:
            fragment.add_javascript_url(self.runtime.local_resource_url(self, f"public/{script}.js"))
            fragment.initialize_js({"student": "ZoomXBlockStudent", "editor": "ZoomXBlockEditor"}[script], init)
        return fragment
