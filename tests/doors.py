"""The demo's door, with a queue that a test can look into and run."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from demo.site.door import DemoPlatform


class QueueingPlatform(DemoPlatform):
    """Jobs wait in `queue` as they would at a broker: arguments after a round trip through JSON."""

    queue: ClassVar[list[tuple[str, list[Any], float]]] = []

    def later(self, job: str, *args: Any, countdown_seconds: float = 0) -> None:
        """Remember instead of sending."""
        assert countdown_seconds < 3600, "Redis would deliver this again and again"
        self.queue.append((job, json.loads(json.dumps(args)), countdown_seconds))
