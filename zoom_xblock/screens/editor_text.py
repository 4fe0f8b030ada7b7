"""Every text that the editor's script may show: a script holds no words of its own."""

from __future__ import annotations

from django.utils.translation import gettext as _


def texts() -> dict[str, str]:
    """By name; `{…}` are filled in by the script."""
    return {
        "saving": _("Saving with Zoom…"),
        "saved": _("Saved."),
        "failed": _(
            "The site did not answer, so we do not know whether this was saved. Nothing you typed is lost: please save again."
        ),
        "notDone": _("The site did not answer. Please try again."),
        "title": _("Zoom session"),
        "forbidden": _("You may not change this course, or you are not signed in any more."),
        "counter": _("{count} of {limit} characters"),
        "share": _("Minutes: {required} of {duration} ({percent} %). Whoever attends this long completes the unit."),
        "shareMinutes": _("{percent} % of the planned time, in minutes: {required} of {duration}."),
        "anyTime": _("0: whoever attends at all completes the unit."),
        "tooLong": _("More than the session lasts: nobody could reach it."),
        "loading": _("Asking Zoom…"),
        "noSessions": _("This host has no upcoming session at Zoom that could be linked."),
        "noneFound": _("Nothing found."),
        "found": _("Found: {count}"),
        "move": _("Move"),
        "moveOf": _("Move {date}"),
        "remove": _("Remove"),
        "removeOf": _("Remove {date}"),
        "reallyRemove": _("Remove this date at Zoom? Learners will not see it any more."),
        "yesRemove": _("Yes, remove it"),
        "keep": _("No, keep it"),
        "saveDate": _("Save this date"),
        "cancel": _("Cancel"),
        "date": _("Date"),
        "time": _("Time"),
        "duration": _("Duration in minutes"),
        "link": _("Link this session"),
        "save": _("Save"),
        "theyHave": _("{field}: now “{value}”"),
        "yes": _("Yes"),
        "no": _("No"),
        "nothing": _("nothing"),
        "theirsLoaded": _("The form now shows what was saved meanwhile. Nothing of yours was saved."),
        "yours": _("In your time zone: {time}"),
        "oneDate": _("One date"),
        "place_recurrence": _("Repetition"),
        "place_starts_at": _("Start"),
        "place_reference": _("Meeting number or link"),
        "place_date": _("Date of the series"),
        "interval_day": _("days"),
        "interval_week": _("weeks"),
        "interval_month": _("months"),
    }
