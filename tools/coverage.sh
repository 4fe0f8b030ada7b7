#!/usr/bin/env bash
# How much of each room the tests reach: runs them on the first stack under `coverage`, in their own processes and in those
# that they start, and prints the shares by room. tools/coverage.sh [pytest's arguments]; COVERAGE_REPORT=1 prints only.
# A page for each file is in var/coverage/html.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/teak/bin
export COVERAGE_VAR=${COVERAGE_VAR:-$PWD/var/coverage} COVERAGE_RCFILE=$PWD/tools/coverage.ini
failed=0
if [ -z "${COVERAGE_REPORT:-}" ]; then
    make --no-print-directory .venv/teak/.ready || exit 1
    rm -rf "$COVERAGE_VAR"
    mkdir -p "$COVERAGE_VAR"
    DEMO_VAR="$COVERAGE_VAR/demo" "$bin/coverage" run -m pytest -q -n "${TEST_WORKERS:-2}" --dist loadfile --no-loadscope-reorder --timeout 400 "$@" || failed=1
fi
"$bin/coverage" combine --quiet --keep "$COVERAGE_VAR"/data.* 2>/dev/null
"$bin/coverage" json --quiet -o "$COVERAGE_VAR/coverage.json" || exit 1
"$bin/coverage" html --quiet -d "$COVERAGE_VAR/html"
"$bin/python" tools/coverage_rooms.py "$COVERAGE_VAR/coverage.json"
exit $failed
