"""What every page shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from demo.site import people
from demo.site.seed import COURSE_KEY


def site(request: Any) -> dict[str, Any]:
    """Addresses, and which doors are open to whoever is logged in."""
    user = request.user if hasattr(request, "user") else None
    known = bool(user and user.is_authenticated)
    return {
        "zoom_url": settings.DEMO_ZOOM_URL,
        "section": request.path.split("/")[1],
        "may_author": known and people.teaches(user, COURSE_KEY),
    }
