"""
Each worker process of a test run has a folder of its own for the demo's state. A plugin, and not a conftest: it has
to be there before the settings are read.
"""

import os

_WORKER = os.environ.get("PYTEST_XDIST_WORKER")
if _WORKER:
    os.environ["DEMO_VAR"] = os.path.join(os.environ.get("DEMO_VAR") or os.path.join("var", "test"), _WORKER)
