"""Who looks at the block, and where: what every view and handler asks before it says anything."""

from __future__ import annotations

from typing import Any

from opaque_keys.edx.keys import LearningContextKey, UsageKey
from web_fragments.fragment import Fragment
from xblock.core import XBlockMixin
from xblock.exceptions import JsonHandlerError

from zoom_xblock import platform
from zoom_xblock.screens import learner
from zoom_xblock.screens.page import render
from zoom_xblock.usage_keys import plain_key

#: The scripts below `assets/public` and the function with which each begins.
SCRIPTS = {"student": "ZoomXBlockStudent", "editor": "ZoomXBlockEditor", "author": "ZoomXBlockAuthor"}


class ViewerMixin(XBlockMixin):
    """Keys, people and the service we run in."""

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
        """
        Whom the block is bound to, asked of each service once: the platform reads her preferences anew for each answer.
        A block that is bound to somebody else (`bind_for_student`) has another service.
        """
        service = self.runtime.service(self, "user")
        if service is None:
            return None
        if self.__dict__.get("_user_known", (None, None))[0] is not service:
            self.__dict__["_user_known"] = service, service.get_current_user()
        return self.__dict__["_user_known"][1]

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

    def _fragment(self, template: str, shown: dict[str, Any], *, script: str = "", init: Any = None) -> Fragment:
        """The template's HTML with its style and its script; those of Studio use what `shared` gives to the page."""
        fragment = Fragment(render(f"zoom_xblock/block/{template}", {**shown, "block_id": self._key.block_id}))
        fragment.add_css_url(self.runtime.local_resource_url(self, "public/zoom.css"))
        if script:
            if script != "student":
                fragment.add_javascript_url(self.runtime.local_resource_url(self, "public/shared.js"))
            fragment.add_javascript_url(self.runtime.local_resource_url(self, f"public/{script}.js"))
            fragment.initialize_js(SCRIPTS[script], init)
        return fragment
