#!/usr/bin/env bash
# Runs the questions in DuckDB over a fleet with planted answers: test.sh STRATA GENERATOR
#
# GENERATOR is the example `bundles`: cargo build -p strata --example bundles. STRATA_SQL_PYTHON names
# a Python that has duckdb; without it, it is installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
strata=$(realpath "${1:?usage: test.sh STRATA GENERATOR}")
generator=$(realpath "${2:?usage: test.sh STRATA GENERATOR}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${STRATA_SQL_PYTHON:-}
if [ -z "$python" ]; then
  python3 -m venv "$work/venv"
  python=$work/venv/bin/python
  "$python" -m pip install --quiet duckdb
fi
start=$SECONDS
"$generator" "$work/bundles" 3 3 1 >"$work/count"
"$strata" fleet --memory 160MiB --max-bytes 256MiB --out "$work/results" "$work/bundles" >"$work/summary" 2>/dev/null
"$python" "$here/test_questions.py" "$here/questions.sql" "$work/results"
echo "sql: passed, $((SECONDS - start)) s"
