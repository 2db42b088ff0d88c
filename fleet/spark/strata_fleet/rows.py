"""One bundle in, one row out: the program as a subprocess.

The program reads each bundle in a process of its own, under limits that it sets itself, and
prints a row whatever the bundle is. So a failure here is one of the installation, and is raised.
"""

import json
import os
import shutil
import subprocess

import pyarrow as pa


def program():
    """The program: STRATA names it, else the wheel carries it, else it is on the path."""
    carried = os.path.join(os.path.dirname(__file__), "bin", "strata")
    found = os.environ.get("STRATA") or (carried if os.path.exists(carried) else shutil.which("strata"))
    if not found:
        raise RuntimeError("there is no strata here: name it in STRATA, or ship it with --archives")
    if not os.access(found, os.X_OK):
        # Wheels and archives may lose the right to execute.
        os.chmod(found, 0o755)
    return found


def stored_schema():
    """The schema that this package was built with."""
    here = os.path.join(os.path.dirname(__file__), "schema.json")
    with open(here, encoding="utf-8") as file:
        return json.load(file)


def check_versions(expected=None):
    """Compares the program of this worker with the schema of the job.

    mapInArrow matches columns by position: with another version they would be swapped in silence.
    """
    expected = expected or stored_schema()
    printed = subprocess.run([program(), "rows", "--schema"], capture_output=True, check=True).stdout
    own = json.loads(printed)
    for key in ("schema", "engine", "spark"):
        if own[key] != expected[key]:
            raise RuntimeError(f"the program of this worker has {key} {own[key]!r}, the job has {expected[key]!r}")


def row(path, name=None, etag=None, options=()):
    """The row of a bundle as a RecordBatch of one row."""
    command = [program(), "rows", *options]
    if name:
        command.append(f"--object={name}")
    if etag:
        command.append(f"--etag={etag}")
    done = subprocess.run([*command, "--", path], capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{path}: {done.stderr.decode(errors='replace').strip()}")
    with pa.ipc.open_stream(done.stdout) as reader:
        return reader.read_next_batch()


def analyze(listed, options=(), expected=None):
    """Rows of many bundles; `listed` are dictionaries with path, object and etag."""
    check_versions(expected)
    for one in listed:
        yield row(one["path"], one.get("object"), one.get("etag"), options)
