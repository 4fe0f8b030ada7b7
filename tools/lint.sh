#!/usr/bin/env bash
# Style, types and hygiene, in seconds: each tool's own settings are in pyproject.toml and .oxlintrc.json.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/teak/bin
export DEMO_VAR="$PWD/var/lint" PYTHONWARNINGS=ignore
"$bin/ruff" check .
"$bin/ruff" format --check .
"$bin/mypy" zoom_xblock/client zoom_xblock/attendance zoom_xblock/services zoom_xblock/platform zoom_xblock/series.py zoom_xblock/api.py
"$bin/oxlint" --quiet zoom_xblock demo tutor
"$bin/python" tools/css_lint.py
"$bin/djlint" --lint --quiet zoom_xblock/templates
"$bin/python" tools/translations.py --check
for script in tools/*.sh .ci/run; do bash -n "$script"; done
"$bin/python" -m django makemigrations --check --dry-run --settings demo.site.settings zoom_xblock demo_site
"$bin/python" -m django check --settings demo.site.settings
echo "lint: all clean"
