"""The e-mails that the site's admins get."""

from __future__ import annotations

from django.utils.translation import gettext as _


def disconnected(site: str, account: str, reason: str) -> tuple[str, str]:
    """Subject and text of the e-mail about a connection that has ended. `reason` is a slug."""
    name = site or _("this site")
    paragraphs = [
        _("The connection of %(site)s to Zoom (%(account)s) has ended. %(why)s")
        % {"site": name, "account": account or "–", "why": _why(reason)},
        _(
            "Until it is connected again, no session can be made or changed, nobody new is registered, and no attendance is counted. What was counted stays; connecting the same account again goes on where it stopped."
        ),
        _("Connect it again: %(address)s") % {"address": f"{site}/admin/config/services/zoom"},
    ]
    return _("Zoom is disconnected from %(site)s") % {"site": name}, "\n\n".join(paragraphs)


def _why(reason: str) -> str:
    return {
        "removed_at_zoom": _("The app was removed at Zoom."),
        "grant_refused": _("Zoom no longer accepts the grant: it was revoked, replaced or has run out."),
        "refresh_lost": _("A renewal of the token was interrupted, and Zoom no longer accepts the old one."),
        "app_disabled": _("The app is disabled at Zoom."),
        "host_gone": _("The connected Zoom user is gone or no longer active."),
    }.get(reason, "")
