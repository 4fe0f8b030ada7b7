"""What each part of the product needs to be allowed at Zoom, and what still works without it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


def table(features: list[Any]) -> list[dict[str, Any]]:
    """
    A row for each feature (`queries.FeatureFacts`): what it is for, what it needs, what is missing, what works all the
    same.
    """
    return [
        {
            "feature": row.feature,
            "name": _name(row.feature),
            "purpose": _purpose(row.feature),
            "state": "granted" if row.is_granted else "optional" if row.is_optional else "missing",
            "tone": _tone(row),
            "needed": row.needed,
            "missing": row.missing,
            "classic": row.classic,
            "without": "" if row.is_granted else _without(row.feature),
        }
        for row in features
    ]


def _tone(row: Any) -> str:
    if row.is_granted:
        return "good"
    if row.is_optional:
        return "none"
    return "bad" if row.is_essential else "waiting"


def _name(feature: str) -> str:
    return {
        "account": _("The account"),
        "sessions": _("Sessions"),
        "registration": _("Registration"),
        "attendance": _("Attendance"),
        "webinars": _("Webinars"),
        "hosts": _("Hosts"),
        "linking": _("Linking"),
        "reports": _("Reports"),
        "recordings": _("Recordings"),
    }[feature]


def _purpose(feature: str) -> str:
    return {
        "account": _("Whose account it is, so that its events find this site."),
        "sessions": _("Make, change and delete meetings from Studio."),
        "registration": _("Give every learner a join link of their own."),
        "attendance": _("Learn who was in a meeting, and for how long."),
        "webinars": _("Everything above, for webinars."),
        "hosts": _("List the account's users and what their licences allow."),
        "linking": _("List sessions that exist already, and find one whose making was interrupted."),
        "reports": _("Zoom's own record of attendance, to the second."),
        "recordings": _("Show learners the cloud recordings of their sessions, where the author wants it."),
    }[feature]


def _without(feature: str) -> str:
    return {
        "account": _("Without it this site cannot be connected."),
        "sessions": _("Teachers can make or change no meeting. Sessions that exist go on, and are counted."),
        "registration": _(
            "Learners get no join link, so nobody is counted. Meetings can still be made, and those registered already can join."
        ),
        "attendance": _("Minutes cannot be counted. Sessions, registration and joining work."),
        "webinars": _("Meetings work in full; webinars cannot be chosen."),
        "hosts": _("The list of hosts stays empty. The connected host and an author’s own address work."),
        "linking": _(
            "Teachers find no list of sessions to link; a number or a link still works. A session whose making was interrupted may be made twice."
        ),
        "reports": _(
            "Minutes come from events and Zoom’s shorter list of participants, which suffices for most sessions."
        ),
        "recordings": _("Recordings do not appear in courses. Everything else works."),
    }[feature]
