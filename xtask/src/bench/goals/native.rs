//! The program on generated captures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::RUNS;
use super::row::{Amount, Row};
use crate::bench::child::{self, Run};
use crate::bench::{generate, profiles, table, texts};
use crate::command;

/// Time from which a peer gets fewer runs.
const PATIENCE_MILLIS: f64 = 5_000.0;

/// The peer of execution traces, and how many times faster than it is the goal.
pub const TRACE_PEER: &str = "go tool trace -d=parsed";
pub const TRACE_TIMES: f64 = 3.0;

/// The programs.
pub struct Tools {
    /// The program that was built.
    pub strata: PathBuf,
    pprof: Option<PathBuf>,
    trace: Option<PathBuf>,
}

impl Tools {
    /// The program, and what a Go toolchain has.
    pub fn find() -> Self {
        let pprof = profiles::pprof();
        if pprof.is_none() {
            println!("No Go toolchain (GO or PATH): its rows are left out.");
        }
        Self {
            strata: command::root().join("target/release/strata"),
            pprof,
            trace: profiles::go_tool("trace"),
        }
    }

    /// What Go's tool needs to read a trace; `None` without a Go toolchain.
    pub fn trace_peer(&self, file: &Path) -> Result<Option<Amount>> {
        let Some(trace) = &self.trace else { return Ok(None) };
        let runs = peer_runs(|| child::measure(Command::new(trace).arg("-d=parsed").arg(file)))?;
        Ok(Some(millis(&runs)))
    }

    /// Five runs of the program on a file.
    pub fn runs(&self, arguments: &[&str], file: &Path) -> Result<Vec<Run>> {
        (0..RUNS).map(|_| child::measure(Command::new(&self.strata).args(arguments).arg(file))).collect()
    }
}

/// Every goal that the program has.
pub fn rows(tools: &Tools) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for samples in [10_000, 100_000, 1_000_000] {
        profile(tools, samples, &mut rows)?;
    }
    let dump = made("goroutines-100000.txt", || Ok(texts::goroutine_dump(100_000).into_bytes()))?;
    let runs = tools.runs(&["report", "--format", "json"], &dump)?;
    rows.push(Row::below("goroutine dump of 100,000 goroutines, to the report", millis(&runs), 1_000.0));
    let smaps = made("smaps-50000", || Ok(texts::smaps(50_000).into_bytes()))?;
    let runs = tools.runs(&["report", "--format", "json"], &smaps)?;
    rows.push(Row::below("smaps of 50,000 mappings, to the report", millis(&runs), 150.0));
    trace(tools, &mut rows)?;
    if let Ok(page) = fs::metadata(crate::dist::folder().join("strata.html")) {
        let size = Amount { value: page.len() as f64 / 1e6, unit: "MB" };
        rows.push(Row::below("the page in one file", size, 1.5));
    }
    Ok(rows)
}

fn profile(tools: &Tools, samples: u32, rows: &mut Vec<Row>) -> Result<()> {
    let file = made(&format!("heap-{samples}.pb.gz"), || generate::heap_profile(samples))?;
    let ours = tools.runs(&["top"], &file)?;
    let what = format!("profile of {samples} samples, top table");
    if let Some(pprof) = &tools.pprof {
        let theirs =
            peer_runs(|| child::measure(Command::new(pprof).args(["-top", "-symbolize=none"]).arg(&file)))?;
        rows.push(Row::faster(what, millis(&ours), "go tool pprof", millis(&theirs), 4.0));
    }
    if let Some(peak) = peak(&ours) {
        let share = peak / profiles::decoded_bytes(&fs::read(&file)?);
        let share = Amount { value: share, unit: "x" };
        rows.push(Row::below("the same: memory over the decoded profile's size", share, 2.0));
    }
    Ok(())
}

fn trace(tools: &Tools, rows: &mut Vec<Row>) -> Result<()> {
    let Some(file) = largest_trace()? else {
        println!("No trace below target/bench: `cargo xtask bench traces` makes one.");
        return Ok(());
    };
    let ours = tools.runs(&["report", "--format", "json"], &file)?;
    let bytes = fs::metadata(&file)?.len() as f64;
    if let Some(theirs) = tools.trace_peer(&file)? {
        let what = format!("execution trace of {:.0} MB, to the report", bytes / 1e6);
        rows.push(Row::faster(what, millis(&ours), TRACE_PEER, theirs, TRACE_TIMES));
    }
    if let Some(peak) = peak(&ours) {
        let share = Amount { value: peak / bytes, unit: "x" };
        rows.push(Row::below("the same: memory over the file's size", share, 4.0));
    }
    Ok(())
}

/// The largest trace of under 100 MB that `bench traces` made.
pub fn largest_trace() -> Result<Option<PathBuf>> {
    let folder = command::root().join("target/bench");
    let traces = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let is_trace = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "trace");
    let size = |path: &PathBuf| fs::metadata(path).map_or(0, |data| data.len());
    Ok(traces.filter(is_trace).filter(|path| size(path) < 100 << 20).max_by_key(size))
}

/// Five runs, or two of what takes long.
fn peer_runs(mut run: impl FnMut() -> Result<Run>) -> Result<Vec<Run>> {
    let first = run()?;
    let is_long = first.wall.as_secs_f64() * 1e3 > PATIENCE_MILLIS;
    let more = if is_long { 1 } else { RUNS - 1 };
    std::iter::once(Ok(first)).chain((0..more).map(|_| run())).collect()
}

/// A file below `target/bench`, made if need be.
pub fn made(name: &str, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<PathBuf> {
    let folder = command::root().join("target/bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    if !path.exists() {
        fs::write(&path, make()?)?;
    }
    Ok(path)
}

/// The median time.
pub fn millis(runs: &[Run]) -> Amount {
    Amount { value: table::median_millis(runs).unwrap_or(f64::NAN), unit: "ms" }
}

/// The most memory of any run, in bytes.
pub fn peak(runs: &[Run]) -> Option<f64> {
    table::peak(runs)
}
