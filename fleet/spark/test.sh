#!/usr/bin/env bash
# Holds the job against a real standalone cluster on loopback: a master, two workers, one of which
# is killed with its executor in the middle. Needs Java 17 or later, Python and a package index.
#
#   test.sh STRATA BUNDLES      the program, and the folder of bundles to analyze
#
# STRATA_SPARK_PYTHON names a Python that has pyspark, pyarrow, pandas, duckdb and setuptools; without it they
# are installed. STRATA_SPARK_RUNS says how often the worker is killed (3).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
strata=$(realpath "${1:?usage: test.sh STRATA BUNDLES}")
bundles=$(realpath "${2:?usage: test.sh STRATA BUNDLES}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${STRATA_SPARK_PYTHON:-}
if [ -z "$python" ]; then
  python3 -m venv "$work/venv"
  python=$work/venv/bin/python
  "$python" -m pip install --quiet 'pyspark>=4,<5' pyarrow pandas duckdb 'setuptools>=70.1'
fi
start=$SECONDS
"$python" "$here/test_cluster.py" --strata "$strata" --bundles "$bundles" --work "$work" \
  --runs "${STRATA_SPARK_RUNS:-3}"
echo "spark: passed, $((SECONDS - start)) s"
