"""What the course team sees and settles inside the block: roster, picture, corrections, exports."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from web_fragments.fragment import Fragment
from xblock.core import XBlockMixin
from xblock.exceptions import JsonHandlerError

from zoom_xblock import platform
from zoom_xblock.block_parts.border import form_handler
from zoom_xblock.platform.base import searchable
from zoom_xblock.queries import everybody
from zoom_xblock.queries.picture import picture
from zoom_xblock.queries.roster import roster
from zoom_xblock.screens import picture as picture_screen
from zoom_xblock.screens import roster as screen
from zoom_xblock.screens import worklist
from zoom_xblock.screens.page import render
from zoom_xblock.services import corrections, counting
from zoom_xblock.services.errors import Forbidden, InvalidWishes, ServiceError

#: Learners are read from the platform so many at a time; courses of more cost another query or two.
LEARNERS = 20_000
LONGEST_KEY = 64
#: Below `assets/public`, in this order, after those of the learner's page.
STYLES = ("staff", "staff_picture", "worklist")
#: In this order: the first is what the others share.
SCRIPTS = ("shared", "worklist", "staff_rows", "staff_picture", "staff")


class StaffMixin(XBlockMixin):
    """
    Handlers for course staff of this course, in the LMS, as themselves. What is wrong with a call is 400, what is not
    allowed 403, with a sentence.
    """

    @form_handler
    def roster(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """`{"search": "", "sort": "name", "descending": false, "only": "all", "page": 1}` → a page of the table."""
        self._roster_staff()
        found = roster(self._key, _wish(data), self._sources())
        return screen.unplaced() if found is None else screen.page(found, float(self.weight or 0))

    @form_handler
    def picture(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """The same, and `"date": key` → presence over time of the learners on that page."""
        self._roster_staff()
        key = data.get("date", "") if isinstance(data, dict) else ""
        if not isinstance(key, str) or len(key) > LONGEST_KEY:
            key = ""
        found = picture(self._key, _wish(data), key, self._sources(), timezone.now())
        if found is None:
            raise JsonHandlerError(409, screen.refused("unplaced"))
        return picture_screen.page(found)

    @form_handler
    def decide(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """`{"user_ids": [7], "verdict": "present", "reason": "…"}` → how many it changed, or what is wrong."""
        staff_id = self._roster_staff()
        asked = data if isinstance(data, dict) else {}
        try:
            count = corrections.decide(
                usage_key=self._key,
                staff_id=staff_id,
                user_ids=asked.get("user_ids"),  # type: ignore[arg-type]  # looked at there
                verdict=asked.get("verdict"),  # type: ignore[arg-type]
                reason=asked.get("reason"),  # type: ignore[arg-type]
            )
        except InvalidWishes as error:
            wrong = {field: screen.field_refused(field, slug) for field, slug in error.fields.items()}
            return {"decided": False, "errors": wrong, "message": " ".join(wrong.values())}
        except ServiceError as error:
            raise _refusal(error) from error
        return {"decided": True, "errors": {}, "message": screen.decided(count)}

    @form_handler
    def recount(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """Have everybody counted again."""
        staff_id = self._roster_staff()
        try:
            corrections.recount(usage_key=self._key, staff_id=staff_id)
        except ServiceError as error:
            raise _refusal(error) from error
        return {"message": screen.recounting()}

    # -- inside -----------------------------------------------------------------------------------------------

    def _with_staff(self, fragment: Fragment, student_args: dict[str, Any]) -> Fragment:
        """
        The learner's fragment with the course team's part below it, for the viewer "staff". `student_args` are what
        `ZoomXBlockStudent` starts with; `ZoomXBlockStaff` passes them on.
        """
        key = str(self._key)
        shown = {
            "block_id": self._key.block_id,
            "csv_url": reverse("zoom_xblock:roster_csv", args=[key]),
            "evidence_url": reverse("zoom_xblock:evidence", args=[key]),
            "course_url": reverse("zoom_xblock:course", args=[str(self._course_key)]),
        }
        fragment.add_content(render("zoom_xblock/block/staff.html", shown))
        for style in STYLES:
            fragment.add_css_url(self.runtime.local_resource_url(self, f"public/{style}.css"))
        for script in SCRIPTS:
            fragment.add_javascript_url(self.runtime.local_resource_url(self, f"public/{script}.js"))
        args = {"student": student_args, "text": screen.texts(), "worklist": worklist.init_args()}
        fragment.initialize_js("ZoomXBlockStaff", args)
        return fragment

    def _roster_staff(self) -> int:
        """The user id of course staff who looks as herself, in the LMS; everybody else is told so."""
        user_id = self._user_id
        try:
            if user_id is None:
                raise Forbidden("not_staff")
            corrections.require_staff(user_id, self._course_key)
        except Forbidden as error:
            raise _refusal(error) from error
        return int(user_id)

    def _sources(self) -> everybody.Sources:
        door = platform.current()
        people: list[Any] = []
        while len(page := door.learners(self._course_key, after_user_id=_last(people), limit=LEARNERS)) == LEARNERS:
            people += page
        return everybody.Sources(people + page, door.people, counting.WhoIs)


def _last(people: list[Any]) -> int:
    return people[-1].user_id if people else 0


def _refusal(error: ServiceError) -> JsonHandlerError:
    return JsonHandlerError(403 if isinstance(error, Forbidden) else 409, screen.refused(error.slug))


def _wish(data: Any) -> everybody.Wish:
    """What can be meant by a request; the rest is as usual."""
    asked = data if isinstance(data, dict) else {}
    search, sort, only, page = (asked.get(name) for name in ("search", "sort", "only", "page"))
    return everybody.Wish(
        search=searchable(search) if isinstance(search, str) else "",
        sort=sort if isinstance(sort, str) and sort in everybody.SORTS else "name",
        descending=asked.get("descending") is True,
        only=only if isinstance(only, str) and only in everybody.FILTERS else "all",
        page=page if type(page) is int and 0 < page < 1_000_000 else 1,
    )
