"""A standalone cluster on loopback that loses a worker; see test.sh."""

import argparse
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import duckdb
import pyspark

TABLES = ("bundles", "subjects", "findings", "groups", "heap_sites", "ledger", "errors")
# What differs from run to run.
CLOCKS = ("wall_ms", "cpu_ms", "peak_rss")
# The bomb ends within the first, the dump of very many goroutines does not, and the file with a hole is over the second.
LIMITS = ("--memory=160MiB", "--max-bytes=256MiB")
HOME = os.path.dirname(pyspark.__file__)
HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children(pid):
    """Processes that a process started, and those that they did."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
        except OSError:
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        if parent == pid:
            child = int(path.split("/")[2])
            found += [child, *children(child)]
    return found


def end(process):
    """Kills a process with all that it started."""
    for pid in [*reversed(children(process.pid)), process.pid]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


class Cluster:
    """A master and two workers."""

    def __init__(self, work, strata):
        self.work = work
        self.port = free_port()
        self.logs = []
        self.env = dict(
            os.environ,
            SPARK_LOCAL_IP="127.0.0.1",
            SPARK_HOME=HOME,
            STRATA=strata,
            PYSPARK_PYTHON=sys.executable,
            PYTHONPATH=os.path.join(work, "..", "package"),
        )
        self.master = self.launch(
            "master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(self.port),
            "--webui-port", str(free_port()),
        )
        self.wait_for("master", "I have been elected leader")
        self.workers = [self.worker(number) for number in (1, 2)]
        for number in (1, 2):
            self.wait_for(f"worker{number}", "Successfully registered with master")

    def url(self):
        return f"spark://127.0.0.1:{self.port}"

    def worker(self, number):
        return self.launch(
            f"worker{number}", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1",
            "--memory", "1g", "--webui-port", str(free_port()),
            "--work-dir", os.path.join(self.work, f"worker{number}"), self.url(),
        )

    def launch(self, name, *arguments):
        log = open(os.path.join(self.work, f"{name}.log"), "w", encoding="utf-8")
        self.logs.append(log)
        command = [os.path.join(HOME, "bin", "spark-class"), *arguments]
        return subprocess.Popen(command, env=self.env, stdout=log, stderr=log)

    def wait_for(self, name, words):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with open(os.path.join(self.work, f"{name}.log"), encoding="utf-8", errors="replace") as file:
                if words in file.read():
                    return
            time.sleep(0.2)
        raise RuntimeError(f"{name} did not say {words!r}")

    def kill_worker(self):
        """Kills a worker that has an executor at work, with all that it started."""
        end(self.workers[0])

    def stop(self):
        for process in [*self.workers, self.master]:
            end(process)
        for log in self.logs:
            log.close()


def submit(cluster, bundles, out, tasks):
    command = [
        os.path.join(HOME, "bin", "spark-submit"), "--master", cluster.url(),
        "--driver-memory", "512m", "--executor-memory", "512m",
        "--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.driver.bindAddress=127.0.0.1",
        "--conf", "spark.ui.enabled=false", "--conf", "spark.sql.shuffle.partitions=2",
        os.path.join(cluster.work, "..", "job.py"), "--root", bundles, "--out", out, "--tasks", str(tasks), "--", *LIMITS,
    ]
    log = open(os.path.join(cluster.work, "driver.log"), "w", encoding="utf-8")
    cluster.logs.append(log)
    return subprocess.Popen(command, env=cluster.env, stdout=log, stderr=log)


def finished_tasks(work):
    with open(os.path.join(work, "driver.log"), encoding="utf-8", errors="replace") as file:
        return file.read().count("Finished task")


def one_run(work, strata, bundles, out, tasks):
    """A job that loses a worker after a quarter of its tasks."""
    cluster = Cluster(work, strata)
    try:
        driver = submit(cluster, bundles, out, tasks)
        while driver.poll() is None and finished_tasks(work) < tasks // 4:
            time.sleep(0.2)
        if driver.poll() is not None:
            raise RuntimeError("the job ended before a worker was killed")
        at = finished_tasks(work)
        cluster.kill_worker()
        status = driver.wait(timeout=900)
    finally:
        cluster.stop()
    with open(os.path.join(work, "driver.log"), encoding="utf-8", errors="replace") as file:
        said = file.read()
    if status != 0:
        raise RuntimeError(f"the job failed ({status}): {said[-3000:]}")
    if "Lost executor" not in said:
        raise RuntimeError("no executor was lost")
    return at


def relation(root, table):
    return (
        f"read_parquet('{root}/{table}/*/*.parquet', hive_partitioning = true, union_by_name = true, "
        "hive_types = {'date': VARCHAR})"
    )


def differences(one, other, table):
    """Rows that one has and the other has not, both ways, by all columns but clocks."""
    columns = [row[0] for row in duckdb.sql(f"describe select * from {relation(one, table)}").fetchall()]
    columns = ", ".join(f'"{name}"' for name in sorted(columns) if name not in CLOCKS)
    pairs = [(one, other), (other, one)]
    return [
        duckdb.sql(
            f"select count(*) from (select {columns} from {relation(a, table)} "
            f"except all select {columns} from {relation(b, table)})"
        ).fetchall()[0][0]
        for a, b in pairs
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--strata", required=True)
    parser.add_argument("--bundles", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()

    # The wheel, as workers get it.
    wheels, package = (os.path.join(given.work, name) for name in ("wheels", "package"))
    build = dict(os.environ, PYTHON=sys.executable)
    subprocess.run([os.path.join(HERE, "build.sh"), wheels], check=True, stdout=subprocess.DEVNULL, env=build)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", package]
    subprocess.run([*pip, *glob.glob(os.path.join(wheels, "*.whl"))], check=True)
    shutil.copy(os.path.join(HERE, "job.py"), given.work)

    listed = []
    for folder, _, names in os.walk(given.bundles):
        listed += [os.path.relpath(os.path.join(folder, name), given.bundles) for name in names]
    fleet = os.path.join(given.work, "fleet")
    subprocess.run(
        [given.strata, "fleet", f"--out={fleet}", *LIMITS, given.bundles],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    tasks = 24
    for run in range(1, given.runs + 1):
        work = os.path.join(given.work, f"run{run}")
        os.makedirs(work)
        out = os.path.join(work, "out")
        start = time.monotonic()
        at = one_run(work, given.strata, given.bundles, out, tasks)
        objects = [row[0] for row in duckdb.sql(f"select object from {relation(out, 'bundles')}").fetchall()]
        if sorted(objects) != sorted(listed):
            raise RuntimeError(f"{len(objects)} rows of {len(listed)} objects")
        for table in TABLES:
            there, here = differences(out, fleet, table)
            if there or here:
                raise RuntimeError(f"{table}: {there} rows of Spark's alone, {here} of strata fleet's alone")
        kinds = duckdb.sql(
            f"select kind, count(*) from {relation(out, 'errors')} group by all order by all"
        ).fetchall()
        cpu = duckdb.sql(f"select sum(cpu_ms) / count(*) from {relation(out, 'bundles')} where cpu_ms > 0").fetchall()[0][0]
        print(
            f"run {run}: worker killed after {at} tasks; {len(objects)} rows are the listing and equal those of "
            f"strata fleet; errors {dict(kinds)}; {cpu:.1f} ms of strata a bundle; "
            f"{time.monotonic() - start:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
