"""The work list's words, and its rows as the script shows them: plain values, each put into the page as text."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock.screens.page import minutes

#: A page, a search and a choice are small; anything else is no click of ours.
LONGEST_SEARCH = 255


def init_args() -> dict[str, Any]:
    """What `ZoomXBlockWorkList` starts with: its words."""
    return {
        "text": {
            "loading": _("Looking for people nobody knows…"),
            "empty": _("Everybody who was there is known."),
            "failed": _("The site could not be reached. Nothing was changed; please try again."),
            "select": _("Select {name}"),
            "selectAll": _("Select all on this page"),
            "nobody": _("No name"),
            "unassignable": _("Zoom gave nothing by which this person could be known again."),
            "alsoAs": _("also as {names}"),
            "stillIn": _("still there"),
            "vouched": _("{email}, signed in to Zoom"),
            "given": _("{email}, as typed in; not proven"),
            "sameAddress": _("same address"),
            "similarName": _("similar name"),
            # What is read out begins with what is seen, so that it can be said to press it.
            "assignTo": _("It was {name}"),
            "assignLabel": _("It was {name}, {username}, {why}: {guest}"),
            "choose": _("Somebody else…"),
            "chooseFirst": _("Choose a learner…"),
            "dismiss": _("Nobody"),
            "dismissLabel": _("Nobody: {guest}"),
            "undo": _("Undo"),
            "undoLabel": _("Undo: {guest}"),
            "was": _("{guest} was {name}"),
            "wasNobody": _("{guest} was nobody who counts"),
            "wasForeign": _("{guest} was taken for a learner of another course with the same session"),
            "searchFor": _("Who was {guest}?"),
            "searchForSeveral": _("Who was that? Selected: {count}"),
            "noneFound": _("No learner of this course is called that."),
            "found": _("Found: {count}"),
            "page": _("Page {number} of {pages}"),
            "selected": _("Selected: {count}"),
        }
    }


def page(work: Any, *, said: str = "") -> dict[str, Any]:
    """A `services.worklist.WorkList` for the script; `said` is what has just been done, to be announced."""
    return {
        "said": said,
        "number": work.number,
        "pages": work.pages,
        "total": work.total,
        "summary": _summary(work.total),
        "rows": [_row(row) for row in work.rows],
        "settled": [_settled(one) for one in work.settled],
        "settled_summary": _settled_summary(work),
    }


def people(found: list[Any]) -> dict[str, Any]:
    """What a search has found: the door's people."""
    return {
        "people": [
            {"user_id": one.user_id, "name": one.name, "username": one.username, "email": one.email} for one in found
        ]
    }


def assigned(count: int) -> str:
    """What was done."""
    return ngettext(
        "%(count)d person is now known. Minutes are being counted again.",
        "%(count)d people are now known. Minutes are being counted again.",
        count,
    ) % {"count": count}


def dismissed(count: int) -> str:
    """What was done."""
    return ngettext(
        "%(count)d person counts for nobody.", "%(count)d people count for nobody.", count
    ) % {"count": count}  # fmt: skip


def undone(count: int) -> str:
    """What was done."""
    return ngettext(
        "%(count)d decision was undone. Minutes are being counted again.",
        "%(count)d decisions were undone. Minutes are being counted again.",
        count,
    ) % {"count": count}


def sentence(slug: str) -> str:
    """Why something could not be done."""
    sentences = {
        "forbidden": _("Only the course team may do this."),
        "unplaced": _("This component has no session yet."),
        "not_a_learner": _("This person is not a learner of this course."),
        "unknown": _("This person is no longer on the list. Please look at it again."),
        "malformed": _("This was sent in a way that we do not accept."),
    }
    return sentences.get(slug, _("Something went wrong. Nothing was changed; please try again."))


# -- inside ---------------------------------------------------------------------------------------------------------


def _summary(total: int) -> str:
    if not total:
        return ""
    return ngettext(
        "%(count)d person was there of whom nobody can prove who it was.",
        "%(count)d people were there of whom nobody can prove who they were.",
        total,
    ) % {"count": total}


def _settled_summary(work: Any) -> str:
    more = work.settled_total - len(work.settled)
    line = ngettext("%(count)d decision", "%(count)d decisions", work.settled_total) % {"count": work.settled_total}
    if more > 0:
        shown = len(work.settled)
        text = ngettext("%(line)s; the newest %(shown)d is listed", "%(line)s; the newest %(shown)d are listed", shown)
        return text % {"line": line, "shown": shown}
    return line


def _row(row: Any) -> dict[str, Any]:
    one = row.participant
    return {
        "key": row.key,
        "name": one.name,
        "other_names": one.names[:-1],
        "came_by": _came_by(one.came_by),
        "email": one.email,
        "is_vouched": one.is_vouched,
        "first_at": one.first_at.isoformat() if one.first_at else None,
        "last_at": one.last_at.isoformat() if one.last_at and not one.is_in else None,
        "is_in": one.is_in,
        "minutes": minutes(one.seconds),
        "joins": ngettext("joined %(count)d time", "joined %(count)d times", one.joins) % {"count": one.joins}
        if one.joins > 1
        else "",
        "suggestions": [
            {"user_id": each.user_id, "username": each.username, "name": each.name or each.username, "by": each.by}
            for each in row.suggestions
        ],
    }


def _came_by(came_by: str) -> str:
    return {
        "phone": _("By phone"),
        "registrant": _("Registered at Zoom, not by this course"),
        "signed_in": _("Signed in to Zoom"),
    }.get(came_by, _("Guest"))


def _settled(one: Any) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "learner": (one.person.name or one.person.username) if one.person is not None else "",
        "is_foreign": one.is_foreign,
        "made_at": one.made_at.isoformat(),
        "made_by": one.made_by,
    }
