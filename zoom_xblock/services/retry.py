"""Which error earns which delay. Jitter, so that a thousand jobs that failed together do not come back together."""

from __future__ import annotations

import random

from zoom_xblock import client as zoom

#: Celery over Redis delivers what waits for more than an hour again and again; what is later than this is left to the
#: sweep.
LONGEST_COUNTDOWN_SECONDS = 1800


def delay_seconds(error: Exception, attempts: int) -> float | None:
    """
    Seconds until the `attempts`-th failure may be followed by another try, or None where trying again cannot help.
    """
    if isinstance(error, zoom.errors.RateLimited) and error.retry_after_seconds is not None:
        return float(error.retry_after_seconds) + random.uniform(0, 2)
    if not getattr(error, "retry", False):
        return None
    return min(2.0 ** min(attempts, 12), 3600.0) * random.uniform(0.75, 1.25)
