"""The learner's page: before, during and after; for staff and for those who only look, the same page read-only."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from zoom_xblock.screens import page as words
from zoom_xblock.screens import troubles

#: How often an open page asks, by what may change next. None: nothing is awaited.
POLL_SECONDS = {"pending": 2, "live": 20, "soon": 30, "counting": 15}


def page(facts: Any, viewer: str) -> dict[str, Any]:
    """The context of the template, from `queries.LearnerFacts`."""
    return {
        "topic": facts.topic,
        "kind": facts.kind,
        "kind_name": words.kind_name(facts.kind),
        "description": facts.planned.description,
        "when": words.when(facts.starts_at, facts.duration_minutes, facts.time_zone),
        "duration": words.minutes(facts.duration_minutes * 60),
        "requirement": _requirement(facts),
        "viewer": viewer,
        "state": state(facts, viewer),
    }


def init_args(shown: dict[str, Any]) -> dict[str, Any]:
    """What the script starts with."""
    return {
        "state": shown["state"],
        "viewer": shown["viewer"],
        "zone": shown["when"]["zone"] if shown["when"] else None,
        "text": {
            "unavailable": _("The page could not be refreshed. We try again by ourselves."),
            "yourTime": _("In your time zone: {time}"),
            "signedOut": _("You are not signed in any more. Please reload the page."),
        },
    }


def sentence(slug: str) -> str:
    """A sentence for a refusal."""
    return troubles.for_learner(slug)


def state(facts: Any, viewer: str) -> dict[str, Any]:
    """
    How things stand, as JSON for the script and as context for the template. No link of Zoom's, no name, no address.

    tone: "info", "good", "waiting" or "bad". `register`: the page should ask for a place. `poll_after_seconds`: ask
    again then, or None.
    """
    attended, required = int(facts.attended_seconds), facts.planned.required_seconds
    shown: dict[str, Any] = {
        "phase": facts.phase,
        "phase_name": _phase_name(facts),
        "registration": facts.registration,
        "headline": "",
        "message": "",
        "tone": "info",
        "join_url": None,
        "start_url": None,
        "register": False,
        "is_complete": facts.is_complete,
        "attendance": None,
        "poll_after_seconds": None,
    }
    shown |= _where_she_stands(facts, viewer)
    if facts.certainty != "none" and viewer == "learner":
        shown["attendance"] = {
            "attended_seconds": attended,
            "required_seconds": required,
            "share_percent": 100 if facts.is_complete else min(100, attended * 100 // required) if required else 0,
            "is_final": facts.certainty == "final",
            "text": _attendance_text(facts),
            "verdict": _verdict(facts),
        }
    return shown


def _where_she_stands(facts: Any, viewer: str) -> dict[str, Any]:
    if viewer in ("visitor", "outsider"):
        return _told(sentence("not_signed_in" if viewer == "visitor" else "not_enrolled"))
    if facts.phase == "unplaced":
        return _told(_("Your course team has not set up this session yet."), _("Please come back later."))
    if facts.phase == "gone":
        return {**_told(_("This session is not available"), sentence("gone")), "tone": "bad"}
    if viewer == "masquerade":
        return _told(
            _("You are looking as a learner."), _("A learner would be registered now. Nothing is recorded for you.")
        )
    if viewer == "preview":
        return _told(_("Learners see their personal link here."), _("They are registered when they open this unit."))
    if viewer == "staff":
        return {
            **_told(
                _("You teach this course."), _("Learners are registered when they open this unit. You are not counted.")
            ),
            "start_url": None if facts.phase == "ended" else reverse("zoom_xblock:start", args=[str(facts.usage_key)]),
        }
    if facts.phase == "ended":
        return _after(facts)
    return _place(facts)


def _place(facts: Any) -> dict[str, Any]:
    """Before and during the session: the place, or what is in its way."""
    join = reverse("zoom_xblock:join", args=[str(facts.usage_key)])
    if facts.registration == "registered":
        live = facts.phase == "live"
        return {
            "tone": "good",
            "headline": _registered_headline(live, facts.is_present),
            "message": _("Should the connection break, join again with the same link: your minutes are added up.")
            if facts.is_present
            else _("Your personal link opens Zoom in a new tab. It counts your attendance, so please do not share it."),
            "join_url": join,
            "poll_after_seconds": POLL_SECONDS["live" if live else "soon"],
        }
    if facts.registration == "approval":
        return {
            "tone": "waiting",
            "headline": _("Your registration waits for the host."),
            "message": _("Your link appears here as soon as the host has approved it."),
            "poll_after_seconds": POLL_SECONDS["soon"],
        }
    if facts.registration == "failed":
        return {
            "tone": "bad",
            "headline": _("You are not registered."),
            "message": sentence(facts.registration_error),
            "register": facts.may_ask_again,
        }
    waiting = (
        sentence(facts.registration_error)
        if facts.registration_error
        else _("This takes a moment. You need not do anything.")
    )
    return {
        "tone": "waiting",
        "headline": _("Registering you with Zoom…"),
        "message": waiting,
        "register": facts.registration == "none",
        "poll_after_seconds": POLL_SECONDS["soon"] if facts.registration_error else POLL_SECONDS["pending"],
    }


def _registered_headline(live: bool, is_present: bool) -> str:
    if is_present:
        return _("You are in the session.")
    return _("The session is running. You can join now.") if live else _("You are registered.")


def _after(facts: Any) -> dict[str, Any]:
    if facts.registration == "none" and facts.certainty == "none":
        return _told(
            _("This session is over."),
            _("You were not registered for it. Ask your course team if you think you attended."),
        )
    if facts.certainty == "final":
        return {"headline": _("This session is over."), "tone": "good" if facts.is_complete else "info"}
    return {
        "headline": _("This session is over."),
        "message": _("Zoom's record of who attended comes a little later; then your attendance becomes final."),
        "tone": "waiting",
        "poll_after_seconds": POLL_SECONDS["counting"],
    }


def _told(headline: str, message: str = "") -> dict[str, Any]:
    return {"headline": headline, "message": message}


def _phase_name(facts: Any) -> str:
    names = {
        "unplaced": _("Not set up"),
        "gone": _("Not available"),
        "scheduled": _("Scheduled"),
        "live": _("Live now"),
        "ended": _("Ended"),
    }
    return names.get(facts.phase, "")


def _requirement(facts: Any) -> str:
    required = facts.planned.required_seconds
    if not required:
        return _("Complete when you have attended.")
    return _("Complete when you have attended at least %(minutes)s.") % {"minutes": words.minutes(required)}


def _attendance_text(facts: Any) -> str:
    required = facts.planned.required_seconds
    if not required:
        return _("We counted %(attended)s.") % {"attended": words.minutes(facts.attended_seconds)}
    return _("We counted %(attended)s of the %(required)s required.") % {
        "attended": words.minutes(facts.attended_seconds),
        "required": words.minutes(required),
    }


def _verdict(facts: Any) -> str:
    if facts.is_complete:
        return _("Complete.")
    if facts.certainty != "final":
        return _("Provisional: counted from live events so far.")
    return _("Not complete: too short. If you think this is wrong, ask your course team.")
