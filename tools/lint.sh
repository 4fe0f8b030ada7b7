#!/usr/bin/env bash
# Style, types and hygiene, in seconds: each tool's own settings are in pyproject.toml and .oxlintrc.json.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/teak/bin
export DEMO_VAR="$PWD/var/lint" PYTHONWARNINGS=ignore
"$bin/ruff" check .
"$bin/ruff" format --check .
"$bin/mypy" zoom_xblock/client zoom_xblock/attendance zoom_xblock/services zoom_xblock/platform zoom_xblock/series.py zoom_xblock/api.py zoom_xblock/xapi.py zoom_xblock/queries/public.py
"$bin/oxlint" --quiet zoom_xblock demo tutor
"$bin/python" tools/css_lint.py
"$bin/djlint" --lint --quiet zoom_xblock/templates
"$bin/python" tools/translations.py --check
DJANGO_SETTINGS_MODULE=demo.site.settings "$bin/code_annotations" django_find_annotations \
  --config_file .annotations.yml --app_name zoom_xblock --lint --coverage --report_path "$DEMO_VAR/annotations" >/dev/null
for script in tools/*.sh .ci/run; do bash -n "$script"; done
"$bin/python" -m django makemigrations --check --dry-run --settings demo.site.settings zoom_xblock demo_site
"$bin/python" -m django check --settings demo.site.settings
echo "lint: all clean"
