//! The built page in Chromium, driven by the example `goals` of the browser tests.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::native::made;
use super::row::{Amount, Row};
use crate::bench::generate;
use crate::command;

/// What the driver measured, in milliseconds.
#[derive(Deserialize)]
struct Measured {
    /// From the start of navigation until the page takes files.
    interactive: f64,
    /// From choosing the profile to the painted flame graph, and the longest gap between two frames.
    profiles: Vec<Painted>,
}

#[derive(Deserialize)]
struct Painted {
    painted: f64,
    longest_gap: f64,
}

/// The goals of the page.
///
/// # Errors
/// No browser, nothing built in `dist/`, a page that does not do it.
pub fn rows() -> Result<Vec<Row>> {
    let sizes = [100_000, 1_000_000];
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
        "--",
    ]);
    for samples in sizes {
        program.arg(made(&format!("heap-{samples}.pb.gz"), || generate::heap_profile(samples))?);
    }
    let printed = command::output(&mut program)?;
    let measured: Measured = serde_json::from_str(&printed).context("what the browser's driver printed")?;
    let millis = |value| Amount { value, unit: "ms" };
    let mut rows = vec![Row::below(
        "Chromium: the page from file:// until it takes files",
        millis(measured.interactive),
        300.0,
    )];
    for ((samples, most), profile) in sizes.into_iter().zip([860.0, 10_000.0]).zip(&measured.profiles) {
        let what =
            format!("Chromium: profile of {samples} samples, from choosing it to the painted flame graph");
        rows.push(Row::below(what, millis(profile.painted), most));
        rows.push(Row::below("the same: longest time without a frame", millis(profile.longest_gap), 100.0));
    }
    Ok(rows)
}
