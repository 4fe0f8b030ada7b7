"""The work list inside the block: what course staff sees of unknown participants, and settles with a click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xblock.core import XBlockMixin
from xblock.exceptions import JsonHandlerError

from zoom_xblock.block_parts.border import form_handler
from zoom_xblock.screens import worklist as screen
from zoom_xblock.services import worklist
from zoom_xblock.services.errors import Forbidden, InvalidWishes, ServiceError


class WorkListMixin(XBlockMixin):
    """
    Handlers for course staff of this course, in the LMS, as themselves. Each answers the list as it is then; what is
    wrong with a call is 400, what is not allowed 403, with a sentence.
    """

    @form_handler
    def worklist(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """`{"page": 1}` → a page of the list."""
        return self._work_list(data)

    @form_handler
    def worklist_search(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """`{"text": "ana"}` → `{"people": [...]}`, learners of the course, at most 20."""
        staff_id, text = self._work_list_staff, _asked(data).get("text")
        if not isinstance(text, str) or len(text) > screen.LONGEST_SEARCH:
            raise JsonHandlerError(400, screen.sentence("malformed"))
        return screen.people(self._settling(lambda: worklist.search(usage_key=self._key, staff_id=staff_id, text=text)))

    @form_handler
    def worklist_assign(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """`{"keys": [...], "user_id": 7, "page": 1}`: these participants were this learner."""
        staff_id, keys, user_id = self._work_list_staff, _keys(data), _asked(data).get("user_id")
        if isinstance(user_id, bool) or not isinstance(user_id, int) or not 0 < user_id < 2**63:
            raise JsonHandlerError(400, screen.sentence("malformed"))
        count = self._settling(
            lambda: worklist.assign(usage_key=self._key, staff_id=staff_id, keys=keys, user_id=user_id)
        )
        return self._work_list(data, said=screen.assigned(count))

    @form_handler
    def worklist_dismiss(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """`{"keys": [...], "page": 1}`: these participants are nobody who counts."""
        staff_id, keys = self._work_list_staff, _keys(data)
        count = self._settling(lambda: worklist.dismiss(usage_key=self._key, staff_id=staff_id, keys=keys))
        return self._work_list(data, said=screen.dismissed(count))

    @form_handler
    def worklist_undo(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """`{"keys": [...], "page": 1}`: what was said of these participants is forgotten."""
        staff_id, keys = self._work_list_staff, _keys(data)
        count = self._settling(lambda: worklist.undo(usage_key=self._key, staff_id=staff_id, keys=keys))
        return self._work_list(data, said=screen.undone(count))

    # -- inside -----------------------------------------------------------------------------------------------

    @property
    def _work_list_staff(self) -> int:
        """The user id of course staff who looks as herself; everybody else is told so."""
        user_id: int | None = self._user_id
        if user_id is None or self._viewer != "staff":
            raise JsonHandlerError(403, screen.sentence("forbidden"))
        return user_id

    def _work_list(self, data: Any, *, said: str = "") -> dict[str, Any]:
        staff_id, number = self._work_list_staff, _asked(data).get("page", 1)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 1_000_000:
            number = 1
        work = self._settling(lambda: worklist.unknown(usage_key=self._key, staff_id=staff_id, page=number))
        return screen.page(work, said=said)

    def _settling(self, verb: Callable[[], Any]) -> Any:
        try:
            return verb()
        except Forbidden as error:
            raise JsonHandlerError(403, screen.sentence(error.slug)) from error
        except InvalidWishes as error:
            raise JsonHandlerError(400, screen.sentence(next(iter(error.fields.values())))) from error
        except ServiceError as error:
            raise JsonHandlerError(409, screen.sentence(error.slug)) from error


def _asked(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}


def _keys(data: Any) -> list[str]:
    keys = _asked(data).get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise JsonHandlerError(400, screen.sentence("malformed"))
    return keys
