"""Who may administer Zoom, and the site's addresses as they must be pasted into Zoom."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from zoom_xblock import conf

PERMISSION = "zoom_xblock.administer_zoom"


def is_admin(request: HttpRequest) -> bool:
    """Superusers, and staff who were given the permission. Staff alone is not enough for an account's secrets."""
    user = request.user
    return bool(user.is_active and user.is_staff and user.has_perm(PERMISSION))


def require_admin(request: HttpRequest) -> None:
    """Raise PermissionDenied for everybody else."""
    if not is_admin(request):
        raise PermissionDenied


def connection_address(name: str = "settings", *args: str) -> str:
    """
    Django admin's mount of the connection page or of what belongs to it, or ours where the site has no Django admin.

    Names: "settings", "settings_part" with hosts or deliveries, "settings_do" with an action, "settings_test".
    """
    try:
        return reverse(f"admin:zoom_{name}", args=args)
    except NoReverseMatch:
        return reverse(f"zoom_xblock:{name}", args=args)


def addresses(request: HttpRequest) -> dict[str, str]:
    """
    What is pasted into Zoom: `redirect`, `end_meeting` and `end`.

    Events go to the LMS, whose address the site knows; the consent returns to the host on which the page was opened,
    which has the session.
    """
    lms = conf.site_url() or request.build_absolute_uri("/").rstrip("/")
    return {
        "redirect": request.build_absolute_uri(reverse("zoom_xblock:oauth_callback")),
        "end_meeting": lms + reverse("zoom_xblock:receive", args=["end_meeting"]),
        "end": lms + reverse("zoom_xblock:receive", args=["end"]),
    }
