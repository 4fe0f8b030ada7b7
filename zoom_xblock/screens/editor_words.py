"""The editor's words: a label, a help and the names of the choices for each field of the table, and what can be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock.screens import troubles
from zoom_xblock.screens.editor_fields import BY_NAME


def label(name: str) -> str:
    """What the field is called."""
    labels = {
        "kind": _("Kind of session"),
        "display_name": _("Topic"),
        "starts_at": _("Start"),
        "start_date": _("Date"),
        "start_time": _("Time"),
        "time_zone": _("Time zone"),
        "start_fold": _("This time comes twice that night. Which one is meant?"),
        "duration_minutes": _("Duration in minutes"),
        "completion": _("Who completes the unit"),
        "required_minutes": _("Minutes to attend"),
        "required_percent": _("Percent to attend"),
        "recurrence": _("Repetition"),
        "every": _("Repeats"),
        "interval": _("Every how many"),
        "weekdays": _("On these days"),
        "monthly_by": _("On which day of the month"),
        "month_day": _("Day of the month"),
        "month_week": _("Which week"),
        "month_weekday": _("Weekday"),
        "ends_by": _("Ends"),
        "count": _("Number of dates"),
        "until": _("Last possible day"),
        "host_email": _("Host"),
        "alternative_hosts": _("Alternative hosts"),
        "entry": _("Letting people in"),
        "signed_in_only": _("Only people who are signed in to Zoom"),
        "passcode_choice": _("Passcode"),
        "passcode": _("Your passcode"),
        "host_video": _("Host’s camera on at the start"),
        "participant_video": _("Participants’ cameras on at the start"),
        "mute_on_entry": _("Participants come in muted"),
        "auto_recording": _("Automatic recording"),
        "practice_session": _("Practice session"),
        "question_and_answer": _("Questions and answers"),
        "counted": _("Time that counts"),
        "opens_minutes": _("Counting begins, minutes after the start"),
        "closes_minutes": _("Counting ends, minutes after the planned end"),
        "dates": _("Of a series"),
        "counts_email": _("Also count people by their Zoom address"),
        "has_score": _("Attendance counts in the gradebook"),
        "graded_by": _("Points"),
        "weight": _("Points for full attendance"),
        "description": _("Description"),
        "join_minutes_before": _("Join button, minutes before the start"),
        "show_calendar": _("Calendar links"),
        "show_attendance": _("Their own attendance"),
        "show_recordings": _("Cloud recordings"),
        "zoom_emails": _("E-mails by Zoom"),
        "reference": _("Meeting number or link"),
        "date": _("Date of the series"),
    }
    return labels.get(name, name)


def help_of(name: str) -> str:
    """What a teacher might ask about it; empty where nothing is to be asked."""
    helps = {
        "display_name": _("What learners read here and at Zoom."),
        "time_zone": _("Type a city, such as “Madrid”, and choose. Learners also see the time in their own zone."),
        "duration_minutes": _("As planned. Zoom does not cut a session off."),
        "required_minutes": _("Whoever attends this long completes the unit."),
        "required_percent": _("Of the planned time. Whoever attends this share completes the unit."),
        "weekdays": _("The first date is the first of these days from the start on."),
        "month_day": _("Months that are too short are left out."),
        "until": _("In the session’s time zone; a date on this very day still counts."),
        "host_email": _("The session is made in this person’s Zoom account. Zoom does not let it be changed later."),
        "alternative_hosts": _(
            "E-mail addresses of colleagues who may start the session, too, apart by commas. They need a Zoom licence in "
            "the same account."
        ),
        "signed_in_only": _("Learners without a Zoom account cannot come in then."),
        "passcode_choice": _("Learners need not type it: their personal link carries it."),
        "passcode": _("At most 10 letters, digits or the signs @ - _ *. The Zoom account may ask for more."),
        "auto_recording": _("A recording in the cloud needs a paid plan. Please tell your learners that you record."),
        "practice_session": _("The panel may rehearse before the audience comes in."),
        "question_and_answer": _("The audience may ask in writing."),
        "opens_minutes": _("A negative number: before the start."),
        "closes_minutes": _("A negative number: before the planned end."),
        "counts_email": _(
            "Whoever joins without the personal link, but is signed in to Zoom with a learner’s address, counts as that "
            "learner."
        ),
        "has_score": _("The subsection must be graded, too."),
        "description": _("What to prepare, what to bring."),
        "join_minutes_before": _("Until then learners see when it will appear."),
        "show_calendar": _("Learners can put the session into their calendar."),
        "show_attendance": _("Learners see what was counted for them, from when to when."),
        "show_recordings": _("Learners can watch recordings from the unit when Zoom has them."),
        "zoom_emails": _("Zoom writes to learners itself, in addition to this site. Usually better off."),
        "reference": _("Such as 845 1234 5678 or https://zoom.us/j/84512345678. Of hosts that this site allows you."),
    }
    return helps.get(name, "")


def choice(name: str, value: str) -> tuple[str, str]:
    """What a choice is called, and a help, which may be empty."""
    if name == "month_weekday":
        return str(WEEKDAYS[int(value) - 1]), ""
    choices: dict[str, dict[str, tuple[str, str]]] = {
        "kind": {
            "meeting": (_("Meeting"), _("Everybody can talk, be seen and share the screen.")),
            "webinar": (
                _("Webinar"),
                _("You present, the audience listens and asks. The host needs Zoom’s webinar licence."),
            ),
        },
        "start_fold": {
            "first": (_("The first time, before the clocks are put back"), ""),
            "second": (_("The second time, after the clocks were put back"), ""),
        },
        "completion": {
            "minutes": (_("Who attends for a number of minutes"), ""),
            "percent": (_("Who attends a share of the planned time"), ""),
            "joining": (_("Who joins at all, at once"), ""),
            "none": (_("Nobody by attendance"), ""),
        },
        "every": {
            "never": (_("Does not repeat: one date"), ""),
            "day": (_("Daily"), ""),
            "week": (_("Weekly"), ""),
            "month": (_("Monthly"), ""),
        },
        "monthly_by": {"day": (_("The same day, such as the 15th"), ""), "weekday": (_("A weekday"), "")},
        "month_week": {
            "1": (_("First"), ""),
            "2": (_("Second"), ""),
            "3": (_("Third"), ""),
            "4": (_("Fourth"), ""),
            "-1": (_("Last"), ""),
        },
        "ends_by": {"count": (_("After a number of dates"), ""), "until": (_("On a day"), "")},
        "entry": {
            "host_first": (_("The host comes first"), _("Nobody is in before the host has started.")),
            "waiting_room": (_("Waiting room"), _("The host lets everybody in. Waiting does not count as attendance.")),
            "open": (_("Open before the host"), _("Learners may come in and talk before the host is there.")),
        },
        "passcode_choice": {
            "leave": (_("Leave it to Zoom"), ""),
            "own": (_("Set one of your own"), ""),
            "none": (_("None"), ""),
        },
        "auto_recording": {
            "none": (_("No"), ""),
            "cloud": (_("In Zoom’s cloud"), ""),
            "local": (_("On the host’s computer"), ""),
        },
        "counted": {
            "sitting": (_("All time in the session"), ""),
            "scheduled": (_("From the planned start to the planned end only"), ""),
            "custom": (_("From when to when, as I say"), ""),
        },
        "dates": {
            "one": (_("One date is enough"), _("The best date of each learner decides.")),
            "all": (_("All dates together"), _("What was attended of each date is added up.")),
        },
        "graded_by": {
            "share": (_("By share"), _("Who attends half of the required time gets half the points.")),
            "all_or_nothing": (_("All or nothing"), _("Full points when complete, else none.")),
        },
    }
    return choices.get(name, {}).get(value, (value, ""))


def shown_value(name: str, value: Any) -> str:
    """A value in words, for "Zoom has …"."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    found = BY_NAME.get(name)
    if found is not None and found.shape == "choice":
        return choice(name, str(value))[0]
    return str(value)


def group(name: str) -> tuple[str, str]:
    """The heading of a group that opens, and what is inside."""
    groups = {
        "repetition": (_("Repetition"), _("One date, or a series")),
        "host": (_("Host"), _("In whose Zoom account; who else may start it")),
        "entry": (_("Who gets in"), _("Waiting room, passcode, signed-in people")),
        "media": (_("Sound, video and recording"), _("Cameras, microphones, recording by itself")),
        "completion": (_("Completion and grade"), _("Which time counts; points in the gradebook")),
        "learners": (_("What learners see"), _("Description, join button, calendar, recordings")),
    }
    return groups[name]


def wrong(name: str, slug: str, facts: Mapping[str, Any] | None = None) -> str:
    """
    What stands at a field, on the server and in the browser alike. `facts`: `least` and `most` of a number or a text,
    or `next_wall`, the first time that exists again.
    """
    known = {**_limits(name), **(facts or {})}
    if slug == "gap" and "next_wall" in known:
        # The time stands at the end without a full stop: in some languages it has one of its own ("3 a.m.").
        return _("This time does not exist: the clocks are put forward then. Next possible time: %(time)s") % {
            "time": date_format(known["next_wall"], "TIME_FORMAT")
        }
    if slug == "out_of_range" and name == "required_minutes":
        return _("Choose a whole number of minutes, 0 or more.")
    if slug in ("out_of_range", "points") and known.get("least") is not None:
        if slug == "points":
            return _("Choose a number between %(least)d and %(most)d.") % known
        return _("Choose a whole number between %(least)d and %(most)d.") % known
    if slug == "too_long" and known.get("most") is not None:
        text = ngettext(
            "This is too long: Zoom takes %(most)d character.",
            "This is too long: Zoom takes %(most)d characters.",
            int(known["most"]),
        )
        return text % known
    sentences = {
        "characters": _("Use 1 to 10 letters without accents, digits, or the signs @ - _ *."),
        "before_start": _("This lies before the start."),
        "empty_window": _("Counting would end before it begins."),
        "unknown_choice": _("Choose one of these."),
        "too_many": _("These are too many."),
        "aliases": _("This site does not give Zoom the addresses of learners, so Zoom cannot write to them."),
        "too_many_dates": _("These are more dates than the 60 that Zoom takes. Choose an earlier end."),
        "no_dates": _("There is no such date in this time. Choose a later end."),
        "not_allowed": _("This person may not be chosen as a host by you. A site administrator decides who may."),
        "longer_than_session": _("More than can be counted: nobody could reach it."),
        "not_licensed": _("Alternative hosts need a Zoom licence in the same account."),
        "fixed_host": _("Zoom does not let the host be changed. Add a new component instead."),
        "not_reachable": _("This does not look like a Zoom meeting number or link."),
    }
    if slug == "fixed" and name == "host_email":
        slug = "fixed_host"
    if slug == "malformed" and name in ("alternative_hosts", "host_email"):
        return _("Please write e-mail addresses, apart by commas.")
    if slug == "malformed" and name == "reference":
        slug = "not_reachable"
    if name == "date" and slug in ("unknown", "last_date"):
        return (
            _("This is the last date of the series. Delete the component instead.")
            if slug == "last_date"
            else _("Zoom does not have this date any more. Close the editor and open it again.")
        )
    if name == "alternative_hosts" and slug == "unknown":
        return _("We know no such person in this Zoom account. The list of people is renewed once a day.")
    if slug == "required" and name == "weekdays":
        return _("Choose at least one day.")
    if slug == "required" and name == "starts_at":
        return _("Choose a date and a time.")
    return sentences.get(slug) or troubles.for_field(name, slug)


def _limits(name: str) -> dict[str, Any]:
    found = BY_NAME.get(name)
    return {"least": found.least, "most": found.most} if found is not None else {}
