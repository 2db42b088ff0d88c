"""The questions in DuckDB have the answers that the generator planted."""

import re
import sys

import duckdb

TABLES = ("bundles", "groups", "ledger")
NIGHT, BEFORE = "2026-11-29", "2026-11-28"


def main():
    path, results = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    connection = duckdb.connect()
    for table in TABLES:
        connection.execute(
            f"create view {table} as select * from read_parquet('{results}/{table}/*/*.parquet', "
            "hive_partitioning = true, union_by_name = true, hive_types = {'date': VARCHAR})"
        )
    questions = dict(re.findall(r"^-- name: (\w+)\n(.*?);$", text, re.MULTILINE | re.DOTALL))

    def answer(name):
        query = questions[name].replace("$night", NIGHT).replace("$before", BEFORE)
        return connection.execute(query).fetchall()

    def expect(name, got, planted):
        if got != planted:
            sys.exit(f"{name}: {got}, planted were {planted}")

    # 8 services of 3 pods; empty, noise, bomb, over the memory limit, too large; one is cut.
    expect("coverage", answer("coverage")[0][:4], (30, 5, 1, 4))
    leaks = [(row[0], row[3], row[4], row[5], row[6], row[7]) for row in answer("leaks")]
    expect(
        "leaks", leaks,
        [("quotes", 3, 3, 543, 182, 181.0), ("gateway", 3, 3, 183, 62, 61.0), ("ingest", 3, 3, 75, 25, 25.0)],
    )
    expect("new", [row[0] for row in answer("new")], ["gateway"])
    expect("gone", [row[0] for row in answer("gone")], ["mailer"])
    growth = [(row[0], row[2], row[3]) for row in answer("growth")]
    # Each cluster is a series.
    expect("growth", sorted(set(growth)), [("ingest", 3, 0.0), ("quotes", 3, 40.0)])
    near = [(row[0], row[1], row[4]) for row in answer("near")]
    expect("near", near, [("reports", 3, 3)])
    memory = {row[0]: row[1] for row in answer("memory")}
    # Every bundle that could be read has a reading of the runtime.
    expect("memory", memory["idle"] >= 24, True)
    expect("waste", {row[0] for row in answer("waste")} >= {"reports", "quotes"}, True)


if __name__ == "__main__":
    main()
