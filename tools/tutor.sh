#!/usr/bin/env bash
# Make .venv/tutor-20, -21, -22: one for each Tutor of requirements/tutor.txt, with our plugin in it as a wheel, the way
# operators get it. A second run only compares stamps. tools/tutor.sh [a Python with pip, setuptools and wheel]
set -euo pipefail
cd "$(dirname "$0")/.."

python=${1:-}
for stack in teak main-2026; do
    [ -n "$python" ] || ! ".venv/$stack/bin/python" -m pip --version >/dev/null 2>&1 || python=.venv/$stack/bin/python
done
[ -n "$python" ] || { echo "There is no environment to build with: run tools/stack.sh teak first." >&2; exit 1; }
pip() { "$python" -m pip --disable-pip-version-check -qq "$@"; }

# Two test runs at once would install into each other's environments.
mkdir -p .venv
exec 9>.venv/.tutor.lock
flock 9

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sources=$(find tutor -type f -not -path '*/__pycache__/*' -not -path '*.egg-info/*' -not -path 'tutor/build/*' -print0 |
    sort -z | xargs -0 sha256sum | sha256sum)

wheel() { # built once, from a copy, so that nothing is left in the tree
    if [ ! -d "$work/wheel" ]; then
        cp -r tutor "$work/source"
        rm -rf "$work/source/build"
        pip wheel --no-deps --no-build-isolation --wheel-dir "$work/wheel" "$work/source" >&2
    fi
    echo "$work"/wheel/*.whl
}

while read -r requirement; do
    major=${requirement#tutor==}
    folder=.venv/tutor-${major%%.*}
    if [ "$(cat "$folder/.tutor" 2>/dev/null)" != "$requirement" ] || ! "$folder/bin/python" -c "" 2>/dev/null; then
        echo "Setting up $folder ..."
        rm -rf "$folder"
        # Without pip of its own: Debian ships what would install it apart from Python.
        "$python" -m venv --without-pip "$folder"
        pip --python "$folder/bin/python" install --no-compile "$requirement"
        echo "$requirement" >"$folder/.tutor"
    fi
    if [ "$(cat "$folder/.plugin" 2>/dev/null)" != "$sources" ]; then
        rm -f "$folder/.plugin"
        built=$(wheel)
        pip --python "$folder/bin/python" install --no-compile --no-deps --force-reinstall "$built"
        pip --python "$folder/bin/python" check # the plugin says with which Tutors it goes
        echo "$sources" >"$folder/.plugin"
    fi
done < <(grep '^tutor==' requirements/tutor.txt)
