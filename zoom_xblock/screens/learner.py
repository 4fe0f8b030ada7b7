"""The learner's page: before, during and after; for staff and for those who only look, the same page read-only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zoom_xblock.screens import calendar, learner_rule, troubles
from zoom_xblock.screens import page as words
from zoom_xblock.screens.learner_attendance import attendance

#: How often an open page asks, by what may change next. None: nothing is awaited.
POLL_SECONDS = {"pending": 2, "live": 20, "soon": 30, "counting": 15, "far": 300}
#: Where Zoom lets people try sound and picture.
TEST_URL = "https://zoom.us/test"


def page(
    facts: Any, viewer: str, *, reader_zone: str = "", course_url: str = "", recordings: list[Any] | None = None
) -> dict[str, Any]:
    """
    The context of the template, from `queries.LearnerFacts`. `reader_zone`: the zone of the reader's account settings, ""
    where she has set none; `course_url`: where calendars lead to; `recordings`: `queries.RecordingShown`.
    """
    is_hers = viewer == "learner"
    reader_zone = reader_zone if words.zone(reader_zone).key == reader_zone else ""
    is_there = facts.phase not in ("unplaced", "gone")
    return {
        "topic": facts.topic,
        "kind": facts.kind,
        "kind_name": words.kind_name(facts.kind),
        "description": facts.planned.description,
        "when": words.when(facts.starts_at, facts.duration_minutes, facts.time_zone),
        "local": _in_zone_of(reader_zone, facts),
        "reader_zone": reader_zone,
        "duration": words.minutes(facts.duration_minutes * 60),
        "rules": learner_rule.sentences(facts.planned.policy, facts.required_seconds, is_series=facts.is_series),
        "dates": _dates(facts) if facts.is_series and is_there else [],
        "calendar": _calendar(facts, course_url) if viewer in ("learner", "staff") else None,
        "dial_in": list(facts.dial_in) if is_hers and facts.phase in ("scheduled", "live") else [],
        "has_help": is_hers and facts.phase in ("scheduled", "live"),
        "test_url": TEST_URL,
        "recordings": _recordings(facts, recordings or []) if viewer in ("learner", "staff") else [],
        "viewer": viewer,
        "state": state(facts, viewer),
    }


def init_args(shown: dict[str, Any]) -> dict[str, Any]:
    """What the script starts with."""
    return {
        "state": shown["state"],
        "viewer": shown["viewer"],
        "zone": shown["when"]["zone"] if shown["when"] else None,
        "readerZone": shown["reader_zone"] or None,
        "text": {
            "unavailable": _("The page could not be refreshed. We try again by ourselves."),
            "yourTime": _("In your time zone: {time}"),
            "signedOut": _("You are not signed in any more. Please reload the page."),
            "moved": _("The dates of this session have changed. Please reload the page."),
            "recorded": _("There is a new recording. Please reload the page."),
            "now": _("now"),
            "standings": _standings(),
        },
    }


def sentence(slug: str) -> str:
    """A sentence for a refusal."""
    return troubles.for_learner(slug)


def state(facts: Any, viewer: str, now: datetime | None = None) -> dict[str, Any]:
    """
    How things stand, as JSON for the script and as context for the template. No link of Zoom's, no name, no address.

    tone: "info", "good", "waiting" or "bad". `register`: the page should ask for a place. `poll_after_seconds`: ask
    again then, or None. `token` is sent with the next question; `opens_at` is when the way in opens; `timetable`
    changes when the dates that the page has drawn are no longer right.
    """
    shown: dict[str, Any] = {
        "phase": facts.phase,
        "phase_name": _phase_name(facts),
        "registration": facts.registration,
        "headline": "",
        "message": "",
        "tone": "info",
        "join_url": None,
        "start_url": None,
        "opens_at": None,
        "register": False,
        "is_complete": facts.is_complete,
        "attendance": None,
        "phone_number": "",
        "dates": {date.key: date.standing for date in facts.dates} if facts.is_series else {},
        "timetable": " ".join(f"{date.starts_at:%Y%m%d%H%M}+{date.duration_minutes}" for date in facts.dates),
        "recordings": facts.recordings,
        "poll_after_seconds": None,
        "token": facts.token,
    }
    shown |= _where_she_stands(facts, viewer, now or timezone.now())
    if viewer == "learner":
        shown["attendance"] = attendance(facts)
        if facts.phase in ("scheduled", "live") and facts.zoom_number:
            shown["phone_number"] = words.zoom_number(facts.zoom_number)
    return shown


def _where_she_stands(facts: Any, viewer: str, now: datetime) -> dict[str, Any]:
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
        may_start = facts.phase != "ended" or facts.resumes_until is not None or not facts.took_place
        return {
            **_told(
                _("You teach this course."), _("Learners are registered when they open this unit. You are not counted.")
            ),
            "start_url": reverse("zoom_xblock:start", args=[str(facts.usage_key)]) if may_start else None,
        }
    return _after(facts) if facts.phase == "ended" else _place(facts, now)


def _place(facts: Any, now: datetime) -> dict[str, Any]:
    """Before and during the session: the place, or what is in its way."""
    if facts.registration == "registered":
        return _registered(facts, now)
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


def _registered(facts: Any, now: datetime) -> dict[str, Any]:
    """She has a place: the link, or from when it will be there."""
    if not facts.is_open:
        seconds = (facts.opens_at - now).total_seconds() if facts.opens_at else 0
        return {
            "tone": "good",
            "headline": _("You are registered."),
            "message": _("You can join from %(moment)s on. The link appears here by itself.")
            % {"moment": moment(facts.opens_at, facts.time_zone)},
            "opens_at": facts.opens_at.isoformat() if facts.opens_at else None,
            "poll_after_seconds": int(max(POLL_SECONDS["soon"], min(POLL_SECONDS["far"], seconds))),
        }
    live = facts.phase == "live"
    if facts.is_present:
        headline = _("You are in the session.")
        message = _("Should the connection break, join again with the same link: your minutes are added up.")
    else:
        headline = _("The session is running. You can join now.") if live else _("You are registered.")
        message = _("Your personal link opens Zoom in a new tab. It counts your attendance, so please do not share it.")
    return {
        "tone": "good",
        "headline": headline,
        "message": message,
        "join_url": reverse("zoom_xblock:join", args=[str(facts.usage_key)]),
        # Between two runs of a room, and after a rehearsal that somebody came to, a count is awaited as well.
        "poll_after_seconds": POLL_SECONDS[
            "live" if live else "counting" if facts.certainty == "provisional" else "soon"
        ],
    }


def _after(facts: Any) -> dict[str, Any]:
    is_unknown = facts.registration == "none" and facts.certainty == "none" and not facts.verdict
    if facts.resumes_until is not None:
        # It ended before its time: a broken connection, perhaps. Whoever has a place is told how to come back.
        until = moment(facts.resumes_until, facts.time_zone, only_time=True)
        return {
            "headline": _("This session is over."),
            "message": _("Should the host open it again before %(time)s, your link appears here.") % {"time": until},
            "tone": "good" if facts.is_complete else "waiting",
            "register": facts.registration == "none",
            "poll_after_seconds": POLL_SECONDS["counting"],
        }
    if not facts.took_place and facts.certainty == "none":
        return {
            "headline": _("The planned time of this session is over."),
            "message": _(
                "Zoom has not told us that it took place. If it runs after all, your link appears here; else ask your course team."
            ),
            "poll_after_seconds": POLL_SECONDS["far"],
        }
    if is_unknown:
        return _told(
            _("This session is over."),
            _("You were not registered for it. Ask your course team if you think you attended."),
        )
    if facts.certainty == "final" or facts.verdict:
        return {"headline": _("This session is over."), "tone": "good" if facts.is_complete else "info"}
    message = _("Zoom's record of who attended comes a little later; then your attendance becomes final.")
    if facts.final_by is not None:
        message += " " + _("Should Zoom give none, what was counted live becomes final by %(moment)s.") % {
            "moment": moment(facts.final_by, facts.time_zone)
        }
    return {
        "headline": _("This session is over."),
        "message": message,
        "tone": "waiting",
        "poll_after_seconds": POLL_SECONDS["counting"],
    }


def moment(at: datetime, time_zone: str, *, only_time: bool = False) -> str:
    """A moment in the session's zone, as it stands in a sentence."""
    local = at.astimezone(words.zone(time_zone))
    time = date_format(local, "TIME_FORMAT")
    if only_time:
        return time
    return _("%(weekday)s, %(date)s, %(time)s (%(zone)s)") % {
        "weekday": date_format(local, "l"),
        "date": date_format(local, "DATE_FORMAT"),
        "time": time,
        "zone": words.zone(time_zone).key.replace("_", " "),
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


def _in_zone_of(reader_zone: str, facts: Any) -> str:
    """The session's time in the zone of the reader's account; "" where that is not known or shows the same."""
    if not reader_zone or facts.starts_at is None:
        return ""
    here = words.when(facts.starts_at, facts.duration_minutes, reader_zone)
    there = words.when(facts.starts_at, facts.duration_minutes, facts.time_zone)
    if here is None or there is None or all(here[name] == there[name] for name in ("date", "time", "ends_time")):
        return ""
    time = _("%(start)s – %(end)s") % {"start": here["time"], "end": here["ends_time"]}
    if here["date"] != there["date"]:
        time = _("%(weekday)s, %(date)s, %(time)s") % {"weekday": here["weekday"], "date": here["date"], "time": time}
    return _("In your time zone: {time}").replace("{time}", time)


def _standings() -> dict[str, str]:
    return {
        "over": pgettext("a date", "Over"),
        "now": _("Live now"),
        "next": pgettext("a date", "Next"),
        "later": "",
        "removed": _("Cancelled"),
    }


def _dates(facts: Any) -> list[dict[str, Any]]:
    names = _standings()
    return [
        {
            "key": date.key,
            "when": words.when(date.starts_at, date.duration_minutes, facts.time_zone),
            "standing": date.standing,
            "name": names[date.standing],
        }
        for date in facts.dates
    ]


def _calendar(facts: Any, course_url: str) -> dict[str, Any] | None:
    """The file with all dates, and links for the next one. None where there is nothing to put into a calendar."""
    if not facts.planned.show_calendar or facts.phase not in ("scheduled", "live") or facts.starts_at is None:
        return None
    event = calendar.Event(
        uid="",
        starts_at=facts.starts_at,
        ends_at=facts.starts_at + timedelta(minutes=facts.duration_minutes),
        topic=facts.topic,
        description=facts.planned.description,
        url=course_url,
        changed_at=facts.starts_at,
    )
    return {
        "file": reverse("zoom_xblock:calendar", args=[str(facts.usage_key)]),
        "links": calendar.links(event),
        "is_series": facts.is_series,
    }


def _recordings(facts: Any, recordings: list[Any]) -> list[dict[str, Any]]:
    if not facts.planned.show_recordings:
        return []
    shown = []
    for number, one in enumerate(recordings, 1):
        when = words.when(one.started_at, one.duration_minutes, facts.time_zone)
        shown.append(
            {
                "url": reverse("zoom_xblock:recording", args=[str(facts.usage_key), one.pk]),
                "when": when,
                "name": _("Recording %(number)d") % {"number": number},
                "duration": words.minutes(one.duration_minutes * 60) if one.duration_minutes else "",
            }
        )
    return shown
