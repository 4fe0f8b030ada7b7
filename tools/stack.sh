#!/usr/bin/env bash
# Make the virtual environment of a stack: tools/stack.sh teak | main-2026
set -euo pipefail
cd "$(dirname "$0")/.."
stack=$1
source tools/pythons.sh

python=$(python_of "$stack") || { echo "stack $stack: no Python $(version_of "$stack") on this machine" >&2; exit 1; }
folder=.venv/$stack
if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$folder"
    mkdir -p .venv
    if ! "$python" -m venv "$folder" >/dev/null 2>&1; then
        rm -rf "$folder"
        # Debian ships venv apart from Python.
        install_debian "python$(version_of "$stack")-venv" || { echo "Please install python$(version_of "$stack")-venv." >&2; exit 1; }
        "$python" -m venv "$folder"
    fi
fi
echo "Setting up $folder (platform pins: requirements/$stack-constraints.txt) ..."
# A requirement of ours may name the same package as the platform's pins: the platform's pin wins, so ours are open there.
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint "requirements/$stack-constraints.txt" \
    --requirement requirements/test.txt --requirement requirements/lint.txt --editable .
