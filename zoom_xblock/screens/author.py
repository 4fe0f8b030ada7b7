"""Studio's preview: what is set, what is missing, whether Zoom has it, and who has been told what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock.attendance import Policy
from zoom_xblock.screens import editor, editor_words, series, troubles
from zoom_xblock.screens import page as words
from zoom_xblock.screens.editor_fields import OPTIONS

#: What learners get from Zoom's rows at once, published or not.
_AT_ONCE = ("display_name", "starts_at", "duration_minutes", "time_zone", "recurrence")


def page(
    facts: Any,
    wishes: dict[str, Any],
    *,
    published: Mapping[str, Any] | None = None,
    is_host: bool = True,
    learner_url: str = "",
    author_zone: str = "",
    now: datetime | None = None,
) -> dict[str, Any]:
    """
    The context of the template, from `queries.AuthorFacts` and the draft's own values.

    `published` are the published copy's values: None where nothing is published, empty where the platform cannot say.
    `is_host`: whoever looks is the host or an alternative host, and may start it.
    """
    meeting = facts.meeting
    has_meeting = meeting is not None and meeting.state != "gone"
    current = editor.overlaid(facts, wishes)
    starts_at, duration = _next_date(facts, current, now)
    can_start = has_meeting and meeting.state in ("scheduled", "live")
    when = words.when(starts_at, duration, current["time_zone"])
    return {
        "topic": wishes["display_name"],
        "kind": wishes["kind"],
        "kind_name": words.kind_name(wishes["kind"]),
        "description": wishes["description"],
        "when": when,
        "yours": _yours(starts_at, current["time_zone"], author_zone),
        "repetition": series.sentence(current.get("recurrence")) if current.get("recurrence") else "",
        "dates": editor.dates(facts, current["time_zone"], now),
        "duration": words.minutes(duration * 60),
        "required": requirement(Policy.from_fields(wishes)),
        "host": (meeting.host_email if meeting is not None else "") or facts.default_host,
        "registered": ngettext("%(count)d learner registered", "%(count)d learners registered", facts.registered)
        % {"count": facts.registered},
        "has_meeting": has_meeting,
        "meeting_number": _grouped(meeting.zoom_id) if meeting is not None else "",
        "start_url": reverse("zoom_xblock:start", args=[str(facts.usage_key)]) if can_start and is_host else None,
        "way_in": can_start and not is_host,
        "learner_url": learner_url,
        "can_keep": has_meeting and not facts.is_link,
        "keeps": facts.keeps_meeting,
        "notes": [*_notes(facts, wishes, now), *_unpublished(facts, wishes, published)],
    }


def init_args(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What the script starts with."""
    return {
        "zone": shown["when"]["zone"] if shown["when"] and not shown["yours"] else None,
        "text": {
            "failed": _("This could not be saved. Please try again."),
            "yourTime": _("In your time zone: {time}"),
        },
    }


def kept(keeps: bool) -> str:
    """What is said after the author's decision about the session's end."""
    if keeps:
        return _("The session stays at Zoom when this component is deleted.")
    return _("A future session is deleted at Zoom when this component is deleted.")


def requirement(policy: Policy) -> str:
    """Who completes the unit, in one line."""
    if policy.completion == "none":
        return _("nobody by attendance")
    if policy.completion == "joining":
        return _("whoever joins")
    if policy.completion == "percent":
        said = _("%(percent)d %% of the planned time") % {"percent": policy.required_percent}
    elif policy.required_minutes == 0:
        said = _("whoever attends at all")
    else:
        said = words.minutes(policy.required_minutes * 60)
    return said if policy.counted == "sitting" else _("%(said)s, in the planned time") % {"said": said}


# -- inside ---------------------------------------------------------------------------------------------------------


def _next_date(facts: Any, current: Mapping[str, Any], now: datetime | None) -> tuple[datetime | None, int]:
    """The next date of a series that is not over, the last one when all are; else the only date."""
    standing = [one for one in facts.dates if not one.is_removed]
    ahead = [
        one for one in standing if now is None or one.starts_at + timedelta(minutes=one.duration_minutes or 0) > now
    ]
    chosen = ahead[0] if ahead else standing[-1] if standing else None
    if chosen is not None:
        return chosen.starts_at, chosen.duration_minutes or current["duration_minutes"]
    return current["starts_at"], current["duration_minutes"]


def _yours(starts_at: datetime | None, time_zone: str, author_zone: str) -> str:
    if starts_at is None or not author_zone:
        return ""
    theirs, mine = words.zone(time_zone), words.zone(author_zone)
    if starts_at.astimezone(theirs).utcoffset() == starts_at.astimezone(mine).utcoffset():
        return ""
    return _("In your time zone: %(time)s") % {"time": series.moment(starts_at, author_zone)}


def _notes(facts: Any, wishes: Mapping[str, Any], now: datetime | None) -> Iterator[tuple[str, str]]:
    """Pairs of tone and sentence."""
    meeting = facts.meeting
    if facts.connection_state != "connected":
        yield "bad", troubles.of_connection(facts.connection_state)
    if meeting is None:
        if wishes["starts_at"] and now and wishes["starts_at"] <= now:
            yield (
                "waiting",
                _(
                    "This component needs its own session, and its date is over. Edit it, choose a new date and save; or "
                    "link a session that exists."
                ),
            )
        else:
            yield (
                "waiting",
                _(
                    "This component needs its own session. Edit it, check date and time, and save; or link a session that "
                    "exists."
                ),
            )
        return
    if meeting.state == "gone":
        yield (
            "bad",
            _("Zoom does not have this session any more. Edit this component to make a new one or link another."),
        )
    elif meeting.missing_since:
        yield "waiting", _("Zoom said that it does not have this session. We ask again before we believe it.")
    if not meeting.has_registration:
        yield (
            "bad",
            _("Zoom did not switch registration on, so nobody's attendance can be proved. The host needs a licence."),
        )
    if meeting.state != "gone":
        yield from _other_at_zoom(facts, wishes)
    if facts.is_link:
        yield "info", _("This session was linked: it is never deleted with this component.")
    if facts.placed_in > 1:
        yield (
            "info",
            ngettext(
                "This session is in %(count)d other component, too. Each has its own rule and its own completion.",
                "This session is in %(count)d other components, too. Each has its own rule and its own completion.",
                facts.placed_in - 1,
            )
            % {"count": facts.placed_in - 1},
        )


def _other_at_zoom(facts: Any, wishes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where somebody has changed the session at Zoom, or Zoom decided otherwise."""
    has = editor.overlaid(facts, wishes)
    meant = {name: editor.readable(name, value) for name, value in wishes.items()}
    other = [name for name in (*_AT_ONCE, "description", *OPTIONS) if name in has and has[name] != meant.get(name)]
    if other == ["starts_at"]:
        yield "waiting", _("Zoom has another start than this component. Learners see Zoom's.")
    elif other:
        yield (
            "waiting",
            _(
                "Zoom has something else than this component: %(fields)s. Learners get what Zoom has; edit and save to decide."
            )
            % {"fields": _listed(other)},
        )


def _unpublished(
    facts: Any, wishes: Mapping[str, Any], published: Mapping[str, Any] | None
) -> Iterator[tuple[str, str]]:
    """What learners have, and what waits for "Publish"."""
    meeting = facts.meeting
    if meeting is None or meeting.state == "gone":
        return
    if published is None:
        if facts.published_rule is None:
            yield "info", _("This component is not published yet: learners do not see it.")
        return
    if published:
        known = {name: editor.readable(name, value) for name, value in published.items()}
        ahead = [
            name
            for name in _AT_ONCE
            if name in known and known[name] != wishes.get(name) and _at_zoom(meeting, name) == wishes.get(name)
        ]
        if ahead:
            yield (
                "waiting",
                _("Zoom and learners have this already, although it is not published yet: %(fields)s.")
                % {"fields": _listed(ahead)},
            )
    rule = published or facts.published_rule
    if rule:
        theirs, mine = Policy.from_fields(rule), Policy.from_fields(wishes)
        if theirs != mine:
            yield "waiting", _rule_waits(theirs, mine)


def _rule_waits(theirs: Policy, mine: Policy) -> str:
    if requirement(theirs) != requirement(mine):
        return _("Learners are counted by the published rule (%(theirs)s) until you publish this one (%(mine)s).") % {
            "theirs": requirement(theirs),
            "mine": requirement(mine),
        }
    other = [name for name, value in theirs.as_json().items() if mine.as_json()[name] != value]
    return _("Not published yet, so learners are counted by the old rule: %(fields)s.") % {"fields": _listed(other)}


def _at_zoom(meeting: Any, name: str) -> Any:
    return getattr(meeting, {"display_name": "topic"}.get(name, name))


def _listed(names: list[str]) -> str:
    return ", ".join(editor_words.label(name) for name in names)


def _grouped(zoom_id: int) -> str:
    """845 1234 5678, as Zoom writes it."""
    digits = str(zoom_id)
    return " ".join(part for part in (digits[:3], digits[3:7], digits[7:]) if part)
