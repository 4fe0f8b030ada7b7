"""Rate limits (Zoom: "API rate limits"): per account and label, per host, per registrant. Days are GMT by the clock."""

import time

from .clock import day, iso
from .errors import ZoomError

_PLANS = {
    "free": {"Light": (4, 6000), "Medium": (2, 2000), "Heavy": (1, 1000), "Resource-intensive": (None, 30000)},
    "pro": {"Light": (30, None), "Medium": (20, None), "Heavy": (10, 30000), "Resource-intensive": (None, 30000)},
    "business": {"Light": (80, None), "Medium": (60, None), "Heavy": (40, 60000), "Resource-intensive": (None, 60000)},
}
_SHARED = "Heavy+Resource-intensive"  # these two share one daily allowance on paid plans
PER_SECOND = "You have reached the maximum per-second rate limit for this API. Try again later."
DAILY = (
    "You have reached the maximum daily rate limit for this API. Refer to the response header for details on when "
    "you can make another request."
)


class Limits:
    """Counters of one world. Callers hold the world's lock."""

    def __init__(self, world):
        self._world = world
        self._seconds, self._days, self._events = {}, {}, {}

    def midnight(self):
        """ISO time of the next 00:00 GMT, for Retry-After."""
        return iso((day(self._world.now()) + 1) * 86400)

    def call(self, account, label):
        """Count a call against its label; headers for the answer, or 429. Seconds are real ones, days the clock's."""
        wanted = self._world.options.rate_limits
        if not wanted:
            return {}
        table = _PLANS.get(account.plan, _PLANS["business"]) if wanted == "plan" else wanted
        if label not in table:
            return {}
        per_second, per_day = table[label]
        headers = {"X-RateLimit-Category": label}
        second = int(time.time())
        used_second = self._seconds.get((account.id, label), (0, 0))
        used_second = used_second[1] if used_second[0] == second else 0
        if per_second is not None and used_second >= per_second:
            headers |= {"X-RateLimit-Type": "QPS", "X-RateLimit-Limit": str(per_second), "X-RateLimit-Remaining": "0"}
            raise ZoomError(429, 429, PER_SECOND, headers=headers)
        today = day(self._world.now())
        pool = _SHARED if account.plan != "free" and label in _SHARED else label
        used_day = self._days.get((account.id, pool), (0, 0))
        used_day = used_day[1] if used_day[0] == today else 0
        if per_day is not None and used_day >= per_day:
            headers |= {
                "X-RateLimit-Type": "Daily-limit",
                "X-RateLimit-Limit": str(per_day),
                "X-RateLimit-Remaining": "0",
                "Retry-After": self.midnight(),
            }
            raise ZoomError(429, 429, DAILY, headers=headers)
        self._seconds[account.id, label] = (second, used_second + 1)
        self._days[account.id, pool] = (today, used_day + 1)
        if per_second is not None:
            headers |= {
                "X-RateLimit-Type": "QPS",
                "X-RateLimit-Limit": str(per_second),
                "X-RateLimit-Remaining": str(per_second - used_second - 1),
            }
        return headers

    def _count(self, key, allowed, text, headers=None):
        today = day(self._world.now())
        used = self._events.get(key, (today, 0))
        used = used[1] if used[0] == today else 0
        if used >= allowed:
            raise ZoomError(429, 429, text, headers=headers)
        self._events[key] = (today, used + 1)

    def write(self, host_id, kind):
        """Count a create or update of the host. The refusal has no Retry-After and a misleading Remaining."""
        allowed = self._world.options.daily_write_limit
        text = (
            f"A maximum of ({allowed}) webinars can be created and updated for a single user in one day."
            if kind == "webinar"
            else f"You have exceeded the daily rate limit ({allowed}) of Meeting Create/Update API requests permitted "
            "for this particular user. You may resume these requests at GMT 00:00:00."
        )
        self._count(
            ("write", host_id),
            allowed,
            text,
            {
                "X-RateLimit-Category": "Light",
                "X-RateLimit-Type": "Daily-limit",
                "X-RateLimit-Limit": "6000",
                "X-RateLimit-Remaining": "5893",
            },
        )

    def add_registrant(self, meeting, email):
        """Count an add of this address to this meeting."""
        allowed = self._world.options.daily_add_limit
        self._count(
            ("add", meeting.number, email.lower()),
            allowed,
            (
                f"You have exceeded the daily rate limit of ({allowed}) for Add {meeting.kind} registrant API requests "
                f"for the registrant ({email}). You can resume these API requests at GMT 00:00:00."
            ),
        )

    def change_status(self, meeting, registrant):
        """Count a change of this registrant's status."""
        allowed = self._world.options.daily_status_limit
        self._count(
            ("status", meeting.number, registrant.id),
            allowed,
            (
                f"You have exceeded the daily rate limit of ({allowed}) for Update {meeting.kind} "
                f"registrant's status API requests for the registrant ({registrant.email}). "
                "You can resume these API requests at GMT 00:00:00."
            ),
        )
