"""The job: list paths, analyze each with the program, keep the rows.

    spark-submit --py-files strata_fleet-0.1.0-py3-none-any.whl \\
      --archives strata.tar.gz#strata --conf spark.executorEnv.STRATA=strata/strata \\
      job.py --list listing.tsv --root /captures --out /results

Never binaryFile: it reads whole files into the JVM, and one large bundle ends the night. Spark
places, retries and resumes; nothing here schedules or queues.
"""

import argparse
import os
import sys

from . import rows

# Table: its list column in the nested row. `bundles` and `errors` are made of the row itself.
LISTS = ("subjects", "findings", "groups", "heap_sites", "ledger")
KEY = ("date", "object", "cluster", "namespace", "service", "pod")


def listing(root, list_file=None):
    """(object, path, etag, bytes) of every bundle, the largest first, so that no giant comes last."""
    endings = (".tar.gz", ".tgz", ".tar.zst", ".tar", ".zip", ".gz")
    found = []
    if list_file:
        with open(list_file, encoding="utf-8") as file:
            for line in file:
                name, _, etag = line.rstrip("\n").partition("\t")
                if name and not name.startswith("#"):
                    found.append((name, etag or None))
    else:
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(one for one in folders if not one.startswith("."))
            inner = os.path.relpath(folder, root).replace(os.sep, "/")
            for name in names:
                if name.endswith(endings) and not name.startswith("."):
                    found.append((name if inner == "." else f"{inner}/{name}", None))

    def size(name):
        try:
            return os.path.getsize(os.path.join(root, name))
        except OSError:
            return 0

    listed = [(name, os.path.join(root, name), etag, size(name)) for name, etag in sorted(set(found))]
    listed.sort(key=lambda one: (-one[3], one[0]))
    return listed


def nested(spark, listed, options=(), tasks=None):
    """One nested row a bundle, as a DataFrame."""
    expected = rows.stored_schema()
    # The default batch of 10,000 rows is one call, and a task of hundreds of bundles is lost as one.
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "1")
    tasks = tasks or max(1, (len(listed) + 49) // 50)
    paths = spark.createDataFrame(listed, "object string, path string, etag string, bytes bigint")
    # By turns, so that the largest are not all in one task.
    numbered = paths.rdd.zipWithIndex().map(lambda pair: (pair[1] % tasks, pair[0]))
    spread = numbered.partitionBy(tasks, lambda number: number).map(lambda pair: pair[1]).toDF(paths.schema)
    names = [column["name"] for column in expected["row"]]

    def analyze(batches):
        is_checked = False
        for batch in batches:
            if not is_checked:
                rows.check_versions(expected)
                is_checked = True
            for one in batch.to_pylist():
                made = rows.row(one["path"], one["object"], one["etag"], options)
                if made.schema.names != names:
                    raise RuntimeError("the columns of a row are not those of the schema")
                yield made

    return spread.mapInArrow(analyze, expected["spark"])


def tables(frame):
    """The flat tables, by name."""
    from pyspark.sql import functions as f

    key = list(KEY)
    flat = {"bundles": frame.drop(*LISTS)}
    for name in LISTS:
        flat[name] = frame.select(*key, f.inline(name))
    failed = frame.where("error_kind is not null")
    flat["errors"] = failed.select(
        *key,
        f.col("error_kind").alias("kind"),
        f.col("error").alias("message"),
        f.col("error_path").alias("path"),
        "attempts",
    )
    return flat


def write(frame, out, kind="parquet"):
    """Keeps the nested rows, then the tables made from them, so that bundles are analyzed once.

    Each run writes a night whole. With plain Parquet on an object store, give every run a folder of
    its own and move a pointer last; table formats (delta, iceberg) replace a night by themselves.
    """
    spark = frame.sparkSession
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    # The usual INT96 has no time zone.
    spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")

    def keep(table, name):
        writer = table.write.format(kind).mode("overwrite").partitionBy("date")
        writer.save(f"{out}/{name}")

    keep(frame, "rows")
    kept = spark.read.format(kind).schema(frame.schema).load(f"{out}/rows")
    # The folder's name makes a date of it; the tables keep what the rows say.
    kept = kept.withColumn("date", kept["date"].cast("string"))
    for name, table in tables(kept).items():
        keep(table.sortWithinPartitions("service", "object"), name)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="folder of the bundles, seen by all workers")
    parser.add_argument("--list", help="file with one object a line (and a tab, and its etag) instead of walking")
    parser.add_argument("--out", required=True, help="folder or URI of the results")
    parser.add_argument("--format", default="parquet", help="parquet, or the table format that the site has")
    parser.add_argument("--tasks", type=int, help="tasks (usual: one for 50 bundles)")
    parser.add_argument("options", nargs="*", help="options of strata rows, after --: --memory=1GiB --timeout=60")
    given = parser.parse_args(arguments)

    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("strata-fleet").getOrCreate()
    listed = listing(given.root, given.list)
    if not listed:
        sys.exit("there is no bundle")
    write(nested(spark, listed, tuple(given.options), given.tasks), given.out, given.format)
    spark.stop()


if __name__ == "__main__":
    main()
