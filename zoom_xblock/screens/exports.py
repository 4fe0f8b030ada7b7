"""The course team's table as CSV that spreadsheets read, and that cannot make them do anything."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from zoom_xblock import attendance
from zoom_xblock.screens import page as words
from zoom_xblock.screens import roster

#: What begins a formula in one spreadsheet or another, after white space that some of them skip; their wide twins, too.
_FORMULA = re.compile("^[\\s\x00]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
#: By this, spreadsheets know that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"


def csv_lines(table: Any) -> Iterator[str]:
    """`evidence.Rows` as lines, read as they are consumed."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    zone = words.zone(table.time_zone)
    yield BYTE_ORDER_MARK + writer.writerow([safe(title) for title in _titles(zone.key)])
    for row in table.rows:
        yield writer.writerow([safe(cell) for cell in _cells(row, table.completion, zone)])


def safe(text: str) -> str:
    """A cell that stands as text: what a spreadsheet would take for a formula gets an apostrophe in front."""
    text = text.replace("\x00", "")
    return "'" + text if _FORMULA.match(text) else text


def plain(text: str) -> str:
    """What may stand in the name of a file."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text)[:60].strip("-") or "session"


class _Echo:
    """Gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _titles(zone: str) -> list[str]:
    return [
        _("User name"),
        _("Name"),
        _("E-mail"),
        _("Registration"),
        _("Registered at (%(zone)s)") % {"zone": zone},
        _("Joined at (%(zone)s)") % {"zone": zone},
        _("Minutes"),
        _("Seconds"),
        _("Requirement"),
        _("State"),
        pgettext("title of a column", "Complete"),
        _("Score"),
        _("Remarks"),
        _("Decision"),
        _("Reason"),
        _("Decided by"),
        _("Decided at (%(zone)s)") % {"zone": zone},
    ]


def _cells(row: Any, completion: str, zone: Any) -> list[str]:
    newest = row.decisions[0] if row.decisions else None
    return [
        row.username,
        row.name,
        row.email,
        roster.registration(row.registration),
        _moment(row.registered_at, zone),
        _moment(row.joined_at, zone),
        str(attendance.minutes_shown(row.attended_seconds)),
        str(row.attended_seconds),
        roster.requirement(row.required_seconds, completion),
        roster.state(row),
        _("yes") if row.is_complete else _("no"),
        "" if row.score is None else str(row.score),
        ", ".join(roster.flag(slug) for slug in row.flags),
        "" if newest is None else roster.verdict(newest.verdict),
        "" if newest is None else newest.reason,
        "" if newest is None else newest.made_by,
        "" if newest is None else _moment(newest.made_at, zone),
    ]


def _moment(moment: datetime | None, zone: Any) -> str:
    """As every spreadsheet reads it, whatever its language."""
    return "" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
