"""
Settings of the course site, in the order in which the platform builds its own: base, plugin defaults, site's values,
plugins once more.

Everything that a person may want to change is an environment variable, so that one checkout can run several stacks
side by side.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("DEMO_VAR") or ROOT / "var").resolve()
for folder in ("log", "static"):
    (VAR / folder).mkdir(parents=True, exist_ok=True)

# -- Addresses ------------------------------------------------------------------------------------------------
DEMO_SITE_URL = os.environ.get("DEMO_SITE_URL") or f"http://127.0.0.1:{os.environ.get('DEMO_PORT') or 8000}"
DEMO_ZOOM_URL = (os.environ.get("ZOOM_URL") or f"http://127.0.0.1:{os.environ.get('ZOOM_PORT') or 8001}").rstrip("/")
LMS_ROOT_URL = CMS_ROOT_URL = DEMO_SITE_URL
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver", urlsplit(DEMO_SITE_URL).hostname or "localhost"]

# -- Django ---------------------------------------------------------------------------------------------------
# Public on purpose: everybody who runs the demo has the same one. A site never takes it from here.
SECRET_KEY = "demo-only-not-a-secret-0123456789-abcdefghijklmnopqrstuvwxyz"
DEBUG = False
ROOT_URLCONF = "demo.site.urls"
WSGI_APPLICATION = "demo.site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"  # as on the platform: an app that relies on another one shows it here
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
X_FRAME_OPTIONS = "SAMEORIGIN"

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "waffle",
    "eventtracking.django.apps.EventTrackingConfig",
    "completion",
    "demo.site.apps.CourseSiteConfig",
    "zoom_xblock.apps.ZoomConfig",
    *(["event_routing_backends"] if find_spec("event_routing_backends") else []),  # xAPI, where somebody has it
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "edx_django_utils.cache.middleware.RequestCacheMiddleware",
    "demo.site.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crum.CurrentRequestUserMiddleware",
    "demo.site.middleware.TrackingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "waffle.middleware.WaffleMiddleware",
    "demo.site.middleware.ReadingTransactionMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "demo.site.views.context.site",
            ]
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
WHITENOISE_USE_FINDERS = True  # nothing to collect before the first start
WHITENOISE_MAX_AGE = 0

# A fast hasher, because each password here is the name of its account and first starts should be short.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
SESSION_COOKIE_NAME = "demo_site_session"  # cookies know no ports: the stand-in Zoom on the same host has its own


def database(url: str) -> dict:
    """A `DATABASES` entry: SQLite under `var/`, or MariaDB from `mysql://user:password@host:port/name`."""
    if not url:
        return {"ENGINE": "demo.site.sqlite", "NAME": VAR / "site.sqlite3", "OPTIONS": {"timeout": 20}}
    parts = urlsplit(url)
    if parts.scheme == "mysql" and find_spec("MySQLdb") is None:  # the platform's driver has to be compiled
        import_module("pymysql").install_as_MySQLdb()
    return {
        "ENGINE": f"django.db.backends.{parts.scheme}",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": _mysql_options() if parts.scheme == "mysql" else {},
    }


def _mysql_options() -> dict:
    """The platform's character set, and what `DEMO_DATABASE_INIT` says at the start of each connection."""
    said = os.environ.get("DEMO_DATABASE_INIT")
    return {"charset": "utf8mb4"} | ({"init_command": said} if said else {})


DATABASES = {
    "default": {**database(os.environ.get("DEMO_DATABASE_URL", "")), "ATOMIC_REQUESTS": True, "CONN_MAX_AGE": 60}
}


def cache(url: str) -> dict:
    """A `CACHES` entry: files under `var/`, or Redis from `redis://host:port/number`."""
    if url:
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    return {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": VAR / "cache"}


# Shared by web processes and the worker, as the platform's Redis is: a switch flipped in one is seen by all.
CACHES = {"default": cache(os.environ.get("DEMO_CACHE_URL", ""))}

# -- The platform's habits ------------------------------------------------------------------------------------
TRACKING_IGNORE_URL_PATTERNS = [r"^/static", r"^/xblock/resource/"]
DEMO_TRACKING_LOG = VAR / "tracking.log"
EVENT_TRACKING_ENABLED = True
EVENT_TRACKING_BACKENDS = {"default": {"ENGINE": "demo.site.tracking.LogBackend"}}
COMPLETION_BY_VIEWING_DELAY_MS = 5000
XBLOCK_SETTINGS: dict = {}
XBLOCK_MIXINS = ["demo.site.mixins.CourseBlockMixin"]
# On a site the entry point `xblock.v1` names the class; here it works without installing the package, too.
DEMO_BLOCK_CLASSES = {"zoom": "zoom_xblock.block.ZoomXBlock"}

# -- Jobs -----------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = os.environ.get("DEMO_BROKER_URL") or "folder://localhost"


def transport_options(url: str) -> dict:
    """What the broker is told. Redis gives a job out again that is not done within the visibility timeout."""
    if url.startswith("folder://"):
        return {"folder": str(VAR / "broker"), "polling_interval": 0.1}
    seconds = os.environ.get("DEMO_VISIBILITY_SECONDS")
    return {"visibility_timeout": float(seconds)} if seconds and url.startswith("redis") else {}


CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(CELERY_BROKER_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_ALWAYS_EAGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "demo.lms.default"
# Without an event loop a worker acknowledges every two seconds only; with few messages at hand it would idle meanwhile.
CELERY_WORKER_PREFETCH_MULTIPLIER = 32
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Redis and RabbitMQ may deliver a job twice. With this, every job is delivered twice, and nothing may differ.
DEMO_JOBS_TWICE = os.environ.get("DEMO_JOBS_TWICE") == "1"

# -- The budget of calls: the stand-in's account is the size of Zoom's largest plan, and nobody else asks it ------
ZOOM_XBLOCK_ZOOM_PLAN = os.environ.get("DEMO_ZOOM_PLAN", "business")
ZOOM_XBLOCK_BUDGET_SHARE = 1.0
ZOOM_XBLOCK_BUDGET_PROCESSES = 1

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("DEMO_LOG_LEVEL", "INFO")},
    "loggers": {"django": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}


def apply_plugin_settings(kind: str) -> None:
    """Let the product change these settings as the platform lets a plugin: by the path that its AppConfig names."""
    config = import_module("zoom_xblock.apps").ZoomConfig.plugin_app["settings_config"]["lms.djangoapp"].get(kind)
    name = f"zoom_xblock.{config['relative_path']}" if config else None
    if name and find_spec(name):
        import_module(name).plugin_settings(sys.modules[__name__])


apply_plugin_settings("common")
# Studio is another host on the platform, and our paths there are below `/zoom/`, too.
TRACKING_IGNORE_URL_PATTERNS = [*TRACKING_IGNORE_URL_PATTERNS, r"^/studio/zoom/"]

# -- The site's own values for the product --------------------------------------------------------------------
ZOOM_XBLOCK_PLATFORM = "demo.site.door.DemoPlatform"
ZOOM_XBLOCK_OAUTH_BASE_URL = DEMO_ZOOM_URL
ZOOM_XBLOCK_API_BASE_URL = DEMO_ZOOM_URL
ZOOM_XBLOCK_ENCRYPTION_KEYS = ["demo-only-not-a-secret-either-0123456789"]
# Zoom takes minutes to write its record; nobody waits that long in a demo.
ZOOM_XBLOCK_REPORT_DELAYS_SECONDS = [
    int(delay) for delay in os.environ.get("DEMO_REPORT_DELAYS_SECONDS", "1,3,6,12,30,60").split(",")
]

apply_plugin_settings("production")
