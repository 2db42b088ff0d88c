//! `cargo xtask bench`: every goal that can be measured, in one table with the
//! peers measured in the same run, and how costs grow with the input. Writes
//! `target/bench/goals.json` and `docs/performance.md`.

mod native;
mod page;
mod row;
mod scaling;

use std::fs;

use anyhow::{Context, Result};

use crate::command;
use row::{Row, markdown};
use scaling::Growth;

/// Runs of each program, taken in turns with its peer; the median counts.
const RUNS: usize = 5;

/// Measures everything. `with_page` measures in Chromium too, on the built `dist/`.
///
/// # Errors
/// A build or run that fails, a file that cannot be written.
pub fn bench(with_page: bool) -> Result<()> {
    let tools = native::Tools::build()?;
    let mut rows = native::rows(&tools)?;
    if with_page {
        rows.extend(page::rows(&tools)?);
    }
    let growths = scaling::growths(&tools)?;
    let text = page_text(&rows, &growths);
    println!("{text}");
    let folder = command::root().join("target/bench");
    let json = serde_json::json!({ "rows": rows, "scaling": growths });
    fs::write(folder.join("goals.json"), serde_json::to_string_pretty(&json)? + "\n")?;
    let docs = command::root().join("docs/performance.md");
    fs::write(&docs, text).with_context(|| format!("writing {}", docs.display()))
}

/// Says what is being measured: all of it takes half an hour.
fn progress(what: &str) {
    eprintln!("bench: {what}");
}

const HEAD: &str = "\
# Performance

Made by `cargo xtask bench`, which measures all of it again: the goals beside the tools that people use today, on
generated captures that are the same bytes everywhere. Times are the median of five runs of the whole program, from
its start to its end; memory is the most that was resident. Ratios say more than times, which are those of one machine.

The limit of a row is what any reader of the file pays: its bytes inflated by the library that Strata uses, or copied if
they are not compressed, and summed once, by a program of its own in the same run. Instructions are counted by callgrind,
from the start of the program to its end, and do not depend on what else the machine does. A peer that crashes, or that
does not end within ten minutes, is named with what happened to it.

## Goals

";

/// Measured apart from the table: where the time and the memory of missed rows go.
const LIMITS: &str = "
## What limits the rows that are missed

Measured apart from the table, once, on the machine that it is from.

* **Instructions over the limit.** Where the instructions of the captures go, in millions by callgrind, each capture
  gzipped, beside those of inflating and summing it:

  | capture | limit | Strata | over it | goal |
  |---|---:|---:|---:|---:|
  | profile of 100,000 samples, top table | 445 | 1606 | 3.6 | 2.5 |
  | its whole report | 445 | 2276 | 5.1 | 2.5 |
  | goroutine dump of 100,000 goroutines | 175 | 1294 | 7.4 | 4 |
  | smaps of 50,000 mappings | 134 | 648 | 4.8 | 3 |
  | execution trace of 50 MB | 1126 | 10000 | 8.9 | 5 |

  Of the profile's, 375 are inflating, 570 the walk over its records, 187 the list of stacks that they become, and 197 the
  table; the report adds 475 for stacks by function and line and 177 for how deep they are. Of the dump's, 190 are told
  by which kind of line each is, and 83 go to who may hold which lock; nothing else is more than 70. Of the mappings',
  250 are keys and figures. The limits are low because the checksum of gzip runs on vectors, as the rest of the library
  does: a byte of a dump costs the limit six instructions.
* **Memory of profiles.** The generated profiles hardly compress: of a million samples 127 MB of gzip become 153 MB, which
  are there together while it is inflated. Then the decoded bytes are there beside the columns that they become, 172 MB,
  of which the stacks are some two thirds (each frame two or three bytes): 335 MB at the peak. A way below needs a
  decoder that forgets bytes as it reads them, and the strings and locations that samples name stand behind the samples.
  Of small profiles the program itself is the most: 2.3 MB before it reads, and what the allocator keeps.
* **The engine in the browser beside the program.** A browser runs new code by a fast compiler's output and replaces it
  by a good one's while it runs. At ten times the size the same figures are 1.55 (profile), 1.58 (smaps) and 1.63 (dump).
  Building the engine for speed instead of size made the page 61 kB larger and none of these faster.
* **Until the page takes files.** Unpacking and compiling are most of it, and both are as long as the page is: the figure
  is between 276 and 347 ms on one machine in one day.
";

const SCALING: &str = "
## Growth

The same capture at one, ten and a hundred times the size: time, and memory at its peak. Growth is the cost of a byte
at a hundred times the size over that at ten times: 1.0 is linear, and 1.1 is the goal. The last column is what wasm's
memory of 4 GiB, of which 2 GiB are the limit set here, has to hold.

";

fn page_text(rows: &[Row], growths: &[Growth]) -> String {
    format!("{HEAD}{}{LIMITS}{SCALING}{}", markdown(rows), scaling::markdown(growths))
}
