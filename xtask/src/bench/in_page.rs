//! The built page in Chromium, driven by the example `goals` of the browser tests.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::command;

/// What the driver measured, in milliseconds.
#[derive(Deserialize)]
pub(super) struct Measured {
    /// From the start of navigation until files can be dropped.
    pub(super) takes_files: f64,
    /// From the start of navigation until the page's module has drawn it.
    pub(super) interactive: f64,
    /// Each file, in their order.
    pub(super) files: Vec<Shown>,
}

/// What one file took.
#[derive(Deserialize)]
pub(super) struct Shown {
    /// From choosing the file until its flame graph is painted, or its report there.
    pub(super) shown: f64,
    /// Of it, the engine: from the bytes to the report.
    pub(super) engine: f64,
    /// The longest time between two frames.
    pub(super) longest_gap: f64,
    /// The most memory that the tab had until then, in bytes.
    pub(super) memory: Option<f64>,
    /// From another filter until its flame graph is painted.
    pub(super) filter: Option<f64>,
    /// From the choice of another profile to compare with until the difference is painted.
    pub(super) diff: Option<f64>,
    /// Script in a frame while the flame graph is panned and zoomed, 95th percentile.
    pub(super) script: Option<f64>,
    /// What speedscope needed for the same.
    pub(super) peer: Option<f64>,
    /// The memory of its tab.
    pub(super) peer_memory: Option<f64>,
}

/// Opens each file in fresh browsers; `--against FILE` after one compares it.
///
/// # Errors
/// No browser, nothing built in `dist/`, a page that does not do it.
pub(super) fn measure(words: &[PathBuf]) -> Result<Measured> {
    let mut program = command::cargo();
    program.args(["run", "--quiet", "--package", "wasm-tests", "--features", "browser"]);
    program.args(["--example", "goals", "--"]).args(words);
    let printed = command::output(&mut program)?;
    serde_json::from_str(&printed).context("what the browser's driver printed")
}
