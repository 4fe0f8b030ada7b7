"""`python -m demo.manage`: Django's command line for the demo's course site."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.site.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["python -m demo.manage", *sys.argv[1:]])


if __name__ == "__main__":
    main()
