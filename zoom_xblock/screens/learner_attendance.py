"""What was counted for a learner, in words: from when to when, how much of what is required, and how sure it is."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock.screens import page as words

#: More spans than this do not fit into the sentence: they stand below it.
MOST_IN_SENTENCE = 4


def attendance(facts: Any) -> dict[str, Any] | None:
    """
    The part of the state that is about attendance, from `queries.LearnerFacts`; None where there is nothing to say.

    standing: "waiting", "provisional", "final" or "corrected". `spans` are for the browser, which shows them in the reader's zone.
    Where the author does not show attendance there is no number in it, only whether it is complete.
    """
    corrected = bool(facts.verdict)
    is_waiting = facts.certainty == "none" and not corrected
    if is_waiting and not facts.is_complete:
        return _waiting(facts)
    standing = "corrected" if corrected else "provisional" if is_waiting else facts.certainty
    said = {
        **_bare(standing),
        "is_final": facts.certainty == "final" or corrected,
        "share_percent": 100 if facts.is_complete else 0,
        "verdict": _verdict(facts),
        "ask": _ask(facts),
    }
    if not facts.planned.show_attendance:
        return said if said["is_final"] or facts.is_complete else None
    attended, required = int(facts.attended_seconds), facts.required_seconds
    spans = _spans(facts)
    in_sentence = bool(spans) and not facts.is_series and len(spans) <= MOST_IN_SENTENCE
    said |= {
        "attended_seconds": attended,
        "required_seconds": required,
        "share_percent": 100 if facts.is_complete else min(99, attended * 100 // required) if required else 0,
        "has_meter": bool(required) and not corrected,
        "note": _note(facts, standing),
        "text": _text(facts, _listed(spans) if in_sentence else ""),
        "spans_text": "" if in_sentence or not spans else _by_date(facts),
        "goes_on": facts.is_present and bool(spans),
        "spans": [{"from": start.isoformat(), "until": end.isoformat()} for _key, start, end in facts.spans],
    }
    return said


def _bare(standing: str) -> dict[str, Any]:
    return {
        "standing": standing,
        "standing_name": _standing_name(standing),
        "is_final": False,
        "attended_seconds": None,
        "required_seconds": None,
        "share_percent": 0,
        "has_meter": False,
        "text": "",
        "spans_text": "",
        "spans": [],
        "goes_on": False,
        "verdict": "",
        "note": "",
        "ask": "",
    }


def _waiting(facts: Any) -> dict[str, Any] | None:
    """After a session of which nothing has been reported about her yet."""
    if facts.phase != "ended" or not facts.took_place or facts.registration != "registered":
        return None
    return {
        **_bare("waiting"),
        "text": _("Nothing has been reported about you so far."),
        "ask": _("If you attended without your personal link, tell your course team."),
    }


def _text(facts: Any, spans: str) -> str:
    """ "We counted 10:02–10:31 and 10:35–11:00: 54 of the 45 minutes required.", and which date it was of several."""
    return _sentence(facts, spans) + _which_date(facts)


def _which_date(facts: Any) -> str:
    if not facts.is_series or facts.planned.policy.dates == "all" or len({span[0] for span in facts.spans}) < 2:
        return ""
    return " " + _("The date on which you attended longest counts.")


def _sentence(facts: Any, spans: str) -> str:
    required = facts.required_seconds
    shown = {
        "spans": spans,
        "attended": int(facts.attended_seconds // 60),
        "attended_minutes": words.minutes(facts.attended_seconds),
        "required_minutes": words.minutes(required or 0),
    }
    if not required:
        if spans:
            return _("We counted %(spans)s: %(attended_minutes)s.") % shown
        return _("We counted %(attended_minutes)s.") % shown
    whole = required // 60
    shown["required"] = whole
    if required % 60:
        if spans:
            return _("We counted %(spans)s: %(attended_minutes)s of the %(required_minutes)s required.") % shown
        return _("We counted %(attended_minutes)s of the %(required_minutes)s required.") % shown
    if spans:
        return (
            ngettext(
                "We counted %(spans)s: %(attended)d of the %(required)d minute required.",
                "We counted %(spans)s: %(attended)d of the %(required)d minutes required.",
                whole,
            )
            % shown
        )
    return (
        ngettext(
            "We counted %(attended)d of the %(required)d minute required.",
            "We counted %(attended)d of the %(required)d minutes required.",
            whole,
        )
        % shown
    )


def _standing_name(standing: str) -> str:
    names = {
        "waiting": _("Waiting"),
        "provisional": _("Provisional"),
        "final": _("Final"),
        "corrected": _("Decided by your course team"),
    }
    return names.get(standing, "")


def _note(facts: Any, standing: str) -> str:
    if standing != "final" or not facts.is_without_record:
        return ""
    return _("Zoom gave no record of this session: what was counted live is final.")


def _verdict(facts: Any) -> str:
    by_hand = {
        "present": _("Your course team has marked you as present. Complete."),
        "excused": _("Your course team has excused you. Complete, without a score."),
        "absent": _("Your course team has marked you as absent. Not complete."),
    }
    if facts.verdict in by_hand:
        return by_hand[facts.verdict]
    if facts.is_complete:
        return _("Complete.")
    if facts.planned.policy.completion == "none":
        return _("You need not attend to complete this unit.") if facts.certainty == "final" else _provisional()
    if facts.certainty != "final":
        return _provisional()
    if facts.is_series and facts.phase in ("scheduled", "live"):
        return _("Not complete yet.") + _missing(facts)
    return _("Not complete.") + _missing(facts)


def _provisional() -> str:
    return _("Provisional: counted from live events so far.")


def _missing(facts: Any) -> str:
    """ " 6 minutes short." Rounded so that it fits the minutes shown, which are rounded down."""
    required = facts.required_seconds
    if not required or not facts.planned.show_attendance:
        return ""
    short = -(-(required - int(facts.attended_seconds // 60) * 60) // 60)
    if short <= 0:
        return ""
    return " " + ngettext("%(count)d minute short.", "%(count)d minutes short.", short) % {"count": short}


def _ask(facts: Any) -> str:
    """The way forward for who thinks that this is wrong."""
    if facts.verdict in ("present", "excused") or (facts.is_complete and not facts.verdict):
        return ""
    if facts.certainty != "final" and not facts.verdict:
        return ""
    return _("If you think this is wrong, ask your course team, for example in the course’s discussion.")


def _spans(facts: Any) -> list[str]:
    return [_span(facts, start, end) for _key, start, end in facts.spans]


def _span(facts: Any, start: datetime, end: datetime) -> str:
    """From when to when, in the session's zone; what goes on has no end yet."""
    place = words.zone(facts.time_zone)
    goes_on = facts.is_present and (start, end) == facts.spans[-1][1:]
    shown = {
        "start": date_format(start.astimezone(place), "TIME_FORMAT"),
        "end": _("now") if goes_on else date_format(end.astimezone(place), "TIME_FORMAT"),
    }
    return _("%(start)s–%(end)s") % shown


def _listed(spans: list[str]) -> str:
    """Several as one enumeration."""
    if len(spans) < 2:
        return "".join(spans)
    return _("%(first)s and %(last)s") % {"first": _(", ").join(spans[:-1]), "last": spans[-1]}


def _by_date(facts: Any) -> str:
    """What was counted on each date, as one line."""
    place, parts = words.zone(facts.time_zone), []
    for _key, found in groupby(facts.spans, key=lambda span: (span[0], span[1].astimezone(place).date())):
        spans = list(found)
        day = date_format(spans[0][1].astimezone(place), "DATE_FORMAT")
        parts.append(
            _("%(day)s, %(spans)s")
            % {"day": day, "spans": _listed([_span(facts, start, end) for _date, start, end in spans])}
        )
    return "; ".join(parts)
