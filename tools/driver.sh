#!/usr/bin/env bash
# The platform's own MySQL driver, for benches and fault runs: compiled where that can be done, beside the environment, so
# that tests keep the one in plain Python. tools/driver.sh teak | main-2026. Without it those use PyMySQL, and say so.
set -euo pipefail
cd "$(dirname "$0")/.."
stack=$1
folder=.venv/driver-$stack
python=.venv/$stack/bin/python
if PYTHONPATH=$folder "$python" -c "import MySQLdb" 2>/dev/null; then exit 0; fi
rm -rf "$folder"
wanted=$(grep -i '^mysqlclient==' "requirements/$stack-constraints.txt" | cut -d' ' -f1 || true)
if ! "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder" "${wanted:-mysqlclient}" >/dev/null 2>&1; then
    rm -rf "$folder"
    echo "The platform's MySQL driver (mysqlclient) cannot be compiled here: using PyMySQL, which is slower." >&2
fi
