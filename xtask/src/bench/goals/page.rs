//! The built page in Chromium, driven by the example `goals` of the browser tests.

use std::path::Path;

use anyhow::{Context, Result};

use super::native::{self, TRACE_PEER, TRACE_TIMES, Tools, made};
use super::progress;
use super::row::{Amount, Row};
use crate::bench::generate;
use crate::bench::in_page::{self, Shown};
use crate::command;

/// How many times faster than speedscope is the goal.
const SPEEDSCOPE_TIMES: f64 = 5.0;

/// How much longer the engine may take in the browser than in the program.
const WASM_TIMES: f64 = 1.6;

/// Time without a frame in which a page still feels alive.
const GAP_MILLIS: f64 = 100.0;

/// Script in a frame that leaves the browser the time to draw it, at 60 frames a second.
const SCRIPT_MILLIS: f64 = 4.0;

/// The goals of the page.
///
/// # Errors
/// No browser, nothing built in `dist/`, a page that does not do it.
pub fn rows(tools: &Tools) -> Result<Vec<Row>> {
    let profile = |samples: u32| made(&format!("heap-{samples}.pb.gz"), || generate::heap_profile(samples));
    let files = [
        ("profile of 100,000 samples", profile(100_000)?),
        ("profile of 1,000,000 samples", profile(1_000_000)?),
        ("goroutine dump of 100,000 goroutines", native::dump()?),
        ("smaps of 50,000 mappings", native::smaps()?),
    ];
    let trace = tools.trace_file()?;
    // The first is compared with another one.
    let other = profile(100_001)?;
    let mut words = vec![files[0].1.clone(), "--against".into(), other];
    words.extend(files.iter().skip(1).map(|(_, file)| file.clone()));
    words.extend(trace.clone());
    progress("the page in Chromium");
    let measured = in_page::measure(&words)?;
    let takes_files = millis(measured.takes_files);
    let interactive = millis(measured.interactive);
    let mut rows = vec![
        Row::below("Chromium: the page from file:// until it takes files", takes_files, 50.0),
        Row::below("Chromium: the page from file:// until it is drawn", interactive, 250.0),
    ];
    let mut shown = measured.files.iter();
    for ((what, file), shown) in files.iter().zip(&mut shown) {
        rows.extend(of_file(tools, what, file, shown)?);
    }
    if let (Some(trace), Some(file)) = (trace, shown.next()) {
        if let Some(theirs) = tools.trace_peer(&trace) {
            let what = "Chromium: that execution trace, from choosing it to the report";
            let row = Row::faster(what, millis(file.shown), TRACE_PEER, theirs, TRACE_TIMES);
            rows.push(row.limited(tools.limit(&trace)?));
        }
        rows.extend(memory("the same", file));
        rows.push(gap(file));
        rows.push(natively(&trace, file)?);
    }
    Ok(rows)
}

/// The rows of a file. The goals are those of what people wait for.
fn of_file(tools: &Tools, what: &str, file: &Path, shown: &Shown) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let limit = tools.limit(file)?;
    let chosen = |until: &str| format!("Chromium: {what}, from choosing it to the {until}");
    match (shown.script, shown.peer) {
        (Some(_), Some(peer)) => {
            let what = chosen("painted flame graph");
            let row =
                Row::faster(what, millis(shown.shown), "speedscope", Ok(millis(peer)), SPEEDSCOPE_TIMES);
            rows.push(row.limited(limit));
        }
        // speedscope gives up.
        (Some(_), None) => {
            let row = Row::below(chosen("painted flame graph"), millis(shown.shown), 10_000.0);
            rows.push(row.limited(limit));
        }
        (None, _) if what.starts_with("smaps") => {
            rows.push(Row::plain(chosen("report"), millis(shown.shown)).limited(limit));
            let what = "the same, in the engine: from the bytes to the report";
            rows.push(Row::below(what, millis(shown.engine), 150.0));
        }
        (None, _) => {
            rows.push(Row::below(chosen("report"), millis(shown.shown), 1_000.0).limited(limit));
        }
    }
    rows.push(gap(shown));
    if let Some(script) = shown.script {
        let what = "the same, panned and zoomed: script in a frame, 95th percentile";
        rows.push(Row::below(what, millis(script), SCRIPT_MILLIS));
    }
    let answer = |what: &str, time: Option<f64>| time.map(|time| Row::plain(what, millis(time)));
    rows.extend(answer("the same: another filter, to the painted flame graph", shown.filter));
    rows.extend(answer("the same: compared with another profile, to the painted flame graph", shown.diff));
    rows.extend(memory("the same", shown));
    rows.push(natively(file, shown)?);
    Ok(rows)
}

/// The same work in the program, in the same run.
fn natively(file: &Path, shown: &Shown) -> Result<Row> {
    let mut bench = command::cargo();
    bench.args(["bench", "--quiet", "--package", "analyzer-core", "--bench", "report", "--"]).arg(file);
    let native: f64 = command::output(&mut bench)?.trim().parse().context("the time of the engine")?;
    let times = Amount { value: shown.engine / native, unit: "x" };
    Ok(Row::below("the same: the engine's time over that of the program", times, WASM_TIMES))
}

fn memory(what: &str, shown: &Shown) -> Option<Row> {
    let megabytes = |bytes: f64| Amount { value: bytes / 1e6, unit: "MB" };
    let row = Row::plain(format!("{what}: memory of the tab at its peak"), megabytes(shown.memory?));
    Some(match shown.peer_memory {
        Some(peer) => row.beside("speedscope", megabytes(peer)),
        None => row,
    })
}

fn gap(file: &Shown) -> Row {
    Row::below("the same: longest time without a frame", millis(file.longest_gap), GAP_MILLIS)
}

const fn millis(value: f64) -> Amount {
    Amount { value, unit: "ms" }
}
