"""The progress of a test of the connection, in sentences: rendered with the page, and polled as JSON."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

_TONES = {"waiting": "none", "running": "running", "passed": "good", "failed": "bad", "skipped": "none"}


def progress(test: Any) -> dict[str, Any] | None:
    """What is shown of `queries.SelfTestFacts`; None where there was none yet."""
    if test is None:
        return None
    return {
        "id": test.id,
        "is_over": test.is_over,
        "text": _verdict(test),
        "steps": [
            {
                "name": step.name,
                "title": _title(step.name),
                "tone": _TONES.get(str(step.state), "none"),
                "text": _outcome(step),
                "is_over": str(step.state) in ("passed", "failed", "skipped"),
            }
            for step in test.steps
        ],
    }


def _verdict(test: Any) -> str:
    if test.state == "waiting":
        return _("Waiting for a worker…")
    if test.state == "running":
        return _("The test is running…")
    if test.state == "passed":
        return _("The connection works.")
    if test.needs_cleaning:
        return _("The test failed. Its meeting is still at Zoom and is deleted as soon as that is possible.")
    return _("The test failed.")


def _title(name: str) -> str:
    return {
        "token": _("Ask Zoom who we are."),
        "create": _("Make a test meeting."),
        "register": _("Register a made-up learner."),
        "read": _("Read both back."),
        "delete": _("Delete the test meeting."),
        "event": _("Wait for Zoom’s event."),
    }.get(name, name)


def _outcome(step: Any) -> str:
    state = str(step.state)
    if state in ("waiting", "running"):
        return {"waiting": _("Not yet."), "running": _("Under way…")}[state]
    if state == "passed":
        return _("Done.")
    if state == "skipped":
        if step.detail == "not_validated":
            return _("Left out: Zoom has not checked the address for meeting events yet.")
        return _("Left out.")
    return trouble(step.detail)


def trouble(slug: str) -> str:
    """Why a step failed, and what to do."""
    sentences = {
        "not_connected": _("The site is not connected to Zoom. Connect it in step 3."),
        "disconnected": _("Zoom no longer accepts this site’s grant. Connect again in step 3."),
        "unreachable": _("Zoom did not answer. Look whether this server may reach api.zoom.us, then test again."),
        "zoom_down": _("Zoom has a fault at the moment. Test again in a few minutes."),
        "garbled": _("Zoom answered something that we do not understand. Test again in a few minutes."),
        "rate_limited": _("Zoom asks us to slow down. Test again in a minute."),
        "daily_limit": _("Zoom allows 100 changes a day for each host, and this host has used them."),
        "scope_missing": _("A permission is missing. The table below names it; add it at Zoom, then connect again."),
        "not_allowed": _("The host’s Zoom plan does not allow this. Registration needs a licence."),
        "host_unknown": _("Zoom does not know the host account. Correct its e-mail address in step 2."),
        "bad_credentials": _("Zoom refuses the app’s credentials. Compare them with the app’s page at Zoom."),
        "no_event": _("No event came. Compare the addresses in step 1 with those at Zoom, and validate them there."),
        "registration_off": _("The meeting takes no registrations. The host needs a licence for that."),
        "registrant_missing": _("The learner could not be read back. Test again in a minute."),
        "interrupted": _("The test was interrupted, for example by a restart. Test again."),
    }
    return sentences.get(slug, _("Zoom refused this (%(slug)s).") % {"slug": slug or "?"})
