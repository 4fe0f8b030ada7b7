"""The course team's table in words: every cell as text, and what the script that draws it has to say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from zoom_xblock import attendance
from zoom_xblock.screens import page as words

#: How often an open table asks while the session runs.
POLL_SECONDS = 30


def page(roster: Any, weight: float) -> dict[str, Any]:
    """
    A page of `queries.Roster` as JSON for the script: plain texts, nothing of Zoom's. `weight`: the block's points.

    An address is not in it: searching finds it, the export has it.
    """
    shown = len(roster.rows)
    first = (roster.page - 1) * 50 + 1 if shown else 0
    return {
        "rows": [_row(row, roster, weight) for row in roster.rows],
        "total": roster.total,
        "page": roster.page,
        "pages": roster.pages,
        "summary": _summary(roster),
        "range": _("%(first)s–%(last)s of %(total)s")
        % {
            "first": number_format(first, force_grouping=True),
            "last": number_format(first + shown - 1 if shown else 0, force_grouping=True),
            "total": number_format(roster.total, force_grouping=True),
        },
        "found": ngettext("%(count)d learner found.", "%(count)d learners found.", roster.total)
        % {"count": roster.total},
        "page_text": _("Page %(page)d of %(pages)d") % {"page": roster.page, "pages": roster.pages},
        "asks": roster.counts["ask"],
        "asks_text": ngettext(
            "%(count)d learner was given a completion that the count does not give any more. Keep it or withdraw it.",
            "%(count)d learners were given a completion that the count does not give any more. Keep it or withdraw it.",
            roster.counts["ask"],
        )
        % {"count": roster.counts["ask"]},
        "took_place": roster.phase in ("live", "ended"),
        "poll_after_seconds": POLL_SECONDS if roster.phase == "live" else None,
    }


def unplaced() -> dict[str, Any]:
    """The same where there is no session yet."""
    return {
        "rows": [],
        "total": 0,
        "page": 1,
        "pages": 1,
        "summary": _("There is no session yet."),
        "range": "",
        "found": "",
        "page_text": "",
        "asks": 0,
        "asks_text": "",
        "took_place": False,
        "poll_after_seconds": None,
    }


def _summary(roster: Any) -> str:
    counts = roster.counts
    parts = [
        ngettext("%(count)d learner", "%(count)d learners", counts["all"]) % {"count": counts["all"]},
        ngettext("%(count)d registered", "%(count)d registered", counts["registered"])
        % {"count": counts["registered"]},
    ]
    if roster.phase == "live":
        parts.append(ngettext("%(count)d in now", "%(count)d in now", counts["in_now"]) % {"count": counts["in_now"]})
    if roster.phase in ("live", "ended"):
        parts.append(
            ngettext("%(count)d complete", "%(count)d complete", counts["complete"]) % {"count": counts["complete"]}
        )
    return " · ".join(parts)


def _row(row: Any, roster: Any, weight: float) -> dict[str, Any]:
    zone = roster.time_zone
    return {
        "id": row.user_id,
        "name": row.name,
        "username": row.username,
        "flags": [{"slug": slug, "text": flag(slug)} for slug in row.flags],
        "registration": {"slug": row.registration, "text": registration(row.registration)},
        "registered": when(row.registered_at, zone),
        "joined": when(row.joined_at, zone),
        "in_now": row.is_in,
        "minutes": str(attendance.minutes_shown(row.attended_seconds)) if row.state != "waiting" else "–",
        "requirement": requirement(row.required_seconds, roster.completion),
        "state": {"slug": row.state, "text": state(row)},
        "complete": row.is_complete,
        "completion": _("Complete") if row.is_complete else _("Not complete"),
        "asks": row.asks,
        "grade": grade(row.score, weight, roster.is_graded),
        "verdict": row.verdict or "",
        "decisions": [_decision(one, zone) for one in row.decisions],
    }


def when(moment: datetime | None, time_zone: str) -> str:
    """Day and time in the session's zone; "–" where there is none."""
    if moment is None:
        return "–"
    local = moment.astimezone(words.zone(time_zone))
    return f"{date_format(local, 'SHORT_DATE_FORMAT')} {date_format(local, 'TIME_FORMAT')}"


def requirement(required_seconds: int | None, completion: str) -> str:
    """What is asked for, in short."""
    if completion == "none":
        return pgettext("what is required", "None")
    if completion == "joining" or not required_seconds:
        return _("To be there")
    return _("%(minutes)d min") % {"minutes": -(-required_seconds // 60)}


def grade(score: float | None, weight: float, is_graded: bool) -> str:
    """Points of points."""
    if score is None or not is_graded:
        return "–"
    return _("%(points)s of %(possible)s") % {"points": _points(score * weight), "possible": _points(weight)}


def _points(value: float) -> str:
    """At most two digits, and none that say nothing."""
    rounded = round(value, 2)
    return number_format(int(rounded) if rounded == int(rounded) else rounded)


def registration(slug: str) -> str:
    """How far her registration has got."""
    return {
        "none": _("Not registered"),
        "pending": _("Being registered"),
        "approval": _("Waits for the host"),
        "registered": _("Registered"),
        "failed": _("Refused"),
    }.get(slug, slug)


def state(row: Any) -> str:
    """How sure it is, or what was decided."""
    if row.state == "corrected":
        return verdict(row.verdict)
    return {"waiting": _("Waiting"), "provisional": _("Provisional"), "final": _("Final")}.get(row.state, row.state)


def verdict(slug: str | None) -> str:
    """A person's decision."""
    return {
        "present": _("Marked present"),
        "excused": _("Excused"),
        "absent": _("Marked absent"),
        "counted": _("As counted"),
    }.get(slug or "", slug or "")


def flag(slug: str) -> str:
    """What is to be seen about how somebody was there."""
    return {
        "phone": _("By phone"),
        "devices": _("Several devices"),
        "shared": _("Link shared?"),
        "address": _("Known by address"),
        "assignment": _("Assigned by staff"),
        "outsider": _("Not a learner here"),
    }.get(slug, slug)


def _decision(one: Any, zone: str) -> dict[str, Any]:
    return {
        "text": verdict(one.verdict),
        "reason": one.reason,
        "by": _("%(name)s, %(when)s")
        % {"name": one.made_by or _("Somebody who has left"), "when": when(one.made_at, zone)},
        "change": _("Before: %(before)s. After: %(after)s.")
        % {"before": _facts(one.before), "after": _facts(one.after)},
    }


def _facts(facts: dict[str, Any]) -> str:
    done = _("complete") if facts.get("is_complete") else _("not complete")
    minutes = words.minutes(facts.get("attended_seconds") or 0)
    return f"{done}, {minutes}"


def decided(count: int) -> str:
    """After a decision."""
    if not count:
        return _("Nothing changed: it was decided so already.")
    return ngettext("Decided for %(count)d learner.", "Decided for %(count)d learners.", count) % {"count": count}


def recounting() -> str:
    """After asking for a recount."""
    return _("Everybody is being counted again. This takes a moment.")


def refused(slug: str) -> str:
    """A sentence for what a handler refuses."""
    return {
        "not_staff": _("Only the course team sees this."),
        "unplaced": _("There is no session yet."),
    }.get(slug, _("This could not be done. Please reload the page and try again."))


def field_refused(field: str, slug: str) -> str:
    """What is wrong with a decision."""
    sentences = {
        ("reason", "required"): _("Please say why: it is kept with the decision."),
        ("reason", "too_long"): _("Please say it in at most 500 characters."),
        ("reason", "malformed"): _("The reason has characters that cannot be stored."),
        ("user_ids", "required"): _("Please select at least one learner."),
        ("user_ids", "too_many"): _("Please select at most 200 learners at once."),
        ("user_ids", "unknown"): _("Somebody selected is no learner of this course. Please reload the page."),
        ("verdict", "malformed"): _("Please choose what to decide."),
    }
    return sentences.get((field, slug), refused(""))


def texts() -> dict[str, str]:
    """What the script says."""
    return {
        "unavailable": _("The table could not be loaded. We try again by ourselves."),
        "failed": _("This did not work. Please try again."),
        "signedOut": _("You are not signed in any more, or may not see this. Please reload the page."),
        "select": _("Select {name}"),
        "selected": _("Selected: {count}"),
        "tooMany": _("At most 200 learners can be selected at once."),
        "inNow": _("in now"),
        "keep": _("Keep"),
        "keepFor": _("Keep the completion of {name}"),
        "withdraw": _("Withdraw"),
        "withdrawFor": _("Withdraw the completion of {name}"),
        "ask": _("Withdraw?"),
        "keepReason": _("Kept: given before, although the count does not give it any more."),
        "withdrawReason": _("Withdrawn: the count does not give it any more."),
        "history": _("Decisions"),
        "historyOf": _("Decisions about {name}"),
        "none": _("Nobody found."),
        "curve": _("Number present over time. {peak}"),
        "bars": _("Presence of each learner on this page"),
        "nobody": _("Nobody was there."),
        "wasNotThere": _("was not there"),
    }
