"""The two pages of a course's sessions: what needs a session or a date (Studio), and who is missing what (LMS)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from zoom_xblock.screens import clocks, exports, troubles
from zoom_xblock.screens import page as words

LONGEST_SEARCH = 255
#: So many sessions can be made in one go (`services.courses`); a longer list is no form of ours.
MOST_ROWS = 50


# -- Studio ---------------------------------------------------------------------------------------------------------


def studio(name: str, drafts: list[Any], link_of: Callable[[Any], str]) -> dict[str, Any]:
    """What the template draws of `queries.DraftSession` rows."""
    rows = [_draft(index, one, link_of(one.usage_key)) for index, one in enumerate(drafts, start=1)]
    wanting = [row for row in rows if row["is_wanting"]]
    return {
        "course": name,
        "wanting": wanting,
        "others": [row for row in rows if not row["is_wanting"]],
        "most": MOST_ROWS,
        "summary": _studio_summary(len(rows), len(wanting)),
        "text": {
            "working": _("Sessions are being made at Zoom…"),
            "none": _("Select at least one session."),
            "many": ngettext(
                "Select at most %(count)d session at once.", "Select at most %(count)d sessions at once.", MOST_ROWS
            )
            % {"count": MOST_ROWS},
            "dateless": _("Fill in date and time."),
            "failed": _("The site could not be reached. Some sessions may have been made; please reload the page."),
            "made": _("Made"),
            "selected": _("Selected: {count}"),
            "shifted": _("Dates filled in: {count}."),
        },
    }


def parse_rows(data: Any, zones: dict[str, str]) -> tuple[list[dict[str, Any]], dict[str, str]] | None:
    """
    `{"rows": [{"usage_key", "date": "2030-01-31", "time": "09:30"}]}` as rows for `services.courses`, and sentences by
    usage key for those that cannot be read. `zones`: the zone in which each block means its start. None where it is no
    form of ours.
    """
    rows = data.get("rows") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_ROWS or not all(isinstance(row, dict) for row in rows):
        return None
    good, wrong = [], {}
    for row in rows:
        key = row.get("usage_key")
        if not isinstance(key, str) or not key or len(key) > 255:
            return None
        if key not in zones:
            wrong[key] = row_sentence("unknown")
            continue
        starts_at, slug = _start(row.get("date"), row.get("time"), zones[key])
        if starts_at is None:
            wrong[key] = troubles.for_field("starts_at", slug)
        else:
            good.append({"usage_key": key, "starts_at": starts_at})
    return good, wrong


def made(results: list[Any], wrong: dict[str, str]) -> dict[str, Any]:
    """What became of each row, and of all."""
    rows = [
        {"usage_key": str(one.usage_key), "ok": one.ok, "message": _("Made") if one.ok else row_sentence(one.slug)}
        for one in results
    ]
    rows += [{"usage_key": key, "ok": False, "message": sentence} for key, sentence in wrong.items()]
    count, failed = sum(row["ok"] for row in rows), sum(not row["ok"] for row in rows)
    message = ngettext("%(count)d session was made.", "%(count)d sessions were made.", count) % {"count": count}
    if failed:
        message += " " + ngettext(
            "%(count)d was not; the reason stands beside it.",
            "%(count)d were not; the reasons stand beside them.",
            failed,
        ) % {"count": failed}
    return {"rows": rows, "message": message}


def row_sentence(slug: str) -> str:
    """Why a session was not made."""
    own = {
        "malformed": _("Fill in date and time."),
        "unknown": _("Studio no longer has this component. Please reload the page."),
        "repeated": _("This component was listed twice."),
        "has_session": _("It has a session already. Please reload the page."),
        "not_stored": _("The session was made at Zoom, but Studio could not store it. Open the component and save it."),
    }
    if slug in own:
        return own[slug]
    field, _colon, of_field = slug.partition(":")
    return troubles.for_field(field, of_field) if of_field else troubles.for_author(slug)


# -- LMS ------------------------------------------------------------------------------------------------------------


def lms(
    *,
    name: str,
    sessions: list[Any],
    learners: list[Any],
    standings: dict[int, dict[int, Any]],
    enrolled: int,
    search: str,
    missing: str,
    next_after: int | None,
    is_first: bool,
    link_of: Callable[[Any], str],
) -> dict[str, Any]:
    """What the template draws: `queries.CourseSession` as columns, the door's people as rows."""
    return {
        "course": name,
        "enrolled": ngettext("%(count)d person is enrolled.", "%(count)d people are enrolled.", enrolled)
        % {"count": enrolled},
        "sessions": [_column(number, one, link_of(one.usage_key)) for number, one in enumerate(sessions, start=1)],
        "rows": [
            {
                "name": person.name or person.username,
                "username": person.username,
                "email": person.email,
                "cells": [cell(one, standings.get(person.user_id, {}).get(one.placement_id)) for one in sessions],
            }
            for person in learners
        ],
        "search": search,
        "missing": missing,
        "next_after": next_after,
        "is_first": is_first,
    }


def cell(session: Any, standing: Any) -> dict[str, str]:
    """How a learner stands at a session: a sentence, and a tone for the eye."""
    if standing is not None and standing.verdict == "excused":
        return {"text": _("Excused"), "tone": "good"}
    if standing is not None and standing.is_complete:
        return {"text": _("Complete"), "tone": "good"}
    if standing is not None and standing.verdict == "absent":
        return {"text": _("Absent"), "tone": "bad"}
    if not session.counts:
        return {"text": _("Not asked for"), "tone": "none"}
    if standing is None:
        return {"text": _("Not there"), "tone": "bad"} if session.is_over else {"text": _("To come"), "tone": "none"}
    short = max(0, standing.required_seconds - standing.attended_seconds)
    if session.is_over and short:
        count = -(-short // 60)  # upwards: whoever lacks a second lacks it
        return {"text": _short(get_language(), count, standing.is_final), "tone": "bad"}
    if session.is_over:
        return {"text": _("Not complete"), "tone": "bad"}
    return {"text": words.minutes(standing.attended_seconds), "tone": "none"}


@lru_cache(maxsize=4096)
def _short(language: str | None, count: int, is_final: bool) -> str:
    """By the language, too: a table of ten thousand learners asks for a few hundred sentences a hundred thousand times."""
    text = ngettext("%(count)d minute short", "%(count)d minutes short", count) % {"count": count}
    return text if is_final else _("%(short)s, so far") % {"short": text}


def csv_lines(sessions: list[Any], batches: Iterable[tuple[list[Any], dict[int, dict[int, Any]]]]) -> Iterator[str]:
    """The whole table as CSV, a batch of learners at a time."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    titles = [_("User name"), _("Name"), _("E-mail"), pgettext("title of a column", "Complete"), _("Missing")]
    for one in sessions:
        day = one.starts_at.astimezone(words.zone(one.time_zone)).strftime("%Y-%m-%d") if one.starts_at else ""
        title = f"{one.topic} {day}".strip()
        titles += [title, _("%(session)s: minutes") % {"session": title}]
    yield exports.BYTE_ORDER_MARK + writer.writerow([exports.safe(title) for title in titles])
    for people, standings in batches:
        for person in people:
            own = standings.get(person.user_id, {})
            shown = [cell(one, own.get(one.placement_id)) for one in sessions]
            cells = [person.username, person.name, person.email]
            cells += [
                str(sum(bool(own.get(one.placement_id) and own[one.placement_id].is_complete) for one in sessions))
            ]
            cells += [str(sum(one["tone"] == "bad" for one in shown))]
            for one, words_of in zip(sessions, shown, strict=True):
                standing = own.get(one.placement_id)
                cells.append(words_of["text"])
                cells.append(str(standing.attended_seconds // 60) if standing is not None else "")
            yield writer.writerow([exports.safe(text) for text in cells])


def title_refused() -> str:
    """Above such a sentence."""
    return _("The sessions of this course")


def sentence(slug: str) -> str:
    """Why the page cannot be seen, or a call was refused."""
    return {
        "unknown": _("This address is not complete."),
        "forbidden_lms": _("Only the course team can see who attended."),
        "forbidden_studio": _("You may not change this course."),
        "studio_only": _("Sessions are made in Studio."),
        "malformed": _("This was sent in a way that we do not accept."),
    }[slug]


# -- inside ---------------------------------------------------------------------------------------------------------


class _Echo:
    """Gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _studio_summary(total: int, wanting: int) -> str:
    if not total:
        return _("This course has no Zoom session yet. Add one to a unit.")
    if not wanting:
        return ngettext("%(count)d session, and it is there.", "%(count)d sessions, and all are there.", total) % {
            "count": total
        }
    text = ngettext(
        "%(count)d session of %(total)d has to be made.", "%(count)d sessions of %(total)d have to be made.", wanting
    )
    return text % {"count": wanting, "total": total}


def _draft(number: int, one: Any, link: str) -> dict[str, Any]:
    local = one.starts_at.astimezone(words.zone(one.time_zone)) if one.starts_at is not None else None
    is_ahead = one.state == "needs_session" or (one.state == "gone" and local is not None and _is_ahead(one.starts_at))
    return {
        "number": number,
        "usage_key": str(one.usage_key),
        "topic": one.topic or _("Without a topic"),
        "kind": words.kind_name(one.kind),
        "when": words.when(one.starts_at, one.duration_minutes, one.time_zone),
        "zone": words.zone(one.time_zone).key.replace("_", " "),
        "is_series": one.is_series,
        "is_wanting": one.is_wanting,
        "state": _state(one),
        "tone": {"ready": "good", "live": "good", "over": "none"}.get(one.state, "waiting"),
        "differences": [troubles_name(name) for name in one.differences[:6]],
        "planned": local.strftime("%Y-%m-%d") if local else "",
        "date": local.strftime("%Y-%m-%d") if local and is_ahead else "",
        "time": local.strftime("%H:%M") if local else "",
        "link": link,
    }


def _is_ahead(moment: datetime) -> bool:
    return moment > datetime.now(tz=moment.tzinfo)


def _state(one: Any) -> str:
    return {
        "needs_date": _("Needs a date"),
        "needs_session": _("Needs its own session"),
        "gone": _("No longer at Zoom"),
        "differs": _("Differs from Zoom"),
        "live": _("Running now"),
        "ready": _("Ready"),
        "over": _("Over"),
    }[one.state]


def troubles_name(field: str) -> str:
    """What a field is called where it differs."""
    names = {
        "display_name": _("topic"),
        "starts_at": _("start"),
        "duration_minutes": _("duration"),
        "entry": _("letting people in"),
        "auto_recording": _("recording"),
        "signed_in_only": _("sign-in"),
        "practice_session": _("practice session"),
        "question_and_answer": _("questions and answers"),
        "zoom_emails": _("e-mails by Zoom"),
    }
    return names.get(field, _("sound and video"))


def _column(number: int, one: Any, link: str) -> dict[str, Any]:
    done = ngettext("%(count)d complete", "%(count)d complete", one.complete) % {"count": one.complete}
    return {
        "number": number,
        "id": one.placement_id,
        "topic": one.topic or words.kind_name(one.kind),
        "when": words.when(one.starts_at, one.duration_minutes, one.time_zone),
        "state": _column_state(one),
        "complete": done,
        "excused": ngettext("%(count)d excused", "%(count)d excused", one.excused) % {"count": one.excused}
        if one.excused
        else "",
        "short": ngettext("%(count)d fell short", "%(count)d fell short", one.short) % {"count": one.short}
        if one.is_over and one.counts
        else "",
        "asked": ngettext("%(count)d to be looked at", "%(count)d to be looked at", one.asked) % {"count": one.asked}
        if one.asked
        else "",
        "link": link,
    }


def _column_state(one: Any) -> str:
    if one.state == "gone":
        return _("No longer at Zoom")
    if one.state == "live":
        return _("Running now")
    return _("Over") if one.is_over else _("To come")


def _start(day: Any, clock: Any, zone: str) -> tuple[datetime | None, str]:
    """The moment that a date and a time of the wall mean, or why there is none."""
    if not isinstance(day, str) or not isinstance(clock, str) or not day or not clock:
        return None, "required"
    try:
        wall = datetime.combine(date.fromisoformat(day[:10]), time.fromisoformat(clock[:8]).replace(tzinfo=None))
        reading = clocks.read(wall.replace(second=0, microsecond=0), words.zone(zone))
    except (ValueError, OverflowError):
        return None, "malformed"
    return (reading.first, "") if reading.first is not None else (None, "gap")
