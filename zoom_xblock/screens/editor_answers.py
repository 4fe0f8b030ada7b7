"""What the editor is answered: refusals at their fields, what Zoom decided otherwise, and what is known before a save."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock.screens import clocks, editor_words, series, troubles
from zoom_xblock.screens import page as words
from zoom_xblock.screens.editor_fields import OPTIONS


def refusal(
    fields: Mapping[str, str],
    slug: str,
    *,
    facts: Mapping[str, Mapping[str, Any]] | None = None,
    until: datetime | None = None,
    author_zone: str = "",
) -> dict[str, Any]:
    """
    The answer to a save that changed nothing. `until`: when a limit of Zoom's ends; told on the author's clock
    (`author_zone`, else UTC).
    """
    message = troubles.for_author(slug)
    if slug == "daily_limit" and until is not None:
        message = _(
            "Zoom allows 100 changes a day for each host, and this host has used them. Nothing was changed; it works "
            "again at %(time)s."
        ) % {"time": _on_clock(until, author_zone)}
    return {
        "saved": False,
        "message": message,
        "errors": {name: editor_words.wrong(name, reason, (facts or {}).get(name)) for name, reason in fields.items()},
    }


def changed(theirs: Mapping[str, Any], differences: Iterable[str], *, seen: str, wishes_seen: str) -> dict[str, Any]:
    """
    The answer to a save of a form that is out of date: nothing was changed. `theirs` are the form's values now; sent
    with these tokens, the same form overwrites knowingly.
    """
    return {
        "saved": False,
        "errors": {},
        "message": _("Somebody changed this session while you had it open. Nothing was saved yet."),
        "changed": {
            "theirs": dict(theirs),
            "fields": [editor_words.label(name) for name in differences],
            "seen": seen,
            "wishesSeen": wishes_seen,
        },
    }


def success(
    is_new: bool,
    differences: Iterable[str],
    *,
    wished: Mapping[str, Any] | None = None,
    has: Mapping[str, Any] | None = None,
    is_adopted: bool = False,
) -> dict[str, Any]:
    """
    The answer to a save; `notes` say what Zoom decided otherwise. `wished` are the values asked for and `has` those
    that Zoom has, by the block's fields.
    """
    message = _("The session was made at Zoom.") if is_new else _("The session is up to date at Zoom.")
    if is_adopted:
        message = _("The session that was made before, when the answer got lost, was found at Zoom and is used.")
    notes = (_difference(slug, wished or {}, has or {}) for slug in differences)
    return {"saved": True, "message": message, "notes": [note for note in notes if note]}


def linked(topic: str, differences: Iterable[str]) -> dict[str, Any]:
    """The answer after a session was linked."""
    notes = (_difference(slug, {}, {}) for slug in differences)
    return {
        "saved": True,
        "message": _("This component now shows “%(topic)s”.") % {"topic": topic},
        "notes": [note for note in notes if note],
    }


def needs_agreement(changes: Iterable[str], topic: str, starts_at: datetime | None, time_zone: str) -> dict[str, Any]:
    """Linking would change a session that somebody made: what, and the question."""
    sentences = {
        "registration": _(
            "Registration is switched on: who was only given the link must register first. Without it nobody’s attendance "
            "can be proved."
        ),
        "registration_all_dates": _("One registration counts for all dates of the series."),
    }
    zone = words.zone(time_zone).key.replace("_", " ")
    when = f" ({series.moment(starts_at, time_zone)}, {zone})" if starts_at is not None else ""
    return {
        "saved": False,
        "errors": {},
        "message": _("Linking changes the session at Zoom. Do you agree?"),
        "agreement": {
            "title": f"{topic}{when}",
            "changes": [sentences.get(slug, _("A setting of the session is changed.")) for slug in changes],
        },
    }


def not_linkable(slug: str) -> dict[str, Any]:
    """A session that cannot be linked, said at the field."""
    sentences = {
        "malformed": editor_words.wrong("reference", "not_reachable"),
        "not_found": _("There is no such session among those of the hosts whom this site allows you."),
        "personal_room": _("A personal meeting room cannot be linked: it takes no registrations."),
        "no_fixed_time": _("A meeting without a fixed time cannot be linked: there would be nothing to count against."),
        "over": _("This session is over."),
        "has_session": _("This component has a session already."),
        "not_a_link": _("There is nothing to unlink."),
        "wrong_kind": editor_words.wrong("reference", "not_reachable"),
    }
    return {
        "saved": False,
        "message": troubles.for_author("invalid"),
        "errors": {"reference": sentences.get(slug, _("This session cannot be linked."))},
    }


def unlinked() -> str:
    """What is said when a linked session was let go."""
    return _("This component has no session now. At Zoom nothing was changed.")


def linkable(found: Iterable[Any]) -> list[dict[str, Any]]:
    """Sessions that may be linked, in words (`services.linking.Linkable`)."""
    return [
        {
            "id": str(one.zoom_id),  # a script's numbers end before Zoom's do
            "kind": one.kind,
            "topic": one.topic or _("(no topic)"),
            "about": " · ".join(_about(one)),
        }
        for one in found
    ]


def checked(
    *,
    reading: clocks.Reading | None = None,
    time_zone: str = "UTC",
    author_zone: str = "",
    starts_at: datetime | None = None,
    duration_minutes: int = 60,
    dates: list[datetime] | None = None,
    errors: Mapping[str, str] | None = None,
    facts: Mapping[str, Mapping[str, Any]] | None = None,
    warnings: Iterable[Any] = (),
    recount: Any = None,
) -> dict[str, Any]:
    """
    What is known before a save: what the clock says, the dates of a series, what to beware of, and what a changed rule
    would do to learners who have been counted.
    """
    overlap = reading is not None and reading.second is not None
    return {
        "errors": {
            name: editor_words.wrong(name, slug, (facts or {}).get(name)) for name, slug in (errors or {}).items()
        },
        "when": _when(starts_at, duration_minutes, time_zone),
        "yours": _when(starts_at, duration_minutes, author_zone) if _differs(starts_at, time_zone, author_zone) else "",
        "choice": {"first": _offset_of(reading.first, time_zone), "second": _offset_of(reading.second, time_zone)}
        if overlap and reading is not None
        else None,
        "dates": series.listed(dates, time_zone) if dates and len(dates) > 1 else [],
        "datesTitle": series.title(dates, time_zone) if dates else "",
        "warnings": [_warning(one, author_zone or time_zone) for one in warnings],
        "recount": _recount(recount),
    }


# -- inside ---------------------------------------------------------------------------------------------------------


def _difference(slug: str, wished: Mapping[str, Any], has: Mapping[str, Any]) -> str:
    if slug == "no_registration":
        return _(
            "Zoom did not switch registration on: the host needs a licence. Attendance cannot be counted like this."
        )
    if slug == "unread":
        return _("Zoom accepted the change, but could not show it yet.")
    if slug == "other_passcode":
        return _("Zoom kept another passcode, or none: the Zoom account has rules for it.")
    if slug == "other_alternative_hosts":
        return _("Zoom did not take all alternative hosts: they need a licence in the same account.")
    name = slug.removeprefix("other_")
    if name in OPTIONS:
        return _setting(name, wished, has)
    name = {"start": "starts_at", "duration": "duration_minutes", "topic": "display_name"}.get(name, name)
    sentences = {
        "starts_at": _("Zoom kept another start."),
        "duration_minutes": _("Zoom kept another duration."),
        "display_name": _("Zoom kept another topic."),
        "time_zone": _("Zoom kept another time zone."),
        "recurrence": _("Zoom kept other dates of the series."),
    }
    if name not in sentences:
        return ""
    mine, theirs = (_in_words(name, values) for values in (wished, has))
    if not mine or not theirs or mine == theirs:
        return sentences[name]
    return _("%(sentence)s It has “%(theirs)s”, you asked for “%(mine)s”.") % {
        "sentence": sentences[name],
        "theirs": theirs,
        "mine": mine,
    }


def _setting(name: str, wished: Mapping[str, Any], has: Mapping[str, Any]) -> str:
    label = editor_words.label(name)
    if name in has and has[name] != wished.get(name):
        return _("%(label)s: Zoom has “%(theirs)s”. An administrator of the Zoom account may have fixed this.") % {
            "label": label,
            "theirs": editor_words.shown_value(name, has[name]),
        }
    return _("%(label)s: Zoom decided otherwise. An administrator of the Zoom account may have fixed this.") % {
        "label": label
    }


def _in_words(name: str, values: Mapping[str, Any]) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if name == "starts_at":
        return series.moment(value, values.get("time_zone") or "UTC")
    if name == "duration_minutes":
        return words.minutes(value * 60)
    if name == "recurrence":
        return series.sentence(value)
    return str(value)


def _about(one: Any) -> Iterable[str]:
    yield words.kind_name(one.kind)
    if one.starts_at is not None:
        yield series.moment(one.starts_at, one.time_zone) + f", {words.zone(one.time_zone).key}"
    yield words.minutes((one.duration_minutes or 0) * 60)
    if one.is_series:
        yield _("series")
    yield one.host_email
    if one.placed_in:
        yield ngettext("in %(count)d component already", "in %(count)d components already", one.placed_in) % {
            "count": one.placed_in
        }


def _warning(one: Any, time_zone: str) -> str:
    facts = one.facts
    if one.slug == "host_booked":
        when = series.moment(facts["starts_at"], time_zone)
        if not facts.get("topic"):
            return _("The host has another session then: %(when)s.") % {"when": when}
        return _("The host has another session then: “%(topic)s”, %(when)s.") % {"topic": facts["topic"], "when": when}
    if one.slug == "over_capacity":
        enrolled = facts.get("enrolled") or 0
        text = ngettext(
            "%(enrolled)d person is enrolled, and the host’s licence lets %(capacity)d in at once.",
            "%(enrolled)d people are enrolled, and the host’s licence lets %(capacity)d in at once.",
            enrolled,
        )
        return text % {"enrolled": enrolled, "capacity": facts.get("capacity") or 0}
    if one.slug == "not_licensed":
        return _("This host has no Zoom licence, so registration cannot work and nobody’s attendance can be counted.")
    if one.slug == "no_webinar":
        return _("This host has no webinar licence: Zoom will refuse the webinar.")
    return _("Zoom may refuse this.")


def _recount(found: Any) -> str:
    """ "14 more learners would complete, 2 fewer"; empty while nobody was counted."""
    if found is None or not found.counted:
        return ""
    if not found.more and not found.fewer:
        return _("This rule changes nothing for the learners who have been counted.")
    more = ngettext("%(count)d more learner would complete", "%(count)d more learners would complete", found.more) % {
        "count": found.more
    }
    fewer = ngettext("%(count)d learner fewer", "%(count)d learners fewer", found.fewer) % {"count": found.fewer}
    return _("With this rule %(more)s, %(fewer)s. It takes effect when you publish.") % {"more": more, "fewer": fewer}


def _when(starts_at: datetime | None, duration_minutes: int, time_zone: str) -> str:
    shown = words.when(starts_at, duration_minutes, time_zone)
    if shown is None:
        return ""
    ends = f"{shown['ends_date']}, {shown['ends_time']}" if shown["ends_date"] else shown["ends_time"]
    zone = f"{shown['zone_name']} ({shown['offset']})" if shown["offset"] else shown["zone_name"]
    return f"{shown['weekday']}, {shown['date']}, {shown['time']} – {ends}, {zone}"


def _differs(starts_at: datetime | None, time_zone: str, author_zone: str) -> bool:
    """Whether the author's clock shows another time than the session's."""
    if starts_at is None or not author_zone:
        return False
    return (
        starts_at.astimezone(words.zone(time_zone)).utcoffset()
        != starts_at.astimezone(words.zone(author_zone)).utcoffset()
    )


def _offset_of(instant: datetime | None, time_zone: str) -> str:
    """The offset in force at an instant: "UTC+2"."""
    shown = words.when(instant, 0, time_zone)
    return f"{shown['time']} ({shown['offset'] or 'UTC'})" if shown is not None else ""


def _on_clock(moment: datetime, time_zone: str) -> str:
    local = moment.astimezone(words.zone(time_zone))
    zone = words.zone(time_zone).key.replace("_", " ")
    return f"{date_format(local, 'TIME_FORMAT')}, {date_format(local, 'DATE_FORMAT')} ({zone})"
