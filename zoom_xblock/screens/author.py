"""Studio's preview: what is set, what is missing, and whether Zoom has it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock.screens import page as words
from zoom_xblock.screens import troubles


def page(facts: Any, wishes: dict[str, Any]) -> dict[str, Any]:
    """The context of the template, from `queries.AuthorFacts` and the draft's own values."""
    meeting = facts.meeting
    starts_at = meeting.starts_at if meeting is not None and meeting.starts_at else wishes["starts_at"]
    duration = (meeting.duration_minutes if meeting is not None else None) or wishes["duration_minutes"]
    return {
        "topic": wishes["display_name"],
        "kind": wishes["kind"],
        "kind_name": words.kind_name(wishes["kind"]),
        "description": wishes["description"],
        "when": words.when(
            starts_at, duration, (meeting.time_zone if meeting is not None else "") or wishes["time_zone"]
        ),
        "duration": words.minutes(duration * 60),
        "required": words.minutes(wishes["required_minutes"] * 60),
        "host": (meeting.host_email if meeting is not None else "") or facts.default_host,
        "registered": ngettext("%(count)d learner registered", "%(count)d learners registered", facts.registered)
        % {"count": facts.registered},
        "has_meeting": meeting is not None and meeting.state != "gone",
        "meeting_number": _grouped(meeting.zoom_id) if meeting is not None else "",
        "start_url": reverse("zoom_xblock:start", args=[str(facts.usage_key)])
        if meeting is not None and meeting.state in ("scheduled", "live")
        else None,
        "notes": list(_notes(facts, wishes)),
    }


def _notes(facts: Any, wishes: dict[str, Any]) -> Any:
    """Pairs of tone and sentence."""
    meeting = facts.meeting
    if facts.connection_state != "connected":
        yield "bad", troubles.of_connection(facts.connection_state)
    if meeting is None:
        yield "waiting", _("This component needs its own session. Edit it, check date and time, and save.")
        return
    if meeting.state == "gone":
        yield "bad", _("Zoom does not have this session any more. Edit and save to make a new one.")
    elif meeting.missing_since:
        yield "waiting", _("Zoom said that it does not have this session. We ask again before we believe it.")
    if not meeting.has_registration:
        yield (
            "bad",
            _("Zoom did not switch registration on, so nobody's attendance can be proved. The host needs a licence."),
        )
    if wishes["starts_at"] and meeting.starts_at and meeting.starts_at != wishes["starts_at"]:
        yield "waiting", _("Zoom has another start than this component. Learners see Zoom's.")


def _grouped(zoom_id: int) -> str:
    """845 1234 5678, as Zoom writes it."""
    digits = str(zoom_id)
    return " ".join(part for part in (digits[:3], digits[3:7], digits[7:]) if part)
