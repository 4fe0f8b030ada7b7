"""
The only reader of settings: one function for each `ZOOM_XBLOCK_*` value, read when it is used.

Read late because a site's values may be applied after ours are imported, and so that tests can override them.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings


def _get(name: str, default: Any) -> Any:
    return getattr(settings, f"ZOOM_XBLOCK_{name}", default)


# .. setting_name: ZOOM_XBLOCK_PLATFORM
# .. setting_default: "zoom_xblock.platform.openedx.OpenEdxPlatform"
# .. setting_description: Dotted path of the door to the platform that hosts us.
def platform_path() -> str:
    """Dotted path of the `Platform` implementation."""
    return str(_get("PLATFORM", "zoom_xblock.platform.openedx.OpenEdxPlatform"))


# .. setting_name: ZOOM_XBLOCK_ENCRYPTION_KEYS
# .. setting_default: []
# .. setting_description: Keys for tokens, secrets and deliveries at rest: long random strings, newest first. Must be
# the same
#    in LMS and Studio. Empty: a key derived from SECRET_KEY.
def encryption_keys() -> list[str]:
    """Keys for values at rest, newest first; never empty."""
    keys = [str(key) for key in _get("ENCRYPTION_KEYS", []) if key]
    return keys or [f"zoom_xblock:{settings.SECRET_KEY}"]


def has_own_encryption_key() -> bool:
    """Whether the site has set a key of its own (else SECRET_KEY is used, which LMS and Studio may not share)."""
    return any(_get("ENCRYPTION_KEYS", []))


# .. setting_name: ZOOM_XBLOCK_OAUTH_BASE_URL
# .. setting_default: "https://zoom.us"
# .. setting_description: Where Zoom's consent page and token endpoint are. Change it for a stand-in only.
def oauth_base_url() -> str:
    """Base of `/oauth/authorize` and `/oauth/token`, without a slash at the end."""
    return str(_get("OAUTH_BASE_URL", "https://zoom.us")).rstrip("/")


# .. setting_name: ZOOM_XBLOCK_API_BASE_URL
# .. setting_default: "https://api.zoom.us"
# .. setting_description: Where Zoom's API is, without `/v2`. Change it for a stand-in only.
def api_base_url() -> str:
    """Base of `/v2/...`, without a slash at the end."""
    return str(_get("API_BASE_URL", "https://api.zoom.us")).rstrip("/")


def stand_in_bases() -> list[str]:
    """Addresses outside Zoom's domains that this site trusts on purpose: those it was configured to use."""
    return [
        base for base in (oauth_base_url(), api_base_url()) if base not in ("https://zoom.us", "https://api.zoom.us")
    ]


# .. setting_name: ZOOM_XBLOCK_SITE_URL
# .. setting_default: LMS_ROOT_URL
# .. setting_description: The public address of the LMS, for the addresses that are pasted into Zoom. Only needed where
# it differs
#    from LMS_ROOT_URL.
def site_url() -> str:
    """
    The LMS's public address without a slash at the end; empty where nothing says it (then the request's address is
    used).
    """
    return str(_get("SITE_URL", None) or getattr(settings, "LMS_ROOT_URL", "") or "").rstrip("/")


# .. setting_name: ZOOM_XBLOCK_REPORT_DELAYS_SECONDS
# .. setting_default: [20, 300, 900, 3600, 21600, 86400]
# .. setting_description: When to ask Zoom for the record of a sitting, in seconds after its end. After the last one the
# live
#    record becomes final.
def report_delays_seconds() -> list[int]:
    """Ascending delays after the end of a sitting at which Zoom's record is asked for; never empty."""
    return sorted(int(delay) for delay in _get("REPORT_DELAYS_SECONDS", [])) or [20, 300, 900, 3600, 21_600, 86_400]


# .. setting_name: ZOOM_XBLOCK_DELIVERY_MAX_AGE_SECONDS
# .. setting_default: 300
# .. setting_description: A delivery whose signed timestamp is older (or further in the future) is refused.
def delivery_max_age_seconds() -> int:
    """Oldest signed timestamp that is accepted."""
    return int(_get("DELIVERY_MAX_AGE_SECONDS", 300))


# .. setting_name: ZOOM_XBLOCK_DELIVERY_MAX_BYTES
# .. setting_default: 1048576
# .. setting_description: A larger delivery is refused before it is read.
def delivery_max_bytes() -> int:
    """Largest body of a delivery."""
    return int(_get("DELIVERY_MAX_BYTES", 1_048_576))


# .. setting_name: ZOOM_XBLOCK_CONNECT_TIMEOUT_SECONDS
# .. setting_default: 3
# .. setting_description: How long a call to Zoom may take to connect.
def connect_timeout_seconds() -> float:
    """Limit for connecting to Zoom."""
    return float(_get("CONNECT_TIMEOUT_SECONDS", 3))


# .. setting_name: ZOOM_XBLOCK_READ_TIMEOUT_SECONDS
# .. setting_default: 10
# .. setting_description: How long a call to Zoom may take to answer once connected.
def read_timeout_seconds() -> float:
    """Limit for each read of Zoom's answer."""
    return float(_get("READ_TIMEOUT_SECONDS", 10))


# .. setting_name: ZOOM_XBLOCK_DELETE_AFTER_SECONDS
# .. setting_default: 86400
# .. setting_description: How long a component must be gone, as a draft and published, before the session made for it is
#    deleted at Zoom. A component that comes back in time (undo, discarded changes, import) keeps its session.
def delete_after_seconds() -> float:
    """How long a block must be gone before its session is deleted at Zoom."""
    return max(float(_get("DELETE_AFTER_SECONDS", 86_400)), 0.0)


# .. setting_name: ZOOM_XBLOCK_LMS_QUEUE
# .. setting_default: None
# .. setting_description: Celery queue for jobs that Studio hands to the LMS's workers, for example
# "edx.lms.core.default".
#    None: the default queue of the process that sends.
def lms_queue() -> str | None:
    """Queue of the LMS's workers, or None for the sender's default."""
    value = _get("LMS_QUEUE", None)
    return str(value) if value else None


# .. setting_name: ZOOM_XBLOCK_SENT_ADDRESS
# .. setting_default: "real"
# .. setting_description: The address of a learner that Zoom gets: "real", or "alias", one that means her on this site
# only
#    and that nobody reads. With aliases Zoom never writes to learners.
def sends_aliases() -> bool:
    """Whether Zoom gets an alias instead of a learner's address."""
    return str(_get("SENT_ADDRESS", "real")) == "alias"


# .. setting_name: ZOOM_XBLOCK_ALIAS_DOMAIN
# .. setting_default: the host of the LMS's public address
# .. setting_description: The domain of aliases: one of yours at which no mail is read.
def alias_domain() -> str:
    """Domain of the aliases, without "@"."""
    given = str(_get("ALIAS_DOMAIN", "") or "").strip().lstrip("@").lower()
    if given:
        return given
    host = urlsplit(site_url()).hostname or "site"
    # An address needs a domain with a dot and a name at its end; `.invalid` is nobody's (RFC 2606).
    return host if "." in host and host.rpartition(".")[2].isalpha() else "zoom.invalid"


# .. setting_name: ZOOM_XBLOCK_SENT_NAME
# .. setting_default: "full"
# .. setting_description: The name of a learner that Zoom gets and others in the session see: "full", "first" (the first
#    word of it) or "username".
def sent_name() -> str:
    """One of "full", "first" and "username"; what cannot be meant is the one that tells least, "username"."""
    given = str(_get("SENT_NAME", "full"))
    return given if given in ("full", "first", "username") else "username"


# .. setting_name: ZOOM_XBLOCK_RETENTION_DAYS
# .. setting_default: 0
# .. setting_description: So many days after a session is over, presences, addresses, join links, the work list and
#    recordings' links are forgotten, and deliveries so many days after they came. Results and corrections stay. 0:
#    nothing is forgotten.
def retention_days() -> int:
    """Days for which what names people is kept; 0 for ever."""
    return max(0, int(_get("RETENTION_DAYS", 0) or 0))


# .. setting_name: ZOOM_XBLOCK_REDIS_URL
# .. setting_default: the Celery broker's address where it is Redis
# .. setting_description: Redis in which all workers share the budget of calls to Zoom, "redis://…" or "rediss://…".
#    Empty: each process keeps a share of its own.
def redis_url() -> str:
    """Address of the shared Redis; empty where there is none."""
    given = _get("REDIS_URL", None)
    if given is None:
        given = getattr(settings, "CELERY_BROKER_URL", None) or getattr(settings, "BROKER_URL", None) or ""
    url = str(given)
    return url if url.startswith(("redis://", "rediss://")) else ""


# .. setting_name: ZOOM_XBLOCK_ZOOM_PLAN
# .. setting_default: "pro"
# .. setting_description: The Zoom account's plan, which decides how fast it may be asked: "free", "pro", or "business"
#    for Business, Education and Enterprise.
def zoom_plan() -> str:
    """One of "free", "pro" and "business"; what cannot be meant is "pro"."""
    given = str(_get("ZOOM_PLAN", "pro")).lower()
    return given if given in ("free", "pro", "business") else "pro"


# .. setting_name: ZOOM_XBLOCK_BUDGET_SHARE
# .. setting_default: 0.8
# .. setting_description: The share of Zoom's limits that this site uses. Zoom counts an account's apps together: leave
#    the others something.
def budget_share() -> float:
    """Between 0.05 and 1."""
    return min(1.0, max(0.05, float(_get("BUDGET_SHARE", 0.8))))


# .. setting_name: ZOOM_XBLOCK_BUDGET_PROCESSES
# .. setting_default: 4
# .. setting_description: How many processes ask Zoom at once. Without Redis each takes this part of the limits.
def budget_processes() -> int:
    """At least one."""
    return max(1, int(_get("BUDGET_PROCESSES", 4)))


# .. setting_name: ZOOM_XBLOCK_METRICS
# .. setting_default: False
# .. setting_description: Keep counters and timings in the registry of `prometheus_client`, where that is installed.
def has_metrics() -> bool:
    """Whether metrics are kept."""
    return bool(_get("METRICS", False))


# .. setting_name: ZOOM_XBLOCK_OPPORTUNE_SWEEP_SECONDS
# .. setting_default: 180
# .. setting_description: Where `zoom_sweep` has not run for so long, traffic itself has a worker sweep. 0: never.
def opportune_sweep_seconds() -> int:
    """How long the sweep may be missed before traffic queues one; 0 where it never does."""
    return max(0, int(_get("OPPORTUNE_SWEEP_SECONDS", 180)))


def retired_jwt_settings() -> list[str]:
    """Names of settings of Zoom's retired JWT app that earlier plugins left behind; no longer used by anybody."""
    return [name for name in ("ZOOM_API_KEY", "ZOOM_API_SECRET") if getattr(settings, name, None)]


# .. setting_name: ZOOM_XBLOCK_CLIENT_ID
# .. setting_default: ""
# .. setting_description: Client id of the app at Zoom. Set here or as an environment variable of the same name, it is
# fixed: the
#    connection page shows it and cannot change it. So with the next four.
# .. setting_name: ZOOM_XBLOCK_CLIENT_SECRET
# .. setting_default: ""
# .. setting_description: Client secret of the app at Zoom.
# .. setting_name: ZOOM_XBLOCK_WEBHOOK_SECRET
# .. setting_default: ""
# .. setting_description: Secret token of the app's event subscriptions.
# .. setting_name: ZOOM_XBLOCK_HOST_EMAIL
# .. setting_default: ""
# .. setting_description: Zoom address of the host of sessions for which no other host is chosen.
# .. setting_name: ZOOM_XBLOCK_SERVER_ACCOUNT_ID
# .. setting_default: ""
# .. setting_description: Account id of a server-to-server app. Set here, the app is one of that kind.
def fixed_app_values() -> dict[str, str]:
    """The app's values that settings or the environment fix, by field name; the others are the connection page's."""
    given = {
        "client_id": _get("CLIENT_ID", "") or os.environ.get("ZOOM_XBLOCK_CLIENT_ID"),
        "client_secret": _get("CLIENT_SECRET", "") or os.environ.get("ZOOM_XBLOCK_CLIENT_SECRET"),
        "webhook_secret": _get("WEBHOOK_SECRET", "") or os.environ.get("ZOOM_XBLOCK_WEBHOOK_SECRET"),
        "host_email": _get("HOST_EMAIL", "") or os.environ.get("ZOOM_XBLOCK_HOST_EMAIL"),
        "server_account_id": _get("SERVER_ACCOUNT_ID", "") or os.environ.get("ZOOM_XBLOCK_SERVER_ACCOUNT_ID"),
    }
    return {name: str(value).strip() for name, value in given.items() if value and str(value).strip()}
