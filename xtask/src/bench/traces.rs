//! `cargo xtask bench traces`: execution traces of several sizes, read to the
//! whole report natively, beside what `go tool trace` does with them.
//!
//! Go's tool has no report; what it can be asked for is measured: every event
//! as text (`-d=parsed`), one profile (`-pprof=sched`), and its web server
//! until it answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Input;
use super::child::{self, Run};
use super::in_page;
use super::profiles;
use super::table::{median_millis, megabytes, peak, text};
use crate::command;

/// Sizes of the traces that are made when nothing is named, in megabytes.
const SIZES: [u32; 3] = [5, 50, 200];
/// Runs of each program, taken in turns; the median counts.
const RUNS: usize = 5;
/// Runs of what takes Go's tool minutes.
const FEW_RUNS: usize = 1;
/// Size from which Go's tool gets few runs, in bytes, and only prints events:
/// for a profile it takes a hundred times the file in memory, to serve two hundred.
const LARGE: u64 = 100_000_000;
/// The program whose traces are made.
const PROGRAM: &str = include_str!("busy.go");
/// What Go's web server says once it answers.
const SERVES: &str = "listening on";

/// Measures and prints a table; `with_page` in Chromium too, on what `dist` built.
///
/// # Errors
/// A build or run that fails, no Go toolchain to make a trace with.
pub fn bench(inputs: &[Input], with_page: bool) -> Result<()> {
    let made: Vec<_> = SIZES.into_iter().map(Input::Size).collect();
    let inputs = if inputs.is_empty() { &made } else { inputs };
    command::run(command::cargo().args(["build", "--quiet", "--release", "--package", "strata"]))?;
    let strata = command::root().join("target/release/strata");
    let go = profiles::go();
    let tool = go.as_deref().and_then(|go| profiles::go_tool(go, "trace"));
    if tool.is_none() {
        println!("No Go toolchain (GO or PATH): go tool trace is left out.");
    }
    println!(
        "{:<20} {:>8}  {:<28} {:>10} {:>7} {:>9} {:>8}",
        "trace", "MB", "", "ms", "ratio", "peak MB", "of file"
    );
    for input in inputs {
        let file = file(input, go.as_deref())?;
        let parsed = rows(&file, &strata, tool.as_deref())?;
        if with_page {
            page_row(&file, parsed)?;
        }
    }
    Ok(())
}

/// The trace's file, made if need be.
fn file(input: &Input, go: Option<&Path>) -> Result<PathBuf> {
    match input {
        Input::File(path) => fs::canonicalize(path).with_context(|| path.display().to_string()),
        Input::Size(size) => {
            made(*size, go.context("a Go toolchain (GO or PATH) makes the traces; or name files")?)
        }
    }
}

/// A trace of so many megabytes below `target/bench`, made if need be.
///
/// # Errors
/// A program that does not run, a file that cannot be written.
pub fn made(size: u32, go: &Path) -> Result<PathBuf> {
    let folder = command::root().join("target/bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("busy-{size}.trace"));
    if !path.exists() {
        let source = folder.join("busy.go");
        fs::write(&source, PROGRAM)?;
        command::run(Command::new(go).arg("run").arg(&source).arg(&path).arg(size.to_string()))?;
    }
    Ok(path)
}

/// The page, from choosing the file to the report; the ratio is that of Go's events as text to it.
fn page_row(file: &Path, parsed: Option<f64>) -> Result<()> {
    let measured = in_page::measure(&[file.to_path_buf()])?;
    for shown in &measured.files {
        println!(
            "{:<20} {:>8}  {:<28} {:>10} {:>7} {:>9}",
            "",
            "",
            "the page in Chromium",
            text(Some(shown.shown), 0),
            text(parsed.map(|parsed| parsed / shown.shown), 1),
            megabytes(shown.memory),
        );
    }
    Ok(())
}

/// Prints the rows of a file; gives the time that Go's tool takes for all events as text.
fn rows(file: &Path, strata: &Path, tool: Option<&Path>) -> Result<Option<f64>> {
    let bytes = fs::metadata(file)?.len();
    let runs = if bytes > LARGE { FEW_RUNS } else { RUNS };
    let (mut ours, mut parsed, mut profile, mut served) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        ours.push(child::measure(Command::new(strata).args(["report", "--format", "json"]).arg(file))?);
        let Some(tool) = tool.filter(|_| run < runs) else { continue };
        parsed.push(child::measure(Command::new(tool).arg("-d=parsed").arg(file))?);
        if bytes > LARGE {
            continue;
        }
        profile.push(child::measure(Command::new(tool).arg("-pprof=sched").arg(file))?);
        served.push(child::measure_until(Command::new(tool).arg("-http=127.0.0.1:0").arg(file), SERVES)?);
    }
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let base = median_millis(&ours);
    let row = |name: &str, size: &str, what: &str, runs: &[Run]| {
        let time = median_millis(runs);
        let most = peak(runs);
        println!(
            "{name:<20} {size:>8}  {what:<28} {:>10} {:>7} {:>9} {:>8}",
            text(time, 0),
            text(time.zip(base).map(|(time, base)| time / base), 1),
            megabytes(most),
            text(most.map(|most| most / bytes as f64), 1),
        );
    };
    row(&name, &megabytes(Some(bytes as f64)), "strata report", &ours);
    if tool.is_some() {
        row("", "", "go tool trace -d=parsed", &parsed);
        row("", "", "go tool trace -pprof=sched", &profile);
        row("", "", "go tool trace, serving", &served);
    }
    Ok(median_millis(&parsed))
}
