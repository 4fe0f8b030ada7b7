"""Facts and wishes with defaults, as the queries and the block give them."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from zoom_xblock.attendance import Policy
from zoom_xblock.queries import AuthorFacts, LearnerFacts, Planned
from zoom_xblock.screens.editor_fields import FIELDS

KEY = "block-v1:DemoX+Zoom+2026+type@zoom+block@abc"
STARTS_AT = datetime(2026, 6, 4, 12, 0, tzinfo=UTC)


def planned(**values: Any) -> Planned:
    """What the block says."""
    return Planned(
        **{
            "topic": "Cell biology",
            "kind": "meeting",
            "description": "",
            "starts_at": STARTS_AT,
            "duration_minutes": 60,
            "time_zone": "Europe/Berlin",
            "policy": Policy(),
            **values,
        }
    )


def learner_facts(*, policy: Policy | None = None, shows: dict[str, Any] | None = None, **values: Any) -> LearnerFacts:
    """A scheduled meeting whose way in is open, 45 of 60 minutes required, nobody registered, unless told otherwise."""
    return LearnerFacts(
        **{
            "planned": planned(policy=policy or Policy(), **(shows or {})),
            "usage_key": KEY,
            "phase": "scheduled",
            "kind": "meeting",
            "topic": "Cell biology",
            "starts_at": STARTS_AT,
            "duration_minutes": 60,
            "time_zone": "Europe/Berlin",
            "required_seconds": 45 * 60,
            "took_place": values.get("phase") == "ended",
            **values,
        }
    )


def wishes(**values: Any) -> dict[str, Any]:
    """The author's draft: every field of the block, at its default where nothing is said."""
    return {
        **{one.name: one.default for one in FIELDS if one.is_wish},
        "recurrence": {},
        "display_name": "Cell biology",
        "kind": "meeting",
        "description": "",
        "starts_at": STARTS_AT,
        "duration_minutes": 60,
        "time_zone": "Europe/Berlin",
        "required_minutes": 45,
        "has_score": False,
        "weight": 1.0,
        **values,
    }


def meeting(**values: Any) -> Any:
    """A row of `Meeting`, as far as screens look at it."""
    return SimpleNamespace(
        **{
            "state": "scheduled",
            "topic": "Cell biology",
            "starts_at": STARTS_AT,
            "duration_minutes": 60,
            "time_zone": "Europe/Berlin",
            "host_email": "rivera@example.edu",
            "alternative_hosts": "",
            "agenda": None,
            "options": None,
            "recurrence": None,
            "zoom_id": 84512345678,
            "has_registration": True,
            "missing_since": None,
            **values,
        }
    )


def author_facts(**values: Any) -> AuthorFacts:
    """A connected site; no meeting unless given."""
    return AuthorFacts(
        **{
            "usage_key": KEY,
            "connection_state": "connected",
            "default_host": "host@example.edu",
            "meeting": None,
            **values,
        }
    )


def form(**values: Any) -> dict[str, Any]:
    """What the editor's script sends."""
    return {
        "kind": "meeting",
        "display_name": "Cell biology",
        "description": "Bring questions.",
        "start_date": "2026-06-04",
        "start_time": "14:00",
        "time_zone": "Europe/Berlin",
        "duration_minutes": "60",
        "required_minutes": "45",
        **values,
    }
