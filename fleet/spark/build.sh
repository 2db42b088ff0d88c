#!/usr/bin/env bash
# Builds the wheel: build.sh OUT [STRATA]; with a program, the wheel carries it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh OUT [STRATA]}
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/pyproject.toml" "$here/strata_fleet" "$work/"
cp "$here/../schema.json" "$work/strata_fleet/schema.json"
if [ -n "${2:-}" ]; then
  mkdir -p "$work/strata_fleet/bin"
  cp "$2" "$work/strata_fleet/bin/strata"
fi
"${PYTHON:-python3}" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$out" "$work"
ls "$out"/strata_fleet-*.whl
