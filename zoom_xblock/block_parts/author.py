"""Studio: preview, editor, and the author's save."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from web_fragments.fragment import Fragment
from xblock.core import XBlock, XBlockMixin
from xblock.exceptions import JsonHandlerError

from zoom_xblock import platform, queries
from zoom_xblock.screens import author, editor
from zoom_xblock.services import meetings
from zoom_xblock.services.errors import InvalidWishes, ServiceError


class AuthorMixin(XBlockMixin):
    """
    Views and handlers of Studio. Each handler asks whether this person may author this course: Studio itself asks for
    nothing but a log-in, and the LMS reaches every handler.
    """

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
    def _wishes_now(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.wishes}

    @property
    def _was_saved(self) -> bool:
        starts_at: datetime | None = self.starts_at
        return starts_at is not None
