"""What each part of the product needs to be allowed at Zoom (Zoom, "OAuth scopes granular" and "(classic)")."""

from __future__ import annotations

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
    "linking": ("meeting:read:list_meetings", "webinar:read:list_webinars"),
    "reports": ("report:read:list_meeting_participants", "report:read:list_webinar_participants"),
    "recordings": ("cloud_recording:read:list_recording_files", "cloud_recording:read:recording"),
}

#: Zoom has these for account-wide apps only.
ACCOUNT_WIDE_ONLY = frozenset({"user:read:list_users", *FEATURES["reports"]})
#: Nothing is lost without these; an app need not have them.
OPTIONAL: frozenset[str] = frozenset()
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


def missing(granted: frozenset[str]) -> dict[str, list[str]]:
    """Which scopes each feature lacks, without the `:admin`; features that lack none are left out."""
    found = {name: [scope for scope in scopes if not is_granted(scope, granted)] for name, scopes in FEATURES.items()}
    return {name: scopes for name, scopes in found.items() if scopes}
