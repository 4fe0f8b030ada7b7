"""
Studio's editor: the form's values and everything it is rendered from.

The table of fields is in `editor_fields`, the words in `editor_words`, reading what comes back in `editor_parse`, and
the answers in `editor_answers`; their names that others need are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock.screens import clocks, editor_fields, editor_words, series, troubles
from zoom_xblock.screens import page as words
from zoom_xblock.screens.editor_fields import FIELDS, GROUPS, OPTIONS, Field, matters, readable
from zoom_xblock.screens.editor_parse import WrongForm, parse, parse_rule
from zoom_xblock.screens.editor_text import texts

__all__ = ["WrongForm", "init_args", "overlaid", "page", "parse", "parse_rule", "sentence", "values"]

#: With more hosts than these the list can be searched.
HOSTS_WITHOUT_SEARCH = 7


def page(
    facts: Any,
    wishes: dict[str, Any],
    *,
    is_new: bool,
    hosts: Iterable[Any] = (),
    author_zone: str = "",
    now: datetime | None = None,
) -> dict[str, Any]:
    """
    The context of the template: values as the form shows them, Zoom's where Zoom is ahead of the component.

    `hosts` are those whom this author may choose (`services.hosts.HostChoice`); `author_zone` the zone she has set in
    her account, "" where none; `now` tells whether a copied start is over already.
    """
    meeting = facts.meeting
    has_meeting = meeting is not None and meeting.state != "gone"
    current = overlaid(facts, wishes)
    shown = values(current, facts)
    knows_zone = author_zone in editor_fields.ZONES
    if is_new and knows_zone:
        shown["time_zone"] = author_zone
    is_over = bool(not has_meeting and now and current["starts_at"] and current["starts_at"] <= now)
    if is_over:
        shown |= {"start_date": "", "over": series.moment(current["starts_at"], current["time_zone"])}
    fields = {one.name: _field(one, shown, has_passcode=_has_passcode(meeting)) for one in FIELDS}
    hosts = list(hosts)
    return {
        "is_new": is_new,
        "has_meeting": has_meeting,
        "is_gone": meeting is not None and not has_meeting,
        "is_link": has_meeting and facts.is_link,
        "kind_is_fixed": has_meeting,
        "values": shown,
        "fields": fields,
        "groups": [_group(name, fields) for name in GROUPS],
        "repetition": series.sentence(current.get("recurrence")),
        "over": shown.pop("over", ""),
        "time_zones": sorted(zone for zone in editor_fields.ZONES if "/" in zone or zone == "UTC"),
        "host": (meeting.host_email if has_meeting else "") or facts.default_host,
        "hosts": [_host(one) for one in hosts],
        "hosts_are_many": len(hosts) > HOSTS_WITHOUT_SEARCH,
        "dates": dates(facts, current["time_zone"], now),
        # Else a new form takes the browser's zone.
        "has_zone": knows_zone or not is_new or shown["time_zone"] != "UTC",
        "seen": facts.token,
        "wishes_seen": editor_fields.digest_of(wishes),
        "trouble": None if facts.connection_state == "connected" else troubles.of_connection(facts.connection_state),
    }


def init_args(shown: dict[str, Any]) -> dict[str, Any]:
    """What the script starts with: values, the table of fields as data, and every text it may need."""
    return {
        "isNew": shown["is_new"],
        "hasMeeting": shown["has_meeting"],
        "hasZone": shown["has_zone"],
        "values": shown["values"],
        "fields": {one.name: _rule_of(one) for one in FIELDS},
        "order": [one.name for one in FIELDS],
        "intervals": dict(editor_fields.LONGEST_INTERVALS),
        "dates": shown["dates"],
        "seen": shown["seen"],
        "wishesSeen": shown["wishes_seen"],
        "text": texts(),
    }


def sentence(slug: str) -> str:
    """A sentence for a refusal."""
    return troubles.for_author(slug)


def overlaid(facts: Any, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """
    The wishes, readable, and with what Zoom is known to have instead: an edit must start from the truth, or it would
    undo it unseen.
    """
    known = {name: readable(name, value) for name, value in wishes.items()}
    meeting = facts.meeting
    if meeting is None or meeting.state == "gone":
        return known
    known |= {
        "display_name": meeting.topic or known["display_name"],
        "starts_at": meeting.starts_at or known["starts_at"],
        "duration_minutes": meeting.duration_minutes or known["duration_minutes"],
        "time_zone": readable("time_zone", meeting.time_zone) if meeting.time_zone else known["time_zone"],
    }
    if meeting.agenda is not None:
        known["description"] = meeting.agenda
    if meeting.recurrence is not None:
        known["recurrence"] = meeting.recurrence
    options = meeting.options if isinstance(meeting.options, Mapping) else {}
    for name in OPTIONS:
        if name in options and options[name] is not None:
            known[name] = readable(name, options[name])
    return known


def values(current: Mapping[str, Any], facts: Any) -> dict[str, Any]:
    """The form's values as its script sends and takes them: plain JSON, by field."""
    meeting = facts.meeting if facts.meeting is not None and facts.meeting.state != "gone" else None
    zone_name = current["time_zone"]
    zone = words.zone(zone_name)
    starts_at = current["starts_at"]
    local = starts_at.astimezone(zone) if starts_at else None
    shown: dict[str, Any] = {
        one.name: current.get(one.name, one.default) for one in FIELDS if one.name not in editor_fields.NOT_WISHES
    }
    shown |= {
        "start_date": local.strftime("%Y-%m-%d") if local else "",
        "start_time": local.strftime("%H:%M") if local else "",
        "start_fold": "second" if starts_at and clocks.is_second(starts_at, zone) else "first",
        "host_email": meeting.host_email if meeting is not None else facts.default_host,
        "alternative_hosts": ", ".join(
            part.strip()
            for part in (meeting.alternative_hosts if meeting is not None else "").split(",")
            if part.strip()
        ),
        "passcode_choice": "leave",
        "passcode": "",
    }
    shown |= series.parts_of(current.get("recurrence"), starts_at, zone_name)
    shown["weekdays"] = list(shown["weekdays"])
    return shown


def dates(facts: Any, time_zone: str, now: datetime | None) -> list[dict[str, Any]]:
    """The dates of a series that exists, as the form lists them; none for a single date."""
    zone = words.zone(time_zone)
    found = []
    for one in facts.dates:
        local = one.starts_at.astimezone(zone)
        is_over = now is not None and one.starts_at + timedelta(minutes=one.duration_minutes) <= now
        length = words.minutes(one.duration_minutes * 60)
        found.append(
            {
                "id": one.occurrence_id,
                "text": f"{series.moment(one.starts_at, time_zone)} ({length})",
                "start_date": local.strftime("%Y-%m-%d"),
                "start_time": local.strftime("%H:%M"),
                "duration_minutes": one.duration_minutes,
                "is_removed": one.is_removed,
                "is_over": is_over,
                "state": _("removed") if one.is_removed else _("over") if is_over else "",
            }
        )
    return found


# -- inside ---------------------------------------------------------------------------------------------------------


def _field(one: Field, shown: Mapping[str, Any], *, has_passcode: bool | None) -> dict[str, Any]:
    value = shown[one.name]
    choices = [
        {"value": each, "label": label, "help": hint, "is_chosen": each == value}
        for each, (label, hint) in ((each, editor_words.choice(one.name, each)) for each in one.choices)
    ]
    if one.shape == "days":
        choices = [
            {"value": str(day), "label": editor_words.choice("month_weekday", str(day))[0], "is_chosen": day in value}
            for day in range(1, 8)
        ]
    hint = editor_words.help_of(one.name)
    if one.name == "passcode_choice" and has_passcode is not None:
        present = _("There is one now.") if has_passcode else _("There is none now.")
        hint = f"{present} {hint}"
    return {
        "name": one.name,
        "shape": one.shape,
        "label": editor_words.label(one.name),
        "help": hint,
        "value": f"{value:g}" if one.shape == "points" else value,
        "choices": choices,
        "as_cards": any(each.get("help") for each in choices) or one.name == "start_fold",
        "least": one.least,
        "most": one.most,
        "required": one.required,
        "is_hidden": not matters(one, shown) or one.name == "start_fold",
    }


def _group(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    title, inside = editor_words.group(name)
    return {
        "name": name,
        "title": title,
        "inside": inside,
        "fields": [fields[one.name] for one in FIELDS if one.group == name and one.name != "host_email"],
    }


def _rule_of(one: Field) -> dict[str, Any]:
    """A row of the table as the script checks by it: the same limits, and the same messages."""
    slugs = ["malformed", "out_of_range", "too_long"] + (["required"] if one.required else [])
    slugs += {"points": ["points"], "passcode": ["characters"]}.get(
        one.name if one.name == "passcode" else one.shape, []
    )
    return {
        "shape": one.shape,
        "group": one.group,
        "least": one.least,
        "most": one.most,
        "required": one.required,
        "ofSession": one.name in editor_fields.OF_THE_SESSION,
        "onlyIf": [[name, list(wanted)] for name, wanted in one.only_if],
        "place": editor_fields.PLACE_OF.get(one.name, one.name),
        "label": editor_words.label(one.name),
        "messages": {slug: editor_words.wrong(editor_fields.PLACE_OF.get(one.name, one.name), slug) for slug in slugs},
    }


def _host(one: Any) -> dict[str, Any]:
    """A host in the list: name, address, and what the licence allows."""
    can = []
    if getattr(one, "is_licensed", None) is True:
        can.append(_("licensed"))
    elif getattr(one, "is_licensed", None) is False:
        can.append(_("no licence: registration cannot work"))
    if one.has_webinar:
        can.append(_("webinars"))
    capacity = getattr(one, "meeting_capacity", None)
    if capacity:
        can.append(ngettext("%(count)d person", "up to %(count)d people", capacity) % {"count": capacity})
    name = f"{one.name} ({one.email})" if one.name else one.email
    return {
        "email": one.email,
        "text": " · ".join([name, *can]),
        "is_default": one.is_default,
        "has_webinar": one.has_webinar,
    }


def _has_passcode(meeting: Any) -> bool | None:
    if meeting is None or meeting.state == "gone" or not isinstance(meeting.options, Mapping):
        return None
    has_one = meeting.options.get("has_passcode")
    return has_one if isinstance(has_one, bool) else None
