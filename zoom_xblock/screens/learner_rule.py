"""The rule in words: what completes the unit, which time counts, and what it is worth."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from zoom_xblock.attendance import Policy
from zoom_xblock.screens import page as words


def sentences(policy: Policy, required_seconds: int | None, *, is_series: bool) -> list[str]:
    """One sentence for each thing that the rule says, in the order in which a learner asks."""
    said = [_completes(policy, required_seconds, is_series)]
    if policy.completion in ("minutes", "percent") or policy.has_score:
        said.append(_window(policy))
    if policy.has_score and policy.completion != "none":
        said.append(_grade(policy))
    return [sentence for sentence in said if sentence]


def _completes(policy: Policy, required_seconds: int | None, is_series: bool) -> str:
    if policy.completion == "none":
        return _("You need not attend to complete this unit.")
    if policy.completion == "joining":
        if is_series:
            return _("Complete as soon as you join one of the dates.")
        return _("Complete as soon as you join.")
    if required_seconds is None:
        return _("What is required depends on the planned time, which is not known yet.")
    if not required_seconds:
        return _("Complete when you have attended.")
    minutes = words.minutes(required_seconds)
    if policy.completion == "percent":
        facts: dict[str, Any] = {"percent": policy.required_percent, "minutes": minutes}
        if is_series and policy.dates == "all":
            return (
                _("Complete when you have attended at least %(percent)d%% of all dates together: %(minutes)s.") % facts
            )
        if is_series:
            return _("Complete when you have attended at least %(percent)d%% of one date: %(minutes)s.") % facts
        return _("Complete when you have attended at least %(percent)d%% of the session: %(minutes)s.") % facts
    facts = {"minutes": minutes}
    if is_series and policy.dates == "all":
        return _("Complete when you have attended at least %(minutes)s, all dates together.") % facts
    if is_series:
        return _("Complete when you have attended at least %(minutes)s of one date.") % facts
    return _("Complete when you have attended at least %(minutes)s.") % facts


def _window(policy: Policy) -> str:
    if policy.counted == "scheduled":
        return _("Only the planned time counts, from the planned start to the planned end.")
    if policy.counted != "custom":
        return ""
    return _("Only the time from %(opens)s to %(closes)s counts.") % {
        "opens": _start_of_window(policy.opens_minutes),
        "closes": _end_of_window(policy.closes_minutes),
    }


def _start_of_window(minutes: int) -> str:
    if not minutes:
        return _("the planned start")
    facts = {"minutes": words.minutes(abs(minutes) * 60)}
    return (
        _("%(minutes)s after the planned start") % facts
        if minutes > 0
        else _("%(minutes)s before the planned start") % facts
    )


def _end_of_window(minutes: int) -> str:
    if not minutes:
        return _("the planned end")
    facts = {"minutes": words.minutes(abs(minutes) * 60)}
    return (
        _("%(minutes)s after the planned end") % facts
        if minutes > 0
        else _("%(minutes)s before the planned end") % facts
    )


def _grade(policy: Policy) -> str:
    if policy.graded_by == "all_or_nothing" or policy.completion == "joining":
        return _("Graded: all points when it is complete, else none.")
    return _("Graded by your share of the required time.")
