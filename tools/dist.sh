#!/usr/bin/env bash
# The source archive and the wheel of the last commit. The same commit gives the same bytes: everything is built from an
# export of the commit, and the commit's time stands for the time of building.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/teak/bin/python
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH PYTHONWARNINGS=ignore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree" "$work/out" "$work/archive"
git archive HEAD | tar -x -C "$work/tree"
(cd "$work/tree" && "$python" -m build --no-isolation --outdir "$work/out" . >/dev/null)
# Python writes the present time into the archive and its members.
tar -xzf "$work"/out/*.tar.gz -C "$work/archive"
name=$(ls "$work/archive")
tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -c -C "$work/archive" "$name" |
    gzip -n >"$work/out/$name.tar.gz"
rm -rf dist
mv "$work/out" dist
"$python" -m twine check --strict dist/*
sha256sum dist/*
