"""The demo site's settings, in a hurry: what takes minutes on a site takes seconds in a run."""

from demo.site.settings import *  # noqa: F403
from demo.site.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "chaos.hurry.HurryConfig"]
