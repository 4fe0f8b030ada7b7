"""
What Tutor is told: the settings with their defaults, the patches, and the tasks of `tutor ... do init`.

One file of `patches/` for each place in Tutor's templates that is patched, named after it; each says why it is there.
"""

from __future__ import annotations

from pathlib import Path

from tutor import hooks

HERE = Path(__file__).parent

hooks.Filters.CONFIG_DEFAULTS.add_items(
    [
        # What pip installs in the image; empty where the package gets there in another way (`tutor mounts add`).
        ("ZOOM_XBLOCK_REQUIREMENT", "zoom-xblock"),
        # Studio hands work to the workers of the LMS through this queue; Tutor's LMS worker consumes it.
        ("ZOOM_XBLOCK_LMS_QUEUE", "edx.lms.core.default"),
        # Empty: LMS_ROOT_URL, which Tutor sets in production and in development.
        ("ZOOM_XBLOCK_SITE_URL", ""),
        # 1 to 59; 0: no service and no cron job, the operator runs `zoom_sweep` in another way.
        ("ZOOM_XBLOCK_SWEEP_MINUTES", 1),
    ]
)

# Made once per installation and kept in config.yml. Newest first; a key that encrypted something must stay in the list.
hooks.Filters.CONFIG_UNIQUE.add_item(("ZOOM_XBLOCK_ENCRYPTION_KEYS", ["{{ 32|random_string }}"]))

for patch in sorted((HERE / "patches").iterdir()):
    hooks.Filters.ENV_PATCHES.add_item((patch.name, patch.read_text(encoding="utf-8")))

# After those of Tutor itself, which migrate the database from both services.
for service in ("lms", "cms"):
    task = (HERE / "tasks" / f"{service}.sh").read_text(encoding="utf-8")
    hooks.Filters.CLI_DO_INIT_TASKS.add_item((service, task))
