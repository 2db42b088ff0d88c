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
    command::run(command::cargo().args(["build", "--quiet", "--release", "--package", "strata"]))?;
    let tools = native::Tools::find();
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

const HEAD: &str = "\
# Performance

Made by `cargo xtask bench`, which measures all of it again: the goals beside the tools that people use today, on
generated captures that are the same bytes everywhere. Times are the median of five runs of the whole program, from
its start to its end, taken in turns with the peer's; memory is the most that was resident. Ratios say more than
times, which are those of one machine.

## Goals

";

const SCALING: &str = "
## Growth

The same capture at one, ten and a hundred times the size: time, and memory at its peak. Growth is the cost of a byte
at a hundred times the size over that at ten times: 1.0 is linear. The last column is what wasm's memory of 4 GiB, of
which 2 GiB are the limit set here, has to hold.

";

fn page_text(rows: &[Row], growths: &[Growth]) -> String {
    format!("{HEAD}{}{SCALING}{}", markdown(rows), scaling::markdown(growths))
}
