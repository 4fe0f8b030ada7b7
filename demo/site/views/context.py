"""What every page shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from demo.site import people
from demo.site.views import current


def site(request: Any) -> dict[str, Any]:
    """Addresses, and which doors are open to whoever is logged in."""
    user = request.user if hasattr(request, "user") else None
    known = bool(user and user.is_authenticated)
    return {
        "zoom_url": settings.DEMO_ZOOM_URL,
        "section": request.path.split("/")[1],
        "may_author": known and people.may_author(user, current.course_key(request)),
    }
