//! The built page in Chromium, driven by the example `goals` of the browser tests.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::native::{TRACE_PEER, TRACE_TIMES, Tools, largest_trace, made};
use super::row::{Amount, Row};
use crate::bench::{generate, texts};
use crate::command;

/// What the driver measured, in milliseconds.
#[derive(Deserialize)]
struct Measured {
    /// From the start of navigation until the page takes files.
    interactive: f64,
    /// Each file, in their order.
    files: Vec<Shown>,
}

#[derive(Deserialize)]
struct Shown {
    /// From choosing the file until its flame graph is painted, or its report there.
    shown: f64,
    /// The longest time between two frames.
    longest_gap: f64,
    /// Script in a frame while the flame graph is panned and zoomed, 95th percentile.
    script: Option<f64>,
    /// What speedscope needed for the same.
    peer: Option<f64>,
}

/// How many times faster than speedscope is the goal.
const SPEEDSCOPE_TIMES: f64 = 5.0;

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
    let dump = made("goroutines-100000.txt", || Ok(texts::goroutine_dump(100_000).into_bytes()))?;
    let smaps = made("smaps-50000", || Ok(texts::smaps(50_000).into_bytes()))?;
    let files = [
        ("profile of 100,000 samples, from choosing it to the painted flame graph", profile(100_000)?, 860.0),
        (
            "profile of 1,000,000 samples, from choosing it to the painted flame graph",
            profile(1_000_000)?,
            10_000.0,
        ),
        ("goroutine dump of 100,000 goroutines, from choosing it to the report", dump, 1_000.0),
        ("smaps of 50,000 mappings, from choosing it to the report", smaps, 150.0),
    ];
    let trace = largest_trace()?;
    let mut program = command::cargo();
    program.args([
        "run",
        "--quiet",
        "--package",
        "wasm-tests",
        "--features",
        "browser",
        "--example",
        "goals",
    ]);
    program.arg("--").args(files.iter().map(|(_, file, _)| file)).args(&trace);
    let printed = command::output(&mut program)?;
    let measured: Measured = serde_json::from_str(&printed).context("what the browser's driver printed")?;
    let interactive = millis(measured.interactive);
    let mut rows =
        vec![Row::below("Chromium: the page from file:// until it takes files", interactive, 300.0)];
    let mut shown = measured.files.iter();
    for ((what, _, most), file) in files.iter().zip(&mut shown) {
        let (what, shown) = (format!("Chromium: {what}"), millis(file.shown));
        rows.push(match file.peer {
            Some(peer) => Row::faster(what, shown, "speedscope", millis(peer), SPEEDSCOPE_TIMES),
            None => Row::below(what, shown, *most),
        });
        rows.push(gap(file));
        if let Some(script) = file.script {
            let what = "the same, panned and zoomed: script in a frame, 95th percentile";
            rows.push(Row::below(what, millis(script), SCRIPT_MILLIS));
        }
    }
    if let (Some(trace), Some(file)) = (trace, shown.next()) {
        if let Some(theirs) = tools.trace_peer(&trace)? {
            let what = "Chromium: that execution trace, from choosing it to the report";
            rows.push(Row::faster(what, millis(file.shown), TRACE_PEER, theirs, TRACE_TIMES));
        }
        rows.push(gap(file));
    }
    Ok(rows)
}

fn gap(file: &Shown) -> Row {
    Row::below("the same: longest time without a frame", millis(file.longest_gap), GAP_MILLIS)
}

const fn millis(value: f64) -> Amount {
    Amount { value, unit: "ms" }
}
