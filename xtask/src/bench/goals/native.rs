//! The program on generated captures.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::row::{Amount, Outcome, Row};
use super::{RUNS, progress};
use crate::bench::child::{self, Run};
use crate::bench::counter::Counter;
use crate::bench::{generate, profiles, table, texts, traces};
use crate::{command, go_module};

/// Time from which a peer gets fewer runs.
const PATIENCE_MILLIS: f64 = 5_000.0;

/// The peer of execution traces, and how many times faster than it is the goal.
pub const TRACE_PEER: &str = "go tool trace -d=parsed";
pub const TRACE_TIMES: f64 = 3.0;

/// Megabytes of the trace.
const TRACE_SIZE: u32 = 50;

/// The arguments of the whole report.
const REPORT: [&str; 3] = ["report", "--format", "json"];

/// The programs.
pub struct Tools {
    /// The program that was built.
    pub strata: PathBuf,
    /// What inflates or copies a file, and sums its bytes.
    limit: PathBuf,
    counter: Option<Counter>,
    go: Option<PathBuf>,
    pprof: Option<PathBuf>,
    trace: Option<PathBuf>,
}

impl Tools {
    /// Builds the program and its limit, and finds or installs the others.
    ///
    /// # Errors
    /// A build that fails.
    pub fn build() -> Result<Self> {
        progress("builds the program");
        let build = ["build", "--quiet", "--release", "--package"];
        command::run(command::cargo().args(build).arg("strata"))?;
        command::run(command::cargo().args(build).arg("limit"))?;
        let counter = Counter::find();
        if counter.is_none() {
            progress("no valgrind: rows of instructions are left out");
        }
        let go = profiles::go().or_else(|| {
            let installed = go_module::newest_toolchain();
            installed
                .inspect_err(|error| progress(&format!("no Go toolchain ({error:#}): its rows are left out")))
                .ok()
        });
        let folder = command::root().join("target/release");
        Ok(Self {
            strata: folder.join("strata"),
            limit: folder.join("limit"),
            counter,
            pprof: go.as_deref().and_then(|go| profiles::go_tool(go, "pprof")),
            trace: go.as_deref().and_then(|go| profiles::go_tool(go, "trace")),
            go,
        })
    }

    /// What Go's tool needs to read a trace; `None` without a Go toolchain.
    pub fn trace_peer(&self, file: &Path) -> Option<Outcome> {
        let trace = self.trace.as_ref()?;
        progress(TRACE_PEER);
        Some(peer(Command::new(trace).arg("-d=parsed").arg(file)))
    }

    /// Five runs of the program on a file.
    pub fn runs(&self, arguments: &[&str], file: &Path) -> Result<Vec<Run>> {
        (0..RUNS).map(|_| child::measure(&mut self.program(arguments, file))).collect()
    }

    /// What any reader of the file needs.
    pub fn limit(&self, file: &Path) -> Result<Amount> {
        let runs: Result<Vec<_>> =
            (0..RUNS).map(|_| child::measure(Command::new(&self.limit).arg(file))).collect();
        Ok(millis(&runs?))
    }

    /// The row of what the program executes beside what any reader of the file does; none without a counter.
    fn counted(&self, what: &str, arguments: &[&str], file: &Path, times: f64) -> Result<Option<Row>> {
        let Some(counter) = &self.counter else { return Ok(None) };
        progress(what);
        let ours = counter.count(&self.program(arguments, file))?;
        let limit = counter.count(Command::new(&self.limit).arg(file))?;
        Ok(Some(Row::near(what, instructions(ours), instructions(limit), times)))
    }

    fn program(&self, arguments: &[&str], file: &Path) -> Command {
        let mut command = Command::new(&self.strata);
        command.args(arguments).arg(file);
        command
    }

    /// The trace, made if need be; `None` without a Go toolchain.
    ///
    /// # Errors
    /// A program that does not run, a file that cannot be written.
    pub fn trace_file(&self) -> Result<Option<PathBuf>> {
        self.go.as_deref().map(|go| traces::made(TRACE_SIZE, go)).transpose()
    }
}

/// Every goal that the program has.
///
/// # Errors
/// A run of the program that fails; a peer's is a row.
pub fn rows(tools: &Tools) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for samples in [10_000, 100_000, 1_000_000] {
        profile(tools, samples, &mut rows)?;
    }
    text(tools, &mut rows, "goroutine dump of 100,000 goroutines", &dump()?, 1_000.0, 4.0)?;
    text(tools, &mut rows, "smaps of 50,000 mappings", &smaps()?, 150.0, 3.0)?;
    let perf = made("perf-script-200.txt", || Ok(texts::perf_script(200_000_000).into_bytes()))?;
    sampled(tools, &mut rows, "perf script text of 200 MB", &perf, 10_000.0)?;
    let folded = made("stacks-1000.folded", || Ok(texts::folded(1_000_000_000).into_bytes()))?;
    sampled(tools, &mut rows, "folded stacks of 1 GB", &folded, 30_000.0)?;
    trace(tools, &mut rows)?;
    if let Ok(page) = fs::metadata(crate::dist::folder().join("strata.html")) {
        let size = Amount { value: page.len() as f64 / 1e6, unit: "MB" };
        rows.push(Row::below("the page in one file", size, 2.5));
    }
    Ok(rows)
}

/// The goroutine dump that is measured.
///
/// # Errors
/// A file that cannot be written.
pub fn dump() -> Result<PathBuf> {
    made("goroutines-100000.txt", || Ok(texts::goroutine_dump(100_000).into_bytes()))
}

/// The mappings that are measured.
///
/// # Errors
/// A file that cannot be written.
pub fn smaps() -> Result<PathBuf> {
    made("smaps-50000", || Ok(texts::smaps(50_000).into_bytes()))
}

fn profile(tools: &Tools, samples: u32, rows: &mut Vec<Row>) -> Result<()> {
    let file = made(&format!("heap-{samples}.pb.gz"), || generate::heap_profile(samples))?;
    let what = format!("profile of {samples} samples, top table");
    progress(&what);
    let ours = tools.runs(&["top"], &file)?;
    let limit = tools.limit(&file)?;
    let row = match &tools.pprof {
        Some(pprof) => {
            progress("go tool pprof");
            let theirs = peer(Command::new(pprof).args(["-top", "-symbolize=none"]).arg(&file));
            Row::faster(what, millis(&ours), "go tool pprof", theirs, 4.0)
        }
        None => Row::plain(what, millis(&ours)),
    };
    rows.push(row.limited(limit));
    if let Some(peak) = peak(&ours) {
        let share = peak / profiles::decoded_bytes(&fs::read(&file)?);
        let share = Amount { value: share, unit: "x" };
        rows.push(Row::below("the same: memory over the decoded profile's size", share, 2.0));
    }
    rows.extend(tools.counted("the same: instructions", &["top"], &file, 2.5)?);
    rows.extend(tools.counted("its whole report: instructions", &REPORT, &file, 2.5)?);
    Ok(())
}

/// A text, plain and as it is kept: gzipped.
fn text(
    tools: &Tools,
    rows: &mut Vec<Row>,
    what: &str,
    file: &Path,
    most_millis: f64,
    times: f64,
) -> Result<()> {
    progress(what);
    let runs = tools.runs(&REPORT, file)?;
    let row = Row::below(format!("{what}, to the report"), millis(&runs), most_millis);
    rows.push(row.limited(tools.limit(file)?));
    let packed = packed(file)?;
    rows.extend(tools.counted("the same, gzipped: instructions", &REPORT, &packed, times)?);
    Ok(())
}

/// Stacks of another sampler, as text.
fn sampled(tools: &Tools, rows: &mut Vec<Row>, what: &str, file: &Path, most_millis: f64) -> Result<()> {
    progress(what);
    let runs = tools.runs(&REPORT, file)?;
    let row = Row::below(format!("{what}, to the report"), millis(&runs), most_millis);
    rows.push(row.limited(tools.limit(file)?));
    if let Some(peak) = peak(&runs) {
        let share = Amount { value: peak / fs::metadata(file)?.len() as f64, unit: "x" };
        rows.push(Row::below("the same: memory over the file's size", share, 4.0));
    }
    Ok(())
}

fn trace(tools: &Tools, rows: &mut Vec<Row>) -> Result<()> {
    let Some(file) = tools.trace_file()? else { return Ok(()) };
    let bytes = fs::metadata(&file)?.len() as f64;
    let what = format!("execution trace of {:.0} MB, to the report", bytes / 1e6);
    progress(&what);
    let ours = tools.runs(&REPORT, &file)?;
    let row = match tools.trace_peer(&file) {
        Some(theirs) => Row::faster(what, millis(&ours), TRACE_PEER, theirs, TRACE_TIMES),
        None => Row::plain(what, millis(&ours)),
    };
    rows.push(row.limited(tools.limit(&file)?));
    if let Some(peak) = peak(&ours) {
        let share = Amount { value: peak / bytes, unit: "x" };
        rows.push(Row::below("the same: memory over the file's size", share, 4.0));
    }
    rows.extend(tools.counted("the same, gzipped: instructions", &REPORT, &packed(&file)?, 5.0)?);
    Ok(())
}

/// Five runs of a peer, or two of what takes long; what it says if it fails.
fn peer(command: &mut Command) -> Outcome {
    let mut run = || child::measure(command).map_err(|error| error.root_cause().to_string());
    let first = run()?;
    let is_long = first.wall.as_secs_f64() * 1e3 > PATIENCE_MILLIS;
    let more = if is_long { 1 } else { RUNS - 1 };
    let runs: Result<Vec<_>, _> = std::iter::once(Ok(first)).chain((0..more).map(|_| run())).collect();
    Ok(millis(&runs?))
}

/// A file below `target/bench`, made if need be.
///
/// # Errors
/// A file that cannot be written.
pub fn made(name: &str, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<PathBuf> {
    let folder = command::root().join("target/bench");
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    if !path.exists() {
        fs::write(&path, make()?)?;
    }
    Ok(path)
}

/// A file of `target/bench`, gzipped beside it.
fn packed(file: &Path) -> Result<PathBuf> {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    made(&format!("{name}.gz"), || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        std::io::copy(&mut fs::File::open(file)?, &mut encoder)?;
        Ok(encoder.finish()?)
    })
}

/// The median time.
pub fn millis(runs: &[Run]) -> Amount {
    Amount { value: table::median_millis(runs).unwrap_or(f64::NAN), unit: "ms" }
}

fn instructions(count: u64) -> Amount {
    Amount { value: count as f64 / 1e6, unit: "million" }
}

/// The most memory of any run, in bytes.
pub fn peak(runs: &[Run]) -> Option<f64> {
    table::peak(runs)
}
