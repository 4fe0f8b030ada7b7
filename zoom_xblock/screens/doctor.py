"""What the doctor found, in words: a sentence, and what to do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def words(finding: Any) -> tuple[str, str]:
    """Sentence and advice for one `services.doctor.Finding`."""
    facts = finding.facts
    listed = {name: ", ".join(value) for name, value in facts.items() if isinstance(value, list)}
    known = {**facts, **listed}
    count = int(facts.get("count", 0))
    sentences = {
        "secrets_unreadable": (
            _("Stored secrets cannot be read with this site's encryption keys: %(fields)s."),
            _(
                "Restore the key in ZOOM_XBLOCK_ENCRYPTION_KEYS (the same in LMS and Studio), or enter the secrets again and connect again."
            ),
        ),
        "disconnected": (
            _("Zoom is disconnected (%(reason)s); sessions still to come: %(sessions)s."),
            _("Open the Zoom connection page and connect the same account again; everything goes on where it stopped."),
        ),
        "token_failing": (
            _("The last renewal of the token failed (%(reason)s)."),
            _("It is tried again with the next call. If it stays, compare client id and secret with those at Zoom."),
        ),
        "feature_missing": (
            _("The app at Zoom lacks what “%(feature)s” cannot do without: %(scopes)s."),
            _("Add these scopes to the app at Zoom, then connect again."),
        ),
        "feature_limited": (
            _("The app at Zoom lacks permissions for “%(feature)s”: %(scopes)s."),
            _(
                "Add these scopes to the app at Zoom and connect again, or do without; the connection page says what still works."
            ),
        ),
        "deliveries_failed": (
            ngettext(
                "%(count)s delivery could not be processed.", "%(count)s deliveries could not be processed.", count
            ),
            _(
                "Look at their errors in the list of deliveries of the Zoom connection page, and process them again there."
            ),
        ),
        "host_unknown": (
            _("The default host %(email)s is no active user of the Zoom account."),
            _("Enter the address of an active, licensed user on the Zoom connection page."),
        ),
        "not_configured": (
            _("The app's credentials are incomplete: %(fields)s."),
            _("Enter them on the Zoom connection page, or fix them by settings."),
        ),
        "not_connected": (_("Zoom is not connected yet."), _("Open the Zoom connection page and connect it.")),
        "endpoint_not_validated": (
            _("Zoom has not validated the address for events “%(endpoint)s” yet, so none arrive there."),
            _(
                "Enter the address shown on the Zoom connection page in the app's event subscription, and press Validate."
            ),
        ),
        "sweep_late": (
            ngettext("%(count)s delivery has waited too long.", "%(count)s deliveries have waited too long.", count),
            _("See that workers run, and that “manage.py lms zoom_sweep” runs every minute."),
        ),
        "sweep_stopped": (
            ngettext(
                "The sweep has not run for %(count)s minute.", "The sweep has not run for %(count)s minutes.", count
            ),
            _(
                "See that “manage.py lms zoom_sweep” runs every minute: it mends what lost deliveries and dead workers left."
            ),
        ),
        "hosts_failing": (
            _("The account's users could not be listed (%(reason)s)."),
            _("It is tried again every hour; the connection page lists what permission it needs."),
        ),
        "test_failed": (
            _("The last test of the connection failed at “%(step)s” (%(reason)s)."),
            _("Mend what it names, then test again on the Zoom connection page."),
        ),
        "test_left_behind": (
            _("A test meeting is still at Zoom: “%(topic)s”."),
            _("It is deleted as soon as that is possible; you may delete it at Zoom yourself."),
        ),
        "old_key_in_use": (
            _("Stored secrets are still under an older encryption key: %(fields)s."),
            _("Run “manage.py lms zoom_rotate_keys”, then remove the older key."),
        ),
        "jwt_stored": (
            _("Credentials of Zoom's retired JWT app are still stored."),
            _("They are erased with the next connection; nothing else uses them."),
        ),
        "other_account_waits": (
            _("Another Zoom account (%(wanted)s) was allowed while sessions depend on the present one."),
            _("Decide on the Zoom connection page which one it shall be."),
        ),
    }
    sentence, advice = sentences[finding.slug]
    return sentence % known, advice
