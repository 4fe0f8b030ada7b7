"""The lines at a glance of the site admin's page: how the connection is doing, and what to do where it is not well."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zoom_xblock.screens.connection_answers import sentence

#: A job that is so late is waiting for somebody to look.
LATE = timedelta(minutes=3)


def health(facts: Any, links: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The lines at a glance: name, tone, sentence, and what to do where it is not green."""
    lines: list[dict[str, Any]] = []
    if facts.connection.is_connected:
        lines += [_token(facts.token), _permissions(facts.features)]
    lines += [_endpoint(name, facts.endpoints[name]) for name in ("end_meeting", "end")]
    lines += [_deliveries(facts, links), _next_job(facts.next_jobs, now)]
    if facts.connection.is_connected:
        lines.append(_hosts(facts.hosts, links))
    if facts.retired_jwt_settings or facts.has_stored_jwt:
        lines.append(_retired(facts.retired_jwt_settings))
    return lines


def found(findings: Iterable[Any]) -> list[dict[str, Any]]:
    """What only the doctor sees."""
    lines = []
    for finding in findings:
        if finding.slug == "host_unknown":
            lines.append(
                _line(
                    _("Host account"),
                    "bad",
                    _("Zoom lists no active user %(email)s.") % {"email": finding.facts["email"]},
                    _("Correct the address in step 2, or refresh the list of hosts if the user is new."),
                )
            )
        elif finding.slug == "old_key_in_use":
            lines.append(
                _line(
                    _("Encryption"),
                    "waiting",
                    _("Some secrets are still encrypted with an older key."),
                    _("Run manage.py zoom_rotate_keys, then take the older key out of the settings."),
                )
            )
        elif finding.slug == "test_left_behind":
            lines.append(
                _line(
                    _("Test meeting"),
                    "waiting",
                    _("“%(topic)s” is still at Zoom.") % {"topic": finding.facts["topic"]},
                    _("Delete it there by hand if it stays for a day."),
                )
            )
    return lines


def _line(name: str, tone: str, text: str, advice: str = "", **more: Any) -> dict[str, Any]:
    return {"name": name, "tone": tone, "text": text, "advice": advice, **more}


def _token(token: Any) -> dict[str, Any]:
    name = _("Token")
    if token.state == "failing":
        return _line(
            name,
            "waiting",
            _("Could not be renewed on"),
            sentence(token.error)
            + " "
            + _("It is tried again with the next call to Zoom; “Test the connection” does so now."),
            at=token.failed_at,
        )
    if token.state == "expired":
        return _line(
            name, "good", _("At rest, renewed with the next call to Zoom. The last one ran out on"), at=token.expires_at
        )
    return _line(name, "good", _("Good, and renewed by itself. This one lasts until"), at=token.expires_at)


def _permissions(features: list[Any]) -> dict[str, Any]:
    name = _("Permissions")
    lacking = [row for row in features if not row.is_granted and not row.is_optional]
    if not lacking:
        return _line(name, "good", _("All granted."))
    text = ngettext("%(count)d feature lacks some.", "%(count)d features lack some.", len(lacking))
    return _line(
        name,
        "bad" if any(row.is_essential for row in lacking) else "waiting",
        text % {"count": len(lacking)},
        _("Add them to the app at Zoom, then connect again."),
        link="#zoom-permissions",
        link_text=_("Which ones"),
    )


def _next_job(jobs: list[Any], now: datetime) -> dict[str, Any]:
    name = _("Next job")
    if not jobs:
        return _line(name, "good", _("Nothing is waiting to be done."))
    job = jobs[0]
    text = {
        "process_delivery": _("Process an event, due"),
        "register": _("Register a learner, due"),
        "settle_sitting": _("Fetch the record of a session, due"),
        "refresh_hosts": _("Refresh the list of hosts, due"),
    }.get(job.job, _("A job, due"))
    if job.at < now - LATE:
        return _line(
            name,
            "waiting",
            text,
            _("That is over. Look whether the site’s Celery workers run, and the command zoom_sweep every minute."),
            at=job.at,
        )
    return _line(name, "good", text, at=job.at)


def _hosts(hosts: Any, links: dict[str, Any]) -> dict[str, Any]:
    name = _("Hosts")
    link = {"link": links["hosts"], "link_text": _("Look at them")} if "hosts" in links else {}
    if hosts.trouble:
        return _line(name, "waiting", _("Could not be listed on"), sentence(hosts.trouble), at=hosts.tried_at, **link)
    if hosts.refreshed_at is None:
        return _line(name, "waiting", _("Not listed yet."), _("That is done within a day, or on request."), **link)
    text = ngettext("%(count)d user, listed", "%(count)d users, listed", hosts.count) % {"count": hosts.count}
    return _line(name, "good", text, at=hosts.refreshed_at)


def _retired(settings: list[str]) -> dict[str, Any]:
    name = _("Retired JWT app")
    if not settings:
        return _line(name, "waiting", _("Its credentials are still stored."), _("They are dropped when you connect."))
    return _line(
        name,
        "waiting",
        _("No longer used: %(names)s.") % {"names": ", ".join(settings)},
        _("Safe to delete from the site’s settings."),
    )


def _endpoint(name: str, known: dict[str, Any]) -> dict[str, Any]:
    title = _("Webinar events") if name == "end" else _("Meeting events")
    validated, received = known["validated_at"], known["received_at"]
    if received is not None:
        advice = "" if validated else _("Zoom has not checked this address since; press “Validate” at Zoom.")
        return _line(
            title,
            "good" if validated else "waiting",
            _("Last one received"),
            advice,
            at=received,
            validated_at=validated,
        )
    if validated is not None:
        return _line(title, "good", _("None yet. Zoom checked the address"), at=validated, validated_at=validated)
    return _line(
        title,
        "waiting",
        _("None yet, and Zoom has not checked the address."),
        _("Add the event subscription of step 1 at Zoom and press “Validate” there."),
    )


def _deliveries(facts: Any, links: dict[str, Any]) -> dict[str, Any]:
    name = _("Deliveries")
    link = (
        {"link": f"{links['deliveries']}?state=failed", "link_text": _("Look at them")} if "deliveries" in links else {}
    )
    if facts.failed:
        text = ngettext(
            "%(count)d event could not be processed.", "%(count)d events could not be processed.", facts.failed
        )
        return _line(
            name,
            "bad",
            text % {"count": facts.failed},
            _("Their errors say why; process them again once mended."),
            **link,
        )
    if facts.waiting:
        text = ngettext(
            "%(count)d event is waiting to be processed.",
            "%(count)d events are waiting to be processed.",
            facts.waiting,
        )
        return _line(
            name,
            "waiting",
            text % {"count": facts.waiting},
            _("If the number does not fall within a minute, look whether the site’s Celery workers run."),
        )
    return _line(name, "good", _("None waits, none has failed."))
