"""What stands on top of the connection page after a way to Zoom and back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from zoom_xblock.screens import connection_answers as answers
from zoom_xblock.services.connections import Connected, OtherAccount
from zoom_xblock.services.errors import InvalidWishes, ServiceError


def connected(request: HttpRequest, result: Connected) -> None:
    """It worked: what was connected, mapped and removed."""
    messages.success(request, _("Connected to Zoom with %(email)s") % {"email": result.zoom_email})
    messages.success(request, _("Updated Zoom account mapping"))
    if result.removed_jwt or result.retired_jwt_settings:
        messages.success(request, _("Removed JWT credentials"))
    if result.retired_jwt_settings:
        names = ", ".join(result.retired_jwt_settings)
        messages.info(
            request, _("No longer used, safe to delete from the site's settings: %(names)s") % {"names": names}
        )


def refused(request: HttpRequest, error: ServiceError) -> None:
    """It did not: what happened and what to do. Another account is no error but a question, which the page asks."""
    if isinstance(error, OtherAccount):
        messages.warning(request, answers.sentence(error.slug))
    elif isinstance(error, InvalidWishes):
        for sentence in answers.refusal(error.fields)["errors"].values():
            messages.error(request, sentence)
    else:
        messages.error(request, answers.sentence(error.slug))
