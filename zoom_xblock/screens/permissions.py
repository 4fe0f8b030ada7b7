"""What each part of the product needs to be allowed at Zoom, and what still works without it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

#: Permissions by feature, as Zoom's app page lists them ("OAuth scopes granular"), without the `:admin` that
#: account-wide apps have after each.
FEATURES: dict[str, tuple[str, ...]] = {
    "account": ("user:read:user",),
    "sessions": (
        "meeting:write:meeting",
        "meeting:read:meeting",
        "meeting:update:meeting",
        "meeting:delete:meeting",
    ),
    "registration": (
        "meeting:write:registrant",
        "meeting:read:list_registrants",
        "meeting:update:registrant_status",
    ),
    "attendance": (
        "meeting:read:participant",
        "meeting:read:past_meeting",
        "meeting:read:list_past_instances",
        "meeting:read:list_past_participants",
    ),
    "webinars": (
        "webinar:write:webinar",
        "webinar:read:webinar",
        "webinar:update:webinar",
        "webinar:delete:webinar",
        "webinar:write:registrant",
        "webinar:read:list_registrants",
        "webinar:update:registrant_status",
        "webinar:read:list_past_instances",
        "webinar:read:list_past_participants",
    ),
    "hosts": ("user:read:list_users", "user:read:settings"),
    "reports": ("report:read:list_meeting_participants", "report:read:list_webinar_participants"),
    "recordings": ("cloud_recording:read:list_recording_files", "cloud_recording:read:recording"),
}

#: Zoom has these for account-wide apps only.
ACCOUNT_WIDE_ONLY = frozenset({"user:read:list_users", *FEATURES["reports"]})
#: Nothing is lost without these; an app need not have them.
OPTIONAL = frozenset({"recordings"})
#: Without these nothing can be done at all.
ESSENTIAL = frozenset({"account", "sessions", "registration"})


def scopes(*, account_wide: bool = True) -> list[str]:
    """All that an app should have, as Zoom names it."""
    return [
        f"{scope}:admin" if account_wide else scope
        for feature, names in FEATURES.items()
        if feature not in OPTIONAL
        for scope in names
        if account_wide or scope not in ACCOUNT_WIDE_ONLY
    ]


def classic(scope: str) -> str:
    """The name that apps made before granular permissions have for this one; it covers more."""
    family, verb, _rest = scope.split(":")
    if family == "cloud_recording":
        return "recording:read"
    return f"{family}:{'read' if verb == 'read' else 'write'}"


def is_granted(scope: str, granted: frozenset[str]) -> bool:
    """Whether any form of it, granular or classic, for one user or account-wide, is there."""
    wide = {f"{scope}:admin", f"{classic(scope)}:admin"}
    return bool(granted & (wide if scope in ACCOUNT_WIDE_ONLY else wide | {scope, classic(scope)}))


def table(granted: frozenset[str]) -> list[dict[str, Any]]:
    """A row for each feature: what it is for, what it needs, what is missing, and what works all the same."""
    account_wide = not granted or any(scope.endswith(":admin") for scope in granted)
    rows = []
    for feature, names in FEATURES.items():
        missing = [scope for scope in names if not is_granted(scope, granted)]
        optional = feature in OPTIONAL
        state = "granted" if not missing else "optional" if optional else "missing"
        form = [_form(scope, account_wide) for scope in missing]
        rows.append(
            {
                "feature": feature,
                "name": _name(feature),
                "purpose": _purpose(feature),
                "state": state,
                "tone": {"granted": "good", "optional": "none"}.get(state)
                or ("bad" if feature in ESSENTIAL else "waiting"),
                "needed": [_form(scope, account_wide) for scope in names],
                "missing": form,
                "classic": sorted({_form(classic(scope), account_wide, of=scope) for scope in (missing or names)}),
                "without": _without(feature) if missing else "",
                "impossible": bool(missing) and not account_wide and all(s in ACCOUNT_WIDE_ONLY for s in missing),
            }
        )
    return rows


def _form(scope: str, account_wide: bool, of: str = "") -> str:
    return f"{scope}:admin" if account_wide or (of or scope) in ACCOUNT_WIDE_ONLY else scope


def _name(feature: str) -> str:
    return {
        "account": _("The account"),
        "sessions": _("Sessions"),
        "registration": _("Registration"),
        "attendance": _("Attendance"),
        "webinars": _("Webinars"),
        "hosts": _("Hosts"),
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
        "reports": _("Zoom's own record of attendance, to the second."),
        "recordings": _("Nothing in this version. Kept ready for recordings in courses."),
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
        "reports": _(
            "Minutes come from events and Zoom’s shorter list of participants, which suffices for most sessions."
        ),
        "recordings": _("Nothing is missing: everything in this version works."),
    }[feature]
