"""The demo site's settings, and what only the bench has: the floor's address, a plain block, a queue in memory."""

import os

from demo.site.settings import *  # noqa: F403
from demo.site.settings import DEMO_BLOCK_CLASSES

ROOT_URLCONF = "bench.urls"
DEMO_BLOCK_CLASSES = {**DEMO_BLOCK_CLASSES, "html": "bench.blocks.HtmlBlock"}
if os.environ.get("BENCH_QUEUE") == "memory":
    ZOOM_XBLOCK_PLATFORM = "bench.door.QueuePlatform"
ZOOM_XBLOCK_REPORT_DELAYS_SECONDS = [1, 2, 3, 5, 60, 86_400]
