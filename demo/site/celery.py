"""The Celery app of the demo: the product's own tasks, in a separate worker process, as on the platform."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import task_postrun, task_prerun
from edx_django_utils.cache import RequestCache

import demo.site.broker  # noqa: F401  (knows `folder://`)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.site.settings")

app = Celery("demo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()


@task_prerun.connect(dispatch_uid="demo.site.celery.clear_before")
@task_postrun.connect(dispatch_uid="demo.site.celery.clear_after")
def clear_request_cache(**_kwargs) -> None:
    """The platform empties the request cache around each task; a switch flipped meanwhile would else never be seen."""
    RequestCache.clear_all_namespaces()
