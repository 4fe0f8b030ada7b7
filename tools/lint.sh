#!/usr/bin/env bash
# Style and hygiene, in seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/teak/bin
"$bin/ruff" check .
"$bin/ruff" format --check .
for script in tools/*.sh .ci/run; do bash -n "$script"; done
DEMO_VAR="$PWD/var/lint" "$bin/python" -m django makemigrations --check --dry-run --settings demo.site.settings zoom_xblock demo_site
DEMO_VAR="$PWD/var/lint" "$bin/python" -m django check --settings demo.site.settings
echo "lint: all clean"
