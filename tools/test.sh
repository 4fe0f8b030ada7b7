#!/usr/bin/env bash
# Every test on every stack whose Python is here; a stack that is missing is reported, never passed over in silence.
# STACKS="teak" runs one of them, TEST_WORKERS=1 one test at a time.
set -uo pipefail
cd "$(dirname "$0")/.."
source tools/pythons.sh

if ! command -v chromium >/dev/null; then
    install_debian chromium || echo "WARNING: Debian's chromium is missing and cannot be installed: the browser tests are SKIPPED." >&2
fi

failed=0
report=()
more=()
# The tests wait for other processes more than they work: one more than there are processors.
workers=${TEST_WORKERS:-$(($(nproc) + 1))}
# Tests start hundreds of processes: each of them would compile everything anew.
unset PYTHONDONTWRITEBYTECODE
for stack in ${STACKS:-teak main-2026}; do
    if ! python_of "$stack" >/dev/null; then
        echo "WARNING: stack $stack NOT RUN: there is no Python $(version_of "$stack") on this machine." >&2
        report+=("$stack: NOT RUN (no Python $(version_of "$stack"))")
        continue
    fi
    make --no-print-directory ".venv/$stack/.ready" || { failed=1; report+=("$stack: could not be set up"); continue; }
    echo "== stack $stack: $(.venv/$stack/bin/python -c 'import sys, django, importlib.metadata as m; print("Python %d.%d," % sys.version_info[:2], "Django", django.__version__ + ",", "XBlock", m.version("XBlock"))')"
    log=$(mktemp)
    DEMO_VAR="$PWD/var/test-$stack" ".venv/$stack/bin/python" -m pytest -q -n "$workers" --dist loadfile --no-loadscope-reorder "${more[@]}" "$@" 2>&1 | tee "$log"
    if [ "${PIPESTATUS[0]}" != 0 ]; then failed=1; fi
    report+=("$stack: $(tail -n 1 "$log" | tr -d '=')")
    rm -f "$log"
    # What does not depend on the stack (races between processes, Tutor's plugin) was tested on the first one.
    more=(-m "not once")
done
echo
printf '%s\n' "${report[@]}"
exit $failed
